"""What the location looks like: its custom fields, custom objects, associations, calendars and users (FACTS 3, 6 to 9).

A contact's custom field goes by its key without 'contact.', a property by its bare key, a link by the association that
our provisioning names after it. Each answer is fetched once until `forget`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gurney.destinations.highlevel import objects, places, values
from gurney.destinations.highlevel.billing import invoice_fields
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import data, limit, per_call
from gurney.destinations.highlevel.objects import (
    APPOINTMENTS,
    CONTACTS,
    CUSTOM_OBJECT,
    FILES,
    FILES_FIELD,
    INVOICES,
    NOTES,
    STAND_INS,
    TASKS,
    USERS,
    resource,
)
from gurney.destinations.highlevel.places import Place
from gurney.errors import NotAuthorised, VendorRefused
from gurney.schema import FieldSchema, FieldType, ObjectSchema

CONTACT_KEY = "contact"
"""What associations call contacts."""
Raw = dict[str, Any]
FIXED = {
    FILES: ObjectSchema(FILES, "Files", objects.file_fields()),
    USERS: ObjectSchema(USERS, "Users", objects.user_fields()),
}


@dataclass(frozen=True, slots=True)
class Association:
    """One kind of link between two objects, as seen from the object that has the lookup."""

    id: str
    key: str
    target: str
    """The object that it leads to."""
    is_first: bool
    """Whether the object that has the lookup is the association's first."""


@dataclass(frozen=True, slots=True)
class Described:
    """An object with the places of its fields."""

    schema: ObjectSchema
    places: Mapping[str, Place]
    ids: Mapping[str, str]
    """By field, the id of a custom field: what searches call it."""
    links: Mapping[str, Association] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """By field of the vendor's, the id of the one of ours beside it."""
    country: str = ""
    """The location's: numbers without a country code are read in it."""


def association_key(object: str, name: str) -> str:
    """What the association is called that holds a lookup.

    >>> association_key("custom_objects.cliniko_invoice", "patient"), association_key("contacts", "referred_by")
    ('cliniko_invoice_patient', 'contact_referred_by')
    """
    return f"{CONTACT_KEY if object == CONTACTS else object.removeprefix(CUSTOM_OBJECT)}_{name}"


def wire_object(object: str) -> str:
    """What associations call an object."""
    return CONTACT_KEY if object == CONTACTS else object


def bare_key(raw: Mapping[str, Any]) -> str:
    """A field's name without what it belongs to.

    >>> bare_key({"fieldKey": "custom_objects.cliniko_invoice.total"}), bare_key({"fieldKey": "contact.ndis_number"})
    ('total', 'ndis_number')
    """
    return str(raw.get("fieldKey") or "").rpartition(".")[2]


def labels_of(raw: Mapping[str, Any]) -> list[str]:
    """A pick-list's words, of a contact's field or a record's."""
    told = raw.get("picklistOptions") or raw.get("options") or ()
    return [str(one.get("label") or one.get("key")) if isinstance(one, Mapping) else str(one) for one in told]


def field_schema(raw: Mapping[str, Any]) -> FieldSchema:
    """A custom field as the vendor tells it."""
    kind, options = str(raw.get("dataType")), tuple(dict.fromkeys(labels_of(raw)))
    type = values.TYPES.get(kind, FieldType.OTHER)
    if kind in values.ONE_OF and set(options) == set(values.YES_NO):
        type = FieldType.BOOLEAN
    return FieldSchema(
        name=bare_key(raw),
        label=str(raw.get("name") or bare_key(raw)),
        type=type,
        max_length=limit(values.LENGTHS[kind]) if kind in values.LENGTHS else None,
        writable=type not in (FieldType.OTHER, FieldType.FILE),
        options=options,
        custom=True,
    )


class Metadata:
    """The location's schema, fetched when first needed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._location: Raw | None = None
        self._fields: dict[str, list[Raw]] = {}
        self._folders: dict[str, list[Raw]] = {}
        self._objects: list[Raw] | None = None
        self._associations: list[Raw] | None = None
        self._calendars: list[Raw] | None = None
        self._users: list[Raw] | None = None
        self._described: dict[str, Described] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self) -> None:
        """Ask again next time."""
        self._fields.clear()
        self._folders.clear()
        self._described.clear()
        self._objects = self._associations = self._calendars = self._users = None

    def known(self, object: str) -> ObjectSchema | None:
        """The object if it has been fetched already; never a call."""
        described = self._described.get(object)
        return described.schema if described else FIXED.get(object)

    def links_known(self, object: str) -> int:
        """How many lookups an object has; before it is made, those of the mapping that ships."""
        described = self._described.get(object)
        return len(described.links) if described else int(data()["links"].get(object, 0))

    @property
    def country(self) -> str:
        """The location's country, if it has been fetched already."""
        return str((self._location or {}).get("country") or "")

    async def location(self) -> Raw:
        """Name, zone, country, settings (FACTS 3)."""
        async with self._lock("location"):
            if self._location is None:
                self._location = dict((await self._client.call("GET /locations/{locationId}")).get("location") or {})
            return self._location

    async def users(self) -> list[Raw]:
        """Everybody who works in the location, deleted or not."""
        if self._users is None:
            self._users = list((await self._client.call("GET /users/", params=self._client.here())).get("users") or [])
        return self._users

    async def calendars(self) -> list[Raw]:
        if self._calendars is None:
            found = await self._client.call("GET /calendars/", params=self._client.here())
            self._calendars = list(found.get("calendars") or [])
        return self._calendars

    def forget_calendars(self) -> None:
        self._calendars = None
        self._described.pop(APPOINTMENTS, None)

    async def custom_objects(self) -> list[Raw]:
        """The objects that the clinic or we made."""
        if self._objects is None:
            found = await self._client.call("GET /objects/", params=self._client.here())
            self._objects = [raw for raw in found.get("objects") or [] if not raw.get("standard")]
        return self._objects

    async def associations(self) -> list[Raw]:
        if self._associations is None:
            size = per_call("relations_page")
            rows: list[Raw] = []
            while True:
                page = self._client.here(("skip", str(len(rows))), ("limit", str(size)))
                found = (await self._client.call("GET /associations/", params=page)).get("associations") or []
                rows += found
                if len(found) < size:
                    break
            self._associations = rows
        return self._associations

    async def custom_fields(self, object: str) -> list[Raw]:
        """An object's custom fields as the vendor tells them; folders apart."""
        if object not in self._fields:
            if object == CONTACTS:
                told = await self._client.call(
                    "GET /locations/{locationId}/customFields", params=[("model", "contact")]
                )
                rows = told.get("customFields") or []
                self._folders[object] = [raw for raw in rows if raw.get("documentType") == "folder"]
                self._fields[object] = [raw for raw in rows if raw.get("documentType") != "folder"]
            else:
                told = await self._client.call(
                    "GET /custom-fields/object-key/{objectKey}", object, params=self._client.here()
                )
                self._fields[object], self._folders[object] = told.get("fields") or [], told.get("folders") or []
        return self._fields[object]

    async def folders(self, object: str) -> list[Raw]:
        await self.custom_fields(object)
        return self._folders[object]

    def add_field(self, object: str, raw: Raw) -> None:
        """A field was made: as the answer describes it, so that the next one is not listed for."""
        self._fields.setdefault(object, []).append(raw)
        self._described.pop(object, None)

    async def schema(self, object: str) -> ObjectSchema | None:
        """The object as it is; None where there is none of that name."""
        if object in FIXED:
            return FIXED[object]
        return (await self.described(object)).schema if await self.exists(object) else None

    async def exists(self, object: str) -> bool:
        if object.startswith(CUSTOM_OBJECT):
            return any(raw.get("key") == object for raw in await self.custom_objects())
        return resource(object) is not None

    async def described(self, object: str) -> Described:
        """An object that records are written to. Raises VendorRefused where there is none of that name."""
        found = self._described.get(object)
        if found is None:
            async with self._lock(object):
                found = self._described.get(object) or await self._describe(object)
                self._described[object] = found
        return found

    async def links(self, object: str) -> dict[str, Association]:
        """An object's lookups by name: associations that begin as ours do, seen from this object."""
        own, begins = wire_object(object), association_key(object, "")
        found: dict[str, Association] = {}
        for raw in await self.associations():
            first, second = str(raw.get("firstObjectKey")), str(raw.get("secondObjectKey"))
            if own in (first, second) and str(raw.get("key")).startswith(begins):
                other = second if first == own else first
                target = CONTACTS if other == CONTACT_KEY else other
                name = str(raw["key"]).removeprefix(begins)
                found[name] = Association(str(raw["id"]), str(raw["key"]), target, first == own)
        return found

    async def _describe(self, object: str) -> Described:
        if object in FIXED:
            return Described(FIXED[object], {}, {})
        if not await self.exists(object):
            raise VendorRefused(f"highlevel has no object {object}.", status=404, code="unknown-object")
        own = await self._own_fields(object)
        fields, where = {one.name: one for one, _ in own}, {one.name: place for one, place in own}
        ids: dict[str, str] = {}
        has_fields = object == CONTACTS or object.startswith(CUSTOM_OBJECT)
        for raw in await self.custom_fields(object) if has_fields else ():
            made = field_schema(raw)
            if made.name in where:
                continue
            fields[made.name], ids[made.name] = made, str(raw["id"])
            if (place := _place(raw, made, object)) is not None:
                where[made.name] = place
        links = await self.links(object) if has_fields else {}
        for name, link in links.items():
            fields[name] = FieldSchema(name, _words(name), FieldType.LOOKUP, lookup_to=link.target, custom=True)
        stand_ins = {wire: ids[name] for wire, name in STAND_INS.items() if name in ids} if object == CONTACTS else {}
        for wire, id in stand_ins.items():
            where[wire] = places.stood_in(where[wire], id)
        country = str((await self.location()).get("country") or "") if object == CONTACTS else ""
        kind = resource(object)
        schema = ObjectSchema(object, kind.label if kind else object, fields, object.startswith(CUSTOM_OBJECT))
        return Described(schema, where, ids, links, stand_ins, country)

    async def _own_fields(self, object: str) -> Sequence[objects.Standard]:
        if object == CONTACTS:
            return objects.contact_fields()
        if object == NOTES:
            return objects.note_fields()
        if object == TASKS:
            return objects.task_fields()
        if object == APPOINTMENTS:
            rows = await self.calendars()
            pairs = [{"key": str(row["id"]), "label": str(row.get("name") or row["id"])} for row in rows]
            return objects.appointment_fields(values.Options.of_keys(pairs))
        if object == INVOICES:
            return invoice_fields()
        return [objects.owner_place("owner")]

    async def files_field(self) -> str:
        """The id of the contact's field that holds our files; '' where it is missing."""
        found = next((raw for raw in await self.custom_fields(CONTACTS) if bare_key(raw) == FILES_FIELD), None)
        return str(found["id"]) if found else ""

    async def may(self, call: str, *, ask: Sequence[tuple[str, str]] = ()) -> str:
        """'' when the token may make a cheap call that reads, else the vendor's words."""
        try:
            await self._client.call(call, params=ask)
        except NotAuthorised as no:
            return no.words or str(no)
        except VendorRefused:
            return ""
        return ""

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())


def _place(raw: Raw, schema: FieldSchema, object: str) -> Place | None:
    of_record = object != CONTACTS
    options = (
        values.Options.of_keys(raw.get("options") or []) if of_record else values.Options.of_labels(labels_of(raw))
    )
    codec = values.custom(schema.name, str(raw.get("dataType")), options, of_record=of_record)
    if codec is None or not schema.writable:
        return None
    return places.record_field(schema.name, *codec) if of_record else places.contact_field(str(raw["id"]), *codec)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
