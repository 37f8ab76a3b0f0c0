"""What came back from a vendor, and when it says to come again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

MILLISECONDS_FROM = 100_000_000_000
"""A reset stamp beyond this is in milliseconds (seconds would be the year 5138)."""
DELTA_BELOW = 10_000_000
"""A reset number below this is a number of seconds to wait, not a moment."""


@dataclass(slots=True)
class Answer:
    """A whole answer. Header names are case-insensitive in `headers`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    _parsed: Any = None
    _tried: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body parsed (once); None when it is empty or not JSON."""
        if not self._tried:
            self._tried = True
            try:
                self._parsed = orjson.loads(self.body) if self.body else None
            except orjson.JSONDecodeError:
                self._parsed = None
        return self._parsed

    @property
    def readable(self) -> bool:
        """Whether the body is empty or JSON: an HTML page of a proxy with status 200 is neither."""
        return not self.body or self.json() is not None or self.body.strip() == b"null"


@dataclass(frozen=True, slots=True)
class Download:
    """An answer whose body is still on its way. `chunks` can be read once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


def wait_told(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait after a 429, as the vendor tells: X-RateLimit-Reset, else Retry-After, else None.

    >>> from datetime import UTC
    >>> wait_told({"X-RateLimit-Reset": "1735689660"}, datetime(2025, 1, 1, tzinfo=UTC))
    60.0
    >>> wait_told({"Retry-After": "7"}, datetime(2025, 1, 1, tzinfo=UTC))
    7.0
    """
    reset = _number(headers.get("X-RateLimit-Reset"))
    if reset is not None:
        return max(0.0, reset if reset < DELTA_BELOW else _moment(reset) - now.timestamp())
    after = headers.get("Retry-After", "")
    seconds = _number(after)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, (parsedate_to_datetime(after) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _moment(stamp: float) -> float:
    return stamp / 1000 if stamp > MILLISECONDS_FROM else stamp


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
