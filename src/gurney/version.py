"""The version, in a room of its own so that everything may read it without importing the package root."""

__version__ = "0.1.0"
