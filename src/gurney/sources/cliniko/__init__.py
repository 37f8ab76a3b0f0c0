"""Cliniko: where every migration reads from, and never writes to.

`source.ClinikoSource` is the face; `derived` holds the facts that Cliniko does not store; numbers are in limits.toml,
objects and their fields in objects.toml.
"""
