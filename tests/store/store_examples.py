"""Small made-up records for the tests of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from gurney.records import Kind, OperationKey, Outcome, Value, Write
from gurney.store.keys import MasterKey
from gurney.store.runs import Run
from gurney.store.snapshot import Link, Staged
from gurney.store.store import Store

MASTER = MasterKey(b"m" * 32, "test")
NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)


class StandingClock:
    """Time does not pass."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        return None


def patient(
    id: str = "1",
    *,
    at: str = "2026-01-01T00:00:00Z",
    state: str = "live",
    links: Iterable[Link] = (),
    **body: Any,
) -> Staged:
    """A source record on its way into the snapshot."""
    return Staged(id, "2025-01-01T00:00:00Z", at, state, {"id": id, **body}, tuple(links))


def key(id: str = "1", *, map: str = "Z1", object: str = "patients", part: int = 0) -> OperationKey:
    return OperationKey(map, object, id, part)


def write(
    of: OperationKey | None = None,
    fields: Mapping[str, Value] | None = None,
    *,
    kind: Kind = Kind.CREATE,
    to: str | None = None,
    **more: Any,
) -> Write:
    """A write of the record that `of` names; `to` is its destination id, which a creation has not."""
    of = of or key()
    given = {"Last_Name": "Lee"} if fields is None else fields
    return Write(of, "Contacts", "Source_Id", of.id, given, kind=kind, destination_id=to, **more)


def done(
    store: Store, run: Run, *writes: Write, before: Mapping[OperationKey, Mapping[str, Value]] | None = None
) -> None:
    """Intend these writes and conclude them; a creation gets the id 'c-' and its source id."""
    store.ledger.intend(run, writes, before)
    store.ledger.conclude(run, [Outcome.done(one.key, one.destination_id or f"c-{one.key.id}") for one in writes])


async def in_pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    """Bytes as they arrive from a network."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
