"""Calls per ten seconds and per day, counted for each location, whatever token it is (FACTS 12)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from gurney.twins.highlevel.plans import Plan
from gurney.twins.highlevel.refusals import Refused

WINDOW_S = 10.0
BOUNDLESS_BURST = 1_000_000
BOUNDLESS_DAY = 1_000_000_000


class Meter:
    """What one location (or the agency itself) has used."""

    def __init__(self, plan: Plan, switches: dict[str, str], *, unlimited: bool) -> None:
        self.burst = BOUNDLESS_BURST if unlimited else plan.burst
        self.daily = BOUNDLESS_DAY if unlimited else plan.daily
        self.used_today = 0
        self.used_ever = 0
        self.refused = 0
        self._calls: deque[float] = deque()
        self._fixed = switches["burst_window"] == "fixed"
        self._zone = ZoneInfo(switches["reset_time_zone"])
        self._retry_after = switches["retry_after"]
        self._resets_at = 0.0

    def admit(self, now: float) -> None:
        """Count a call in. Raises Refused: 429 for burst or day; refused calls are not counted."""
        self._forget(now)
        self._new_day(now)
        if self.used_today >= self.daily:
            raise self._over(ceil(self._resets_at - now), daily=True)
        if len(self._calls) >= self.burst:
            raise self._over(ceil(self._frees_at() - now), daily=False)
        self._calls.append(now)
        self.used_today += 1
        self.used_ever += 1

    def headers(self, now: float) -> dict[str, str]:
        """What every answer tells of both limits."""
        return {
            "x-ratelimit-max": str(self.burst),
            "x-ratelimit-remaining": str(max(0, self.burst - len(self._calls))),
            "x-ratelimit-interval-milliseconds": "10000",
            "x-ratelimit-limit-daily": str(self.daily),
            "x-ratelimit-daily-remaining": str(max(0, self.daily - self.used_today)),
            "x-ratelimit-daily-reset": str(max(0, round((self._resets_at - now) * 1000))),
        }

    def _forget(self, now: float) -> None:
        """Calls that have left the window: each by itself, or all at the window's end (switch burst_window)."""
        calls = self._calls
        if self._fixed:
            if calls and now >= calls[0] + WINDOW_S:
                calls.clear()
            return
        while calls and calls[0] <= now - WINDOW_S:
            calls.popleft()

    def _frees_at(self) -> float:
        return self._calls[0] + WINDOW_S

    def _new_day(self, now: float) -> None:
        if now < self._resets_at:
            return
        here = datetime.fromtimestamp(now, self._zone)
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._resets_at = midnight.timestamp()
        self.used_today = 0

    def _over(self, wait_s: int, *, daily: bool) -> Refused:
        self.refused += 1
        refused = Refused(429, "Too Many Requests")
        if self._retry_after == "both" or (self._retry_after == "burst" and not daily):
            refused.answer.headers["retry-after"] = str(max(1, wait_s))
        return refused
