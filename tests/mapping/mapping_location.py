"""The schema of a new HighLevel location, from the destination's own lists, before and after a plan was carried out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import mapping_account

from gurney.destinations.highlevel import objects, values
from gurney.destinations.highlevel.billing import invoice_fields
from gurney.destinations.highlevel.limits import account_limits
from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import Mapping
from gurney.mapping.schema_changes import changes
from gurney.migration.compiled import TITLE_FIELD, with_changes
from gurney.schema import FieldSchema, FieldType, NewField, ObjectSchema, Schema, SchemaChange

LIMITS = {name: limit.value for name, limit in account_limits("unlimited", 1).items() if limit.value is not None}
DESCRIBED_AS = {
    FieldType.DATETIME: FieldType.TEXT,
    FieldType.EMAIL: FieldType.TEXT,
    FieldType.PHONE: FieldType.TEXT,
    FieldType.URL: FieldType.TEXT,
    FieldType.INTEGER: FieldType.DECIMAL,
    FieldType.PERCENT: FieldType.DECIMAL,
    FieldType.RICH_TEXT: FieldType.LONG_TEXT,
}


def location() -> Schema:
    """What a location has by itself."""
    lists = {
        "contacts": objects.contact_fields(),
        "notes": objects.note_fields(),
        "tasks": objects.task_fields(),
        "appointments": objects.appointment_fields(values.Options()),
        "invoices": invoice_fields(),
    }
    made = {name: {field.name: field for field, _ in listed} for name, listed in lists.items()}
    made |= {"files": objects.file_fields(), "users": objects.user_fields()}
    return Schema({name: ObjectSchema(name, name, fields) for name, fields in made.items()})


def provisioned(live: Schema, wanted: Sequence[SchemaChange]) -> tuple[Schema, dict[tuple[str, str], str]]:
    """The location with what was made, under HighLevel's keys, and those keys by the mapping's names."""
    names = {(one.object, one.name): _key(one) for one in wanted if isinstance(one, NewField)}
    there = {}
    for name, one in with_changes(live, list(wanted)).objects.items():
        fields = [_described(field, names.get((name, field.name), "")) for field in one.fields.values()]
        own = {field.name: field for field in fields if field.name != TITLE_FIELD}  # the first field is called `name`
        there[name] = ObjectSchema(name, one.label, own, one.custom)
    return Schema(there), names


def compiled_for(mapping: Mapping) -> CompiledMapping:
    """A mapping, compiled for a location where everything was made."""
    live = location()
    there, names = provisioned(live, changes(mapping, live))
    return compile_mapping(mapping, there, names, LIMITS, mapping_account.context())


def _key(field: NewField) -> str:
    """HighLevel takes a contact's key from the label; a record's, and a link's, is ours to say."""
    if field.object != "contacts" or field.type is FieldType.LOOKUP:
        return field.name.lower()
    return re.sub(r"[^a-z0-9]+", "_", field.label.lower()).strip("_")


def _described(field: FieldSchema, key: str) -> FieldSchema:
    """A field as HighLevel tells it once it is there: types it does not have are others."""
    if not key:
        return field
    type = DESCRIBED_AS.get(field.type, field.type)
    if field.type is FieldType.PICKLIST and set(field.options) == {"Yes", "No"}:
        type = FieldType.BOOLEAN
    return replace(field, name=key, type=type, required=False)
