"""Effects exactly once: intent, call, outcome; and settlement of what nobody knows.

No create is sent twice: before anything whose answer was lost is sent again, the destination proves that it is
absent (design, section 5).
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gurney.destinations.protocol import Destination
from gurney.errors import AnswerLost
from gurney.records import Kind, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store.runs import Run
from gurney.store.store import Store

ATTEMPTS = 6
"""How often a write whose answer keeps getting lost is settled and sent again before the run gives up on it."""

FIRST_WAIT_S = 1.0
"""Before the first settlement: the vendor may still be working on the call whose answer was lost."""

Before = Mapping[OperationKey, Mapping[str, Value]]


class Sender:
    """Sends writes of one run and brings every one of them to an outcome."""

    def __init__(self, store: Store, destination: Destination, run: Run, runtime: Runtime) -> None:
        self._store = store
        self._destination = destination
        self._run = run
        self._runtime = runtime

    async def send(self, writes: Iterable[Write], before: Before | None = None) -> Counter[State]:
        """Send writes of any objects in batches, several at once. Raises after all batches came to rest."""
        slots = asyncio.Semaphore(self._destination.capabilities.in_flight)
        sent: Counter[State] = Counter()

        async def one(batch: list[Write]) -> None:
            async with slots:
                sent.update(await self._batch(batch, before))

        batches = [one(batch) for batch in self._batches(writes)]
        for result in await asyncio.gather(*batches, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        return sent

    async def settle_leftovers(self, *, send_again: bool = True) -> int:
        """Bring what a crash left unknown to an outcome. Returns how many there were.

        Without `send_again` (a rollback) what proves absent stays absent.
        """
        found = 0
        while leftovers := self._store.ledger.unsettled(self._destination.capabilities.batch_size):
            found += len(leftovers)
            for batch in self._batches(leftovers):
                if send_again or batch[0].kind is Kind.DELETE:
                    await self._come_to_rest(batch)
                else:
                    await self._find_out(batch)
        return found

    async def _find_out(self, batch: list[Write]) -> None:
        settled = await self._settle(batch)
        self._conclude(
            [
                outcome or Outcome.failed(write.key, code="abandoned", words="never arrived; the run was rolled back")
                for write, outcome in zip(batch, settled, strict=True)
            ]
        )

    def _batches(self, writes: Iterable[Write]) -> Iterator[list[Write]]:
        """One object and kind a batch; the same record never twice in one."""
        groups: dict[tuple[str, str], list[Write]] = defaultdict(list)
        for write in writes:
            groups[write.object, write.kind].append(write)
        size = self._destination.capabilities.batch_size
        for group in groups.values():
            for start in range(0, len(group), size):
                yield group[start : start + size]

    async def _batch(self, batch: list[Write], before: Before | None) -> Counter[State]:
        self._store.ledger.intend(self._run, batch, before)
        outcomes = await self._write(batch)
        self._conclude(outcomes)
        unknown = _those(batch, outcomes, State.SENT)
        counts: Counter[State] = Counter(one.state for one in outcomes if one.state is not State.SENT)
        if unknown:
            counts += await self._come_to_rest(unknown)
        return counts

    async def _come_to_rest(self, unknown: list[Write]) -> Counter[State]:
        """Settle, send again what is proven absent, and so on until every write has an outcome."""
        counts: Counter[State] = Counter()
        for attempt in range(ATTEMPTS):
            await self._runtime.clock.sleep(FIRST_WAIT_S * 2**attempt)
            settled = await self._settle(unknown)
            known = [outcome for outcome in settled if outcome is not None]
            self._conclude(known)
            absent = [write for write, outcome in zip(unknown, settled, strict=True) if outcome is None]
            outcomes = await self._again(absent)
            counts.update(outcome.state for outcome in (*known, *outcomes) if outcome.state is not State.SENT)
            unknown = _those(absent, outcomes, State.SENT)
            if not unknown:
                return counts
        raise AnswerLost(
            f"The answers to {len(unknown)} writes of {unknown[0].object} keep getting lost.",
            next_step="Repeat the command when the vendor's service is well again: nothing will be written twice.",
        )

    async def _again(self, absent: list[Write]) -> list[Outcome]:
        if not absent:
            return []
        self._store.ledger.intend(self._run, absent)
        outcomes = await self._write(absent)
        self._conclude(outcomes)
        return outcomes

    async def _write(self, batch: list[Write]) -> list[Outcome]:
        if batch[0].kind is not Kind.DELETE:
            return await self._destination.write(batch)
        ids = [write.destination_id or "" for write in batch]
        parents = {id: write.parent for id, write in zip(ids, batch, strict=True) if write.parent is not None}
        words = await self._destination.delete(batch[0].object, ids, parents=parents)
        return [_deleted(write, id, words.get(id)) for id, write in zip(ids, batch, strict=True)]

    async def _settle(self, unknown: list[Write]) -> list[Outcome | None]:
        if unknown[0].kind is Kind.DELETE:  # deleting twice does no harm: what is gone answers as gone
            return [None] * len(unknown)
        return await self._destination.settle(unknown)

    def _conclude(self, outcomes: Sequence[Outcome]) -> None:
        known = [outcome for outcome in outcomes if outcome.state is not State.SENT]
        if known:
            self._store.ledger.conclude(self._run, known)


def _those(writes: Sequence[Write], outcomes: Sequence[Outcome], state: State) -> list[Write]:
    return [write for write, outcome in zip(writes, outcomes, strict=True) if outcome.state is state]


def _deleted(write: Write, id: str, words: str | None) -> Outcome:
    """`words` as the destination says: '' gone, None unknown, else why not."""
    if words is None:
        return Outcome.sent(write.key)
    return (
        Outcome.done(write.key, id, created=False)
        if not words
        else Outcome.failed(write.key, code="not-deleted", words=words)
    )
