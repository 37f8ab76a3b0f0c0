"""Moments, stored as whole seconds since 1970, read and shown the vendor's way (FACTS 3)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@lru_cache(maxsize=65_536)
def shown(moment: int, zone: ZoneInfo) -> str:
    """`2026-02-03T10:00:01+11:00` in a time zone."""
    return datetime.fromtimestamp(moment, zone).isoformat()


def read_moment(text: str) -> int | None:
    """Seconds since 1970, or None when the text is no moment with an offset and without milliseconds."""
    if not MOMENT.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def read_header(text: str) -> int | None:
    """A moment in a header, where fractions do no harm and a missing offset means UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def is_day(text: str) -> bool:
    """Whether the text is an existing day, yyyy-MM-dd."""
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
