"""The Tooling API's objects: rows made out of the schema, so that the one query engine answers for them too."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.editions import EXTERNAL_IDS, RELATIONSHIPS
from gurney.twins.salesforce.ids import SHORT
from gurney.twins.salesforce.schema import FieldDef, ObjectDef, Schema
from gurney.twins.salesforce.store import Row, Store
from gurney.twins.salesforce.world import World

if TYPE_CHECKING:
    from gurney.twins.salesforce.call import Call

SUFFIX = "__c"
CACHE = "tooling"
COLUMNS = {
    "CustomObject": "DeveloperName NamespacePrefix SharingModel ManageableState",
    "CustomField": "DeveloperName TableEnumOrId EntityDefinitionId NamespacePrefix InlineHelpText RelationshipLabel "
                   "ManageableState Length:int Precision:int Scale:int",
    "EntityDefinition": "DurableId QualifiedApiName DeveloperName Label PluralLabel MasterLabel KeyPrefix "
                        "NamespacePrefix InternalSharingModel IsCustomizable:boolean IsQueryable:boolean",
    "FieldDefinition": "DurableId QualifiedApiName DeveloperName Label MasterLabel DataType EntityDefinitionId "
                       "NamespacePrefix RelationshipName Length:int Precision:int Scale:int IsNillable:boolean "
                       "IsIndexed:boolean IsCalculated:boolean",
    "EntityLimit": "DurableId EntityDefinitionId Type Label Max:int Remaining:int",
}  # fmt: skip
"""Object to its columns; text unless told otherwise."""
DEFINED = {"CustomField": "CustomFields", "FieldDefinition": "Fields", "EntityLimit": "Limits"}
"""Objects that belong to an EntityDefinition, and what it calls them."""
OWNER = "EntityDefinitionRow"
CUSTOMIZABLE_SETUP = ("User",)


class View(World):
    """The organisation as Tooling shows it: other objects, the same clock, switches and cursors."""

    def row_of(self, id: str) -> tuple[ObjectDef, Row] | None:
        """The row with an id of any form."""
        for kind in self.schema.objects.values():
            row = self.store.tables[kind.name].rows.get(id)
            if row is not None:
                return kind, row
        return None


def view_of(call: Call) -> tuple[View, Access]:
    """The view, made anew when the schema has changed."""
    world = call.world
    version, made = world.deployments.get(CACHE, (-1, None))
    if version != world.schema.version or made is None:
        made = _built(world)
        world.deployments[CACHE] = (world.schema.version, made)
    access = copy.copy(call.access)
    access.cache = {}
    return made, access


def _built(world: World) -> View:
    view = View.__new__(View)
    view.__dict__.update(world.__dict__)
    view.schema, view.store = Schema(), Store()
    for kind in _kinds():
        view.schema.add(kind)
        view.store.open(kind)
    for name, rows in (
        ("EntityDefinition", _entities(world)),
        ("CustomObject", _custom_objects(world)),
        ("CustomField", _custom_fields(world)),
        ("FieldDefinition", _fields(world)),
        ("EntityLimit", _limits(world)),
    ):
        for row in rows:
            view.table(name).add({key: value for key, value in row.items() if value is not None})
    return view


def _kinds() -> Iterator[ObjectDef]:
    for name, columns in COLUMNS.items():
        kind = ObjectDef(name, name, name, None, createable=False)
        kind.add(FieldDef("Id", "ID", "string", 18, nillable=False))
        for column in columns.split():
            field, _, type = column.partition(":")
            kind.add(FieldDef(field, field, type or "string", 255, filterable=True))
        if name in DEFINED:
            owner = FieldDef(OWNER, OWNER, "reference", 80, reference_to=("EntityDefinition",))
            owner.relationship, owner.children = "EntityDefinition", DEFINED[name]
            kind.add(owner)
        yield kind


def durable(kind: ObjectDef) -> str:
    """By what Tooling knows an object: its name, or the id of a custom one."""
    return kind.id[:SHORT] if kind.id else kind.name


def table_enum(kind: ObjectDef) -> str:
    """By what a custom field knows its object."""
    return kind.id or kind.name


def _developer(name: str) -> str:
    return name.removesuffix(SUFFIX)


def _entities(world: World) -> Iterator[Row]:
    for kind in world.schema.objects.values():
        id = durable(kind)
        yield {
            "Id": id, "DurableId": id, "QualifiedApiName": kind.name, "DeveloperName": _developer(kind.name),
            "Label": kind.label, "MasterLabel": kind.label, "PluralLabel": kind.label_plural,
            "KeyPrefix": kind.key_prefix, "InternalSharingModel": kind.sharing_model, "IsQueryable": kind.queryable,
            "IsCustomizable": not kind.setup or kind.name in CUSTOMIZABLE_SETUP,
        }  # fmt: skip


def _custom_objects(world: World) -> Iterator[Row]:
    for kind in world.schema.objects.values():
        if kind.custom:
            yield {
                "Id": kind.id, "DeveloperName": _developer(kind.name), "SharingModel": kind.sharing_model,
                "ManageableState": "unmanaged",
            }  # fmt: skip


def _custom_fields(world: World) -> Iterator[Row]:
    seen: set[str] = set()
    for kind in world.schema.objects.values():
        for field in kind.custom_fields():
            if field.id is None or field.id in seen:
                continue
            seen.add(field.id)
            yield {
                "Id": field.id, "DeveloperName": _developer(field.name), "TableEnumOrId": table_enum(kind),
                "EntityDefinitionId": durable(kind), OWNER: durable(kind), "InlineHelpText": field.help,
                "ManageableState": "unmanaged", **_sizes(field),
            }  # fmt: skip


def _fields(world: World) -> Iterator[Row]:
    for kind in world.schema.objects.values():
        for field in kind.fields.values():
            id = f"{durable(kind)}.{field.id[:SHORT] if field.id else field.name}"
            yield {
                "Id": id, "DurableId": id, "QualifiedApiName": field.name, "DeveloperName": _developer(field.name),
                "Label": field.label, "MasterLabel": field.label, "DataType": data_type(field),
                "EntityDefinitionId": durable(kind), OWNER: durable(kind), "RelationshipName": field.relationship,
                "IsNillable": field.nillable, "IsCalculated": field.calculated,
                "IsIndexed": field.unique or field.external_id or bool(field.reference_to), **_sizes(field),
            }  # fmt: skip


def data_type(field: FieldDef) -> str:
    """As Setup shows it: `Text(80)`, `Number(16, 2)`, `Lookup(Contact)`."""
    if field.reference_to:
        return f"{'Master-Detail' if field.master_detail else 'Lookup'}({','.join(field.reference_to)})"
    if field.type in ("double", "currency", "percent"):
        word = "Number" if field.type == "double" else field.type.title()
        return f"{word}({field.precision - field.scale}, {field.scale})"
    if field.type == "string":
        return f"Text({field.length})"
    if field.is_long:
        return f"{'Rich' if field.html else 'Long'} Text Area({field.length})"
    return {"textarea": "Text Area", "boolean": "Checkbox", "datetime": "Date/Time"}.get(field.type, field.type.title())


def _sizes(field: FieldDef) -> Row:
    return {"Length": field.length, "Precision": field.precision, "Scale": field.scale}


def _limits(world: World) -> Iterator[Row]:
    for kind in world.schema.objects.values():
        if kind.setup and kind.name not in CUSTOMIZABLE_SETUP:
            continue
        own = [*kind.custom_fields(), *kind.deleted_fields]
        for type, label, most, used in (
            ("CustomFields", "Custom Fields", world.edition.custom_fields, kind.custom_field_count),
            ("CustomRelationship", "Custom Relationship Fields", RELATIONSHIPS, sum(bool(f.reference_to) for f in own)),
            ("ExternalIds", "External Ids", EXTERNAL_IDS, sum(f.external_id or f.unique for f in own)),
        ):
            id = f"{durable(kind)}.{type}"
            yield {
                "Id": id, "DurableId": id, "EntityDefinitionId": durable(kind), OWNER: durable(kind), "Type": type,
                "Label": label, "Max": most, "Remaining": max(0, most - used),
            }  # fmt: skip
