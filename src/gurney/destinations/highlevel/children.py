"""What hangs on a contact and would go with it: notes, tasks, appointments, opportunities, files (FACTS 15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gurney.destinations.highlevel.answers import is_gone
from gurney.destinations.highlevel.attaching import Attacher
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import per_call
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import APPOINTMENTS, CONTACTS, FILES, INVOICES, NOTES, OWNER, TASKS
from gurney.destinations.highlevel.reading import Reader
from gurney.destinations.highlevel.records import Codecs
from gurney.errors import Misused, NotAuthorised, VendorRefused
from gurney.records import Link, ReadBack
from gurney.transport import together

NOTE_FIELDS = ("title", "body", OWNER)
LISTED = {
    NOTES: ("GET /contacts/{contactId}/notes", "notes"),
    TASKS: ("GET /contacts/{contactId}/tasks", "tasks"),
    APPOINTMENTS: ("GET /contacts/{contactId}/appointments", "events"),
}


class Children:
    """Reads what hangs on contacts."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs, reader: Reader, attacher: Attacher) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._reader = reader
        self._attacher = attacher

    async def read(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by contact; every contact has an entry."""
        if object == FILES:
            return await self._attacher.children(parents)
        if object != NOTES:
            raise Misused(f"{object} do not hang on records; read them by their ids.")
        codec = self._codecs.of(await self._metadata.described(NOTES))
        listed = await together(self._reader.notes_of(parent.id) for parent in parents)
        return {
            parent.id: [codec.read(row, NOTE_FIELDS, f"{parent.id}/{row['id']}") for row in rows]
            for parent, rows in zip(parents, listed, strict=True)
        }

    async def rows(self, contact: str, object: str) -> list[dict[str, Any]]:
        """Notes, tasks or appointments as a contact lists them: right at once (FACTS 13)."""
        if object == INVOICES:
            return await self._invoices(contact)
        call, word = LISTED[object]
        try:
            return list((await self._client.call(call, contact)).get(word) or [])
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if is_gone(no):
                return []
            raise

    async def _invoices(self, contact: str) -> list[dict[str, Any]]:
        here = [("altId", self._client.location_id), ("altType", "location"), ("contactId", contact)]
        rows: list[dict[str, Any]] = []
        while True:
            page = [*here, ("limit", str(per_call("invoices_page"))), ("offset", str(len(rows)))]
            found = list((await self._client.call("GET /invoices/", params=page)).get("invoices") or [])
            rows += found
            if len(found) < per_call("invoices_page"):
                return rows

    async def of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """What hangs on contacts and is not ours. Records of custom objects carry nothing."""
        if object != CONTACTS:
            return {}
        found = await together(self._of_contact(id) for id in ids)
        others = {id: [name for name in names if not is_ours(name, ours)] for id, names in zip(ids, found, strict=True)}
        return {id: names for id, names in others.items() if names}

    async def _of_contact(self, contact: str) -> list[str]:
        listed = await together(self.rows(contact, object) for object in LISTED)
        names = [name for object, rows in zip(LISTED, listed, strict=True) for name in _names(object, contact, rows)]
        return [*names, *(f"{FILES}/{id}" for id in await self._attacher.entries(contact))]


def _names(object: str, contact: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Children as the engine names them; an appointment needs no contact in its id."""
    for row in rows:
        if row.get("deleted") is not True:
            yield f"{object}/{row['id']}" if object == APPOINTMENTS else f"{object}/{contact}/{row['id']}"


def is_ours(child: str, ours: frozenset[str]) -> bool:
    """`ours` holds ids, with or without their object before them."""
    return child in ours or child.partition("/")[2] in ours
