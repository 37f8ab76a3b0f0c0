"""Lookups as relations between two records: made, read, changed (FACTS 9).

A relation that is there already is a success, so making one may be repeated. A side that is full takes no more
(FACTS 0.6): the record is there all the same, and reading says of that lookup that it cannot be proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.destinations.highlevel.answers import LINKED, is_gone
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import limit, per_call
from gurney.destinations.highlevel.metadata import Association
from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import Link

RELATIONS = "GET /associations/relations/{recordId}"
Rows = list[dict[str, Any]]


class Links:
    """Relations of one location."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._full: set[tuple[str, str]] = set()

    async def make(self, association: Association, id: str, target: str) -> bool:
        """Link two records; False where the vendor does not take the link.

        Raises AnswerLost as any call, and VendorRefused where one of the two is not there.
        """
        first, second = (id, target) if association.is_first else (target, id)
        body = {
            "locationId": self._client.location_id,
            "associationId": association.id,
            "firstRecordId": first,
            "secondRecordId": second,
        }
        try:
            await self._client.call("POST /associations/relations", body=body, idempotent=True)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if is_gone(no):
                raise
            return LINKED in no.words
        return True

    async def set(self, links: Mapping[str, Association], id: str, wanted: Mapping[str, Link | None]) -> None:
        """Make lookups lead where they should, and nowhere else."""
        there = await self.of(id) if wanted else []
        for name, link in wanted.items():
            association = links[name]
            old = [row for row in there if row.get("associationId") == association.id and is_own(association, id, row)]
            for row in old:
                if link is None or target_of(association, row) != link.id:
                    await self._remove(str(row["id"]))
            if link is not None and not any(target_of(association, row) == link.id for row in old):
                await self.make(association, id, link.id)

    async def of(self, id: str) -> Rows:
        """Every relation of a record."""
        size = per_call("relations_page")
        rows: Rows = []
        while True:
            page = self._client.here(("skip", str(len(rows))), ("limit", str(size)))
            found = (await self._client.call(RELATIONS, id, params=page)).get("relations") or []
            rows += found
            if len(found) < size:
                return rows

    async def is_full(self, association: Association, target: str) -> bool:
        """Whether a record has as many links of a kind as a side takes. One that was full is not asked again."""
        if (association.id, target) not in self._full:
            page = self._client.here(("skip", "0"), ("limit", "1"), ("associationIds", association.id))
            found = await self._client.call(RELATIONS, target, params=page)
            if int(found.get("total") or 0) >= limit("links_per_side"):
                self._full.add((association.id, target))
        return (association.id, target) in self._full

    async def _remove(self, relation: str) -> None:
        try:
            await self._client.call(
                "DELETE /associations/relations/{relationId}", relation, params=self._client.here(), idempotent=True
            )
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if not is_gone(no):
                raise


def is_own(association: Association, id: str, row: Mapping[str, Any]) -> bool:
    """Whether the record is on the side that has the lookup: two contacts may be linked either way."""
    return row.get("firstRecordId" if association.is_first else "secondRecordId") == id


def target_of(association: Association, row: Mapping[str, Any]) -> str:
    """Where a relation leads, seen from the record that has the lookup."""
    return str(row.get("secondRecordId" if association.is_first else "firstRecordId"))


def found_in(links: Mapping[str, Association], id: str, rows: Rows, expected: Mapping[str, Any]) -> dict[str, Link]:
    """By lookup the record that it leads to; of several the one that is expected, else the first."""
    found: dict[str, Link] = {}
    for name, association in links.items():
        targets = [
            target_of(association, row)
            for row in rows
            if row.get("associationId") == association.id and is_own(association, id, row)
        ]
        wanted = expected.get(name)
        if targets:
            best = wanted.id if isinstance(wanted, Link) and wanted.id in targets else targets[0]
            found[name] = Link(association.target, best)
    return found
