"""Credits in a rolling window of 24 hours, and calls in flight (FACTS 11)."""

from __future__ import annotations

from collections import deque

from gurney.twins.zoho.editions import Edition
from gurney.twins.zoho.refusals import too_many

DAY_S = 86_400
SUB_CONCURRENCY = 10


class Credits:
    """The organisation's purse. Each spent credit comes back 24 hours after its own call."""

    def __init__(self, edition: Edition, users: int, *, unlimited: bool) -> None:
        self.limit = edition.credits(users)
        self.unlimited = unlimited
        self.concurrency = edition.concurrency
        self.used = 0
        self.in_flight = 0
        self.heavy_in_flight = 0
        self._spent: deque[tuple[float, int]] = deque()

    def spend(self, now: float, cost: int) -> None:
        """Pay for a call. Raises Refused when the purse is empty; nothing is paid then."""
        self._give_back(now)
        if not self.unlimited and self.used + cost > self.limit:
            raise too_many("You have exceeded the API credits of your organization for the last 24 hours")
        self._spent.append((now, cost))
        self.used += cost

    def remaining(self, now: float) -> int | None:
        """What the header tells: nothing before half is used."""
        self._give_back(now)
        if self.unlimited or self.used * 2 < self.limit:
            return None
        return self.limit - self.used

    def enter(self, slots: int, *, heavy: bool) -> None:
        """Count a call in. Raises Refused when too many are in flight."""
        if not self.unlimited:
            if self.in_flight + slots > self.concurrency:
                raise too_many("You have reached the maximum number of concurrent API calls")
            if heavy and self.heavy_in_flight >= SUB_CONCURRENCY:
                raise too_many("You have reached the maximum number of sub-concurrent API calls")
        self.in_flight += slots
        self.heavy_in_flight += heavy

    def leave(self, slots: int, *, heavy: bool) -> None:
        """Count a call out."""
        self.in_flight -= slots
        self.heavy_in_flight -= heavy

    def _give_back(self, now: float) -> None:
        while self._spent and self._spent[0][0] <= now - DAY_S:
            self.used -= self._spent.popleft()[1]
