"""How many custom fields an object takes (FACTS 7): the edition's number, and those of each sort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.editions import EXTERNAL_IDS, LONG_TEXT_TOTAL, RELATIONSHIPS
from gurney.twins.salesforce.schema import FieldDef, ObjectDef

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World


def check_limits(world: World, kind: ObjectDef, made: FieldDef, before: FieldDef | None, node: Node) -> None:
    """Raises Problem when the object is full (rule salesforce.field-limit)."""
    most = world.edition.custom_fields
    if before is None and kind.custom_field_count >= most:
        raise node.problem(
            f"CUSTOM_ENTITY_OR_FIELD_LIMIT: This {kind.name} already has the maximum number of custom fields: {most}"
        )
    others = [field for field in kind.custom_fields() if field.name != made.name] + kind.deleted_fields
    if made.reference_to and sum(bool(field.reference_to) for field in others) >= RELATIONSHIPS:
        raise node.problem(
            f"CUSTOM_ENTITY_OR_FIELD_LIMIT: {kind.name} already has the maximum number of relationship fields: "
            f"{RELATIONSHIPS}"
        )
    if _indexed(made) and sum(_indexed(field) for field in others) >= EXTERNAL_IDS:
        raise node.problem(
            f"CUSTOM_FIELD_INDEX_LIMIT_EXCEEDED: {kind.name} already has the maximum number of unique and external id "
            f"fields: {EXTERNAL_IDS}"
        )
    if made.is_long and sum(field.length for field in others if field.is_long) + made.length > LONG_TEXT_TOTAL:
        raise node.problem(
            f"CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED: the long text fields of {kind.name} would exceed {LONG_TEXT_TOTAL} "
            "characters"
        )


def _indexed(field: FieldDef) -> bool:
    return field.external_id or field.unique
