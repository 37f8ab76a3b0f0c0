"""Sending records, a call each and many side by side: one outcome a record (FACTS 0.5, 3, 9).

A creation is sent once; whether it may be sent again is settled elsewhere. A change that replaces a list, and one that
minds what others did, reads the record first, many in one call. `attendees` are never sent: they get mail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gurney.destinations.pipedrive.answers import complained_field, without_values
from gurney.destinations.pipedrive.client import AnswerBroken, Client, Reply
from gurney.destinations.pipedrive.limits import limit
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import FILE_PARENTS, FILES, NOTE_PARENTS, NOTES, OWNER, RESOURCES, TOLD
from gurney.destinations.pipedrive.places import Body, Row
from gurney.destinations.pipedrive.reading import Reader
from gurney.destinations.pipedrive.records import Codec, Codecs, modified
from gurney.destinations.pipedrive.rules import safe_file_name
from gurney.destinations.pipedrive.sendings import Sendings
from gurney.destinations.plain import Unsendable
from gurney.destinations.protocol import OpenFile
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Kind, Link, Outcome, State, Write
from gurney.transport import Upload
from gurney.transport.gathering import as_far_as_paid

CHANGED = "changed-meanwhile"
NO_PARENT = "a {what} hangs on a person, an organization or a deal that is there"
TOO_LARGE = "{size} bytes are over Pipedrive's {most}; keep the file elsewhere and note it in the CRM"


class Writer:
    """Writes batches of one object and kind."""

    def __init__(
        self,
        client: Client,
        metadata: Metadata,
        codecs: Codecs,
        reader: Reader,
        sendings: Sendings,
        open_file: OpenFile,
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._reader = reader
        self._sendings = sendings
        self._open_file = open_file
        self._names_authors = True
        """False once the vendor refused to have a note be somebody else's: only an administrator may (FACTS 3.6)."""

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order."""
        if not batch:
            return []
        first = batch[0]
        if first.object not in RESOURCES:
            words = f"Pipedrive has no object {first.object} that records are written to"
            return [Outcome.failed(write.key, code="unknown-object", words=words) for write in batch]
        self._reader.forget(first.object)
        if first.kind is not Kind.CREATE:
            return await self._update(batch)
        if first.object == FILES:
            return await self._side_by_side(batch, self._upload)
        codec = self._codecs.of(await self._metadata.described(first.object))
        twice = _twice(batch)

        async def create(write: Write) -> Outcome:
            return _same_key(write) if id(write) in twice else await self._create(codec, write)

        return await self._side_by_side(batch, create)

    # Creations

    async def _create(self, codec: Codec, write: Write) -> Outcome:
        if self._sendings.is_hopeless(write.key):
            return _hopeless(write)
        try:
            if not write.key_field and (write.object != NOTES or not _hangs(write, NOTE_PARENTS)):
                raise _no_way_back(write)
            body = codec.new(write)
        except Unsendable as no:
            return Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        return await self._post(write, body)

    async def _post(self, write: Write, body: Body) -> Outcome:
        """One creation. A note whose author may not be named is sent again without: the first was turned away."""
        kind = RESOURCES[write.object]
        if write.object == NOTES and not self._names_authors:
            body.pop(kind.owner, None)
        try:
            return await self._sent(write, f"POST {kind.path}", body)
        except VendorRefused as no:
            if write.object == NOTES and kind.owner in body and _is_about_author(no, kind.owner):
                self._names_authors = False
                return await self._post(write, body)
            if isinstance(no, NotAuthorised):
                raise
            return refused(write, no)

    async def _sent(self, write: Write, name: str, body: Any, upload: Upload | None = None) -> Outcome:
        """The call, and what its answer or its lack says."""
        self._sendings.leaves(write.key, write.object)
        try:
            reply = await self._client.call(name, body=body, upload=upload)
        except AnswerBroken:
            self._sendings.failed_inside(write.key)
            return Outcome.sent(write.key)
        except AnswerLost:
            return Outcome.sent(write.key)
        except (PausedForQuota, NotAuthorised):
            self._sendings.was_not_sent(write.key)
            raise
        except VendorRefused:
            self._sendings.forget(write.key)
            raise
        return self._made(write, reply)

    def _made(self, write: Write, reply: Reply) -> Outcome:
        id = reply.record.get("id")
        if id is None:
            return Outcome.sent(write.key)  # taken, but not said as what
        self._sendings.arrived(write.key, write.object, str(id))
        return Outcome.done(write.key, str(id), modified_at=modified(reply.record))

    # Files

    async def _upload(self, write: Write) -> Outcome:
        file, parent = write.file, write.parent
        if self._sendings.is_hopeless(write.key):
            return _hopeless(write)
        if file is None or parent is None or not _hangs(write, FILE_PARENTS):
            return Outcome.failed(write.key, code="no-file", words=NO_PARENT.format(what="file, with its bytes,"))
        if file.size_bytes > limit("file_bytes"):
            words = TOO_LARGE.format(size=file.size_bytes, most=limit("file_bytes"))
            return Outcome(write.key, State.MANUAL, code="file-too-large", words=words)
        upload = Upload(
            field="file",
            filename=file_name(write),
            content_type=file.content_type,
            size_bytes=file.size_bytes,
            open=lambda: self._open_file(file),
            fields={RESOURCES[parent.object].as_parent: parent.id},
        )
        try:
            return await self._sent(write, f"POST {RESOURCES[FILES].path}", None, upload)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return refused(write, no)

    # Updates

    async def _update(self, batch: Sequence[Write]) -> list[Outcome]:
        if batch[0].object == FILES:
            words = "a file that is there cannot be changed, only deleted and uploaded again"
            return [Outcome.failed(write.key, code="not-writable", words=words) for write in batch]
        codec = self._codecs.of(await self._metadata.described(batch[0].object))
        read = [write for write in batch if codec.needs_row(write)]
        try:
            rows = await self._rows(batch[0].object, read)
        except (AnswerLost, AnswerWrong):
            return [Outcome.sent(write.key) for write in batch]

        async def change(write: Write) -> Outcome:
            return await self._change(codec, write, rows)

        return await self._side_by_side(batch, change)

    async def _rows(self, object: str, writes: Sequence[Write]) -> Mapping[str, Row]:
        ids = [write.destination_id or "" for write in writes]
        return await self._reader.fresh(object, ids, []) if ids else {}

    async def _change(self, codec: Codec, write: Write, rows: Mapping[str, Row]) -> Outcome:
        kind, id = RESOURCES[write.object], write.destination_id or ""
        row = rows.get(id, {})
        if codec.needs_row(write) and not row:
            return Outcome.failed(write.key, code="404", words="the record is not there any more")
        if _changed_since(write, row):
            words = "the record was changed at the destination meanwhile, so it was left alone"
            return Outcome.failed(write.key, code=CHANGED, words=words)
        try:
            body = codec.changed(write, row)
        except Unsendable as no:
            return Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        if not body:
            return Outcome.done(write.key, id, created=False, modified_at=modified(row))
        try:
            reply = await self._client.call(f"{kind.change} {kind.one}", at=id, body=body)
        except AnswerLost:
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return refused(write, no)
        return Outcome.done(write.key, id, created=False, modified_at=modified(reply.record))

    async def _side_by_side(self, batch: Sequence[Write], send: Callable[[Write], Awaitable[Outcome]]) -> list[Outcome]:
        """A call each, as many under way as the pacer lets. What a spent pool stops is unknown, unless all is."""
        results = await as_far_as_paid(send(write) for write in batch)
        return [result or Outcome.sent(write.key) for write, result in zip(batch, results, strict=True)]


def file_name(write: Write) -> str:
    """The name under which a file is uploaded: the mapping's, else its own, with the source's id in it."""
    told = write.fields.get("name")
    own = write.file.name if write.file else "file"
    return safe_file_name(told if isinstance(told, str) else own, write.key.id)


def refused(write: Write, no: VendorRefused) -> Outcome:
    """The outcome of a record that was read and declined."""
    told = complained_field(no.words)
    ours = TOLD.get(told, (told,))
    field = next((name for name in ours if name in write.fields or name == OWNER), told if told not in TOLD else "")
    words = without_values(no.words or no.message, write.fields.values())
    return Outcome.failed(write.key, code=no.code or str(no.status), words=words, field=field)


def _hangs(write: Write, parents: frozenset[str]) -> bool:
    return isinstance(write.parent, Link) and write.parent.object in parents and bool(write.parent.id)


def _twice(batch: Sequence[Write]) -> set[int]:
    """Writes (by `id`) whose key an earlier one of the batch has: both would be made."""
    seen: set[str] = set()
    twice: set[int] = set()
    for write in batch:
        if write.key_field and write.key_value in seen:
            twice.add(id(write))
        seen.add(write.key_value)
    return twice


def _changed_since(write: Write, row: Row) -> bool:
    guard, now = write.unless_modified_since, modified(row)
    return guard is not None and now is not None and now > guard


def _is_about_author(no: VendorRefused, owner: str) -> bool:
    return no.status == 403 or owner in no.words


def _no_way_back(write: Write) -> Unsendable:
    if write.object == NOTES:
        return Unsendable("", "no-parent", NO_PARENT.format(what="note"))
    words = "a record without our key could not be found again after a lost answer, so it is not sent"
    return Unsendable("", "no-key", words)


def _same_key(write: Write) -> Outcome:
    words = "another record of the same batch has the same key; both would be made"
    return Outcome.failed(write.key, code="duplicate-key", words=words, field=write.key_field)


def _hopeless(write: Write) -> Outcome:
    words = "Pipedrive's own program fails on this record (500), each time; nothing was written"
    return Outcome.failed(write.key, code="500", words=words)
