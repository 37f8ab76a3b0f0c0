"""What the search index has not heard of yet: the old record first, then perhaps nothing, then the new (FACTS 0.7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]
KEPT_S = 600.0
"""How long changes are remembered; more than any lag and any fault `stale_search` of a test."""
MOST = 100_000


class SearchIndex:
    """Late changes of one kind of record. Rows are copied before they change, so a change costs one small copy."""

    def __init__(self, lag_s: float, gap_s: float) -> None:
        self._lag_s = lag_s
        self._gap_s = min(gap_s, lag_s)
        self._late: dict[str, list[tuple[float, Row | None]]] = {}
        self._order: deque[tuple[float, str]] = deque()

    def heard(self, id: str, before: Row | None, now: float) -> None:
        """A record is new (before None), or was changed or deleted."""
        self._forget(now)
        self._late.setdefault(id, []).append((now, None if before is None else dict(before)))
        self._order.append((now, id))

    def view(self, rows: Iterable[Row], now: float, stale_s: float = 0.0) -> Iterator[Row]:
        """The records as the index has them: `rows` are the present ones."""
        lag = self._lag_s + stale_s
        late = self.late(now, stale_s) if lag > 0 and self._late else {}
        if not late:
            yield from rows
            return
        for row in rows:
            if row["id"] not in late:
                yield row
        yield from (row for row in late.values() if row is not None)

    def late(self, now: float, stale_s: float = 0.0) -> dict[str, Row | None]:
        """Records that the index has wrong: id to what it has instead, None for nothing."""
        since, gone_since = now - self._lag_s - stale_s, now - self._lag_s - stale_s + self._gap_s
        found: dict[str, Row | None] = {}
        for at, id in reversed(self._order):
            if at <= since:
                break
            if id in found:
                continue
            first_at, before = next(entry for entry in self._late[id] if entry[0] > since)
            found[id] = None if first_at <= gone_since else before
        return found

    def _forget(self, now: float) -> None:
        order = self._order
        while order and (order[0][0] < now - KEPT_S or len(order) > MOST):
            _, id = order.popleft()
            versions = self._late[id]
            versions.pop(0)
            if not versions:
                del self._late[id]
