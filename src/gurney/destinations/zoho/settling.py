"""What became of writes whose answer was lost (design, section 5; FACTS 8).

Keyed records are looked for by our key with COQL, notes by the reference in their title, files by name and size, and
an update counts as done when the record holds its values. No search index is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.settlement import Same, asked, outcomes_of_changes, settled
from gurney.destinations.zoho.children import Children
from gurney.destinations.zoho.metadata import FILES, NOTES
from gurney.destinations.zoho.reading import Reader
from gurney.destinations.zoho.writing import file_name
from gurney.records import Outcome, ReadBack, Write

KNOWN_BY_PARENT = frozenset({NOTES, FILES})


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(self, reader: Reader, children: Children, is_same: Same) -> None:
        self._reader = reader
        self._children = children
        self._is_same = is_same

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        self._children.forget_notes()
        return await settled(unknown, created=self._created, changed=self._updated)

    async def _created(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object in KNOWN_BY_PARENT:
            return await self._hung(object, writes)
        return await self._keyed(object, writes)

    async def _keyed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        there = await self._reader.find(object, writes[0].key_field, [write.key_value for write in writes])
        return [
            Outcome.done(write.key, there[write.key_value]) if write.key_value in there else None for write in writes
        ]

    async def _hung(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        parents = list({write.parent.id: write.parent for write in writes if write.parent}.values())
        there = await self._children.read(parents, object)
        matches = _is_note if object == NOTES else _is_file
        taken: set[str] = set()
        settled: list[Outcome | None] = []
        for write in writes:
            children = there.get(write.parent.id, []) if write.parent else []
            match = next((child for child in children if child.id not in taken and matches(write, child)), None)
            if match is not None:
                taken.add(match.id)
            settled.append(Outcome.done(write.key, match.id, modified_at=match.modified_at) if match else None)
        return settled

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object == FILES:  # deletions alone, which can be repeated; no call reads a file by its id
            return [None] * len(writes)
        ids = [write.destination_id or "" for write in writes]
        there = await self._reader.read(object, ids, asked(writes, "Owner"))
        return outcomes_of_changes(writes, there, "Owner", self._is_same)


def _is_note(write: Write, note: ReadBack) -> bool:
    """Our reference stands in brackets in the title, so it is part of no other."""
    title = note.fields.get("Note_Title")
    return isinstance(title, str) and bool(write.key_value) and write.key_value in title


def _is_file(write: Write, file: ReadBack) -> bool:
    size = file.fields.get("size_bytes")
    same_size = size is None or write.file is None or size == write.file.size_bytes
    return file.fields.get("File_Name") == file_name(write) and same_size
