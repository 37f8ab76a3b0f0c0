"""Records in memory, found by id, by unique value, and by group, without a walk through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Row = dict[str, Any]


class Clash(Exception):
    """Another record already has this unique value."""

    def __init__(self, field: str, id: str) -> None:
        super().__init__(f"{field} is taken")
        self.field = field
        self.id = id


Fold = Callable[[Any], Any]
"""How a value is made comparable."""


def folded(value: Any) -> Any:
    """How most vendors compare unique values: text without regard to case and outer blanks."""
    return value.strip().casefold() if isinstance(value, str) else value


class Table:
    """Rows by `id`, in order of insertion.

    `unique` fields refuse a second row with the same value; `groups` are indexed for `where`. Empty values
    (None, "") are in no index. A row changes through `change` or `put` only, or the indexes would be wrong.
    """

    def __init__(self, unique: Iterable[str] = (), groups: Iterable[str] = (), fold: Fold = folded) -> None:
        self._rows: dict[str, Row] = {}
        self._unique: dict[str, dict[Any, str]] = {field: {} for field in unique}
        self._groups: dict[str, dict[Any, dict[str, None]]] = {field: {} for field in groups}
        self._fold = fold
        self._folds: dict[str, Fold] = dict.fromkeys(self._unique, fold)

    def add(self, row: Row) -> Row:
        """Take a new row. Raises Clash; the table is then as before."""
        self._check(row, None)
        self._rows[row["id"]] = row
        self._index(row)
        return row

    def change(self, id: str, values: Row) -> Row:
        """Set values of a row. Raises Clash (nothing is set then) and KeyError."""
        row = self._rows[id]
        if any(field in values for field in self._unique) or any(field in values for field in self._groups):
            self._check({**values, "id": id}, id)
            self._unindex(row)
            row.update(values)
            self._index(row)
        else:
            row.update(values)
        return row

    def remove(self, id: str) -> Row:
        """Take a row out and hand it back. Raises KeyError."""
        row = self._rows.pop(id)
        self._unindex(row)
        return row

    def get(self, id: str) -> Row | None:
        """The row with this id."""
        return self._rows.get(id)

    def by(self, field: str, value: Any) -> Row | None:
        """The row with this value of a unique field."""
        id = self._unique[field].get(self._folds[field](value))
        return self._rows[id] if id is not None else None

    def where(self, field: str, value: Any) -> list[Row]:
        """The rows with this value of a group field, in order of insertion into the group."""
        return [self._rows[id] for id in self._groups[field].get(self._fold(value), ())]

    def make_unique(self, field: str, fold: Fold | None = None) -> None:
        """Index one more unique field. Raises Clash when rows already share a value; nothing is indexed then."""
        fold = fold or self._fold
        taken: dict[Any, str] = {}
        for row in self._rows.values():
            value = row.get(field)
            if value is not None and value != "" and taken.setdefault(fold(value), row["id"]) != row["id"]:
                raise Clash(field, taken[fold(value)])
        self._unique[field] = taken
        self._folds[field] = fold

    def group_by(self, field: str) -> None:
        """Index one more group field."""
        groups: dict[Any, dict[str, None]] = {}
        for row in self._rows.values():
            value = row.get(field)
            if value is not None and value != "":
                groups.setdefault(self._fold(value), {})[row["id"]] = None
        self._groups[field] = groups

    def forget_field(self, field: str) -> None:
        """Take a field out of every row and index."""
        self._unique.pop(field, None)
        self._groups.pop(field, None)
        for row in self._rows.values():
            row.pop(field, None)

    @property
    def unique_fields(self) -> list[str]:
        return list(self._unique)

    @property
    def group_fields(self) -> list[str]:
        return list(self._groups)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __contains__(self, id: object) -> bool:
        return id in self._rows

    def ids(self) -> list[str]:
        """All ids, in order of insertion."""
        return list(self._rows)

    def _check(self, row: Row, own_id: str | None) -> None:
        for field, taken in self._unique.items():
            value = row.get(field)
            if value is None or value == "":
                continue
            holder = taken.get(self._folds[field](value))
            if holder is not None and holder != own_id:
                raise Clash(field, holder)

    def _index(self, row: Row) -> None:
        id = row["id"]
        for field, taken in self._unique.items():
            value = row.get(field)
            if value is not None and value != "":
                taken[self._folds[field](value)] = id
        for field, groups in self._groups.items():
            value = row.get(field)
            if value is not None and value != "":
                groups.setdefault(self._fold(value), {})[id] = None

    def _unindex(self, row: Row) -> None:
        id = row["id"]
        for field, taken in self._unique.items():
            value = row.get(field)
            if value is not None and value != "":
                taken.pop(self._folds[field](value), None)
        for field, groups in self._groups.items():
            value = row.get(field)
            if value is not None and value != "":
                groups.get(self._fold(value), {}).pop(id, None)
