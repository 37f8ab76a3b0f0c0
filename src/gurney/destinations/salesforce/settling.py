"""What became of writes whose answer was lost (design, section 5; FACTS 10).

Keyed records are looked for by our key, which SOQL finds right after it was written. An update counts as done when
the record holds its values. Notes and files are found through their parents and their own marks, by `Contents`.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.metadata import FILES, NOTES, OWNER
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.settlement import Same, asked, outcomes_of_changes, settled
from gurney.records import Outcome, Write


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(self, reader: Reader, contents: Contents, is_same: Same) -> None:
        self._reader = reader
        self._contents = contents
        self._is_same = is_same

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        return await settled(unknown, created=self._created, changed=self._updated)

    async def _created(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object in (NOTES, FILES):
            return await self._contents.settle(writes)
        return await self._keyed(object, writes)

    async def _keyed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        there = await self._reader.find(object, writes[0].key_field, [write.key_value for write in writes])
        return [
            Outcome.done(write.key, there[write.key_value]) if write.key_value in there else None for write in writes
        ]

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        reader = self._contents if object in (NOTES, FILES) else self._reader
        there = await reader.read(object, [write.destination_id or "" for write in writes], asked(writes, OWNER))
        return outcomes_of_changes(writes, there, OWNER, self._is_same)
