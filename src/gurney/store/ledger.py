"""The ledger: every intended effect and its outcome, append-only and hash-chained; and what follows from it.

An entry holds ids, digests, times, the operator, outcomes and vendor codes, never a record's value: those lie
sealed beside it, bound by their digest, so that destroying them leaves the log verifiable. The table of
operations and the id map (effects) are projections, written in the same transaction as the entries.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from gurney.records import Kind, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store import effects
from gurney.store.codec import decode_write, digest, encode_fields, encode_write
from gurney.store.database import Database
from gurney.store.runs import Run, require_fence
from gurney.store.sealing import NoSeal, Seal
from gurney.store.snapshot import now_text

FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operation stands."""

    key: OperationKey
    kind: Kind
    state: State
    destination_object: str
    destination_id: str | None
    attempt: int
    code: str
    words: str
    field: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the chain found."""

    ok: bool
    entries: int
    head: str
    broken_at: int | None = None
    why: str = ""


_HEAD = text("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
_APPEND = text("INSERT INTO ledger (seq, entry, hash) VALUES (:seq, :entry, :hash)")
_READ = text("SELECT seq, entry, hash FROM ledger WHERE seq > :after ORDER BY seq LIMIT 5000")
_INTEND = text(
    "INSERT INTO operation (map, object, id, part, kind, state, to_object, to_id, attempt, run, digest, code, words,"
    " field, entry, body, before) VALUES (:map, :object, :id, :part, :kind, 'sent', :to_object, :to_id, 1, :run,"
    " :digest, '', '', '', :entry, :body, :before) ON CONFLICT (map, object, id, part) DO UPDATE SET"
    " kind = excluded.kind, state = 'sent', to_object = excluded.to_object, to_id = excluded.to_id,"
    " attempt = operation.attempt + 1, run = excluded.run, digest = excluded.digest, code = '', words = '',"
    " field = '', entry = excluded.entry, body = excluded.body, before = coalesce(excluded.before, operation.before)"
)
_CONCLUDE = text(
    "UPDATE operation SET state = :state, to_id = :to_id, code = :code, words = :words, field = :field,"
    " entry = :entry, body = NULL, before = NULL"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_RECORD = text(
    "INSERT INTO operation (map, object, id, part, kind, state, to_object, to_id, attempt, run, digest, code, words,"
    " field, entry, body, before) VALUES (:map, :object, :id, :part, :kind, :state, :to_object, :to_id, 0, :run, '',"
    " :code, :words, :field, :entry, NULL, NULL) ON CONFLICT (map, object, id, part) DO UPDATE SET"
    " kind = excluded.kind, state = excluded.state, run = excluded.run, code = excluded.code, words = excluded.words,"
    " field = excluded.field, entry = excluded.entry"
)
_COLUMNS = "map, object, id, part, kind, state, to_object, to_id, attempt, code, words, field"
_UNSETTLED = text("SELECT map, object, id, part, body FROM operation WHERE state = 'sent' ORDER BY entry LIMIT :limit")
_BODIES = "SELECT id, part, body, before FROM operation WHERE map = :map AND object = :object AND id IN (:values)"
_STATES = f"SELECT {_COLUMNS} FROM operation WHERE map = :map AND object = :object AND id IN (:values)"
_FINISHED = (
    "SELECT id, min(CASE WHEN state = 'skipped' OR (state = 'done' AND kind <> 'delete') THEN 1 ELSE 0 END)"
    " FROM operation WHERE map = :map AND object = :object AND id IN (:values) GROUP BY id"
)
_BY_STATE = text(f"SELECT {_COLUMNS} FROM operation WHERE state = :state ORDER BY map, entry LIMIT :limit")
_COUNTS = text("SELECT map, kind, state, count(*) FROM operation GROUP BY map, kind, state")
_RECORDS = text(
    "SELECT map, state, count(*) FROM (SELECT DISTINCT o.map, o.object, o.id, o.state FROM operation o"
    " WHERE o.state = 'failed' OR o.state = 'sent' OR (o.state IN ('skipped', 'manual') AND NOT EXISTS ("
    " SELECT 1 FROM effect e WHERE e.map = o.map AND e.object = o.object AND e.id = o.id AND e.part = o.part"
    " AND e.removed = 0))) AS open GROUP BY map, state"
)
_REASONS = text(
    "SELECT map, state, code, count(*), min(words) FROM operation WHERE state IN ('skipped', 'failed', 'manual')"
    " GROUP BY map, state, code ORDER BY map, state, code"
)
_TOUCHED = text("SELECT count(*) FROM operation WHERE map = :map")
_PROGRESS = text("SELECT value FROM progress WHERE name = :name")
_SET_PROGRESS = text(
    "INSERT INTO progress (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_PROJECTION = text(
    "SELECT o.map, o.object, o.id, o.part, o.state, o.to_id, o.digest, o.entry, l.entry FROM operation o"
    " LEFT JOIN ledger l ON l.seq = o.entry WHERE o.entry > :after ORDER BY o.entry LIMIT 5000"
)


class Ledger:
    """The log of one migration. All methods are one transaction."""

    def __init__(self, database: Database, seal: Seal | NoSeal, runtime: Runtime) -> None:
        self._database = database
        self._seal = seal
        self._runtime = runtime
        self._sent: dict[OperationKey, tuple[Write, bytes, bytes | None]] = {}
        """Writes under way with their sealed bodies, so that concluding them reads nothing back."""
        self._tip: tuple[int, str] | None = None

    def intend(
        self,
        run: Run,
        writes: Sequence[Write],
        before: Mapping[OperationKey, Mapping[str, Value]] | None = None,
    ) -> None:
        """Write down what is about to be sent. `before`: what the fields held, for records that we did not create."""
        before = before or {}
        prepared = [self._prepare(write, before.get(write.key)) for write in writes]
        with self._appending(run) as log:
            rows = []
            for write, (body, old, sha) in zip(writes, prepared, strict=True):
                entry = log.add(
                    {**_identity(write.key), "op": write.kind.value, "to": write.object, "to_id": write.destination_id,
                     "state": "sent", "digest": sha}
                )  # fmt: skip
                rows.append(
                    {**_identity(write.key), "kind": write.kind.value, "to_object": write.object,
                     "to_id": write.destination_id, "run": run.id, "digest": sha, "entry": entry, "body": body,
                     "before": old}
                )  # fmt: skip
            log.connection.execute(_INTEND, rows)
        for write, (body, old, _) in zip(writes, prepared, strict=True):
            self._sent[write.key] = (write, body, old)

    def conclude(self, run: Run, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of intended writes, and what follows: the id map, what to undo."""
        pending = self._pending([outcome.key for outcome in outcomes])
        with self._appending(run) as log:
            rows = []
            for outcome in outcomes:
                write = pending[outcome.key][0]
                entry = log.add(
                    {**_identity(outcome.key), "op": write.kind.value, "to": write.object,
                     "to_id": outcome.destination_id, "state": outcome.state.value, "code": outcome.code}
                )  # fmt: skip
                rows.append(
                    {**_identity(outcome.key), "state": outcome.state.value, "to_id": outcome.destination_id,
                     "code": outcome.code, "words": outcome.words, "field": outcome.field, "entry": entry}
                )  # fmt: skip
            log.connection.execute(_CONCLUDE, rows)
            done = [(outcome, *pending[outcome.key]) for outcome in outcomes if outcome.state is State.DONE]
            effects.project(log.connection, self._seal, run, done)
        for outcome in outcomes:
            self._sent.pop(outcome.key, None)

    def record(
        self, run: Run, destination_object: str, outcomes: Sequence[Outcome], *, kind: Kind = Kind.CREATE
    ) -> None:
        """Write down outcomes of what was never sent: skipped, left to a person, or refused by ourselves."""
        with self._appending(run) as log:
            rows = []
            for outcome in outcomes:
                entry = log.add(
                    {**_identity(outcome.key), "op": kind.value, "to": destination_object,
                     "to_id": outcome.destination_id, "state": outcome.state.value, "code": outcome.code}
                )  # fmt: skip
                rows.append(
                    {**_identity(outcome.key), "kind": kind.value, "state": outcome.state.value,
                     "to_object": destination_object, "to_id": outcome.destination_id, "run": run.id,
                     "code": outcome.code, "words": outcome.words, "field": outcome.field, "entry": entry}
                )  # fmt: skip
            log.connection.execute(_RECORD, rows)

    def link_existing(self, run: Run, destination_object: str, pairs: Sequence[tuple[OperationKey, str]]) -> None:
        """Write down that source records are represented by records that were there (practitioners by users)."""
        outcomes = [Outcome.done(key, id, created=False) for key, id in pairs]
        self.record(run, destination_object, outcomes, kind=Kind.LINK)
        with self._database.transaction() as connection:
            effects.link(connection, run, destination_object, pairs)

    def note(self, run: Run | None, event: str, details: Mapping[str, Any], operator: str) -> None:
        """Write down an event that is no operation: an approval, a conflict, provisioning, a purge."""
        with self._appending(run, operator) as log:
            log.add({"event": event, **details})

    def unsettled(self, limit: int) -> list[Write]:
        """Writes that were sent and have no outcome, oldest first."""
        found = []
        for map, object, id, part, body in self._database.rows(_UNSETTLED, {"limit": limit}):
            key = OperationKey(map, object, id, part)
            found.append(decode_write(key, self._seal.open(body, write_identity(key))))
        return found

    def states(self, map: str, keys: Sequence[OperationKey]) -> dict[OperationKey, Operation]:
        """How operations of one object map stand; those never seen are left out."""
        found: dict[OperationKey, Operation] = {}
        by_object: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_object[key.object].append(key.id)
        for object, ids in by_object.items():
            for row in self._database.where_in(_STATES, sorted(set(ids)), {"map": map, "object": object}):
                operation = _operation(row)
                found[operation.key] = operation
        return found

    def finished_ids(self, map: str, object: str, ids: Sequence[str]) -> set[str]:
        """Source records of which every part is done or skipped: nothing is left to do for them."""
        found = self._database.where_in(_FINISHED, list(ids), {"map": map, "object": object})
        return {id for id, finished in found if finished}

    def in_state(self, state: State, limit: int = 10_000) -> list[Operation]:
        """Operations in a state, by object map."""
        return [_operation(row) for row in self._database.rows(_BY_STATE, {"state": state.value, "limit": limit})]

    def counts(self) -> dict[str, dict[tuple[str, str], int]]:
        """Operations by object map, then by (kind, state)."""
        found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for map, kind, state, count in self._database.rows(_COUNTS):
            found[map][kind, state] = count
        return dict(found)

    def left(self) -> dict[str, dict[str, int]]:
        """Source records by object map that did not arrive, by why: failed, sent, skipped, manual."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for map, state, count in self._database.rows(_RECORDS):
            found[map][state] = count
        return dict(found)

    def reasons(self) -> list[tuple[str, str, str, int, str]]:
        """Why records were skipped, failed or left to a person: (map, state, code, count, words of one)."""
        return [tuple(row) for row in self._database.rows(_REASONS)]

    def touched(self, map: str) -> int:
        """How many operations of an object map are known, for progress."""
        return int(self._database.one(_TOUCHED, {"map": map})[0])

    def progress(self, name: str) -> dict[str, Any] | None:
        """How far a named piece of work is."""
        row = self._database.one(_PROGRESS, {"name": name})
        if row is None:
            return None
        value: dict[str, Any] = orjson.loads(row[0])
        return value

    def keep_progress(self, run: Run, name: str, value: Mapping[str, Any]) -> None:
        with self._database.transaction() as connection:
            require_fence(connection, run)
            connection.execute(_SET_PROGRESS, {"name": name, "value": orjson.dumps(dict(value)).decode()})

    def head(self) -> str:
        """Hash of the newest entry; '' before the first."""
        row = self._database.one(_HEAD)
        return row[1] if row else ""

    def export(self) -> Iterator[dict[str, Any]]:
        """All entries, oldest first, with their number and hash."""
        for seq, entry, hash in self._entries():
            yield {"seq": seq, **orjson.loads(entry), "hash": hash}

    def verify(self) -> Verified:
        """Recompute the chain, and compare the projected operations with the entries that they rest on."""
        previous, count = FIRST_HASH, 0
        for seq, entry, hash in self._entries():
            count += 1
            if seq != count:
                return Verified(False, count, previous, count, "an entry is missing")
            if chained(previous, entry) != hash:
                return Verified(False, count, previous, seq, "its hash does not follow from the one before")
            previous = hash
        if count != self._appended():
            return Verified(False, count, previous, count + 1, "entries at the end are missing")
        wrong = self._projection_fault()
        if wrong is not None:
            return Verified(False, count, previous, wrong, "an operation does not agree with its entry")
        return Verified(True, count, previous if count else "")

    def _appended(self) -> int:
        return int(self._database.meta("entries", "0"))

    def _projection_fault(self) -> int | None:
        """The entry that a projected operation contradicts, if any."""
        after = 0
        while rows := self._database.rows(_PROJECTION, {"after": after}):
            for map, object, id, part, state, to_id, sha, seq, entry in rows:
                if entry is None:
                    return int(seq)
                said = orjson.loads(entry)
                identity = (said.get("map"), said.get("object"), said.get("id"), said.get("part"), said.get("state"))
                if identity != (map, object, id, part, state) or said.get("to_id") != to_id:
                    return int(seq)
                if state == "sent" and said.get("digest") != sha:
                    return int(seq)
            after = rows[-1][7]
        return None

    def _entries(self) -> Iterator[tuple[int, str, str]]:
        after = 0
        while rows := self._database.rows(_READ, {"after": after}):
            yield from ((row[0], row[1], row[2]) for row in rows)
            after = rows[-1][0]

    def _prepare(self, write: Write, before: Mapping[str, Value] | None) -> tuple[bytes, bytes | None, str]:
        clear = encode_write(write)
        body = self._seal.seal(clear, write_identity(write.key))
        old = None if before is None else self._seal.seal(encode_fields(before), before_identity(write.key))
        return body, old, digest(clear)

    def _pending(self, keys: Sequence[OperationKey]) -> dict[OperationKey, tuple[Write, bytes, bytes | None]]:
        """The writes that these outcomes belong to: remembered, or read back after a crash."""
        pending = {key: self._sent[key] for key in keys if key in self._sent}
        groups: dict[tuple[str, str], list[OperationKey]] = defaultdict(list)
        for key in keys:
            if key not in pending:
                groups[key.map, key.object].append(key)
        for (map, object), missing in groups.items():
            wanted = set(missing)
            ids = sorted({key.id for key in missing})
            for id, part, body, old in self._database.where_in(_BODIES, ids, {"map": map, "object": object}):
                key = OperationKey(map, object, id, part)
                if key in wanted and body is not None:
                    pending[key] = (decode_write(key, self._seal.open(body, write_identity(key))), body, old)
        return pending

    def _appending(self, run: Run | None, operator: str = "") -> _Appending:
        return _Appending(self._database, self._runtime, run, operator)


class _Appending:
    """One transaction that appends entries; the chain's end is read and written inside it."""

    def __init__(self, database: Database, runtime: Runtime, run: Run | None, operator: str) -> None:
        self._transaction = database.transaction()
        self._run = run
        self._about = {
            "at": now_text(runtime.clock.now()),
            "run": run.id if run else None,
            "by": operator or (run.operator if run else ""),
        }
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> _Appending:
        self.connection: Connection = self._transaction.__enter__()
        if self._run is not None:
            require_fence(self.connection, self._run)
        last = self.connection.execute(_HEAD).first()
        self._seq, self._hash = (int(last[0]), str(last[1])) if last else (0, FIRST_HASH)
        return self

    def add(self, entry: dict[str, Any]) -> int:
        """Append an entry; returns its number."""
        written = orjson.dumps({**entry, **self._about}, option=orjson.OPT_SORT_KEYS).decode()
        self._seq += 1
        self._hash = chained(self._hash, written)
        self._rows.append({"seq": self._seq, "entry": written, "hash": self._hash})
        return self._seq

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool | None:
        if error is None and self._rows:
            try:
                self.connection.execute(_APPEND, self._rows)
                self.connection.execute(_COUNT_ENTRIES, {"value": str(self._seq)})
            except BaseException as late:
                if self._transaction.__exit__(type(late), late, late.__traceback__):
                    return True
                raise
        return self._transaction.__exit__(kind, error, trace)


_COUNT_ENTRIES = text(
    "INSERT INTO meta (name, value) VALUES ('entries', :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def chained(previous: str, entry: str) -> str:
    """The hash of an entry that follows the entry with the hash `previous`."""
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()


def write_identity(key: OperationKey) -> str:
    return f"write/{key}"


def before_identity(key: OperationKey) -> str:
    return f"before/{key}"


def _identity(key: OperationKey) -> dict[str, Any]:
    return {"map": key.map, "object": key.object, "id": key.id, "part": key.part}


def _operation(row: Sequence[Any]) -> Operation:
    map, object, id, part, kind, state, to_object, to_id, attempt, code, words, field = row
    key = OperationKey(map, object, id, part)
    return Operation(key, Kind(kind), State(state), to_object, to_id, attempt, code, words, field)
