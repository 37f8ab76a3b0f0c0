"""Runs and the fence: who may write, so that a stale worker cannot.

Whoever takes a run up raises the fence; every write to the ledger carries the fence it began with, and fails
when someone has raised it since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from gurney.errors import GurneyError
from gurney.runtime import Runtime
from gurney.store.database import Database, executed, set_meta
from gurney.store.snapshot import now_text

_OPEN = text("INSERT INTO run (kind, operator, state, opened_at) VALUES (:kind, :operator, 'open', :at) RETURNING id")
_UNFINISHED = text(
    "SELECT r.id FROM run r WHERE r.kind = :kind AND r.state IN ('open', 'paused') AND NOT EXISTS ("
    " SELECT 1 FROM run later WHERE later.id > r.id"
    " AND ((r.kind IN ('full', 'sample') AND later.kind IN ('rollback', 'rollback sample'))"
    " OR (r.kind IN ('rollback', 'rollback sample') AND later.kind IN ('full', 'sample', 'delta'))))"
    " ORDER BY r.id DESC LIMIT 1"
)
"""What a run has passed is not looked at again: one that went the other way since has changed it, so another begins."""
_CLOSE = text("UPDATE run SET state = :state, closed_at = :at WHERE id = :id")
_LATEST = text(
    "SELECT id, kind, operator, state, opened_at, closed_at FROM run WHERE kind = :kind ORDER BY id DESC LIMIT 1"
)
_SEEN_FENCE = text("SELECT value FROM meta WHERE name = 'fence'")
_FENCE = text("UPDATE meta SET value = value WHERE name = 'fence' RETURNING value")
"""Reads the fence and holds its row: whoever writes to the ledger does so alone until it commits."""


class Fenced(GurneyError):
    """Another worker has taken this migration over; what this one still wanted to write is refused."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that this process works on."""

    id: int
    kind: str
    operator: str
    fence: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as recorded. `state`: open, paused, done, failed."""

    id: int
    kind: str
    operator: str
    state: str
    opened_at: datetime
    closed_at: datetime | None


class Runs:
    """All runs of a migration."""

    def __init__(self, database: Database, runtime: Runtime) -> None:
        self._database = database
        self._runtime = runtime

    def open(self, kind: str, operator: str) -> Run:
        """Take up the unfinished run of this kind, or begin one; either way the fence rises."""
        with self._database.transaction() as connection:
            fence = held_fence(connection) + 1
            set_meta(connection, "fence", str(fence))
            unfinished = connection.execute(_UNFINISHED, {"kind": kind}).first()
            if unfinished is not None:
                return Run(unfinished[0], kind, operator, fence, resumed=True)
            at = now_text(self._runtime.clock.now())
            number = connection.execute(_OPEN, {"kind": kind, "operator": operator, "at": at}).scalar_one()
        return Run(number, kind, operator, fence, resumed=False)

    def close(self, run: Run, state: str) -> None:
        """Record how a run ended: done, failed, or paused (then it is taken up again)."""
        with self._database.transaction() as connection:
            require_fence(connection, run)
            at = now_text(self._runtime.clock.now())
            connection.execute(_CLOSE, {"id": run.id, "state": state, "at": at})

    def latest(self, kind: str) -> PastRun | None:
        """The newest run of a kind."""
        row = self._database.one(_LATEST, {"kind": kind})
        if row is None:
            return None
        opened, closed = datetime.fromisoformat(row[4]), datetime.fromisoformat(row[5]) if row[5] else None
        return PastRun(row[0], row[1], row[2], row[3], opened, closed)

    def still(self, run: Run) -> None:
        """Make sure that nobody has taken the work over. Raises Fenced."""
        if int(self._database.one(_SEEN_FENCE)[0]) != run.fence:
            raise _fenced()


def _fenced() -> Fenced:
    return Fenced(
        "Another process has taken this migration over.",
        next_step="Let that one finish; `gurney status` shows how far it is.",
    )


def held_fence(connection: Connection) -> int:
    """The fence as it is until this transaction ends."""
    return int(executed(connection, _FENCE)[0][0])


def require_fence(connection: Connection, run: Run) -> None:
    """Refuse a write of a worker that was overtaken. Raises Fenced."""
    if held_fence(connection) != run.fence:
        raise _fenced()
