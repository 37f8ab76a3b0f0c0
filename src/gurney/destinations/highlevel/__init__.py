"""HighLevel as a destination: `destination.HighLevel` is its face, limits.toml holds the vendor's numbers."""
