"""What this process knows of its creations whose answer did not come (FACTS 9).

It makes settling cheap: what was never sent need not be looked for, and what was sent after an answer came has a higher
id than that answer told, so that the newest records down to there are all that must be read.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from gurney.records import OperationKey

MOST_FAILURES = 2
"""So often a creation on which the vendor's own program failed is tried (FACTS 12: malformed values do that)."""


class Sendings:
    """Creations under way, by operation."""

    def __init__(self) -> None:
        self._highest: dict[str, int] = defaultdict(int)
        self._floors: dict[OperationKey, int] = {}
        self._unsent: set[OperationKey] = set()
        self._failures: Counter[OperationKey] = Counter()

    def leaves(self, key: OperationKey, object: str) -> None:
        """A creation is about to be sent. Of an object that nothing was made of yet no floor is known."""
        self._unsent.discard(key)
        if object in self._highest:
            self._floors.setdefault(key, self._highest[object])

    def arrived(self, key: OperationKey, object: str, id: str) -> None:
        """It was answered with an id."""
        self._highest[object] = max(self._highest[object], int(id))
        self.forget(key)

    def was_not_sent(self, key: OperationKey) -> None:
        """It stopped before it left, or was turned away unread: it cannot have taken effect."""
        self._unsent.add(key)

    def failed_inside(self, key: OperationKey) -> None:
        """The vendor's own program failed on it."""
        self._failures[key] += 1

    def forget(self, key: OperationKey) -> None:
        """It has an outcome."""
        self._floors.pop(key, None)
        self._unsent.discard(key)
        self._failures.pop(key, None)

    def is_hopeless(self, key: OperationKey) -> bool:
        """Whether it failed inside so often, and was proven absent each time, that another try is a waste."""
        return self._failures[key] >= MOST_FAILURES if key in self._failures else False

    def is_unsent(self, key: OperationKey) -> bool:
        return key in self._unsent

    def floor(self, keys: list[OperationKey]) -> int | None:
        """The id above which all of these must stand; None where one was sent by another process."""
        floors = [self._floors.get(key) for key in keys]
        known = [floor for floor in floors if floor is not None]
        return min(known) if known and len(known) == len(floors) else None
