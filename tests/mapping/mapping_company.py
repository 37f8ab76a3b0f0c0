"""The schema of a new Pipedrive company, written by hand, before and after the plan was carried out there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import mapping_account
from mapping_account import written_down

from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import Mapping
from gurney.mapping.schema_changes import changes
from gurney.migration.compiled import with_changes
from gurney.schema import FieldSchema, FieldType, NewField, ObjectSchema, Schema, SchemaChange

LIMITS = MappingProxyType(
    {
        "custom_fields_per_object": 300,
        "custom_fields_per_account": 300,
        "custom_objects": 0,
        "note_chars": 100_000,
        "note_chunk_chars": 60_000,
        "note_title_chars": 120,
        "long_text_chars": 65_000,
        "field_label_chars": 255,
        "option_chars": 255,
    }
)
DESCRIBED_AS = {
    FieldType.DATETIME: FieldType.TEXT,
    FieldType.EMAIL: FieldType.TEXT,
    FieldType.URL: FieldType.TEXT,
    FieldType.INTEGER: FieldType.DECIMAL,
    FieldType.PERCENT: FieldType.DECIMAL,
    FieldType.RICH_TEXT: FieldType.LONG_TEXT,
}


def company() -> Schema:
    """What a company has by itself."""
    return written_down(_OBJECTS)


def provisioned(live: Schema, wanted: Sequence[SchemaChange]) -> tuple[Schema, dict[tuple[str, str], str]]:
    """The company with what was made, under Pipedrive's own keys, and those keys by the mapping's names."""
    names = {(one.object, one.name): _key(one) for one in wanted if isinstance(one, NewField)}
    objects = {
        name: ObjectSchema(
            name,
            one.label,
            {
                names.get((name, field.name), field.name): _described(field, names.get((name, field.name), ""))
                for field in one.fields.values()
            },
        )
        for name, one in with_changes(live, list(wanted)).objects.items()
    }
    return Schema(objects), names


def compiled_for(mapping: Mapping) -> CompiledMapping:
    """A mapping, compiled for a company where everything was made."""
    live = company()
    there, names = provisioned(live, changes(mapping, live))
    return compile_mapping(mapping, there, names, LIMITS, mapping_account.context())


def _key(field: NewField) -> str:
    return hashlib.sha1(f"{field.object}.{field.name}".encode(), usedforsecurity=False).hexdigest()


def _described(field: FieldSchema, key: str) -> FieldSchema:
    """A field as Pipedrive tells it once it is there: types it does not have are others."""
    if not key:
        return field
    type = DESCRIBED_AS.get(field.type, field.type)
    if field.type is FieldType.PICKLIST and set(field.options) == {"Yes", "No"}:
        type = FieldType.BOOLEAN
    return replace(field, name=key, type=type)


_OBJECTS = {
    "persons": """
name text 255 required
email email 255
phone_mobile phone 255
phone_home phone 255
phone_work phone 255
phone_other phone 255
org_id lookup
add_time datetime
visible_to picklist Owner_only|Whole_company
owner_id owner
""",
    "organizations": """
name text 255 required
address long_text 65000
add_time datetime
visible_to picklist Owner_only|Whole_company
owner_id owner
""",
    "products": """
name text 255 required
code text 255
unit text 255
description long_text 65000
tax percent
price money
cost money
visible_to picklist Owner_only|Whole_company
owner_id owner
""",
    "activities": """
subject text 255 required
type picklist Call|Meeting
start datetime
duration_minutes integer
done boolean
busy boolean
person_id lookup
org_id lookup
deal_id lookup
location text 255
public_description long_text 65000
note rich_text 60000
cliniko_appointment_id text 255
cliniko_attendee_id text 255
owner_id owner
""",
    "notes": """
title text 120
content rich_text 100000 required
add_time datetime
owner_id owner
""",
    "files": """
name text 240
""",
    "users": """
email email 255
name text 255
""",
}
