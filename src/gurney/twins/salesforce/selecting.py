"""SELECT as what to show of a row: fields, parents, children, aggregates (FACTS 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.salesforce.call import Call
from gurney.twins.salesforce.filters import NUMBERS
from gurney.twins.salesforce.finding import Finder
from gurney.twins.salesforce.paths import Resolved, Resolver
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.showing import attributes, shower
from gurney.twins.salesforce.soql import Aggregate, Fields, Path, Query, marked
from gurney.twins.salesforce.store import Row

Show = Callable[[Row], Any]
FIELDS_MOST = 200


@dataclass
class Shape:
    """What is shown of the rows of one object, and of their parents."""

    call: Call
    kind: ObjectDef
    fields: dict[str, Show] = field(default_factory=dict)
    parents: dict[str, tuple[FieldDef, Shape]] = field(default_factory=dict)
    children: dict[str, Callable[[Row], Any]] = field(default_factory=dict)
    long_texts: int = 0

    def show(self, row: Row) -> dict[str, Any]:
        """One row as JSON."""
        wire: dict[str, Any] = {"attributes": attributes(self.call.base, self.kind, row["Id"])}
        for name, show in self.fields.items():
            wire[name] = show(row)
        for name, (reference, shape) in self.parents.items():
            found = self.call.world.row_of(row.get(reference.name, ""))
            wire[name] = shape.show_parent(found) if found else None
        for name, show in self.children.items():
            wire[name] = show(row)
        return wire

    def show_parent(self, found: tuple[ObjectDef, Row]) -> dict[str, Any]:
        """A parent; its own object is named where several are possible."""
        wire = self.show(found[1])
        if self.kind.name == "Name":
            wire["attributes"] = attributes(self.call.base, found[0], found[1]["Id"])
            if "Type" in wire:
                wire["Type"] = found[0].name
        return wire


def shape_of(call: Call, resolver: Resolver, query: Query, kind: ObjectDef) -> Shape:
    """What a query without aggregates shows. Raises Refused."""
    shape, seen = Shape(call, kind), set[str]()
    for item in query.select:
        if isinstance(item, Path):
            if str(item).lower() in seen:
                raise Refused("MALFORMED_QUERY", marked(query.text, item.at, f"duplicate field selected: {item}"))
            seen.add(str(item).lower())
            if item in query.aliases:
                raise Refused("MALFORMED_QUERY", marked(query.text, item.at, "only aggregate expressions use aliasing"))
            _place(shape, resolver.resolve(kind, item, query.alias), call)
        elif isinstance(item, Fields):
            _place_group(call, shape, query, item.group)
        elif isinstance(item, Query):
            _place_children(call, resolver, shape, item)
    return shape


def _place(shape: Shape, found: Resolved, call: Call) -> None:
    """Put a field where it belongs: into the row or into a parent of it."""
    for reference in found.parents:
        target = found.kind if reference is found.parents[-1] else _target(call, reference)
        name = str(reference.relationship)
        shape = shape.parents.setdefault(name, (reference, Shape(call, target)))[1]
    shape.fields[found.field.name] = shower(call.base, shape.kind, found.field)
    shape.long_texts += found.field.is_long


def _target(call: Call, reference: FieldDef) -> ObjectDef:
    return call.world.schema.objects[reference.reference_to[0]]


def _place_group(call: Call, shape: Shape, query: Query, group: str) -> None:
    """FIELDS(ALL), FIELDS(STANDARD), FIELDS(CUSTOM) (rule salesforce.fields-limit)."""
    if group not in ("ALL", "STANDARD", "CUSTOM"):
        raise Refused("MALFORMED_QUERY", f"FIELDS({group}) is not supported")
    if group != "STANDARD" and (query.limit is None or query.limit > FIELDS_MOST):
        raise Refused("MALFORMED_QUERY", f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_MOST}")
    wanted = [
        one for one in call.access.readable(shape.kind).values() if group == "ALL" or one.custom == (group == "CUSTOM")
    ]
    if not wanted:
        raise Refused("MALFORMED_QUERY", f"The SOQL FIELDS function is not supported for FIELDS({group}) here")
    for one in wanted:
        shape.fields[one.name] = shower(call.base, shape.kind, one)
        shape.long_texts += one.is_long


def _place_children(call: Call, resolver: Resolver, shape: Shape, query: Query) -> None:
    """`(SELECT Id FROM Contacts)`: one level only."""
    name = str(query.object)
    for child, reference in call.world.schema.children_of(shape.kind.name):
        if (reference.children or "").lower() == name.lower() and call.access.can(child, "read"):
            break
    else:
        words = (
            f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a "
            "custom relationship, be sure to append the '__r' after the custom relationship name."
        )
        raise Refused("INVALID_TYPE", marked(query.text, query.object.at, words))
    if query.aggregates or any(isinstance(item, Query) for item in query.select):
        raise Refused("MALFORMED_QUERY", "a sub-query has neither aggregates nor sub-queries here")
    inner = shape_of(call, resolver, query, child)
    finder, table, key = Finder(resolver, query, child), call.world.table(child.name), reference.name
    finder.rows(())

    def show(row: Row) -> dict[str, Any] | None:
        rows = finder.rows(table.by(key, row["Id"]))
        shown = [inner.show(one) for one in rows]
        return {"totalSize": len(shown), "done": True, "records": shown} if shown else None

    shape.children[str(reference.children)] = show


def grouped(resolver: Resolver, query: Query, kind: ObjectDef, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows of a query with aggregates. Raises Refused."""
    keys = {str(path).lower(): resolver.resolve(kind, path, query.alias) for path in query.group}
    for found in keys.values():
        if not found.field.groupable:
            raise Refused("MALFORMED_QUERY", f"field '{found.field.name}' can not be grouped in a query call")
    columns = _columns(resolver, query, kind, keys)
    groups: dict[tuple[Any, ...], list[Row]] = {} if query.group else {(): []}
    for row in rows:
        groups.setdefault(tuple(found.get(row) for found in keys.values()), []).append(row)
    return [
        {"attributes": {"type": "AggregateResult"}, **{name: value(members) for name, value in columns}}
        for members in groups.values()
    ]


def _columns(
    resolver: Resolver, query: Query, kind: ObjectDef, keys: dict[str, Resolved]
) -> list[tuple[str, Callable[[list[Row]], Any]]]:
    columns: list[tuple[str, Callable[[list[Row]], Any]]] = []
    unnamed = 0
    for item in query.select:
        if isinstance(item, Aggregate):
            columns.append((item.alias or f"expr{unnamed}", _aggregate(resolver, query, kind, item)))
            unnamed += item.alias is None
        elif isinstance(item, Path) and str(item).lower() in keys:
            get = keys[str(item).lower()].get
            columns.append((query.aliases.get(item) or item.names[-1], _first(get)))
        else:
            words = f"Field must be grouped or aggregated: {item if isinstance(item, Path) else 'sub-query'}"
            raise Refused("MALFORMED_QUERY", words)
    return columns


def _first(get: Callable[[Row], Any]) -> Callable[[list[Row]], Any]:
    return lambda rows: get(rows[0])


def _aggregate(resolver: Resolver, query: Query, kind: ObjectDef, item: Aggregate) -> Callable[[list[Row]], Any]:
    if item.path is None:
        raise Refused("MALFORMED_QUERY", "COUNT() stands alone; use COUNT(Id) beside other fields")
    found = resolver.resolve(kind, item.path, query.alias)
    number = found.field.type in NUMBERS
    if (item.function in ("SUM", "AVG") and not number) or not found.field.aggregatable:
        raise Refused(
            "MALFORMED_QUERY", f"field {found.field.name} does not support aggregate operator {item.function}"
        )
    get = found.get

    def compute(rows: list[Row]) -> Any:
        values = [value for row in rows if (value := get(row)) is not None]
        match item.function:
            case "COUNT":
                return len(values)
            case "COUNT_DISTINCT":
                return len({value.casefold() if isinstance(value, str) else value for value in values})
            case "SUM":
                return float(sum(values)) if values else None
            case "AVG":
                return sum(values) / len(values) if values else None
            case "MIN":
                return min(values, default=None)
        return max(values, default=None)

    return compute
