"""Sending records: one outcome a record, by whichever route (FACTS 3, 5, 9, 10).

A creation goes by upsert on our key, so a repetition makes no second record. Where it tells its own time of creation
it goes by insert, because an upsert that finds the record would refuse that; DUPLICATE_VALUE on our key then means
that it is there. Rows that met a lock are tried again in ever smaller collections, after a pause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC
from email.utils import format_datetime
from typing import Any

from gurney.destinations.plain import Unsendable
from gurney.destinations.salesforce.answers import (
    DUPLICATE,
    DUPLICATES,
    LOCKED,
    UNMODIFIED_FAILED,
    Complaint,
    bulk_complaint,
    complaint,
    errors_of,
    long_id,
    safe_words,
)
from gurney.destinations.salesforce.bulk import Bulk, Done, Order, files_of
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import Collections, Result
from gurney.destinations.salesforce.limits import api_path, lock_fields, per_call, route_objects
from gurney.destinations.salesforce.locks import unlocked
from gurney.destinations.salesforce.metadata import Metadata
from gurney.destinations.salesforce.records import ID, Codec, Codecs, sets_audit
from gurney.destinations.salesforce.routes import BULK
from gurney.destinations.salesforce.soql import chunks
from gurney.destinations.salesforce.turns import Turns
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Kind, Link, OperationKey, Outcome, State, Write

INSERT, UPSERT, UPDATE, GUARDED = "insert", "upsert", "update", "guarded"
MODIFIED = "PRECONDITION_FAILED"
"""Our code for an update that was declined because somebody changed the record meanwhile."""


class Writer:
    """Writes batches of one object and kind."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._collections = Collections(client)
        self._bulk = Bulk(client)
        self._turns = Turns()

    async def write(self, batch: Sequence[Write], route: str) -> list[Outcome]:
        """One outcome a write, in order."""
        found = await self._metadata.described(batch[0].object)
        if found is None:
            words = f"Salesforce has no object {batch[0].object} that we may see; run `gurney provision`"
            return [Outcome.failed(write.key, code="INVALID_TYPE", words=words) for write in batch]
        codec = self._codecs.of(found)
        outcomes: dict[int, Outcome] = {}
        for way, places in _sorted(codec, batch, outcomes).items():
            answered = await self._send(codec, way, [batch[at] for at in places], route)
            outcomes.update(zip(places, answered, strict=True))
        return [outcomes[at] for at in range(len(batch))]

    async def _send(self, codec: Codec, way: str, writes: Sequence[Write], route: str) -> list[Outcome]:
        if way == GUARDED:
            return await self._in_guards(codec, writes)
        if route == BULK:
            return await self._in_bulk(codec, way, writes)
        return await self._in_collections(codec, way, writes)

    # Collections

    async def _in_collections(self, codec: Codec, way: str, writes: Sequence[Write]) -> list[Outcome]:
        async with self._turns.held(_parents(writes)):
            outcomes = await self._collect(codec, way, writes, 0)
            return await self._unlocked(codec, way, writes, outcomes)

    async def _collect(self, codec: Codec, way: str, writes: Sequence[Write], size: int) -> list[Outcome]:
        rows = [codec.row(write) for write in writes]
        if way == UPSERT:
            results = await self._collections.upsert(codec.object, writes[0].key_field, rows, size=size)
        elif way == INSERT:
            results = await self._collections.insert(rows, size=size)
        else:
            results = await self._collections.update(rows, size=size)
        return [_outcome(write, result) for write, result in zip(writes, results, strict=True)]

    async def _unlocked(
        self, codec: Codec, way: str, writes: Sequence[Write], outcomes: Sequence[Outcome]
    ) -> list[Outcome]:
        async def again(places: Sequence[int], size: int) -> list[Outcome]:
            return await self._collect(codec, way, [writes[at] for at in places], size)

        return await unlocked(outcomes, again, self._client.runtime)

    # Bulk

    async def _in_bulk(self, codec: Codec, way: str, writes: Sequence[Write]) -> list[Outcome]:
        """By jobs what a bulk file can carry; the rest, and what no job took, by collections."""
        outcomes: dict[OperationKey, Outcome] = {}
        try:
            async for part in self._jobs(codec, way, [write for write in writes if codec.fits_bulk(write)]):
                outcomes.update(part)
            left = [write for write in writes if write.key not in outcomes]
            if left:
                answered = await self._in_collections(codec, way, left)
                outcomes.update((outcome.key, outcome) for outcome in answered)
        except PausedForQuota:
            if not outcomes:
                raise
        found = [outcomes.get(write.key) or Outcome.sent(write.key) for write in writes]
        if all(outcome.code != LOCKED for outcome in found):
            return found
        async with self._turns.held(_parents(writes)):
            return await self._unlocked(codec, way, writes, found)

    async def _jobs(
        self, codec: Codec, way: str, writes: Sequence[Write]
    ) -> AsyncIterator[dict[OperationKey, Outcome]]:
        """The outcomes of each job; rows that it proves untouched, and may go another way, are left out."""
        columns = codec.columns(writes)
        match = ID if way == UPDATE else writes[0].key_field if writes else ""
        start = 0
        for content, count in files_of(columns, codec.cells_of(writes, columns)):
            some = writes[start : start + count]
            start += count
            done = await self._bulk.run(Order(codec.object, way, match), content)
            if done is not None:
                told = [_from_job(write, done) for write in some if _matching(write) not in done.untouched]
                yield {outcome.key: outcome for outcome in told if not self._is_left(outcome)}

    def _is_left(self, outcome: Outcome) -> bool:
        """Whether a job refused what collections save: that a job heeds their header is unknown (FACTS 15)."""
        return outcome.code == DUPLICATES and self._client.allow_duplicates

    # Updates that stand back when somebody changed the record

    async def _in_guards(self, codec: Codec, writes: Sequence[Write]) -> list[Outcome]:
        a_call = per_call("composite_requests")

        async def send(places: Sequence[int], size: int) -> list[Outcome]:
            parts = chunks([writes[at] for at in places], min(size, a_call))
            return [one for some in parts for one in await self._guard(codec, some)]

        return await unlocked(await send(range(len(writes)), a_call), send, self._client.runtime)

    async def _guard(self, codec: Codec, writes: Sequence[Write]) -> list[Outcome]:
        """Each update with its own condition, which a collection cannot carry (FACTS 1, 3.3)."""
        body = {
            "allOrNone": False,
            "collateSubrequests": False,
            "compositeRequest": [self._conditional(codec, write, f"u{at}") for at, write in enumerate(writes)],
        }
        try:
            reply = await self._client.post("/composite", body)
        except AnswerLost:
            return [Outcome.sent(write.key) for write in writes]
        except NotAuthorised:
            raise
        except VendorRefused as no:
            words = safe_words(no.words or no.message, (value for write in writes for value in write.fields.values()))
            return [Outcome.failed(write.key, code=no.code or str(no.status), words=words) for write in writes]
        answers = {str(one.get("referenceId")): one for one in reply.rows("compositeResponse")}
        return [_guarded(write, answers.get(f"u{at}")) for at, write in enumerate(writes)]

    def _conditional(self, codec: Codec, write: Write, reference: str) -> dict[str, Any]:
        row = codec.row(write)
        del row["attributes"], row[ID]
        stamp = write.unless_modified_since
        condition = {"If-Unmodified-Since": format_datetime(stamp.astimezone(UTC), usegmt=True)} if stamp else {}
        return {
            "method": "PATCH",
            "url": f"{api_path()}/sobjects/{codec.object}/{write.destination_id}",
            "referenceId": reference,
            "httpHeaders": {**self._client.write_headers, **condition},
            "body": row,
        }


def _sorted(codec: Codec, batch: Sequence[Write], outcomes: dict[int, Outcome]) -> dict[str, list[int]]:
    """Which way each write goes, by its place; what cannot be sent has its outcome at once."""
    ways: dict[str, list[int]] = defaultdict(list)
    keys: set[str] = set()
    for at, write in enumerate(batch):
        try:
            codec.check(write)
        except Unsendable as no:
            outcomes[at] = Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
            continue
        if write.kind is not Kind.CREATE:
            ways[GUARDED if write.unless_modified_since else UPDATE].append(at)
        elif not write.key_field:
            outcomes[at] = _no_key(write)
        elif write.key_value in keys:
            outcomes[at] = _same_key(write)
        else:
            keys.add(write.key_value)
            ways[INSERT if sets_audit(write) else UPSERT].append(at)
    return ways


def _parents(writes: Sequence[Write]) -> set[str]:
    """Whose turn must be waited for: the records that all these writes lock. '?' where a write does not tell."""
    object = writes[0].object
    if object not in route_objects("one_writer"):
        return set()
    name = lock_fields()[object]
    return {value.id if isinstance(value := write.fields.get(name), Link) else "?" for write in writes}


def _outcome(write: Write, result: Result) -> Outcome:
    """What a row of a collection's answer says. Only `success` is believed (FACTS 3.2)."""
    if result is None:
        return Outcome.sent(write.key)
    if result.get("success"):
        id = result.get("id") or write.destination_id
        if not id:
            return Outcome.sent(write.key)
        created = write.kind is Kind.CREATE and result.get("created", True)
        return Outcome(write.key, State.DONE, long_id(id), created)
    return _complained(write, [complaint(error, write.fields.values()) for error in result.get("errors") or ()])


def _from_job(write: Write, done: Done) -> Outcome:
    """What a job's result files say of a row."""
    key = _matching(write)
    written = done.written.get(key)
    if written is not None:
        id, created = written
        return Outcome(write.key, State.DONE, long_id(id), created and write.kind is Kind.CREATE)
    failed = done.failed.get(key)
    if failed is None:
        return Outcome.sent(write.key)
    return _complained(write, [bulk_complaint(failed[1], write.fields.values())])


def _guarded(write: Write, answer: Mapping[str, Any] | None) -> Outcome:
    status = int(answer.get("httpStatusCode") or 0) if answer is not None else 0
    if answer is None or not 200 <= status < 500:
        return Outcome.sent(write.key)
    if status < 300:
        return Outcome.done(write.key, write.destination_id or "", created=False)
    if status == UNMODIFIED_FAILED:
        words = "the record was changed at the destination meanwhile, so it was left alone"
        return Outcome.failed(write.key, code=MODIFIED, words=words)
    return _complained(write, [complaint(error, write.fields.values()) for error in errors_of(answer.get("body"))])


def _complained(write: Write, complaints: Sequence[Complaint]) -> Outcome:
    """A refusal; that our key is there already is a success of an earlier call (FACTS 10)."""
    first = complaints[0] if complaints else Complaint("UNKNOWN", "Salesforce refused the record without a reason")
    if write.kind is Kind.CREATE and first.code == DUPLICATE and first.field == write.key_field:
        return Outcome.done(write.key, first.holder[1], created=False) if first.holder else Outcome.sent(write.key)
    words = "; ".join(f"{one.code}: {one.words}" for one in complaints) if len(complaints) > 1 else first.words
    return Outcome.failed(write.key, code=first.code, words=words, field=first.field)


def _matching(write: Write) -> str:
    """What tells a row from the others in a job's results: our key, or the id of what is updated."""
    return write.key_value if write.kind is Kind.CREATE else write.destination_id or ""


def _no_key(write: Write) -> Outcome:
    words = "a record without our key could not be found again after a lost answer, so it is not sent"
    return Outcome.failed(write.key, code="no-key", words=words)


def _same_key(write: Write) -> Outcome:
    words = "another record of the same batch has the same key; Salesforce takes neither of the two"
    return Outcome.failed(write.key, code="duplicate-key", words=words, field=write.key_field)
