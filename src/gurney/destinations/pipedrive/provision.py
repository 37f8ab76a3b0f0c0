"""Making room: custom fields, their options and activity types; or finding that the admin did (FACTS 3.5, 5).

Names may repeat at Pipedrive, so nothing is created before the list was looked at, and after a lost answer it is looked
at again. Activities, notes and files have no custom fields, and there are no custom objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gurney.destinations.pipedrive import blueprint
from gurney.destinations.pipedrive.answers import FEATURE, GONE
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import data, traffic
from gurney.destinations.pipedrive.metadata import Metadata, field_schema
from gurney.destinations.pipedrive.objects import ACTIVITIES, RESOURCES, TYPE
from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.schema import NewField, NewObject, NewOptions, Provisioned, SchemaChange

NO_OBJECTS = "Pipedrive has no custom objects; leave this entry out of the mapping."
NO_FIELDS = "{object}: {label}: Pipedrive has no custom fields there (FACTS 5.3); leave it out of the mapping."
NO_TYPE = "{object}: {label}: Pipedrive has no field of type {type}; choose another one."
BY_HAND = "Nobody noted what was made: look for it in Settings > Data fields of {object}, and delete it there."
INACTIVE = "{count} activity types are deactivated, not gone: the API can do no more. Nobody can choose them now."
FULL = "The plan allows no more custom fields: delete some, upgrade, or leave fields of low priority out."


class Provisioner:
    """Carries out schema changes one after the other, in the plan's order."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata

    async def apply(self, changes: Sequence[SchemaChange], *, dry_run: bool) -> list[Provisioned]:
        """One result a change, in order. With `dry_run` what is not there is 'missing'."""
        self._metadata.forget()
        try:
            return [await self._one(change, dry_run) for change in changes]
        finally:
            self._metadata.forget()

    async def take_back(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Newest first: fields and options are deleted, activity types deactivated."""
        try:
            return [await self._remove(each) for each in reversed(made) if each.state == "created"]
        finally:
            self._metadata.forget()

    async def _one(self, change: SchemaChange, dry_run: bool) -> Provisioned:
        if isinstance(change, NewObject):
            return Provisioned(change, "missing" if dry_run else "by_hand", words=NO_OBJECTS)
        if isinstance(change, NewField):
            return await self._field(change, dry_run)
        if change.object == ACTIVITIES and change.field == TYPE:
            return await self._types(change, dry_run)
        return await self._options(change, dry_run)

    # Fields

    async def _field(self, change: NewField, dry_run: bool) -> Provisioned:
        kind = RESOURCES.get(change.object)
        if kind is None or not kind.fields_path:
            return Provisioned(change, "failed", words=NO_FIELDS.format(object=change.object, label=change.label))
        if not blueprint.field_type(change):
            words = NO_TYPE.format(object=change.object, label=change.label, type=change.type.value)
            return Provisioned(change, "failed", words=words)
        raw = blueprint.find(change, await self._metadata.custom_fields(change.object))
        if raw is not None:
            return await self._existing(change, raw, dry_run)
        if dry_run:
            return Provisioned(change, "missing")
        return await self._create(change)

    async def _existing(self, change: NewField, raw: dict[str, Any], dry_run: bool) -> Provisioned:
        key = str(raw["field_code"])
        if why := blueprint.misfit(change, raw):
            return Provisioned(change, "by_hand", key, key, f"{change.object}: {change.label}: {why}.")
        missing = blueprint.missing_options(change.options, field_schema(raw)) if change.type in blueprint.PICKS else []
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", key, key)
        added, words = await self._add_options(change.object, key, missing)
        return Provisioned(change, "existing" if added else "failed", key, key, words)

    async def _create(self, change: NewField) -> Provisioned:
        path = RESOURCES[change.object].fields_path
        try:
            raw = (await self._client.call(f"POST {path}", body=blueprint.field_body(change))).record
        except AnswerLost:
            raw = await self._found_after_all(change) or {}
        except VendorRefused as no:
            if isinstance(no, NotAuthorised):
                raise
            words = f"{FULL} ({no.code})" if no.code.startswith(FEATURE) else f"{no.code}: {no.words}"
            return Provisioned(change, "failed", words=f"{change.object}: {change.label}: {words}")
        key = str(raw.get("field_code") or "")
        if not key:
            words = f"{change.object}: {change.label}: nobody knows whether it was made; repeat `gurney provision`"
            return Provisioned(change, "failed", words=words)
        self._metadata.add_field(change.object, raw)
        return Provisioned(change, "created", key, key)

    async def _found_after_all(self, change: NewField) -> dict[str, Any] | None:
        """The field, if it was made although no answer came. Nothing of this label was there before."""
        await self._client.runtime.clock.sleep(traffic("second_look_s"))
        self._metadata.forget()
        return blueprint.find(change, await self._metadata.custom_fields(change.object))

    # Options and activity types

    async def _options(self, change: NewOptions, dry_run: bool) -> Provisioned:
        there = await self._metadata.custom_fields(change.object) if change.object in RESOURCES else []
        raw = next((raw for raw in there if raw["field_code"] == change.field), None)
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.object} has no custom field {change.field}.")
        missing = blueprint.missing_options(change.options, field_schema(raw))
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", change.field)
        added, words = await self._add_options(change.object, change.field, missing)
        return Provisioned(change, "created" if added else "failed", change.field, ",".join(added), words)

    async def _add_options(self, object: str, key: str, missing: Sequence[str]) -> tuple[list[str], str]:
        """The new ids, and words when nothing was added. All are added or none (FACTS 5.2)."""
        name = f"POST {RESOURCES[object].fields_path}/{{code}}/options"
        try:
            await self._client.call(name, at=key, body=blueprint.option_bodies(missing))
        except AnswerLost:
            await self._client.runtime.clock.sleep(traffic("second_look_s"))
        except VendorRefused as no:
            if isinstance(no, NotAuthorised):
                raise
            return [], f"{object}: {len(missing)} values could not be added: {no.code} {no.words}"
        self._metadata.forget()
        there = next((raw for raw in await self._metadata.custom_fields(object) if raw["field_code"] == key), {})
        ids = {str(option.get("label")): str(option["id"]) for option in there.get("options") or ()}
        left = [option for option in missing if option not in ids]
        words = f"{object}: {len(left)} values could not be added; repeat `gurney provision`" if left else ""
        return [ids[option] for option in missing if option in ids], words

    async def _types(self, change: NewOptions, dry_run: bool) -> Provisioned:
        """Activity types: what stands in for a pick-list of our own on activities (FACTS 0.2)."""
        there = {str(row["name"]) for row in await self._metadata.activity_types()}
        missing = [option for option in dict.fromkeys(change.options) if option not in there]
        if not missing or dry_run:
            return Provisioned(change, "missing" if missing else "existing", TYPE)
        words = [said for option in missing if (said := await self._create_type(option))]
        self._metadata.forget()
        made = {str(row["name"]): str(row["id"]) for row in await self._metadata.activity_types()}
        ids = [made[option] for option in missing if option in made]
        state = "created" if len(ids) == len(missing) else "failed"
        return Provisioned(change, state, TYPE, ",".join(ids), "; ".join(words))

    async def _create_type(self, name: str) -> str:
        """Why a type was refused; '' when it was not, or nobody knows: the list tells."""
        body = {"name": name, "icon_key": data()["activity_type"]["icon"]}
        try:
            await self._client.call("POST /api/v1/activityTypes", body=body)
        except AnswerLost:
            await self._client.runtime.clock.sleep(traffic("second_look_s"))
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return f"activity type '{name}': {no.code} {no.words}"
        return ""

    # Taking back

    async def _remove(self, made: Provisioned) -> Provisioned:
        change, words, told = made.change, NO_OBJECTS, ""
        if isinstance(change, NewObject) or not (made.actual_name and (isinstance(change, NewField) or _ids(made))):
            words = words if isinstance(change, NewObject) else BY_HAND.format(object=change.object)
            return Provisioned(change, "by_hand", made.actual_name, made.vendor_id, words)
        if isinstance(change, NewField):
            words = await self._delete(f"DELETE {RESOURCES[change.object].fields_path}/{{code}}", made.actual_name)
        elif change.object == ACTIVITIES:
            said = [await self._delete("DELETE /api/v1/activityTypes/{id}", id) for id in _ids(made)]
            words, told = "; ".join(filter(None, said)), INACTIVE.format(count=len(said))
        else:
            body = [{"id": int(id)} for id in _ids(made)]
            words = await self._delete(
                f"DELETE {RESOURCES[change.object].fields_path}/{{code}}/options", change.field, body
            )
        return Provisioned(change, "failed" if words else "deleted", made.actual_name, made.vendor_id, words or told)

    async def _delete(self, name: str, at: str, body: Any = None) -> str:
        """Why it is still there; '' when it is gone, also when it was gone before."""
        try:
            await self._client.call(name, at=at, body=body, idempotent=True)
        except AnswerLost:
            return "the answer was lost; repeat the command"
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return "" if no.status in GONE else f"{no.code}: {no.words}"
        return ""


def _ids(made: Provisioned) -> list[str]:
    return [id for id in made.vendor_id.split(",") if id]
