"""Destinations with one fault each, to see whether the kit notices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gurney.destinations.protocol import Account, Cost, Destination, Route, Spent, User
from gurney.errors import PausedForQuota
from gurney.records import File, Kind, Link, OperationKey, Outcome, ReadBack, State, Value, Write
from gurney.schema import FieldSchema, FieldType, NewField, NewOptions, Provisioned, Schema, SchemaChange

NOWHERE = "5725767000000999000"
"""An id that the organisation never gave."""


class Saboteur:
    """Passes everything on; those below do one thing wrongly."""

    def __init__(self, inner: Destination) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        return await self.inner.write([self.sent(write) for write in batch], route)

    def sent(self, write: Write) -> Write:
        return write


class DropsAField(Saboteur):
    def sent(self, write: Write) -> Write:
        return replace(write, fields={name: value for name, value in write.fields.items() if name != "Kit_Choice"})


class CutsText(Saboteur):
    def sent(self, write: Write) -> Write:
        cut = {name: value[:200] if isinstance(value, str) else value for name, value in write.fields.items()}
        return replace(write, fields=cut)


class TakesTextForNothing(Saboteur):
    """As a CSV reader with its defaults does."""

    def sent(self, write: Write) -> Write:
        empty = {name: None if value in ("NA", "#N/A", "null") else value for name, value in write.fields.items()}
        return replace(write, fields=empty)


class RoundsMoney(Saboteur):
    def sent(self, write: Write) -> Write:
        rounded = {
            name: value.quantize(Decimal("0.1")) if isinstance(value, Decimal) else value
            for name, value in write.fields.items()
        }
        return replace(write, fields=rounded)


class KeepsOldValues(Saboteur):
    """Leaves nothing out of a creation, but forgets to empty a field in an update."""

    def sent(self, write: Write) -> Write:
        if write.kind is Kind.CREATE:
            return write
        return replace(write, fields={name: value for name, value in write.fields.items() if value is not None})


class SendsHalfAList(Saboteur):
    """Changes one address of a list that the vendor replaces whole."""

    def sent(self, write: Write) -> Write:
        changed = {"email", "email_home", "phone_mobile", "phone_work"} & set(write.fields)
        if write.kind is Kind.CREATE or not changed:
            return write
        others = dict.fromkeys({"email", "email_home", "phone_mobile", "phone_work"} - changed)
        return replace(write, fields={**others, **write.fields})


class ForgetsOwners(Saboteur):
    def sent(self, write: Write) -> Write:
        return replace(write, owner_id=None)


class ForgetsGuards(Saboteur):
    def sent(self, write: Write) -> Write:
        return replace(write, unless_modified_since=None)


class ForgetsLinks(Saboteur):
    def sent(self, write: Write) -> Write:
        plain = {name: value for name, value in write.fields.items() if not isinstance(value, Link)}
        return replace(write, fields=plain)


class HangsOnTheFirst(Saboteur):
    """Hangs every note on the first parent that it saw."""

    parent: Link | None = None

    def sent(self, write: Write) -> Write:
        self.parent = self.parent or write.parent
        return replace(write, parent=self.parent)


class WritesTwice(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        copies = [
            replace(
                write,
                key_value=f"{write.key_value}-copy",
                fields={**write.fields, write.key_field: f"{write.key_value}-copy"},
            )
            for write in batch
            if write.kind is Kind.CREATE and write.key_field
        ]
        await self.inner.write(copies, route)
        return outcomes


class RepeatsWhatWasLost(Saboteur):
    """Sends again what got no answer, without a look."""

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        if any(outcome.state is State.SENT for outcome in outcomes):
            return await self.inner.write(batch, route)
        return outcomes


class SwapsOutcomes(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        return [outcomes[1], outcomes[0], *outcomes[2:]] if len(outcomes) > 1 else outcomes


class SwapsIds(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        first, *others = await self.inner.write(batch, route) or [None]
        if first is None or not others:
            return [first] if first else []
        return [
            replace(first, destination_id=others[0].destination_id),
            replace(others[0], destination_id=first.destination_id),
            *others[1:],
        ]


class LosesAnOutcome(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        return (await self.inner.write(batch, route))[: max(1, len(batch) - 1)]


class SaysDone(Saboteur):
    """Says done without writing."""

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        return [Outcome.done(write.key, f"{NOWHERE}{at}") for at, write in enumerate(batch)]


class HidesRefusals(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        return [Outcome.done(one.key, NOWHERE) if one.state is State.FAILED else one for one in outcomes]


class FailsTheWholeBatch(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        failed = next((one for one in outcomes if one.state is State.FAILED), None)
        return [replace(failed, key=one.key) for one in outcomes] if failed else outcomes


class TellsValues(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await self.inner.write(batch, route)
        return [
            replace(one, words=f"{one.words}: {write.fields}") if one.words else one
            for one, write in zip(outcomes, batch, strict=True)
        ]


class SettlesAsAbsent(Saboteur):
    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        return [None for _ in unknown]


class SettlesAsDone(Saboteur):
    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        found = await self.inner.settle(unknown)
        return [one or Outcome.done(write.key, NOWHERE) for one, write in zip(found, unknown, strict=True)]


class RemembersOnlyItsOwn(Saboteur):
    """Takes for absent what another process sent."""

    def __init__(self, inner: Destination) -> None:
        super().__init__(inner)
        self.keys: set[OperationKey] = set()

    def sent(self, write: Write) -> Write:
        self.keys.add(write.key)
        return write

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        found = await self.inner.settle(unknown)
        return [one if write.key in self.keys else None for one, write in zip(found, unknown, strict=True)]


class SettlesAllAsOne(Saboteur):
    """Takes the first that it finds for all that it looks for."""

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        found = await self.inner.settle(unknown)
        first = next((one for one in found if one is not None), None)
        return [replace(first, key=write.key) if first else None for write in unknown]


class TakesAllForTheSame(Saboteur):
    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        return None


class IgnoresCase(Saboteur):
    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        plain = self.inner.comparable(object, field, type, value)
        return plain.casefold() if isinstance(plain, str) else plain


class ReadsWhatListsShow(Saboteur):
    """Believes texts that a list has cut."""

    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        there = await self.inner.read(object, ids, fields)
        return {id: replace(back, fields={n: _cut(v) for n, v in back.fields.items()}) for id, back in there.items()}


def _cut(value: Value) -> Value:
    return value[:500] if isinstance(value, str) else value


class FindsByPrefix(Saboteur):
    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        found = await self.inner.find(object, key_field, values)
        return {value: next((id for key, id in found.items() if key.startswith(value)), "") for value in values}


class CountsFromMemory(Saboteur):
    counted: int | None = None

    async def count(self, object: str) -> int:
        if self.counted is None:
            self.counted = await self.inner.count(object)
        return self.counted


class SaysGone(Saboteur):
    """Says that records are gone without deleting them."""

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        return dict.fromkeys(ids, "")


class SeesNoOthers(Saboteur):
    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        return {}


class KnowsOursByNumber(Saboteur):
    """Takes a record of another object for ours because it has the same number."""

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        return await self.inner.children_of_others(object, ids, frozenset(one.rpartition("/")[2] for one in ours))


class MakesFieldsAgain(Saboteur):
    """Does not look whether a field is there: makes one more under another label."""

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        made = await self.inner.provision(changes, dry_run=dry_run)
        again = next((one for one in made if isinstance(one.change, NewField) and one.state == "existing"), None)
        if again is not None and isinstance(again.change, NewField):
            other = replace(again.change, label="Kit Again", name="Kit_Again", unique=False)
            await self.inner.provision([other])
        return made


class MakesThingsInADryRun(Saboteur):
    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        if dry_run:
            await self.inner.provision(changes[:3])
            return [Provisioned(change, "missing") for change in changes]
        return await self.inner.provision(changes)


class ForgetsCalls(Saboteur):
    def spent(self) -> Spent:
        spent = self.inner.spent()
        return replace(spent, calls=spent.calls - 1)


class PricesAllAlike(Saboteur):
    def spent(self) -> Spent:
        spent = self.inner.spent()
        return replace(spent, units=spent.calls)


class PromisesTooLittle(Saboteur):
    def cost(self, object: str, action: str, records: int) -> Cost:
        cost = self.inner.cost(object, action, records)
        return replace(cost, units=max(1, cost.units // 2))


class ChangesBytes(Saboteur):
    """Attaches the bytes of the file before."""

    before: File | None = None

    def sent(self, write: Write) -> Write:
        if write.file is None:
            return write
        wrong = replace(write.file, store_id=(self.before or write.file).store_id)
        self.before = write.file
        return replace(write, file=wrong)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return await self.inner.read_file(parent, file_id)


class CallsEverythingNew(Saboteur):
    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        return [replace(one, created=True) for one in await self.inner.write(batch, route)]


class TakesTextForNothingInBulk(TakesTextForNothing):
    """The same by one route alone."""

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        spoilt = [self.sent(write) for write in batch] if route.name == "bulk" else batch
        return await self.inner.write(spoilt, route)


class OffersAnotherRoute(Saboteur):
    def routes(self, object: str) -> tuple[Route, ...]:
        return (*self.inner.routes(object), Route("pigeon", 1, 1))


class ChoosesWhatItDoesNotOffer(Saboteur):
    def route(self, object: str, kind: Kind, records: int) -> Route:
        return Route("pigeon", 1, 1)


class ThinksAllAreActive(Saboteur):
    async def users(self) -> list[User]:
        return [replace(user, active=True) for user in await self.inner.users()]


class MakesAFieldWhileChecking(Saboteur):
    async def check(self) -> Account:
        await self.inner.provision([NewField("Contacts", "Probe", "Probe", FieldType.TEXT)])
        return await self.inner.check()


class DescribesAllAsText(Saboteur):
    async def describe(self, objects: Sequence[str]) -> Schema:
        schema = await self.inner.describe(objects)
        return Schema({name: replace(one, fields=_as_text(one.fields)) for name, one in schema.objects.items()})


def _as_text(fields: Mapping[str, FieldSchema]) -> dict[str, FieldSchema]:
    return {name: replace(field, type=FieldType.TEXT) for name, field in fields.items()}


class BelievesWhatIsThere(Saboteur):
    """Takes any field of the right name for the right one."""

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        made = await self.inner.provision(changes, dry_run=dry_run)
        return [replace(one, state="existing") if one.state == "by_hand" else one for one in made]


class LeavesItsSchema(Saboteur):
    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        return [replace(one, state="deleted") for one in made if one.state == "created"]


class ReadsWhatIsGone(Saboteur):
    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        there = await self.inner.read(object, ids, fields)
        return {id: there.get(id) or ReadBack(id, dict.fromkeys(fields)) for id in ids}


class AsksTooMuchAtOnce(Saboteur):
    def __init__(self, inner: Destination) -> None:
        super().__init__(inner)
        inner.pacer.limits = replace(inner.pacer.limits, concurrency=100, heavy_concurrency=100)


class SpendsTheReserve(Saboteur):
    """Writes on, whatever a rollback will need."""

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        self.inner.pacer.into_reserve = True
        return await self.inner.write(batch, route)


class TakesAPauseForTheEnd(Saboteur):
    """What a pause kept it from reading passes for absent."""

    paused = False

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Any = None
    ) -> dict[str, ReadBack]:
        if self.paused:
            return {}
        try:
            return await self.inner.read(object, ids, fields, expected=expected)
        except PausedForQuota:
            self.paused = True
            raise


class UploadsWhatIsTooLarge(Saboteur):
    def sent(self, write: Write) -> Write:
        return replace(write, file=replace(write.file, size_bytes=5)) if write.file else write


class AddsNoOptions(Saboteur):
    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        if isinstance(changes[0], NewOptions):
            return [Provisioned(changes[0], "created", changes[0].field)]
        return await self.inner.provision(changes, dry_run=dry_run)
