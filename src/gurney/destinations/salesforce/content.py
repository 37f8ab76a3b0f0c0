"""Notes and files, which hang on records: the one door to both (FACTS 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from gurney.destinations.protocol import Expected, OpenFile
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.documents import DOCUMENT, Documents
from gurney.destinations.salesforce.files import Files
from gurney.destinations.salesforce.metadata import FILES, NOTES, Metadata
from gurney.destinations.salesforce.note_html import seen_text
from gurney.destinations.salesforce.notes import Notes
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.removal import Remover
from gurney.destinations.salesforce.singles import CollectionsOrSingles
from gurney.errors import Misused
from gurney.records import Link, Outcome, ReadBack, Write

LONE_DOCUMENT = "ContentDocument"
"""A document of which we see neither note nor file."""


class Contents:
    """What hangs on records of one organisation."""

    def __init__(self, client: Client, metadata: Metadata, reader: Reader, open_file: OpenFile) -> None:
        self._documents = Documents(metadata, reader)
        self._notes = Notes(client, metadata, reader, self._documents)
        self._files = Files(client, metadata, reader, self._documents, open_file)
        self._metadata = metadata
        self._reader = reader
        self._remover = Remover(client, metadata, reader)
        self._notes_remover = Remover(client, metadata, reader, CollectionsOrSingles(client, NOTES))

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order; all of one object and kind."""
        return await (self._notes if batch[0].object == NOTES else self._files).write(batch)

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """What became of creations of one object: done, or None where proven absent."""
        return await (self._notes if unknown[0].object == NOTES else self._files).settle(unknown)

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        """Notes or files by their ids; missing ones are left out."""
        if object == NOTES:
            return await self._notes.read(ids, fields, expected)
        return await self._files.read(ids, fields)

    async def children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by the record that they hang on; every record has an entry."""
        if object not in (NOTES, FILES):
            raise Misused(f"{object} does not hang on records; read it by ids.")
        return await (self._notes if object == NOTES else self._files).of_records(parents)

    def file(self, id: str) -> AsyncIterator[bytes]:
        """A file's bytes."""
        return self._files.content(id)

    async def delete(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out.

        A file goes with its document, so with every version of it.
        """
        if object == NOTES:
            return await self._notes_remover.delete(ids)
        documents = await self._files.documents_of(ids)
        gone = await self._remover.delete(list(dict.fromkeys(documents.values())))
        return {
            id: gone[documents[id]] if id in documents else ""
            for id in ids
            if id not in documents or documents[id] in gone
        }

    async def hanging_on(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """By record the notes and files that hang on it, as 'Object/id'; a file with every version of it."""
        links = await self._documents.of_records(ids)
        documents = list(dict.fromkeys(document for _, document in links))
        notes = await self._documents.notes_among(documents)
        names = {document: [f"{NOTES}/{document}"] for document in notes}
        rest = [document for document in documents if document not in notes]
        for row in await self._reader.select(FILES, ["Id", DOCUMENT], DOCUMENT, rest) if rest else []:
            names.setdefault(str(row[DOCUMENT]), []).append(f"{FILES}/{row['Id']}")
        found: dict[str, list[str]] = defaultdict(list)
        for record, document in links:
            found[record] += names.get(document) or [f"{LONE_DOCUMENT}/{document}"]
        return found

    async def count(self, object: str) -> int:
        """How many notes, or versions of files, there are; a note's own version is not a file."""
        if object == NOTES:
            return await self._reader.count(NOTES)
        described = await self._metadata.needed(FILES)
        return await self._reader.count(FILES, "FileType != 'SNOTE'" if "FileType" in described.schema.fields else "")

    def comparable_html(self, value: str) -> str | None:
        """A note's content as two of them are compared."""
        return seen_text(value) or None
