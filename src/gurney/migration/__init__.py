"""The life of a migration, one module per stage, in the order in which a clinic lives it."""
