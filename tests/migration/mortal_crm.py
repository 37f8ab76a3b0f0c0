"""A CRM that loses answers on order, its users, and a process that dies at an appointed step: for the model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from migration_clock import VirtualClock

from gurney.destinations.protocol import Capabilities, Expected, Route
from gurney.errors import PausedForQuota
from gurney.records import Kind, Link, OperationKey, Outcome, ReadBack, Value, Write
from gurney.schema import FieldType

CONTACTS, NOTES, KEY, TITLE = "Contacts", "Notes", "Key", "Note_Title"
FATES = ("ok", "lost", "dropped", "half answered", "half done", "refused", "spent")
"""What becomes of a call that writes: done and answered; done without an answer; neither; done with every other answer;
the first half done, without an answer; read and declined; not sent, for the allowance is spent."""


class Died(BaseException):
    """The process is gone: nothing that it would still have done happens."""


@dataclass
class Mortality:
    """Counts the steps between which a process can die: calls, their effects, and commits of the store."""

    left: int | None = None
    """Steps until death; None lives for ever."""

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Died


@dataclass
class Held:
    """A record as the CRM has it."""

    object: str
    fields: dict[str, Value]
    born: OperationKey | None
    """Which write of ours made it; None: it was there before, or a person made it."""
    stamp: datetime
    parent: str | None = None


@dataclass
class MortalCrm:
    """Implements of the destination's protocol what load, delta and rollback ask."""

    clock: VirtualClock
    mortality: Mortality
    fates: list[str] = field(default_factory=list)
    """What becomes of the next calls that write, in turn; 'ok' when they are used up."""
    refused: int = 0
    records: dict[str, Held] = field(default_factory=dict)
    typed: dict[tuple[str, str], Value] = field(default_factory=dict)
    """What people typed, by record and field; their own notes have the field ''."""
    handed_back: set[str] = field(default_factory=set)
    """Records that hold what they held before us: whatever people type into them, we stand for none of it."""
    wrongs: list[str] = field(default_factory=list)
    """Deeds of ours that no vendor can prevent and no person forgives."""
    _made: int = 0

    def __post_init__(self) -> None:
        self.capabilities = Capabilities(
            in_flight=2, read_size=10, deletes_schema=frozenset(), keyless_objects=frozenset({NOTES}), note_object=NOTES
        )

    # What the engine asks

    def routes(self, object: str) -> tuple[Route, ...]:
        return (Route("batch", 2, 2),)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        fate = await self._begin()
        if fate == "dropped":
            return [Outcome.sent(write.key) for write in batch]
        if fate == "refused":
            self.refused += 1
            return [Outcome.failed(write.key, code="NOT_TODAY", words="not today") for write in batch]
        done = batch[: -(-len(batch) // 2)] if fate == "half done" else batch
        outcomes = [self._take(write) for write in done]
        self.mortality.step()
        if fate in ("lost", "half done"):
            return [Outcome.sent(write.key) for write in batch]
        heard = (fate != "half answered" or number % 2 for number in range(len(outcomes)))
        return [one if is_heard else Outcome.sent(one.key) for one, is_heard in zip(outcomes, heard, strict=True)]

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        fate = await self._begin()
        going = [] if fate == "dropped" else ids[: -(-len(ids) // 2)] if fate == "half done" else ids
        for id in going:
            self._remove(id)
        self.mortality.step()
        heard = {"ok": ids, "refused": ids, "half answered": ids[1::2]}.get(fate, [])
        return dict.fromkeys(heard, "")

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        await self._begin(writes=False)
        return [self._became(write) for write in unknown]

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        await self._begin(writes=False)
        there = ((id, one) for id, one in self.records.items() if one.object == object)
        return {str(one.fields[key_field]): id for id, one in there if one.fields.get(key_field) in values}

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        await self._begin(writes=False)
        there = {id: self.records[id] for id in ids if id in self.records}
        return {
            id: ReadBack(id, {name: one.fields.get(name) for name in fields}, one.stamp) for id, one in there.items()
        }

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        await self._begin(writes=False)
        found: dict[str, list[str]] = {}
        for id, one in self.records.items():
            if one.parent in ids and f"{one.object}/{id}" not in ours:
                found.setdefault(str(one.parent), []).append(f"{one.object}/{id}")
        return found

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        return value

    async def _begin(self, *, writes: bool = True) -> str:
        self.mortality.step()
        await asyncio.sleep(0)
        fate = self.fates.pop(0) if writes and self.fates else "ok"
        if fate == "spent":
            raise PausedForQuota("The allowance is spent.", until=None)
        return fate

    def _take(self, write: Write) -> Outcome:
        if write.kind is Kind.CREATE:
            return self._create(write)
        id = str(write.destination_id)
        held = self.records.get(id)
        if held is None:
            return Outcome.failed(write.key, code="NOT_FOUND", words="there is no such record")
        guard = write.unless_modified_since
        if guard is not None and held.stamp > guard:
            return Outcome.failed(write.key, code="ALREADY_MODIFIED", words="changed meanwhile")
        for name, value in write.fields.items():
            if self.typed.get((id, name), value) != value:
                self.wrongs.append(f"{name} of {id}, which a person had typed, was written over")
        held.fields.update(write.fields)
        (self.handed_back.add if write.kind is Kind.RESTORE else self.handed_back.discard)(id)
        held.stamp = self.now()
        return Outcome.done(write.key, id, created=False, modified_at=held.stamp)

    def _create(self, write: Write) -> Outcome:
        parent = write.parent.id if write.parent else None
        if parent is not None and parent not in self.records:
            return Outcome.failed(write.key, code="NO_PARENT", words="it hangs on nothing")
        fields = {**write.fields, KEY: write.key_value} if write.key_field else dict(write.fields)
        id = self._add(Held(write.object, fields, write.key, self.now(), parent))
        return Outcome.done(write.key, id, modified_at=self.records[id].stamp)

    def _became(self, write: Write) -> Outcome | None:
        if write.kind is not Kind.CREATE:
            held = self.records.get(str(write.destination_id))
            is_there = held is not None and all(held.fields.get(name) == it for name, it in write.fields.items())
            return Outcome.done(write.key, str(write.destination_id), created=False) if is_there else None
        name = KEY if write.key_field else TITLE
        for id, held in self.records.items():
            hangs_there = write.parent is None or held.parent == write.parent.id
            if held.object == write.object and held.fields.get(name) == write.key_value and hangs_there:
                return Outcome.done(write.key, id)
        return None

    def _remove(self, id: str) -> None:
        """As vendors do: what hangs on it goes too, and lookups that name it go empty."""
        if id not in self.records:
            return
        going = [id, *(child for child, one in self.records.items() if one.parent == id)]
        self.wrongs += [f"{one}, into which a person had typed, was deleted" for one, _ in self.typed if one in going]
        for one in going:
            del self.records[one]
        for left in self.records.values():
            gone = [name for name, value in left.fields.items() if isinstance(value, Link) and value.id in going]
            left.fields |= dict.fromkeys(gone)

    def _add(self, held: Held) -> str:
        self._made += 1
        self.records[f"c{self._made}"] = held
        return f"c{self._made}"

    def now(self) -> datetime:
        self.clock.pass_by(1)
        return self.clock.now()

    # What people do meanwhile

    def was_there(self, fields: Mapping[str, Value]) -> str:
        return self._add(Held(CONTACTS, dict(fields), None, self.now()))

    def type(self, id: str, name: str, value: Value) -> None:
        self.records[id].fields[name] = self.typed[id, name] = value
        self.records[id].stamp = self.now()

    def hang_a_note(self, parent: str) -> None:
        id = self._add(Held(NOTES, {TITLE: "by hand"}, None, self.now(), parent))
        self.typed[id, ""] = None

    def throw_away(self, id: str) -> None:
        going = {id, *(child for child, one in self.records.items() if one.parent == id)}
        self.typed = {place: value for place, value in self.typed.items() if place[0] not in going}
        self._remove(id)
