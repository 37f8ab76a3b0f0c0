"""What became of writes whose answer was lost (design, section 5; FACTS 0.7, 0.8, 13).

Contacts and records are looked for by our key once the search has caught up; notes, tasks and appointments among what
their contact lists, which is right at once; files by the id that we gave them. A record that is there without its links
gets them. An update counts as done when the record holds its values.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.highlevel.attaching import Attacher, entry_id
from gurney.destinations.highlevel.children import Children
from gurney.destinations.highlevel.finding import Finder
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import (
    CONTACT,
    FILES,
    NOTES,
    OWNER,
)
from gurney.destinations.highlevel.places import Row, keyed
from gurney.destinations.highlevel.reading import Reader
from gurney.destinations.highlevel.records import IN_TEXT, Codec, Codecs
from gurney.destinations.highlevel.sendings import Sendings
from gurney.destinations.highlevel.writing import Writer
from gurney.destinations.seen import seen_text
from gurney.destinations.settlement import Same, asked, outcomes_of_changes, settled
from gurney.records import Link, Outcome, State, Write
from gurney.transport import together


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(
        self,
        metadata: Metadata,
        codecs: Codecs,
        reader: Reader,
        finder: Finder,
        children: Children,
        attacher: Attacher,
        writer: Writer,
        sendings: Sendings,
        is_same: Same,
    ) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._reader = reader
        self._finder = finder
        self._children = children
        self._attacher = attacher
        self._writer = writer
        self._sendings = sendings
        self._is_same = is_same

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        return await settled(unknown, created=self._created, changed=self._updated, is_unsent=self._sendings.is_unsent)

    async def _created(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object == FILES:
            return await together(map(self._file, writes))
        if object in (NOTES, *IN_TEXT):
            return await self._listed(object, writes)
        return await self._keyed(object, writes)

    async def _keyed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """By our key in the vendor's search, after it has caught up."""
        await self._sendings.wait_for_search([write.key for write in writes])
        there = await self._finder.find(object, writes[0].key_field, [write.key_value for write in writes])
        codec = self._codecs.of(await self._metadata.described(object))
        rows = await together(self._row(object, there.get(write.key_value)) for write in writes)
        return await together(self._completed(codec, write, row) for write, row in zip(writes, rows, strict=True))

    async def _row(self, object: str, id: str | None) -> Row | None:
        return await self._reader.one(object, id) if id else None

    async def _completed(self, codec: Codec, write: Write, row: Row | None) -> Outcome | None:
        """A record that is there, with its links made where they are not there yet."""
        if row is None:
            return None
        outcome = await self._writer.complete(codec, write, dict(row))
        return None if outcome.state is State.FAILED else outcome  # refused as a whole, and taken back

    async def _listed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """Among what each contact lists."""
        codec = self._codecs.of(await self._metadata.described(object))
        contacts = list(dict.fromkeys(filter(None, map(_contact, writes))))
        listed = await together(self._children.rows(contact, object) for contact in contacts)
        rows = dict(zip(contacts, listed, strict=True))
        found = [next((row for row in rows.get(_contact(write), ()) if _is_of(write, row)), None) for write in writes]
        return await together(self._completed(codec, write, row) for write, row in zip(writes, found, strict=True))

    async def _file(self, write: Write) -> Outcome | None:
        """By the id that we chose for it."""
        parent = write.parent
        there = await self._attacher.entries(parent.id) if parent is not None else {}
        if entry_id(write) not in there:
            return None
        self._sendings.forget(write.key)
        return Outcome.done(write.key, entry_id(write))

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        ids = [write.destination_id or "" for write in writes]
        there = await self._reader.read(object, ids, asked(writes, OWNER))
        return outcomes_of_changes(writes, there, OWNER, self._is_same)


def _contact(write: Write) -> str:
    parent = write.parent if write.object == NOTES else write.fields.get(CONTACT)
    return parent.id if isinstance(parent, Link) else ""


def _is_of(write: Write, row: Row) -> bool:
    """Notes are known by their title, which holds our mark; tasks and appointments by their key."""
    if row.get("deleted") is True:
        return False
    if write.object == NOTES:
        title, body = str(write.fields.get("title") or "").strip(), str(write.fields.get("body") or "")
        told = str(row.get("title") or "").strip()
        return told == title if title else seen_text(str(row.get("body") or "")) == seen_text(body)
    lines, wire = IN_TEXT[write.object]
    return lines.split(keyed(row, wire))[1].get(write.key_field) == write.key_value
