"""A CRM whose answers get lost on order: just what sending writes needs of a destination."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gurney.destinations.protocol import Capabilities, Expected, Route
from gurney.records import NOT_PROVABLE, Kind, Link, Outcome, ReadBack, State, Value, Write


@dataclass
class WobblyCrm:
    """`fates` says what becomes of each write call in turn, 'ok' when they are used up.

    'ok'; 'lost': written, no answer; 'dropped': neither written nor answered; 'half': all written, every other
    answer is missing; 'part': written in part, as the answer says; 'refused': read and declined.
    """

    fates: list[str] = field(default_factory=list)
    records: dict[str, dict[str, Value]] = field(default_factory=dict)
    creations: Counter[str] = field(default_factory=Counter)
    """How often each of our keys was created: more than once is a duplicate."""
    batches: list[tuple[str, Kind, int]] = field(default_factory=list)
    seen: list[list[Write]] = field(default_factory=list)
    deletions: list[list[str]] = field(default_factory=list)
    deleted_from: dict[str, Link] = field(default_factory=dict)
    """What a file was said to hang on when it was to be deleted."""
    routed: list[tuple[str, Kind, int]] = field(default_factory=list)
    undeletable: frozenset[str] = frozenset()
    in_part: int = 0
    """So many times a settled creation is there, but not yet all that belongs to it."""
    unlisted: bool = False
    """Whether nothing tells which creations took effect."""
    settlements: int = 0
    settled_as: list[str | None] = field(default_factory=list)
    """By which id of ours a write was known when it was settled."""
    reads: int = 0
    most_at_once: int = 0
    error: Exception | None = None
    """Raised by the first write call, once."""
    _under_way: int = 0

    def __post_init__(self) -> None:
        self.capabilities = Capabilities(in_flight=2, read_size=10, deletes_schema=frozenset())

    def routes(self, object: str) -> tuple[Route, ...]:
        return (Route("batch", 3, 2),)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        self.routed.append((object, kind, records))
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        assert len(batch) <= route.batch_size
        self.seen.append(list(batch))
        self.batches.append((batch[0].object, batch[0].kind, len(batch)))
        fate = self.fates.pop(0) if self.fates else "ok"
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(0)
        self._under_way -= 1
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        if fate == "dropped":
            return [Outcome.sent(write.key) for write in batch]
        if fate == "refused":
            return [Outcome.failed(write.key, code="INVALID_DATA", words="invalid") for write in batch]
        outcomes = [self._take(write) for write in batch]
        if fate == "part":
            return [Outcome.sent(outcome.key, outcome.destination_id) for outcome in outcomes]
        answered = {"ok": 1, "half": 2}.get(fate, 0)
        return [
            outcome if answered and number % answered == 0 else Outcome.sent(outcome.key)
            for number, outcome in enumerate(outcomes)
        ]

    def _take(self, write: Write) -> Outcome:
        if write.kind is not Kind.CREATE:
            assert write.destination_id is not None
            self.records[write.destination_id].update(write.fields)
            return Outcome.done(write.key, write.destination_id, created=False)
        self.creations[write.key_value] += 1
        id = f"d{len(self.records) + 1}"
        self.records[id] = {**write.fields, "Key": write.key_value}
        return Outcome.done(write.key, id)

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        self.settlements += 1
        self.settled_as += [write.destination_id for write in unknown]
        return [self._became(write) for write in unknown]

    def _became(self, write: Write) -> Outcome | None:
        if write.kind is Kind.CREATE:
            if self.unlisted:
                return Outcome(write.key, State.MANUAL, code=NOT_PROVABLE, words="look for it")
            found = [id for id, held in self.records.items() if held["Key"] == write.key_value]
            if found and self.in_part:
                self.in_part -= 1
                return Outcome.sent(write.key, found[0])
            return Outcome.done(write.key, found[0]) if found else None
        held = self.records[write.destination_id or ""]
        is_there = all(held.get(name) == value for name, value in write.fields.items())
        return Outcome.done(write.key, write.destination_id or "", created=False) if is_there else None

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        assert object == "Contacts"
        assert len(ids) <= self.capabilities.read_size
        self.reads += 1
        held = {id: self.records[id] for id in ids if id in self.records}
        return {id: ReadBack(id, {name: one.get(name) for name in fields}) for id, one in held.items()}

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        assert object == self.capabilities.file_object
        hanging: dict[str, list[ReadBack]] = {parent.id: [] for parent in parents}
        for id, one in self.records.items():
            if one.get("parent") in hanging:
                hanging[str(one["parent"])].append(ReadBack(id, one))
        return hanging

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        assert object in {"Contacts", "Files"}
        self.deletions.append(list(ids))
        self.deleted_from.update(parents or {})
        fate = self.fates.pop(0) if self.fates else "ok"
        words = {}
        for id in ids:
            if id in self.undeletable:
                words[id] = "not permitted"
                continue
            if fate != "dropped":
                self.records.pop(id, None)
            if fate == "ok":
                words[id] = ""
        return words
