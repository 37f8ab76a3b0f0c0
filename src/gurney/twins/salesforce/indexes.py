"""Rows by the value of a field, without a walk through all of them."""

from __future__ import annotations

from typing import Any


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
        value = value if self.exact or not isinstance(value, str) else value.casefold()
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
