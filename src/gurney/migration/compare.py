"""Field by field: what should be there against what is there. Pure functions.

Verdicts: `equal` (the source's own value), `converted` (as the mapping promised, but not letter for letter the
source's), `different`, `unverifiable` (the vendor will not show the field).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from gurney.destinations.protocol import Destination
from gurney.records import Link, ReadBack, Value
from gurney.schema import FieldType, ObjectSchema


class Verdict(StrEnum):
    """How one field came out."""

    EQUAL = "equal"
    CONVERTED = "converted"
    DIFFERENT = "different"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field of one record."""

    field: str
    expected: Value
    actual: Value
    verdict: Verdict
    reason: str = ""


NOTHING: tuple[Value, ...] = (None, "", ())
"""The ways in which a field is empty."""

Comparable = Callable[[str, Value], Value]
"""A value of the named field as the destination gives it back."""


def comparable(destination: Destination, schema: ObjectSchema | None, object: str) -> Comparable:
    """The destination's own idea of sameness for one object's fields."""
    types = {name: field.type for name, field in schema.fields.items()} if schema else {}

    def of(name: str, value: Value) -> Value:
        return destination.comparable(object, name, types.get(name, FieldType.TEXT), value)

    return of


def same(of: Comparable) -> Callable[[str, Value, Value], bool]:
    """Whether two values of a field are the same to the destination."""

    def is_same(name: str, left: Value, right: Value) -> bool:
        return _equal(left, right) or _alike(of(name, left), of(name, right))

    return is_same


def compare(
    expected: Mapping[str, Value], there: ReadBack, of: Comparable, source_values: Mapping[str, str] | None = None
) -> list[FieldDiff]:
    """One line for each field that we wrote. `source_values` (as text) tell `equal` from `converted`."""
    return [
        _field(name, value, there, of, source_values.get(name) if source_values else None)
        for name, value in expected.items()
    ]


def _field(name: str, expected: Value, there: ReadBack, of: Comparable, source: str | None) -> FieldDiff:
    actual = there.fields.get(name)
    if name in there.unreadable:
        return FieldDiff(name, expected, actual, Verdict.UNVERIFIABLE, "the vendor hides this field from the API")
    if _equal(actual, expected):
        if source is None or as_text(expected) == source:
            return FieldDiff(name, expected, actual, Verdict.EQUAL)
        return FieldDiff(name, expected, actual, Verdict.CONVERTED, "converted as the mapping says")
    given_back = of(name, expected)
    if _alike(given_back, actual) or _alike(given_back, of(name, actual)):
        return FieldDiff(name, expected, actual, Verdict.CONVERTED, "stored in the destination's own form")
    return FieldDiff(name, expected, actual, Verdict.DIFFERENT, _why(expected, actual))


def _equal(left: Value, right: Value) -> bool:
    """Equality that does not take 1 for true."""
    return left == right and isinstance(left, bool) is isinstance(right, bool)


def _alike(left: Value, right: Value) -> bool:
    """Equal, or the same value in another form. Nothing and zero differ, and so do nothing and false."""
    if _equal(left, right):
        return True
    if isinstance(left, str) and isinstance(right, str):
        return unicodedata.normalize("NFC", left) == unicodedata.normalize("NFC", right)
    if isinstance(left, Decimal | int) and isinstance(right, Decimal | int):
        return not isinstance(left, bool) and not isinstance(right, bool) and Decimal(left) == Decimal(right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return sorted(left) == sorted(right)
    if isinstance(left, Link) and isinstance(right, Link):
        return left.id == right.id
    return left in NOTHING and right in NOTHING


def _why(expected: Value, actual: Value) -> str:
    if actual is None or actual == "":
        return "missing at the destination"
    if expected is None:
        return "the destination holds a value where the source has none"
    if isinstance(expected, str) and isinstance(actual, str):
        if expected.startswith(actual):
            return f"cut short: {len(actual)} of {len(expected)} characters arrived"
        return "another text"
    if isinstance(expected, Link):
        return "linked to another record"
    return "another value"


def as_text(value: Value) -> str:
    """A value as a report shows it, and as the source would have sent it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, Link):
        return f"{value.object}/{value.id}"
    return str(value)
