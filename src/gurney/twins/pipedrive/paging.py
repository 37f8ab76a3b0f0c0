"""Pages: keyset cursors in v2, offsets in v1 (FACTS 3.1)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, ok
from gurney.twins.pipedrive.refusals import Wrong
from gurney.twins.pipedrive.shelf import Key, Row, Shelf, from_key, keys_of

DEFAULT = 100
MOST = 500
PAGE = ("limit", "cursor")
SORTED = ("sort_by", "sort_direction", *PAGE)
Keep = Callable[[Row], bool]


@dataclass(frozen=True)
class Cut:
    """Which part of a list is asked for."""

    limit: int
    column: str
    ascending: bool
    key: Key | None
    until: float | None = None
    """How long the next cursor is good (switch cursor_life_s); None is for ever."""

    def cursor_to(self, key: Key) -> str:
        """The opaque text that names the first item of the next page."""
        value, id = (key, key) if self.column == "id" else (key[0] or None, key[1])
        place = {
            "field": self.column, "fieldValue": value, "sortDirection": "asc" if self.ascending else "desc", "id": id,
        }  # fmt: skip
        if self.until is not None:
            place["until"] = self.until
        return urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def limit_of(call: Call, most: int = MOST) -> int:
    """The `limit`: refused above its maximum, or capped (switch over_limit). Raises Wrong."""
    limit = call.number("limit", DEFAULT) or 0
    if limit < 1:
        raise Wrong("must be greater than or equal to 1", "limit")
    if limit > most:
        if call.world.switches["over_limit"] == "refuse":
            raise Wrong(f"must be less than or equal to {most}", "limit")
        return most
    return limit


def cut_of(call: Call, columns: Iterable[str] = ("id",), most: int = MOST) -> Cut:
    """Limit, order and cursor of a v2 list. Raises Wrong."""
    column = call.query("sort_by") or "id"
    direction = call.query("sort_direction") or "asc"
    allowed = tuple(columns)
    if column not in allowed:
        raise Wrong(f"must be one of {', '.join(allowed)}", "sort_by")
    if direction not in ("asc", "desc"):
        raise Wrong("must be one of asc, desc", "sort_direction")
    life_s, now = int(call.world.switches["cursor_life_s"]), call.world.clock.timestamp()
    key = _place(call.query("cursor"), column, direction, now)
    return Cut(limit_of(call, most), column, direction == "asc", key, now + life_s if life_s else None)


def _place(cursor: str | None, column: str, direction: str, now: float) -> Key | None:
    if cursor is None:
        return None
    try:
        place = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        agrees = (place["field"], place["sortDirection"]) == (column, direction)
        id, value, is_old = place["id"], place["fieldValue"], place.get("until", now) < now
    except (NotBase64, ValueError, KeyError, TypeError) as no:
        raise Wrong("Invalid cursor", "cursor") from no
    fits = isinstance(id, int) and (column == "id" or isinstance(value, str | None))
    if is_old or not agrees or not fits:
        raise Wrong("Invalid cursor", "cursor")
    return id if column == "id" else (value or "", id)


def page_of(shelf: Shelf, cut: Cut, keep: Keep, candidates: list[Row] | None = None) -> tuple[list[Row], str | None]:
    """One page, and the cursor of the next: of all live rows, or of some."""
    keys = shelf.ordered(cut.column) if candidates is None else keys_of(candidates, cut.column)
    known = None if candidates is None else {row["id"]: row for row in candidates}
    rows: list[Row] = []
    for key in from_key(keys, cut.key, ascending=cut.ascending):
        id = key if cut.column == "id" else key[1]
        row = shelf.rows[id] if known is None else known[id]
        if not keep(row):
            continue
        if len(rows) == cut.limit:
            return rows, cut.cursor_to(key)
        rows.append(row)
    return rows, None


def listed(rows: list[Any], next_cursor: str | None) -> Answer:
    """A page of v2."""
    return ok(rows, additional_data={"next_cursor": next_cursor})


def cut_through(call: Call, rows: Sequence[Any], columns: tuple[str, ...] = ("id",)) -> tuple[list[Any], str | None]:
    """One page of something short: the cursor is a place. Without more columns the order is as given."""
    cut = cut_of(call, columns)
    if len(columns) > 1:
        rows = sorted(rows, key=lambda row: (row[cut.column], row["id"]), reverse=not cut.ascending)
    by_id = cut.column == "id"
    start = (cut.key if by_id else cut.key[1]) if cut.key else 0
    rest = start + cut.limit
    cursor = cut.cursor_to(rest if by_id else ("", rest)) if rest < len(rows) else None
    return list(rows[start:rest]), cursor


def offset_page(call: Call, rows: Sequence[Any], most: int = MOST) -> tuple[list[Any], dict[str, Any]]:
    """One page of v1, and its `pagination`; a limit above the maximum is cut to it. Raises Wrong."""
    start = call.number("start", 0) or 0
    limit = min(max(1, call.number("limit", DEFAULT) or DEFAULT), most)
    more = start + limit < len(rows)
    pagination: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more:
        pagination["next_start"] = start + limit
    return list(rows[start : start + limit]), pagination


def paged(rows: list[Any], pagination: dict[str, Any]) -> Answer:
    """A page of v1."""
    return ok(rows, additional_data={"pagination": pagination})


def sort_rows(call: Call, rows: list[Row], columns: Iterable[str]) -> list[Row]:
    """v1's `sort`: "add_time DESC, id ASC". Raises Wrong for an unknown column."""
    allowed = set(columns)
    orders = [part.split() for part in call.words("sort")]
    for parts in reversed(orders):
        column, direction = parts[0], parts[1].upper() if len(parts) > 1 else "ASC"
        if column not in allowed or direction not in ("ASC", "DESC") or len(parts) > 2:
            raise Wrong("Invalid sort parameter")
        rows = sorted(rows, key=lambda row: (row.get(column) is not None, row.get(column)), reverse=direction == "DESC")
    return rows
