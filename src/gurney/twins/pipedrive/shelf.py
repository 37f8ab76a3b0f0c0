"""Rows of one object: by id, in order of creation or of another column, in groups; deleted ones set aside.

Rows are sparse: what is null is absent, so that a hundred thousand of them stay small.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]
Key = Any
"""A place in an order: the id, or (value, id)."""


class Shelf:
    """Live rows, and the deleted ones until they are purged.

    A row changes through `change` only, or the groups would be wrong.
    """

    def __init__(self, groups: Iterable[str] = ()) -> None:
        self.rows: dict[Any, Row] = {}
        self.deleted: dict[Any, Row] = {}
        self.version = 0
        self._order: list[Any] = []
        self._holes = 0
        self._groups: dict[str, dict[Any, dict[Any, None]]] = {field: {} for field in groups}
        self._sorted: dict[str, tuple[int, list[Key]]] = {}

    def add(self, row: Row) -> Row:
        """Take a new row; ids only grow."""
        id = row["id"]
        self.rows[id] = row
        self._order.append(id)
        self._index(row)
        self.version += 1
        return row

    def change(self, id: Any, values: Row) -> Row:
        """Set values of a live row; None takes a value out. Raises KeyError."""
        row = self.rows[id]
        moved = [field for field in self._groups if field in values]
        for field in moved:
            self._groups[field].get(row.get(field), {}).pop(id, None)
        for name, value in values.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        for field in moved:
            if field in row:
                self._groups[field].setdefault(row[field], {})[id] = None
        self.version += 1
        return row

    def remove(self, id: Any) -> Row:
        """Set a row aside. Raises KeyError."""
        row = self.rows.pop(id)
        self.deleted[id] = row
        self._holes += 1
        for field, groups in self._groups.items():
            groups.get(row.get(field), {}).pop(id, None)
        self.version += 1
        return row

    def restore(self, id: Any) -> Row:
        """Put a deleted row back in its place. Raises KeyError."""
        self.ids()  # so that the id is in the order once
        row = self.deleted.pop(id)
        self.rows[id] = row
        insort(self._order, id)
        self._index(row)
        self.version += 1
        return row

    def purge(self, id: Any) -> None:
        """Forget a deleted row."""
        self.deleted.pop(id, None)

    def get(self, id: Any) -> Row | None:
        """The live row with this id."""
        return self.rows.get(id)

    def ids(self) -> list[Any]:
        """Ids of live rows in order of creation."""
        if self._holes:
            self._order = [id for id in self._order if id in self.rows]
            self._holes = 0
        return self._order

    def where(self, field: str, value: Any) -> list[Any]:
        """Ids of live rows with this value of a group field, in order of creation."""
        return sorted(self._groups[field].get(value, ()))

    def count(self, field: str, value: Any) -> int:
        """How many live rows have this value of a group field."""
        return len(self._groups[field].get(value, ()))

    def is_grouped(self, field: str) -> bool:
        return field in self._groups

    def ordered(self, column: str) -> list[Key]:
        """Ids, or (value, id) for another column, ascending; nulls first."""
        if column == "id":
            return self.ids()
        known = self._sorted.get(column)
        if known is None or known[0] != self.version:
            known = (self.version, sorted((row.get(column) or "", id) for id, row in self.rows.items()))
            self._sorted[column] = known
        return known[1]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter([self.rows[id] for id in self.ids()])

    def __contains__(self, id: object) -> bool:
        return id in self.rows

    def _index(self, row: Row) -> None:
        for field, groups in self._groups.items():
            if field in row:
                groups.setdefault(row[field], {})[row["id"]] = None


def keys_of(rows: Iterable[Row], column: str) -> list[Key]:
    """The order of some rows by a column, as `Shelf.ordered` has it for all."""
    if column == "id":
        return sorted(row["id"] for row in rows)
    return sorted((row.get(column) or "", row["id"]) for row in rows)


def from_key(keys: list[Key], key: Key | None, *, ascending: bool) -> Iterator[Key]:
    """The keys from one on (it included, or what comes after its place), up or down."""
    if ascending:
        at = 0 if key is None else bisect_left(keys, key)
        return (keys[index] for index in range(at, len(keys)))
    at = len(keys) if key is None else bisect_right(keys, key)
    return (keys[index] for index in range(at - 1, -1, -1))
