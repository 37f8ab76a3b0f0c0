"""What is sent to create a field, and whether what is there already fits (FACTS 4, 5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gurney.destinations.pipedrive import values
from gurney.destinations.pipedrive.limits import limit
from gurney.destinations.pipedrive.metadata import field_schema
from gurney.schema import FieldSchema, FieldType, NewField

FIELD_TYPES = {
    FieldType.TEXT: "varchar",
    FieldType.LONG_TEXT: "text",
    FieldType.RICH_TEXT: "text",
    FieldType.EMAIL: "varchar",
    FieldType.PHONE: "phone",
    FieldType.URL: "varchar",
    FieldType.INTEGER: "double",
    FieldType.DECIMAL: "double",
    FieldType.MONEY: "monetary",
    FieldType.PERCENT: "double",
    FieldType.BOOLEAN: "enum",
    FieldType.DATE: "date",
    FieldType.DATETIME: "varchar",
    FieldType.PICKLIST: "enum",
    FieldType.MULTI_PICKLIST: "set",
    FieldType.OWNER: "user",
}
"""Pipedrive has no field for yes or no, nor for a moment: they are a pick-list of Yes and No, and a text in UTC."""
LOOKUPS = {"persons": "people", "organizations": "org", "users": "user"}
PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST})


def field_type(change: NewField) -> str:
    """The vendor's type; '' for what it has no field for. A text longer than a varchar is a text."""
    if change.type is FieldType.LOOKUP:
        return LOOKUPS.get(change.lookup_to or "", "")
    if change.type is FieldType.TEXT and (change.length or 0) > limit("text_chars"):
        return "text"
    return FIELD_TYPES.get(change.type, "")


def wanted_options(change: NewField) -> tuple[str, ...]:
    return values.YES_NO if change.type is FieldType.BOOLEAN else tuple(dict.fromkeys(change.options))


def field_body(change: NewField) -> dict[str, Any]:
    """The body of a creation. A pick-list needs its options at once (FACTS 5.2)."""
    body: dict[str, Any] = {
        "field_name": change.label[: limit("field_label_chars")],
        "field_type": field_type(change),
    }
    if body["field_type"] in ("enum", "set"):
        body["options"] = option_bodies(wanted_options(change))
    return body


def option_bodies(options: Iterable[str]) -> list[dict[str, str]]:
    return [{"label": option} for option in options]


def missing_options(options: Sequence[str], there: FieldSchema) -> list[str]:
    """Options that the field does not have yet, in order."""
    known = set(there.options)
    return [option for option in dict.fromkeys(options) if option not in known]


def find(change: NewField, there: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The custom field that is meant: by its key, else by its label; of several the first that fits (FACTS 0.7)."""
    label = change.label.strip().casefold()
    found = [
        dict(raw)
        for raw in there
        if raw["field_code"] == change.name or str(raw.get("field_name") or "").strip().casefold() == label
    ]
    return next((raw for raw in found if not misfit(change, raw)), found[0] if found else None)


def misfit(change: NewField, raw: Mapping[str, Any]) -> str:
    """Why the field that is there cannot hold what is meant for it; '' when it can."""
    there, kind = field_schema(raw), str(raw.get("field_type"))
    wanted = field_type(change)
    if kind != wanted and not (wanted == "varchar" and kind in ("text", "varchar_auto")):
        return f"it exists as {kind}, and {wanted or change.type.value} is needed; rename or delete it"
    if change.type is FieldType.BOOLEAN and there.type is not FieldType.BOOLEAN:
        return f"its options must be {' and '.join(values.YES_NO)} alone; rename or delete it"
    if not there.writable:
        return "it exists and cannot be written"
    return ""
