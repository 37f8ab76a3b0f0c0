"""One page of a search: by number up to 10,000 records, beyond that after the last hit (FACTS 4.3)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from gurney.twins.highlevel.call import Call
from gurney.twins.highlevel.filters import Column, Columns, Query, comparable
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row

WINDOW = 10_000
DESC = "desc"


Entry = tuple[Any, str, Row]
"""A row with its place in an order: the value sorted by, and its id."""


def find(call: Call, name: str, body: Row, columns: Columns, default: str, query: Query) -> list[Entry]:
    """The hits of a search, in order. Raises Refused."""
    field, down = _sort_of(body, columns, default)
    column = columns(field)
    assert column is not None
    if query.shortcut is not None:
        entries = _ordered(_by_value(call, name, *query.shortcut), column, down=down)
    else:
        entries = _all(call, name, field, column, down=down)
    return entries if query.test is None else [entry for entry in entries if query.test(entry[2])]


def _all(call: Call, name: str, field: str, column: Column, *, down: bool) -> list[Entry]:
    """Every row as the index has it, in order; sorted once as long as nothing changes and nothing is late."""
    account, stale_s = call.account, call.request.stale_s
    if account.indexes[name].late(call.world.clock.timestamp(), stale_s):
        return _ordered(account.searched(name, stale_s), column, down=down)
    known = account.sorted.get((name, field, down))
    if known is None or known[0] != account.changes[name]:
        known = account.sorted[name, field, down] = (
            account.changes[name],
            _ordered(account[name], column, down=down),
        )
    return known[1]


def _by_value(call: Call, name: str, key: str, value: Any) -> Iterable[Row]:
    """The rows with one exact value, and the late ones: no walk through all of them."""
    account = call.account
    table = account[name]
    if key == "id":
        direct = table.get(value) if isinstance(value, str) else None
        rows = [direct] if direct else []
    else:
        if key not in table.group_fields:
            table.group_by(key)
        rows = table.where(key, value)
    return account.indexes[name].view(rows, call.world.clock.timestamp(), call.request.stale_s)


def _sort_of(body: Row, columns: Columns, default: str) -> tuple[str, bool]:
    """The field to sort by, and whether downwards. Raises Refused."""
    given = body.get("sort")
    if given is None or given == []:
        return default, True
    if not isinstance(given, list) or not isinstance(given[0], dict):
        raise invalid(["sort must be an array"])
    field, direction = given[0].get("field"), given[0].get("direction", DESC)
    if not isinstance(field, str) or columns(field) is None or direction not in ("asc", DESC):
        raise invalid(["sort.field or sort.direction is invalid"])
    return field, direction == DESC


def page(body: Row, entries: list[Entry], most: int) -> list[tuple[Row, list[Any]]]:
    """The hits of one page, each with the `searchAfter` that leads on from it. Raises Refused."""
    limit, number = body.get("pageLimit"), body.get("page", 1)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= most:
        raise invalid([f"pageLimit must not be greater than {most}"])
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise invalid(["page must not be less than 1"])
    after = body.get("searchAfter")
    if after:
        start = _start_after(entries, after, down=_is_down(body))
    elif number * limit > WINDOW:
        raise bad(f"Result window is too large, from + size must be less than or equal to: [{WINDOW}]")
    else:
        start = (number - 1) * limit
    return [(row, [key, id]) for key, id, row in entries[start : start + limit]]


def _is_down(body: Row) -> bool:
    """Whether a body's sort, known to be good, goes downwards; so does none."""
    given = body.get("sort")
    return not given or given[0].get("direction", DESC) == DESC


def _ordered(rows: Iterable[Row], column: Column, *, down: bool) -> list[Entry]:
    return sorted(((_key(column.read(row)), row["id"], row) for row in rows), key=_place, reverse=down)


def _key(value: Any) -> float | str:
    read = comparable(value)
    if isinstance(read, float) and read.is_integer():
        return int(read)
    return "" if read is None else read


def _place(entry: Entry) -> tuple[bool, Any, str]:
    """Numbers before texts, so that a mixture can be sorted."""
    return isinstance(entry[0], str), entry[0], entry[1]


def _start_after(entries: list[Entry], after: Any, *, down: bool) -> int:
    """Where to go on. Raises Refused."""
    is_pair = isinstance(after, list) and len(after) == 2 and isinstance(after[1], str)
    if not is_pair or isinstance(after[0], bool | list | dict) or after[0] is None:
        raise invalid(["searchAfter must be an array"])
    last = (isinstance(after[0], str), after[0], after[1])
    return bisect_left(entries, True, key=lambda entry: _place(entry) < last if down else _place(entry) > last)


def check_query(body: Row) -> str | None:
    """The search words of a body. Raises Refused."""
    query = body.get("query")
    if query is None:
        return None
    if not isinstance(query, str):
        raise invalid(["query must be a string"])
    if len(query) > 75:
        raise invalid(["query must be shorter than or equal to 75 characters"])
    return query.casefold()
