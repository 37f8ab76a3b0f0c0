"""Effects exactly once: intent, call, outcome; and settlement of what nobody knows.

No create is sent twice: before anything whose answer was lost is sent again, the destination proves that it is
absent (design, section 5).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from gurney.destinations.protocol import Destination, Route
from gurney.errors import AnswerLost
from gurney.records import Kind, Link, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store.runs import Run
from gurney.store.store import Store

ATTEMPTS = 6
"""How often a write whose answer keeps getting lost is settled and sent again before the run gives up on it."""

FIRST_WAIT_S = 1.0
"""Before the first settlement: the vendor may still be working on the call whose answer was lost."""

KEYLESS_WAIT_S = 20.0
"""The same for records that carry no key of ours: what arrives after its settlement would be there twice."""

LEFTOVERS = 1000
"""Writes without an outcome that are settled together."""

ABANDONED = "abandoned"
"""Why a write that had no effect is not sent again."""

NOT_DELETED = "The process ended before the record was deleted."
NOT_RESTORED = "The process ended before the old values were put back."

Before = Mapping[OperationKey, Mapping[str, Value]]
T = TypeVar("T")


class _Together(Generic[T]):
    """What several batches write down at the same moment goes into one transaction: each of those waits for the disk.

    Batches go out together and their answers come back together, so that a disk holds up few of them.
    """

    def __init__(self, write_down: Callable[[list[T]], None]) -> None:
        self._write_down = write_down
        self._items: list[T] = []
        self._done: asyncio.Future[None] | None = None

    async def add(self, items: Sequence[T]) -> None:
        """Return when these are on the disk. Raises what writing them down raised."""
        if self._done is None:
            loop = asyncio.get_running_loop()
            self._done = loop.create_future()
            loop.call_soon(self._flush)
        self._items.extend(items)
        await asyncio.shield(self._done)  # whoever stops waiting must not stop the others

    def _flush(self) -> None:
        items, done, self._items, self._done = self._items, self._done, [], None
        assert done is not None
        try:
            self._write_down(items)
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)


class Sender:
    """Sends writes of one run and brings every one of them to an outcome."""

    def __init__(self, store: Store, destination: Destination, run: Run, runtime: Runtime) -> None:
        self._store = store
        self._destination = destination
        self._run = run
        self._runtime = runtime
        self._intended: _Together[tuple[Write, Mapping[str, Value] | None]] = _Together(self._write_intents)
        self._concluded: _Together[Outcome] = _Together(lambda outcomes: store.ledger.conclude(run, outcomes))
        self._unprovable: set[OperationKey] | None = None
        """Read when something is first sent; what this process adds is not sent twice by it anyway."""
        self._is_in_doubt = True
        """Whether writes may have no outcome: an earlier process left some, or this one was paused amid them."""

    async def send(
        self, writes: Iterable[Write], before: Before | None = None, *, ahead: Mapping[str, int] | None = None
    ) -> Counter[State]:
        """Send writes of any objects in batches, several at once. Raises after all batches came to rest.

        `ahead` says about how many records of an object are still to come after these: it decides the route.
        Whoever goes on after an error calls `settle_leftovers` first.
        """
        sent: Counter[State] = Counter()
        for group in _rounds(self._provable(writes)):
            route = self._route(group, (ahead or {}).get(group[0].object, 0))
            slots = asyncio.Semaphore(route.in_flight)

            async def one(batch: list[Write], route: Route = route, slots: asyncio.Semaphore = slots) -> None:
                async with slots:
                    sent.update(await self._batch(batch, route, before))

            batches = [one(batch) for batch in self._batches(group, route)]
            for result in await asyncio.gather(*batches, return_exceptions=True):
                if isinstance(result, BaseException):
                    self._is_in_doubt = True
                    raise result
        return sent

    async def settle_leftovers(self, *, send_again: bool = True) -> int:
        """Bring what a crash or a pause left unknown to an outcome. Returns how many there were.

        Without `send_again` (a rollback) what proves absent stays absent. A rollback's own step that had no effect is
        never sent again: since then a person may have typed into the record, and the next rollback looks first.
        Into a file nobody types: its deletion goes on.
        """
        found = 0
        while self._is_in_doubt and (leftovers := self._store.ledger.unsettled(LEFTOVERS)):
            found += len(leftovers)
            for group in _rounds(leftovers):
                route = self._route(group)
                for batch in self._batches(group, route):
                    if batch[0].kind is Kind.DELETE:
                        await self._find_out_what_went(batch)
                    elif send_again and batch[0].kind is not Kind.RESTORE:
                        await self._come_to_rest(batch, route)
                    else:
                        await self._find_out(batch)
        self._is_in_doubt = False
        return found

    def _provable(self, writes: Iterable[Write]) -> Iterator[Write]:
        """All but creations that may be there and that nobody can find: those are a person's business."""
        if self._unprovable is None:
            self._unprovable = {one.key for one in self._store.ledger.unprovable()}
        return (write for write in writes if write.kind is not Kind.CREATE or write.key not in self._unprovable)

    async def _find_out(self, batch: list[Write]) -> None:
        """What is there without all that belongs to it counts as there: it is on its way back."""
        await self._runtime.clock.sleep(self._first_wait(batch))
        settled = [_whole(outcome) for outcome in await self._settle(batch)]
        await self._conclude([outcome or _abandoned(write) for write, outcome in zip(batch, settled, strict=True)])

    async def _find_out_what_went(self, batch: list[Write]) -> None:
        await self._runtime.clock.sleep(FIRST_WAIT_S)
        there = await self._still_there(batch)
        stays = [write for write in batch if write.destination_id in there]
        await self._conclude([_abandoned(write) for write in stays])
        await self._see_off([write for write in batch if write.destination_id not in there])

    async def _see_off(self, gone: list[Write]) -> None:
        """Conclude deletions. A file that is not where it was put may hang elsewhere: its deletion looks there."""
        if not gone:
            return
        if gone[0].object != self._destination.capabilities.file_object:
            await self._conclude([Outcome.done(write.key, write.destination_id or "", created=False) for write in gone])
            return
        outcomes = await self._write(gone, self._route(gone))
        await self._conclude(outcomes)
        if lost := _those(gone, outcomes, State.SENT):
            raise AnswerLost(
                f"The answers to the deletion of {len(lost)} files were lost.",
                next_step="Repeat the command when the vendor's service is well again.",
            )

    async def _still_there(self, batch: list[Write]) -> set[str]:
        """Ids of those records that the destination still has."""
        object, can = batch[0].object, self._destination.capabilities
        if object == can.file_object:
            parents = list(dict.fromkeys(write.parent for write in batch if write.parent is not None))
            children = await self._destination.read_children(parents, object)
            return {child.id for group in children.values() for child in group}
        effects = self._store.effects.of([write.key for write in batch])
        names = sorted({name for effect in effects.values() for name in effect.written})
        ids = [write.destination_id or "" for write in batch]
        found: set[str] = set()
        for start in range(0, len(ids), can.read_size):
            found |= (await self._destination.read(object, ids[start : start + can.read_size], names)).keys()
        return found

    def _route(self, group: Sequence[Write], ahead: int = 0) -> Route:
        return self._destination.route(group[0].object, group[0].kind, len(group) + ahead)

    def _batches(self, group: list[Write], route: Route) -> Iterator[list[Write]]:
        """Records that lock the same parent stand together, so that few batches wait for each other."""
        locked = self._destination.capabilities.lock_fields.get(group[0].object)
        if locked:
            group = sorted(group, key=lambda write: _target(write.fields.get(locked)))
        for start in range(0, len(group), route.batch_size):
            yield group[start : start + route.batch_size]

    async def _batch(self, batch: list[Write], route: Route, before: Before | None) -> Counter[State]:
        await self._intend(batch, before)
        outcomes = await self._write(batch, route)
        await self._conclude(outcomes)
        unknown = _those(batch, outcomes, State.SENT)
        counts: Counter[State] = Counter(one.state for one in outcomes if one.state is not State.SENT)
        if unknown:
            counts += await self._come_to_rest(unknown, route)
        return counts

    async def _come_to_rest(self, unknown: list[Write], route: Route) -> Counter[State]:
        """Settle, send again what is proven absent, and so on until every write has an outcome."""
        counts: Counter[State] = Counter()
        for attempt in range(ATTEMPTS):
            await self._runtime.clock.sleep(max(self._first_wait(unknown), FIRST_WAIT_S * 2**attempt))
            settled = await self._settle(unknown)
            known = [outcome for outcome in settled if outcome is not None]
            await self._conclude(known)
            absent = [write for write, outcome in zip(unknown, settled, strict=True) if outcome is None]
            there = [
                write.known_as(outcome.destination_id)
                for write, outcome in zip(unknown, settled, strict=True)
                if outcome is not None and outcome.state is State.SENT
            ]
            outcomes = await self._again(absent, route)
            counts.update(outcome.state for outcome in (*known, *outcomes) if outcome.state is not State.SENT)
            unknown = [*there, *_those(absent, outcomes, State.SENT)]
            if not unknown:
                return counts
        raise AnswerLost(
            f"The answers to {len(unknown)} writes of {unknown[0].object} keep getting lost.",
            next_step="Repeat the command when the vendor's service is well again: nothing will be written twice.",
        )

    def _first_wait(self, unknown: Sequence[Write]) -> float:
        keyless = unknown[0].object in self._destination.capabilities.keyless_objects
        return KEYLESS_WAIT_S if keyless and unknown[0].kind is Kind.CREATE else FIRST_WAIT_S

    async def _again(self, absent: list[Write], route: Route) -> list[Outcome]:
        if not absent:
            return []
        absent = [replace(write, destination_id=None) if write.kind is Kind.CREATE else write for write in absent]
        await self._intend(absent)
        outcomes = await self._write(absent, route)
        await self._conclude(outcomes)
        return outcomes

    async def _write(self, batch: list[Write], route: Route) -> list[Outcome]:
        if batch[0].kind is not Kind.DELETE:
            return await self._destination.write(batch, route)
        ids = [write.destination_id or "" for write in batch]
        parents = {id: write.parent for id, write in zip(ids, batch, strict=True) if write.parent is not None}
        words = await self._destination.delete(batch[0].object, ids, parents=parents)
        return [_deleted(write, id, words.get(id)) for id, write in zip(ids, batch, strict=True)]

    async def _settle(self, unknown: list[Write]) -> list[Outcome | None]:
        if unknown[0].kind is Kind.DELETE:  # deleting twice does no harm: what is gone answers as gone
            return [None] * len(unknown)
        return await self._destination.settle(unknown)

    async def _intend(self, batch: Sequence[Write], before: Before | None = None) -> None:
        known = before or {}
        await self._intended.add([(write, known.get(write.key)) for write in batch])

    def _write_intents(self, intents: Sequence[tuple[Write, Mapping[str, Value] | None]]) -> None:
        before = {write.key: held for write, held in intents if held is not None}
        self._store.ledger.intend(self._run, [write for write, _ in intents], before)

    async def _conclude(self, outcomes: Sequence[Outcome]) -> None:
        known = [outcome for outcome in outcomes if outcome.state is not State.SENT or outcome.destination_id]
        if known:
            await self._concluded.add(known)


def _rounds(writes: Iterable[Write]) -> list[list[Write]]:
    """One object and kind each, and no record twice in one: its second write waits for the first."""
    rounds: dict[tuple[str, str, int], list[Write]] = {}
    times: Counter[tuple[str, str, object]] = Counter()
    for write in writes:
        identity = (write.object, write.kind.value, write.destination_id or write.key)
        rounds.setdefault((write.object, write.kind.value, times[identity]), []).append(write)
        times[identity] += 1
    return list(rounds.values())


def _target(value: Value) -> str:
    return value.id if isinstance(value, Link) else ""


def _whole(outcome: Outcome | None) -> Outcome | None:
    """A record that is there in part counts as there."""
    return replace(outcome, state=State.DONE) if outcome is not None and outcome.state is State.SENT else outcome


def _abandoned(write: Write) -> Outcome:
    """Had no effect, and is not sent again. The record of a step back that was not made stands as it was."""
    if write.kind not in (Kind.DELETE, Kind.RESTORE):
        return Outcome.failed(write.key, code=ABANDONED, words="never arrived; the run was rolled back")
    words = NOT_DELETED if write.kind is Kind.DELETE else NOT_RESTORED
    return Outcome(write.key, State.SKIPPED, write.destination_id, code=ABANDONED, words=words)


def _those(writes: Sequence[Write], outcomes: Sequence[Outcome], state: State) -> list[Write]:
    return [
        write.known_as(outcome.destination_id)
        for write, outcome in zip(writes, outcomes, strict=True)
        if outcome.state is state
    ]


def _deleted(write: Write, id: str, words: str | None) -> Outcome:
    """`words` as the destination says: '' gone, None unknown, else why not."""
    if words is None:
        return Outcome.sent(write.key)
    return (
        Outcome.done(write.key, id, created=False)
        if not words
        else replace(Outcome.failed(write.key, code="not-deleted", words=words), destination_id=id)
    )
