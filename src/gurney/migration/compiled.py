"""The mapping of this migration, compiled for the live schema, the account's limits and the clinic's zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gurney.mapping.compile import CompiledMapping, Context, compile_mapping
from gurney.mapping.known import known_names
from gurney.mapping.model import Mapping
from gurney.mapping.problems import MappingWrong, Problem
from gurney.migration import connect
from gurney.migration.context import Migration
from gurney.migration.saved import provisioned_from_json
from gurney.schema import (
    FieldSchema,
    FieldType,
    NewField,
    NewObject,
    NewOptions,
    ObjectSchema,
    Provisioned,
    Schema,
    SchemaChange,
)

TITLE_FIELD = "Name"
"""The field that a new object has from the start."""


def compile_for(migration: Migration, mapping: Mapping, schema: Schema) -> CompiledMapping:
    """Compile the mapping; its field names become those that the destination really gave.

    Raises MappingWrong also for a table that does not go where the destination keeps files.
    """
    _require_files(mapping, migration.destination().capabilities.file_object)
    names = names_of(migration, mapping, schema)
    return compile_mapping(mapping, schema, names, limits_of(migration), context_of(migration))


def _require_files(mapping: Mapping, file_object: str) -> None:
    wrong = [
        Problem(
            entry.line, entry.map, "error", f"A table makes files; {entry.to} are none.", f"Write `to: {file_object}`."
        )
        for entry in mapping.active()
        if entry.table is not None and entry.to != file_object
    ]
    if wrong:
        raise MappingWrong("mapping.yaml", wrong)


def names_of(migration: Migration, mapping: Mapping, schema: Schema) -> dict[tuple[str, str], str]:
    """The names that the destination's fields really have, where the mapping has others."""
    return known_names(mapping, schema, actual_names(made_so_far(migration)))


def context_of(migration: Migration) -> Context:
    """What transforms need of this account and of the destination's own rules."""
    source = migration.document("source-account", "gurney check")
    return Context(
        as_of=migration.as_of(),
        zone=clinic_zone(migration, source),
        currency=source.get("currency", ""),
        country=source.get("country_code", ""),
        checks=connect.accepts(migration.workspace.settings.migration.destination),
    )


def limits_of(migration: Migration) -> dict[str, int]:
    """The destination's limits that are known, by name."""
    limits = migration.account().limits
    return {name: limit.value for name, limit in limits.items() if limit.value is not None}


def clinic_zone(migration: Migration, source: dict[str, Any]) -> str:
    """The zone whose days count: the first live location's, else the key owner's."""
    for row in migration.store.snapshot.scan("businesses", limit=50):
        zone = row.body.get("time_zone_identifier")
        if row.state == "live" and zone:
            return str(zone)
    return str(source.get("time_zone") or "UTC")


def made_so_far(migration: Migration) -> list[Provisioned]:
    """Everything that provisioning made or found, over all its runs."""
    saved = migration.store.documents.get("provisioned")
    return provisioned_from_json(saved["made"]) if saved else []


def actual_names(made: list[Provisioned]) -> dict[tuple[str, str], str]:
    """(object, name in the mapping) -> the name that the destination gave the field."""
    return {
        (one.change.object, one.change.name): one.actual_name
        for one in made
        if isinstance(one.change, NewField) and one.actual_name
    }


def with_changes(schema: Schema, changes: list[SchemaChange]) -> Schema:
    """The schema as it will be once the changes are made: what a dry build compiles against."""
    objects = {
        name: ObjectSchema(one.name, one.label, dict(one.fields), one.custom) for name, one in schema.objects.items()
    }
    for change in changes:
        if isinstance(change, NewObject):
            title = FieldSchema(TITLE_FIELD, change.label, FieldType.TEXT, required=True)
            objects[change.name] = ObjectSchema(change.name, change.label, {TITLE_FIELD: title}, custom=True)
        elif isinstance(change, NewField) and change.object in objects:
            fields = {**objects[change.object].fields, change.name: _field(change)}
            one = objects[change.object]
            objects[change.object] = ObjectSchema(one.name, one.label, fields, one.custom)
        elif isinstance(change, NewOptions) and change.object in objects:
            one = objects[change.object]
            field = one.fields[change.field]
            longer = replace(field, options=(*field.options, *change.options))
            objects[change.object] = ObjectSchema(one.name, one.label, {**one.fields, field.name: longer}, one.custom)
    return Schema(objects)


def _field(change: NewField) -> FieldSchema:
    return FieldSchema(
        name=change.name,
        label=change.label,
        type=change.type,
        max_length=change.length,
        unique=change.unique,
        options=change.options,
        lookup_to=change.lookup_to,
        custom=True,
    )
