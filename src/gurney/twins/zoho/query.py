"""Answering a COQL query: columns through lookups, conditions, order, and an index where one helps (FACTS 4)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.tables import Row, folded
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.coql import JOINS_MOST, Condition, Group, Query, Tree, parse
from gurney.twins.zoho.literals import OPAQUE, literal
from gurney.twins.zoho.reading import ordered
from gurney.twins.zoho.refusals import Refused
from gurney.twins.zoho.rendering import Show, show_for
from gurney.twins.zoho.schema import Field, Module

routes = Routes()
LIMIT = re.compile(r"\blimit\s+(\d+)(?:\s*,\s*(\d+))?", re.IGNORECASE)
LINKS = ("lookup", "multi_module_lookup", "ownerlookup", "userlookup")
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Column:
    """A column of a query: its field, its stored value, how it is shown."""

    name: str
    field: Field
    value: Callable[[Row], Any]
    show: Show


def query_cost(call: Call) -> int:
    """One credit up to 200 rows asked for, two up to 1,000, three beyond (FACTS 11)."""
    found = LIMIT.search(str(call.body().get("select_query")))
    rows = int(found[2] or found[1]) if found else 200
    return 1 if rows <= 200 else 2 if rows <= 1_000 else 3


@routes.on("POST", "/coql", "ZohoCRM.coql.READ", cost=query_cost)
def coql(call: Call) -> Answer:
    """POST /coql."""
    text = call.body().get("select_query")
    if not isinstance(text, str):
        details = {"api_name": "select_query", "json_path": "$.select_query"}
        raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", details)
    query = parse(text)
    if query.module not in call.world.modules:
        raise invalid_query({"module": query.module})
    module = call.world.modules[query.module]
    _check_limits(call, query)
    columns = [column_of(call, module, name) for name in dict.fromkeys(["id", *query.columns])]
    _check_joins(query)
    rows = list(_window(call, module, query))
    more = len(rows) > query.limit
    data = [{column.name: column.show(row) for column in columns} for row in rows[: query.limit]]
    if not data:
        return Answer(204)
    return Answer(200, {"data": data, "info": {"count": len(data), "more_records": more}})


def invalid_query(details: dict[str, Any]) -> Refused:
    return Refused(400, "INVALID_QUERY", "invalid query formed", details)


def _check_limits(call: Call, query: Query) -> None:
    rows, offset = int(call.world.switches["coql_rows"]), int(call.world.switches["coql_offset"])
    for value, most in ((query.limit, rows), (query.offset, offset)):
        if value > most:
            raise Refused(400, "LIMIT_EXCEEDED", "the limit given exceeds the maximum", {"limit": most})


def _check_joins(query: Query) -> None:
    names = [*query.columns, *(c.column for c in _conditions(query.where)), *(name for name, _ in query.order)]
    joins = {name.rpartition(".")[0] for name in names if "." in name and not name.endswith(".id")}
    if len(joins) > JOINS_MOST:
        raise Refused(400, "LIMIT_EXCEEDED", "joins count exceeded the limit", {"limit": JOINS_MOST})


def _conditions(tree: Tree) -> Iterator[Condition]:
    if isinstance(tree, Condition):
        yield tree
    else:
        yield from _conditions(tree.left)
        yield from _conditions(tree.right)


def column_of(call: Call, module: Module, name: str) -> Column:
    """A column by its name, through lookups where it has dots. Raises Refused."""
    first, _, rest = name.partition(".")
    field = module.fields.get(first)
    if field is None:
        raise invalid_query({"column_name": name})
    if not rest:
        return Column(name, field, lambda row: row.get(first), _shown(call, module, field))
    if rest == "id" and field.data_type in LINKS:
        return Column(name, field, lambda row: row.get(first), lambda row: row.get(first))
    target = call.world.modules.get(field.lookup or "")
    if field.data_type != "lookup" or target is None:
        raise invalid_query({"column_name": name})
    inner = column_of(call, target, rest)
    table = target.table

    def through(read: Callable[[Row], Any]) -> Callable[[Row], Any]:
        def get(row: Row) -> Any:
            linked = table.get(row.get(first) or "")
            return None if linked is None else read(linked)

        return get

    return Column(name, inner.field, through(inner.value), through(inner.show))


def _shown(call: Call, module: Module, field: Field) -> Show:
    """As in lists, but a link is `{id}`, from v7 on with its name (rule zoho.coql-lookup)."""
    show = show_for(call, module, field)
    if field.data_type not in LINKS:
        return show
    names = ("name", "id") if call.version >= 7 else ("id",)

    def link(row: Row) -> Any:
        whole = show(row)
        return {name: whole[name] for name in names} if whole else None

    return link


def _window(call: Call, module: Module, query: Query) -> Iterable[Row]:
    """The rows of the page and one more, if there is one."""
    test = compiled(call, module, query.where)
    rows = (row for row in _candidates(call, module, query) if test(row))
    by_id = not query.order or query.order == [("id", False)]
    if by_id:
        end = query.offset + query.limit + 1
        return (row for at, row in zip(range(end), rows, strict=False) if at >= query.offset)
    chosen = list(rows)
    for name, descending in reversed(query.order):
        column = column_of(call, module, name)
        chosen.sort(key=lambda row, read=column.value: _sortable(read(row)), reverse=descending)  # type: ignore[misc]
    return chosen[query.offset : query.offset + query.limit + 1]


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, folded(value) if isinstance(value, str) else value if value is not None else 0)


def _candidates(call: Call, module: Module, query: Query) -> Iterator[Row]:
    """Rows in order of id: from an index when a condition that must hold allows it, else all."""
    table = module.table
    found: set[str] | None = None
    start = 0
    keys = ordered(module, "id", module.version)
    for condition in _must_hold(query.where):
        ids = _by_index(module, condition)
        if ids is not None:
            found = ids if found is None else found & ids
        elif condition.column == "id" and condition.operator in (">", ">="):
            low = str(condition.values[0])
            start = max(start, bisect_left(keys, (low, low)))
    if found is not None:
        return (row for id in sorted(found) if (row := table.get(id)) is not None)
    return (table.get(keys[at][1]) or {} for at in range(start, len(keys)))


def _must_hold(tree: Tree) -> Iterator[Condition]:
    if isinstance(tree, Condition):
        yield tree
    elif tree.word == "and":
        yield from _must_hold(tree.left)
        yield from _must_hold(tree.right)


def _by_index(module: Module, condition: Condition) -> set[str] | None:
    """Ids that can meet the condition; None when no index knows."""
    if condition.operator not in ("=", "in"):
        return None
    name = condition.column.removesuffix(".id")
    table, values = module.table, [str(value) for value in condition.values]
    if condition.column == "id":
        return set(values)
    if name in table.unique_fields and module.fields[name].fold is folded:
        return {row["id"] for value in values if (row := table.by(name, value)) is not None}
    if name in table.group_fields and module.fields[name].data_type in LINKS:
        return {row["id"] for value in values for row in table.where(name, value)}
    return None


def compiled(call: Call, module: Module, tree: Tree) -> Test:
    """The condition as a function of a row. Raises Refused for columns and values that do not fit."""
    if isinstance(tree, Group):
        left, right = compiled(call, module, tree.left), compiled(call, module, tree.right)
        if tree.word == "and":
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)
    most = int(call.world.switches["coql_in"])
    if len(tree.values) > most:
        raise Refused(400, "LIMIT_EXCEEDED", f"only {most} values are allowed in a list", {"limit": most})
    column = column_of(call, module, tree.column)
    if column.field.data_type in ("textarea", *OPAQUE) and not tree.operator.startswith("is"):
        raise _bad_operator(tree)
    return _test(tree, column.value, [comparable(tree, column.field, value) for value in tree.values], column.field)


def _bad_operator(condition: Condition) -> Refused:
    reason = "the operator is not supported for the data type of the column"
    details = {"column_name": condition.column, "operator": condition.operator, "reason": reason}
    return invalid_query(details)


def comparable(condition: Condition, field: Field, value: Any) -> Any:
    """A literal in the form in which the field is stored. Raises Refused."""
    fitting = literal(field, value)
    if fitting is None:
        raise invalid_query({"column_name": condition.column})
    return fitting


def _test(condition: Condition, read: Callable[[Row], Any], values: list[Any], field: Field) -> Test:
    negated = condition.operator.startswith("not ") or condition.operator in ("!=", "is not null")
    operator = {"!=": "=", "is not null": "is null"}.get(condition.operator, condition.operator.removeprefix("not "))
    if operator == "is null":
        return (lambda row: read(row) not in (None, "")) if negated else (lambda row: read(row) in (None, ""))
    match = _match(condition, operator, values)
    default = False if field.data_type == "boolean" else None

    def test(row: Row) -> bool:
        value = read(row)
        value = default if value is None else value
        if value is None:
            return False
        if isinstance(value, list):
            return any(match(folded(item)) for item in value) is not negated
        return match(folded(value)) is not negated

    return test


def _match(condition: Condition, operator: str, values: list[Any]) -> Callable[[Any], bool]:
    first = values[0]
    match operator:
        case "=":
            return lambda value: bool(value == first)
        case "<":
            return lambda value: bool(value < first)
        case "<=":
            return lambda value: bool(value <= first)
        case ">":
            return lambda value: bool(value > first)
        case ">=":
            return lambda value: bool(value >= first)
        case "in":
            wanted = set(values)
            return lambda value: value in wanted
        case "between":
            low, high = values
            return lambda value: bool(low <= value <= high)
        case "like":
            if not isinstance(first, str):
                raise _bad_operator(condition)
            pattern = re.compile(".*".join(re.escape(part) for part in first.split("%")), re.DOTALL)
            return lambda value: pattern.fullmatch(str(value)) is not None
    raise _bad_operator(condition)
