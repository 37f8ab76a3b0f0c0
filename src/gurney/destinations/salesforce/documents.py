"""What notes and files share: both are documents that hang on records by links (FACTS 8).

A link can only be asked for by its record or by its document, and deleting a record leaves its documents behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gurney.destinations.salesforce.answers import (
    DUPLICATE,
    LOCKED,
    Complaint,
    complaint,
    declined_row,
    long_id,
    safe_words,
)
from gurney.destinations.salesforce.collections import Result
from gurney.destinations.salesforce.metadata import NOTES, Metadata
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import ID
from gurney.errors import VendorRefused
from gurney.records import Link, Outcome, Write

LINKS = "ContentDocumentLink"
DOCUMENT = "ContentDocumentId"
RECORD = "LinkedEntityId"
USER_PREFIX = "005"
"""Every document hangs on its owner as well (FACTS 2: prefixes of ids)."""


class Documents:
    """Links between documents and records."""

    def __init__(self, metadata: Metadata, reader: Reader) -> None:
        self._metadata = metadata
        self._reader = reader

    async def of_records(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """(record id, document id) of everything that hangs on the records."""
        rows = await self._reader.select(LINKS, [ID, DOCUMENT, RECORD], RECORD, ids) if ids else []
        return [(long_id(str(row[RECORD])), long_id(str(row[DOCUMENT]))) for row in rows]

    async def records_of(self, documents: Sequence[str]) -> dict[str, set[str]]:
        """By document the records that it hangs on; its owner is not one."""
        rows = await self._reader.select(LINKS, [ID, DOCUMENT, RECORD], DOCUMENT, documents) if documents else []
        found: dict[str, set[str]] = {document: set() for document in documents}
        for row in rows:
            if not str(row[RECORD]).startswith(USER_PREFIX):
                found.setdefault(long_id(str(row[DOCUMENT])), set()).add(long_id(str(row[RECORD])))
        return found

    async def notes_among(self, documents: Sequence[str]) -> set[str]:
        """Which of the documents are notes."""
        if not documents or await self._metadata.described(NOTES) is None:
            return set()
        return {long_id(str(row[ID])) for row in await self._reader.select(NOTES, [ID], ID, documents)}


def link_row(document: str, record: Link) -> dict[str, Any]:
    """A link as it is created: everybody who sees the record sees the document (FACTS 8)."""
    return {
        "attributes": {"type": LINKS},
        DOCUMENT: document,
        RECORD: record.id,
        "ShareType": "V",
        "Visibility": "AllUsers",
    }


def why(result: Mapping[str, Any], write: Write) -> Complaint:
    """Why a row of a collection was refused."""
    errors = result.get("errors") or ()
    return complaint(errors[0] if errors else None, write.fields.values())


def row_outcome(write: Write, result: Result) -> Outcome:
    """What a row's answer says. That our key is there already is a success of an earlier call (FACTS 10)."""
    if result is None:
        return Outcome.sent(write.key)
    if not result.get("success"):
        return complained(write, why(result, write))
    id = str(result.get("id") or "")
    return Outcome.done(write.key, long_id(id)) if id else Outcome.sent(write.key)


def hung(write: Write, made: Outcome, result: Result) -> Outcome:
    """What a link's answer says of its document, which is there. Locked or lost: settling looks, and links again."""
    if result is None:
        return Outcome.sent(write.key)
    if result.get("success"):
        return made
    told = why(result, write)
    if told.code == DUPLICATE:  # it hangs there already
        return made
    if told.code == LOCKED:
        return Outcome.sent(write.key)
    return Outcome.failed(write.key, code=told.code, words=f"it could not be hung on its record: {told.words}")


def update_outcomes(writes: Sequence[Write], results: Sequence[Result]) -> list[Outcome]:
    """The same for changes, whose answers need not repeat the id."""
    return [
        Outcome.done(write.key, write.destination_id or "", created=False)
        if result is not None and result.get("success")
        else row_outcome(write, result)
        for write, result in zip(writes, results, strict=True)
    ]


def call_outcome(write: Write, no: VendorRefused) -> Outcome:
    """The same for a record that was written by a call of its own."""
    return complained(write, complaint(declined_row(no)["errors"][0], write.fields.values()))


def complained(write: Write, told: Complaint) -> Outcome:
    if write.key_field and told.holder is not None and told.holder[0] == write.key_field:
        return Outcome.done(write.key, told.holder[1], created=False)
    return Outcome.failed(write.key, code=told.code, words=safe_words(told.words), field=told.field)
