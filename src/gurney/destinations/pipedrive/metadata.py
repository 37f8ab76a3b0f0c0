"""What the account looks like: its custom fields with their options, activity types, currency (FACTS 5.1, 3.5).

The key of a field is its 40 characters, which differ per account; people know it by its label. Each answer is fetched
once until `forget`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gurney.destinations.pipedrive import limits, places, values
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import limit
from gurney.destinations.pipedrive.objects import (
    ACTIVITIES,
    FILE_FIELDS,
    FILES,
    RESOURCES,
    USER_FIELDS,
    USERS,
    standard,
)
from gurney.destinations.pipedrive.places import Place
from gurney.errors import AnswerWrong
from gurney.schema import FieldSchema, FieldType, ObjectSchema

ME = "GET /api/v1/users/me"
FIXED = {
    FILES: ObjectSchema(FILES, "Files", FILE_FIELDS),
    USERS: ObjectSchema(USERS, "Users", USER_FIELDS),
}


@dataclass(frozen=True, slots=True)
class Described:
    """An object with the places of its fields."""

    schema: ObjectSchema
    places: Mapping[str, Place]
    keys: frozenset[str]
    """The custom fields' keys."""


def field_schema(raw: Mapping[str, Any]) -> FieldSchema:
    """A custom field as the vendor tells it."""
    kind = str(raw.get("field_type"))
    options = tuple(str(option.get("label") or "") for option in raw.get("options") or () if option.get("label"))
    type = values.TYPES.get(kind, FieldType.OTHER)
    if kind == "enum" and set(options) == set(values.YES_NO):
        type = FieldType.BOOLEAN
    return FieldSchema(
        name=str(raw["field_code"]),
        label=str(raw.get("field_name") or raw["field_code"]),
        type=type,
        max_length=limit(values.LENGTHS[kind]) if kind in values.LENGTHS else None,
        writable=type is not FieldType.OTHER and raw.get("is_writable", True) is not False,
        options=tuple(dict.fromkeys(options)),
        lookup_to=values.TARGETS.get(kind),
        custom=True,
    )


class Metadata:
    """The account's schema, fetched when first needed."""

    def __init__(self, client: Client, plan: str) -> None:
        self._client = client
        self.plan = plan
        self._me: dict[str, Any] | None = None
        self._raw: dict[str, list[dict[str, Any]]] = {}
        self._types: list[dict[str, Any]] | None = None
        self._described: dict[str, Described] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self) -> None:
        """Ask again next time."""
        self._raw.clear()
        self._described.clear()
        self._types = None

    def know_plan(self, plan: str) -> None:
        """The plan decides which number means whom a record is shown to."""
        if plan != self.plan:
            self.plan = plan
            self._described.clear()

    def known(self, object: str) -> ObjectSchema | None:
        """The object if it has been fetched already; never a call."""
        described = self._described.get(object)
        return described.schema if described else FIXED.get(object)

    async def me(self) -> dict[str, Any]:
        """The user of the credentials, with the company."""
        async with self._lock(ME):
            if self._me is None:
                found = (await self._client.call(ME)).data
                if not isinstance(found, dict):
                    raise AnswerWrong("pipedrive does not say whose token it is.")
                self._me = found
            return self._me

    async def schema(self, object: str) -> ObjectSchema | None:
        """The object as it is; None where there is none of that name."""
        if object in FIXED:
            return FIXED[object]
        return (await self.described(object)).schema if object in RESOURCES else None

    async def described(self, object: str) -> Described:
        """An object that records are written to."""
        found = self._described.get(object)
        if found is None:
            async with self._lock(object):
                found = self._described.get(object) or await self._describe(object)
                self._described[object] = found
        return found

    async def custom_fields(self, object: str) -> list[dict[str, Any]]:
        """Its custom fields as the vendor tells them; [] for an object that can have none."""
        path = RESOURCES[object].fields_path
        if path and object not in self._raw:
            rows = [row async for page in self._client.pages(f"GET {path}") for row in page]
            self._raw[object] = [row for row in rows if row.get("is_custom_field") and row.get("field_code")]
        return self._raw.get(object, [])

    def add_field(self, object: str, raw: dict[str, Any]) -> None:
        """A field was made: as the answer describes it, so that the next one is not listed for."""
        self._raw.setdefault(object, []).append(raw)
        self._described.pop(object, None)

    async def activity_types(self) -> list[dict[str, Any]]:
        """The types that are in use; deactivated ones are left out."""
        if self._types is None:
            rows = (await self._client.call("GET /api/v1/activityTypes")).rows()
            self._types = [row for row in rows if row.get("active_flag") is not False and row.get("key_string")]
        return self._types

    async def _describe(self, object: str) -> Described:
        if object in FIXED:
            return Described(FIXED[object], {}, frozenset())
        currency = str((await self.me()).get("default_currency") or "") if RESOURCES[object].fields_path else ""
        types = values.Options()
        if object == ACTIVITIES:
            rows = await self.activity_types()
            types = values.Options.of_pairs([(str(row["key_string"]), str(row["name"])) for row in rows])
        own = standard(object, currency=currency, visibility=limits.visibility(self.plan), types=types)
        fields = {field.name: field for field, _ in own}
        where = {field.name: place for field, place in own}
        keys = []
        for raw in await self.custom_fields(object):
            field = field_schema(raw)
            codec = values.custom(
                field.name, str(raw.get("field_type")), values.Options.of(raw.get("options") or []), currency
            )
            fields[field.name] = field
            keys.append(field.name)
            if codec is not None and field.writable:
                where[field.name] = places.custom(field.name, *codec)
        schema = ObjectSchema(object, RESOURCES[object].label, fields)
        return Described(schema, where, frozenset(keys))

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())
