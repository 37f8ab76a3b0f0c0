"""A value in the shape that a destination field holds, by the field's type (contract, MAP6).

What does not fit raises Unconvertible; the caller keeps the raw text elsewhere. Lengths are the caller's concern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gurney.mapping.transforms.amounts import decimal, whole_number
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.moments import calendar_date, utc_moment
from gurney.mapping.transforms.registry import Unconvertible
from gurney.mapping.transforms.rich import Html, escaped
from gurney.mapping.transforms.text import filled
from gurney.records import Value
from gurney.schema import FieldType

Fit = Callable[[Any], Value]
Accepts = Callable[[str], bool]

_SPELT = {"yes": True, "no": False}
_CHECKED = {
    FieldType.EMAIL: ("email", "an e-mail address that the destination accepts"),
    FieldType.PHONE: ("phone", "a telephone number that the destination accepts"),
    FieldType.URL: ("url", "a web address that the destination accepts"),
}


def fitting(type: FieldType, checks: Mapping[str, Accepts], digits: int | None = None) -> Fit:
    """The function that shapes values for a field of this type; `digits` is the most that a whole number has."""
    if type in _CHECKED:
        name, expected = _CHECKED[type]
        return _checked(checks.get(name), expected)
    if type is FieldType.INTEGER:
        return _whole(digits)
    return _BY_TYPE.get(type, as_text)


def as_text(value: object) -> str | None:
    """Text without blank ends; several values joined by semicolons, rich text flattened."""
    if type(value) is str:
        return value.strip() or None
    if type(value) is Html:
        return note_text(value)
    return "; ".join(filled(value)) or None


def as_rich(value: object) -> str | None:
    """HTML: rich text as it is, everything else escaped."""
    if type(value) is Html:
        return str(value) or None
    text = as_text(value)
    return None if text is None else str(escaped(text))


def as_date(value: object) -> date:
    if isinstance(value, datetime):
        raise Unconvertible("a date without a time")
    return value if isinstance(value, date) else calendar_date(_text(value, "a date, year-month-day"))


def as_moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    return utc_moment(_text(value, "a date and time"))


def as_flag(value: object) -> bool:
    """A tick, also one that the source spells: a list of Yes and No is a tick at some destinations."""
    told = _SPELT.get(value.strip().casefold()) if isinstance(value, str) else value
    if not isinstance(told, bool):
        raise Unconvertible("true or false")
    return told


def as_options(value: object) -> tuple[str, ...] | None:
    return tuple(filled(value)) or None


def as_number(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else decimal(value)


def _whole(digits: int | None) -> Fit:
    def as_whole(value: object) -> int:
        number = whole_number(value)
        if digits is not None and len(str(abs(number))) > digits:
            raise Unconvertible(f"a whole number of at most {digits} digits")
        return number

    return as_whole


def _checked(accepts: Accepts | None, expected: str) -> Fit:
    if accepts is None:
        return as_text

    def checked(value: object) -> str | None:
        text = as_text(value)
        if text is not None and not accepts(text):
            raise Unconvertible(expected)
        return text

    return checked


def _text(value: object, expected: str) -> str:
    if not isinstance(value, str):
        raise Unconvertible(expected)
    return value


_BY_TYPE: dict[FieldType, Fit] = {
    FieldType.DATE: as_date,
    FieldType.DATETIME: as_moment,
    FieldType.BOOLEAN: as_flag,
    FieldType.RICH_TEXT: as_rich,
    FieldType.MULTI_PICKLIST: as_options,
    FieldType.MONEY: as_number,
    FieldType.DECIMAL: as_number,
    FieldType.PERCENT: as_number,
}
