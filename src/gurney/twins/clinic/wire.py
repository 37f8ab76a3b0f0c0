"""The pieces that every record of the vendor's wire shape is made of (FACTS 5).

Ids are int64 sent as text, stamps are UTC to the second, amounts are decimals as text, and a relation
that does not exist is left out of the object instead of being null.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

Record = dict[str, Any]

API = "https://api.au1.cliniko.com/v1"
"""Placeholder address in every link; whoever serves the records puts its own base address in its place."""

DAY_S = 86_400
_EPOCH = date(1970, 1, 1)
_SHORT_IDS_END = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())


class Ids:
    """Hands out ids: 8 digits for records made before 2025, 19 digits after (FACTS 0.5: accounts mix both)."""

    def __init__(self) -> None:
        self._short = 20_000_000
        self._long = 1_580_000_000_000_000_000

    def take(self, created: int) -> str:
        """A fresh id for a record created at this moment (seconds since 1970)."""
        if created < _SHORT_IDS_END:
            self._short += 1
            return str(self._short)
        self._long += 1
        return str(self._long)


def link(path: str) -> Record:
    """A relation: an object that holds nothing but the address of the other record."""
    return {"links": {"self": f"{API}/{path}"}}


def listing(resource: str, field: str, record_id: str) -> Record:
    """A relation to many: the address of a filtered list, percent-encoded as the vendor sends it."""
    return {"links": {"self": f"{API}/{resource}?q%5B%5D={field}%3A%3D{record_id}"}}


def head(resource: str, record_id: str, created: int, updated: int) -> Record:
    """The four attributes every record starts with."""
    return {
        "id": record_id,
        "created_at": stamp(created),
        "updated_at": stamp(updated),
        "links": {"self": f"{API}/{resource}/{record_id}"},
    }


_days: dict[int, str] = {}


def day(moment: int) -> str:
    """The UTC calendar day of a moment as YYYY-MM-DD."""
    number = moment // DAY_S
    text = _days.get(number)
    if text is None:
        text = _days[number] = (_EPOCH + timedelta(days=number)).isoformat()
    return text


def stamp(moment: int) -> str:
    """A moment in seconds since 1970 as the vendor writes it: 2026-11-16T01:05:00Z."""
    second = moment % DAY_S
    return f"{day(moment)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


def money(cents: int) -> str:
    """Cents as a decimal in text: 12100 is "121.0"."""
    return str(cents / 100)
