"""What is sent to create a module or a field, and whether what is there already fits (FACTS 7). Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gurney.destinations.zoho.limits import limit, modules
from gurney.destinations.zoho.metadata import field_schema
from gurney.schema import FieldSchema, FieldType, NewField, NewObject

DATA_TYPES = {
    FieldType.TEXT: "text",
    FieldType.LONG_TEXT: "textarea",
    FieldType.RICH_TEXT: "textarea",
    FieldType.EMAIL: "email",
    FieldType.PHONE: "phone",
    FieldType.URL: "website",
    FieldType.INTEGER: "integer",
    FieldType.DECIMAL: "double",
    FieldType.MONEY: "currency",
    FieldType.PERCENT: "percent",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime",
    FieldType.PICKLIST: "picklist",
    FieldType.MULTI_PICKLIST: "multiselectpicklist",
    FieldType.LOOKUP: "lookup",
    FieldType.OWNER: "userlookup",
    FieldType.FILE: "fileupload",
}
MONEY_DECIMALS = 2
STANDS_IN = {
    FieldType.TEXT: {FieldType.LONG_TEXT},
    FieldType.INTEGER: {FieldType.DECIMAL},
    FieldType.DECIMAL: {FieldType.MONEY},
    FieldType.MONEY: {FieldType.DECIMAL},
}
"""Types that hold every value of another, so that an existing field of them will do."""
TOOLTIP_CHARS = 255


def field_body(change: NewField, *, short: bool = False, external: bool = False) -> dict[str, Any]:
    """One element of `fields`.

    `short` keeps to the stricter caps that only one specification names; `external` makes our key an external
    field of the organisation instead of a unique one: both let one record hold a value (FACTS 8).
    """
    label = short_label(change.label) if short else change.label
    body: dict[str, Any] = {"field_label": label, "data_type": DATA_TYPES[change.type], **_size(change)}
    if change.unique:
        body |= {"external": {"type": "org", "show": True}} if external else {"unique": {"case_sensitive": False}}
    if change.type in (FieldType.PICKLIST, FieldType.MULTI_PICKLIST):
        body["pick_list_values"] = option_bodies(first_options(change.options) if short else change.options)
    if change.type is FieldType.LOOKUP:
        body["lookup"] = {
            "module": {"api_name": change.lookup_to},
            "display_label": short_label(f"{change.object} {label}".replace("_", " ")),
        }
    if change.help:
        body["tooltip"] = {"name": "info_icon", "value": change.help[:TOOLTIP_CHARS]}
    return body


def _size(change: NewField) -> dict[str, Any]:
    """Length and the like, by type (FACTS 6)."""
    match change.type:
        case FieldType.TEXT if (change.length or 0) > limit("text_chars"):
            return {"data_type": "textarea", **_text_area(change.length)}
        case FieldType.TEXT:
            return {"length": change.length or limit("text_chars")}
        case FieldType.LONG_TEXT:
            return _text_area(change.length)
        case FieldType.RICH_TEXT:
            return {"length": limit("rich_text_chars"), "textarea": {"type": "rich_text"}}
        case FieldType.EMAIL:
            return {"length": limit("email_chars")}
        case FieldType.PHONE:
            return {"length": limit("phone_chars")}
        case FieldType.URL:
            return {"length": limit("url_chars")}
        case FieldType.INTEGER if (change.length or 0) > limit("integer_digits"):
            return {"data_type": "bigint", "length": limit("big_integer_digits")}
        case FieldType.INTEGER:
            return {"length": limit("integer_digits")}
        case FieldType.DECIMAL:
            return {"length": limit("number_digits"), "decimal_place": limit("number_decimals")}
        case FieldType.MONEY:
            return {"length": limit("number_digits"), "decimal_place": MONEY_DECIMALS}
        case _:
            return {}


def _text_area(length: int | None) -> dict[str, Any]:
    small = length is not None and length <= limit("small_text_chars")
    size = limit("small_text_chars") if small else limit("long_text_chars")
    return {"length": size, "textarea": {"type": "small" if small else "large"}}


def short_label(label: str) -> str:
    """A label within the strictest cap, and still different for labels that begin alike.

    >>> short_label("Insurance policy number of the second payer")
    'Insurance policy num b073'
    """
    most = limit("field_label_chars")
    if len(label) <= most:
        return label
    return f"{label[: most - 5].rstrip()} {hashlib.sha256(label.encode()).hexdigest()[:4]}"


def option_bodies(options: Iterable[str]) -> list[dict[str, str]]:
    return [{"display_value": option, "actual_value": option} for option in options]


def first_options(options: Sequence[str]) -> list[str]:
    """The options that the strictest cap takes in a creation."""
    fitting = [option for option in options if len(option) <= limit("option_chars_at_creation")]
    return fitting[: limit("options_at_creation")]


def missing_options(options: Iterable[str], there: FieldSchema) -> list[str]:
    """Options that the field does not have yet, in order."""
    known = set(there.options)
    return [option for option in dict.fromkeys(options) if option not in known]


def tries(change: NewField) -> list[dict[str, Any]]:
    """The bodies to try, the most faithful first.

    Tasks and Events begin with an external field, the documented way to key them; all else begins with a unique one,
    because upsert is documented for those. Whichever the organisation refuses (two unique fields a module at most,
    external fields not in Calls), the other is tried: what they do to a repeated value is the same (FACTS 0.3, 8).
    """
    external_first = change.object in modules("keyed_by_external_first")
    forms = [external_first, not external_first] if change.unique else [False]
    if change.object in modules("no_external"):
        forms = [False]
    full = [field_body(change, external=external) for external in forms]
    short = [field_body(change, short=True, external=external) for external in forms]
    return full + [body for body in short if body not in full]


def find(change: NewField, there: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The field that is meant, by API name, else a custom field of that label, shortened or not."""
    by_name: dict[str, Any] | None = None
    by_label: dict[str, Any] | None = None
    labels = {change.label.casefold(), short_label(change.label).casefold()}
    for raw in there:
        if raw["api_name"] == change.name:
            by_name = dict(raw)
        elif raw.get("custom_field") and str(raw.get("field_label", "")).casefold() in labels:
            by_label = by_label or dict(raw)
    return by_name or by_label


def misfit(change: NewField, raw: Mapping[str, Any]) -> str:
    """Why the field that is there cannot hold what is meant for it; '' when it can."""
    there = field_schema(raw)
    wanted = DATA_TYPES[change.type]
    if there.type is not change.type and there.type not in STANDS_IN.get(change.type, set()):
        return f"it exists as {raw.get('data_type')}, and {wanted} is needed; rename or delete it"
    if change.lookup_to and there.lookup_to and there.lookup_to != change.lookup_to:
        return f"it looks up {there.lookup_to}, and {change.lookup_to} is needed; rename or delete it"
    if change.unique and not there.unique:
        return "it exists and allows duplicate values; tick 'Do not allow duplicate values' in its properties"
    if change.length and change.type is FieldType.TEXT and there.max_length and there.max_length < change.length:
        return f"it holds {there.max_length} characters, and {change.length} are needed; make it longer"
    if not there.writable:
        return "it exists and cannot be written"
    return ""


def module_body(change: NewObject, profiles: Sequence[str]) -> dict[str, Any]:
    """One element of `modules`."""
    most = limit("object_label_chars")
    return {
        "singular_label": change.label[:most].strip(),
        "plural_label": change.plural_label[:most].strip(),
        "api_name": change.name,
        "profiles": [{"id": profile} for profile in profiles],
        "display_field": {"field_label": f"{change.label} Name"[:most].strip(), "data_type": "text"},
    }


def module_tries(change: NewObject, profiles: Sequence[str]) -> list[dict[str, Any]]:
    """The bodies to try: as asked, labels without spaces, and last a name without underscores too."""
    plain = replace(change, label=_alphanumeric(change.label), plural_label=_alphanumeric(change.plural_label))
    plainest = replace(plain, name=_alphanumeric(change.name))
    bodies = [module_body(each, profiles) for each in (change, plain, plainest)]
    return [body for at, body in enumerate(bodies) if body not in bodies[:at]]


def find_module(change: NewObject, there: Mapping[str, Mapping[str, Any]]) -> str:
    """The API name of the module that is meant; '' when there is none."""
    if change.name in there:
        return change.name
    names = {_alphanumeric(text).casefold() for text in (change.name, change.plural_label)}
    for name, raw in there.items():
        own = {_alphanumeric(str(text)).casefold() for text in (name, raw.get("plural_label") or "")}
        if raw.get("generated_type") == "custom" and names & own:
            return name
    return ""


def _alphanumeric(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)
