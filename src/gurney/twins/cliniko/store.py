"""Records as bytes, ready to be sent, in the order in which lists are read.

A row never changes: a write puts a new row in its place. So a list that is being paged, the state after the
start, and what a lagging cache still shows are all cheap to keep.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Record = dict[str, Any]

ARCHIVED, CANCELLED, DELETED, INACTIVE = 1, 2, 4, 8
REMEMBERED_CHANGES = 20_000
KEPT_RESULTS = 64
FOLLOWERS = {
    "individual_appointments": ("bookings", "appointments"),
    "group_appointments": ("bookings",),
    "unavailable_blocks": ("bookings",),
}
"""Lists that show another resource's records as well: same id, other address (FACTS 6, 13.14)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it stood at some time."""

    resource: str
    id: str
    number: int
    created: str
    updated: str
    hidden: int
    """Why plain lists leave it out: a sum of ARCHIVED, CANCELLED, DELETED, INACTIVE."""
    wire: bytes

    def record(self) -> Record:
        """A fresh copy of the record."""
        copy: Record = orjson.loads(self.wire)
        return copy


def row_of(resource: str, record: Record, order: int = 0) -> Row:
    """The row of a record; `order` stands in for the id where there is none (services)."""
    number = int(record["id"]) if "id" in record else order
    return Row(
        resource,
        record.get("id") or str(order),
        number,
        record.get("created_at", ""),
        record.get("updated_at", ""),
        _hidden(resource, record),
        bytes(memoryview(orjson.dumps(record))),  # copied: orjson's own bytes keep the room they were written in
    )


def _hidden(resource: str, record: Record) -> int:
    """Merged patients leave plain lists as archived ones do (FACTS 6.1)."""
    bits = ARCHIVED if record.get("archived_at") or record.get("merged_at") else 0
    bits |= CANCELLED if record.get("cancelled_at") else 0
    bits |= DELETED if record.get("deleted_at") else 0
    return bits | (INACTIVE if resource == "practitioners" and not record.get("active", True) else 0)


def _by_creation(row: Row) -> tuple[str, int]:
    return row.created, row.number


def _by_update(row: Row) -> tuple[str, int]:
    return row.updated, row.number


ORDERS: dict[str, Callable[[Row], tuple[str, int]]] = {"created_at": _by_creation, "updated_at": _by_update}


class Table:
    """The rows of one list: by id, in two orders, grouped by any attribute on demand."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.results: dict[Any, list[Row]] = {}
        self.changes: deque[tuple[float, str, Row | None]] = deque(maxlen=REMEMBERED_CHANGES)
        self._orders: dict[str, list[Row]] = {}
        self._groups: dict[str, Group] = {}

    def put(self, row: Row, at: float | None = None) -> None:
        """Take a new row, or one in place of another. `at`: vendor time; None while loading."""
        before = self.rows.get(row.id)
        if at is not None:
            self.changes.append((at, row.id, before))
        self.rows[row.id] = row
        self._reorder(before, row)

    def drop(self, id: str, at: float) -> None:
        """Take a row out for good. Raises KeyError."""
        before = self.rows.pop(id)
        self.changes.append((at, id, before))
        self._reorder(before, None)

    def ordered(self, name: str) -> list[Row]:
        """All rows by creation or by update, equal times by id."""
        order = self._orders.get(name)
        if order is None:
            order = self._orders[name] = sorted(self.rows.values(), key=ORDERS[name])
        return order

    def window(self, name: str, low: str | None, high: str | None) -> list[Row]:
        """The rows whose stamp lies between two, both included."""
        order = self.ordered(name)
        stamp = (lambda row: row.created) if name == "created_at" else (lambda row: row.updated)
        start = bisect_left(order, low, key=stamp) if low is not None else 0
        end = bisect_right(order, high, key=stamp) if high is not None else len(order)
        return order[start:end]

    def group(self, name: str, read: Callable[[Record], Any], value: Any) -> list[Row]:
        """The rows with one value of an attribute, in order of creation."""
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(read)
            for row in self.ordered("created_at"):
                group.members(row).append(row)
        return group.rows.get(value, [])

    def remember(self, key: Any, rows: list[Row]) -> list[Row]:
        """Keep a result until the next write, so that paging through it costs one search."""
        if len(self.results) >= KEPT_RESULTS:
            self.results.clear()
        self.results[key] = rows
        return rows

    def undone(self, since: float) -> Mapping[str, Row | None]:
        """What changed after `since`, as it stood then; None for what did not exist yet."""
        overlay: dict[str, Row | None] = {}
        for at, id, before in reversed(self.changes):
            if at <= since:
                break
            overlay[id] = before
        return overlay

    def copy(self) -> Table:
        """A table with the same rows and no history."""
        twin = Table()
        twin.rows = dict(self.rows)
        return twin

    def _reorder(self, before: Row | None, row: Row | None) -> None:
        """Bring orders and groups up to date, and forget results."""
        for name, order in self._orders.items():
            _replace(order, before, row, ORDERS[name])
        for group in self._groups.values():
            if before is not None:
                _replace(group.members(before), before, None, _by_creation)
            if row is not None:
                _replace(group.members(row), None, row, _by_creation)
        self.results.clear()


class Group:
    """Rows by the value of one attribute."""

    def __init__(self, read: Callable[[Record], Any]) -> None:
        self.rows: dict[Any, list[Row]] = {}
        self._read = read

    def members(self, row: Row) -> list[Row]:
        """The rows that have the value that this row has."""
        return self.rows.setdefault(self._read(row.record()), [])


def _replace(order: list[Row], before: Row | None, row: Row | None, key: Callable[[Row], tuple[str, int]]) -> None:
    if before is not None:
        del order[bisect_left(order, key(before), key=key)]
    if row is not None:
        insort(order, row, key=key)


class Store:
    """Every table, and the ids that are still free."""

    def __init__(self, resources: Iterable[str]) -> None:
        self.tables: dict[str, Table] = {name: Table() for name in resources}
        self._highest = 1_580_000_000_000_000_000

    def load(self, rows: Iterable[Row]) -> None:
        """Take rows at the start, without a history."""
        for row in rows:
            self._put(row, None)

    def put(self, resource: str, record: Record, at: float) -> Row:
        """Write a record: a new one, or over the one with its id."""
        row = row_of(resource, record)
        self._put(row, at)
        return row

    def drop(self, resource: str, id: str, at: float) -> None:
        """Remove a record for good, from the lists that follow too. Raises KeyError."""
        for name in (resource, *FOLLOWERS.get(resource, ())):
            self.tables[name].drop(id, at)

    def find(self, resource: str, id: str) -> Record | None:
        """The record with this id, hidden or not."""
        row = self.tables[resource].rows.get(id)
        return row.record() if row else None

    def new_id(self) -> str:
        """An id above every other."""
        self._highest += 1
        return str(self._highest)

    def go_back_to(self, start: Store) -> None:
        """Hold what a copy held, without a history."""
        self.tables |= {name: table.copy() for name, table in start.tables.items()}
        self._highest = start._highest

    def copy(self) -> Store:
        """The same records without a history: what `reset` goes back to."""
        twin = Store(())
        twin.tables = {name: table.copy() for name, table in self.tables.items()}
        twin._highest = self._highest
        return twin

    def _put(self, row: Row, at: float | None) -> None:
        self._highest = max(self._highest, row.number)
        for name in (row.resource, *FOLLOWERS.get(row.resource, ())):
            self.tables[name].put(row, at)
