"""Files: streamed to what they hang on, known again by name and size (FACTS 0.4, 3, 7). None can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from gurney.destinations.freshsales.answers import GONE
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import limit
from gurney.destinations.freshsales.objects import RESOURCES, WORDS
from gurney.destinations.freshsales.records import modified
from gurney.destinations.freshsales.rules import safe_file_name
from gurney.destinations.freshsales.sendings import Sendings
from gurney.destinations.freshsales.values import read_whole
from gurney.destinations.protocol import OpenFile
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Link, Outcome, ReadBack, State, Write
from gurney.transport import Upload

TOO_LARGE = "{size} bytes are over Freshsales' {most}; keep the file elsewhere and note it in the CRM"
NO_FILE = "a file, with its bytes, hangs on a contact, an account or a deal that is there"
UPLOAD = "POST /documents"


class Attacher:
    """Uploads files, and lists what is attached."""

    def __init__(self, client: Client, sendings: Sendings, open_file: OpenFile) -> None:
        self._client = client
        self._sendings = sendings
        self._open_file = open_file

    async def attach(self, write: Write) -> Outcome:
        """One upload."""
        file, parent = write.file, write.parent
        if file is None or parent is None or parent.object not in WORDS or not parent.id:
            return Outcome.failed(write.key, code="no-file", words=NO_FILE)
        if file.size_bytes > limit("file_bytes"):
            words = TOO_LARGE.format(size=file.size_bytes, most=limit("file_bytes"))
            return Outcome(write.key, State.MANUAL, code="file-too-large", words=words)
        name = file_name(write)
        about = {
            "file_name": name,
            "is_shared": "true",
            "targetable_id": parent.id,
            "targetable_type": WORDS[parent.object],
        }
        opening = lambda: self._open_file(file)  # noqa: E731 - asked for again at each try
        upload = Upload("file", name, file.content_type, file.size_bytes, opening, about)
        return await self._sent(write, upload)

    async def _sent(self, write: Write, upload: Upload) -> Outcome:
        self._sendings.leaves(write.key)
        try:
            said = await self._client.call(UPLOAD, upload=upload)
        except AnswerLost:
            return Outcome.sent(write.key)
        except PausedForQuota:
            self._sendings.was_not_sent(write.key)
            raise
        except NotAuthorised:
            raise
        except VendorRefused as no:
            self._sendings.forget(write.key)
            return Outcome.failed(write.key, code=no.code, words="the file was refused")
        id = _id_of(said)
        if not id:
            return Outcome.sent(write.key)
        self._sendings.forget(write.key)
        return Outcome.done(write.key, id)

    async def rows(self, parent: Link) -> list[dict[str, Any]]:
        """What is attached to a record, as it is this moment; to one that is gone, nothing."""
        found: list[dict[str, Any]] = []
        asked = f"GET {RESOURCES[parent.object].one}/document_associations"
        try:
            async for said in self._client.pages(asked, parent.id):
                found += [
                    row for row in said.get("documents") or () if row.get("id") and row.get("is_deleted") is not True
                ]
        except VendorRefused as no:
            if no.status != GONE:
                raise
            return []
        return found

    async def list(self, parent: Link) -> list[ReadBack]:
        """The same as neutral values."""
        return [read_back(row) for row in await self.rows(parent)]

    async def bytes(self, parent: Link, id: str) -> AsyncIterator[bytes]:
        """A file's bytes, from the address that the list tells for a while."""
        url = next((str(row.get("url") or "") for row in await self.rows(parent) if str(row["id"]) == id), "")
        if not url:
            raise VendorRefused("freshsales does not tell where the file is.", status=404, code="no-file")
        async with self._client.download(url) as download:
            async for chunk in download.chunks:
                yield chunk


def file_name(write: Write) -> str:
    """The name under which a file is uploaded: the mapping's, else its own, with the source's id in it."""
    told = write.fields.get("name")
    own = write.file.name if write.file else "file"
    return safe_file_name(told if isinstance(told, str) else own, write.key.id)


def read_back(row: dict[str, Any]) -> ReadBack:
    """A file with its name, which holds the source's id, and its size."""
    size = read_whole(row.get("content_file_size"))
    return ReadBack(str(row["id"]), {"name": str(row.get("name") or "") or None, "size_bytes": size}, modified(row))


def is_of(write: Write, row: ReadBack) -> bool:
    """Whether an attached file is the one that was sent."""
    size = row.fields.get("size_bytes")
    same_size = size is None or write.file is None or size == write.file.size_bytes
    return row.fields.get("name") == file_name(write) and same_size


def _id_of(said: Any) -> str:
    """FACTS 3: two shapes of the answer are known."""
    if not isinstance(said, dict):
        return ""
    inside = said.get("document")
    id = inside.get("id") if isinstance(inside, dict) else said.get("id")
    return str(id) if id else ""
