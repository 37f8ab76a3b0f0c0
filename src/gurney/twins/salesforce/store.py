"""Rows in memory: by id, by indexed value, in the recycle bin; and how to take a transaction back.

A row is a dictionary of wire values under the fields' names: moments and dates are text that sorts, absent is null.
Rows change through `Table.add`, `change`, `bin`, `restore` and `purge` only, or the indexes would be wrong.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gurney.twins.salesforce.indexes import Index, Repeated
from gurney.twins.salesforce.schema import FieldDef, ObjectDef

Row = dict[str, Any]
NOT_INDEXED = ("Id", "OwnerId", "CreatedById", "LastModifiedById")
"""Ids are keys already; users are never deleted, so nobody asks for their rows."""


class Clash(Exception):
    """Another row already has this unique value."""

    def __init__(self, field: str, id: str) -> None:
        super().__init__(f"{field} is taken")
        self.field = field
        self.id = id


@dataclass(slots=True)
class Binned:
    """A row in the recycle bin."""

    row: Row
    deleted_at: str
    root: str
    """Id of the row whose deletion took this one along; its own if it was deleted by itself."""


class Table:
    """The rows of one object."""

    def __init__(self, store: Store, kind: ObjectDef) -> None:
        self.kind = kind
        self.rows: dict[str, Row] = {}
        self.binned: dict[str, Binned] = {}
        self.indexes: dict[str, Index] = {}
        self.version = 0
        """Goes up with every change."""
        self._store = store
        self._unique: list[Index] = []
        self._repeated = Repeated()
        self._ids: tuple[int, list[str]] = (-1, [])
        self._shape = 0
        for field in kind.fields.values():
            self.index(field)

    def index(self, field: FieldDef) -> None:
        """Keep an index if rows must be found by the field. Raises Clash when a unique one has doubles."""
        wanted = field.unique or field.external_id or field.id_lookup or field.reference_to
        if not wanted or field.name in NOT_INDEXED:
            return
        exact = bool(field.reference_to) or field.case_sensitive or field.type not in ("string", "email")
        self.index_by(field.name, unique=field.unique, exact=exact)

    def index_by(self, name: str, *, unique: bool = False, exact: bool = False) -> None:
        """Index one more field; an older index of it is replaced."""
        made = Index(name, unique=unique, exact=exact)
        for row in self.rows.values():
            value = row.get(name)
            if value is None:
                continue
            if unique and made.holder(value) is not None:
                raise Clash(name, made.ids(value)[0])
            made.add(value, row["Id"])
        self.indexes[name] = made
        self._unique = [index for index in self.indexes.values() if index.unique]

    def forget(self, name: str) -> None:
        """Take a field out of every row and index."""
        self.indexes.pop(name, None)
        self._unique = [index for index in self.indexes.values() if index.unique]
        for row in self.rows.values():
            row.pop(name, None)
        for gone in self.binned.values():
            gone.row.pop(name, None)

    def get(self, id: str) -> Row | None:
        """A live row by its long id."""
        return self.rows.get(id)

    def by(self, field: str, value: Any) -> list[Row]:
        """The live rows with this value of an indexed field."""
        return [self.rows[id] for id in self.indexes[field].ids(value)]

    def check(self, values: Row, own_id: str | None = None) -> None:
        """Raises Clash when a unique value is taken."""
        for index in self._unique:
            value = values.get(index.field)
            if value is not None:
                holder = index.holder(value)
                if holder is not None and holder != own_id:
                    raise Clash(index.field, holder)

    def add(self, row: Row) -> Row:
        """Take a new row. Raises Clash; nothing is stored then."""
        self.check(row)
        self._repeated.share(row)
        self._enter(row)
        self._store.remember(lambda: self._leave(row))
        return row

    def change(self, row: Row, values: Row) -> Row:
        """Set values of a live row, None to empty a field. Raises Clash; nothing is set then."""
        id = row["Id"]
        self.check(values, id)
        if self._store.undo is not None:
            before = {name: row.get(name) for name in values}
            self._store.remember(lambda: self._set(row, before))
        self._set(row, values)
        return row

    def bin(self, row: Row, root: str, at: str) -> None:
        """Put a live row into the recycle bin."""
        self._leave(row)
        self.binned[row["Id"]] = Binned(row, at, root)
        before = row.get("SystemModstamp")
        row["IsDeleted"] = True
        row["SystemModstamp"] = at
        self._store.remember(lambda: self._unbin(row, before))

    def restore(self, id: str, at: str) -> Row:
        """Take a row out of the bin. Raises Clash (it stays there) and KeyError."""
        gone = self.binned[id]
        self.check(gone.row)
        before = gone.row.get("SystemModstamp")
        self._unbin(gone.row, at)
        self._store.remember(lambda: self.bin(gone.row, gone.root, str(before)))
        return gone.row

    def purge(self, id: str) -> Row | None:
        """Forget a row for ever, be it live or in the bin."""
        gone = self.binned.pop(id, None)
        if gone is not None:
            self._store.remember(lambda: self.binned.__setitem__(id, gone))
            return gone.row
        row = self.rows.get(id)
        if row is not None:
            self._leave(row)
            self._store.remember(lambda: self._enter(row))
        return row

    def after(self, id: str) -> Iterator[Row]:
        """The live rows with a greater id, ascending, without a walk through the others."""
        ids = self.ids()
        return (self.rows[ids[at]] for at in range(bisect_right(ids, id), len(ids)))

    def ids(self) -> list[str]:
        """All live ids, ascending."""
        if self._ids[0] != self._shape:
            self._ids = (self._shape, sorted(self.rows))
        return self._ids[1]

    def _enter(self, row: Row) -> None:
        id = row["Id"]
        self.rows[id] = row
        for name, index in self.indexes.items():
            value = row.get(name)
            if value is not None:
                index.add(value, id)
        self.version += 1
        self._shape += 1
        self._store.data_kb += self.kind.storage_kb

    def _leave(self, row: Row) -> None:
        id = row["Id"]
        del self.rows[id]
        for name, index in self.indexes.items():
            value = row.get(name)
            if value is not None:
                index.drop(value, id)
        self.version += 1
        self._shape += 1
        self._store.data_kb -= self.kind.storage_kb

    def _set(self, row: Row, values: Row) -> None:
        indexes = self.indexes
        id = row["Id"]
        for name, value in values.items():
            index = indexes.get(name)
            if index is not None:
                before = row.get(name)
                if before != value:
                    if before is not None:
                        index.drop(before, id)
                    if value is not None:
                        index.add(value, id)
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        self.version += 1

    def _unbin(self, row: Row, stamp: Any) -> None:
        del self.binned[row["Id"]]
        row.pop("IsDeleted", None)
        row["SystemModstamp"] = stamp
        self._enter(row)


class Store:
    """The tables of all objects, and what belongs to rows but is not in them."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.blobs: dict[str, bytes] = {}
        """Content by id of its ContentVersion, Attachment or Document."""
        self.data_kb = 0
        self.file_bytes = 0
        self.undo: list[Callable[[], object]] | None = None

    def open(self, kind: ObjectDef) -> Table:
        """An empty table for a new object."""
        table = self.tables[kind.name] = Table(self, kind)
        return table

    def close(self, name: str) -> Table:
        """Drop a table with all its rows."""
        gone = self.tables.pop(name)
        self.data_kb -= len(gone.rows) * gone.kind.storage_kb
        return gone

    def put_blob(self, id: str, content: bytes) -> None:
        """Keep content, instead of what was there."""
        self.drop_blob(id)
        self._set_blob(id, content)
        self.remember(lambda: self._pop_blob(id))

    def drop_blob(self, id: str) -> None:
        """Forget content, if there is any."""
        gone = self._pop_blob(id)
        if gone is not None:
            self.remember(lambda: self._set_blob(id, gone))

    def _set_blob(self, id: str, content: bytes) -> None:
        self.blobs[id] = content
        self.file_bytes += len(content)

    def _pop_blob(self, id: str) -> bytes | None:
        gone = self.blobs.pop(id, None)
        self.file_bytes -= len(gone or b"")
        return gone

    def remember(self, undo: Callable[[], object]) -> None:
        """How to take the last effect back, while a transaction runs."""
        if self.undo is not None:
            self.undo.append(undo)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All of the block or nothing: an exception takes everything back and goes on. May be nested."""
        outer, self.undo = self.undo, []
        try:
            yield
        except BaseException:
            steps, self.undo = self.undo, None
            for step in reversed(steps):
                step()
            self.undo = outer
            raise
        steps, self.undo = self.undo, outer
        if outer is not None:
            outer.extend(steps)
