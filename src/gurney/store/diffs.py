"""Comparisons, field by field: values sealed, verdicts in the clear so that they can be counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text

from gurney.store.database import Database, ForMany
from gurney.store.runs import Run
from gurney.store.sealing import NoSeal, Seal

_PUT = ForMany("INSERT INTO diff (run, map, field, verdict, body) VALUES (:run, :map, :field, :verdict, :body)")
_COUNTS = text("SELECT map, field, verdict, count(*) FROM diff WHERE run = :run GROUP BY map, field, verdict")
_ROWS = text("SELECT seq, body FROM diff WHERE run = :run AND seq > :after ORDER BY seq LIMIT 1000")
_CLEAR = text("DELETE FROM diff WHERE run = :run AND map = :map")


@dataclass(frozen=True, slots=True)
class Diff:
    """One field of one record, compared. Values as text."""

    map: str
    source_id: str
    destination_id: str
    field: str
    source_value: str
    expected: str
    actual: str
    verdict: str
    reason: str


class Diffs:
    """The comparisons of every run."""

    def __init__(self, database: Database, seal: Seal | NoSeal) -> None:
        self._database = database
        self._seal = seal

    def put(self, run: Run, rows: Sequence[Diff]) -> None:
        """Keep comparisons of a run."""
        if not rows:
            return
        values = [self._parameters(run, row) for row in rows]
        with self._database.transaction(durable=False) as connection:
            _PUT.run(connection, values)

    def clear(self, run_id: int, map: str) -> None:
        """Forget a run's comparisons of an object map, before it is compared afresh."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(_CLEAR, {"run": run_id, "map": map})

    def counts(self, run_id: int) -> dict[tuple[str, str, str], int]:
        """How many, by (object map, field, verdict)."""
        rows = self._database.rows(_COUNTS, {"run": run_id})
        return {(map, field, verdict): count for map, field, verdict, count in rows}

    def rows(self, run_id: int) -> Iterator[Diff]:
        """A run's comparisons in order."""
        after = 0
        while found := self._database.rows(_ROWS, {"run": run_id, "after": after}):
            for _, body in found:
                yield Diff(**orjson.loads(self._seal.open(body, f"diff/{run_id}")))
            after = found[-1][0]

    def _parameters(self, run: Run, row: Diff) -> dict[str, Any]:
        body = self._seal.seal(orjson.dumps(row), f"diff/{run.id}")
        return {"run": run.id, "map": row.map, "field": row.field, "verdict": row.verdict, "body": body}
