"""What is sent to create a field, and whether what is there already fits (FACTS 7). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gurney.destinations.highlevel import values
from gurney.destinations.highlevel.limits import data, limit
from gurney.destinations.highlevel.metadata import association_key, bare_key, field_schema, labels_of, wire_object
from gurney.destinations.highlevel.objects import CONTACTS
from gurney.schema import FieldSchema, FieldType, NewField

FIELD_TYPES = {
    FieldType.TEXT: "TEXT",
    FieldType.LONG_TEXT: "LARGE_TEXT",
    FieldType.RICH_TEXT: "LARGE_TEXT",
    FieldType.EMAIL: "TEXT",
    FieldType.PHONE: "TEXT",
    FieldType.URL: "TEXT",
    FieldType.INTEGER: "NUMERICAL",
    FieldType.DECIMAL: "NUMERICAL",
    FieldType.PERCENT: "NUMERICAL",
    FieldType.MONEY: "MONETORY",
    FieldType.BOOLEAN: "SINGLE_OPTIONS",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "TEXT",
    FieldType.PICKLIST: "SINGLE_OPTIONS",
    FieldType.MULTI_PICKLIST: "MULTIPLE_OPTIONS",
    FieldType.FILE: "FILE_UPLOAD",
}
"""A field of the type DATE drops the time (FACTS 0.3), and the vendor's own types for addresses and numbers refuse what
clinics type: moments, addresses and further numbers are texts. Yes or no is a list of Yes and No."""
PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST})
_GAPS = re.compile(r"[^a-z0-9]+")


def field_type(change: NewField) -> str:
    """The vendor's type; '' for what it has no field for. A text longer than a line is a large one."""
    if change.type is FieldType.TEXT and (change.length or 0) > limit("text_chars"):
        return "LARGE_TEXT"
    return FIELD_TYPES.get(change.type, "")


def wanted_options(change: NewField) -> tuple[str, ...]:
    return values.YES_NO if change.type is FieldType.BOOLEAN else tuple(dict.fromkeys(change.options))


def contact_body(change: NewField, folder: str) -> dict[str, Any]:
    """The body of a contact's field. `options` and the folder are taken, though not documented (FACTS 7)."""
    kind = field_type(change)
    body: dict[str, Any] = {"name": change.label, "dataType": kind, "model": "contact"}
    if kind in values.ONE_OF | values.SOME_OF:
        body["options"] = list(wanted_options(change))
    if kind == "FILE_UPLOAD":
        body |= {"isMultipleFile": True, "maxNumberOfFiles": int(data()["files"]["most_in_a_field"])}
    return body | ({"parentId": folder} if folder else {})


def record_body(change: NewField, folder: str, location: str) -> dict[str, Any]:
    """The body of a custom object's field; it must stand in a folder."""
    kind = field_type(change)
    body: dict[str, Any] = {
        "locationId": location,
        "name": change.label,
        "dataType": kind,
        "fieldKey": f"{change.object}.{change.name.lower()}",
        "objectKey": change.object,
        "showInForms": False,
        "parentId": folder,
    }
    if kind in values.ONE_OF | values.SOME_OF:
        body["options"] = option_bodies(wanted_options(change), ())
    return body


def option_bodies(labels: Iterable[str], there: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Options with keys of their own, after those that are there, which cannot be taken away (FACTS 7)."""
    bodies = [{"key": str(one["key"]), "label": str(one["label"])} for one in there]
    taken = {body["key"] for body in bodies}
    for label in labels:
        key = stem = _GAPS.sub("_", label.lower()).strip("_") or "option"
        count = 1
        while key in taken:
            count += 1
            key = f"{stem}_{count}"
        taken.add(key)
        bodies.append({"key": key, "label": label})
    return bodies


def association_body(change: NewField, location: str) -> dict[str, str]:
    """The association that holds a lookup: a contact always stands first, and the two labels differ (FACTS 9)."""
    target = change.lookup_to or ""
    own, other = (wire_object(change.object), _label(change.object)), (wire_object(target), change.label)
    first, second = (own, other) if change.object == CONTACTS else (other, own)
    return {
        "locationId": location,
        "key": association_key(change.object, change.name.lower()),
        "firstObjectKey": first[0],
        "firstObjectLabel": first[1],
        "secondObjectKey": second[0],
        "secondObjectLabel": second[1] if second[1] != first[1] else f"{second[1]} of",
    }


def missing_options(options: Sequence[str], there: FieldSchema) -> list[str]:
    """Options that the field does not have yet, in order."""
    known = set(there.options)
    return [option for option in dict.fromkeys(options) if option not in known]


def find(change: NewField, there: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The custom field that is meant: by its key, else by its label; of several the first that fits."""
    label = change.label.strip().casefold()
    found = [
        dict(raw)
        for raw in there
        if bare_key(raw) == change.name.lower() or str(raw.get("name") or "").strip().casefold() == label
    ]
    return next((raw for raw in found if not misfit(change, raw)), found[0] if found else None)


def misfit(change: NewField, raw: Mapping[str, Any]) -> str:
    """Why the field that is there cannot hold what is meant for it; '' when it can."""
    kind, wanted = str(raw.get("dataType")), field_type(change)
    alike = {wanted} | ({"LARGE_TEXT"} if wanted == "TEXT" else set())
    alike |= values.ONE_OF if wanted in values.ONE_OF else values.SOME_OF if wanted in values.SOME_OF else set()
    if kind not in alike:
        return f"it exists as {kind}, and {wanted or change.type.value} is needed; rename or delete it"
    if change.type is FieldType.BOOLEAN and field_schema(raw).type is not FieldType.BOOLEAN and labels_of(raw):
        return f"its options must be {' and '.join(values.YES_NO)} alone; rename or delete it"
    return ""


def _label(object: str) -> str:
    """What records of an object are called on the other side of a link."""
    return "Contact" if object == CONTACTS else object.rpartition(".")[2].replace("_", " ").capitalize()
