"""Moments and days as the API writes and reads them (FACTS 2). Inside, a moment is whole seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SCRIPT = re.compile(r"\w{3} (\w{3} \d{1,2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})(?: \(.*\))?")
"""What a browser's `Date` writes: Tue Jun 21 2099 11:00:00 GMT+0000."""


@lru_cache(maxsize=65_536)
def shown(at: int, zone: str) -> str:
    """A moment with the account's own offset: 2023-05-14T14:59:40+02:00."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat(timespec="seconds")


@lru_cache(maxsize=4_096)
def zulu(at: int) -> str:
    """A moment as selectors write it: 2023-03-09T06:44:37Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of(at: int, zone: str) -> str:
    """The day of a moment where the account is."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date().isoformat()


def moment(text: str, naive_zone: str | None) -> int:
    """The moment that a text names. Raises ValueError; without an offset only when a zone stands in for it."""
    scripted = SCRIPT.fullmatch(text.strip())
    if scripted:
        read = datetime.strptime(f"{scripted[1]} {scripted[2]}", "%b %d %Y %H:%M:%S %z")
    elif ISO.fullmatch(text.strip()) or DAY.fullmatch(text.strip()):
        read = datetime.fromisoformat(text.strip())
    else:
        raise ValueError("no moment")
    if read.tzinfo is None:
        if naive_zone is None:
            raise ValueError("no offset")
        read = read.replace(tzinfo=ZoneInfo(naive_zone))
    return int(read.timestamp())


def day(text: str, zone: str) -> str:
    """The day that a text names; of a moment, the day it has in the account's zone. Raises ValueError."""
    text = text.strip()
    if DAY.fullmatch(text):
        return date.fromisoformat(text).isoformat()
    return day_of(moment(text, zone), zone)
