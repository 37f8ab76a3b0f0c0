"""A twin of Salesforce, written from the vendor's facts and specification alone."""
