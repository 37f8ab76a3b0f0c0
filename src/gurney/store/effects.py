"""Effects: which record of the destination stands for which record of the source, and how to undo it.

A projection of the ledger, written by it alone, in the transaction of the outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, text

from gurney.records import Kind, Link, OperationKey, Outcome, Value, Write
from gurney.store.codec import decode_fields, decode_write, encode_write
from gurney.store.database import Database
from gurney.store.runs import Run
from gurney.store.sealing import NoSeal, Seal
from gurney.store.snapshot import now_text

_COLUMNS = (
    "seq, map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object, parent_id, modified_at,"
    " verdict, run, body, before"
)
_CREATE = text(
    "INSERT INTO effect (map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object,"
    " parent_id, modified_at, verdict, run, body, before) VALUES (:map, :object, :id, :part, :to_object, :to_id,"
    " :created, 0, :owner_id, :parent_object, :parent_id, :modified_at, '', :run, :body, :before)"
    " ON CONFLICT (map, object, id, part) DO UPDATE SET to_object = excluded.to_object, to_id = excluded.to_id,"
    " created = excluded.created, removed = 0, owner_id = excluded.owner_id, parent_object = excluded.parent_object,"
    " parent_id = excluded.parent_id, modified_at = excluded.modified_at, verdict = '', run = excluded.run,"
    " body = excluded.body, before = excluded.before"
)
_LINK = text(
    "INSERT INTO effect (map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object,"
    " parent_id, modified_at, verdict, run, body, before) VALUES (:map, :object, :id, :part, :to_object, :to_id,"
    " 0, 0, NULL, NULL, NULL, NULL, 'equal', :run, NULL, NULL)"
    " ON CONFLICT (map, object, id, part) DO UPDATE SET to_id = excluded.to_id, removed = 0, run = excluded.run"
)
_UPDATE = text(
    "UPDATE effect SET owner_id = coalesce(:owner_id, owner_id), modified_at = :modified_at, verdict = '', body = :body"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_REMOVE = text(
    "UPDATE effect SET removed = 1, verdict = '' WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_BODY = text("SELECT body FROM effect WHERE map = :map AND object = :object AND id = :id AND part = :part")
_SET_BODY = text("UPDATE effect SET body = :body WHERE map = :map AND object = :object AND id = :id AND part = :part")
_IDS = (
    "SELECT id, to_id FROM effect WHERE map = :map AND object = :object AND part = 0 AND removed = 0"
    " AND id IN (:values)"
)
_OF = f"SELECT {_COLUMNS} FROM effect WHERE map = :map AND object = :object AND id IN (:values)"
_SCAN = text(f"SELECT {_COLUMNS} FROM effect WHERE map = :map AND seq > :after ORDER BY seq LIMIT :limit")
_BY_DESTINATION = f"SELECT {_COLUMNS} FROM effect WHERE to_object = :object AND removed = 0 AND to_id IN (:values)"
_DESTINATION_IDS = text("SELECT to_id FROM effect WHERE removed = 0")
_VERDICT = text(
    "UPDATE effect SET verdict = :verdict WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_COUNTS = text(
    "SELECT map, created, verdict, count(DISTINCT id) FROM effect WHERE removed = 0 GROUP BY map, created, verdict"
)
_RECORDS = text("SELECT map, created, count(DISTINCT id) FROM effect WHERE removed = 0 GROUP BY map, created")
_REMOVED = text("SELECT count(*) FROM effect WHERE removed = 1")
_BY_OBJECT = text("SELECT to_object, count(DISTINCT to_id) FROM effect WHERE removed = 0 GROUP BY to_object")


@dataclass(frozen=True)
class Effect:
    """One record of the destination that stands for (a part of) a source record."""

    seq: int
    key: OperationKey
    destination_object: str
    destination_id: str
    created: bool
    """False: it had been there before us."""
    removed: bool
    owner_id: str | None
    parent: Link | None
    modified_at: datetime | None
    verdict: str
    """'' not compared since it was last written; else equal, different, unverifiable or gone."""
    run: int
    sealed: tuple[Seal | NoSeal, bytes | None, bytes | None]

    @cached_property
    def write(self) -> Write | None:
        """What was last written, whole; None for a record that was only linked."""
        seal, body, _ = self.sealed
        return None if body is None else decode_write(self.key, seal.open(body, f"write/{self.key}"))

    @cached_property
    def written(self) -> Mapping[str, Value]:
        """The fields that we last wrote, by destination name."""
        return {} if self.write is None else self.write.fields

    @property
    def has_before(self) -> bool:
        """Whether there is something to put back."""
        return self.sealed[2] is not None

    @cached_property
    def before(self) -> Mapping[str, Value] | None:
        """What these fields held before our first update; None for records of ours."""
        seal, _, before = self.sealed
        return None if before is None else decode_fields(seal.open(before, f"before/{self.key}"))


class Effects:
    """The id map and what hangs on it."""

    def __init__(self, database: Database, seal: Seal | NoSeal) -> None:
        self._database = database
        self._seal = seal

    def get(self, map: str, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Destination ids of source records (their first part); what is not there is left out."""
        return dict(self._database.where_in(_IDS, list(ids), {"map": map, "object": object}))

    def of(self, keys: Sequence[OperationKey]) -> dict[OperationKey, Effect]:
        """Effects by operation key."""
        groups: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key in keys:
            groups[key.map, key.object].add(key.id)
        wanted, found = set(keys), {}
        for (map, object), ids in groups.items():
            for row in self._database.where_in(_OF, sorted(ids), {"map": map, "object": object}):
                effect = self._effect(row)
                if effect.key in wanted:
                    found[effect.key] = effect
        return found

    def scan(self, map: str, after: int = 0, limit: int = 500) -> list[Effect]:
        """Effects of an object map in the order of their making, removed ones too."""
        rows = self._database.rows(_SCAN, {"map": map, "after": after, "limit": limit})
        return [self._effect(row) for row in rows]

    def by_destination(self, object: str, ids: Sequence[str]) -> dict[str, Effect]:
        """Effects by destination id."""
        rows = self._database.where_in(_BY_DESTINATION, list(ids), {"object": object})
        return {effect.destination_id: effect for effect in (self._effect(row) for row in rows)}

    def destination_ids(self) -> Iterator[str]:
        """Ids of every destination record that stands for something."""
        return (row[0] for row in self._database.rows(_DESTINATION_IDS))

    def set_verdicts(self, keys: Sequence[OperationKey], verdict: str) -> None:
        """Record how a comparison came out."""
        rows = [
            {"map": key.map, "object": key.object, "id": key.id, "part": key.part, "verdict": verdict} for key in keys
        ]
        if rows:
            with self._database.transaction(durable=False) as connection:
                connection.execute(_VERDICT, rows)

    def agree(self, key: OperationKey, fields: Mapping[str, Value]) -> None:
        """Stand for values that a person wrote at the destination and the source has by now as well."""
        with self._database.transaction() as connection:
            _merge(connection, self._seal, key, fields, _SET_BODY, {})

    def records(self) -> dict[str, dict[str, int]]:
        """Source records that arrived, by object map: 'created' and 'linked'."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for map, created, count in self._database.rows(_RECORDS):
            found[map]["created" if created else "linked"] = count
        return dict(found)

    def verdicts(self) -> dict[str, dict[str, int]]:
        """Source records by object map and verdict."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for map, _, verdict, count in self._database.rows(_COUNTS):
            found[map][verdict] += count
        return {map: dict(verdicts) for map, verdicts in found.items()}

    def removed_count(self) -> int:
        return int(self._database.one(_REMOVED)[0])

    def by_object(self) -> dict[str, int]:
        """How many destination records of each object are ours or stand for something."""
        return dict(self._database.rows(_BY_OBJECT))

    def _effect(self, row: Sequence[Any]) -> Effect:
        (seq, map, object, id, part, to_object, to_id, created, removed, owner, parent_object, parent_id, modified,
         verdict, run, body, before) = row  # fmt: skip
        return Effect(
            seq=seq,
            key=OperationKey(map, object, id, part),
            destination_object=to_object,
            destination_id=to_id,
            created=bool(created),
            removed=bool(removed),
            owner_id=owner,
            parent=Link(parent_object, parent_id) if parent_id else None,
            modified_at=datetime.fromisoformat(modified) if modified else None,
            verdict=verdict,
            run=run,
            sealed=(self._seal, body, before),
        )


Done = tuple[Outcome, Write, bytes, bytes | None]
"""An outcome, the write it belongs to, and the sealed bodies of the write and of what was there before."""


def project(connection: Connection, seal: Seal | NoSeal, run: Run, done: Sequence[Done]) -> None:
    """Carry concluded writes into the id map. Called by the ledger, in its transaction."""
    created = [_created(run, item) for item in done if _makes(item)]
    if created:
        connection.execute(_CREATE, created)
    removed = [_parts(outcome.key) for outcome, write, _, _ in done if write.kind is Kind.DELETE]
    if removed:
        connection.execute(_REMOVE, removed)
    for outcome, write, _, _ in done:
        if write.kind in (Kind.UPDATE, Kind.LINK, Kind.RESTORE) and not _makes((outcome, write, b"", None)):
            modified = now_text(outcome.modified_at) if outcome.modified_at else None
            values = {"owner_id": write.owner_id, "modified_at": modified}
            _merge(connection, seal, write.key, write.fields, _UPDATE, values)
            if write.kind is Kind.RESTORE:
                connection.execute(_REMOVE, _parts(write.key))
    first = [item for item in done if item[1].kind is Kind.UPDATE and item[3] is not None]
    if first:
        connection.execute(_CREATE, [{**_created(run, item), "created": 0} for item in first])


def link(connection: Connection, run: Run, object: str, pairs: Sequence[tuple[OperationKey, str]]) -> None:
    """Records that represent source records without having been written."""
    if pairs:
        rows = [{**_parts(key), "to_object": object, "to_id": id, "run": run.id} for key, id in pairs]
        connection.execute(_LINK, rows)


def _makes(item: Done) -> bool:
    return item[1].kind is Kind.CREATE


def _created(run: Run, item: Done) -> dict[str, Any]:
    outcome, write, body, before = item
    return {
        **_parts(outcome.key),
        "to_object": write.object,
        "to_id": outcome.destination_id,
        "created": 1,
        "owner_id": write.owner_id,
        "parent_object": write.parent.object if write.parent else None,
        "parent_id": write.parent.id if write.parent else None,
        "modified_at": now_text(outcome.modified_at) if outcome.modified_at else None,
        "run": run.id,
        "body": body,
        "before": before,
    }


def _merge(
    connection: Connection,
    seal: Seal | NoSeal,
    key: OperationKey,
    fields: Mapping[str, Value],
    statement: Any,
    values: Mapping[str, Any],
) -> None:
    """Lay fields over what was written last."""
    row = connection.execute(_BODY, _parts(key)).first()
    if row is None or row[0] is None:
        return
    identity = f"write/{key}"
    write = decode_write(key, seal.open(row[0], identity))
    merged = Write(
        key=key,
        object=write.object,
        key_field=write.key_field,
        key_value=write.key_value,
        fields={**write.fields, **fields},
        destination_id=write.destination_id,
        owner_id=write.owner_id,
        parent=write.parent,
        file=write.file,
    )
    body = seal.seal(encode_write(merged), identity)
    connection.execute(statement, {**_parts(key), **values, "body": body})


def _parts(key: OperationKey) -> dict[str, Any]:
    return {"map": key.map, "object": key.object, "id": key.id, "part": key.part}
