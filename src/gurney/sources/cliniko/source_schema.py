"""The source's schema in neutral words, so that a mapping can be checked before anything moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema
from gurney.sources.cliniko.custom_fields import CustomField, definitions
from gurney.sources.cliniko.derived import EVERYWHERE, FACTS, LOOKUPS, OPTIONS
from gurney.sources.cliniko.derived.reading import SETTINGS
from gurney.sources.cliniko.objects import ObjectSpec, objects

_ACCOUNT = ObjectSchema(
    SETTINGS,
    "Account",
    {
        "id": FieldSchema("id", "Id", FieldType.TEXT),
        "account": FieldSchema("account", "Account", FieldType.OTHER),
    },
)
"""The account's own record: one, read with the settings; `account.name` and others stand inside."""


def source_schema(settings: Mapping[str, Any]) -> Schema:
    """Every object with its fields, relations, derived facts (`derived.NAME`) and custom fields by token."""
    custom = definitions(settings)
    listed = {name: _object(spec, custom if name == "patients" else ()) for name, spec in objects().items()}
    return Schema({**listed, SETTINGS: _ACCOUNT})


def _object(spec: ObjectSpec, custom: tuple[CustomField, ...]) -> ObjectSchema:
    fields = [*_stored(spec), *_derived(spec.name), *(_custom(field) for field in custom)]
    return ObjectSchema(spec.name, spec.label, {field.name: field for field in fields})


def _stored(spec: ObjectSpec) -> Iterator[FieldSchema]:
    for name, kind in spec.fields.items():
        yield FieldSchema(name, _label(name), kind, options=spec.options.get(name, ()))
    for name, target in spec.links.items():
        yield FieldSchema(name, _label(name), FieldType.LOOKUP, lookup_to=target)


def _derived(object: str) -> Iterator[FieldSchema]:
    for name, kind in {**FACTS.get(object, {}), **EVERYWHERE}.items():
        yield FieldSchema(
            f"derived.{name}",
            _label(name),
            kind,
            options=OPTIONS.get((object, name), ()),
            lookup_to=LOOKUPS.get(name) if kind is FieldType.LOOKUP else None,
        )


def _custom(field: CustomField) -> FieldSchema:
    label = f"{field.section}: {field.name}" if field.section else field.name
    return FieldSchema(field.path, label, field.type, options=field.options, custom=True)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
