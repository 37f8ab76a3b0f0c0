"""Filters of the search endpoints, as predicates over rows (FACTS 4.3, 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.twins.highlevel.ids import millis
from gurney.twins.highlevel.refusals import Refused, invalid
from gurney.twins.kit.tables import Row

Test = Callable[[Row], bool]
LONGEST = 75
BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda a, b: a >= b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b, "lt": lambda a, b: a < b,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """How a searchable field is read from a row."""

    read: Callable[[Row], Any]
    key: str | None = None
    """The row's own key, when it is one: searches by it need not walk through all rows."""
    fold: bool = False
    """Compare text without regard to case."""
    no_eq: bool = False
    """DATE fields of objects do not support `eq` (FACTS 8)."""


Columns = Callable[[str], Column | None]
"""The column of a field's name."""


def bad_operator() -> Refused:
    return invalid(["Invalid Operator"])


@dataclass
class Query:
    """A compiled search."""

    test: Test | None
    """None: every row is a hit."""
    shortcut: tuple[str, Any] | None = None
    """A row key and the exact value that every hit has."""


def compile_filters(filters: Any, columns: Columns, related: Callable[[Row, list[str]], bool] | None = None) -> Query:
    """From the body's `filters`. Raises Refused for what is not understood."""
    if filters is None or filters == []:
        return Query(None)
    if not isinstance(filters, list):
        raise invalid(["filters must be an array"])
    tests = [_compile(one, columns, related) for one in filters]
    query = Query(lambda row: all(test(row) for test in tests))
    for one in filters:
        column = columns(one["field"]) if one.get("operator") == "eq" and "field" in one else None
        if column is not None and column.key and not column.fold and not isinstance(one["value"], list):
            query.shortcut = (column.key, one["value"])
    return query


def _compile(one: Any, columns: Columns, related: Callable[[Row, list[str]], bool] | None) -> Test:
    if not isinstance(one, dict):
        raise invalid(["each value in filters must be an object"])
    if "group" in one:
        return _group(one, columns, related)
    field, operator, value = one.get("field"), one.get("operator"), one.get("value")
    if not isinstance(field, str) or not isinstance(operator, str):
        raise invalid(["filters.field must be a string", "filters.operator must be a string"])
    if operator == "nested":
        return _nested(field, value, related)
    column = columns(field)
    if column is None:
        raise invalid([f"Invalid field {field}"])
    return _operation(column, operator, value)


def _group(one: Mapping[str, Any], columns: Columns, related: Callable[[Row, list[str]], bool] | None) -> Test:
    inner = one.get("filters")
    if one["group"] not in ("AND", "OR") or not isinstance(inner, list) or not inner:
        raise invalid(["filters.group must be a valid enum value"])
    tests = [_compile(each, columns, related) for each in inner]
    joined = all if one["group"] == "AND" else any
    return lambda row: joined(test(row) for test in tests)


def _nested(field: str, value: Any, related: Callable[[Row, list[str]], bool] | None) -> Test:
    """Records that are linked to one of some others."""
    if field != "relations" or related is None or not isinstance(value, list) or not value:
        raise bad_operator()
    inner = value[0]
    if not isinstance(inner, dict) or inner.get("field") != "recordId" or inner.get("operator") != "eq":
        raise bad_operator()
    ids = inner.get("value")
    wanted = [str(id) for id in ids] if isinstance(ids, list) else [str(ids)]
    return lambda row: related(row, wanted)


def _operation(column: Column, operator: str, value: Any) -> Test:
    read = column.read
    match operator:
        case "exists":
            return lambda row: read(row) not in (None, "", [])
        case "not_exists":
            return lambda row: read(row) in (None, "", [])
        case "range":
            return _range(read, value)
        case "eq" | "not_eq" if column.no_eq:
            raise bad_operator()
        case "eq" | "not_eq" | "contains" | "not_contains":
            _check_length(value)
    wanted = _folded(column, value)
    has = _equals if operator in ("eq", "not_eq") else _contains
    if operator in ("eq", "contains"):
        return lambda row: has(_folded(column, read(row)), wanted)
    if operator in ("not_eq", "not_contains"):
        return lambda row: not has(_folded(column, read(row)), wanted)
    raise bad_operator()


def _check_length(value: Any) -> None:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and len(one) > LONGEST:
            raise invalid([f"filters.value must be shorter than or equal to {LONGEST} characters"])
        if isinstance(one, dict) or one is None:
            raise invalid(["filters.value must be a string"])


def _folded(column: Column, value: Any) -> Any:
    if not column.fold:
        return value
    if isinstance(value, list):
        return [one.casefold() if isinstance(one, str) else one for one in value]
    return value.casefold() if isinstance(value, str) else value


def _equals(stored: Any, wanted: Any) -> bool:
    """Lists match when they share an item; text never equals a number."""
    if isinstance(wanted, list):
        return any(_equals(stored, one) for one in wanted)
    if isinstance(stored, list):
        return wanted in stored
    return bool(stored == wanted) and isinstance(stored, bool) == isinstance(wanted, bool)


def _contains(stored: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return any(_contains(stored, one) for one in wanted)
    if isinstance(stored, list):
        return wanted in stored
    return isinstance(stored, str) and isinstance(wanted, str) and wanted in stored


def _range(read: Callable[[Row], Any], value: Any) -> Test:
    """Bounds for numbers, days and moments."""
    if not isinstance(value, dict) or not value or not set(value) <= set(BOUNDS):
        raise bad_operator()
    bounds = [(BOUNDS[name], comparable(limit)) for name, limit in value.items()]

    def test(row: Row) -> bool:
        stored = comparable(read(row))
        if stored is None:
            return False
        return all(type(limit) is type(stored) and holds(stored, limit) for holds, limit in bounds)

    return test


def comparable(value: Any) -> float | str | None:
    """A moment or number as a number, other text as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        return float(millis(value))
    except (ValueError, OverflowError):
        return value
