"""Rows that met a lock: tried again after a pause, ever fewer at a time (FACTS 12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gurney.destinations.salesforce.answers import LOCKED
from gurney.destinations.salesforce.limits import lock_sizes, wait
from gurney.errors import PausedForQuota
from gurney.records import Outcome
from gurney.runtime import Runtime

Again = Callable[[Sequence[int], int], Awaitable[Sequence[Outcome]]]
"""Sends the writes at these places once more, at most so many a call."""


async def unlocked(outcomes: Sequence[Outcome], again: Again, runtime: Runtime) -> list[Outcome]:
    """The outcomes after locked rows were tried again; what stays locked is failed, and the next run's."""
    found = list(outcomes)
    for attempt, size in enumerate(lock_sizes()):
        locked = [at for at, outcome in enumerate(found) if outcome.code == LOCKED]
        if not locked:
            break
        await pause(attempt, runtime)
        try:
            answered = await again(locked, size)
        except PausedForQuota:
            break
        for at, outcome in zip(locked, answered, strict=True):
            found[at] = outcome
    return found


async def pause(attempt: int, runtime: Runtime) -> None:
    """Longer each time, and not for all who wait alike: they would meet again."""
    longest = min(wait("lock_longest_s"), wait("lock_first_s") * 4.0**attempt)
    await runtime.clock.sleep(longest * (0.5 + runtime.random.random() / 2))
