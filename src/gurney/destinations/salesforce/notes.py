"""Notes (ContentNote): a document with HTML, then a link to its record; two calls for 200 notes (FACTS 8).

A note takes no field of ours. It is known by its title, which holds our reference, and by the record that it hangs
on. A note without a record is one whose second call was lost: it is hung where it belongs, never written again.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gurney.destinations.plain import Unsendable
from gurney.destinations.protocol import Expected
from gurney.destinations.salesforce.answers import GONE, UNSAFE, complaint, long_id
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import Collections, Result
from gurney.destinations.salesforce.documents import (
    DOCUMENT,
    Documents,
    hung,
    link_row,
    row_outcome,
    update_outcomes,
)
from gurney.destinations.salesforce.files import CHECKSUM
from gurney.destinations.salesforce.locks import unlocked
from gurney.destinations.salesforce.metadata import FILES, NOTES, OWNER, Described, Metadata
from gurney.destinations.salesforce.note_html import plain_html, wire_html
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import ID, Codecs
from gurney.destinations.salesforce.singles import CollectionsOrSingles
from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import Kind, Link, Outcome, ReadBack, State, Write
from gurney.transport import together

TITLE = "Title"
CONTENT = "Content"
LATEST = "IsLatest"
EMPTY = "<p></p>"
SWITCHED_OFF = "Salesforce shows us no notes; switch them on in Setup > Notes Settings > Enable Notes, and repeat"
NO_RECORD = "a note needs the record that it hangs on"
AS_TEXT = "sent-as-text"
MARKUP_REFUSED = "Salesforce called the note's markup unsafe, so it was sent as plain text: every word, no layout"
Send = Callable[[Sequence[Mapping[str, Any]]], Awaitable[list[Result]]]


class Notes:
    """Writes, settles and reads notes."""

    def __init__(self, client: Client, metadata: Metadata, reader: Reader, documents: Documents) -> None:
        self._client = client
        self._metadata = metadata
        self._reader = reader
        self._documents = documents
        self._codecs = Codecs()
        self._collections = Collections(client)
        self._sender = CollectionsOrSingles(client, NOTES)

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order: creations, or updates of title and content."""
        described = await self._metadata.described(NOTES)
        if described is None:
            return [Outcome.failed(write.key, code="notes-off", words=SWITCHED_OFF) for write in batch]
        outcomes: dict[int, Outcome] = {}
        rows: dict[int, dict[str, Any]] = {}
        for at, write in enumerate(batch):
            try:
                rows[at] = self._row(described, write)
            except Unsendable as no:
                outcomes[at] = Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        writes = [batch[at] for at in rows]
        outcomes.update(zip(rows, await self._unlocked(writes, list(rows.values())), strict=True))
        return [outcomes[at] for at in range(len(batch))]

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """What became of creations: done, or None where nothing of it is there. Hangs up what hangs nowhere."""
        candidates: dict[str, list[str]] = defaultdict(list)
        for row in await self._reader.select(NOTES, [ID, TITLE], TITLE, [_title(write) for write in unknown]):
            candidates[str(row.get(TITLE) or "").strip()].append(long_id(str(row[ID])))
        hanging = await self._documents.records_of([id for ids in candidates.values() for id in ids])
        found: list[str] = []
        orphans: dict[int, str] = {}
        for at, write in enumerate(unknown):
            own = [id for id in candidates[_title(write)] if id not in found and id not in orphans.values()]
            there = [id for id in own if write.parent and write.parent.id in hanging[id]]
            free = [id for id in own if not hanging[id]]
            found.append(there[0] if there else "")
            if free and not there:
                orphans[at] = free[0]
        settled = [Outcome.done(write.key, id) if id else None for write, id in zip(unknown, found, strict=True)]
        linked = await self._hang([unknown[at] for at in orphans], list(orphans.values()))
        for at, outcome in zip(orphans, linked, strict=True):
            settled[at] = None if outcome.state is State.FAILED else outcome
        return settled

    async def read(
        self, ids: Sequence[str], fields: Sequence[str], expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        """The notes as they are. A content takes a call; where the vendor's checksum proves it, none (FACTS 8)."""
        found = await self._reader.read(NOTES, ids, [name for name in fields if name != CONTENT])
        if CONTENT not in fields:
            return found
        proven = await self._proven(list(found), expected or {})
        contents = await together(self._known(proven[id]) if id in proven else self._content(id) for id in found)
        return {
            id: ReadBack(id, {**note.fields, CONTENT: content or None}, note.modified_at, note.modified_by)
            for (id, note), content in zip(found.items(), contents, strict=True)
            if content is not None
        }

    async def of_records(self, records: Sequence[Link]) -> dict[str, list[ReadBack]]:
        """The notes of each record, with title and content."""
        links = await self._documents.of_records([record.id for record in records])
        ids = await self._documents.notes_among(list(dict.fromkeys(document for _, document in links)))
        notes = await self.read(sorted(ids), [TITLE, CONTENT]) if ids else {}
        found: dict[str, list[ReadBack]] = {record.id: [] for record in records}
        for record, document in links:
            if document in notes:
                found[record].append(notes[document])
        return found

    # Writing

    def _row(self, described: Described, write: Write) -> dict[str, Any]:
        """A note as it is sent. Its owner can be told only where the organisation lets us (FACTS 8, 9)."""
        if write.kind is Kind.CREATE and (write.parent is None or not write.parent.id):
            raise Unsendable("", "no-parent", NO_RECORD)
        row = self._codecs.of(described).row(write)
        allowed = described.createable if write.kind is Kind.CREATE else described.updateable
        if OWNER in row and OWNER not in allowed:
            del row[OWNER]
        if CONTENT in write.fields or write.kind is Kind.CREATE:
            row[CONTENT] = _encoded(wire_html(_content_of(write)))
        return row

    async def _unlocked(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]]) -> list[Outcome]:
        """Every write sent; those that met a lock go once more together."""

        async def send(places: Sequence[int], _size: int) -> list[Outcome]:
            way = self._create if writes[0].kind is Kind.CREATE else self._update
            return await way([writes[at] for at in places], [rows[at] for at in places])

        return await unlocked(await send(range(len(writes)), 0), send, self._client.runtime) if writes else []

    async def _create(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]]) -> list[Outcome]:
        results, plain = await self._accepted(writes, rows, self._sender.insert)
        outcomes = [row_outcome(write, result) for write, result in zip(writes, results, strict=True)]
        made = [at for at, outcome in enumerate(outcomes) if outcome.state is State.DONE]
        linked = await self._hang([writes[at] for at in made], [outcomes[at].destination_id or "" for at in made])
        for at, outcome in zip(made, linked, strict=True):
            outcomes[at] = outcome
        return _told(outcomes, plain)

    async def _update(self, writes: Sequence[Write], rows: Sequence[dict[str, Any]]) -> list[Outcome]:
        results, plain = await self._accepted(writes, rows, self._sender.update)
        return _told(update_outcomes(writes, results), plain)

    async def _accepted(
        self, writes: Sequence[Write], rows: Sequence[dict[str, Any]], send: Send
    ) -> tuple[list[Result], set[int]]:
        """Results, and the places of notes whose markup the vendor calls unsafe: those went once more as plain text."""
        results = await send(rows)
        unsafe = [at for at, result in enumerate(results) if _code(result) == UNSAFE]
        if unsafe:
            again = [rows[at] | {CONTENT: _encoded(plain_html(_content_of(writes[at])))} for at in unsafe]
            for at, result in zip(unsafe, await send(again), strict=True):
                results[at] = result
        return results, set(unsafe)

    async def _hang(self, writes: Sequence[Write], ids: Sequence[str]) -> list[Outcome]:
        """Link notes to their records. A note that no record takes is removed again, or it would lie about for ever."""
        links = [link_row(id, write.parent) for write, id in zip(writes, ids, strict=True) if write.parent]
        results = await self._collections.insert(links) if links else []
        outcomes = [
            hung(write, Outcome.done(write.key, id), result)
            for write, id, result in zip(writes, ids, results, strict=True)
        ]
        refused = [at for at, outcome in enumerate(outcomes) if outcome.state is State.FAILED]
        gone = await self._sender.delete([ids[at] for at in refused]) if refused else []
        for at, result in zip(refused, gone, strict=True):
            if not _is_gone(result):
                outcomes[at] = Outcome.sent(writes[at].key)
        return outcomes

    # Reading

    async def _proven(self, ids: Sequence[str], expected: Expected) -> dict[str, str]:
        """Contents that are what we expect, byte for byte, by the checksum of the note's newest version.

        That a note has a checksum as a file has is assumed (FACTS 8 tells it of files); without one it is read.
        """
        meant = {id: str(expected[id].get(CONTENT) or "") for id in ids if id in expected}
        rows = await self._reader.select(FILES, [DOCUMENT, CHECKSUM, LATEST], DOCUMENT, list(meant)) if meant else []
        told = {long_id(str(row[DOCUMENT])): row.get(CHECKSUM) for row in rows if row.get(LATEST)}
        return {id: html for id, html in meant.items() if told.get(id) == _md5(wire_html(html) or EMPTY)}

    async def _known(self, html: str) -> str:
        return html

    async def _content(self, id: str) -> str | None:
        """A note's HTML; None when somebody deleted it meanwhile."""
        try:
            reply = await self._client.call("GET", f"/sobjects/{NOTES}/{id}/{CONTENT}", expect_json=False, label="note")
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.code in GONE or no.status == 404:
                return None
            raise
        return reply.raw.decode("utf-8", "replace")


def _md5(html: str) -> str:
    return hashlib.md5(html.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _told(outcomes: Sequence[Outcome], plain: set[int]) -> list[Outcome]:
    """The outcomes, with a word about notes that lost their markup."""
    return [
        replace(outcome, code=AS_TEXT, words=MARKUP_REFUSED) if at in plain and outcome.state is State.DONE else outcome
        for at, outcome in enumerate(outcomes)
    ]


def _encoded(html: str) -> str:
    """What is said in the row: base64 of HTML, which is never empty."""
    return b64encode((html or EMPTY).encode("utf-8", "replace")).decode()


def _content_of(write: Write) -> str:
    return str(write.fields.get(CONTENT) or "")


def _code(result: Result) -> str:
    errors = (result or {}).get("errors") or ()
    return complaint(errors[0]).code if errors else ""


def _is_gone(result: Result) -> bool:
    return result is not None and (bool(result.get("success")) or _code(result) in GONE)


def _title(write: Write) -> str:
    """What a note is known by: the title as it was sent."""
    return str(write.fields.get(TITLE) or write.key_value).strip()
