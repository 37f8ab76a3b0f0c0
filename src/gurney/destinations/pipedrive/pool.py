"""The day's tokens: what we spent, what is still on its way, and when the pool refills (FACTS 8).

The vendor says after each call what is left, but not what calls under way will take, and it resets at a midnight whose
zone nobody names: midnight UTC is assumed until a refill was seen at another hour. A pool that is found empty although
it should be full is looked at again every hour.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace

from gurney.destinations.pipedrive.limits import reserve
from gurney.transport import Budget

HOUR_S = 3_600
QUARTER_S = 900
"""Zones differ by whole quarters of an hour."""
REFILLED_SHARE = 0.05
"""So much of the ceiling more than expected is a refill, not the vendor's own delay in counting."""


@dataclass(slots=True)
class Flight:
    """A call with all its attempts: units that were charged and not answered yet."""

    open: int = 0


flight: ContextVar[Flight | None] = ContextVar("pipedrive_flight", default=None)
"""The call of this task."""


class TokenPool(Budget):
    """One company's pool of a day. Times are seconds since 1970."""

    in_flight = 0
    """Units of calls that were charged and are not answered."""
    _heard_at = 0.0

    def charge(self, units: int, now: float) -> None:
        """Record units as spent and on their way."""
        super().charge(units, now)
        self.in_flight += units
        own = flight.get()
        if own is not None:
            own.open += units

    def landed(self, own: Flight) -> None:
        """An answer came, or the call is over: nothing of it is under way any more."""
        self.in_flight -= own.open
        own.open = 0

    def learn(self, remaining: int, now: float, reset_at: float | None = None, ceiling: int | None = None) -> None:
        """Believe the vendor: so much was left when it answered, before what is under way."""
        if ceiling is not None and ceiling != self.limit.ceiling:
            self.limit = replace(self.limit, ceiling=ceiling, reserve=reserve(ceiling))
        if self._has_refilled(remaining, now):
            self._refilled(now)
        self._heard_at = now
        left = max(0, remaining - self.in_flight)
        super().learn(left, now, reset_at or self._next_look(left, now))

    def _has_refilled(self, remaining: int, now: float) -> bool:
        told = self._told if now < self._told_until else None
        return told is not None and remaining - told - self.in_flight > REFILLED_SHARE * (self.limit.ceiling or 0)

    def _refilled(self, now: float) -> None:
        """Forget what was spent before; remember the hour where it is known to the quarter."""
        if now - self._heard_at < QUARTER_S:
            self.offset_s = int(now) // QUARTER_S * QUARTER_S % self.limit.window_s
        self._spent.clear()
        self._total = 0

    def _next_look(self, left: int, now: float) -> float:
        """Until when what the vendor says is believed: the next refill, or the next hour if it should be full by now.

        It should be full when our own spending since the assumed refill leaves most of the ceiling.
        """
        refill = self._refill_after(now, 0)
        own = (self.limit.ceiling or 0) - self.spent(now)
        emptied_by_others = left - self.limit.reserve <= 0 < own - self.limit.reserve - (self.limit.ceiling or 0) // 2
        return min(refill, (now // HOUR_S + 1) * HOUR_S) if emptied_by_others else refill
