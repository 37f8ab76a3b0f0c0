"""Zoho CRM as a destination: `destination.Zoho` is its face, limits.toml holds the vendor's numbers."""
