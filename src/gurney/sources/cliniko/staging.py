"""What the source asks of the place that it stages records in. `gurney.store.snapshot` provides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from gurney.store.snapshot import PutCounts, Row, Staged


class Snapshot(Protocol):
    """The staged copy of the source. Every method is one short transaction."""

    def begin(self, kind: str) -> int:
        """Start an extraction; its number marks what it changes."""

    def put(
        self,
        object: str,
        rows: Sequence[Staged],
        *,
        extraction: int | None = None,
        cursor: Mapping[str, Any] | None = None,
    ) -> PutCounts:
        """Keep rows, the newest `updated_at` of an id winning, together with how far the walk is."""

    def cursor(self, object: str) -> dict[str, Any] | None:
        """How far the walk of an object is; None before it began."""

    def scan(self, object: str, after: int = 0, limit: int = 500, changed_since: int | None = None) -> list[Row]:
        """Rows in the order of staging, after a sequence number."""

    def get(self, object: str, ids: Sequence[str]) -> dict[str, Row]:
        """Rows by id; what is not there is left out."""

    def children(self, object: str, field: str, parent_ids: Sequence[str]) -> dict[str, list[Row]]:
        """Rows that refer to these parents by a relation."""

    def counts(self, object: str) -> dict[str, int]:
        """Rows by state."""

    def ids(self, object: str) -> Iterator[str]:
        """Ids of all rows of an object."""

    def mark_gone(self, object: str, ids: Sequence[str], extraction: int) -> None:
        """The source has these no longer, or never had what others refer to."""

    def set_aliases(self, object: str, aliases: Mapping[str, str]) -> None:
        """Losers of merges and who they became."""

    def resolve(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Each id's survivor; itself where it was never merged."""

    def high_water(self, object: str) -> str | None:
        """The newest `updated_at` of an object."""
