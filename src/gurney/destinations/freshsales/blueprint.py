"""What is sent to make a field, and whether what is there already fits (FACTS 5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gurney.destinations.freshsales.metadata import field_schema
from gurney.schema import FieldSchema, FieldType, NewField

FIELD_TYPES = {
    FieldType.TEXT: "text",
    FieldType.LONG_TEXT: "textarea",
    FieldType.RICH_TEXT: "textarea",
    FieldType.EMAIL: "text",
    FieldType.PHONE: "text",
    FieldType.URL: "text",
    FieldType.INTEGER: "number",
    FieldType.DECIMAL: "number",
    FieldType.MONEY: "number",
    FieldType.PERCENT: "number",
    FieldType.BOOLEAN: "checkbox",
    FieldType.DATE: "date",
    FieldType.DATETIME: "text",
    FieldType.PICKLIST: "dropdown",
    FieldType.MULTI_PICKLIST: "multi_select_dropdown",
}
"""By the vendor's word; a moment is a text in UTC, for dates have no time."""
WORDS = {
    "text": "Text field",
    "textarea": "Text area",
    "number": "Number",
    "checkbox": "Checkbox",
    "date": "Date picker",
    "dropdown": "Dropdown",
    "multi_select_dropdown": "Multiselect",
}
"""What the vendor's own pages call a type."""
PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST})
ALIKE = {("dropdown", "radio"), ("text", "textarea")}
"""A field of the first type may as well be one of the second."""


def field_type(change: NewField) -> str:
    """The vendor's word for the type; '' for what it has no field for."""
    return FIELD_TYPES.get(change.type, "")


def field_body(change: NewField, code: int) -> dict[str, Any]:
    """The body of a creation. How choices are passed is not known; they are sent as they come back."""
    body: dict[str, Any] = {"label": change.label, "field_type": code, "required": False}
    if change.type in PICKS:
        options = dict.fromkeys(change.options)
        body["choices"] = [{"value": option, "position": number} for number, option in enumerate(options, start=1)]
    return body


def by_hand(change: NewField, module: str) -> str:
    """What an administrator does to make a field."""
    options = f" with the values {each(dict.fromkeys(change.options))}" if change.options else ""
    where = f" ({change.help})" if change.help else ""
    kind = WORDS[field_type(change)]
    return f"Admin Settings > {module} > Fields: add a {kind} named exactly {change.label!r}{options}{where}"


def each(options: Iterable[str]) -> str:
    """Values to be typed one by one; some hold commas or semicolons.

    >>> each(["Lost; do not call", "Kept"])
    "'Lost; do not call', 'Kept'"
    """
    return ", ".join(repr(option) for option in options)


def missing_options(options: Sequence[str], there: FieldSchema) -> list[str]:
    """Options that the field does not have yet, in order."""
    known = set(there.options)
    return [option for option in dict.fromkeys(options) if option not in known]


def find(change: NewField, there: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The field of one's own that is meant: by its name, else by its label."""
    label = change.label.strip().casefold()
    found = [
        dict(raw)
        for raw in there
        if raw["name"] == change.name or str(raw.get("label") or "").strip().casefold() == label
    ]
    return next((raw for raw in found if not misfit(change, raw)), found[0] if found else None)


def misfit(change: NewField, raw: Mapping[str, Any]) -> str:
    """Why the field that is there cannot hold what is meant for it; '' when it can."""
    kind, wanted = str(raw.get("type")), field_type(change)
    if kind != wanted and (wanted, kind) not in ALIKE:
        told, needed = WORDS.get(kind, kind), WORDS.get(wanted, wanted)
        return f"it exists as {told}, and {needed} is needed; rename or delete it"
    if not field_schema(raw).writable:
        return "it exists and cannot be written"
    return ""
