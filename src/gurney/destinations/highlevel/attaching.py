"""Files of a contact: entries of one field, uploaded and attached by one call, read and removed through it (FACTS 10).

The id of an entry is ours to choose, so it is made from our key, and a lost answer is settled by looking for it. What
the vendor does not take (DICOM among it) goes inside a ZIP, which is taken off again on the way back.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from gurney.destinations.highlevel.answers import is_gone
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import limit
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import CONTACTS, FILES_FIELD
from gurney.destinations.highlevel.places import custom_value
from gurney.destinations.highlevel.rules import file_id, file_name, is_zip_of_ours, needs_zip
from gurney.destinations.highlevel.sendings import Sendings
from gurney.destinations.highlevel.values import read_number
from gurney.destinations.highlevel.zipping import ENDING, added_bytes, unzipped, zipped
from gurney.destinations.protocol import OpenFile
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import File, Link, Outcome, ReadBack, State, Write
from gurney.transport import Upload, together

Entries = dict[str, dict[str, Any]]
TOO_LARGE = "{size} bytes are over HighLevel's {most}; keep the file elsewhere and note it in the CRM"
NO_PARENT = "a file, with its bytes, hangs on a contact that is there"
NO_FIELD = "contacts have no field {name} for files; run: gurney provision"
STAYS = "the vendor keeps the file although it was taken out; it goes with its contact"


def own_name(write: Write) -> str:
    """A file's name, as far as one is possible."""
    told = write.fields.get("name")
    return file_name(told if isinstance(told, str) else write.file.name if write.file else "file")


def entry_id(write: Write) -> str:
    """The id of a file's entry."""
    return file_id(str(write.key), zipped=needs_zip(own_name(write)))


class Attacher:
    """Uploads, reads and removes files of one location."""

    def __init__(self, client: Client, metadata: Metadata, sendings: Sendings, open_file: OpenFile) -> None:
        self._client = client
        self._metadata = metadata
        self._sendings = sendings
        self._open_file = open_file
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def attach(self, write: Write) -> Outcome:
        """One upload. Files of one contact go one after the other: the vendor writes their common field each time."""
        file, parent = write.file, write.parent
        if file is None or not isinstance(parent, Link) or parent.object != CONTACTS or not parent.id:
            return Outcome.failed(write.key, code="no-file", words=NO_PARENT)
        field = await self._metadata.files_field()
        if not field:
            return Outcome.failed(write.key, code="no-field", words=NO_FIELD.format(name=FILES_FIELD))
        upload = self._upload(write, file, f"{field}_{entry_id(write)}")
        if upload.size_bytes > limit("file_bytes"):
            words = TOO_LARGE.format(size=file.size_bytes, most=limit("file_bytes"))
            return Outcome(write.key, State.MANUAL, code="file-too-large", words=words)
        async with self._turns[parent.id]:
            return await self._sent(write, parent.id, upload)

    async def entries(self, contact: str) -> Entries:
        """A contact's files by their ids; none where there is no such contact."""
        field = await self._metadata.files_field()
        try:
            row = (await self._client.call("GET /contacts/{contactId}", contact)).get("contact") or {}
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if is_gone(no):
                return {}
            raise
        value = custom_value(row, field)
        return dict(value) if isinstance(value, Mapping) else {}

    async def children(self, parents: Sequence[Link]) -> dict[str, list[ReadBack]]:
        """Files by contact, with name and size."""
        found = await together(self.entries(parent.id) for parent in parents)
        return {
            parent.id: [file_read_back(id, entry) for id, entry in entries.items()]
            for parent, entries in zip(parents, found, strict=True)
        }

    async def bytes_of(self, parent: Link, id: str) -> AsyncIterator[bytes]:
        """A file's own bytes, out of its ZIP where it is in one."""
        entry = (await self.entries(parent.id)).get(id) or {}
        meta = entry.get("meta") or {}
        async with self._client.download(str(entry.get("url") or "")) as download:
            chunks = download.chunks
            if is_zip_of_ours(id):
                chunks = unzipped(int(meta.get("size") or 0), chunks)
            async for chunk in chunks:
                yield chunk

    async def remove(self, contact: str, ids: Sequence[str]) -> dict[str, str]:
        """id -> '' when gone, else why not. The field is written without them, and read again."""
        field = await self._metadata.files_field()
        async with self._turns[contact]:
            there = await self.entries(contact)
            left = {id: entry for id, entry in there.items() if id not in ids}
            if len(left) < len(there):
                body = {"customFields": [{"id": field, "field_value": left or ""}]}
                try:
                    await self._client.call("PUT /contacts/{contactId}", contact, body=body, idempotent=True)
                except AnswerLost:
                    return {}
                except NotAuthorised:
                    raise
                except VendorRefused as no:
                    return {id: f"{no.code}: {no.words}" if id in there else "" for id in ids}
                there = await self.entries(contact)
        return {id: STAYS if id in there else "" for id in ids}

    def _upload(self, write: Write, file: File, part: str) -> Upload:
        name = own_name(write)
        if not needs_zip(name):
            return Upload(part, name, file.content_type, file.size_bytes, lambda: self._open_file(file))
        size = file.size_bytes + added_bytes(name)
        return Upload(part, name + ENDING, "application/zip", size, lambda: zipped(name, self._open_file(file)))

    async def _sent(self, write: Write, contact: str, upload: Upload) -> Outcome:
        self._sendings.leaves(write.key)
        params = [("contactId", contact), ("locationId", self._client.location_id)]
        try:
            await self._client.call("POST /forms/upload-custom-files", params=params, upload=upload)
        except AnswerLost:
            return Outcome.sent(write.key)
        except (PausedForQuota, NotAuthorised):
            self._sendings.was_not_sent(write.key)
            raise
        except VendorRefused:
            self._sendings.forget(write.key)
            raise
        self._sendings.forget(write.key)
        return Outcome.done(write.key, entry_id(write))


def file_read_back(id: str, entry: Mapping[str, Any]) -> ReadBack:
    """A file with its own name and size, whatever it is wrapped in."""
    meta = entry.get("meta") or {}
    name, size = str(meta.get("originalname") or ""), read_number(meta.get("size"))
    whole = int(size) if size is not None else None
    if is_zip_of_ours(id):
        name = name.removesuffix(ENDING)
        whole = whole - added_bytes(name) if whole is not None else None
    return ReadBack(id, {"name": name or None, "size_bytes": whole})
