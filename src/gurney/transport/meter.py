"""How much of a vendor's ceiling is in use, as measured over the last minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Use:
    """What is in use of the ceiling that holds calls back most."""

    what: str
    """'calls in 10 s', or 'calls at once' where the vendor has no rate."""
    used: float
    of: int
    at: float
    """Seconds since 1970 of the measurement."""

    @property
    def share(self) -> float:
        return self.used / self.of


class Meter:
    """Calls of the last minutes, to the second. Times are seconds of a clock that never goes back."""

    def __init__(self, keep_s: float = MINUTE_S) -> None:
        self._keep_s = keep_s
        self._began = -1.0
        self._seconds: deque[list[float]] = deque()
        """Second, calls that left in it, and how long those that were answered in it had taken."""

    def left(self, now: float) -> None:
        """A call leaves."""
        if self._began < 0:
            self._began = now
        self._at(now)[1] += 1

    def answered(self, now: float, took_s: float) -> None:
        """A call is over."""
        self._at(now)[2] += took_s

    def calls(self, window_s: float, now: float) -> float:
        """Calls in a window of that length: in the last one, or for a short window on average over the last minute."""
        span_s = max(window_s, min(MINUTE_S, now - self._began)) if self._began >= 0 else window_s
        return sum(second[1] for second in self._since(now - span_s)) * window_s / span_s

    def at_once(self, now: float) -> float:
        """Calls that were under way at a time, on average over the last minute; what is not answered is not in it."""
        span_s = max(1.0, min(MINUTE_S, now - self._began)) if self._began >= 0 else MINUTE_S
        return sum(second[2] for second in self._since(now - span_s)) / span_s

    def _at(self, now: float) -> list[float]:
        second = float(int(now))
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append([second, 0, 0.0])
            while self._seconds[0][0] < now - self._keep_s - 1:
                self._seconds.popleft()
        return self._seconds[-1]

    def _since(self, begin: float) -> list[list[float]]:
        return [second for second in self._seconds if second[0] >= begin]
