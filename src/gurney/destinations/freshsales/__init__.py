"""Freshsales (the Suite, also called Freshworks CRM) as a destination."""
