"""Effects: which record of the destination stands for which record of the source, and how to undo it.

A projection of the ledger, written by it alone, in the transaction of the outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, text

from gurney.records import Kind, Link, OperationKey, Outcome, Value, Write
from gurney.store.codec import (
    before_identity,
    decode_fields,
    decode_write,
    encode_fields,
    encode_write,
    write_identity,
)
from gurney.store.database import Database, ForMany
from gurney.store.runs import Run
from gurney.store.sealing import NoSeal, Seal
from gurney.store.snapshot import now_text

_COLUMNS = (
    "seq, map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object, parent_id, modified_at,"
    " verdict, run, body, before"
)
_CREATE = ForMany(
    "INSERT INTO effect (map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object,"
    " parent_id, modified_at, verdict, run, body, before) VALUES (:map, :object, :id, :part, :to_object, :to_id,"
    " :created, 0, :owner_id, :parent_object, :parent_id, :modified_at, '', :run, :body, :before)"
    " ON CONFLICT (map, object, id, part) DO UPDATE SET to_object = excluded.to_object, to_id = excluded.to_id,"
    " created = excluded.created, removed = 0, owner_id = excluded.owner_id, parent_object = excluded.parent_object,"
    " parent_id = excluded.parent_id, modified_at = excluded.modified_at, verdict = '', run = excluded.run,"
    " body = excluded.body, before = excluded.before"
)
_LINK = ForMany(
    "INSERT INTO effect (map, object, id, part, to_object, to_id, created, removed, owner_id, parent_object,"
    " parent_id, modified_at, verdict, run, body, before) VALUES (:map, :object, :id, :part, :to_object, :to_id,"
    " 0, 0, NULL, NULL, NULL, NULL, 'equal', :run, NULL, NULL)"
    " ON CONFLICT (map, object, id, part) DO UPDATE SET to_id = excluded.to_id, removed = 0, run = excluded.run"
)
_UPDATE = text(
    "UPDATE effect SET to_id = :to_id, owner_id = coalesce(:owner_id, owner_id), modified_at = :modified_at,"
    " verdict = '', body = :body, before = :before"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_REMOVE = ForMany(
    "UPDATE effect SET removed = 1, verdict = '' WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_STANDING = text(
    "SELECT created, removed, body, before FROM effect"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_SET_BODY = text("UPDATE effect SET body = :body WHERE map = :map AND object = :object AND id = :id AND part = :part")
_IDS = (
    "SELECT id, to_id FROM effect WHERE map = :map AND object = :object AND part = 0 AND removed = 0"
    " AND id IN (:values)"
)
_OF = f"SELECT {_COLUMNS} FROM effect WHERE map = :map AND object = :object AND id IN (:values)"
_SCAN = text(f"SELECT {_COLUMNS} FROM effect WHERE map = :map AND seq > :after ORDER BY seq LIMIT :limit")
_STANDING_FOR = "SELECT DISTINCT to_object, to_id FROM effect WHERE removed = 0 AND to_id IN (:values)"
_PARENTS = "SELECT DISTINCT map, parent_object, parent_id FROM effect WHERE removed = 0 AND parent_id IN (:values)"
_BY_DESTINATION = f"SELECT {_COLUMNS} FROM effect WHERE to_object = :object AND removed = 0 AND to_id IN (:values)"
_GOING = text(
    "SELECT e.to_object, e.to_id FROM effect e WHERE e.removed = 0 AND NOT EXISTS ("
    " SELECT 1 FROM operation o WHERE o.map = e.map AND o.object = e.object AND o.id = e.id AND o.part = e.part"
    " AND o.kind = 'delete' AND o.code = 'kept')"
)
_VERDICT = ForMany(
    "UPDATE effect SET verdict = :verdict, modified_at = coalesce(modified_at, :seen)"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
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
        return None if body is None else decode_write(self.key, seal.open(body, write_identity(self.key)))

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
        return None if before is None else decode_fields(seal.open(before, before_identity(self.key)))


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

    def standing(self, links: Collection[Link]) -> set[Link]:
        """Those of these destination records for which we stand. Some vendors count ids per object."""
        found = self._database.where_in(_STANDING_FOR, sorted({link.id for link in links}))
        return {Link(object, id) for object, id in found} & set(links)

    def with_children(self, links: Collection[Link], *, but_of: Collection[str] = ()) -> set[Link]:
        """Those of these destination records on which something of ours hangs, apart from what some maps made."""
        found = self._database.where_in(_PARENTS, sorted({link.id for link in links}))
        return {Link(object, id) for map, object, id in found if map not in but_of} & set(links)

    def going(self) -> Iterator[str]:
        """Every destination record that stands for something, as 'object/id', but what a rollback kept for a person."""
        return (f"{object}/{id}" for object, id in self._database.rows(_GOING))

    def set_verdicts(
        self, keys: Sequence[OperationKey], verdict: str, seen: Mapping[OperationKey, datetime] | None = None
    ) -> None:
        """Record how a comparison came out.

        `seen` says when a record that is as we left it was changed last: our write, where its answer did not tell.
        """
        known = seen or {}
        rows = [{**_parts(key), "verdict": verdict, "seen": _moment(known.get(key))} for key in keys]
        if rows:
            with self._database.transaction(durable=False) as connection:
                _VERDICT.run(connection, rows)

    def agree(self, key: OperationKey, fields: Mapping[str, Value]) -> None:
        """Stand for values that a person wrote at the destination and the source has by now as well."""
        with self._database.transaction() as connection:
            row = connection.execute(_STANDING, _parts(key)).first()
            if row is not None and row.body is not None:
                body = _laid_over(self._seal, key, row.body, fields)
                connection.execute(_SET_BODY, {**_parts(key), "body": body})

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


@dataclass(frozen=True, slots=True)
class Done:
    """A write that took effect, with the sealed bodies of itself and of what was there before it."""

    outcome: Outcome
    write: Write
    body: bytes
    before: bytes | None


def project(connection: Connection, seal: Seal | NoSeal, run: Run, done: Sequence[Done]) -> None:
    """Carry concluded writes into the id map. Called by the ledger, in its transaction."""
    created = [_new(run, item, created=True) for item in done if item.write.kind is Kind.CREATE]
    if created:
        _CREATE.run(connection, created)
    for item in done:
        if item.write.kind in (Kind.UPDATE, Kind.LINK, Kind.RESTORE):
            _change(connection, seal, run, item)
    removed = [_parts(item.outcome.key) for item in done if item.write.kind in (Kind.DELETE, Kind.RESTORE)]
    if removed:
        _REMOVE.run(connection, removed)


def link(connection: Connection, run: Run, object: str, pairs: Sequence[tuple[OperationKey, str]]) -> None:
    """Records that represent source records without having been written."""
    if pairs:
        rows = [{**_parts(key), "to_object": object, "to_id": id, "run": run.id} for key, id in pairs]
        _LINK.run(connection, rows)


def _change(connection: Connection, seal: Seal | NoSeal, run: Run, item: Done) -> None:
    """Lay an update over what stands for the record, or take up a record that was there before us.

    What a field held before our first touch is never replaced by what it held before a later one.
    """
    key = item.write.key
    row = connection.execute(_STANDING, _parts(key)).first()
    if row is None or row.removed or row.body is None:
        is_ours = row is not None and bool(row.created) and not row.removed
        _CREATE.run(connection, [_new(run, item, created=is_ours)])
        return
    values = {
        "to_id": item.outcome.destination_id,
        "owner_id": item.write.owner_id,
        "modified_at": _moment(item.outcome.modified_at),
        "body": _laid_over(seal, key, row.body, item.write.fields),
        "before": row.before if row.created else _laid_under(seal, key, row.before, item.before),
    }
    connection.execute(_UPDATE, {**_parts(key), **values})


def _new(run: Run, item: Done, *, created: bool) -> dict[str, Any]:
    write = item.write
    return {
        **_parts(write.key),
        "to_object": write.object,
        "to_id": item.outcome.destination_id,
        "created": int(created),
        "owner_id": write.owner_id,
        "parent_object": write.parent.object if write.parent else None,
        "parent_id": write.parent.id if write.parent else None,
        "modified_at": _moment(item.outcome.modified_at),
        "run": run.id,
        "body": item.body,
        "before": None if created else item.before,
    }


def _laid_over(seal: Seal | NoSeal, key: OperationKey, sealed: bytes, fields: Mapping[str, Value]) -> bytes:
    """What was written last, with these fields in place of its own."""
    last = decode_write(key, seal.open(sealed, write_identity(key)))
    return seal.seal(encode_write(replace(last, fields={**last.fields, **fields})), write_identity(key))


def _laid_under(seal: Seal | NoSeal, key: OperationKey, first: bytes | None, later: bytes | None) -> bytes | None:
    """What fields held before us: the first known value of each."""
    if first is None or later is None:
        return first or later
    identity = before_identity(key)
    known = {**decode_fields(seal.open(later, identity)), **decode_fields(seal.open(first, identity))}
    return seal.seal(encode_fields(known), identity)


def _moment(moment: datetime | None) -> str | None:
    return now_text(moment) if moment else None


def _parts(key: OperationKey) -> dict[str, Any]:
    return {"map": key.map, "object": key.object, "id": key.id, "part": key.part}
