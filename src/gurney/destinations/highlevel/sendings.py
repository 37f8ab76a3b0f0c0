"""What this process knows of its creations whose answer did not come (FACTS 0.7, 0.8, 13).

What was never sent need not be looked for; what was sent is looked for in a search only when the search has caught up;
and a creation on which the vendor's own program fails again and again is given up.
"""

from __future__ import annotations

from collections import Counter

from gurney.destinations.highlevel.limits import traffic
from gurney.records import OperationKey
from gurney.runtime import Runtime

MOST_FAILURES = 2
"""So often a creation on which the vendor's own program failed is tried (FACTS 14: bad ids do that)."""


class Sendings:
    """Creations under way, by operation."""

    def __init__(self, runtime: Runtime) -> None:
        self._clock = runtime.clock
        self._sent_at: dict[OperationKey, float] = {}
        self._unsent: set[OperationKey] = set()
        self._failures: Counter[OperationKey] = Counter()

    def leaves(self, key: OperationKey) -> None:
        """A creation is about to be sent."""
        self._unsent.discard(key)
        self._sent_at[key] = self._clock.monotonic()

    def got_lost(self, key: OperationKey) -> None:
        """It may have taken effect as late as now: between leaving and arriving it may have waited for its turn."""
        self._sent_at[key] = self._clock.monotonic()

    def was_not_sent(self, key: OperationKey) -> None:
        """It stopped before it left: it cannot have taken effect."""
        self._unsent.add(key)

    def failed_inside(self, key: OperationKey) -> None:
        """The vendor's own program failed on it."""
        self._failures[key] += 1

    def forget(self, key: OperationKey) -> None:
        """It has an outcome."""
        self._sent_at.pop(key, None)
        self._unsent.discard(key)
        self._failures.pop(key, None)

    def is_hopeless(self, key: OperationKey) -> bool:
        """Whether it failed inside so often, and was proven absent each time, that another try is a waste."""
        return key in self._failures and self._failures[key] >= MOST_FAILURES

    def is_unsent(self, key: OperationKey) -> bool:
        return key in self._unsent

    async def wait_for_search(self, keys: list[OperationKey]) -> None:
        """Until searches show what was sent; what another process sent counts as sent now."""
        now = self._clock.monotonic()
        newest = max((self._sent_at.get(key, now) for key in keys), default=now - traffic("lag_s"))
        await self._clock.sleep(max(0.0, newest + traffic("lag_s") - now))
