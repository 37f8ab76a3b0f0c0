"""One page of a search: by number up to 10,000 records, beyond that after the last hit (FACTS 4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gurney.twins.highlevel.call import Call
from gurney.twins.highlevel.filters import Columns, Query, comparable
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row

WINDOW = 10_000
DESC = "desc"


def candidates(call: Call, name: str, query: Query) -> Iterable[Row]:
    """Rows as the index has them, without a walk through all of them when one exact value is asked for."""
    account, stale_s = call.account, call.request.stale_s
    if query.shortcut is None:
        return account.searched(name, stale_s)
    key, value = query.shortcut
    table = account[name]
    if key != "id" and key not in table.group_fields:
        table.group_by(key)
    direct = table.get(value) if key == "id" and isinstance(value, str) else None
    rows = ([direct] if direct else []) if key == "id" else table.where(key, value)
    return account.indexes[name].view(rows, call.world.clock.timestamp(), stale_s)


def sort_of(body: Row, columns: Columns, default: str) -> tuple[str, bool]:
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


def page(call: Call, body: Row, rows: list[Row], columns: Columns, default: str, most: int) -> list[tuple[Row, Any]]:
    """The hits of one page, each with the `searchAfter` that leads on from it. Raises Refused."""
    limit, number = body.get("pageLimit"), body.get("page", 1)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= most:
        raise invalid([f"pageLimit must not be greater than {most}"])
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise invalid(["page must not be less than 1"])
    field, down = sort_of(body, columns, default)
    column = columns(field)
    assert column is not None
    ordered = sorted(((_key(column.read(row)), row["id"], row) for row in rows), key=_place, reverse=down)
    after = body.get("searchAfter")
    if after:
        ordered = _beyond(ordered, after, down=down)
        start = 0
    elif number * limit > WINDOW:
        raise bad(f"Result window is too large, from + size must be less than or equal to: [{WINDOW}]")
    else:
        start = (number - 1) * limit
    return [(row, [key, id]) for key, id, row in ordered[start : start + limit]]


def _key(value: Any) -> float | str:
    read = comparable(value)
    if isinstance(read, float) and read.is_integer():
        return int(read)
    return "" if read is None else read


def _place(entry: tuple[Any, str, Row]) -> tuple[bool, Any, str]:
    """Numbers before texts, so that a mixture can be sorted."""
    return isinstance(entry[0], str), entry[0], entry[1]


def _beyond(ordered: list[tuple[Any, str, Row]], after: Any, *, down: bool) -> list[tuple[Any, str, Row]]:
    is_pair = isinstance(after, list) and len(after) == 2 and isinstance(after[1], str)
    if not is_pair or isinstance(after[0], bool | list | dict) or after[0] is None:
        raise invalid(["searchAfter must be an array"])
    last = (isinstance(after[0], str), after[0], after[1])
    return [entry for entry in ordered if (_place(entry) < last if down else _place(entry) > last)]


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
