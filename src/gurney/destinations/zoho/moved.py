"""Where files hang whose record is gone from the CRM (FACTS 4, 10, 13).

When a person deletes a record its files go along. When a person merges it into another one, they hang on the one that
stays (assumed), and no call tells which one that is. A merge changes the record that stays (assumed), so all that
changed since the other one went are looked at: a call each, once for all files, and only where a record is gone.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gurney.destinations.zoho.answers import moment
from gurney.destinations.zoho.children import Children
from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.metadata import FILES
from gurney.destinations.zoho.reading import Reader
from gurney.errors import VendorRefused
from gurney.records import Link

SLACK = timedelta(minutes=1)
"""The record that stays may be changed a moment before the other one goes."""


@dataclass(slots=True)
class _Looked:
    """What is known of a module: when its records went, and the files on all that changed since a moment."""

    went: dict[str, datetime] = field(default_factory=dict)
    since: datetime | None = None
    holders: dict[str, Link] = field(default_factory=dict)


class Moved:
    """Finds files that a merge hung on another record."""

    def __init__(self, client: Client, reader: Reader, children: Children) -> None:
        self._client = client
        self._reader = reader
        self._children = children
        self._looked: dict[str, _Looked] = {}
        self._one_search = asyncio.Lock()

    async def holders(self, lost: Mapping[str, Link]) -> dict[str, Link]:
        """Where those of the files are, by id, that hang on another record than the one told. Raises VendorRefused."""
        by_object: dict[str, set[str]] = defaultdict(set)
        for parent in lost.values():
            by_object[parent.object].add(parent.id)
        found: dict[str, Link] = {}
        async with self._one_search:
            for object, parents in by_object.items():
                there = await self._reader.read(object, sorted(parents), ["id"])
                if gone := parents - there.keys():
                    holders = await self._on_changed(object, gone)
                    found |= {id: holders[id] for id in lost if lost[id].id in gone and id in holders}
        return found

    async def _on_changed(self, object: str, gone: Collection[str]) -> dict[str, Link]:
        """Every file on the module's records that changed since the first of the gone ones went, by its id."""
        looked = self._looked.setdefault(object, _Looked())
        if not looked.went.keys() >= set(gone):
            self._looked[object] = looked = _Looked(went=await self._when_they_went(object))
        if missing := [id for id in gone if id not in looked.went]:
            raise VendorRefused(f"zoho does not tell when {object} {missing[0]} went.", status=204, code="UNKNOWN_TIME")
        since = min(looked.went[id] for id in gone) - SLACK
        if looked.since is None or since < looked.since:
            looked.holders = await self._files_on(object, await self._reader.changed_since(object, since))
            looked.since = since
        return looked.holders

    async def _when_they_went(self, object: str) -> dict[str, datetime]:
        rows = await self._client.pages(f"/{object}/deleted", [("type", "all")], kind="deleted") or []
        return {str(row["id"]): at for row in rows if (at := moment(row.get("deleted_time"))) is not None}

    async def _files_on(self, object: str, ids: Sequence[str]) -> dict[str, Link]:
        files = await self._children.read([Link(object, id) for id in ids], FILES)
        return {file.id: Link(object, parent) for parent, group in files.items() for file in group}
