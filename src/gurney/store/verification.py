"""Verifying the ledger: that the chain is whole, and that what is projected from it agrees with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text

from gurney.store.chain import ENTRIES, FIRST_HASH, chained, pages
from gurney.store.database import Database

_OPERATIONS = (
    "SELECT id, part, kind, state, to_object, to_id, digest, code, entry FROM operation"
    " WHERE map = :map AND object = :object AND id IN (:values)"
)
_WITHOUT_ENTRY = text(
    "SELECT min(o.entry) FROM operation o WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = o.entry)"
)
_COUNT = text("SELECT count(*) FROM operation WHERE entry <= :last")
_WRONG_EFFECT = text(
    "SELECT min(o.entry) FROM operation o LEFT JOIN effect e"
    " ON e.map = o.map AND e.object = o.object AND e.id = o.id AND e.part = o.part"
    " WHERE o.state = 'done' AND (e.seq IS NULL OR o.to_id IS NULL OR e.to_id <> o.to_id"
    " OR e.removed <> CASE WHEN o.kind IN ('delete', 'restore') THEN 1 ELSE 0 END)"
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found. `broken_at` is the number of the first entry that does not fit."""

    ok: bool
    entries: int
    head: str
    broken_at: int | None = None
    why: str = ""


class _Broken(Exception):
    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


class Verification:
    """One pass over the whole log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries = 0
        self._head = FIRST_HASH
        self._agreed = 0
        """Operations that say what their newest entry says."""

    def result(self) -> Verified:
        try:
            with self._database.reading():
                self._run()
        except _Broken as broken:
            return Verified(False, self._entries, self._head, broken.at, broken.why)
        return Verified(True, self._entries, self._head if self._entries else "")

    def _run(self) -> None:
        announced = int(self._database.meta(ENTRIES, "0"))
        for page in pages(self._database):
            for seq, entry, hash in page:
                self._follow(seq, entry, hash)
            self._compare([(seq, orjson.loads(entry)) for seq, entry, _ in page])
        if self._entries < announced:
            raise _Broken(self._entries + 1, "entries at the end are missing")
        for query, why in (
            (_WITHOUT_ENTRY, "an operation rests on an entry that is missing"),
            (_WRONG_EFFECT, "the id map does not agree with the operation"),
        ):
            at = self._database.one(query)[0]
            if at is not None:
                raise _Broken(int(at), why)
        if self._database.one(_COUNT, {"last": self._entries})[0] != self._agreed:
            raise _Broken(self._entries, "there are operations that no entry speaks of")

    def _follow(self, seq: int, entry: str, hash: str) -> None:
        if seq != self._entries + 1:
            raise _Broken(self._entries + 1, "an entry is missing")
        if not isinstance(entry, str) or chained(self._head, entry) != hash:
            raise _Broken(seq, "its hash does not follow from the one before")
        self._entries = seq
        self._head = hash

    def _compare(self, entries: Sequence[tuple[int, dict[str, Any]]]) -> None:
        groups: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        for seq, said in entries:
            if "op" in said:
                groups[said["map"], said["object"]].append((seq, said))
        for (map, object), group in groups.items():
            ids = sorted({said["id"] for _, said in group})
            rows = self._database.where_in(_OPERATIONS, ids, {"map": map, "object": object})
            standing = {(row[0], row[1]): row for row in rows}
            for seq, said in group:
                self._compare_one(seq, said, standing.get((said["id"], said["part"])))

    def _compare_one(self, seq: int, said: dict[str, Any], row: Any) -> None:
        if row is None or row.entry < seq:
            raise _Broken(seq, "the operation that it speaks of does not know of it")
        if row.entry > seq:
            return
        projected = (row.kind, row.state, row.to_object, row.to_id, row.code)
        if projected != (said["op"], said["state"], said["to"], said["to_id"], said.get("code", "")):
            raise _Broken(seq, "the operation does not agree with it")
        if said.get("digest", row.digest) != row.digest:
            raise _Broken(seq, "the operation's digest does not agree with it")
        self._agreed += 1
