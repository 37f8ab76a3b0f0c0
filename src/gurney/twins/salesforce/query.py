"""Queries and their pages (FACTS 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.finding import Finder
from gurney.twins.salesforce.paths import Resolver
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.selecting import grouped, shape_of
from gurney.twins.salesforce.soql import Query
from gurney.twins.salesforce.soql_reader import parse
from gurney.twins.salesforce.store import Row

routes = Routes()
LEAST, MOST = 200, 2_000
LONG_TEXTS_FOR_SMALL_PAGES = 2
CURSOR_S = 2 * 86_400
OPEN_CURSORS = 100
"""More are never open at a time; the oldest goes first."""


@dataclass
class Cursor:
    """What a locator stands for."""

    user_id: str
    rows: list[Row]
    show: Callable[[Row], dict[str, Any]]
    size: int
    ends: float


@routes.on("GET", "/query")
def query(call: Call) -> Answer:
    return ask(call, call.query("q") or "", deleted_too=False)


@routes.on("GET", "/queryAll")
def query_all(call: Call) -> Answer:
    return ask(call, call.query("q") or "", deleted_too=True)


@routes.on("GET", "/query/{locator}")
def more(call: Call) -> Answer:
    return _next(call)


@routes.on("GET", "/queryAll/{locator}")
def more_of_all(call: Call) -> Answer:
    return _next(call)


def ask(call: Call, text: str, *, deleted_too: bool) -> Answer:
    """The first page. Raises Refused."""
    parsed = parse(text)
    resolver = Resolver(call.world, call.access, text)
    kind = resolver.object(parsed.object)
    finder = Finder(resolver, parsed, kind, deleted_too)
    if parsed.counts_only:
        return Answer(200, {"totalSize": _count(finder), "done": True, "records": []})
    if parsed.aggregates:
        return Answer(200, _aggregated(finder, parsed))
    shape = shape_of(call, resolver, parsed, kind)
    size = _page_size(call, LEAST if shape.long_texts >= LONG_TEXTS_FOR_SMALL_PAGES else MOST)
    cursor = Cursor(call.user_id, finder.rows(), shape.show, size, call.world.clock.timestamp() + CURSOR_S)
    return _page(call, cursor, 0, None)


def _count(finder: Finder) -> int:
    query, kind = finder.query, finder.kind
    plain = query.where is None and query.limit is None and not query.offset and not finder.deleted_too
    if plain and finder.resolver.access.sight(kind) is None and kind.name != "ContentDocumentLink":
        return len(finder.resolver.world.table(kind.name).rows)
    return len(finder.rows())


def _aggregated(finder: Finder, query: Query) -> dict[str, Any]:
    """All groups on one page: aggregates have no locator."""
    order, limit = query.order, query.limit
    query.order, query.limit = [], None
    rows = grouped(finder.resolver, query, finder.kind, finder.rows())
    for one in reversed(order):
        name = next((key for row in rows[:1] for key in row if key.lower() == one.path.names[-1].lower()), None)
        if name is None:
            raise Refused("MALFORMED_QUERY", f"Ordered field must be grouped or aggregated: {one.path}")
        rows.sort(key=_null_first(name), reverse=one.down)
    rows = rows[:limit] if limit is not None else rows
    return {"totalSize": len(rows), "done": True, "records": rows}


def _null_first(name: str) -> Callable[[dict[str, Any]], tuple[bool, Any]]:
    return lambda row: (row[name] is not None, row[name] or 0)


def _page_size(call: Call, most: int) -> int:
    """What Sforce-Query-Options asks for, within bounds (rule salesforce.batch-size)."""
    wanted = call.header("sforce-query-options").get("batchsize", "")
    return min(max(int(wanted), LEAST), most) if wanted.isdigit() else most


def _page(call: Call, cursor: Cursor, start: int, locator: str | None) -> Answer:
    end = start + cursor.size
    body: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
    if not body["done"]:
        if locator is None:
            locator = call.world.ids.new("01g")
            call.world.cursors[locator] = cursor
            while len(call.world.cursors) > OPEN_CURSORS:
                del call.world.cursors[next(iter(call.world.cursors))]
        body["nextRecordsUrl"] = f"{call.base}/query/{locator}-{end}"
    body["records"] = [cursor.show(row) for row in cursor.rows[start:end]]
    return Answer(200, body)


def _next(call: Call) -> Answer:
    locator, _, start = call.param("locator").rpartition("-")
    cursor = call.world.cursors.get(locator)
    known = isinstance(cursor, Cursor) and cursor.user_id == call.user_id and start.isdigit()
    if not known or cursor is None or cursor.ends <= call.world.clock.timestamp():
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, cursor, int(start), locator)
