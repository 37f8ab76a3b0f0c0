"""Single values between neutral and Freshsales' JSON, by the vendor's field type (FACTS 2, 5). Pure.

Money is written digit by digit, never through a float; moments that a text holds are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any

from gurney.destinations.freshsales.answers import moment
from gurney.destinations.freshsales.limits import limit
from gurney.destinations.plain import Unsendable, day, read_day, read_text, text
from gurney.destinations.plain import number as plain_number
from gurney.records import Link, Value
from gurney.schema import FieldType

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Value]
SEVERAL = ";"
"""Joins the values of a pick-list with several (FACTS 5)."""
PAGE = re.compile(r"\s*(?:<!doctype[^>]*>\s*)?<html", re.IGNORECASE)
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.IGNORECASE | re.DOTALL)
BREAK = re.compile(r"<br\s*/?>\n?|</p>\s*", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


def link_id(value: Any) -> int:
    """The number behind a link or an id in text. Raises Unsendable for what is none."""
    id = value.id if isinstance(value, Link) else str(value)
    if not id.isdigit():
        raise Unsendable("", "unknown-record", "what is referred to is no record of this account")
    return int(id)


def number(name: str) -> Encode:
    """A number as JSON writes it, where it has few enough digits (FACTS 5)."""

    def encode(value: Any) -> Any:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        whole, _, decimals = format(abs(exact), "f").partition(".")
        if len(whole) > limit("number_digits") or len(decimals.rstrip("0")) > limit("number_decimals"):
            words = f"a number has {limit('number_digits')} digits and {limit('number_decimals')} decimals at most"
            raise Unsendable(name, "number-too-long", words)
        return plain_number(value)

    return encode


def read_decimal(value: Any) -> Decimal | None:
    """A number, or an amount that goes out as text (FACTS 2)."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def read_whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def read_moment(value: Any) -> datetime | None:
    return moment(value)


def read_several(value: Any) -> tuple[str, ...] | None:
    """
    >>> read_several("Asthma;Hay fever")
    ('Asthma', 'Hay fever')
    """
    if isinstance(value, list):
        return tuple(str(one) for one in value) or None
    return tuple(part.strip() for part in value.split(SEVERAL) if part.strip()) if value else None


def read_link(target: str) -> Decode:
    def read(value: Any) -> Link | None:
        return Link(target, str(value)) if value else None

    return read


def read_note(value: Any) -> str:
    """A note's text; some accounts give a page of HTML around it (FACTS 3).

    >>> read_note("a < b")
    'a < b'
    >>> read_note("<html><body>a &lt; b<br>c</body></html>")
    'a < b\\nc'
    """
    if not isinstance(value, str) or PAGE.match(value) is None:
        return value if isinstance(value, str) else ""
    inside = BODY.search(value)
    seen = BREAK.sub("\n", inside[1] if inside else value)
    return unescape(TAG.sub("", seen)).strip()


def to_choice(name: str, choices: frozenset[str]) -> Encode:
    """The label of a choice: what becomes of any other is not known, so none is sent (FACTS 5)."""

    def encode(value: Any) -> str:
        label = text(value)
        if label not in choices:
            raise Unsendable(name, "unknown-option", "the pick-list has no such value")
        return label

    return encode


def to_choices(name: str, choices: frozenset[str]) -> Encode:
    one = to_choice(name, choices)

    def encode(value: Any) -> str:
        labels = value if isinstance(value, tuple) else (value,)
        return SEVERAL.join(dict.fromkeys(map(one, labels)))

    return encode


def custom(name: str, kind: str, choices: frozenset[str]) -> tuple[Encode, Decode] | None:
    """How a field of one's own of the vendor's type is written and read; None where we never write it."""
    if kind in ("dropdown", "radio"):
        return to_choice(name, choices), read_text
    if kind == "multi_select_dropdown":
        return to_choices(name, choices), read_several
    if kind == "number":
        return number(name), read_decimal
    return PLAIN.get(kind)


PLAIN: Mapping[str, tuple[Encode, Decode]] = {
    "text": (text, read_text),
    "textarea": (text, read_text),
    "date": (day, read_day),
    "checkbox": (bool, read_flag),
}
TYPES = {
    "text": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "number": FieldType.DECIMAL,
    "date": FieldType.DATE,
    "checkbox": FieldType.BOOLEAN,
    "dropdown": FieldType.PICKLIST,
    "radio": FieldType.PICKLIST,
    "multi_select_dropdown": FieldType.MULTI_PICKLIST,
}
"""What the vendor's types hold; others are computed, or never written by us."""
LENGTHS = {"text": "text_chars", "textarea": "long_text_chars"}
"""By type the limit that holds for it."""
