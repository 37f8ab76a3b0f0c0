"""Making the modules and fields that a plan names, and taking them back (FACTS 7).

Neither call is repeatable, so each object is looked at before and after: what is there already is left alone, what
was made is read back, and a lost answer is settled by the second look. A second run therefore creates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from gurney.destinations.zoho import blueprint
from gurney.destinations.zoho.answers import complaint, succeeded
from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.coql import chunks
from gurney.destinations.zoho.limits import limit, per_call, price
from gurney.destinations.zoho.metadata import FIXED, Metadata, field_schema
from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.schema import FieldType, NewField, NewObject, NewOptions, Provisioned, SchemaChange

GONE = frozenset({"INVALID_DATA", "INVALID_URL_PATTERN", "RESOURCE_NOT_FOUND"})
MODULE_BY_HAND = (
    "Zoho refuses to create the module by API ({why}). The administrator does it: Setup > Customization > Modules and"
    " Fields > Create New Module; module name '{plural}' (singular '{singular}'), module API name '{name}'; save."
    " Then repeat `gurney provision`, which adds the fields. If the edition offers no custom modules, upgrade first."
)
MODULE_STAYS = (
    "Zoho cannot delete a module by API. The administrator does it: Setup > Customization > Modules and Fields > "
    "'{label}' > Delete."
)
OPTIONS_STAY = (
    "Added pick-list values stay; the administrator removes them in Setup > Customization > Modules and Fields > "
    "{object} > {field}."
)


class Provisioner:
    """Carries out schema changes one after the other, in the plan's order."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata
        self._names: dict[str, str] = {}
        """What Zoho called the modules of this plan, where it is not what the plan calls them."""

    async def apply(self, changes: Sequence[SchemaChange], *, dry_run: bool) -> list[Provisioned]:
        """One result a change, in order. With `dry_run` what is not there is 'missing'."""
        done: list[Provisioned] = []
        for object, group in groupby(changes, key=lambda change: (type(change), _object(change))):
            batch = list(group)
            if isinstance(batch[0], NewObject):
                done += [await self._module(change, dry_run) for change in batch if isinstance(change, NewObject)]
            elif isinstance(batch[0], NewField):
                fields = [change for change in batch if isinstance(change, NewField)]
                done += await self._fields(object[1], fields, dry_run)
            else:
                done += [await self._options(change, dry_run) for change in batch if isinstance(change, NewOptions)]
        self._metadata.forget()
        return done

    async def take_back(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Newest first: fields are deleted, modules and pick-list values are left to the administrator."""
        for each in made:
            if isinstance(each.change, NewObject) and each.actual_name:
                self._names[each.change.name] = each.actual_name
        undone = [await self._remove(each) for each in reversed(made) if each.state == "created"]
        self._metadata.forget()
        return undone

    # Modules

    async def _module(self, change: NewObject, dry_run: bool) -> Provisioned:
        self._metadata.forget(change.name)
        there = await self._metadata.modules()
        name = change.name if change.name in FIXED else blueprint.find_module(change, there)
        if name:
            return self._found_module(change, name, str(there.get(name, {}).get("id", "")), "existing")
        if dry_run:
            return Provisioned(change, "missing", words=f"costs {price('new_object')[0]} credits")
        words = ""
        for body in blueprint.module_tries(change, await self._profiles()):
            words, more = await self._create_module(body)
            if not words:
                break
            if not more:
                return self._module_by_hand(change, words)
        self._metadata.forget(change.name)
        there = await self._metadata.modules()
        name = blueprint.find_module(change, there)
        if not name:
            return self._module_by_hand(change, words or "it was accepted, but is not there")
        return self._found_module(change, name, str(there[name].get("id", "")), "created")

    async def _create_module(self, body: dict[str, Any]) -> tuple[str, bool]:
        """Why it was refused ('' when it was not), and whether another wording may help."""
        try:
            reply = await self._client.call(
                "POST", "/settings/modules", body={"modules": [body]}, kind="new_object", items="modules"
            )
        except AnswerLost:
            return "", False  # the second look tells whether it is there
        except VendorRefused as no:
            return f"{no.code}: {no.words}", no.code == "INVALID_DATA"
        element = reply.rows("modules")[0] if reply.rows("modules") else {}
        if succeeded(element):
            return "", False
        why = complaint(element)
        return f"{why.code}: {why.words}", why.code in {"INVALID_DATA", "MULTIPLE_OR_MULTI_ERRORS"}

    def _found_module(self, change: NewObject, name: str, vendor_id: str, state: str) -> Provisioned:
        self._names[change.name] = name
        return Provisioned(change, state, name, vendor_id)

    def _module_by_hand(self, change: NewObject, why: str) -> Provisioned:
        words = MODULE_BY_HAND.format(why=why, plural=change.plural_label, singular=change.label, name=change.name)
        return Provisioned(change, "by_hand", words=words)

    async def _profiles(self) -> list[str]:
        """Every profile may open the module, as with a module made by hand; sharing rules still apply to records."""
        reply = await self._client.get("/settings/profiles")
        return [str(row["id"]) for row in reply.rows("profiles") if row.get("id")]

    # Fields

    async def _fields(self, object: str, changes: Sequence[NewField], dry_run: bool) -> list[Provisioned]:
        module = self._names.get(object, object)
        if module not in await self._metadata.modules():
            state, words = ("missing", "") if dry_run else ("by_hand", f"First the module {object} must exist.")
            return [Provisioned(change, state, words=words) for change in changes]
        there = await self._fresh(module)
        known = [blueprint.find(change, there) for change in changes]
        if dry_run:
            return [
                self._seen(change, raw, "existing") if raw else Provisioned(change, "missing")
                for change, raw in zip(changes, known, strict=True)
            ]
        absent = [change for change, raw in zip(changes, known, strict=True) if raw is None]
        refused = await self._create_fields(module, absent) if absent else {}
        there = await self._fresh(module) if absent else there
        results = []
        for change, raw in zip(changes, known, strict=True):
            found = raw or blueprint.find(change, there)
            results.append(await self._verified(module, change, found, raw is not None, refused.get(id(change), "")))
        return results

    async def _create_fields(self, module: str, changes: Sequence[NewField]) -> dict[int, str]:
        """Post what is absent, five a call; the refused ones again, alone, in their other forms. Words by change."""
        refused: dict[int, str] = {}
        for group in chunks(changes, per_call("new_fields")):
            bodies = [self._body(change, 0) for change in group]
            for change, words in zip(group, await self._post_fields(module, bodies), strict=True):
                at = 1
                while words and at < len(blueprint.tries(change)):
                    words = (await self._post_fields(module, [self._body(change, at)]))[0]
                    at += 1
                if words:
                    refused[id(change)] = words
        return refused

    def _body(self, change: NewField, at: int) -> dict[str, Any]:
        body = blueprint.tries(change)[at]
        if change.lookup_to and "lookup" in body:
            body["lookup"]["module"] = {"api_name": self._names.get(change.lookup_to, change.lookup_to)}
        return body

    async def _post_fields(self, module: str, bodies: Sequence[dict[str, Any]]) -> list[str]:
        """Why each was refused, '' for those that were not or whose answer was lost: the second look tells."""
        try:
            reply = await self._client.call(
                "POST", "/settings/fields", params=[("module", module)], body={"fields": list(bodies)}, items="fields"
            )
        except AnswerLost:
            return [""] * len(bodies)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if len(bodies) == 1:
                return [f"{no.code}: {no.words}"]
            return [(await self._post_fields(module, [body]))[0] for body in bodies]
        rows = reply.rows("fields")
        if len(rows) < len(bodies) and not any(map(succeeded, rows)):
            return [(await self._post_fields(module, [body]))[0] for body in bodies] if len(bodies) > 1 else ["refused"]
        return [self._refused(row) for row in rows] + [""] * (len(bodies) - len(rows))

    @staticmethod
    def _refused(row: Any) -> str:
        if succeeded(row):
            return ""
        why = complaint(row)
        return f"{why.code}: {why.words}"

    async def _verified(
        self, module: str, change: NewField, raw: dict[str, Any] | None, existing: bool, refused: str
    ) -> Provisioned:
        if raw is None:
            words = refused or "Zoho accepted it, but it is not there; repeat `gurney provision`"
            return Provisioned(change, "failed", words=f"{module}: {change.label}: {words}")
        seen = self._seen(change, raw, "existing" if existing else "created")
        if seen.state == "failed" or change.type not in (FieldType.PICKLIST, FieldType.MULTI_PICKLIST):
            return seen
        left = await self._add_options(module, raw, change.options)
        if not left:
            return seen
        return Provisioned(change, "failed", seen.actual_name, seen.vendor_id, words=left)

    def _seen(self, change: NewField, raw: dict[str, Any], state: str) -> Provisioned:
        target = self._names.get(change.lookup_to or "", change.lookup_to)
        why = blueprint.misfit(replace(change, lookup_to=target), raw)
        name, vendor_id = str(raw["api_name"]), str(raw.get("id") or "")
        if not why:
            return Provisioned(change, state, name, vendor_id)
        words = f"{change.object}: {change.label}: {why}."
        return Provisioned(change, "failed" if state == "created" else "by_hand", name, vendor_id, words)

    # Pick-list values

    async def _options(self, change: NewOptions, dry_run: bool) -> Provisioned:
        module = self._names.get(change.object, change.object)
        there = await self._fresh(module)
        raw = next((raw for raw in there if raw["api_name"] == change.field), None)
        if raw is None:
            return Provisioned(change, "failed", words=f"{change.object} has no field {change.field}.")
        name, vendor_id = change.field, str(raw.get("id") or "")
        if not blueprint.missing_options(change.options, field_schema(raw)):
            return Provisioned(change, "existing", name, vendor_id)
        if dry_run:
            return Provisioned(change, "missing", name, vendor_id)
        left = await self._add_options(module, raw, change.options)
        return Provisioned(change, "failed" if left else "created", name, vendor_id, left)

    async def _add_options(self, module: str, raw: dict[str, Any], options: Sequence[str]) -> str:
        """Add what the field lacks; words about what could not be added, '' when nothing is lacking."""
        missing = blueprint.missing_options(options, field_schema(raw))
        if not missing:
            return ""
        why = await self._patch_options(module, str(raw["id"]), missing)
        if why:
            for group in chunks(missing, limit("options_at_creation")):
                why = await self._patch_options(module, str(raw["id"]), group) or why
        there = await self._fresh(module)
        again = next((each for each in there if each.get("id") == raw["id"]), raw)
        left = blueprint.missing_options(options, field_schema(again))
        if not left:
            return ""
        return f"{module}.{raw['api_name']}: {len(left)} of {len(options)} values could not be added ({why})."

    async def _patch_options(self, module: str, field_id: str, options: Sequence[str]) -> str:
        body = {"fields": [{"pick_list_values": blueprint.option_bodies(options)}]}
        try:
            reply = await self._client.call(
                "PATCH", f"/settings/fields/{field_id}", params=[("module", module)], body=body, items="fields"
            )
        except AnswerLost:
            return "the answer was lost"
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return f"{no.code}: {no.words}"
        return next((words for row in reply.rows("fields") if (words := self._refused(row))), "")

    async def _fresh(self, module: str) -> list[dict[str, Any]]:
        self._metadata.forget(module)
        return await self._metadata.raw_fields(module)

    # Taking back

    async def _remove(self, made: Provisioned) -> Provisioned:
        change = made.change
        if isinstance(change, NewObject):
            return Provisioned(
                change, "by_hand", made.actual_name, made.vendor_id, MODULE_STAYS.format(label=change.label)
            )
        if isinstance(change, NewOptions):
            words = OPTIONS_STAY.format(object=change.object, field=change.field)
            return Provisioned(change, "by_hand", made.actual_name, made.vendor_id, words)
        words = await self._delete_field(self._names.get(change.object, change.object), made.vendor_id)
        return Provisioned(change, "failed" if words else "deleted", made.actual_name, made.vendor_id, words)

    async def _delete_field(self, module: str, field_id: str) -> str:
        """Why the field is still there; '' when it is gone, also when it was gone before."""
        try:
            reply = await self._client.call(
                "DELETE", f"/settings/fields/{field_id}", params=[("module", module)], idempotent=True, items="fields"
            )
            words = next((self._refused(row) for row in reply.rows("fields")), "")
        except NotAuthorised:
            raise
        except VendorRefused as no:
            words = f"{no.code}: {no.words}"
        if words.partition(":")[0] in GONE and await self._is_gone(module, field_id):
            return ""
        return words

    async def _is_gone(self, module: str, field_id: str) -> bool:
        return all(str(raw.get("id")) != field_id for raw in await self._fresh(module))


def _object(change: SchemaChange) -> str:
    return change.name if isinstance(change, NewObject) else change.object
