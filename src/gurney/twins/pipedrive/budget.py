"""The daily pool of tokens, the burst windows, and the gateway that loses patience (FACTS 8)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.plans import OAUTH_FACTOR, SEARCHES_A_WINDOW, Plan
from gurney.twins.pipedrive.refusals import Refused

WINDOW_S = 2.0
PATIENCE_S = 60.0
IDLE_S = 600.0
SILENT_CALLS = 3
BOUNDLESS_POOL = 1_000_000_000
BOUNDLESS_BURST = 1_000_000
MISLEADING_S = "2"
HTML = "text/html; charset=UTF-8"
TOO_MANY = b"<html><head><title>429 Too Many Requests</title></head><body>429 Too Many Requests</body></html>"
BLOCKED = b"<!DOCTYPE html><html><head><title>Access denied | Cloudflare</title></head><body>Error 1015</body></html>"


@dataclass
class Window:
    """Calls of the last two seconds."""

    limit: int
    calls: deque[float] = field(default_factory=deque)

    def remaining(self, now: float) -> int:
        """How many calls fit still."""
        while self.calls and self.calls[0] <= now - WINDOW_S:
            self.calls.popleft()
        return self.limit - len(self.calls)

    def reset_s(self, now: float) -> int:
        """Seconds until the oldest call leaves the window."""
        return max(1, ceil(self.calls[0] + WINDOW_S - now)) if self.calls else int(WINDOW_S)


@dataclass
class Meter:
    """What one token, of the API or of OAuth, has used."""

    general: Window
    search: Window
    is_api_token: bool
    refusals: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    writes: int = 0
    """POST and PUT of the day: what the counter of old counts (FACTS 8)."""
    shown: Window | None = None
    """The window that the headers of the call at hand tell about."""


class Budget:
    """The company's pool, and a meter for each token."""

    def __init__(self, plan: Plan, switches: dict[str, str], *, unlimited: bool) -> None:
        self.plan = plan
        self.unlimited = unlimited
        self.seats = 1
        self.top_up = 0
        self.used = 0
        self.used_ever = 0
        self._zone = ZoneInfo(switches["reset_time_zone"])
        self._switches = switches
        self._resets_at = 0.0
        self._meters: dict[str, Meter] = {}
        self._last_call = float("-inf")
        self._silent = 0

    @property
    def limit(self) -> int:
        return BOUNDLESS_POOL if self.unlimited else self.plan.tokens(self.seats) + self.top_up

    def meter(self, token: str, *, is_api_token: bool) -> Meter:
        """The meter of a token."""
        meter = self._meters.get(token)
        if meter is None:
            burst = self.plan.burst * (1 if is_api_token else OAUTH_FACTOR)
            search = SEARCHES_A_WINDOW
            if self.unlimited:
                burst = search = BOUNDLESS_BURST
            meter = self._meters[token] = Meter(Window(burst), Window(search), is_api_token)
        return meter

    def admit(self, meter: Meter, now: float, cost: int, *, search: bool, writes: bool = False) -> None:
        """Count a call in and pay for it. Raises Refused: 403 by the gateway, 429 for burst or pool."""
        if now < meter.blocked_until:
            raise _blocked()
        self._burst(meter, now, search=search)
        self._new_day(now)
        if self.used + cost > self.limit:
            raise self._over(meter, now, daily=True)
        meter.writes += writes
        self.used += cost
        self.used_ever += cost

    def give_back(self, cost: int) -> None:
        """An error that costs nothing (switch charge_errors)."""
        self.used -= cost
        self.used_ever -= cost

    def headers(self, meter: Meter, now: float) -> dict[str, str]:
        """What every answer tells of both limits."""
        window = meter.shown or meter.general
        told = {
            "x-ratelimit-limit": str(window.limit),
            "x-ratelimit-remaining": str(max(0, window.remaining(now))),
            "x-ratelimit-reset": str(window.reset_s(now)),
        }
        counted_from = int(self._switches["requests_left"])
        if counted_from and meter.is_api_token:
            told["x-daily-requests-left"] = str(max(0, counted_from - meter.writes))
        if self._tells_daily(now):
            told["x-daily-ratelimit-token-limit"] = str(self.limit)
            told["x-daily-ratelimit-token-remaining"] = str(max(0, self.limit - self.used))
        return told

    def state(self) -> dict[str, int]:
        """Figures for the admin interface."""
        return {"TokensUsed": self.used_ever, "TokensUsedToday": self.used, "TokensPerDay": self.limit}

    def _burst(self, meter: Meter, now: float, *, search: bool) -> None:
        meter.shown = meter.search if search else meter.general
        windows = (meter.general, meter.search) if search else (meter.general,)
        for window in windows:
            if window.remaining(now) <= 0:
                meter.shown = window
                raise self._over(meter, now, daily=False)
        for window in windows:
            window.calls.append(now)

    def _new_day(self, now: float) -> None:
        if now < self._resets_at:
            return
        here = datetime.fromtimestamp(now, self._zone)
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._resets_at = midnight.timestamp()
        self.used = 0
        for meter in self._meters.values():
            meter.writes = 0

    def _over(self, meter: Meter, now: float, *, daily: bool) -> Refused:
        """429, and the memory of it: who goes on asking is shut out (API tokens only)."""
        meter.refusals.append(now)
        while meter.refusals[0] <= now - PATIENCE_S:
            meter.refusals.popleft()
        if meter.is_api_token and len(meter.refusals) > int(self._switches["block_after"]):
            meter.blocked_until = now + float(self._switches["block_s"])
            meter.refusals.clear()
            return _blocked()
        refused = Refused(429, {"error": "request over limit", "errorCode": 429})
        if self._switches["over_limit_body"] != "json":
            html = self._switches["over_limit_body"] == "html"
            refused.answer = Answer(429, body=TOO_MANY if html else b"")
            refused.answer.headers |= {"content-type": HTML} if html else {}
        wanted = self._switches["retry_after"]
        if wanted == "both" or (wanted == "daily" and daily):
            refused.answer.headers["retry-after"] = MISLEADING_S
        if daily and self._switches["daily_headers"] != "never":
            refused.answer.headers["x-daily-ratelimit-token-remaining"] = "0"
        return refused

    def _tells_daily(self, now: float) -> bool:
        """After long idling the first answers lack the daily headers (FACTS 8)."""
        idle, self._last_call = now - self._last_call > IDLE_S, now
        wanted = self._switches["daily_headers"]
        if wanted != "late":
            return wanted == "always"
        if idle:
            self._silent = SILENT_CALLS
        if self._silent:
            self._silent -= 1
            return False
        return True


def _blocked() -> Refused:
    """The gateway's page: HTML, not JSON."""
    refused = Refused(403, {})
    refused.answer = Answer(403, body=BLOCKED, headers={"content-type": HTML})
    return refused
