"""Files (ContentVersion): streamed with the record that they hang on and our key, then seen to hang there (FACTS 8).

What is written is a version; what hangs on records, and what is deleted, is its document. A version that a person
put on top of ours shows as a change of ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from gurney.destinations.plain import Unsendable
from gurney.destinations.protocol import OpenFile
from gurney.destinations.salesforce.answers import long_id
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import ROOT, Collections, Result
from gurney.destinations.salesforce.documents import (
    DOCUMENT,
    Documents,
    call_outcome,
    hung,
    link_row,
    row_outcome,
    update_outcomes,
)
from gurney.destinations.salesforce.limits import limit, per_call
from gurney.destinations.salesforce.locks import unlocked
from gurney.destinations.salesforce.metadata import FILE_SIZE, FILES, OWNER, Described, Metadata
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import ID, STAMPS, Codecs
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorError, VendorRefused
from gurney.records import Kind, Link, Outcome, ReadBack, State, Write
from gurney.transport import Upload, as_far_as_paid

BYTES = "VersionData"
NAME = "PathOnClient"
TITLE = "Title"
RECORD = "FirstPublishLocationId"
SIZE = "ContentSize"
CHECKSUM = "Checksum"
MD5 = "md5"
"""The vendor's own checksum of the bytes, as it reads back: hexadecimal, lower case."""
SHOWN = (TITLE, NAME, "Description", "CreatedDate")
NOT_SENT = frozenset({FILE_SIZE.name, "sha256", MD5})
"""What the engine expects back and nobody writes."""
NO_FILE = "a file needs its bytes and the record that it hangs on"
TOO_LARGE = "{size} bytes are over Salesforce's {most}; keep the file elsewhere and link it"


class Files:
    """Writes, settles and reads files."""

    def __init__(
        self, client: Client, metadata: Metadata, reader: Reader, documents: Documents, open_file: OpenFile
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._reader = reader
        self._documents = documents
        self._open_file = open_file
        self._codecs = Codecs()
        self._collections = Collections(client)
        self._together = True
        """False once the organisation refused several files in a call."""

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order: uploads, or updates of what is said about a file."""
        described = await self._metadata.needed(FILES)
        outcomes: dict[int, Outcome] = {}
        rows: dict[int, dict[str, Any]] = {}
        for at, write in enumerate(batch):
            try:
                rows[at] = self._row(described, write)
            except Unsendable as no:
                state = State.MANUAL if no.code == "file-too-large" else State.FAILED
                outcomes[at] = Outcome(write.key, state, code=no.code, words=no.words, field=no.field)
        writes = [batch[at] for at in rows]
        answered = await self._unlocked(writes, list(rows.values()))
        outcomes.update(zip(rows, answered, strict=True))
        return [outcomes[at] for at in range(len(batch))]

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """Found by our key, and hung on its record if it is not yet. Of several versions the first is ours."""
        there: dict[str, str] = {}
        for write in unknown[:1]:
            keys = [write.key_value for write in unknown]
            for row in await self._reader.select(FILES, [ID, write.key_field], write.key_field, keys):
                key, id = str(row[write.key_field]), long_id(str(row[ID]))
                there[key] = min(id, there.get(key, id))
        found = [write for write in unknown if write.key_value in there]
        done = [Outcome.done(write.key, there[write.key_value]) for write in found]
        settled = {outcome.key: outcome for outcome in await self._hung(found, done)}
        return [_unless_failed(settled.get(write.key)) for write in unknown]

    async def read(self, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The files by the ids of our versions, as their documents are now."""
        rows = await self._reader.select(FILES, [ID, DOCUMENT], ID, ids) if ids else []
        wanted = set(ids)
        found = await self._versions(sorted({str(row[DOCUMENT]) for row in rows}), fields)
        return {file.id: file for files in found.values() for file in files if file.id in wanted}

    async def of_records(self, records: Sequence[Link]) -> dict[str, list[ReadBack]]:
        """The files of each record: title, name, description, our fields, size and the vendor's checksum."""
        links = await self._documents.of_records([record.id for record in records])
        notes = await self._documents.notes_among(list(dict.fromkeys(document for _, document in links)))
        files = [document for document in dict.fromkeys(document for _, document in links) if document not in notes]
        described = await self._metadata.needed(FILES)
        ours = [name for name, field in described.schema.fields.items() if field.custom]
        versions = await self._versions(files, [*SHOWN, *ours, FILE_SIZE.name, MD5])
        found: dict[str, list[ReadBack]] = {record.id: [] for record in records}
        for record, document in links:
            found[record] += versions.get(document, [])
        return found

    async def content(self, id: str) -> AsyncIterator[bytes]:
        """A file's bytes."""
        async with self._client.download(f"/sobjects/{FILES}/{id}/{BYTES}") as download:
            async for chunk in download.chunks:
                yield chunk

    async def documents_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Version id -> document id; what is gone is left out."""
        rows = await self._reader.select(FILES, [ID, DOCUMENT], ID, ids) if ids else []
        return {long_id(str(row[ID])): long_id(str(row[DOCUMENT])) for row in rows}

    # Writing

    def _row(self, described: Described, write: Write) -> dict[str, Any]:
        """What is said about a file. Its owner can be told only where the organisation lets us."""
        creating = write.kind is Kind.CREATE
        file = write.file
        if creating and (file is None or write.parent is None or not write.parent.id):
            raise Unsendable("", "no-file", NO_FILE)
        if creating and file is not None and file.size_bytes > limit("file_bytes"):
            words = TOO_LARGE.format(size=file.size_bytes, most=limit("file_bytes"))
            raise Unsendable("", "file-too-large", words)
        said = {name: value for name, value in write.fields.items() if name not in NOT_SENT}
        row = self._codecs.of(described).row(replace(write, fields=said))
        if OWNER in row and OWNER not in (described.createable if creating else described.updateable):
            del row[OWNER]
        if creating and file is not None and write.parent is not None:
            row.setdefault(NAME, file.name[: limit("file_path_chars")])
            row.setdefault(TITLE, PurePath(row[NAME]).stem[: limit("file_title_chars")])
            row[RECORD] = write.parent.id
        return row

    async def _unlocked(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]]) -> list[Outcome]:
        """Every write sent. A file locks the record that it hangs on."""
        most = per_call("collection_files")

        async def send(places: Sequence[int], size: int) -> list[Outcome]:
            some, said = [writes[at] for at in places], [rows[at] for at in places]
            if writes[0].kind is Kind.CREATE:
                return await self._hung(some, await self._upload(some, said, min(size or most, most)))
            return update_outcomes(some, await self._collections.update(said, size=size))

        return await unlocked(await send(range(len(writes)), 0), send, self._client.runtime) if writes else []

    async def _upload(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]], most: int) -> list[Outcome]:
        """Uploads beside each other. What a spent budget stops after others is unknown, and settled."""
        groups = list(_groups(writes, rows, most if self._together else 1))
        answered = await as_far_as_paid(self._send(*group) for group in groups)
        outcomes: list[Outcome] = []
        for (some, _), answer in zip(groups, answered, strict=True):
            outcomes += answer or [Outcome.sent(write.key) for write in some]
        return outcomes

    async def _hung(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes when every file hangs on its record, which is assumed of the upload (FACTS 8) and looked up.

        What a spent budget or a lost answer stops is unknown, and settled.
        """
        made = {at: outcome.destination_id or "" for at, outcome in enumerate(outcomes) if outcome.state is State.DONE}
        found = list(outcomes)
        try:
            documents = await self.documents_of(list(made.values()))
            loose = await self._loose({at: documents[id] for at, id in made.items() if id in documents}, writes)
            results = await self._collections.insert(list(loose.values())) if loose else []
        except (VendorError, PausedForQuota):
            return [Outcome.sent(one.key) if one.state is State.DONE else one for one in found]
        for at, result in zip(loose, results, strict=True):
            found[at] = hung(writes[at], found[at], result)
        return found

    async def _loose(self, documents: Mapping[int, str], writes: Sequence[Write]) -> dict[int, dict[str, Any]]:
        """The links that are missing, by the place of their write."""
        hanging = await self._documents.records_of(list(documents.values()))
        return {
            at: link_row(document, parent)
            for at, document in documents.items()
            if (parent := writes[at].parent) is not None and long_id(parent.id) not in hanging[document]
        }

    async def _send(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]]) -> list[Outcome]:
        if len(writes) == 1:
            return [await self._send_one(writes[0], rows[0])]
        document = {"allOrNone": False, "records": [_with_part(row, at) for at, row in enumerate(rows)]}
        uploads = [self._bytes(write, f"file{at}") for at, write in enumerate(writes)]
        try:
            reply = await self._client.multipart(ROOT, document, uploads, name="collection")
        except AnswerLost:
            return [Outcome.sent(write.key) for write in writes]
        except NotAuthorised:
            raise
        except VendorRefused:  # read and declined: nothing of it is there
            self._together = False
            return [await self._send_one(write, row) for write, row in zip(writes, rows, strict=True)]
        results: list[Result] = [*reply.rows(), *[None] * len(writes)][: len(writes)]
        return [row_outcome(write, result) for write, result in zip(writes, results, strict=True)]

    async def _send_one(self, write: Write, row: dict[str, Any]) -> Outcome:
        document = {name: value for name, value in row.items() if name != "attributes"}
        try:
            reply = await self._client.multipart(f"/sobjects/{FILES}", document, [self._bytes(write, BYTES)])
        except AnswerLost:
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return call_outcome(write, no)
        return row_outcome(write, {"success": True, **reply.document})

    def _bytes(self, write: Write, part: str) -> Upload:
        file = write.file
        if file is None:
            raise Unsendable("", "no-file", NO_FILE)
        return Upload(part, file.name, file.content_type, file.size_bytes, lambda: self._open_file(file))

    # Reading

    async def _versions(self, documents: Sequence[str], fields: Sequence[str]) -> dict[str, list[ReadBack]]:
        """By document its versions, each with what the newest one holds."""
        described = await self._metadata.needed(FILES)
        told = [name for name in fields if name in described.schema.fields and name != FILE_SIZE.name]
        asked = dict.fromkeys([ID, DOCUMENT, "CreatedDate", SIZE, CHECKSUM, *told, *STAMPS])
        rows = await self._reader.select(FILES, list(asked), DOCUMENT, documents) if documents else []
        by_document: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_document[long_id(str(row[DOCUMENT]))].append(row)
        codec = self._codecs.of(described)
        found: dict[str, list[ReadBack]] = {}
        for document, versions in by_document.items():
            newest = max(versions, key=lambda row: (str(row.get("CreatedDate") or ""), str(row[ID])))
            read = codec.read(newest, told)
            values = {name: value for name, value in _measured(newest).items() if name in fields}
            held = replace(read, fields={**read.fields, **values})
            found[document] = [replace(held, id=long_id(str(row[ID]))) for row in versions]
        return found


def _unless_failed(outcome: Outcome | None) -> Outcome | None:
    """What could not be hung is as good as absent: the next upload finds it by our key, and tells why."""
    return None if outcome is not None and outcome.state is State.FAILED else outcome


def _measured(row: dict[str, Any]) -> dict[str, int | str | None]:
    """Size and checksum of the bytes as the vendor has them."""
    size = row.get(SIZE)
    return {
        FILE_SIZE.name: int(size) if size is not None else None,
        MD5: str(row.get(CHECKSUM) or "").lower() or None,
    }


def _with_part(row: dict[str, Any], at: int) -> dict[str, Any]:
    """A row of a collection that says which part holds its bytes (FACTS 3.2)."""
    return {**row, "attributes": {"type": FILES, "binaryPartName": f"file{at}", "binaryPartNameAlias": BYTES}}


def _groups(
    writes: Sequence[Write], rows: Sequence[dict[str, Any]], most: int
) -> Iterator[tuple[list[Write], list[dict[str, Any]]]]:
    """Files that go in one call: at most so many, and no more bytes than it takes."""
    some: list[Write] = []
    said: list[dict[str, Any]] = []
    size = 0
    for write, row in zip(writes, rows, strict=True):
        own = write.file.size_bytes if write.file else 0
        if some and (len(some) == most or size + own > per_call("collection_file_bytes")):
            yield some, said
            some, said, size = [], [], 0
        some.append(write)
        said.append(row)
        size += own
    if some:
        yield some, said
