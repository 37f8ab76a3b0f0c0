"""What became of writes whose answer was lost (design, section 5; FACTS 10).

Keyed records are looked for by our key, which SOQL finds right after it was written. An update counts as done when
the record holds its values. Notes and files are found through their parents and their own marks, by `Contents`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.metadata import FILES, NOTES, OWNER
from gurney.destinations.salesforce.reading import Reader
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write

Same = Callable[[str, str, Value, Value], bool]
"""Whether two values of (object, field) are the same to Salesforce."""


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(self, reader: Reader, contents: Contents, is_same: Same) -> None:
        self._reader = reader
        self._contents = contents
        self._is_same = is_same

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        groups: dict[tuple[str, bool], list[Write]] = defaultdict(list)
        for write in unknown:
            groups[write.object, write.kind is Kind.CREATE].append(write)
        settled: dict[int, Outcome | None] = {}
        for (object, created), writes in groups.items():
            if not created:
                found = await self._updated(object, writes)
            elif object in (NOTES, FILES):
                found = await self._contents.settle(writes)
            else:
                found = await self._keyed(object, writes)
            settled.update({id(write): outcome for write, outcome in zip(writes, found, strict=True)})
        return [settled[id(write)] for write in unknown]

    async def _keyed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        there = await self._reader.find(object, writes[0].key_field, [write.key_value for write in writes])
        return [
            Outcome.done(write.key, there[write.key_value]) if write.key_value in there else None for write in writes
        ]

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """An update is done when the record holds every value of it; a deletion when there is no record."""
        owner = {OWNER} if any(write.owner_id for write in writes) else set()
        names = sorted({name for write in writes for name in write.fields} | owner)
        ids = [write.destination_id or "" for write in writes]
        there = await (self._contents if object in (NOTES, FILES) else self._reader).read(object, ids, names)
        return [self._update(write, there.get(write.destination_id or "")) for write in writes]

    def _update(self, write: Write, record: ReadBack | None) -> Outcome | None:
        if write.kind is Kind.DELETE:
            return None if record else Outcome.done(write.key, write.destination_id or "", created=False)
        if record is None:
            return None
        wanted = dict(write.fields) | ({OWNER: Link("", write.owner_id)} if write.owner_id else {})
        for name, value in wanted.items():
            if not self._is_same(write.object, name, value, record.fields.get(name)):
                return None
        return Outcome.done(write.key, record.id, created=False, modified_at=record.modified_at)
