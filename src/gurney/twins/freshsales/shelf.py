"""Records of one object: by id, by unique value, by what they hang on; recycled ones too, and what the index missed.

A row is never changed in place: each change makes a new one. So what the search index still has is a row of before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

Row = dict[str, Any]
KeysOf = Callable[[Row], Iterable[Hashable]]
DELETED = "is_deleted"
KEPT_S = 900.0
"""How long changes are remembered for the index; more than any lag."""


class Shelf:
    """Rows by growing ids; those in the recycle bin have `is_deleted`. Rows are sparse: what is null is absent."""

    def __init__(self, keys: Mapping[str, KeysOf] | None = None) -> None:
        self.rows: dict[int, Row] = {}
        self.version = 0
        self._keys = dict(keys or {})
        self._indexes: dict[str, dict[Hashable, dict[int, None]]] = {name: {} for name in self._keys}
        self._lists: dict[Hashable, tuple[int, list[int]]] = {}
        self._late: deque[tuple[float, int, Row | None]] = deque()

    # Changing

    def put(self, row: Row, now: float) -> Row:
        """Take a new row, or the new version of an old one; values of None are left out."""
        id = row["id"]
        before = self.rows.get(id)
        row = {name: value for name, value in row.items() if value is not None}
        if before is not None:
            self._unindex(before)
        self.rows[id] = row
        self._index(row)
        self._heard(id, before, now)
        return row

    def drop(self, id: int, now: float) -> Row:
        """Forget a row for good. Raises KeyError."""
        row = self.rows.pop(id)
        self._unindex(row)
        self._heard(id, row, now)
        return row

    def forget(self, name: str) -> None:
        """No row has this value any more, nor is it found by it."""
        self._keys.pop(name, None)
        self._indexes.pop(name, None)
        for id, row in self.rows.items():
            if name in row:
                self.rows[id] = {key: value for key, value in row.items() if key != name}
        self.version += 1

    def add_key(self, name: str, keys_of: KeysOf) -> None:
        """One more index."""
        self._keys[name] = keys_of
        index = self._indexes[name] = {}
        for id, row in self.rows.items():
            for key in keys_of(row):
                index.setdefault(key, {})[id] = None

    # Finding

    def live(self, id: int) -> Row | None:
        """The row with this id, unless it is in the bin."""
        row = self.rows.get(id)
        return row if row is not None and DELETED not in row else None

    def where(self, name: str, key: Hashable, *, binned: bool = False) -> list[Row]:
        """Rows under a key, oldest first; those in the bin only when asked."""
        found = [self.rows[id] for id in sorted(self._indexes[name].get(key, ()))]
        return found if binned else [row for row in found if DELETED not in row]

    def ids(self, *, binned: bool = False) -> list[int]:
        """Ids of live rows (or of those in the bin), oldest first."""
        return self.cached(("ids", binned), lambda: [i for i, row in self.rows.items() if (DELETED in row) is binned])

    def cached(self, name: Hashable, build: Callable[[], list[int]]) -> list[int]:
        """A list of ids that holds until something changes."""
        known = self._lists.get(name)
        if known is None or known[0] != self.version:
            if len(self._lists) > 64:
                self._lists.clear()
            known = self._lists[name] = (self.version, build())
        return known[1]

    def __len__(self) -> int:
        return len(self.ids())

    # What the search index has

    def late(self, since: float) -> dict[int, Row | None]:
        """Ids whose change after a moment the index has not heard of: to the row of before, or None."""
        found: dict[int, Row | None] = {}
        for at, id, before in reversed(self._late):
            if at <= since:
                break
            found[id] = before
        return found

    def _heard(self, id: int, before: Row | None, now: float) -> None:
        self.version += 1
        self._late.append((now, id, before))
        while self._late[0][0] < now - KEPT_S:
            self._late.popleft()

    def _index(self, row: Row) -> None:
        for name, keys_of in self._keys.items():
            index = self._indexes[name]
            for key in keys_of(row):
                index.setdefault(key, {})[row["id"]] = None

    def _unindex(self, row: Row) -> None:
        for name, keys_of in self._keys.items():
            index = self._indexes[name]
            for key in keys_of(row):
                held = index.get(key)
                if held is not None:
                    held.pop(row["id"], None)
                    if not held:
                        del index[key]
