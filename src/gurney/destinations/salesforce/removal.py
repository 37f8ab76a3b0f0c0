"""Taking records away, and what else would go with them (FACTS 11).

A deletion may be repeated: what is gone answers as gone. It goes to the recycle bin, and takes along what describe
calls cascading; what describe calls restricting would stop it. Both are looked for before a record is deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from gurney.destinations.salesforce.answers import GONE, LOCKED, complaint
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import Collections, Result
from gurney.destinations.salesforce.limits import is_derived, lock_sizes, per_call
from gurney.destinations.salesforce.locks import pause
from gurney.destinations.salesforce.metadata import Child, Metadata
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import ID
from gurney.destinations.salesforce.soql import chunks, select
from gurney.errors import NotAuthorised, VendorRefused
from gurney.transport import together

LINKS = "ContentDocumentLink"
NEEDS_A_FILTER = "MALFORMED_QUERY"
"""What an object answers that can only be asked about certain parents (FACTS 8)."""
PROBE_LASTS_S = 120.0
"""How long an object without any record is believed to have none."""


class Deleting(Protocol):
    """Who sends deletions."""

    async def delete(self, ids: Sequence[str], *, size: int = 0) -> list[Result]: ...


class Remover:
    """Deletes records by id, and finds what hangs on them."""

    def __init__(self, client: Client, metadata: Metadata, reader: Reader, sender: Deleting | None = None) -> None:
        self._client = client
        self._metadata = metadata
        self._reader = reader
        self._sender = sender or Collections(client)
        self._empty: dict[str, float] = {}

    async def delete(self, ids: Sequence[str]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out."""
        found: dict[str, str] = {}
        a_call = per_call("collection_records") * per_call("collections_in_composite")
        for some in chunks(list(dict.fromkeys(ids)), a_call):
            results = dict(zip(some, await self._sender.delete(some), strict=True))
            await self._unlock(results)
            found.update({id: _words(result) for id, result in results.items() if result is not None})
        return found

    async def _unlock(self, results: dict[str, Result]) -> None:
        """Try what met a lock again, fewer at a time."""
        for attempt, size in enumerate(lock_sizes()):
            locked = [id for id, result in results.items() if result is not None and _code(result) == LOCKED]
            if not locked:
                return
            await pause(attempt, self._client.runtime)
            results.update(zip(locked, await self._sender.delete(locked, size=size), strict=True))

    async def children(self, object: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """What hangs on each record, as 'Object/id'; files and notes, which hang by links, are not among it."""
        described = await self._metadata.described(object)
        wanted = {
            (child.object, child.field): child
            for child in (described.children if described else ())
            if (child.cascades or child.restricts) and child.object != LINKS and not is_derived(child.object)
        }
        asked = list(wanted.values())
        there = await together(self._is_populated(child.object) for child in asked)
        full = [child for child, populated in zip(asked, there, strict=True) if populated]
        found: dict[str, list[str]] = defaultdict(list)
        for pairs in await together(self._pointing(child, ids) for child in full):
            for parent, child_id in pairs:
                found[parent].append(child_id)
        return found

    async def _is_populated(self, object: str) -> bool:
        """Whether an object has any record at all: most that describe names have none, or may not be asked."""
        now = self._client.runtime.clock.monotonic()
        if self._empty.get(object, 0.0) > now:
            return False
        try:
            if await self._client.rows(f"{select([ID], object)} LIMIT 1"):
                return True
        except NotAuthorised:
            pass
        except VendorRefused as no:
            if no.code == NEEDS_A_FILTER:
                return True
        self._empty[object] = now + PROBE_LASTS_S
        return False

    async def _pointing(self, child: Child, ids: Sequence[str]) -> list[tuple[str, str]]:
        """(parent id, 'Object/id') of the child object's records that point to one of the ids."""
        try:
            rows = await self._reader.select(child.object, [ID, child.field], child.field, ids)
        except NotAuthorised:
            raise
        except VendorRefused:
            return []  # an object that cannot be asked: history, shares and the like
        return [(str(row[child.field]), f"{child.object}/{row[ID]}") for row in rows if row.get(child.field)]


def _code(result: Result) -> str:
    errors = (result or {}).get("errors") or ()
    return complaint(errors[0]).code if errors else ""


def _words(result: Result) -> str:
    if result is None or result.get("success"):
        return ""
    errors = result.get("errors") or ()
    why = complaint(errors[0] if errors else None)
    return "" if why.code in GONE else f"{why.code}: {why.words}"
