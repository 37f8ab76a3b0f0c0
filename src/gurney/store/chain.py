"""The chain of ledger entries: each hash covers its entry and the hash before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, text

from gurney.runtime import Runtime
from gurney.store.database import Database, ForMany, executed, set_meta
from gurney.store.runs import Run, held_fence, require_fence
from gurney.store.snapshot import now_text

FIRST_HASH = "0" * 64
"""What the first entry follows."""

ENTRIES = "entries"
"""Name of the count of entries among the store's facts: without it a cut-off end would not show."""

_LAST = text("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
_APPEND = ForMany("INSERT INTO ledger (seq, entry, hash) VALUES (:seq, :entry, :hash)")
_READ = text("SELECT seq, entry, hash FROM ledger WHERE seq > :after ORDER BY seq LIMIT 5000")


class Appending:
    """Entries on their way into the chain, in an open transaction."""

    def __init__(self, connection: Connection, about: Mapping[str, Any]) -> None:
        self.connection = connection
        self._about = about
        last = executed(connection, _LAST)
        self._seq, self._hash = (int(last[0][0]), str(last[0][1])) if last else (0, FIRST_HASH)
        self._rows: list[dict[str, Any]] = []

    def add(self, entry: Mapping[str, Any]) -> int:
        """Append an entry; returns its number. `entry` holds ids, digests and codes, never a record's value."""
        written = orjson.dumps({**entry, **self._about}, option=orjson.OPT_SORT_KEYS).decode()
        self._seq += 1
        self._hash = chained(self._hash, written)
        self._rows.append({"seq": self._seq, "entry": written, "hash": self._hash})
        return self._seq

    def write(self) -> None:
        if self._rows:
            _APPEND.run(self.connection, self._rows)
            set_meta(self.connection, ENTRIES, str(self._seq))


@contextmanager
def appending(database: Database, runtime: Runtime, run: Run | None, operator: str = "") -> Iterator[Appending]:
    """One durable transaction that appends entries, refused (Fenced) when the run was taken over."""
    with database.transaction() as connection:
        about: dict[str, Any] = {"at": now_text(runtime.clock.now()), "by": operator}
        if run is None:
            held_fence(connection)
        else:
            require_fence(connection, run)
            about |= {"by": operator or run.operator, "run": run.id, "run_kind": run.kind, "fence": run.fence}
        log = Appending(connection, about)
        yield log
        log.write()


def chained(previous: str, entry: str) -> str:
    """The hash of an entry that follows the entry with the hash `previous`."""
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()


def head(database: Database) -> str:
    """Hash of the newest entry; '' before the first."""
    row = database.one(_LAST)
    return row[1] if row else ""


def pages(database: Database) -> Iterator[list[tuple[int, str, str]]]:
    """All entries in order, some thousands at a time: (number, entry, hash)."""
    after = 0
    while rows := database.rows(_READ, {"after": after}):
        yield [(row[0], row[1], row[2]) for row in rows]
        after = rows[-1][0]
