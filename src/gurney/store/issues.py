"""What a person should know about single records: shortened, refused, replaced. Codes and words, never values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import text

from gurney.records import Issue, SourceKey
from gurney.store.database import Database, ForMany
from gurney.store.runs import Run
from gurney.store.sealing import NoSeal, Seal

_ADD = ForMany(
    "INSERT INTO issue (run, object, id, field, code, words) VALUES (:run, :object, :id, :field, :code, :words)"
    " ON CONFLICT (object, id, field, code) DO UPDATE SET words = excluded.words"
)
_COUNTS = text(
    "SELECT object, field, code, count(*), min(seq) FROM issue GROUP BY object, field, code"
    " ORDER BY object, field, code"
)
_BY_SEQ = "SELECT seq, object, id, field, code, words FROM issue WHERE seq IN (:values)"
_IDS = text("SELECT id FROM issue WHERE object = :object AND field = :field AND code = :code ORDER BY id LIMIT :most")
_ALL = text("SELECT seq, object, id, field, code, words FROM issue ORDER BY seq")
_CLEAR = text("DELETE FROM issue")


class Issues:
    """Issues of a migration, each once. Their words should hold no value; sealed, they cannot betray one."""

    def __init__(self, database: Database, seal: Seal | NoSeal) -> None:
        self._database = database
        self._seal = seal

    def add(self, run: Run | None, issues: Iterable[Issue]) -> None:
        rows = [
            {"run": run.id if run else None, "object": issue.source.object, "id": issue.source.id,
             "field": issue.field, "code": issue.code, "words": self._sealed(issue)}
            for issue in issues
        ]  # fmt: skip
        if rows:
            with self._database.transaction(durable=False) as connection:
                _ADD.run(connection, rows)

    def clear(self) -> None:
        """Forget all, before they are found afresh."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(_CLEAR)

    def counts(self) -> list[tuple[str, str, str, int, str, str]]:
        """(object, field, code, count, words of one, its next step)."""
        groups = self._database.rows(_COUNTS)
        one = {row[0]: self._issue(row) for row in self._database.where_in(_BY_SEQ, [row[4] for row in groups])}
        return [
            (object, field, code, count, one[seq].words, one[seq].next_step)
            for object, field, code, count, seq in groups
        ]

    def ids(self, object: str, field: str, code: str, most: int = 50) -> list[str]:
        """Source ids of one kind of issue."""
        rows = self._database.rows(_IDS, {"object": object, "field": field, "code": code, "most": most})
        return [row[0] for row in rows]

    def all(self) -> list[Issue]:
        return [self._issue(row) for row in self._database.rows(_ALL)]

    def _sealed(self, issue: Issue) -> bytes:
        words = orjson.dumps([issue.words, issue.next_step])
        return self._seal.seal(words, _identity(issue.source, issue.field, issue.code))

    def _issue(self, row: Sequence[Any]) -> Issue:
        _, object, id, field, code, sealed = row
        source = SourceKey(object, id)
        words, next_step = orjson.loads(self._seal.open(sealed, _identity(source, field, code)))
        return Issue(source, field, code, words, next_step)


def _identity(source: SourceKey, field: str, code: str) -> str:
    return f"issue/{source.object}/{source.id}/{field}/{code}"
