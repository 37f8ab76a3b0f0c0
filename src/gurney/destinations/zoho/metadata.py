"""Zoho's description of its modules and fields, turned into the neutral schema and kept while it holds.

Whether a field can be written is decided by `operation_type`, not by `read_only` (FACTS 7). The conversions are pure;
`Metadata` adds the calls and the memory, which provisioning clears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.limits import limit
from gurney.errors import NotAuthorised, VendorRefused
from gurney.schema import FieldSchema, FieldType, ObjectSchema

NOTES = "Notes"
FILES = "Attachments"
USERS = "Users"
NONE_OPTION = "-None-"
UNKNOWN_MODULE = frozenset({"INVALID_MODULE", "INVALID_URL_PATTERN", "NOT_SUPPORTED"})
TYPES = {
    "text": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "website": FieldType.URL,
    "integer": FieldType.INTEGER,
    "bigint": FieldType.INTEGER,
    "double": FieldType.DECIMAL,
    "currency": FieldType.MONEY,
    "percent": FieldType.PERCENT,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "picklist": FieldType.PICKLIST,
    "multiselectpicklist": FieldType.MULTI_PICKLIST,
    "lookup": FieldType.LOOKUP,
    "multi_module_lookup": FieldType.LOOKUP,
    "ownerlookup": FieldType.OWNER,
    "userlookup": FieldType.OWNER,
    "fileupload": FieldType.FILE,
    "imageupload": FieldType.FILE,
}
FIXED = {
    NOTES: ObjectSchema(
        NOTES,
        "Notes",
        {
            "Note_Title": FieldSchema("Note_Title", "Title", FieldType.TEXT, limit("note_title_chars")),
            "Note_Content": FieldSchema(
                "Note_Content", "Content", FieldType.LONG_TEXT, limit("note_chars"), required=True
            ),
            "Parent_Id": FieldSchema("Parent_Id", "Parent", FieldType.LOOKUP, required=True),
            "Owner": FieldSchema("Owner", "Owner", FieldType.OWNER),
        },
    ),
    FILES: ObjectSchema(
        FILES,
        "Attachments",
        {
            "File_Name": FieldSchema("File_Name", "File name", FieldType.TEXT, limit("file_name_chars")),
            "Size": FieldSchema("Size", "Bytes", FieldType.INTEGER, writable=False),
        },
    ),
    USERS: ObjectSchema(
        USERS,
        "Users",
        {
            "email": FieldSchema("email", "Email", FieldType.EMAIL, limit("email_chars"), required=True),
            "first_name": FieldSchema("first_name", "First name", FieldType.TEXT, limit("text_chars")),
            "last_name": FieldSchema("last_name", "Last name", FieldType.TEXT, limit("text_chars"), required=True),
            "role": FieldSchema("role", "Role", FieldType.TEXT, limit("text_chars")),
        },
    ),
}
"""Objects that have no useful field metadata (FACTS 5, 7, 10, 14.6)."""


def field_schema(raw: Mapping[str, Any]) -> FieldSchema:
    """One field as /settings/fields tells it."""
    kind = _type(raw)
    operations = raw.get("operation_type") or {}
    return FieldSchema(
        name=str(raw["api_name"]),
        label=str(raw.get("field_label") or raw.get("display_label") or raw["api_name"]),
        type=kind,
        max_length=int(raw["length"])
        if raw.get("length") and kind not in {FieldType.LOOKUP, FieldType.OWNER}
        else None,
        required=bool(raw.get("system_mandatory")),
        unique=is_unique(raw),
        writable=bool(operations.get("api_create", True)) and kind is not FieldType.OTHER,
        options=tuple(option for value in raw.get("pick_list_values") or () if (option := _option(value))),
        lookup_to=_lookup_to(raw),
        custom=bool(raw.get("custom_field")),
        hidden_by_policy=_hidden(raw),
    )


def is_unique(raw: Mapping[str, Any]) -> bool:
    """Whether Zoho lets one record hold a value: a unique field, or an external one of the organisation (FACTS 8)."""
    external = raw.get("external")
    return bool(raw.get("unique")) or (isinstance(external, dict) and external.get("type") == "org")


def object_schema(module: Mapping[str, Any], fields: Iterable[Mapping[str, Any]]) -> ObjectSchema:
    """A module and its fields."""
    return ObjectSchema(
        name=str(module["api_name"]),
        label=str(module.get("plural_label") or module["api_name"]),
        fields={schema.name: schema for schema in map(field_schema, fields)},
        custom=module.get("generated_type") == "custom",
    )


def _type(raw: Mapping[str, Any]) -> FieldType:
    kind = TYPES.get(str(raw.get("data_type")), FieldType.OTHER)
    if kind is FieldType.LONG_TEXT and (raw.get("textarea") or {}).get("type") == "rich_text":
        return FieldType.RICH_TEXT
    return kind


def _option(value: Mapping[str, Any]) -> str | None:
    """What is sent and read: the actual value. '-None-' stands for null (FACTS 14.11)."""
    actual = value.get("actual_value") or value.get("display_value")
    return None if actual in (None, NONE_OPTION) or value.get("type") == "unused" else str(actual)


def _lookup_to(raw: Mapping[str, Any]) -> str | None:
    module = (raw.get("lookup") or {}).get("module")
    return str(module["api_name"]) if isinstance(module, dict) and module.get("api_name") else None


def _hidden(raw: Mapping[str, Any]) -> bool:
    """Whether health-data restriction hides it from the API (FACTS 0.6). Marked but not told: hidden is assumed."""
    restriction = raw.get("hipaa_compliance")
    if isinstance(restriction, dict) and "restricted" in restriction:
        return bool(restriction["restricted"])
    return bool(raw.get("hipaa_compliance_enabled"))


class Metadata:
    """What the organisation looks like now; each answer is fetched once until `forget`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._modules: dict[str, dict[str, Any]] | None = None
        self._objects: dict[str, ObjectSchema | None] = {}
        self._raw: dict[str, list[dict[str, Any]]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self, object: str | None = None) -> None:
        """Ask again next time: about one object and the list of modules, or about everything."""
        self._modules = None
        for name in [object] if object else [*self._objects, *self._raw]:
            self._objects.pop(name, None)
            self._raw.pop(name, None)

    async def modules(self) -> dict[str, dict[str, Any]]:
        """The modules that the API serves, by API name."""
        async with self._lock(""):
            if self._modules is None:
                reply = await self._client.get("/settings/modules")
                self._modules = {row["api_name"]: row for row in reply.rows("modules") if row.get("api_supported")}
            return self._modules

    async def raw_fields(self, object: str) -> list[dict[str, Any]]:
        """The module's fields as Zoho tells them; [] where it has none or the module does not exist."""
        async with self._lock(object):
            if object not in self._raw:
                self._raw[object] = await self._fetch_fields(object)
            return self._raw[object]

    async def object(self, object: str) -> ObjectSchema | None:
        """The object as it is, None where there is none."""
        if object in FIXED:
            return FIXED[object]
        if object not in self._objects:
            module = (await self.modules()).get(object)
            self._objects[object] = object_schema(module, await self.raw_fields(object)) if module else None
        return self._objects[object]

    def known(self, object: str) -> ObjectSchema | None:
        """The object if it has been fetched already; never a call."""
        return FIXED.get(object) or self._objects.get(object)

    async def _fetch_fields(self, object: str) -> list[dict[str, Any]]:
        try:
            reply = await self._client.get("/settings/fields", [("module", object), ("type", "all")])
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.code in UNKNOWN_MODULE:
                return []
            raise
        return [row for row in reply.rows("fields") if row.get("api_name")]

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())
