"""Making room: fields of one's own; or finding that the admin made them (FACTS 5; contract, SCH2, SCH7).

The documented call makes fields of custom modules; whether it does so on contacts, accounts and deals, and which number
stands for which type, is not known. So an administrator makes the fields from the setup plan, and we verify them by
label and type. Where somebody found the numbers out (`field_codes`), they are made by API and read back. Nothing is
taken back by API: fields are deleted by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gurney.destinations.freshsales import blueprint
from gurney.destinations.freshsales.answers import NO_RIGHT
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import traffic
from gurney.destinations.freshsales.metadata import Metadata, field_schema, fields_of
from gurney.destinations.freshsales.objects import RESOURCES
from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.schema import NewField, NewObject, NewOptions, Provisioned, SchemaChange

NO_OBJECTS = "Gurney makes no custom modules at Freshsales; leave this entry out of the mapping."
NO_FIELDS = "{object}: {label}: Freshsales has no fields of one's own there (FACTS 0.7); leave it out of the mapping."
NO_TYPE = "{object}: {label}: Freshsales has no field of type {type} that a program may write; choose another one."
ADD_OPTIONS = "Admin Settings > {module} > Fields: add to {label!r} the values {options}; then: gurney provision"
BY_HAND = "Freshsales has no call that deletes a field: Admin Settings > {module} > Fields, delete {label!r} by hand."
SHEET = (
    "Fields to make in Freshsales before anything is loaded. Labels must be exactly these: Gurney knows a field by its "
    "label. Freshsales gives each its own name, which begins with cf_."
)
UNSURE = "{object}: {label}: nobody knows whether it was made; repeat `gurney provision`"


class Provisioner:
    """Carries out schema changes one after the other, in the plan's order."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata
        self._codes = client.access.codes()
        self._sent: set[tuple[str, str]] = set()
        """Objects and labels of fields that were not read back yet."""

    async def apply(self, changes: Sequence[SchemaChange], *, dry_run: bool) -> list[Provisioned]:
        """One result a change, in order. With `dry_run` what is not there is 'missing'."""
        self._metadata.forget()
        try:
            return await self._read_back([await self._one(change, dry_run) for change in changes])
        finally:
            self._metadata.forget()

    async def take_back(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Newest first; all of it is by hand."""
        return [_left(each) for each in reversed(made) if each.state == "created"]

    async def _one(self, change: SchemaChange, dry_run: bool) -> Provisioned:
        if isinstance(change, NewObject):
            return Provisioned(change, "missing" if dry_run else "by_hand", words=NO_OBJECTS)
        if isinstance(change, NewField):
            return await self._field(change, dry_run)
        return await self._options(change, dry_run)

    async def _field(self, change: NewField, dry_run: bool) -> Provisioned:
        kind = RESOURCES.get(change.object)
        if kind is None or not kind.has_fields:
            return Provisioned(change, "failed", words=NO_FIELDS.format(object=change.object, label=change.label))
        wanted = blueprint.field_type(change)
        if not wanted:
            words = NO_TYPE.format(object=change.object, label=change.label, type=change.type.value)
            return Provisioned(change, "failed", words=words)
        if (change.object, change.label) in self._sent:  # another line's, of the same label
            self._metadata.forget_fields(change.object)
        raw = blueprint.find(change, await self._metadata.own_fields(change.object))
        if raw is not None:
            return _existing(change, raw, dry_run)
        if dry_run:
            return Provisioned(change, "missing")
        if wanted not in self._codes:
            return Provisioned(change, "by_hand", words=_to_add(change))
        return await self._create(change, self._codes[wanted])

    async def _create(self, change: NewField, code: int) -> Provisioned:
        form = await self._form(change.object)
        if not form:
            return Provisioned(change, "by_hand", words=_to_add(change))
        name = "POST /settings/{entity_type}/forms/{form_id}/fields"
        try:
            await self._client.call(name, change.object, form, body=blueprint.field_body(change, code))
        except AnswerLost:
            await self._client.runtime.clock.sleep(traffic("second_look_s"))
        except NotAuthorised as no:
            if no.status != NO_RIGHT:
                raise
            self._codes = {}  # the account makes no such fields by program: the rest is not tried
            return Provisioned(change, "by_hand", words=_to_add(change))
        except VendorRefused as no:
            words = f"{change.object}: {change.label}: {no.code} {no.words}. {_to_add(change)}"
            return Provisioned(change, "failed", words=words)
        self._sent.add((change.object, change.label))
        return Provisioned(change, "created")

    async def _read_back(self, tried: Sequence[Provisioned]) -> list[Provisioned]:
        """All that was sent, together: a call for each object."""
        sent = [one.change for one in tried if one.state == "created" and isinstance(one.change, NewField)]
        for object in {change.object for change in sent}:
            self._metadata.forget_fields(object)
        found = {id(change): await self._found(change) for change in sent}
        return [found.get(id(one.change), one) for one in tried]

    async def _found(self, change: NewField) -> Provisioned:
        """What is there now: its name is the vendor's, and a wrong number makes a field of a wrong type."""
        raw = blueprint.find(change, await self._metadata.own_fields(change.object))
        if raw is None:
            return Provisioned(change, "failed", words=UNSURE.format(object=change.object, label=change.label))
        found = _existing(change, raw, dry_run=False)
        state = "created" if found.state == "existing" else found.state
        return Provisioned(change, state, found.actual_name, found.vendor_id, found.words)

    async def _form(self, object: str) -> str:
        """The form that fields are added to: the first that has some; '' where none is told."""
        forms = await self._metadata.forms(object)
        with_fields = [form for form in forms if form.get("id") and any(fields_of(form))]
        return str((with_fields or forms or [{}])[0].get("id") or "")

    async def _options(self, change: NewOptions, dry_run: bool) -> Provisioned:
        there = await self._metadata.own_fields(change.object) if change.object in RESOURCES else []
        raw = next((raw for raw in there if raw["name"] == change.field), None)
        if raw is None:
            words = f"{change.object} has no field of one's own {change.field}: its values are the administrator's."
            return Provisioned(change, "missing" if dry_run else "by_hand", change.field, words=words)
        missing = blueprint.missing_options(change.options, field_schema(raw))
        if not missing:
            return Provisioned(change, "existing", change.field)
        words = _values_to_add(change.object, raw, missing)
        return Provisioned(change, "missing" if dry_run else "by_hand", change.field, words=words)


def _existing(change: NewField, raw: dict[str, Any], dry_run: bool) -> Provisioned:
    """A field that is there: whether it fits, and which values it lacks."""
    name, id = str(raw["name"]), str(raw.get("id") or "")
    if why := blueprint.misfit(change, raw):
        return Provisioned(change, "by_hand", name, id, f"{change.object}: {change.label}: {why}.")
    missing = blueprint.missing_options(change.options, field_schema(raw)) if change.type in blueprint.PICKS else []
    if missing:
        state = "missing" if dry_run else "by_hand"
        return Provisioned(change, state, name, id, _values_to_add(change.object, raw, missing))
    return Provisioned(change, "existing", name, id)


def _left(made: Provisioned) -> Provisioned:
    change = made.change
    label = change.label if isinstance(change, NewField) else getattr(change, "field", "")
    words = BY_HAND.format(module=_module(getattr(change, "object", "")), label=label)
    return Provisioned(change, "by_hand", made.actual_name, made.vendor_id, words)


def _to_add(change: NewField) -> str:
    return blueprint.by_hand(change, _module(change.object)) + "; then repeat: gurney provision"


def setup_sheet(changes: Sequence[SchemaChange]) -> dict[str, bytes]:
    """The administrator's steps, module by module, as a text file beside the setup plan (contract, MAP2)."""
    steps: dict[str, list[str]] = {}
    for change in changes:
        if isinstance(change, NewField) and blueprint.field_type(change):
            steps.setdefault(change.object, []).append(blueprint.by_hand(change, _module(change.object)))
        elif isinstance(change, NewOptions):
            raw = {"label": change.field}
            steps.setdefault(change.object, []).append(_values_to_add(change.object, raw, change.options))
    lines = [f"{number}. {step}" for number, step in enumerate((one for some in steps.values() for one in some), 1)]
    if not lines:
        return {}
    return {"freshsales-fields.txt": "\n".join([SHEET, "", *lines, ""]).encode()}


def _values_to_add(object: str, raw: dict[str, Any], missing: Sequence[str]) -> str:
    label = str(raw.get("label") or raw["name"])
    return ADD_OPTIONS.format(module=_module(object), label=label, options=blueprint.each(missing))


def _module(object: str) -> str:
    return RESOURCES[object].label if object in RESOURCES else object
