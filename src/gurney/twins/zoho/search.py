"""Search and count: late, and loose about equality (FACTS 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from gurney.twins.kit.tables import Row, folded
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import PER_PAGE, Call, Routes
from gurney.twins.zoho.literals import literal
from gurney.twins.zoho.records import MODULE_SCOPE
from gurney.twins.zoho.refusals import Refused, invalid
from gurney.twins.zoho.rendering import rendered, shows
from gurney.twins.zoho.schema import Field, Module

routes = Routes()
CEILING = 2_000
CRITERIA_MOST = 10
SEARCH_SCOPE = "ZohoSearch.securesearch.READ"
CRITERION = re.compile(r"(?P<name>[\w.$]+):(?P<operator>\w+):(?P<value>(?:\\.|[^()\\])*)")
WAYS = ("criteria", "email", "phone", "word")
Test = Callable[[Row], bool]


def invalid_query(reason: str) -> Refused:
    return Refused(400, "INVALID_QUERY", "Invalid query formed", {"reason": reason})


@routes.on("GET", "/{module}/search", MODULE_SCOPE + "READ", SEARCH_SCOPE)
def search(call: Call) -> Answer:
    """GET /{module}/search by criteria, email, phone or word; 2,000 rows at most."""
    module = call.module()
    found = list(_matching(call, module, _test(call, module)))
    per_page, number = call.number("per_page", PER_PAGE, PER_PAGE), call.number("page", 1)
    start = (number - 1) * per_page
    if start >= CEILING:
        raise Refused(400, "LIMIT_REACHED", "maximum response iteration limit reached", {"limit": CEILING})
    chosen = found[start : min(start + per_page, CEILING)]
    if not chosen:
        return Answer(204)
    fields = shows(call, module, call.fields(mandatory=False))
    more = start + len(chosen) < len(found)
    info = {"per_page": per_page, "count": len(chosen), "page": number, "more_records": more}
    return Answer(200, {"data": [rendered(row, fields) for row in chosen], "info": info})


@routes.on("GET", "/{module}/actions/count", MODULE_SCOPE + "READ", SEARCH_SCOPE)
def count(call: Call) -> Answer:
    """The number of records; with a filter it comes from the search index, and is late with it."""
    module = call.module()
    if not any(call.query(way) for way in WAYS):
        return Answer(200, {"count": len(module.table)})
    return Answer(200, {"count": sum(1 for _ in _matching(call, module, _test(call, module)))})


def _matching(call: Call, module: Module, test: Test) -> Iterator[Row]:
    """Newest first; what changed within the lag is not seen yet (rule zoho.search-lag)."""
    lag_s = float(call.world.switches["search_lag_s"]) + call.request.stale_s
    latest = call.world.clock.timestamp() - lag_s
    for id in reversed(module.table.ids()):
        row = module.table.get(id)
        if row is not None and row["Modified_Time"] <= latest and test(row):
            yield row


def _test(call: Call, module: Module) -> Test:
    if (text := call.query("criteria")) is not None:
        return _criteria(text, module)
    if (email := call.query("email")) is not None:
        return _any_of(module, ("email",), lambda value: value == folded(email))
    if (phone := call.query("phone")) is not None:
        return _any_of(module, ("phone",), lambda value: folded(phone) in value)
    word = call.query("word")
    if word is None:
        words = "One of the expected parameter is missing"
        raise Refused(400, "EXPECTED_PARAM_MISSING", words, {"param_names": list(WAYS)})
    if len(word) < 2:
        raise invalid({"param_name": "word", "minimum_length": 2})
    return _any_of(module, ("text", "email", "phone", "picklist"), lambda value: folded(word) in value)


def _any_of(module: Module, types: tuple[str, ...], match: Callable[[str], bool]) -> Test:
    names = [field.api_name for field in module.fields.values() if field.data_type in types]
    return lambda row: any(isinstance(row.get(name), str) and match(folded(row[name])) for name in names)


def _criteria(text: str, module: Module) -> Test:
    reader = _Reader(text, module)
    test = reader.expression()
    if reader.rest():
        raise invalid_query("the criteria are not closed")
    if reader.count > CRITERIA_MOST:
        words = f"no of criterium that can be given exceed the limit {CRITERIA_MOST}"
        raise Refused(400, "CRITERIA_LIMIT_EXCEEDED", words)
    return test


class _Reader:
    """`((A:equals:x)and(B:equals:y))` into a function."""

    def __init__(self, text: str, module: Module) -> None:
        self._text, self._module, self._at, self.count = text, module, 0, 0

    def rest(self) -> str:
        return self._text[self._at :].strip()

    def expression(self) -> Test:
        test = self._term()
        while word := self._word():
            left, right = test, self._term()
            test = _both(left, right) if word == "and" else _either(left, right)
        return test

    def _term(self) -> Test:
        self._blank()
        if not self._text.startswith("(", self._at):
            return self._criterion()
        self._at += 1
        self._blank()
        test = self.expression() if self._text.startswith("(", self._at) else self._criterion()
        self._blank()
        if not self._text.startswith(")", self._at):
            raise invalid_query("the criteria are not closed")
        self._at += 1
        return test

    def _criterion(self) -> Test:
        found = CRITERION.match(self._text, self._at)
        if found is None:
            raise invalid_query("a criterion is (field:operator:value)")
        self._at = found.end()
        self.count += 1
        field = self._module.fields.get(found["name"])
        if field is None:
            raise invalid_query(f"the field {found['name']} is not known")
        value = re.sub(r"\\(.)", r"\1", found["value"])
        return _comparison(field, found["operator"], value)

    def _word(self) -> str | None:
        found = re.compile(r"\s*(and|or)\s*(?=\()", re.IGNORECASE).match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[1].lower()

    def _blank(self) -> None:
        while self._text.startswith(" ", self._at):
            self._at += 1


def _both(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)


def _either(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def _comparison(field: Field, operator: str, text: str) -> Test:
    name, is_text = field.api_name, field.data_type in ("text", "picklist", "textarea", "email", "phone", "website")
    wanted = [literal(field, part) for part in (text.split(",") if operator in ("in", "between") else [text])]
    if None in wanted and text != "null":
        raise invalid_query(f"the value does not fit the field {name}")
    match = _operator(operator, wanted, is_text)

    def test(row: Row) -> bool:
        value = row.get(name)
        if field.data_type == "boolean":
            value = bool(value)
        if value is None or text == "null":
            return value is None and text == "null" and operator in ("equals", "equal")
        values = value if isinstance(value, list) else [value]
        return any(match(folded(item)) for item in values)

    return test


def _operator(operator: str, wanted: list[Any], is_text: bool) -> Callable[[Any], bool]:
    first = wanted[0]
    if operator in ("equals", "equal", "contains") and is_text:
        return lambda value: first in value  # rule zoho.search-contains
    simple: dict[str, Callable[[Any], bool]] = {
        "equals": lambda value: bool(value == first),
        "equal": lambda value: bool(value == first),
        "not_equal": lambda value: bool(value != first),
        "starts_with": lambda value: str(value).startswith(str(first)),
        "in": lambda value: value in wanted,
        "greater_than": lambda value: bool(value > first),
        "greater_equal": lambda value: bool(value >= first),
        "less_than": lambda value: bool(value < first),
        "less_equal": lambda value: bool(value <= first),
        "between": lambda value: bool(first <= value <= wanted[-1]),
    }
    if operator not in simple:
        raise invalid_query(f"the operator {operator} is not known")
    return simple[operator]
