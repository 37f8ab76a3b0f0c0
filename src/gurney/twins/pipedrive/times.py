"""Moments, days and clock times, the way each version of the API writes them (FACTS 4)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
SPAN = re.compile(r"\d\d:[0-5]\d(:[0-5]\d)?")


@lru_cache(maxsize=4_096)
def zulu(moment: int) -> str:
    """`2026-02-03T10:00:01Z`, as v2 writes moments."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_of(moment: str | None) -> str | None:
    """`2026-02-03 10:00:01`, as v1 writes what v2 writes with a Z."""
    return None if moment is None else moment[:10] + " " + moment[11:19]


def with_millis(moment: str) -> str:
    """`2026-02-03T10:00:01.000Z`, as leads write it."""
    return moment[:19] + ".000Z"


def read_zulu(text: str) -> str | None:
    """A moment in RFC 3339 as UTC without fractions; None when the text is none."""
    if not ZULU.fullmatch(text):
        return None
    try:
        return zulu(int(datetime.fromisoformat(text).timestamp()))
    except (ValueError, OverflowError):
        return None


def read_plain(text: str) -> str | None:
    """`2026-02-03 10:00:01` in UTC as v2 would write it; None when the text is no such moment."""
    return read_zulu(text.replace(" ", "T") + "Z") if PLAIN.fullmatch(text) else None


def is_day(text: str) -> bool:
    """Whether the text is an existing day."""
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_clock(text: str) -> str | None:
    """A time of day, seconds added; None when the text is none."""
    return _whole(text) if CLOCK.fullmatch(text) else None


def read_span(text: str) -> str | None:
    """A duration, seconds added; None when the text is none."""
    return _whole(text) if SPAN.fullmatch(text) else None


def _whole(text: str) -> str:
    return text if len(text) == 8 else text + ":00"
