"""Salesforce's description of its objects, turned into the neutral schema and kept while it holds (FACTS 6).

Describe shows only what the caller's field-level security lets him see: a field that was just deployed is not there
before the permission set is assigned. The conversions are pure; `Metadata` adds the calls and the memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gurney.destinations.salesforce.answers import UNKNOWN_OBJECT
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.limits import limit
from gurney.errors import NotAuthorised, VendorRefused
from gurney.schema import FieldSchema, FieldType, ObjectSchema

NOTES = "ContentNote"
FILES = "ContentVersion"
USERS = "User"
OWNER = "OwnerId"
CREATED_AT = "CreatedDate"
AUDIT_FIELDS = frozenset({CREATED_AT, "CreatedById", "LastModifiedDate", "LastModifiedById"})
"""Can be set on a creation alone, and only where the organisation permits it (FACTS 9)."""
TYPES = {
    "string": FieldType.TEXT,
    "combobox": FieldType.TEXT,
    "encryptedstring": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "int": FieldType.INTEGER,
    "long": FieldType.INTEGER,
    "double": FieldType.DECIMAL,
    "currency": FieldType.MONEY,
    "percent": FieldType.PERCENT,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "picklist": FieldType.PICKLIST,
    "multipicklist": FieldType.MULTI_PICKLIST,
    "reference": FieldType.LOOKUP,
    "base64": FieldType.FILE,
}
TEXTS = frozenset(
    {
        FieldType.TEXT,
        FieldType.LONG_TEXT,
        FieldType.RICH_TEXT,
        FieldType.EMAIL,
        FieldType.PHONE,
        FieldType.URL,
        FieldType.PICKLIST,
        FieldType.MULTI_PICKLIST,
    }
)
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY, FieldType.PERCENT})
NOTE_CONTENT = FieldSchema("Content", "Content", FieldType.RICH_TEXT, limit("note_chars"), required=True)
FILE_SIZE = FieldSchema("size_bytes", "Bytes", FieldType.INTEGER, writable=False)


@dataclass(frozen=True, slots=True)
class Child:
    """Records of another object that point to one, and what a deletion does to them."""

    object: str
    field: str
    cascades: bool
    restricts: bool


@dataclass(frozen=True, slots=True)
class Described:
    """One object as describe tells it."""

    schema: ObjectSchema
    createable: frozenset[str]
    updateable: frozenset[str]
    scales: Mapping[str, int]
    """Decimals kept of a number, by field."""
    children: tuple[Child, ...]
    may_create: bool
    may_delete: bool


def field_schema(raw: Mapping[str, Any]) -> FieldSchema:
    """One field as describe tells it."""
    type = _type(raw)
    createable, updateable = bool(raw.get("createable")), bool(raw.get("updateable"))
    return FieldSchema(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=type,
        max_length=_length(raw, type),
        required=createable
        and not raw.get("nillable")
        and not raw.get("defaultedOnCreate")
        and type is not FieldType.BOOLEAN,
        unique=bool(raw.get("unique")),
        writable=(createable or updateable) and type is not FieldType.OTHER,
        options=tuple(str(option["value"]) for option in raw.get("picklistValues") or () if option.get("active", True)),
        lookup_to=next(iter(raw.get("referenceTo") or ()), None),
        custom=bool(raw.get("custom")),
    )


def described(raw: Mapping[str, Any]) -> Described:
    """An object with its fields, and what Gurney's own view of notes and files adds."""
    fields = {schema.name: schema for schema in map(field_schema, raw.get("fields") or ())}
    name = str(raw["name"])
    if name == NOTES:
        fields["Content"] = NOTE_CONTENT
    if name == FILES:
        fields[FILE_SIZE.name] = FILE_SIZE
        for needed in ("VersionData", "PathOnClient"):  # the bytes bring them
            if needed in fields:
                fields[needed] = replace(fields[needed], required=False)
    return Described(
        ObjectSchema(name, str(raw.get("labelPlural") or raw.get("label") or name), fields, bool(raw.get("custom"))),
        createable=frozenset(str(one["name"]) for one in raw.get("fields") or () if one.get("createable")),
        updateable=frozenset(str(one["name"]) for one in raw.get("fields") or () if one.get("updateable")),
        scales={
            str(one["name"]): int(one.get("scale") or 0)
            for one in raw.get("fields") or ()
            if one.get("type") in {"double", "currency", "percent"}
        },
        children=tuple(
            Child(
                str(one["childSObject"]),
                str(one["field"]),
                bool(one.get("cascadeDelete")),
                bool(one.get("restrictedDelete")),
            )
            for one in raw.get("childRelationships") or ()
            if one.get("childSObject") and one.get("field") and not one.get("deprecatedAndHidden")
        ),
        may_create=bool(raw.get("createable", True)),
        may_delete=bool(raw.get("deletable", True)),
    )


def _type(raw: Mapping[str, Any]) -> FieldType:
    kind = str(raw.get("type"))
    if kind == "textarea" and (raw.get("htmlFormatted") or raw.get("extraTypeInfo") == "richtextarea"):
        return FieldType.RICH_TEXT
    if kind == "double" and not raw.get("scale"):
        return FieldType.INTEGER
    if kind == "reference" and raw["name"] == OWNER:
        return FieldType.OWNER
    return TYPES.get(kind, FieldType.OTHER)


def _length(raw: Mapping[str, Any], type: FieldType) -> int | None:
    if type in TEXTS:
        return int(raw.get("length") or 0) or None
    if type in NUMBERS:
        return int(raw.get("precision") or raw.get("digits") or 0) or None
    return None


class Metadata:
    """What the organisation looks like now; each answer is fetched once until `forget`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._objects: dict[str, Described | None] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self, object: str | None = None) -> None:
        """Ask again next time: about one object, or about everything."""
        if object is None:
            self._objects.clear()
        else:
            self._objects.pop(object, None)

    async def described(self, object: str) -> Described | None:
        """The object as it is, None where there is none that we may see."""
        async with self._locks.setdefault(object, asyncio.Lock()):
            if object not in self._objects:
                self._objects[object] = await self._fetch(object)
            return self._objects[object]

    async def object(self, object: str) -> ObjectSchema | None:
        """Its neutral schema."""
        found = await self.described(object)
        return found.schema if found is not None else None

    async def needed(self, object: str) -> Described:
        """The object, which must be there."""
        found = await self.described(object)
        if found is None:
            raise VendorRefused(
                f"salesforce has no object {object}, or does not show it to us.",
                status=404,
                code="INVALID_TYPE",
                next_step="Run `gurney provision`, and give the user the permission set Gurney_Migration.",
            )
        return found

    def known(self, object: str) -> Described | None:
        """The object if it has been fetched already; never a call."""
        return self._objects.get(object)

    async def _fetch(self, object: str) -> Described | None:
        try:
            return described((await self._client.get(f"/sobjects/{object}/describe", label="describe")).document)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.code in UNKNOWN_OBJECT or no.status == 404:
                return None
            raise
