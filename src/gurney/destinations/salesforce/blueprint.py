"""What is deployed to make an object or a field, and whether what is there already fits (FACTS 2, 7). Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gurney.destinations.salesforce.limits import field_shape, limit, lines_shown
from gurney.destinations.salesforce.mdapi import Body
from gurney.schema import FieldType, NewField, NewObject

CUSTOM = "__c"
TYPES = {
    FieldType.TEXT: "Text",
    FieldType.LONG_TEXT: "LongTextArea",
    FieldType.RICH_TEXT: "Html",
    FieldType.EMAIL: "Email",
    FieldType.PHONE: "Phone",
    FieldType.URL: "Url",
    FieldType.INTEGER: "Number",
    FieldType.DECIMAL: "Number",
    FieldType.MONEY: "Currency",
    FieldType.PERCENT: "Percent",
    FieldType.BOOLEAN: "Checkbox",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "DateTime",
    FieldType.PICKLIST: "Picklist",
    FieldType.MULTI_PICKLIST: "MultiselectPicklist",
    FieldType.LOOKUP: "Lookup",
    FieldType.OWNER: "Lookup",
}
PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST})
HOLDS = {
    FieldType.TEXT: {"string", "textarea"},
    FieldType.LONG_TEXT: {"textarea", "string"},
    FieldType.RICH_TEXT: {"textarea"},
    FieldType.EMAIL: {"email", "string"},
    FieldType.PHONE: {"phone", "string"},
    FieldType.URL: {"url", "string"},
    FieldType.INTEGER: {"int", "double"},
    FieldType.DECIMAL: {"double", "currency"},
    FieldType.MONEY: {"currency", "double"},
    FieldType.PERCENT: {"percent", "double"},
    FieldType.BOOLEAN: {"boolean"},
    FieldType.DATE: {"date"},
    FieldType.DATETIME: {"datetime"},
    FieldType.PICKLIST: {"picklist", "combobox"},
    FieldType.MULTI_PICKLIST: {"multipicklist"},
    FieldType.LOOKUP: {"reference"},
    FieldType.OWNER: {"reference"},
}
"""Types of describe (FACTS 6) that hold every value of a neutral type: an existing field of them will do."""
UNIQUE = frozenset({FieldType.TEXT, FieldType.EMAIL, FieldType.INTEGER})
"""Types that can be external ids."""
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def unmakeable(change: NewObject | NewField) -> str:
    """Why it cannot be deployed whatever the organisation says; '' when it can."""
    base = change.name.removesuffix(CUSTOM)
    if base == change.name:
        return f"the name of what is made must end in {CUSTOM}"
    if not NAME.fullmatch(base) or len(base) > limit("name_chars"):
        return (
            f"the name must begin with a letter, hold letters, digits and single underscores, and be at most "
            f"{limit('name_chars')} characters long before {CUSTOM}"
        )
    if isinstance(change, NewObject):
        return ""
    if change.type not in TYPES:
        return f"Salesforce has no field of the type {change.type.value}"
    if change.unique and change.type not in UNIQUE:
        return f"a field of the type {change.type.value} cannot be a key"
    if change.type is FieldType.LOOKUP and not change.lookup_to:
        return "a lookup needs the object that it points to"
    return ""


def object_body(change: NewObject, fields: Iterable[Body]) -> Body:
    """A new object with its fields. Its records have a name of text, which defaults to their id."""
    return {
        "deploymentStatus": "Deployed",
        "description": _cut(change.reason, field_shape("description_chars")),
        "enableBulkApi": True,  # these three only together (FACTS 7)
        "enableSharing": True,
        "enableStreamingApi": True,
        "enableReports": True,
        "enableSearch": True,
        "fields": list(fields),
        "label": label(change.label),
        "nameField": {"label": label(f"{change.label} Name"), "type": "Text"},
        "pluralLabel": label(change.plural_label),
        "sharingModel": "ReadWrite",
    }


def field_body(change: NewField, children: str) -> Body:
    """A new field. `children` is what a lookup's target calls the list of records that point to it."""
    return {
        "fullName": change.name,
        "label": label(change.label),
        "description": _cut(change.reason, field_shape("description_chars")),
        "inlineHelpText": _cut(change.help, field_shape("help_chars")),
        **_shape(change, children),
    }


def _shape(change: NewField, children: str) -> dict[str, Any]:
    """Type, size and the like (FACTS 7)."""
    key = {"externalId": True, "unique": True} if change.unique else {}
    digits = field_shape("number_digits")
    match change.type:
        case FieldType.TEXT if (change.length or 0) > limit("text_chars"):
            return _long("LongTextArea", change.length)
        case FieldType.TEXT:
            case = {"caseSensitive": True} if change.unique else {}
            usual = limit("key_chars") if change.unique else limit("text_chars")
            return {"type": "Text", "length": change.length or usual, **key, **case}
        case FieldType.LONG_TEXT if change.length and change.length <= limit("text_chars"):
            return {"type": "TextArea"}
        case FieldType.LONG_TEXT | FieldType.RICH_TEXT:
            return _long(TYPES[change.type], change.length)
        case FieldType.INTEGER:
            return {"type": "Number", "precision": min(change.length or digits, digits), "scale": 0, **key}
        case FieldType.DECIMAL | FieldType.PERCENT:
            return {"type": TYPES[change.type], "precision": digits, "scale": field_shape("decimals")}
        case FieldType.MONEY:
            return {"type": "Currency", "precision": digits, "scale": field_shape("money_decimals")}
        case FieldType.BOOLEAN:
            return {"type": "Checkbox", "defaultValue": False}
        case FieldType.PICKLIST | FieldType.MULTI_PICKLIST:
            return _pick_list(TYPES[change.type], dict.fromkeys(change.options, ""))
        case FieldType.LOOKUP | FieldType.OWNER:
            return {
                "type": "Lookup",
                "referenceTo": change.lookup_to or "User",
                "relationshipLabel": _cut(children, field_shape("list_label_chars")),
                "relationshipName": relationship_name(change),
                "deleteConstraint": "SetNull",
            }
        case _:
            return {"type": TYPES[change.type], **key}


def _long(type: str, length: int | None) -> dict[str, Any]:
    most = limit("rich_text_chars") if type == "Html" else limit("long_text_chars")
    size = max(field_shape("shortest_long_text"), min(length or field_shape("usual_long_text"), most))
    return {"type": type, "length": size, "visibleLines": lines_shown(type)}


def _pick_list(type: str, options: Mapping[str, str], *, restricted: bool = True, default: str = "") -> dict[str, Any]:
    """A pick-list with its labels by value; a value without a label is its own."""
    values = [
        {"fullName": value, "default": value == default, "label": label or value} for value, label in options.items()
    ]
    shape: dict[str, Any] = {
        "type": type,
        "valueSet": {"restricted": restricted, "valueSetDefinition": {"sorted": False, "value": values}},
    }
    lines = lines_shown(type)
    return shape | ({"visibleLines": lines} if lines else {})


def extended_body(raw: Mapping[str, Any], options: Iterable[str]) -> Body:
    """A custom pick-list as describe shows it, with more values. A value that is not deployed again would go."""
    there = {str(each["value"]): str(each.get("label") or "") for each in raw.get("picklistValues") or ()}
    default = next((str(each["value"]) for each in raw.get("picklistValues") or () if each.get("defaultValue")), "")
    type = "MultiselectPicklist" if raw.get("type") == "multipicklist" else "Picklist"
    return {
        "fullName": str(raw["name"]),
        "label": str(raw.get("label") or raw["name"]),
        "inlineHelpText": raw.get("inlineHelpText") or None,
        **_pick_list(
            type,
            there | {option: "" for option in options if option not in there},
            restricted=bool(raw.get("restrictedPicklist")),
            default=default,
        ),
    }


def missing_options(options: Iterable[str], raw: Mapping[str, Any]) -> list[str]:
    """Values that the pick-list does not offer yet, in order."""
    there = {each.get("value") for each in raw.get("picklistValues") or () if each.get("active", True)}
    return [option for option in dict.fromkeys(options) if option not in there]


def takes_any_value(raw: Mapping[str, Any]) -> bool:
    """Whether the API takes values that the pick-list does not offer (FACTS 2)."""
    return not raw.get("restrictedPicklist")


def misfit(change: NewField, raw: Mapping[str, Any]) -> str:
    """Why the field that is there cannot hold what is meant for it; '' when it can."""
    type, length = raw.get("type"), int(raw.get("length") or 0)
    target = change.lookup_to or "User"
    if type not in HOLDS.get(change.type, set()) or (change.type is FieldType.RICH_TEXT and not _is_rich(raw)):
        wanted = TYPES.get(change.type, change.type.value)
        return f"it exists as {type}, and {wanted} is needed; rename or delete it"
    if type == "reference" and target not in (raw.get("referenceTo") or ()):
        return f"it looks up {', '.join(raw.get('referenceTo') or ())}, and {target} is needed; rename or delete it"
    if change.unique and not (raw.get("unique") and raw.get("externalId")):
        return "it exists and is no key; tick 'External ID' and 'Unique, case sensitive' in its properties"
    if type in ("string", "textarea") and change.length and length < change.length:
        return f"it holds {length} characters, and {change.length} are needed; make it longer"
    if raw.get("calculated") or raw.get("autoNumber"):
        return "it is computed by Salesforce; rename or delete it"
    return ""


def is_writable(raw: Mapping[str, Any]) -> bool:
    """Whether our user may fill it on creation and afterwards."""
    return bool(raw.get("createable") and raw.get("updateable"))


def _is_rich(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("htmlFormatted")) or raw.get("extraTypeInfo") == "richtextarea"


def relationship_name(change: NewField) -> str:
    """How a parent's list of these children is called in queries: one name a child object and field.

    >>> relationship_name(NewField("Appointment__c", "ContactId__c", "Patient", FieldType.LOOKUP, lookup_to="Contact"))
    'Appointment_ContactId'
    """
    name = f"{change.object.removesuffix(CUSTOM)}_{change.name.removesuffix(CUSTOM)}"
    most = limit("name_chars")
    if len(name) <= most:
        return name
    return f"{name[: most - 7].rstrip('_')}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def label(text: str) -> str:
    """A label within the cap; several fields may have the same one."""
    return text[: limit("label_chars")].strip()


def _cut(text: str, most: int) -> str | None:
    return text[:most].strip() or None
