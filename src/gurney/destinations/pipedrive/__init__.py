"""Pipedrive as a destination: `destination.Pipedrive` is its face, limits.toml holds the vendor's numbers."""
