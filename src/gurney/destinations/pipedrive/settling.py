"""What became of writes whose answer was lost (design, section 5; FACTS 9).

Keyed records and notes are looked for among the newest, files through what they hang on, and an update counts as done
when the record holds its values. No search is asked: its index lags behind.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from gurney.destinations.pipedrive.children import Children
from gurney.destinations.pipedrive.finding import Finder, by_key
from gurney.destinations.pipedrive.limits import per_call, traffic
from gurney.destinations.pipedrive.markup import split_title
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import FILES, NOTE_PARENTS, NOTES, OWNER, RESOURCES
from gurney.destinations.pipedrive.places import Row
from gurney.destinations.pipedrive.reading import Reader
from gurney.destinations.pipedrive.records import Codecs, modified
from gurney.destinations.pipedrive.sendings import Sendings
from gurney.destinations.pipedrive.writing import file_name
from gurney.destinations.seen import seen_text
from gurney.destinations.settlement import Same, asked, outcomes_of_changes, settled
from gurney.records import OperationKey, Outcome, ReadBack, Write
from gurney.runtime import Runtime

MARK = "[cliniko:"


class Settler:
    """Finds out about writes that nobody knows the outcome of."""

    def __init__(
        self,
        metadata: Metadata,
        codecs: Codecs,
        reader: Reader,
        finder: Finder,
        children: Children,
        sendings: Sendings,
        is_same: Same,
        runtime: Runtime,
    ) -> None:
        self._metadata = metadata
        self._codecs = codecs
        self._reader = reader
        self._finder = finder
        self._children = children
        self._sendings = sendings
        self._is_same = is_same
        self._clock = runtime.clock

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """A done outcome, or None where the write is proven not to have happened."""
        return await settled(unknown, created=self._created, changed=self._updated, is_unsent=self._sendings.is_unsent)

    async def _created(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        if object == FILES:
            return await self._files(writes)
        return await self._listed(object, writes)

    async def _listed(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        """Keyed records by our key, notes by what they hang on and their title."""
        codec = self._codecs.of(await self._metadata.described(object))
        key_field = writes[0].key_field
        if object == NOTES:
            wanted: list[Hashable] = [_note_of(write) for write in writes]
            rows = await self._finder.newest(object, wanted, _note_known_by(wanted), floor=self._floor(writes))
        else:
            wanted = [write.key_value for write in writes]
            params = codec.asked([key_field], per_call("custom_fields"))
            identify = by_key(codec, key_field)
            rows = await self._finder.newest(object, wanted, identify, floor=self._floor(writes), params=params)
        return [self._found(write, rows.get(known_by)) for write, known_by in zip(writes, wanted, strict=True)]

    def _floor(self, writes: Sequence[Write]) -> int | None:
        return self._sendings.floor([write.key for write in writes])

    def _found(self, write: Write, row: Row | None) -> Outcome | None:
        if row is None:
            return None
        self._sendings.arrived(write.key, write.object, str(row["id"]))
        return Outcome.done(write.key, str(row["id"]), modified_at=modified(row))

    async def _files(self, writes: Sequence[Write]) -> list[Outcome | None]:
        """By what they hang on, name, which holds the source's id, and size. Looks a second time for the rest."""
        found = await self._attached(writes)
        missing = [write for write in writes if write.key not in found]
        if missing:
            await self._clock.sleep(traffic("second_look_s"))
            found |= await self._attached(missing)
        for key, file in found.items():
            self._sendings.arrived(key, FILES, file.id)
        done = {key: Outcome.done(key, file.id, modified_at=file.modified_at) for key, file in found.items()}
        return [done.get(write.key) for write in writes]

    async def _attached(self, writes: Sequence[Write]) -> dict[OperationKey, ReadBack]:
        """The files that are there, as they are this moment."""
        parents = list(dict.fromkeys(write.parent for write in writes if write.parent))
        self._children.forget(FILES)
        there = await self._children.by_parent(parents, FILES)
        return {
            write.key: file
            for write in writes
            if write.parent
            if (file := next((file for file in there[write.parent] if _is_file(write, file)), None)) is not None
        }

    async def _updated(self, object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        self._reader.forget(object)
        ids = [write.destination_id or "" for write in writes]
        there = await self._reader.read(object, ids, asked(writes, OWNER))
        return outcomes_of_changes(writes, there, OWNER, self._is_same)


def _note_of(write: Write) -> Hashable:
    """What a note is known by: what it hangs on, and its title; without one the words that a reader sees."""
    parent = (write.parent.object, write.parent.id) if write.parent else ("", "")
    title = str(write.fields.get("title") or "").strip()
    return (*parent, title) if title else (*parent, "", seen_text(str(write.fields.get("content") or "")))


def _note_known_by(wanted: Sequence[Hashable]) -> Callable[[Row], Any]:
    """Rows are known as `_note_of` says; those without our mark and not wanted are none of ours."""
    known = set(wanted)

    def identify(row: Row) -> Any:
        content = str(row.get("content") or "")
        title, rest = split_title(content)
        for parent in NOTE_PARENTS:
            if id := row.get(RESOURCES[parent].as_parent):
                named = (parent, str(id), title) if title else (parent, str(id), "", seen_text(rest))
                if named in known:
                    return named
        return ("", title) if MARK in title else None

    return identify


def _is_file(write: Write, file: ReadBack) -> bool:
    size = file.fields.get("size_bytes")
    same_size = size is None or write.file is None or size == write.file.size_bytes
    return file.fields.get("name") == file_name(write) and same_size
