"""Sending records: one outcome a record, whatever the answer looks like (FACTS 3, 4, 8).

A creation goes by upsert with our key, never with a system field, so families who share an e-mail stay apart. Zoho
checks *every* unique field of a module in an upsert and overwrites on a hit: where a record fills another unique
field than ours, and for modules without upsert, a plain insert is sent instead, which answers DUPLICATE_DATA for a
record that is there already. Whether it really is there is looked up: a record in the recycle bin may hold our key
still (FACTS 13, 17: unknown), and nobody can work with that one. Automations are never fired.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gurney.destinations.plain import Unsendable
from gurney.destinations.protocol import OpenFile
from gurney.destinations.zoho.answers import MODIFIED, complaint, details, moment, succeeded, without_values
from gurney.destinations.zoho.client import Client, Reply
from gurney.destinations.zoho.limits import limit, modules
from gurney.destinations.zoho.metadata import FILES, NOTES, Metadata
from gurney.destinations.zoho.reading import Reader
from gurney.destinations.zoho.records import Codec, Codecs
from gurney.destinations.zoho.rules import safe_file_name
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorError, VendorRefused
from gurney.records import Kind, Outcome, State, Write
from gurney.schema import ObjectSchema
from gurney.transport import Upload, as_far_as_paid

NO_AUTOMATION: dict[str, Any] = {"trigger": []}
"""Omitting `trigger` would fire workflows, blueprints and the like (FACTS 3)."""
UNMODIFIED = "If-Unmodified-Since"
THERE_ALREADY = "there-already"
"""Our code, in this module alone: Zoho says that a record holds our key."""
IN_BIN = "in-recycle-bin"
BINNED = (
    "Zoho says that a record with this key is there, and shows none: it lies in the recycle bin; restore it, or delete "
    "it there for good (Setup > Data Administration > Recycle Bin), then repeat the command"
)


class Writer:
    """Writes batches of one object and kind."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, reader: Reader, open_file: OpenFile) -> None:
        self._client = client
        self._metadata = metadata
        self._reader = reader
        self._codecs = codecs
        self._open_file = open_file

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order."""
        if not batch:
            return []
        first = batch[0]
        if first.object == FILES:
            return await self._one_by_one(batch, self._upload)
        schema = await self._metadata.object(first.object)
        if schema is None:
            words = f"Zoho has no module {first.object}; run `gurney provision`"
            return [Outcome.failed(write.key, code="INVALID_MODULE", words=words) for write in batch]
        codec = self._codecs.of(schema)
        if first.kind is Kind.CREATE:
            return await self._create(codec, batch)
        return await self._update(codec, batch)

    # Creations

    async def _create(self, codec: Codec, batch: Sequence[Write]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        sent: list[tuple[int, dict[str, Any]]] = []
        keys: dict[str, int] = {}
        for at, write in enumerate(batch):
            if not write.key_field and write.object != NOTES:
                outcomes[at] = _no_key(write)
                continue
            if write.key_field and keys.setdefault(write.key_value, at) != at:
                outcomes[at] = _same_key(write)
                continue
            try:
                sent.append((at, codec.body(write, creating=True)))
            except Unsendable as no:
                outcomes[at] = Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        writes = [batch[at] for at, _ in sent]
        path, extra = self._route(codec.schema, writes)
        answered = await self._send("POST", path, writes, [body for _, body in sent], extra)
        answered = await self._adopted(writes, answered)
        outcomes.update({at: outcome for (at, _), outcome in zip(sent, answered, strict=True)})
        return [outcomes[at] for at in range(len(batch))]

    def _route(self, schema: ObjectSchema, writes: Sequence[Write]) -> tuple[str, Mapping[str, Any]]:
        """Where creations go, and what goes beside the records."""
        if schema.name == NOTES or not writes:
            return f"/{NOTES}", {}
        key_field = writes[0].key_field
        unique = [field.name for field in schema.fields.values() if field.unique and field.name != key_field]
        others = any(write.fields.get(name) is not None for name in unique for write in writes)
        if others or schema.name in modules("no_upsert"):
            return f"/{schema.name}", NO_AUTOMATION
        return f"/{schema.name}/upsert", {**NO_AUTOMATION, "duplicate_check_fields": [key_field]}

    async def _adopted(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The records that Zoho says are there already, by their ids; those that nobody can read have failed."""
        there = [write for write, outcome in zip(writes, outcomes, strict=True) if outcome.code == THERE_ALREADY]
        if not there:
            return list(outcomes)
        try:
            found = await self._reader.find(there[0].object, there[0].key_field, [write.key_value for write in there])
        except (VendorError, PausedForQuota):  # what was answered holds; settling looks again
            return [Outcome.sent(one.key) if one.code == THERE_ALREADY else one for one in outcomes]
        return [
            _adoption(write, found) if outcome.code == THERE_ALREADY else outcome
            for write, outcome in zip(writes, outcomes, strict=True)
        ]

    # Updates

    async def _update(self, codec: Codec, batch: Sequence[Write]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        sent: list[tuple[int, dict[str, Any]]] = []
        guarded: list[tuple[int, dict[str, Any]]] = []
        for at, write in enumerate(batch):
            try:
                body = codec.body(write, creating=False)
            except Unsendable as no:
                outcomes[at] = Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
                continue
            (guarded if write.unless_modified_since else sent).append((at, body))
        extra = {} if codec.schema.name == NOTES else NO_AUTOMATION
        path = f"/{codec.schema.name}"
        answered = await self._send("PUT", path, [batch[at] for at, _ in sent], [body for _, body in sent], extra)
        bodies = {batch[at].key: body for at, body in guarded}

        async def one(write: Write) -> Outcome:
            return await self._update_unless_modified(path, write, bodies[write.key], extra)

        alone = await self._one_by_one([batch[at] for at, _ in guarded], one)
        for (at, _), outcome in zip([*sent, *guarded], [*answered, *alone], strict=True):
            outcomes[at] = outcome
        return [outcomes[at] for at in range(len(batch))]

    async def _update_unless_modified(
        self, path: str, write: Write, body: dict[str, Any], extra: Mapping[str, Any]
    ) -> Outcome:
        """Alone, because the header holds for the whole call (FACTS 3)."""
        stamp = write.unless_modified_since
        headers = {UNMODIFIED: stamp.isoformat(timespec="seconds")} if stamp else {}
        address = f"{path}/{write.destination_id}"
        return (await self._send("PUT", address, [write], [body], extra, headers=headers))[0]

    # The call and its answer

    async def _send(
        self,
        method: str,
        path: str,
        writes: Sequence[Write],
        bodies: Sequence[dict[str, Any]],
        extra: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> list[Outcome]:
        if not writes:
            return []
        try:
            reply = await self._client.call(
                method, path, body={"data": bodies, **extra}, headers=headers, kind="write", rows=len(bodies)
            )
        except AnswerLost:
            return [Outcome.sent(write.key) for write in writes]
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return [_refused(write, no) for write in writes]
        return read_outcomes(writes, reply)

    # Files

    async def _upload(self, write: Write) -> Outcome:
        file, parent = write.file, write.parent
        if file is None or parent is None:
            return Outcome.failed(write.key, code="no-file", words="a file needs its bytes and the record it hangs on")
        if file.size_bytes > limit("file_bytes"):
            words = (
                f"{file.size_bytes} bytes are over Zoho's {limit('file_bytes')}; keep the file elsewhere and link it"
            )
            return Outcome(write.key, State.MANUAL, code="file-too-large", words=words)
        upload = Upload(
            field="file",
            filename=file_name(write),
            content_type=file.content_type,
            size_bytes=file.size_bytes,
            open=lambda: self._open_file(file),
        )
        try:
            reply = await self._client.call("POST", f"/{parent.object}/{parent.id}/{FILES}", upload=upload, rows=1)
        except AnswerLost:
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return _refused(write, no)
        return read_outcomes([write], reply)[0]

    async def _one_by_one(self, batch: Sequence[Write], send: Callable[[Write], Awaitable[Outcome]]) -> list[Outcome]:
        """Calls of one record each, several under way. What a spent budget stops is unknown, unless all is."""
        answered = await as_far_as_paid(send(write) for write in batch)
        return [outcome or Outcome.sent(write.key) for write, outcome in zip(batch, answered, strict=True)]


def file_name(write: Write) -> str:
    """The name under which a file is attached: the mapping's, else the file's own, with the source's id in it."""
    told = write.fields.get("File_Name")
    own = write.file.name if write.file else "file"
    return safe_file_name(told if isinstance(told, str) else own, write.key.id)


def read_outcomes(writes: Sequence[Write], reply: Reply) -> list[Outcome]:
    """Element i answers write i; a write without an element may have happened."""
    rows = reply.rows()
    answered = [_outcome(write, row) for write, row in zip(writes, rows, strict=False)]
    return answered + [Outcome.sent(write.key) for write in writes[len(rows) :]]


def _outcome(write: Write, row: Any) -> Outcome:
    found = details(row)
    id = str(found.get("id") or write.destination_id or "")
    if succeeded(row) and id:
        updated = isinstance(row, dict) and row.get("action") == "update"
        matched = row.get("duplicate_field") if updated else None
        if matched and write.key_field and matched != write.key_field:
            words = f"Zoho took it for record {id} because of {matched}, and updated that one: look at it"
            return Outcome.failed(write.key, code="matched-other-record", words=words, field=str(matched))
        created = write.kind is Kind.CREATE and not updated
        return Outcome.done(write.key, id, created=created, modified_at=moment(found.get("Modified_Time")))
    if not isinstance(row, dict) or row.get("status") == "success":
        return Outcome.sent(write.key)  # taken, but not said as what
    why = complaint(row, write.fields.values())
    if write.kind is Kind.CREATE and write.key_field and write.key_field in dict(why.duplicate_of):
        return Outcome.failed(write.key, code=THERE_ALREADY, words=why.words, field=write.key_field)
    return Outcome.failed(write.key, code=why.code, words=why.words, field=why.field)


def _adoption(write: Write, found: Mapping[str, str]) -> Outcome:
    """What becomes of a write whose key Zoho knows already, by the records that can be read."""
    id = found.get(write.key_value)
    if id:
        return Outcome.done(write.key, id, created=False)
    return Outcome.failed(write.key, code=IN_BIN, words=BINNED, field=write.key_field)


def _refused(write: Write, no: VendorRefused) -> Outcome:
    if no.code == MODIFIED:
        words = "the record was changed at the destination meanwhile, so it was left alone"
        return Outcome.failed(write.key, code=MODIFIED, words=words)
    words = without_values(no.words or no.message, write.fields.values())
    return Outcome.failed(write.key, code=no.code or str(no.status), words=words)


def _no_key(write: Write) -> Outcome:
    words = "a record without our key could not be found again after a lost answer, so it is not sent"
    return Outcome.failed(write.key, code="no-key", words=words)


def _same_key(write: Write) -> Outcome:
    words = "another record of the same batch has the same key; Zoho would merge the two"
    return Outcome.failed(write.key, code="duplicate-key", words=words, field=write.key_field)
