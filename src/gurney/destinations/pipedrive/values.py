"""Single values between neutral and Pipedrive's JSON, by the vendor's field type (FACTS 4). Pure.

Version 2 is strict: numbers are numbers, several options a list of ids, nothing is null. Money and other decimals are
written digit by digit, never through a float.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from gurney.destinations.plain import NO, YES, Unsendable, day, number, read_day, read_text, text
from gurney.records import Link, Value
from gurney.schema import FieldType

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Value]
YES_NO = (YES, NO)
"""A pick-list of exactly these stands for a yes-or-no field, which Pipedrive does not have."""


@dataclass(frozen=True, slots=True)
class Options:
    """A pick-list's labels and ids; ids of activity types are words. Of a label twice there the first counts."""

    ids: Mapping[str, int | str] = field(default_factory=dict)
    labels: Mapping[int | str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Sequence[Mapping[str, Any]]) -> Options:
        return cls.of_pairs([(option["id"], str(option.get("label") or "")) for option in options if "id" in option])

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[int | str, str]]) -> Options:
        """From (id, label)."""
        ids: dict[str, int | str] = {}
        for id, label in pairs:
            ids.setdefault(label, id)
        return cls(ids, dict(pairs))

    def label(self, id: Any) -> str:
        """The label; the id itself for an option that was deleted (FACTS 13.10)."""
        return self.labels.get(id, str(id))


def old_stamp(value: datetime) -> str:
    """A moment as version 1 takes it: UTC without saying so."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def link_id(value: Any) -> int:
    """The number behind a link or an id in text."""
    return int(value.id if isinstance(value, Link) else value)


def read_decimal(value: Any) -> Decimal | None:
    """A JSON number as a decimal; a float's shortest text is what was sent, up to 15 digits."""
    return None if value is None or isinstance(value, bool | str) else Decimal(str(value))


def read_whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def read_part(name: str) -> Decode:
    """A value that stands inside an object, such as an address or an amount."""
    read = read_decimal if name == "amount" else read_text
    return lambda value: read(value.get("value")) if isinstance(value, dict) else read(value)


def read_link(target: str) -> Decode:
    def read(value: Any) -> Link | None:
        id = value.get("value", value.get("id")) if isinstance(value, dict) else value
        return Link(target, str(id)) if id else None

    return read


def minutes(value: int) -> str:
    """A duration as hours and minutes.

    >>> minutes(95)
    '01:35'
    """
    return f"{value // 60:02d}:{value % 60:02d}"


def read_minutes(value: Any) -> int | None:
    """
    >>> read_minutes("01:35:00")
    95
    """
    if not isinstance(value, str) or ":" not in value:
        return None
    hours, rest = value.split(":", 2)[:2]
    return int(hours) * 60 + int(rest)


def read_start(day: Any, time: Any) -> datetime | None:
    """A due date and time, which are UTC, as a moment; without a time midnight."""
    if not isinstance(day, str) or not day:
        return None
    start = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    past_midnight = read_minutes(time)
    return start + timedelta(minutes=past_midnight) if past_midnight else start


def to_enum(name: str, options: Options) -> Encode:
    """The id of an option; a label that is not there is refused here, because version 2 takes ids alone."""

    def encode(value: Any) -> int | str:
        id = options.ids.get(text(value))
        if id is None:
            raise Unsendable(name, "unknown-option", "the pick-list has no such value")
        return id

    return encode


def to_set(name: str, options: Options) -> Encode:
    one = to_enum(name, options)

    def encode(value: Any) -> list[int | str] | None:
        labels = value if isinstance(value, tuple) else (value,)
        return list(dict.fromkeys(map(one, labels))) or None  # [] is a validation error (FACTS 4)

    return encode


def read_options(options: Options) -> Decode:
    def read(value: Any) -> tuple[str, ...] | None:
        if isinstance(value, str):
            value = [int(part) for part in value.split(",") if part.strip().isdigit()]
        return tuple(map(options.label, value)) or None if isinstance(value, list) else None

    return read


def custom(name: str, kind: str, options: Options, currency: str) -> tuple[Encode, Decode] | None:
    """How a custom field of the vendor's type is written and read; None where we never write it."""
    if kind == "enum":
        if set(options.ids) == set(YES_NO):
            return to_enum(name, options), lambda value: None if value is None else options.label(value) == YES
        return to_enum(name, options), lambda value: None if value is None else options.label(value)
    if kind == "set":
        return to_set(name, options), read_options(options)
    if kind == "monetary":
        return lambda value: {"value": number(value), "currency": currency}, read_part("amount")
    return PLAIN.get(kind)


PLAIN: dict[str, tuple[Encode, Decode]] = {
    "varchar": (text, read_text),
    "varchar_auto": (text, read_text),
    "text": (text, read_text),
    "phone": (text, read_text),
    "double": (number, read_decimal),
    "date": (day, read_day),
    "address": (lambda value: {"value": text(value)}, read_part("text")),
    "user": (link_id, read_link("users")),
    "org": (link_id, read_link("organizations")),
    "people": (link_id, read_link("persons")),
}
TYPES = {
    "varchar": FieldType.TEXT,
    "varchar_auto": FieldType.TEXT,
    "text": FieldType.LONG_TEXT,
    "phone": FieldType.PHONE,
    "double": FieldType.DECIMAL,
    "monetary": FieldType.MONEY,
    "date": FieldType.DATE,
    "enum": FieldType.PICKLIST,
    "set": FieldType.MULTI_PICKLIST,
    "address": FieldType.LONG_TEXT,
    "user": FieldType.LOOKUP,
    "org": FieldType.LOOKUP,
    "people": FieldType.LOOKUP,
}
"""What the vendor's types hold; others are computed, or never written by us."""
TARGETS = {"user": "users", "org": "organizations", "people": "persons"}
LENGTHS = {"varchar": "text_chars", "varchar_auto": "text_chars", "text": "long_text_chars", "phone": "phone_chars"}
"""By type the limit that holds for it; of an address none is known."""
