"""What a person should know about single records: shortened, refused, replaced. Codes and words, never values."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from gurney.records import Issue, SourceKey
from gurney.store.database import Database
from gurney.store.runs import Run

_ADD = text(
    "INSERT INTO issue (run, object, id, field, code, words, next_step)"
    " VALUES (:run, :object, :id, :field, :code, :words, :next_step)"
    " ON CONFLICT (object, id, field, code) DO UPDATE SET words = excluded.words, next_step = excluded.next_step"
)
_COUNTS = text(
    "SELECT object, field, code, count(*), min(words), min(next_step) FROM issue GROUP BY object, field, code"
    " ORDER BY object, field, code"
)
_IDS = text("SELECT id FROM issue WHERE object = :object AND field = :field AND code = :code ORDER BY id LIMIT :most")
_ALL = text("SELECT object, id, field, code, words, next_step FROM issue ORDER BY seq")
_CLEAR = text("DELETE FROM issue")


class Issues:
    """Issues of a migration, each once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: Run | None, issues: Iterable[Issue]) -> None:
        rows = [
            {"run": run.id if run else None, "object": issue.source.object, "id": issue.source.id,
             "field": issue.field, "code": issue.code, "words": issue.words, "next_step": issue.next_step}
            for issue in issues
        ]  # fmt: skip
        if rows:
            with self._database.transaction(durable=False) as connection:
                connection.execute(_ADD, rows)

    def clear(self) -> None:
        """Forget all, before they are found afresh."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(_CLEAR)

    def counts(self) -> list[tuple[str, str, str, int, str, str]]:
        """(object, field, code, count, words of one, its next step)."""
        return [tuple(row) for row in self._database.rows(_COUNTS)]

    def ids(self, object: str, field: str, code: str, most: int = 50) -> list[str]:
        """Source ids of one kind of issue."""
        rows = self._database.rows(_IDS, {"object": object, "field": field, "code": code, "most": most})
        return [row[0] for row in rows]

    def all(self) -> list[Issue]:
        return [
            Issue(SourceKey(object, id), field, code, words, next_step)
            for object, id, field, code, words, next_step in self._database.rows(_ALL)
        ]
