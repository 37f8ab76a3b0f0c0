"""The promises of a destination, by subject. Importing this room declares them all."""

from gurney.testing.kit.behaviours import (
    access,
    budgets,
    files,
    finding,
    guarding,
    limits,
    links,
    notes,
    owners,
    provisioning,
    removal,
    settling,
    writing,
)

__all__ = [
    "access",
    "budgets",
    "files",
    "finding",
    "guarding",
    "limits",
    "links",
    "notes",
    "owners",
    "provisioning",
    "removal",
    "settling",
    "writing",
]
