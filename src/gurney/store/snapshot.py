"""The snapshot: the source as read, sealed, complete enough to repeat a load without asking the source again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from gurney.runtime import Runtime
from gurney.store.database import Database, ForMany, executed
from gurney.store.sealing import NoSeal, Seal

Link = tuple[str, str, str]
"""(field, object referred to, id referred to)."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One source record on its way into the snapshot. Stamps are the source's own text, UTC."""

    id: str
    created_at: str
    updated_at: str
    state: str
    """live, archived, cancelled, merged, deleted; `gone` is set by mark_gone alone."""
    body: dict[str, Any]
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One source record of the snapshot. `seq` is the order of first staging."""

    seq: int
    id: str
    state: str
    body: dict[str, Any]
    changed_in: int
    """The extraction that brought its present content."""


@dataclass(frozen=True, slots=True)
class PutCounts:
    """What a put did."""

    new: int
    changed: int
    same: int


_BEGIN = text("INSERT INTO extraction (kind, at) VALUES (:kind, :at) RETURNING number")
_LATEST = text("SELECT max(number) FROM extraction")
_KNOWN = "SELECT id, updated_at, state, digest FROM snapshot WHERE object = :object AND id IN (:values)"
_PUT = ForMany(
    "INSERT INTO snapshot (object, id, created_at, updated_at, state, digest, changed_in, body)"
    " VALUES (:object, :id, :created_at, :updated_at, :state, :digest, :changed_in, :body)"
    " ON CONFLICT (object, id) DO UPDATE SET created_at = excluded.created_at, updated_at = excluded.updated_at,"
    " state = excluded.state, digest = excluded.digest, changed_in = excluded.changed_in, body = excluded.body"
)
_UNLINK = ForMany("DELETE FROM snapshot_link WHERE object = :object AND id = :id")
_LINK = ForMany(
    "INSERT INTO snapshot_link (object, field, to_id, id, to_object) VALUES (:object, :field, :to_id, :id, :to_object)"
    " ON CONFLICT (object, field, to_id, id) DO NOTHING"
)
_CURSOR = text("SELECT value FROM snapshot_cursor WHERE object = :object")
_SET_CURSOR = text(
    "INSERT INTO snapshot_cursor (object, value) VALUES (:object, :value)"
    " ON CONFLICT (object) DO UPDATE SET value = excluded.value"
)
_SCAN = text(
    "SELECT seq, id, state, changed_in, body FROM snapshot"
    " WHERE object = :object AND seq > :after AND changed_in >= :since ORDER BY seq LIMIT :limit"
)
_GET = "SELECT seq, id, state, changed_in, body FROM snapshot WHERE object = :object AND id IN (:values)"
_STATES = "SELECT id, state FROM snapshot WHERE object = :object AND id IN (:values)"
# CROSS JOIN makes SQLite start from the links; sorting there would make it walk the whole object instead.
_CHILDREN = (
    "SELECT l.to_id, s.seq, s.id, s.state, s.changed_in, s.body FROM snapshot_link l"
    " CROSS JOIN snapshot s WHERE s.object = l.object AND s.id = l.id"
    " AND l.object = :object AND l.field = :field AND l.to_id IN (:values)"
)
# From the links alone; CROSS JOIN again makes SQLite start from the few parents.
_TALLY = (
    "SELECT a.to_id, o.to_id, count(*), max(s.created_at) FROM snapshot_link a CROSS JOIN snapshot s{via}"
    " CROSS JOIN snapshot_link o WHERE s.object = a.object AND s.id = a.id AND s.state = 'live'{joined}"
    " AND o.object = {from_object} AND o.id = {from_id} AND o.field = :other"
    " AND a.object = :object AND a.field = :field AND a.to_id IN (:values) GROUP BY a.to_id, o.to_id"
)
_TALLY_HERE = _TALLY.format(via="", joined="", from_object="a.object", from_id="a.id")
_TALLY_THERE = _TALLY.format(
    via=" CROSS JOIN snapshot_link v CROSS JOIN snapshot m",
    joined=" AND v.object = a.object AND v.id = a.id AND v.field = :via"
    " AND m.object = :via_object AND m.id = v.to_id AND m.state = 'live'",
    from_object="m.object",
    from_id="m.id",
)
_COUNTS = text("SELECT state, count(*) FROM snapshot WHERE object = :object GROUP BY state")
_OBJECTS = text("SELECT DISTINCT object FROM snapshot ORDER BY object")
_IDS = text("SELECT seq, id FROM snapshot WHERE object = :object AND seq > :after ORDER BY seq LIMIT 10000")
_GONE = ForMany(
    "UPDATE snapshot SET state = 'gone', changed_in = :number WHERE object = :object AND id = :id AND state <> 'gone'"
)
_ALIAS = ForMany(
    "INSERT INTO snapshot_alias (object, id, survivor) VALUES (:object, :id, :survivor)"
    " ON CONFLICT (object, id) DO UPDATE SET survivor = excluded.survivor"
)
_RESOLVE = "SELECT id, survivor FROM snapshot_alias WHERE object = :object AND id IN (:values)"
_LOSERS = "SELECT id, survivor FROM snapshot_alias WHERE object = :object AND survivor IN (:values)"
_NAMED = text(
    "SELECT s.seq, s.id, l.to_id FROM snapshot s"
    " LEFT JOIN snapshot_link l ON l.object = s.object AND l.id = s.id AND l.field = :field"
    " WHERE s.object = :object AND s.seq > :after ORDER BY s.seq LIMIT :limit"
)
_HIGH_WATER = text("SELECT max(updated_at) FROM snapshot WHERE object = :object")
_NEW = text(
    "SELECT object, count(*) FROM snapshot WHERE changed_in >= :since AND created_at >= :moment AND state = 'live'"
    " GROUP BY object"
)
_CHANGED = text(
    "SELECT object, state, count(*) FROM snapshot WHERE changed_in >= :since GROUP BY object, state ORDER BY object"
)


class Snapshot:
    """The staged copy of the source. Every method is one short transaction."""

    def __init__(self, database: Database, seal: Seal | NoSeal, runtime: Runtime) -> None:
        self._database = database
        self._seal = seal
        self._runtime = runtime

    def begin(self, kind: str) -> int:
        """Start an extraction; its number marks what it brings."""
        with self._database.transaction() as connection:
            at = self._runtime.clock.now().astimezone(UTC).isoformat()
            number: int = connection.execute(_BEGIN, {"kind": kind, "at": at}).scalar_one()
        return number

    def latest(self) -> int:
        """The newest extraction's number; 0 before the first."""
        return int(self._database.one(_LATEST)[0] or 0)

    def put(
        self,
        object: str,
        rows: Sequence[Staged],
        *,
        extraction: int | None = None,
        cursor: Mapping[str, Any] | None = None,
    ) -> PutCounts:
        """Keep rows, the newest `updated_at` of an id winning, together with how far the walk is."""
        newest: dict[str, Staged] = {}
        for row in rows:
            if row.id not in newest or row.updated_at >= newest[row.id].updated_at:
                newest[row.id] = row
        number = extraction if extraction is not None else self.latest()
        fresh = [self._content(row) for row in newest.values()]
        with self._database.transaction(durable=False) as connection:
            known = {
                id: (updated_at, state, bytes(digest))
                for id, updated_at, state, digest in self._database.where_in(_KNOWN, list(newest), {"object": object})
            }
            written = [item for item in fresh if _differs(item[0], item[2], known.get(item[0].id))]
            if written:
                _PUT.run(connection, [self._parameters(object, number, *item) for item in written])
                _relink(connection, object, [row for row, _, _ in written], known.keys())
            if cursor is not None:
                executed(connection, _SET_CURSOR, {"object": object, "value": orjson.dumps(dict(cursor)).decode()})
        new = sum(row.id not in known for row, _, _ in written)
        return PutCounts(new, len(written) - new, len(newest) - len(written))

    def _content(self, row: Staged) -> tuple[Staged, bytes, bytes]:
        """A row with its body's bytes and the fingerprint of all that it says."""
        clear = orjson.dumps(row.body, option=orjson.OPT_SORT_KEYS)
        return row, clear, self._seal.fingerprint(clear + orjson.dumps(list(row.links)))

    def _parameters(self, object: str, number: int, row: Staged, clear: bytes, digest: bytes) -> dict[str, Any]:
        return {
            "object": object,
            "id": row.id,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "state": row.state,
            "digest": digest,
            "changed_in": number,
            "body": self._seal.seal(clear, f"snapshot/{object}/{row.id}"),
        }

    def cursor(self, object: str) -> dict[str, Any] | None:
        """How far the walk of an object is; None before it began."""
        row = self._database.one(_CURSOR, {"object": object})
        if row is None:
            return None
        value: dict[str, Any] = orjson.loads(row[0])
        return value

    def set_cursor(self, object: str, cursor: Mapping[str, Any]) -> None:
        with self._database.transaction(durable=False) as connection:
            executed(connection, _SET_CURSOR, {"object": object, "value": orjson.dumps(dict(cursor)).decode()})

    def scan(self, object: str, after: int = 0, limit: int = 500, changed_since: int | None = None) -> list[Row]:
        """Rows in the order of first staging, after a sequence number."""
        parameters = {"object": object, "after": after, "since": changed_since or 0, "limit": limit}
        return [self._row(object, *found) for found in self._database.rows(_SCAN, parameters)]

    def get(self, object: str, ids: Sequence[str]) -> dict[str, Row]:
        """Rows by id; what is not there is left out."""
        found = self._database.where_in(_GET, list(ids), {"object": object})
        return {row[1]: self._row(object, *row) for row in found}

    def states(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """States by id, without opening the rows."""
        return dict(self._database.where_in(_STATES, list(ids), {"object": object}))

    def children(self, object: str, field: str, parent_ids: Sequence[str]) -> dict[str, list[Row]]:
        """Rows of `object` that refer to these parents by the relation `field`, oldest first."""
        found = self._database.where_in(_CHILDREN, list(parent_ids), {"object": object, "field": field})
        children: dict[str, list[Row]] = defaultdict(list)
        for parent, *row in sorted(found, key=lambda row: row[1]):
            children[parent].append(self._row(object, *row))
        return dict(children)

    def tally(
        self, object: str, field: str, parent_ids: Sequence[str], other: str, via: tuple[str, str] | None = None
    ) -> dict[str, dict[str, tuple[int, str]]]:
        """What live rows that refer to these parents refer to by `other`: how many, and the newest one's creation.

        `via`, a relation and the object that it leads to: what those rows refer to by `other`, instead.
        """
        parameters = {"object": object, "field": field, "other": other}
        if via is not None:
            parameters |= {"via": via[0], "via_object": via[1]}
        rows = self._database.where_in(_TALLY_THERE if via else _TALLY_HERE, list(parent_ids), parameters)
        found: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
        for parent, to, count, newest in rows:
            found[parent][to] = (count, newest)
        return dict(found)

    def _row(self, object: str, seq: int, id: str, state: str, changed_in: int, body: bytes) -> Row:
        clear = self._seal.open(body, f"snapshot/{object}/{id}")
        return Row(seq, id, state, orjson.loads(clear), changed_in)

    def counts(self, object: str) -> dict[str, int]:
        """Rows by state."""
        return dict(self._database.rows(_COUNTS, {"object": object}))

    def changed(self, since: int) -> dict[str, dict[str, int]]:
        """How many rows each object has whose content an extraction from `since` on brought, by state."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for object, state, count in self._database.rows(_CHANGED, {"since": since}):
            found[object][state] = count
        return dict(found)

    def created(self, since: int, moment: datetime) -> dict[str, int]:
        """How many live rows each object has that were created after `moment`, of those that `changed` tells."""
        return dict(self._database.rows(_NEW, {"since": since, "moment": now_text(moment)}))

    def objects(self) -> list[str]:
        return [row[0] for row in self._database.rows(_OBJECTS)]

    def ids(self, object: str) -> Iterator[str]:
        """Ids of all rows of an object, in order of staging."""
        after = 0
        while found := self._database.rows(_IDS, {"object": object, "after": after}):
            yield from (row[1] for row in found)
            after = found[-1][0]

    def mark_gone(self, object: str, ids: Sequence[str], extraction: int) -> None:
        """The source has these no longer."""
        if ids:
            with self._database.transaction() as connection:
                _GONE.run(connection, [{"object": object, "id": id, "number": extraction} for id in ids])

    def set_aliases(self, object: str, aliases: Mapping[str, str]) -> None:
        """Losers of merges and who they became."""
        if aliases:
            rows = [{"object": object, "id": id, "survivor": survivor} for id, survivor in aliases.items()]
            with self._database.transaction() as connection:
                _ALIAS.run(connection, rows)

    def resolve(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Each id's survivor; itself where it was never merged."""
        survivors: dict[str, str] = {}
        asked = set(ids)
        while asked:  # a survivor may have been merged in its turn
            found = dict(self._database.where_in(_RESOLVE, sorted(asked), {"object": object}))
            survivors |= found
            asked = set(found.values()) - survivors.keys()
        return {id: _last_survivor(id, survivors) for id in ids}

    def merged_into(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Everybody who was merged into one of these, with the one of these where the chain ends."""
        ends: dict[str, str] = {}
        asked = {id: id for id in ids}
        while asked:
            found = self._database.where_in(_LOSERS, sorted(asked), {"object": object})
            asked = {id: asked[survivor] for id, survivor in found if id not in ends and id not in ids}
            ends |= asked
        return ends

    def named(self, object: str, field: str, after: int = 0, limit: int = 500) -> list[tuple[int, str, str | None]]:
        """(sequence number, id, id that it names by a relation) of rows in order, without opening them."""
        parameters = {"object": object, "field": field, "after": after, "limit": limit}
        return [(seq, id, to_id) for seq, id, to_id in self._database.rows(_NAMED, parameters)]

    def high_water(self, object: str) -> str | None:
        """The newest `updated_at` of an object."""
        at: str | None = self._database.one(_HIGH_WATER, {"object": object})[0]
        return at


def _relink(connection: Connection, object: str, rows: Sequence[Staged], known: Container[str]) -> None:
    """Put these rows' links in place of the ones that they had."""
    changed = [{"object": object, "id": row.id} for row in rows if row.id in known]
    if changed:
        _UNLINK.run(connection, changed)
    links = [
        {"object": object, "id": row.id, "field": field, "to_object": to_object, "to_id": to_id}
        for row in rows
        for field, to_object, to_id in row.links
    ]
    if links:
        _LINK.run(connection, links)


def _last_survivor(id: str, survivors: Mapping[str, str]) -> str:
    seen = set()
    while id in survivors and id not in seen:
        seen.add(id)
        id = survivors[id]
    return id


def now_text(moment: datetime) -> str:
    """A moment as the store writes it."""
    return moment.astimezone(UTC).isoformat()


def _differs(row: Staged, digest: bytes, known: tuple[str, str, bytes] | None) -> bool:
    """Whether a staged row says more than what is kept. An older one never wins."""
    if known is None:
        return True
    updated_at, state, old = known
    return row.updated_at >= updated_at and (digest != old or state != row.state)
