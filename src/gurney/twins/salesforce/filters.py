"""WHERE as a question to a row, and the shortest way to the rows that may answer it (FACTS 4)."""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.paths import Resolved, Resolver
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.soql import Both, Comparison, Condition, Either, Literal, Not, Query, marked
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.times import read_day, read_moment

Predicate = Callable[[Row], bool]
NUMBERS = ("int", "double", "currency", "percent")
ORDERED = {"<": operators.lt, ">": operators.gt, "<=": operators.le, ">=": operators.ge}
WEEK = 7


@dataclass
class Filter:
    """Turns conditions of one query into predicates."""

    resolver: Resolver
    kind: ObjectDef
    query: Query
    values_of: Callable[[Query], list[Any]]
    """Runs the query of a semi-join."""

    def predicate(self, condition: Condition | None) -> Predicate | None:
        """Whether a row fulfils the condition; None when there is none. Raises Refused."""
        if condition is None:
            return None
        return self._predicate(condition)

    def _predicate(self, condition: Condition) -> Predicate:
        match condition:
            case Both(parts):
                every = [self._predicate(part) for part in parts]
                return lambda row: all(one(row) for one in every)
            case Either(parts):
                some = [self._predicate(part) for part in parts]
                return lambda row: any(one(row) for one in some)
            case Not(part):
                inner = self._predicate(part)
                return lambda row: not inner(row)
        return self._comparison(condition)

    def _comparison(self, told: Comparison) -> Predicate:
        found = self.resolver.resolve(self.kind, told.path, self.query.alias)
        if not found.field.filterable:
            words = f"field '{found.field.name}' can not be filtered in a query call"
            raise Refused("INVALID_FIELD", marked(self.query.text, told.path.at, words))
        if told.operator in ("IN", "NOT IN"):
            return self._among(told, found)
        if told.operator in ("INCLUDES", "EXCLUDES"):
            return self._includes(told, found)
        (literal,) = told.values
        if told.operator == "LIKE":
            return _like(found, self._value(found.field, literal, told))
        if literal.kind == "word":
            return _in_range(found, told.operator, self._range(found.field, literal))
        value = fold(found.field, self._value(found.field, literal, told))
        return _compared(found, told.operator, value)

    def _among(self, told: Comparison, found: Resolved) -> Predicate:
        if told.query is not None:
            wanted = {fold(found.field, value) for value in self.values_of(told.query)}
        else:
            wanted = {fold(found.field, self._value(found.field, literal, told)) for literal in told.values}
        get, field = found.get, found.field
        if told.operator == "IN":
            return lambda row: fold(field, get(row)) in wanted
        return lambda row: fold(field, get(row)) not in wanted

    def _includes(self, told: Comparison, found: Resolved) -> Predicate:
        if found.field.type != "multipicklist":
            raise Refused("INVALID_FIELD", marked(self.query.text, told.path.at, "includes needs a multi pick list"))
        groups = [frozenset(str(literal.value).casefold().split(";")) for literal in told.values]
        get, wanted = found.get, told.operator == "INCLUDES"

        def includes(row: Row) -> bool:
            has = set((get(row) or "").casefold().split(";"))
            return any(group <= has for group in groups) == wanted

        return includes

    def _value(self, field: FieldDef, literal: Literal, told: Comparison) -> Any:
        """The literal as rows hold values of the field. Raises Refused where the types differ."""
        if literal.kind == "null":
            return None
        wanted, quoted = _kind_of(field)
        if literal.kind != wanted:
            words = (
                f"value of filter criterion for field '{field.name}' must be of type {field.type} and should "
                f"{'' if quoted else 'not '}be enclosed in quotes"
            )
            raise Refused("INVALID_FIELD", marked(self.query.text, told.path.at, words))
        if wanted in ("moment", "day"):
            read = (read_moment if wanted == "moment" else read_day)(literal.value)
            if read is None:
                raise Refused("MALFORMED_QUERY", marked(self.query.text, told.path.at, "invalid date"))
            return read
        if field.type in ("id", "reference"):
            id = normal(literal.value)
            if id is None:
                words = f"invalid ID field: {literal.value}"
                raise Refused("INVALID_QUERY_FILTER_OPERATOR", marked(self.query.text, told.path.at, words))
            return id
        return literal.value

    def _range(self, field: FieldDef, literal: Literal) -> tuple[str, str]:
        """First moment or day of a date literal, and the first after it."""
        world = self.resolver.world
        zone = ZoneInfo(world.table("User").rows[self.resolver.access.user_id]["TimeZoneSidKey"])
        start, end = days_of(literal.value, datetime.fromtimestamp(world.clock.timestamp(), zone).date())
        if field.type == "date":
            return start.isoformat(), end.isoformat()
        if field.type != "datetime":
            raise Refused("INVALID_FIELD", f"field '{field.name}' cannot be compared with {literal.value}")
        first, last = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (start, end))
        return f"{first:%Y-%m-%dT%H:%M:%S}.000+0000", f"{last:%Y-%m-%dT%H:%M:%S}.000+0000"


def fold(field: FieldDef, value: Any) -> Any:
    """How values are compared: text without regard to case, unless the field knows case."""
    if isinstance(value, str) and not field.case_sensitive and field.type not in ("id", "reference"):
        return value.casefold()
    return value


def _kind_of(field: FieldDef) -> tuple[str, bool]:
    """The kind of literal that a field is compared with, and whether it is quoted."""
    if field.type in NUMBERS:
        return "number", False
    simple = {"boolean": "boolean", "date": "day", "datetime": "moment"}
    return (simple[field.type], False) if field.type in simple else ("text", True)


def _compared(found: Resolved, sign: str, value: Any) -> Predicate:
    get, field = found.get, found.field
    if sign == "=":
        return lambda row: bool(fold(field, get(row)) == value)
    if sign == "!=":
        return lambda row: bool(fold(field, get(row)) != value)
    compare = ORDERED[sign]

    def ordered(row: Row) -> bool:
        mine = fold(field, get(row))
        return mine is not None and value is not None and bool(compare(mine, value))

    return ordered


def _like(found: Resolved, pattern: Any) -> Predicate:
    parts = re.split(r"(\\.|%|_)", str(pattern or ""))
    signs = {"%": ".*", "_": "."}
    made = re.compile("".join(signs.get(part) or re.escape(part.removeprefix("\\")) for part in parts), re.I | re.S)
    get = found.get
    return lambda row: (value := get(row)) is not None and made.fullmatch(str(value)) is not None


def _in_range(found: Resolved, sign: str, bounds: tuple[str, str]) -> Predicate:
    start, end = bounds
    get = found.get
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda value: start <= value < end,
        "!=": lambda value: not start <= value < end,
        "<": lambda value: value < start,
        ">": lambda value: value >= end,
        "<=": lambda value: value < end,
        ">=": lambda value: value >= start,
    }
    test = tests[sign]

    def within(row: Row) -> bool:
        value = get(row)
        return value is not None and test(value)

    return within


def days_of(word: str, today: date) -> tuple[date, date]:
    """First day of TODAY, LAST_N_DAYS:3 and the like, and the first day after."""
    day = timedelta(days=1)
    name, _, count = word.partition(":")
    if name in ("TODAY", "YESTERDAY", "TOMORROW"):
        start = today + {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}[name] * day
        return start, start + day
    days = int(count or 90)
    if name in ("LAST_N_DAYS", "LAST_90_DAYS"):
        return today - days * day, today + day
    if name in ("NEXT_N_DAYS", "NEXT_90_DAYS"):
        return today + day, today + (days + 1) * day
    which, _, unit = name.partition("_")
    step = {"LAST": -1, "THIS": 0, "NEXT": 1}[which]
    if unit == "WEEK":
        start = today - ((today.weekday() + 1) % WEEK) * day + step * WEEK * day
        return start, start + WEEK * day
    if unit == "MONTH":
        return _month(today, step), _month(today, step + 1)
    return date(today.year + step, 1, 1), date(today.year + step + 1, 1, 1)


def _month(today: date, step: int) -> date:
    months = today.year * 12 + today.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def musts(condition: Condition | None) -> Iterable[Comparison]:
    """The comparisons that every row must fulfil: those that only AND joins."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Both):
        for part in condition.parts:
            yield from musts(part)
