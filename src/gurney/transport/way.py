"""What every call takes at least: the way there and back, as the quickest of the latest answers shows it.

A vendor counts a call somewhere between its sending and its answer. What all calls take alike moves every count by the
same, so that only what one call took longer than the quickest may have moved its count nearer to later ones.
"""

from __future__ import annotations

from math import inf

LATELY_S = 30.0
"""How long an answer speaks for the way; at least half of it and at most one and a half."""
ANSWERS = 10
"""Before so many are known the way counts as nothing."""
DOUBT_S = 60.0
"""So long after a refusal the way counts as nothing again."""


class Way:
    """The quickest answer of the last while. Times are the monotonic clock's."""

    def __init__(self) -> None:
        self._answers = 0
        self._before = self._now = inf
        self._since = -inf
        self._doubted_until = -inf

    def took(self, seconds: float, now: float) -> None:
        """A call was answered after so long."""
        if now - self._since > LATELY_S:
            self._before, self._now, self._since = self._now, inf, now
        self._now = min(self._now, seconds)
        self._answers += 1

    def doubt(self, now: float) -> None:
        """The vendor refused calls that were let go by what was believed."""
        self._doubted_until = now + DOUBT_S

    def least_s(self, now: float) -> float:
        """Seconds that every call takes alike; 0 where that is not known well enough."""
        if self._answers < ANSWERS or now < self._doubted_until:
            return 0.0
        return min(self._before, self._now)
