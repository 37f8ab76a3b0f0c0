"""Single values between neutral and JSON where several vendors write them alike. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from gurney.records import Link

YES, NO = "Yes", "No"


class Unsendable(Exception):
    """What the vendor would refuse, or drop in silence; found before a call is spent. Its words hold no value."""

    def __init__(self, field: str, code: str, words: str) -> None:
        super().__init__(words)
        self.field = field
        self.code = code
        self.words = words


def number(value: Any) -> Any:
    """A whole number or a decimal as JSON writes it, digit by digit, never through a float."""
    return orjson.Fragment(format(value, "f")) if isinstance(value, Decimal) else value


def text(value: Any) -> str:
    """Any value as text, for fields that hold nothing else."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, Link):
        return value.id
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def stamp(value: datetime) -> str:
    """A moment in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date) -> str:
    """A date, or the day of a moment."""
    return value.isoformat()[:10]


def read_text(value: Any) -> str | None:
    """Text, or what is written as text; None for what is empty."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)


def read_day(value: Any) -> date | None:
    """The day that a date or a moment begins with."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None
