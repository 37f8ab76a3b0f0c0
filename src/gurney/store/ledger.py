"""The ledger: every intended effect and its outcome, append-only and hash-chained; and what follows from it.

An entry holds ids, digests, times, the operator, outcomes and vendor codes, never a record's value: those lie
sealed beside it, bound by their digest, so that destroying them leaves the log verifiable. The table of
operations and the id map (effects) are projections, written in the same transaction as the entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text

from gurney.errors import GurneyError
from gurney.records import NOT_PROVABLE, Kind, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store import chain, effects
from gurney.store.chain import Appending, appending
from gurney.store.codec import before_identity, decode_write, encode_fields, encode_write, write_identity
from gurney.store.database import Database, ForMany, executed
from gurney.store.runs import Run, require_fence
from gurney.store.sealing import NoSeal, Seal
from gurney.store.verification import Verification, Verified


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
class _Sent:
    """A write under way, and its sealed bodies."""

    write: Write
    body: bytes
    before: bytes | None


_INTEND = ForMany(
    "INSERT INTO operation (map, object, id, part, kind, state, to_object, to_id, attempt, run, digest, code, words,"
    " field, entry, body, before) VALUES (:map, :object, :id, :part, :kind, 'sent', :to_object, :to_id, 1, :run,"
    " :digest, '', :no_words, '', :entry, :body, :before) ON CONFLICT (map, object, id, part) DO UPDATE SET"
    " kind = excluded.kind, state = 'sent', to_object = excluded.to_object, to_id = excluded.to_id,"
    " attempt = operation.attempt + 1, run = excluded.run, digest = excluded.digest, code = '', words = :no_words,"
    " field = '', entry = excluded.entry, body = excluded.body, before = coalesce(excluded.before, operation.before)"
)
_CONCLUDE = ForMany(
    "UPDATE operation SET state = :state, to_id = :to_id, code = :code, words = :words, field = :field,"
    " entry = :entry, body = NULL, before = NULL"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_IN_PART = ForMany(
    "UPDATE operation SET to_id = :to_id, entry = :entry"
    " WHERE map = :map AND object = :object AND id = :id AND part = :part"
)
_RECORD = ForMany(
    "INSERT INTO operation (map, object, id, part, kind, state, to_object, to_id, attempt, run, digest, code, words,"
    " field, entry, body, before) VALUES (:map, :object, :id, :part, :kind, :state, :to_object, :to_id, 0, :run, '',"
    " :code, :words, :field, :entry, NULL, NULL) ON CONFLICT (map, object, id, part) DO UPDATE SET"
    " kind = excluded.kind, state = excluded.state, to_object = excluded.to_object, to_id = excluded.to_id,"
    " run = excluded.run, digest = excluded.digest, code = excluded.code, words = excluded.words,"
    " field = excluded.field, entry = excluded.entry, body = NULL, before = NULL"
)
_COLUMNS = "map, object, id, part, kind, state, to_object, to_id, attempt, code, words, field"
_UNSETTLED = text(
    "SELECT map, object, id, part, to_id, body FROM operation WHERE state = 'sent' ORDER BY entry LIMIT :limit"
)
_ATTEMPTS = "SELECT id, part, attempt FROM operation WHERE map = :map AND object = :object AND id IN (:values)"
_BODIES = "SELECT id, part, body, before FROM operation WHERE map = :map AND object = :object AND id IN (:values)"
_STATES = f"SELECT {_COLUMNS} FROM operation WHERE map = :map AND object = :object AND id IN (:values)"
_FINISHED = (
    "SELECT o.id, min(CASE WHEN (o.state = 'done' AND o.kind NOT IN ('delete', 'restore'))"
    " OR (o.state = 'skipped' AND o.kind IN ('delete', 'restore') AND EXISTS (SELECT 1 FROM effect e"
    " WHERE e.map = o.map AND e.object = o.object AND e.id = o.id AND e.part = o.part AND e.removed = 0))"
    " THEN 1 ELSE 0 END) FROM operation o WHERE o.map = :map AND o.object = :object AND o.id IN (:values) GROUP BY o.id"
)
_BY_STATE = text(f"SELECT {_COLUMNS} FROM operation WHERE state = :state ORDER BY map, entry LIMIT :limit")
_UNPROVABLE = text(
    f"SELECT {_COLUMNS} FROM operation WHERE state = 'manual' AND code = '{NOT_PROVABLE}' ORDER BY map, entry"
)
_COUNTS = text("SELECT map, kind, state, count(*) FROM operation GROUP BY map, kind, state")
_RECORDS = text(
    "SELECT map, state, count(*) FROM (SELECT DISTINCT o.map, o.object, o.id, o.state FROM operation o"
    " WHERE o.state = 'failed' OR o.state = 'sent' OR (o.state IN ('skipped', 'manual') AND NOT EXISTS ("
    " SELECT 1 FROM effect e WHERE e.map = o.map AND e.object = o.object AND e.id = o.id AND e.part = o.part"
    " AND e.removed = 0))) AS open GROUP BY map, state"
)
_ABSENT = text(
    "SELECT map, count(*) FROM (SELECT DISTINCT o.map, o.object, o.id FROM operation o"
    " WHERE o.part = 0 AND o.state IN ('failed', 'sent') AND NOT EXISTS ("
    " SELECT 1 FROM effect e WHERE e.map = o.map AND e.object = o.object AND e.id = o.id AND e.part = 0"
    " AND e.removed = 0)) AS open GROUP BY map"
)
_REASONS = text(
    "SELECT map, state, code, count(*), min(entry) FROM operation WHERE state IN ('skipped', 'failed', 'manual')"
    " GROUP BY map, state, code ORDER BY map, state, code"
)
_BY_ENTRY = f"SELECT entry, {_COLUMNS} FROM operation WHERE entry IN (:values)"
_TOUCHED = text("SELECT count(*) FROM operation WHERE map = :map")
_PROGRESS = text("SELECT value FROM progress WHERE name = :name")
_SET_PROGRESS = text(
    "INSERT INTO progress (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Ledger:
    """The log of one migration. All methods are one transaction."""

    def __init__(self, database: Database, seal: Seal | NoSeal, runtime: Runtime) -> None:
        self._database = database
        self._seal = seal
        self._runtime = runtime
        self._sent: dict[OperationKey, _Sent] = {}
        """Writes under way, so that concluding them reads nothing back."""

    def intend(
        self,
        run: Run,
        writes: Sequence[Write],
        before: Mapping[OperationKey, Mapping[str, Value]] | None = None,
    ) -> None:
        """Write down what is about to be sent. `before`: what the fields held, for records that we did not create."""
        if not writes:
            return
        before = before or {}
        prepared = [self._prepare(write, before.get(write.key)) for write in writes]
        with self._appending(run) as log:
            attempts = self._attempts([write.key for write in writes])
            rows = [
                self._intended(log, run, sent, attempts.get(sent.write.key, 0) + 1, digest) for sent, digest in prepared
            ]
            _INTEND.run(log.connection, rows)
        for sent, _ in prepared:
            if sent.before is None and sent.write.kind in (Kind.UPDATE, Kind.LINK):
                # what was there before our first attempt may be written down already: read it back when concluding
                self._sent.pop(sent.write.key, None)
            else:
                self._sent[sent.write.key] = sent

    def _intended(self, log: Appending, run: Run, sent: _Sent, attempt: int, digest: str) -> dict[str, Any]:
        write = sent.write
        row = {**_identity(write.key), "digest": digest}
        entry = log.add(
            {**row, "op": write.kind.value, "to": write.object, "to_id": write.destination_id, "state": "sent",
             "attempt": attempt}
        )  # fmt: skip
        return {**row, "kind": write.kind.value, "to_object": write.object, "to_id": write.destination_id,
                "run": run.id, "entry": entry, "body": sent.body, "before": sent.before, "no_words": b""}  # fmt: skip

    def conclude(self, run: Run, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of intended writes, and what follows: the id map, what to undo.

        A write that is still `sent` has no outcome yet; where its record is known to be there, its id is written down.
        """
        in_part = [outcome for outcome in outcomes if outcome.state is State.SENT and outcome.destination_id]
        outcomes = [outcome for outcome in outcomes if outcome.state is not State.SENT]
        if not outcomes and not in_part:
            return
        begun, pending = self._pending(in_part), self._pending(outcomes)
        with self._appending(run) as log:
            if begun:
                _IN_PART.run(
                    log.connection,
                    [self._became(log, outcome, sent.write.kind, sent.write.object) for outcome, sent in begun],
                )
            rows = [self._became(log, outcome, sent.write.kind, sent.write.object) for outcome, sent in pending]
            _CONCLUDE.run(log.connection, rows)
            done = [_took_effect(outcome, sent) for outcome, sent in pending if outcome.state is State.DONE]
            effects.project(log.connection, self._seal, run, done)
        for outcome in outcomes:
            self._sent.pop(outcome.key, None)

    def _became(self, log: Appending, outcome: Outcome, kind: Kind, object: str) -> dict[str, Any]:
        row = {**_identity(outcome.key), "state": outcome.state.value, "to_id": outcome.destination_id,
               "code": outcome.code}  # fmt: skip
        entry = log.add({**row, "op": kind.value, "to": object})
        return {**row, "words": self._sealed_words(outcome), "field": outcome.field, "entry": entry}

    def record(
        self, run: Run, destination_object: str, outcomes: Sequence[Outcome], *, kind: Kind = Kind.CREATE
    ) -> None:
        """Write down outcomes of what was never sent: skipped, left to a person, or refused by ourselves."""
        with self._appending(run) as log:
            self._record(log, run, destination_object, outcomes, kind)

    def _record(self, log: Appending, run: Run, object: str, outcomes: Sequence[Outcome], kind: Kind) -> None:
        rows = [
            {**self._became(log, outcome, kind, object), "kind": kind.value, "to_object": object, "run": run.id}
            for outcome in outcomes
        ]
        if rows:
            _RECORD.run(log.connection, rows)

    def link_existing(self, run: Run, destination_object: str, pairs: Sequence[tuple[OperationKey, str]]) -> None:
        """Write down that source records are represented by records that were there (practitioners by users)."""
        outcomes = [Outcome.done(key, id, created=False) for key, id in pairs]
        with self._appending(run) as log:
            self._record(log, run, destination_object, outcomes, Kind.LINK)
            effects.link(log.connection, run, destination_object, pairs)

    def note(self, run: Run | None, event: str, details: Mapping[str, Any], operator: str) -> None:
        """Write down an event that is no operation: an approval, a conflict, a purge."""
        self.note_each(run, event, [details], operator)

    def note_each(self, run: Run | None, event: str, details: Sequence[Mapping[str, Any]], operator: str) -> None:
        """Write down events of one kind that came to be known together (what provisioning made): all, or none."""
        with self._appending(run, operator) as log:
            for one in details:
                log.add({"event": event, **one})

    def unsettled(self, limit: int) -> list[Write]:
        """Writes that were sent and have no outcome, oldest first; a creation with its id where that is known."""
        found = []
        for map, object, id, part, to_id, body in self._database.rows(_UNSETTLED, {"limit": limit}):
            key = OperationKey(map, object, id, part)
            found.append(decode_write(key, self._seal.open(body, write_identity(key))).known_as(to_id))
        return found

    def states(self, map: str, keys: Sequence[OperationKey]) -> dict[OperationKey, Operation]:
        """How operations of one object map stand; those never seen are left out."""
        found: dict[OperationKey, Operation] = {}
        by_object: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_object[key.object].append(key.id)
        for object, ids in by_object.items():
            for row in self._database.where_in(_STATES, sorted(set(ids)), {"map": map, "object": object}):
                operation = self._operation(row)
                found[operation.key] = operation
        return found

    def finished_ids(self, map: str, object: str, ids: Sequence[str]) -> set[str]:
        """Source records of which every part is at the destination, also what a rollback kept there as ours.

        What was left out is open: the mapping may have been corrected since (contract, SMP6).
        """
        found = self._database.where_in(_FINISHED, list(ids), {"map": map, "object": object})
        return {id for id, finished in found if finished}

    def in_state(self, state: State, limit: int = 10_000) -> list[Operation]:
        """Operations in a state, by object map."""
        return [self._operation(row) for row in self._database.rows(_BY_STATE, {"state": state.value, "limit": limit})]

    def unprovable(self) -> list[Operation]:
        """Creations that may be at the destination, and that nobody can find there, by object map."""
        return [self._operation(row) for row in self._database.rows(_UNPROVABLE)]

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

    def absent(self) -> dict[str, int]:
        """Source records by object map that are not at the destination because their creation failed."""
        return dict(tuple(row) for row in self._database.rows(_ABSENT))

    def reasons(self) -> list[tuple[str, str, str, int, str]]:
        """Why records were skipped, failed or left to a person: (map, state, code, count, words of one)."""
        groups = self._database.rows(_REASONS)
        rows = self._database.where_in(_BY_ENTRY, [row[4] for row in groups])
        words = {row[0]: self._operation(row[1:]).words for row in rows}
        return [(map, state, code, count, words[entry]) for map, state, code, count, entry in groups]

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
            executed(connection, _SET_PROGRESS, {"name": name, "value": orjson.dumps(dict(value)).decode()})

    def head(self) -> str:
        """Hash of the newest entry; '' before the first."""
        return chain.head(self._database)

    def export(self) -> Iterator[dict[str, Any]]:
        """All entries, oldest first, with their number and hash."""
        for page in chain.pages(self._database):
            for seq, entry, hash in page:
                yield {"seq": seq, **orjson.loads(entry), "hash": hash}

    def verify(self) -> Verified:
        """Recompute the chain, and compare operations and id map with the entries that they rest on."""
        return Verification(self._database).result()

    def _prepare(self, write: Write, before: Mapping[str, Value] | None) -> tuple[_Sent, str]:
        clear = encode_write(write)
        body = self._seal.seal(clear, write_identity(write.key))
        old = None if before is None else self._seal.seal(encode_fields(before), before_identity(write.key))
        return _Sent(write, body, old), self._seal.fingerprint(clear).hex()

    def _attempts(self, keys: Sequence[OperationKey]) -> dict[OperationKey, int]:
        found: dict[OperationKey, int] = {}
        for (map, object), ids in _grouped(keys).items():
            for id, part, attempt in self._database.where_in(_ATTEMPTS, ids, {"map": map, "object": object}):
                found[OperationKey(map, object, id, part)] = attempt
        return found

    def _pending(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, _Sent]]:
        """Each outcome with the write that it belongs to: remembered, or read back after a crash."""
        missing = [outcome.key for outcome in outcomes if outcome.key not in self._sent]
        sent = {**self._sent, **self._read_back(missing)} if missing else self._sent
        for key in missing:
            if key not in sent:
                raise GurneyError(
                    f"{key} has an outcome, but it was never written down that it would be sent.",
                    next_step="Report this with the log.",
                )
        return [(outcome, sent[outcome.key]) for outcome in outcomes]

    def _read_back(self, keys: Sequence[OperationKey]) -> dict[OperationKey, _Sent]:
        found: dict[OperationKey, _Sent] = {}
        for (map, object), ids in _grouped(keys).items():
            for id, part, body, old in self._database.where_in(_BODIES, ids, {"map": map, "object": object}):
                key = OperationKey(map, object, id, part)
                if body is not None:
                    found[key] = _Sent(decode_write(key, self._seal.open(body, write_identity(key))), body, old)
        return found

    def _sealed_words(self, outcome: Outcome) -> bytes:
        """Vendors repeat values in their words now and then, so these are sealed like values."""
        return self._seal.seal(outcome.words.encode(), f"words/{outcome.key}") if outcome.words else b""

    def _operation(self, row: Sequence[Any]) -> Operation:
        map, object, id, part, kind, state, to_object, to_id, attempt, code, sealed, field = row
        key = OperationKey(map, object, id, part)
        is_readable = sealed and not isinstance(self._seal, NoSeal)
        words = self._seal.open(sealed, f"words/{key}").decode() if is_readable else ""
        return Operation(key, Kind(kind), State(state), to_object, to_id, attempt, code, words, field)

    def _appending(self, run: Run | None, operator: str = "") -> AbstractContextManager[Appending]:
        return appending(self._database, self._runtime, run, operator)


def _took_effect(outcome: Outcome, sent: _Sent) -> effects.Done:
    return effects.Done(outcome, sent.write, sent.body, sent.before)


def _grouped(keys: Sequence[OperationKey]) -> dict[tuple[str, str], list[str]]:
    """Ids by (object map, object), as IN lists want them."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in keys:
        groups[key.map, key.object].add(key.id)
    return {group: sorted(ids) for group, ids in groups.items()}


def _identity(key: OperationKey) -> dict[str, Any]:
    return {"map": key.map, "object": key.object, "id": key.id, "part": key.part}
