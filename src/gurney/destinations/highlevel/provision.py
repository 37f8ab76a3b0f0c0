"""Making room: fields in a folder, custom objects, associations, calendars; or finding them there (FACTS 6-9).

Nothing is created before it was looked for, and after a lost answer it is looked for again. Custom objects cannot be
deleted through the API, and at most ten fit into a location: both are said when one is made and when it is taken back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from gurney.destinations.highlevel import blueprint
from gurney.destinations.highlevel.answers import is_gone
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import limit, traffic
from gurney.destinations.highlevel.metadata import Metadata, association_key, bare_key, field_schema, wire_object
from gurney.destinations.highlevel.objects import APPOINTMENTS, CALENDAR, CONTACTS, CUSTOM_OBJECT, TITLE
from gurney.destinations.highlevel.teams import MADE_BY_US
from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.schema import FieldType, NewField, NewObject, NewOptions, Provisioned, SchemaChange

FOLDER = "Cliniko"
NO_FIELDS = "{object}: {label}: HighLevel has no custom fields there (FACTS 0.4); leave it out of the mapping."
NO_TYPE = "{object}: {label}: HighLevel has no field of type {type}; choose another one."
NO_LINK = (
    "{object}: {label}: the API links contacts with contacts and custom objects only (FACTS 9); keep it as a text."
)
NO_PREFIX = "{name}: the key of a custom object begins with custom_objects. (FACTS 0.5)."
FULL = "{name}: the location has {most} custom objects already, the most that HighLevel allows; delete one."
KEEPS_OBJECT = (
    "HighLevel's API cannot delete custom objects. In Settings > Objects open {name}, and delete it there: its fields, "
    "records and links go with it, and nothing brings them back."
)
KEEPS_OPTIONS = (
    "{object}: {label}: HighLevel's API takes no options away (FACTS 7); where nobody needs them, remove by hand in "
    "Settings > Custom Fields: {options}"
)
KEEPS_FOLDER = "The empty folder {name} stays in Settings > Custom Fields, where it can be deleted by hand."
BY_HAND = "{object}: {label}: add these options by hand in Settings > Custom Fields, then repeat: {options}"
UNSURE = "{what}: nobody knows whether it was made; repeat `gurney provision`"
LOST = "the answer was lost; repeat the command"


class Provisioner:
    """Carries out schema changes one after the other, in the plan's order."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata
        self._folder: str | None = None

    async def apply(self, changes: Sequence[SchemaChange], *, dry_run: bool) -> list[Provisioned]:
        """One result a change, in order. With `dry_run` what is not there is 'missing'."""
        self._metadata.forget()
        try:
            return [await self._one(change, dry_run) for change in changes]
        finally:
            self._metadata.forget()

    async def take_back(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Newest first, and our folder with its last field."""
        try:
            gone = [await self._remove(each) for each in reversed(made) if each.state == "created"]
            last = next((place for place in reversed(range(len(gone))) if _was_in_folder(gone[place])), None)
            if last is not None:
                gone[last] = replace(gone[last], words=await self._drop_folder())
            return gone
        finally:
            self._metadata.forget()

    async def _one(self, change: SchemaChange, dry_run: bool) -> Provisioned:
        if isinstance(change, NewObject):
            return await self._object(change, dry_run)
        if isinstance(change, NewOptions):
            return await (self._calendars if change.object == APPOINTMENTS else self._options)(change, dry_run)
        if change.type is FieldType.LOOKUP:
            return await self._association(change, dry_run)
        return await self._field(change, dry_run)

    # Objects

    async def _object(self, change: NewObject, dry_run: bool) -> Provisioned:
        if not change.name.startswith(CUSTOM_OBJECT):
            return Provisioned(change, "failed", words=NO_PREFIX.format(name=change.name))
        there = await self._metadata.custom_objects()
        raw = next((raw for raw in there if raw.get("key") == change.name), None)
        if raw is not None:
            return Provisioned(change, "existing", change.name, str(raw["id"]))
        if len(there) >= limit("custom_objects"):
            words = FULL.format(name=change.name, most=limit("custom_objects"))
            return Provisioned(change, "by_hand", words=words)
        if dry_run:
            return Provisioned(change, "missing")
        body = {
            "labels": {"singular": change.label, "plural": change.plural_label},
            "key": change.name,
            "locationId": self._client.location_id,
            "description": change.reason or change.label,
            "primaryDisplayPropertyDetails": {"key": f"{change.name}.{TITLE}", "name": "Name", "dataType": "TEXT"},
        }

        async def found() -> dict[str, Any] | None:
            self._metadata.forget()
            return next((raw for raw in await self._metadata.custom_objects() if raw.get("key") == change.name), None)

        raw, words = await self._made("POST /objects/", body, "object", found)
        self._metadata.forget()
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.name}: {words}")
        return Provisioned(change, "created", change.name, str(raw["id"]), KEEPS_OBJECT.format(name=change.label))

    # Fields

    async def _field(self, change: NewField, dry_run: bool) -> Provisioned:
        is_record = change.object.startswith(CUSTOM_OBJECT)
        if change.object != CONTACTS and not is_record:
            return Provisioned(change, "failed", words=NO_FIELDS.format(object=change.object, label=change.label))
        if not blueprint.field_type(change):
            words = NO_TYPE.format(object=change.object, label=change.label, type=change.type.value)
            return Provisioned(change, "failed", words=words)
        if is_record and not await self._metadata.exists(change.object):
            state = "missing" if dry_run else "failed"
            return Provisioned(change, state, words="" if dry_run else f"{change.object} is not there.")
        raw = blueprint.find(change, await self._metadata.custom_fields(change.object))
        if raw is not None:
            return await self._existing(change, raw, dry_run)
        if dry_run:
            return Provisioned(change, "missing")
        return await self._create(change)

    async def _existing(self, change: NewField, raw: dict[str, Any], dry_run: bool) -> Provisioned:
        name, id = bare_key(raw), str(raw["id"])
        if why := blueprint.misfit(change, raw):
            return Provisioned(change, "by_hand", name, id, f"{change.object}: {change.label}: {why}.")
        missing = blueprint.missing_options(blueprint.wanted_options(change), field_schema(raw))
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", name, id)
        words = await self._add_options(change.object, change.label, raw, missing)
        return Provisioned(change, "by_hand" if words else "existing", name, id, words)

    async def _create(self, change: NewField) -> Provisioned:
        if change.object == CONTACTS:
            call, word = "POST /locations/{locationId}/customFields", "customField"
            body = blueprint.contact_body(change, await self._contact_folder())
        else:
            call, word = "POST /custom-fields/", "field"
            folder = await self._record_folder(change.object)
            body = blueprint.record_body(change, folder, self._client.location_id)

        async def found() -> dict[str, Any] | None:
            self._metadata.forget()
            return blueprint.find(change, await self._metadata.custom_fields(change.object))

        raw, words = await self._made(call, body, word, found)
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.object}: {change.label}: {words}")
        self._metadata.add_field(change.object, raw)
        name, id = bare_key(raw), str(raw["id"])
        missing = blueprint.missing_options(blueprint.wanted_options(change), field_schema(raw))
        left = BY_HAND.format(object=change.object, label=change.label, options=", ".join(missing)) if missing else ""
        return Provisioned(change, "created", name, id, left)

    async def _contact_folder(self) -> str:
        """The folder of our fields; '' where the vendor makes none: the fields are there all the same."""
        if self._folder is None:
            there = await self._metadata.folders(CONTACTS)
            self._folder = next((str(raw["id"]) for raw in there if raw.get("name") == FOLDER), None)
        if self._folder is None:
            body = {"name": FOLDER, "documentType": "folder", "model": "contact"}
            try:
                said = await self._client.call("POST /locations/{locationId}/customFields", body=body)
            except NotAuthorised:
                raise
            except (AnswerLost, VendorRefused):
                said = {}
            self._folder = str((said.get("customField") or {}).get("id") or "")
        return self._folder

    async def _record_folder(self, object: str) -> str:
        """The folder that an object has from the start."""
        there = await self._metadata.folders(object)
        return str(there[0]["id"]) if there else ""

    # Options

    async def _options(self, change: NewOptions, dry_run: bool) -> Provisioned:
        has_fields = change.object == CONTACTS or change.object.startswith(CUSTOM_OBJECT)
        there = await self._metadata.custom_fields(change.object) if has_fields else []
        raw = next((raw for raw in there if bare_key(raw) == change.field), None)
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.object} has no custom field {change.field}.")
        missing = blueprint.missing_options(change.options, field_schema(raw))
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", change.field)
        words = await self._add_options(change.object, change.field, raw, missing)
        return Provisioned(change, "by_hand" if words else "created", change.field, "", words)

    async def _add_options(self, object: str, label: str, raw: dict[str, Any], missing: Sequence[str]) -> str:
        """Why options are still missing; '' when they are there. The whole list is sent (FACTS 7)."""
        there = raw.get("options") or raw.get("picklistOptions") or []
        try:
            if object == CONTACTS:
                body: dict[str, Any] = {"name": raw["name"], "options": [*there, *missing]}
                await self._client.call("PUT /locations/{locationId}/customFields/{id}", str(raw["id"]), body=body)
            else:
                body = {"locationId": self._client.location_id, "showInForms": bool(raw.get("showInForms"))}
                body["options"] = blueprint.option_bodies(missing, there)
                await self._client.call("PUT /custom-fields/{id}", str(raw["id"]), body=body)
        except NotAuthorised:
            raise
        except (AnswerLost, VendorRefused):
            await self._client.runtime.clock.sleep(1.0)
        self._metadata.forget()
        now = next((one for one in await self._metadata.custom_fields(object) if one["id"] == raw["id"]), raw)
        left = blueprint.missing_options(missing, field_schema(now))
        return BY_HAND.format(object=object, label=label, options=", ".join(left)) if left else ""

    # Links

    async def _association(self, change: NewField, dry_run: bool) -> Provisioned:
        key = association_key(change.object, change.name.lower())
        ends = {wire_object(change.object), wire_object(change.lookup_to or "")}
        if "contact" not in ends or not (ends == {"contact"} or any(end.startswith(CUSTOM_OBJECT) for end in ends)):
            return Provisioned(change, "failed", words=NO_LINK.format(object=change.object, label=change.label))
        raw = await self._association_of(key)
        if raw is not None:
            fits = {str(raw.get("firstObjectKey")), str(raw.get("secondObjectKey"))} == ends
            words = "" if fits else f"the association {key} links other objects; delete it in Settings > Objects."
            return Provisioned(change, "existing" if fits else "by_hand", change.name.lower(), str(raw["id"]), words)
        if dry_run:
            return Provisioned(change, "missing")

        async def found() -> dict[str, Any] | None:
            self._metadata.forget()
            return await self._association_of(key)

        body = blueprint.association_body(change, self._client.location_id)
        raw, words = await self._made("POST /associations/", body, "", found)
        self._metadata.forget()
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.object}: {change.label}: {words}")
        return Provisioned(change, "created", change.name.lower(), str(raw["id"]))

    async def _association_of(self, key: str) -> dict[str, Any] | None:
        return next((raw for raw in await self._metadata.associations() if raw.get("key") == key), None)

    # Calendars

    async def _calendars(self, change: NewOptions, dry_run: bool) -> Provisioned:
        """Calendars by name: what stands in for a pick-list of appointment types (H5)."""
        if change.field != CALENDAR:
            return Provisioned(change, "failed", words=f"The values of {change.field} are HighLevel's own.")
        there = {str(raw.get("name")) for raw in await self._metadata.calendars()}
        missing = [option for option in dict.fromkeys(change.options) if option not in there]
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", CALENDAR)
        words = [said for option in missing if (said := await self._calendar(option))]
        self._metadata.forget()
        made = {str(raw.get("name")): str(raw["id"]) for raw in await self._metadata.calendars()}
        ids = [made[option] for option in missing if option in made]
        state = "created" if len(ids) == len(missing) else "failed"
        return Provisioned(change, state, CALENDAR, ",".join(ids), "; ".join(words))

    async def _calendar(self, name: str) -> str:
        """Why a calendar was refused; '' when it was not, or nobody knows: the list tells. Its team is everybody."""
        users = [str(raw["id"]) for raw in await self._metadata.users() if raw.get("deleted") is not True]
        body = {
            "locationId": self._client.location_id,
            "name": name,
            "description": MADE_BY_US,
            "calendarType": "round_robin",
            "teamMembers": [{"userId": user} for user in users],
            "isActive": True,
        }
        try:
            await self._client.call("POST /calendars/", body=body)
        except AnswerLost:
            await self._client.runtime.clock.sleep(traffic("lag_s"))
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return f"calendar '{name}': {no.code} {no.words}"
        return ""

    # One creation

    async def _made(
        self, call: str, body: Any, word: str, found: Callable[[], Awaitable[dict[str, Any] | None]]
    ) -> tuple[dict[str, Any] | None, str]:
        """What was made, or why it was not. After a lost answer it is looked for; nothing like it was there before."""
        try:
            said = await self._client.call(call, body=body)
        except AnswerLost:
            await self._client.runtime.clock.sleep(traffic("lag_s"))
            raw = await found()
            return (raw, "") if raw is not None else (None, UNSURE.format(what="the answer was lost"))
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return None, f"{no.code}: {no.words}"
        inside = said.get(word) if word else said
        return (inside, "") if isinstance(inside, dict) and inside.get("id") else (None, "no id was told")

    # Taking back

    async def _remove(self, made: Provisioned) -> Provisioned:
        change = made.change
        if isinstance(change, NewObject):
            words = KEEPS_OBJECT.format(name=change.label)
            return Provisioned(change, "by_hand", made.actual_name, made.vendor_id, words)
        if isinstance(change, NewOptions) and change.object != APPOINTMENTS:
            words = KEEPS_OPTIONS.format(object=change.object, label=change.field, options=", ".join(change.options))
            return Provisioned(change, "by_hand", made.actual_name, made.vendor_id, words)
        ids = [id for id in made.vendor_id.split(",") if id]
        said = [words for id in ids if (words := await self._delete(change, id))]
        return Provisioned(change, "failed" if said else "deleted", made.actual_name, made.vendor_id, "; ".join(said))

    async def _drop_folder(self) -> str:
        """Why our folder is still there although nothing is in it; '' when that is not so."""
        self._metadata.forget()
        folder = next((raw for raw in await self._metadata.folders(CONTACTS) if raw.get("name") == FOLDER), None)
        fields = await self._metadata.custom_fields(CONTACTS)
        if folder is None or any(raw.get("parentId") == folder["id"] for raw in fields):
            return ""
        try:
            call = "DELETE /locations/{locationId}/customFields/{id}"
            await self._client.call(call, str(folder["id"]), idempotent=True)
        except NotAuthorised:
            raise
        except (AnswerLost, VendorRefused):
            return KEEPS_FOLDER.format(name=FOLDER)
        return ""

    async def _delete(self, change: NewField | NewOptions, id: str) -> str:
        """Why it is still there; '' when it is gone, also when it was gone before."""
        if isinstance(change, NewOptions):
            call = "DELETE /calendars/{calendarId}"
        elif change.type is FieldType.LOOKUP:
            call = "DELETE /associations/{associationId}"
        else:
            is_contact = change.object == CONTACTS
            call = f"DELETE {'/locations/{locationId}/customFields/{id}' if is_contact else '/custom-fields/{id}'}"
        try:
            await self._client.call(call, id, idempotent=True)
        except AnswerLost:
            return LOST
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return "" if is_gone(no) else f"{no.code}: {no.words}"
        return ""


def _was_in_folder(gone: Provisioned) -> bool:
    """Whether it was a contact's field, which our folder held, and is no more."""
    change = gone.change
    if not isinstance(change, NewField) or change.type is FieldType.LOOKUP:
        return False
    return change.object == CONTACTS and gone.state == "deleted"
