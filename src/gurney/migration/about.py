"""The head of every report."""

from __future__ import annotations

from gurney.migration.context import Migration
from gurney.reports.model import About
from gurney.version import __version__


def about(migration: Migration) -> About:
    """Which migration, when, and the head of the ledger's chain."""
    return About(
        migration_id=migration.id,
        workspace=migration.workspace.name,
        made_at=migration.runtime.clock.now(),
        ledger_head=migration.store.ledger.head(),
        version=__version__,
    )
