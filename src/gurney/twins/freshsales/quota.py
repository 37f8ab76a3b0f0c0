"""Calls an hour for the whole account, and a cap for the minute (FACTS 6)."""

from __future__ import annotations

from collections import deque
from math import ceil

from gurney.twins.freshsales.plans import Plan
from gurney.twins.freshsales.refusals import TOO_MANY_PAGE, Page, Refused
from gurney.twins.kit.wire import Answer

HOUR_S = 3_600.0
MINUTE_S = 60.0


class Window:
    """Calls of some seconds: fixed since the first call, by the clock's hour, or sliding."""

    def __init__(self, limit: int, seconds: float, kind: str) -> None:
        self.limit = limit
        self._seconds = seconds
        self._kind = kind
        self._begun = float("-inf")
        self._count = 0
        self._calls: deque[float] = deque()

    def remaining(self, now: float) -> int:
        """How many calls fit still."""
        if self._kind == "sliding":
            while self._calls and self._calls[0] <= now - self._seconds:
                self._calls.popleft()
            return max(0, self.limit - len(self._calls))
        if now >= self._begun + self._seconds:
            self._begun = now - now % self._seconds if self._kind == "clock" else now
            self._count = 0
        return max(0, self.limit - self._count)

    def take(self, now: float, calls: int = 1) -> None:
        """Count calls in."""
        if self._kind == "sliding":
            self._calls.extend([now] * calls)
        else:
            self._count += calls

    def reset_s(self, now: float) -> int:
        """Seconds until there is room again."""
        if self._kind == "sliding":
            return max(1, ceil(self._calls[0] + self._seconds - now)) if self._calls else ceil(self._seconds)
        return max(1, ceil(self._begun + self._seconds - now))


class Quota:
    """What the account has used."""

    def __init__(self, plan: Plan, switches: dict[str, str], *, unlimited: bool) -> None:
        self.used_ever = 0
        self.refused = 0
        self._switches = switches
        self._unlimited = unlimited
        self.hour = Window(plan.calls_an_hour, HOUR_S, switches["window"])
        self.minute = Window(int(switches["per_minute"]), MINUTE_S, "sliding")

    def admit(self, now: float) -> None:
        """Count a call in. Raises Refused: 429 for the hour or the minute."""
        if self._unlimited:
            self.used_ever += 1
            return
        for window in (self.hour, self.minute):
            if window.limit and window.remaining(now) <= 0:
                self.refused += 1
                if self._switches["count_refused"] == "yes":
                    self.take(now)
                raise self._over(window, now)
        self.take(now)
        self.used_ever += 1

    def take(self, now: float, calls: int = 1) -> None:
        """Calls of this key or of other apps."""
        self.hour.remaining(now)
        self.hour.take(now, calls)
        self.minute.take(now, calls)

    def headers(self, now: float, window: Window | None = None) -> dict[str, str]:
        """What answers tell of the hour; a refusal tells of the window that was full."""
        if self._unlimited or (window is None and self._switches["quota_headers"] == "refused"):
            return {}
        window = window or self.hour
        told = {
            "x-ratelimit-remaining": str(window.remaining(now)),
            "x-ratelimit-reset": self._reset(window, now),
        }
        if self._switches["limit_header"] == "yes":
            told["x-ratelimit-limit"] = str(window.limit)
        return told

    def _reset(self, window: Window, now: float) -> str:
        wait_s = window.reset_s(now)
        return str(wait_s if self._switches["reset_unit"] == "delta" else ceil(now + wait_s))

    def _over(self, window: Window, now: float) -> Refused:
        """429 without `Retry-After`; what the body says is unknown (switch over_limit_body)."""
        body = self._switches["over_limit_body"]
        no = Page(429, TOO_MANY_PAGE) if body == "html" else Refused(429, "You have exceeded the limit of requests.")
        if body == "empty":
            no.answer = Answer(429, body=b"")
        no.answer.headers |= self.headers(now, window)
        return no
