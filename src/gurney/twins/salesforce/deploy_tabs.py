"""Tabs: with one, a custom object can be browsed, and its records know when they were viewed (FACTS 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_changes import put_field, remove_field
from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.schema import FieldDef, ObjectDef

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

SEEN = (("LastViewedDate", "Last Viewed Date"), ("LastReferencedDate", "Last Referenced Date"))
STANDARD = "standard-"


def has_tab(kind: ObjectDef) -> bool:
    """Whether a custom object has its tab."""
    return SEEN[0][0] in kind.fields


def put_tab(world: World, name: str, node: Node) -> tuple[bool, bool]:
    """A custom object's tab: whether it is new, and whether it changed. Raises Problem."""
    kind = world.schema.find(name)
    if not node.get("customObject"):
        raise node.problem("This twin makes tabs of custom objects only")
    if kind is None or not kind.custom:
        raise node.problem(f"In field: customObject - no CustomObject named {name} found")
    if node.get("label"):
        raise node.problem("Can not specify 'label' for a CustomTab of a custom object")
    if not node.text("motif"):
        raise node.problem("Required field is missing: motif")
    if has_tab(kind):
        return False, False
    for field, label in SEEN:
        made = FieldDef(field, label, "datetime", createable=False, updateable=False, permissionable=False)
        put_field(world, kind, made)
    return True, True


def remove_tab(world: World, kind: ObjectDef) -> bool:
    """Take a tab away; whether there was one."""
    if not has_tab(kind):
        return False
    for field, _ in SEEN:
        remove_field(world, kind, field, purge=True)
    return True


def check_tab_settings(world: World, node: Node) -> None:
    """A permission set shows tabs that exist. Raises Problem."""
    for entry in node.nodes("tabSettings"):
        name = entry.text("tab")
        if name.startswith(STANDARD):
            continue
        kind = world.schema.find(name)
        if kind is None or not has_tab(kind):
            raise entry.problem(f"In field: tab - no CustomTab named {name} found")
