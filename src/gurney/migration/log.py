"""The audit log: verify its chain, export it, show its newest entries. Entries hold no record's values."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gurney.migration.context import Migration


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the log is whole."""

    ok: bool
    entries: int
    head: str
    broken_at: int | None
    why: str

    @property
    def words(self) -> str:
        if self.ok:
            return f"The log is whole: {self.entries:,} entries, head {self.head}."
        return f"The log was altered at entry {self.broken_at}: {self.why}."

    def as_document(self) -> dict[str, Any]:
        return {"ok": self.ok, "entries": self.entries, "head": self.head, "broken_at": self.broken_at, "why": self.why}


def verify(migration: Migration, head: str = "") -> Verification:
    """Recompute the hash chain over every entry. With `head`, that hash must be one of the chain's.

    The clinic notes a head (each report names it): a log that was cut off or rewritten since does not hold it.
    """
    found = migration.store.ledger.verify()
    if found.ok and head and all(entry["hash"] != head for entry in migration.store.ledger.export()):
        return Verification(False, found.entries, found.head, found.entries, "it does not hold the head that was noted")
    return Verification(found.ok, found.entries, found.head, found.broken_at, found.why)


def export(migration: Migration) -> tuple[Path, int]:
    """Write the whole log as JSON lines for the clinic (LOG5). Returns the file and the number of entries."""
    file = migration.workspace.reports / "log.jsonl"
    count = 0

    def lines() -> Any:
        nonlocal count
        for entry in migration.store.ledger.export():
            count += 1
            yield orjson.dumps(entry) + b"\n"

    migration.runtime.write_file(file, lines())
    return file, count


def newest(migration: Migration, most: int) -> list[dict[str, Any]]:
    """The newest entries, oldest first."""
    return list(deque(migration.store.ledger.export(), most))


def line(entry: dict[str, Any]) -> str:
    """One entry in one line."""
    details = entry.get("entry", entry)
    words = " ".join(f"{name}={value}" for name, value in details.items() if value not in ("", None))
    return f"{entry.get('seq', ''):>7}  {entry.get('at', '')}  {words}"
