"""How far the destination is abreast of the source: what a delta may pass over, and what it has to look at.

Whatever came since, it came into the snapshot by a sweep, by another audit, or by a reading that was cut short; and
another plan or another audit's moment makes other values of the same records.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gurney.migration.context import Migration
from gurney.migration.load import NO_BYTES
from gurney.records import State

_DOCUMENT = "abreast"


@dataclass(frozen=True, slots=True)
class Abreast:
    """A state of the source, and of what its values are made by. Holds no values of records."""

    extraction: int
    """The reading of the source after which something is news."""
    newest: str | None
    """The newest change of a patient that had been read; for the report."""
    plan: str
    """Digest of the plan."""
    as_of: str
    """The moment that past and future are judged by."""


def state_of(migration: Migration, extraction: int | None = None) -> Abreast:
    """The source as the snapshot has it now, or as a certain reading left it."""
    store = migration.store
    return Abreast(
        extraction=store.snapshot.latest() if extraction is None else extraction,
        newest=store.snapshot.high_water("patients"),
        plan=store.documents.digest("plan"),
        as_of=migration.as_of().isoformat(),
    )


def begin(migration: Migration) -> None:
    """Before the first record is written: what comes into the snapshot from now on is a delta's business.

    Where records stand already (a rollback kept them for a person's sake), the first delta looks at them all: their
    lookups may name what was removed and made again.
    """
    users = migration.destination().capabilities.user_object
    if reached(migration) is None and not migration.store.effects.by_object().keys() - {users}:
        keep(migration, state_of(migration))


def forget(migration: Migration) -> None:
    """A rollback begins: nothing is abreast any more."""
    migration.store.documents.put(_DOCUMENT, {}, sealed=False)


def keep(migration: Migration, state: Abreast) -> None:
    """A delta came to its end: all of this state is at the destination, or named."""
    migration.store.documents.put(_DOCUMENT, asdict(state), sealed=False)


def reached(migration: Migration) -> Abreast | None:
    """The state that the destination was last brought to; None where nobody wrote it down: then all may be news."""
    saved = migration.store.documents.get(_DOCUMENT)
    return Abreast(**saved) if saved else None


def is_idle(migration: Migration, now: Abreast) -> bool:
    """Whether a delta has nothing to bring and nothing to try again."""
    last = reached(migration)
    if last is None or (last.plan, last.as_of) != (now.plan, now.as_of):
        return False
    return not migration.store.snapshot.changed(last.extraction + 1) and not _open_work(migration)


def _open_work(migration: Migration) -> bool:
    """Whether an earlier run left something to try again."""
    ledger = migration.store.ledger
    if any(left.get("failed") or left.get("sent") for left in ledger.left().values()):
        return True
    return any((state, code) == (State.MANUAL.value, NO_BYTES) for _, state, code, _, _ in ledger.reasons())
