"""What the account looks like: its fields, stages, views, currency and users (FACTS 2, 3, 5).

A wrong name of a field vanishes in silence (FACTS 3), so names are always read back and never computed. Each answer is
fetched once until `forget`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.destinations.freshsales import places, values
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import data, limit, plan_of
from gurney.destinations.freshsales.objects import (
    CONTACTS,
    FILE_FIELDS,
    FILES,
    PRODUCTS,
    RESOURCES,
    USER_FIELDS,
    USERS,
    Choices,
    standard,
)
from gurney.destinations.freshsales.places import Place
from gurney.errors import CheckFailed, NotAuthorised, VendorRefused
from gurney.schema import FieldSchema, FieldType, ObjectSchema

FIXED = {
    FILES: ObjectSchema(FILES, "Files", FILE_FIELDS),
    USERS: ObjectSchema(USERS, "Users", USER_FIELDS),
}
KINDS_OF_STAGE = {"Open": "Open", "Closed Won": "Won", "Closed Lost": "Lost"}
"""Our word for a kind of deal stage: stages themselves have names of the account's own (FACTS 3)."""
NO_ID = "1"
"""No record has it: asking for it tells whether an object is there at all."""


@dataclass(frozen=True, slots=True)
class Described:
    """An object with the places of its fields."""

    schema: ObjectSchema
    places: Mapping[str, Place]


def field_schema(raw: Mapping[str, Any]) -> FieldSchema:
    """A field of one's own as the vendor tells it."""
    kind = str(raw.get("type"))
    type = values.TYPES.get(kind, FieldType.OTHER)
    return FieldSchema(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=type,
        max_length=limit(values.LENGTHS[kind]) if kind in values.LENGTHS else None,
        required=raw.get("required") is True,
        writable=type is not FieldType.OTHER,
        options=choices_of(raw),
        custom=True,
    )


def choices_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of a pick-list."""
    if str(raw.get("type")) not in ("dropdown", "radio", "multi_select_dropdown"):
        return ()
    return tuple(dict.fromkeys(str(one.get("value")) for one in raw.get("choices") or () if one.get("value")))


def fields_of(form: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of a form, which stand in its sections; a section is a field with fields."""
    for field in form.get("fields") or ():
        if isinstance(field, dict):
            yield field
            yield from fields_of(field)


class Metadata:
    """The account's schema, fetched when first needed."""

    def __init__(self, client: Client, plan: str) -> None:
        self._client = client
        self.plan = plan
        self._described: dict[str, Described] = {}
        self._kept: dict[str, Any] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self) -> None:
        """Ask again: somebody may have changed it."""
        self._described.clear()
        self._kept.clear()

    def forget_fields(self, object: str) -> None:
        """Ask again what fields this object has: some were just made. Its forms stand as they were."""
        self._described.pop(object, None)
        self._kept.pop(f"fields {object}", None)

    async def schema(self, object: str) -> ObjectSchema | None:
        """The object as it is; None where the account has none of that name."""
        if object in FIXED:
            return FIXED[object]
        if object not in RESOURCES or (object == PRODUCTS and not await self.has_products()):
            return None
        if RESOURCES[object].is_viewed:
            await self.views(object)  # known beforehand, so that reading costs what was forecast
        return (await self.described(object)).schema

    async def described(self, object: str) -> Described:
        """An object that records are written to."""
        found = self._described.get(object)
        if found is None:
            found = self._described[object] = await self._describe(object)
        return found

    def known(self, object: str) -> ObjectSchema | None:
        """The object as far as it was asked for."""
        found = self._described.get(object)
        return found.schema if found else FIXED.get(object)

    async def own_fields(self, object: str) -> list[dict[str, Any]]:
        """The fields that somebody made; [] for an object that can have none."""
        if object not in RESOURCES or not RESOURCES[object].has_fields:
            return []
        found: list[dict[str, Any]] = await self._once(f"fields {object}", lambda: self._fields(object))
        return found

    async def has_products(self) -> bool:
        """Whether the plan has a product catalogue (FACTS 0.9). What is not there is 403, an unknown id 404."""
        found: bool = await self._once("products", self._products)
        return found

    async def lists_products(self) -> bool:
        """Whether products can be listed: no documentation names it, so it is tried (FACTS 0.9)."""
        found: bool = await self._once("product list", self._product_list)
        return found

    async def shared_addresses(self) -> bool:
        """Whether the account lets several contacts have one e-mail address: its forms say so (FACTS 5)."""
        found: bool = await self._once("shared addresses", self._shared_addresses)
        return found

    async def forms(self, object: str) -> list[dict[str, Any]]:
        """The forms of an object, with their sections and fields (FACTS 5)."""
        found: list[dict[str, Any]] = await self._once(f"forms {object}", lambda: self._forms(object))
        return found

    async def choices(self) -> Choices:
        """Stages, currency, and the field for addresses that somebody else has."""
        found: Choices = await self._once("choices", self._choices)
        return found

    async def views(self, object: str) -> dict[str, str]:
        """The saved views of an object: name -> id."""
        found: dict[str, str] = await self._once(f"views {object}", lambda: self._views(object))
        return found

    async def list_views(self, object: str) -> list[str]:
        """The ids of the views that together show every record. Raises CheckFailed where one was renamed."""
        there = await self.views(object)
        wanted = data()["views"][object]
        if missing := [name for name in wanted if name not in there]:
            raise CheckFailed(
                f"freshsales has no view named {', '.join(missing)}, and lists {object} by views only.",
                next_step="Set the user's language to English, or make a public view of that name that shows them all.",
            )
        return [there[name] for name in wanted]

    async def bin_view(self, object: str) -> str:
        """The id of the view that shows deleted records; '' where there is none of that name."""
        return (await self.views(object)).get(str(data()["views"]["bin"]), "")

    async def users(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._once("users", self._users)
        return found

    def forget_users(self) -> None:
        """Ask again who is active: somebody may have left."""
        self._kept.pop("users", None)

    # What is asked once

    async def _once(self, name: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._kept:
                self._kept[name] = await ask()
            return self._kept[name]

    async def _fields(self, object: str) -> list[dict[str, Any]]:
        said = await self._client.call(f"GET /settings/{object}/fields")
        return [raw for raw in said.get("fields") or () if raw.get("default") is False and raw.get("name")]

    async def _products(self) -> bool:
        try:
            await self._client.call("GET /cpq/products/{id}", NO_ID)
        except NotAuthorised:
            return False
        except VendorRefused as no:
            return no.status != 404 or plan_of(self.plan) not in ("free", "growth")
        return True

    async def _product_list(self) -> bool:
        if not await self.has_products():
            return False
        try:
            said = await self._client.call("GET /cpq/products", params=[("page", "1"), ("per_page", "1")])
        except NotAuthorised:
            return False
        except VendorRefused:
            return False
        return isinstance(said, dict) and isinstance(said.get("products"), list)

    async def _forms(self, object: str) -> list[dict[str, Any]]:
        try:
            said = await self._client.call(f"GET /settings/{object}/forms")
        except VendorRefused:
            return []
        return list(said.get("forms") or ())

    async def _shared_addresses(self) -> bool:
        for field in (field for form in await self.forms(CONTACTS) for field in fields_of(form)):
            if field.get("name") in ("emails", "email"):
                unique = (field.get("field_options") or {}).get("unique")
                return unique is False or str(unique).casefold() == "false"
        return False

    async def _choices(self) -> Choices:
        stages = (await self._client.call("GET /selector/lifecycle_stages")).get("lifecycle_stages") or []
        pipelines = (await self._client.call("GET /selector/deal_pipelines")).get("deal_pipelines") or []
        currencies = (await self._client.call("GET /selector/currencies")).get("currencies") or []
        first = next((one for one in pipelines if one.get("is_default")), pipelines[0] if pipelines else {})
        kinds: dict[str, int] = {}
        for one in first.get("deal_stages") or ():
            if kind := KINDS_OF_STAGE.get(str(one.get("forecast_type"))):
                kinds.setdefault(kind, one["id"])
        base = next((one for one in currencies if one.get("currency_type") == 1), currencies[0] if currencies else {})
        label = str(data()["aside"]["email"]).casefold()
        own = await self.own_fields(CONTACTS)
        aside = next((str(raw["name"]) for raw in own if str(raw.get("label")).casefold() == label), "")
        return Choices(
            {str(one.get("type") or one["name"]): one["id"] for one in stages if not one.get("disabled")},
            kinds,
            str(base.get("currency_code") or ""),
            aside,
        )

    async def stage_kinds(self) -> dict[int, str]:
        """Every deal stage's kind in our word, by its id."""
        said = await self._client.call("GET /selector/deal_pipelines")
        return {
            one["id"]: KINDS_OF_STAGE.get(str(one.get("forecast_type")), "")
            for pipeline in said.get("deal_pipelines") or ()
            for one in pipeline.get("deal_stages") or ()
        }

    async def _views(self, object: str) -> dict[str, str]:
        said = await self._client.call(f"GET {RESOURCES[object].path}/filters")
        found: dict[str, str] = {}
        for one in said.get("filters") or ():
            found.setdefault(str(one.get("name")), str(one["id"]))
        return found

    async def _users(self) -> list[dict[str, Any]]:
        said = await self._client.call("GET /selector/owners")
        return [one for one in said.get("users") or () if one.get("id")]

    async def _describe(self, object: str) -> Described:
        if object in FIXED:
            return Described(FIXED[object], {})
        kind = RESOURCES[object]
        choices = await self.choices() if object in (CONTACTS, "deals", PRODUCTS) else Choices()
        own = standard(object, choices)
        fields = {field.name: field for field, _ in own}
        where = {field.name: place for field, place in own}
        for raw in await self.own_fields(object):
            field = field_schema(raw)
            fields[field.name] = field
            codec = values.custom(field.name, str(raw.get("type")), frozenset(field.options))
            if codec is not None and field.writable:
                where[field.name] = places.custom(field.name, *codec)
        return Described(ObjectSchema(object, kind.label, fields), where)
