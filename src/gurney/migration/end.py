"""The end: destroying a clinic's data by destroying the key that opens them. The log stays verifiable."""

from __future__ import annotations

from gurney.migration.connect import SANDBOX, needed, systems
from gurney.migration.context import Migration
from gurney.migration.sandbox import has_sandbox, open_sandbox
from gurney.migration.stages import Stage, reach


def purge(migration: Migration) -> str:
    """Destroy the data key, the files and the credentials. Returns the ledger's head, which stays."""
    migration.store.ledger.note(None, "purge", {"by": migration.operator}, migration.operator)
    reach(migration.store, Stage.PURGED)
    head: str = migration.store.ledger.head()
    if has_sandbox(migration):
        sandbox = open_sandbox(migration)
        sandbox.store.purge()
        sandbox.store.close()
    migration.store.purge()
    names = [*systems(), *(f"{system}{SANDBOX}" for system in systems()[1:])]
    values = ((system, item.name) for system in names for item in needed(system))
    migration.secrets().forget(values)
    return head
