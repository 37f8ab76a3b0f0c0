"""Moments and dates as the vendor writes and reads them (FACTS 2).

Stored and shown alike: `2026-01-31T10:00:00.000+0000`, always UTC, so that text order is time order.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")
DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
FIRST_YEAR, LAST_YEAR = 1700, 4000


@lru_cache(maxsize=1024)
def shown(timestamp: int) -> str:
    """Seconds since 1970 in the vendor's words."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@lru_cache(maxsize=65536)
def read_moment(text: str) -> str | None:
    """ISO 8601 with zone, in the stored form; None for anything else. Fractions of a second are dropped."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
        moment -= _offset(zone)
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


def read_day(text: str) -> str | None:
    """`2026-01-31`, or None."""
    found = DAY.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        return None
    return text if FIRST_YEAR <= day.year <= LAST_YEAR else None


def timestamp_of(stored: str) -> int:
    """Seconds since 1970 of a stored moment."""
    return int(datetime.fromisoformat(stored).timestamp())


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return offset if zone[0] == "+" else -offset
