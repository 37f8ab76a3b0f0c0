"""What the company remembers of changes: the change log, and what the search index has not heard of yet."""

from __future__ import annotations

from typing import Any

import orjson

from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of

LATE_MOST = 5_000
LONGEST_LAG_S = 3_600.0
UNLOGGED = ("update_time",)


class History:
    """Changes, newest last."""

    def __init__(self) -> None:
        self.changes: dict[tuple[str, Any], list[dict[str, Any]]] = {}
        self._late: dict[tuple[str, Any], list[tuple[float, Row | None]]] = {}

    def log(self, name: str, id: Any, before: Row, after: Row, by: int, moment: str, source: str) -> None:
        """Note every field whose value changed, under its own name or key."""
        old, new = _flat(before), _flat(after)
        entries = [
            {
                "field_key": key,
                "old_value": _shown(old.get(key)),
                "new_value": _shown(new.get(key)),
                "actor_user_id": by,
                "time": plain_of(moment),
                "change_source": source,
                "change_source_user_agent": None,
                "is_bulk_update_flag": False,
            }
            for key in {**old, **new}
            if old.get(key) != new.get(key) and key not in UNLOGGED
        ]
        if entries:
            self.changes.setdefault((name, id), []).extend(entries)

    def indexed(self, name: str, id: Any, before: Row | None, at: float) -> None:
        """A record is new (before None), or was changed or deleted: searches see the old one for a while."""
        if len(self._late) > LATE_MOST:
            self._forget(at - LONGEST_LAG_S)
        self._late.setdefault((name, id), []).append((at, None if before is None else dict(before)))

    def late(self, name: str, since: float) -> dict[Any, Row | None]:
        """Records changed since a moment, as the index still has them."""
        return {
            id: next(row for at, row in versions if at > since)
            for (of, id), versions in self._late.items()
            if of == name and versions[-1][0] > since
        }

    def _forget(self, before: float) -> None:
        kept = {key: versions for key, versions in self._late.items() if versions[-1][0] > before}
        self._late = kept if len(kept) <= LATE_MOST else dict(list(kept.items())[-LATE_MOST // 2 :])


def _flat(row: Row) -> Row:
    return {**{k: v for k, v in row.items() if k != "custom_fields"}, **(row.get("custom_fields") or {})}


def _shown(value: Any) -> str | None:
    """The change log tells values as text."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
