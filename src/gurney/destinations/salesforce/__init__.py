"""Salesforce Sales Cloud as a destination."""
