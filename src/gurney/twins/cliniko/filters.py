"""The filter grammar: `q[]=FIELD:OPVALUE`, typed by field (FACTS 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from gurney.twins.cliniko.resources import SCOPES
from gurney.twins.cliniko.store import Record
from gurney.twins.kit.wire import Params

GRAMMAR = re.compile(r"(\w+):(>=|<=|!=|!\?|~~|[><=~?*])(.*)", re.DOTALL)
FILTER_NAME = re.compile(r"q\[\d*\]")
_NULLS = ("?", "!?")
_COMPARING = ("=", ">=", ">", "<=", "<")
OPERATORS = {
    "date": (*_COMPARING, *_NULLS),
    "date-time": (">=", ">", "<=", "<", "*", *_NULLS),
    "int64": ("!=", *_COMPARING, *_NULLS),
    "integer": ("!=", *_COMPARING, *_NULLS),
    "string": ("=", "!=", "~", "~~", *_NULLS),
    "boolean": ("=", "!="),
    "array": ("~",),
}
_WANTED = {"date": "a date", "date-time": "a date-time", "int64": "a number", "integer": "a number"}
_RELATIONS = {
    ("attendees", "appointment_id"): "booking",
    ("invoices", "invoice_id"): "original_invoice",
}
"""Filters whose relation has another name. `invoice_id` occurs only in the vendor's own link to reversed invoices."""

Read = Callable[[Record], Any]


class BadFilter(ValueError):
    """A filter that the vendor answers with 400; the words are its message."""


@dataclass(frozen=True)
class Condition:
    """One filter, ready to be asked of a record's value."""

    name: str
    operator: str
    values: tuple[Any, ...]
    test: Callable[[Any], bool]

    @property
    def key(self) -> tuple[str, str, tuple[Any, ...]]:
        """Tells equal conditions."""
        return self.name, self.operator, self.values


def conditions_of(query: Params, allowed: Mapping[str, str], *, fold: bool) -> list[Condition]:
    """The conditions of a request, in order; of several plain `q=` only the last counts. Raises BadFilter.

    `fold`: text is compared without regard to case.
    """
    texts = [value for name, value in query.pairs if FILTER_NAME.fullmatch(name)]
    texts += query.all("q")[-1:]
    return [parse(text, allowed, fold=fold) for text in texts]


def parse(text: str, allowed: Mapping[str, str], *, fold: bool = True) -> Condition:
    """One condition from its text. Raises BadFilter."""
    name = text.partition(":")[0]
    kind = allowed.get(name)
    if kind is None:
        raise BadFilter(f"{name} is not filterable")
    found = GRAMMAR.fullmatch(text)
    if found is None or found[2] not in OPERATORS[kind]:
        raise BadFilter(f"Filter operator for {name} is not supported")
    operator, value = found[2], found[3]
    if operator in ("?", "!?", "*"):
        return Condition(name, operator, (), _EXISTENCE[operator])
    if kind == "date" and "*" in value:
        return _date_pattern(name, operator, value)
    if kind == "string":
        return Condition(name, operator, (value,), _text_test(operator, value, fold))
    if kind == "array":
        return Condition(name, operator, (value,), lambda held: held is not None and value in map(str, held))
    return _compared(name, kind, operator, value)


def reader(resource: str, name: str) -> Read:
    """How a filter's value is read from a record: the attribute itself, or the id in a relation's address."""
    if name == "id":
        return lambda record: int(record["id"]) if "id" in record else None
    relation = _RELATIONS.get((resource, name), name.removesuffix("_id"))
    if not name.endswith("_id") or name == "product_supplier_id":
        if resource == "bookings" and name == "patient_ids":
            return _people_booked
        return lambda record: record.get(name)
    return lambda record: linked_id(record.get(relation))


def linked_id(relation: Any) -> int | None:
    """The id at the end of a relation's address; None when there is no relation."""
    if not isinstance(relation, dict):
        return None
    tail = str(relation["links"]["self"]).partition("?")[0].rpartition("/")[2]
    return int(tail) if tail.isdigit() else None


def lifts(conditions: list[Condition]) -> frozenset[str]:
    """The default exclusions that these conditions take away: a filter on the attribute lifts its exclusion."""
    return frozenset(condition.name for condition in conditions if condition.name in SCOPES)


def stamped(text: str) -> str:
    """A moment as the vendor stores it; other offsets are converted (FACTS 5). Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _people_booked(record: Record) -> list[str]:
    patient = linked_id(record.get("patient"))
    return [str(patient)] if patient is not None else record.get("patient_ids", [])


def _compared(name: str, kind: str, operator: str, text: str) -> Condition:
    try:
        values = _values(kind, operator, text)
    except ValueError:
        raise BadFilter(f"Filter value for {name} must be {_WANTED.get(kind, 'a boolean')}") from None
    first = values[0]
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda held: held in values,
        "!=": lambda held: held is not None and held != first,
        ">=": lambda held: held is not None and held >= first,
        ">": lambda held: held is not None and held > first,
        "<=": lambda held: held is not None and held <= first,
        "<": lambda held: held is not None and held < first,
    }
    return Condition(name, operator, values, tests[operator])


def _values(kind: str, operator: str, text: str) -> tuple[Any, ...]:
    if kind == "boolean":
        if text not in ("true", "false"):
            raise ValueError(text)
        return (text == "true",)
    if kind == "date":
        return (date.fromisoformat(text).isoformat(),)
    if kind == "date-time":
        return (stamped(text),)
    return tuple(int(part) for part in (text.split(",") if operator == "=" else [text]))


def _date_pattern(name: str, operator: str, value: str) -> Condition:
    """A date with stars for digits: ****-05-** is any day in May."""
    if operator != "=" or not re.fullmatch(r"[\d*]{4}-[\d*]{2}-[\d*]{2}", value):
        raise BadFilter(f"Filter value for {name} must be a date")
    pattern = re.compile(value.replace("*", r"\d"))
    return Condition(name, operator, (value,), lambda held: held is not None and bool(pattern.fullmatch(held)))


def _text_test(operator: str, value: str, fold: bool) -> Callable[[Any], bool]:
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    parts = {"~~": value.split("%"), "~": ["", value, ""]}.get(operator, [value])
    pattern = re.compile(".*".join(map(re.escape, parts)), flags)
    if operator == "!=":
        return lambda held: held is not None and not pattern.fullmatch(held)
    return lambda held: held is not None and bool(pattern.fullmatch(held))


_EXISTENCE: dict[str, Callable[[Any], bool]] = {
    "?": lambda held: held is not None,
    "!?": lambda held: held is None,
    "*": lambda held: True,
}
