"""Whom records are assigned to where a plan decides it once: which Account a Contact belongs to (contract, MAP9).

What was decided stays: a patient who goes to another clinic later is not moved between Accounts by a delta. Holds ids
alone, in the clear as the ledger does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import text

from gurney.records import Assigned
from gurney.store.database import Database, ForMany

_PUT = ForMany(
    "INSERT INTO assignment (map, field, id, to_map, to_id) VALUES (:map, :field, :id, :to_map, :to_id)"
    " ON CONFLICT (map, id, field) DO UPDATE SET to_map = excluded.to_map, to_id = excluded.to_id"
)
_GET = "SELECT id, field, to_map, to_id FROM assignment WHERE map = :map AND id IN (:values)"
_FORGET = text(
    "DELETE FROM assignment WHERE NOT EXISTS (SELECT 1 FROM effect e"
    " WHERE e.map = assignment.map AND e.id = assignment.id AND e.part = 0 AND e.removed = 0)"
)
_COUNTS = text("SELECT field, to_map, to_id, count(*) FROM assignment WHERE map = :map GROUP BY field, to_map, to_id")


class Assignments:
    """The table of assignments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, map: str, ids: Sequence[str]) -> dict[str, dict[str, Assigned]]:
        """By source id and destination field; records without an assignment are left out."""
        found: dict[str, dict[str, Assigned]] = {}
        for id, field, to_map, to_id in self._database.where_in(_GET, list(ids), {"map": map}):
            found.setdefault(id, {})[field] = (to_map, to_id)
        return found

    def put(self, map: str, decided: Mapping[str, Mapping[str, Assigned]]) -> None:
        """Keep assignments by source id and destination field, in place of earlier ones."""
        rows = [
            {"map": map, "field": field, "id": id, "to_map": to_map, "to_id": to_id}
            for id, fields in decided.items()
            for field, (to_map, to_id) in fields.items()
        ]
        if rows:
            with self._database.transaction() as connection:
                _PUT.run(connection, rows)

    def forget_undone(self) -> None:
        """Drop what was decided for records that have not arrived: a new plan decides anew."""
        with self._database.transaction() as connection:
            connection.execute(_FORGET)

    def sizes(self, map: str) -> dict[str, Counter[Assigned]]:
        """By destination field: how many records each is assigned."""
        found: dict[str, Counter[Assigned]] = {}
        for field, to_map, to_id, count in self._database.rows(_COUNTS, {"map": map}):
            found.setdefault(field, Counter())[to_map, to_id] = count
        return found
