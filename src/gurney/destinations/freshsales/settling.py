"""What became of writes whose answer was lost (design, section 5; FACTS 7).

Contacts, accounts and deals are looked for among the newest once the lists have caught up; notes, tasks, appointments
and files among what they hang on, which is right at once. Products are in no list that is documented: where the account
gives none, one whose answer was lost is left to a person. An update counts as done when the record holds its values.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.freshsales.attaching import Attacher, is_of
from gurney.destinations.freshsales.bulk import Bulk
from gurney.destinations.freshsales.children import Children
from gurney.destinations.freshsales.finding import Finder, by_key
from gurney.destinations.freshsales.limits import traffic
from gurney.destinations.freshsales.lists import Lists, Rows
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import FILES, NOTES, OWNER, PRODUCTS, VISITS
from gurney.destinations.freshsales.places import Row, split_title
from gurney.destinations.freshsales.reading import Reader
from gurney.destinations.freshsales.records import Codec, Codecs, key_of, target_of
from gurney.destinations.freshsales.sendings import Sendings
from gurney.destinations.freshsales.values import read_note
from gurney.destinations.freshsales.writing import Writer
from gurney.destinations.settlement import Same, asked, outcomes_of_changes, settled
from gurney.records import NOT_PROVABLE, Link, Outcome, State, Write
from gurney.runtime import Runtime
from gurney.transport.gathering import together

NOT_LISTED = (
    "the answer was lost, and Freshsales lists no products: look in the product catalogue for one with this SKU "
    "number, and enter it by hand where there is none; it is not sent again"
)


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(
        self,
        metadata: Metadata,
        codecs: Codecs,
        lists: Lists,
        reader: Reader,
        finder: Finder,
        children: Children,
        attacher: Attacher,
        writer: Writer,
        bulk: Bulk,
        sendings: Sendings,
        is_same: Same,
        runtime: Runtime,
    ) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._reader = reader
        self._finder = finder
        self._children = children
        self._attacher = attacher
        self._writer = writer
        self._bulk = bulk
        self._sendings = sendings
        self._is_same = is_same
        self._clock = runtime.clock

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        return await settled(unknown, created=self._created, changed=self._updated, is_unsent=self._sendings.is_unsent)

    async def _created(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object == FILES:
            return await self._files(writes)
        if object == NOTES or object in VISITS:
            return await self._hanging(object, writes)
        return await self._listed(object, writes)

    async def _listed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """Among the newest of the lists, once these can show it."""
        if object == PRODUCTS and not await self._metadata.lists_products():
            return await together(map(self._product, writes))
        await self._bulk.rest(writes)
        if all(self._sendings.is_ours(write.key) for write in writes):
            await self._lists.settled(object)
        else:
            await self._clock.sleep(traffic("lag_s"))  # another process sent it: nobody knows when
        codec = self._codecs.of(await self._metadata.described(object))
        identify = by_key(codec, writes[0].key_field)
        rows = await self._finder.newest(object, [key_of(write) for write in writes], identify)
        return await together(self._completed(codec, write, rows.get(key_of(write))) for write in writes)

    async def _product(self, write: Write) -> Outcome | None:
        """By its id, where an answer told it before another was lost."""
        if write.destination_id is None:
            return Outcome(write.key, State.MANUAL, code=NOT_PROVABLE, words=NOT_LISTED)
        codec = self._codecs.of(await self._metadata.described(PRODUCTS))
        return await self._completed(codec, write, await self._lists.one(PRODUCTS, write.destination_id))

    async def _hanging(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """Among what each parent shows."""
        codec = self._codecs.of(await self._metadata.described(object))
        parents = list(dict.fromkeys(parent for write in writes if (parent := target_of(write)) is not None))
        shown = await together(self._children.rows(parent, object) for parent in parents)
        there: dict[Link | None, Rows] = dict(zip(parents, shown, strict=True))
        found = [
            next((row for row in there.get(target_of(write), ()) if _is_of(codec, write, row)), None)
            for write in writes
        ]
        return await together(self._completed(codec, write, row) for write, row in zip(writes, found, strict=True))

    async def _completed(self, codec: Codec, write: Write, row: Row | None) -> Outcome | None:
        """A record that is there, with what takes a second call."""
        if row is None:
            return None
        return await self._writer.complete(codec, write, row)

    async def _files(self, writes: Sequence[Write]) -> list[Outcome | None]:
        """By what they hang on, name, which holds the source's id, and size."""
        parents = list(dict.fromkeys(write.parent for write in writes if write.parent))
        listed = await together(self._attacher.list(parent) for parent in parents)
        there = dict(zip(parents, listed, strict=True))
        found: list[Outcome | None] = []
        for write in writes:
            rows = there.get(write.parent, []) if write.parent else []
            file = next((row for row in rows if is_of(write, row)), None)
            if file is not None:
                self._sendings.forget(write.key)
            found.append(Outcome.done(write.key, file.id, modified_at=file.modified_at) if file else None)
        return found

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        ids = [write.destination_id or "" for write in writes]
        there = await self._reader.read_fresh(object, ids, asked(writes, OWNER))
        return outcomes_of_changes(writes, there, OWNER, self._is_same)


def _is_of(codec: Codec, write: Write, row: Row) -> bool:
    """Notes are known by their title, which holds our mark, else by their words; the others by their key."""
    if write.object != NOTES:
        return codec.key(row, write.key_field) == key_of(write)
    title, content = (str(write.fields.get(name) or "").strip() for name in ("title", "content"))
    told, rest = split_title(read_note(row.get("description")))
    return told.strip() == title if title else rest.strip() == content
