"""Identifiers and times as the vendor writes them: 20 letters and digits, 24 hexadecimal digits, UUIDs (FACTS 3)."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from uuid import UUID

ALPHABET = string.ascii_letters + string.digits


class Ids:
    """Noise that is the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def short(self) -> str:
        """Contacts, users, calendars, notes, tasks, appointments, contact fields."""
        return "".join(self._chance.choices(ALPHABET, k=20))

    def hex(self, length: int = 24) -> str:
        """Objects, records, associations, relations, businesses, invoices, media."""
        return f"{self._chance.getrandbits(length * 4):0{length}x}"

    def uuid(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def zulu(timestamp: float) -> str:
    """Seconds since 1970 as `2026-02-03T04:05:06.789Z`; sorts as text."""
    whole = int(timestamp)
    return f"{_second(whole)}.{int((timestamp - whole) * 1000):03d}Z"


def millis(moment: str) -> int:
    """A moment in milliseconds since 1970. Naive ones are UTC. Raises ValueError."""
    read = datetime.fromisoformat(moment)
    return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def in_zone(moment: str, zone: tzinfo) -> datetime:
    """A moment in a zone; naive ones are in that zone already. Raises ValueError and OverflowError."""
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(zone)
