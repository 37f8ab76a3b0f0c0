"""Rows by the value of a field, without a walk through all of them; and values that many rows share."""

from __future__ import annotations

from typing import Any

KEPT_MOST = 5_000
"""Texts of one field: enough for what repeats, and soon reached where nothing does."""
NEW: dict[str, str] = {}


class Index:
    """Value to id, or to several ids. One id stands alone, so that an index of unique values stays small."""

    __slots__ = ("_found", "exact", "field", "unique")

    def __init__(self, field: str, *, unique: bool, exact: bool) -> None:
        self.field = field
        self.unique = unique
        self.exact = exact
        self._found: dict[Any, str | dict[str, None]] = {}

    def fold(self, value: Any) -> Any:
        """How a value is compared."""
        return value if self.exact or not isinstance(value, str) else value.casefold()

    def ids(self, value: Any) -> list[str]:
        """The rows with this value."""
        found = self._found.get(self.fold(value))
        if found is None:
            return []
        return [found] if isinstance(found, str) else list(found)

    def holder(self, value: Any) -> str | None:
        """One row with this value."""
        found = self._found.get(value if self.exact or not isinstance(value, str) else value.casefold())
        return found if found is None or isinstance(found, str) else next(iter(found), None)

    def add(self, value: Any, id: str) -> None:
        if not self.exact and isinstance(value, str):
            folded = value.casefold()
            value = value if folded == value else folded  # the row's own text, not one more like it
        found = self._found.setdefault(value, id)
        if found is id or found == id:
            return
        if isinstance(found, str):
            self._found[value] = {found: None, id: None}
        else:
            found[id] = None

    def drop(self, value: Any, id: str) -> None:
        value = self.fold(value)
        found = self._found.get(value)
        if isinstance(found, dict):
            found.pop(id, None)
            if not found:
                del self._found[value]
        elif found == id:
            del self._found[value]


class Repeated:
    """Text that many rows have in a field (a town, a parent, a day) is kept once: large tables take a quarter less."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, str] | None] = {}

    def share(self, row: dict[str, Any]) -> None:
        """Put the text that is kept already in place of the row's own; a field of many texts is let alone."""
        fields = self._kept
        for name, value in row.items():
            if type(value) is str:
                kept = fields.get(name, NEW)
                if kept is None:
                    continue
                known = kept.get(value)
                if known is not None:
                    row[name] = known
                else:
                    self._keep(name, value)

    def _keep(self, name: str, value: str) -> None:
        kept = self._kept.setdefault(name, {})
        if kept is not None:
            kept[value] = value
            if len(kept) > KEPT_MOST:
                self._kept[name] = None
