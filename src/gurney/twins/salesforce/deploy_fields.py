"""From a CustomField of metadata to a field: what each type must, may and must not say (FACTS 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.deploy_names import SUFFIX, check_label, check_name, check_plain
from gurney.twins.salesforce.deploy_picklists import read_picklist
from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.schema import CASCADE, RESTRICT, SET_NULL, FieldDef, ObjectDef

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

TEXT_MOST = 255
LONG_LEAST, LONG_MOST = 256, 131_072
ENCRYPTED_MOST = 175
PRECISION_MOST = 18
LINES_MOST = 50
MASTERS_MOST = 2
DESCRIPTION_MOST, HELP_MOST = 1_000, 510
INDEXED = ("Text", "Number", "Email", "AutoNumber")
"""Types that can be an external id."""
UNIQUE = ("Text", "Number", "Email")
SPECIFIC = (
    "length", "precision", "scale", "visibleLines", "valueSet", "displayFormat", "startingNumber", "maskChar",
    "maskType", "referenceTo", "relationshipName", "relationshipLabel", "relationshipOrder", "deleteConstraint",
    "reparentableMasterDetail", "writeRequiresMasterRead", "populateExistingRows",
)  # fmt: skip
"""Elements that belong to some types only."""


@dataclass(frozen=True)
class Kind:
    """One type of metadata: its type in describe, its length, what it must and may say."""

    type: str
    length: int = 0
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    can_require: bool = True


NUMBER = ("precision", "scale")
KINDS = {
    "Text": Kind("string", must=("length",)),
    "TextArea": Kind("textarea", TEXT_MOST),
    "LongTextArea": Kind("textarea", must=("length", "visibleLines"), can_require=False),
    "Html": Kind("textarea", must=("length", "visibleLines"), can_require=False),
    "Number": Kind("double", must=NUMBER),
    "Currency": Kind("currency", must=NUMBER),
    "Percent": Kind("percent", must=NUMBER),
    "Checkbox": Kind("boolean", must=("defaultValue",), can_require=False),
    "Date": Kind("date"),
    "DateTime": Kind("datetime"),
    "Time": Kind("time"),
    "Email": Kind("email", 80),
    "Phone": Kind("phone", 40),
    "Url": Kind("url", TEXT_MOST),
    "Picklist": Kind("picklist", TEXT_MOST, must=("valueSet",)),
    "MultiselectPicklist": Kind("multipicklist", 4_099, must=("valueSet", "visibleLines")),
    "AutoNumber": Kind("string", 30, must=("displayFormat",), may=("startingNumber", "populateExistingRows"),
                       can_require=False),
    "EncryptedText": Kind("encryptedstring", must=("length",), may=("maskChar", "maskType")),
    "Lookup": Kind("reference", 18, must=("referenceTo",),
                   may=("relationshipName", "relationshipLabel", "deleteConstraint")),
    "MasterDetail": Kind("reference", 18, must=("referenceTo", "relationshipName"), can_require=False,
                         may=("relationshipLabel", "relationshipOrder", "reparentableMasterDetail",
                              "writeRequiresMasterRead")),
}  # fmt: skip
LINES = {"LongTextArea": 2, "Html": 10, "MultiselectPicklist": 3}
"""Least visibleLines."""
LINES_OF_LIST = 10
WIDER = {
    "Text": ("TextArea", "LongTextArea", "Html"),
    "TextArea": ("LongTextArea", "Html"),
    "LongTextArea": ("Html",),
    "Number": ("Currency", "Percent"),
    "Currency": ("Number", "Percent"),
    "Percent": ("Number", "Currency"),
    "Picklist": ("MultiselectPicklist",),
    "MasterDetail": ("Lookup",),
}
"""Type to the types that it can be changed to: those that take every value as it is."""


def read_field(world: World, kind: ObjectDef, node: Node) -> FieldDef:
    """A field as it will be, judged by itself and against the object that takes it. Raises Problem."""
    name = node.text("fullName")
    if not name.endswith(SUFFIX):
        raise node.problem(f"Could not resolve standard field's name. {name}")
    check_name(node, name, "field")
    label = check_label(node, "label", "CustomField")
    type = node.text("type")
    how = KINDS.get(type)
    if not type:
        raise node.problem("Must specify 'type' for a CustomField")
    if how is None or "formula" in node.values:
        raise node.problem(f"This twin does not make fields of type {'Formula' if how else type}")
    _check_elements(node, type, how)
    made = FieldDef(name, label, how.type, length=how.length, custom=True, metadata_type=type)
    made.help = node.text("inlineHelpText") or None
    made.nillable = not node.get("required", False)
    _indexes(node, type, made)
    MAKE.get(type, _nothing)(world, kind, node, made)
    if type not in ("Checkbox", "Picklist", "MultiselectPicklist"):
        made.default = _literal(node)
    return made


def _check_elements(node: Node, type: str, how: Kind) -> None:
    for name in how.must:
        if node.get(name) in (None, ""):
            raise node.problem(f"Must specify '{name}' for a CustomField of type {type}")
    for name in SPECIFIC:
        if node.get(name) not in (None, False, "") and name not in (*how.must, *how.may):
            raise node.problem(f"Can not specify '{name}' for a CustomField of type {type}")
    if node.get("required") and not how.can_require:
        raise node.problem(f"Can not specify 'required' for a CustomField of type {type}")
    if node.get("trackHistory") or node.get("trackFeedHistory"):
        raise node.problem("This twin does not track the history of fields")
    for name, most in (("description", DESCRIPTION_MOST), ("inlineHelpText", HELP_MOST)):
        if len(node.text(name)) > most:
            raise node.problem(f"Value too long for field: {name} maximum length is:{most}")
    least = LINES.get(type)
    if least is not None:
        most = LINES_OF_LIST if type == "MultiselectPicklist" else LINES_MOST
        if not least <= node.get("visibleLines", 0) <= most:
            raise node.problem(f"visibleLines must be between {least} and {most} for a CustomField of type {type}")


def _indexes(node: Node, type: str, made: FieldDef) -> None:
    """externalId, unique and caseSensitive, where the type can have them."""
    for name, types in (("externalId", INDEXED), ("unique", UNIQUE), ("caseSensitive", ("Text",))):
        if node.get(name) and type not in types:
            raise node.problem(f"Can not specify '{name}' for a CustomField of type {type}")
    if node.get("caseSensitive") and not node.get("unique"):
        raise node.problem("Can not specify 'caseSensitive' for a CustomField that is not unique")
    made.external_id = bool(node.get("externalId"))
    made.id_lookup = made.external_id
    made.unique = bool(node.get("unique"))
    made.case_sensitive = bool(node.get("caseSensitive"))


# By type


def _nothing(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    """Types with nothing to say."""


def _text(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    made.length = node.values["length"]
    most = ENCRYPTED_MOST if made.type == "encryptedstring" else TEXT_MOST
    if not 1 <= made.length <= most:
        raise node.problem(f"Length must be between 1 and {most} for a CustomField of type {made.metadata_type}")
    made.__post_init__()


def _long_text(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    made.length = node.values["length"]
    if not LONG_LEAST <= made.length <= LONG_MOST:
        raise node.problem(
            f"Length must be between {LONG_LEAST} and {LONG_MOST} for a CustomField of type {made.metadata_type}"
        )
    if made.metadata_type == "Html":
        made.html, made.extra_type = True, "richtextarea"
    else:
        made.extra_type = "plaintextarea"
    made.__post_init__()


def _number(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    made.precision, made.scale = node.values["precision"], node.values["scale"]
    if not 1 <= made.precision <= PRECISION_MOST:
        raise node.problem(f"Precision must be between 1 and {PRECISION_MOST}")
    if not 0 <= made.scale < PRECISION_MOST or made.scale > made.precision:
        raise node.problem("Scale must be at least 0, less than 18, and no more than the precision")


def _checkbox(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    word = node.text("defaultValue").strip().lower()
    if word not in ("true", "false"):
        raise node.problem("defaultValue of a CustomField of type Checkbox must be true or false")
    made.default, made.defaulted, made.nillable = word == "true", True, False


def _list(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    made.picklist, made.restricted = read_picklist(node.values["valueSet"], sorted_out=kind.find(made.name))
    made.default = next((value.value for value in made.picklist if value.default), None)
    made.__post_init__()


def _auto_number(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    made.auto_number = check_format(node)
    made.counter = node.get("startingNumber", 1) - 1
    made.createable = made.updateable = False
    made.defaulted = True


def check_format(node: Node) -> str:
    """The display format of an auto number: one `{0}` with as many noughts as you like. Raises Problem."""
    text = node.text("displayFormat")
    rest = text.partition("{")[2]
    noughts, closed, _ = rest.partition("}")
    if not closed or not noughts or noughts.strip("0") or len(text) > 30:
        raise node.problem(f"Invalid display format: {text}")
    return text


def _lookup(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    _target(world, kind, node, made)
    required = not made.nillable
    made.on_delete = node.get("deleteConstraint") or SET_NULL
    if required and made.on_delete == SET_NULL:
        raise node.problem(
            "field integrity exception: unknown (must specify either cascade delete or restrict delete for required "
            "lookup foreign key)"
        )
    if made.on_delete == CASCADE and world.switches["lookup_cascade"] == "refuse":
        raise node.problem("Cascade delete is not enabled for lookup relationships of your organization")
    if made.on_delete != SET_NULL and made.reference_to == ("User",):
        raise node.problem("Can not specify 'deleteConstraint' for a lookup to User")


def _master(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    _target(world, kind, node, made)
    if not kind.custom or made.reference_to == ("User",):
        raise node.problem(f"{kind.name} cannot be the detail of {made.reference_to[0]}")
    others = [f for f in kind.fields.values() if f.master_detail and f.name != made.name]
    if len(others) >= MASTERS_MOST:
        raise node.problem(f"Maximum number of master-detail relationships reached on {kind.name}: {MASTERS_MOST}")
    before = kind.find(made.name)
    if (before is None or not before.master_detail) and len(world.table(kind.name).rows):
        raise node.problem(f"Cannot create a master-detail relationship: {kind.name} already has records")
    made.master_detail, made.on_delete, made.nillable = True, CASCADE, False
    made.updateable = bool(node.get("reparentableMasterDetail"))


def _target(world: World, kind: ObjectDef, node: Node, made: FieldDef) -> None:
    """referenceTo and relationshipName. Raises Problem."""
    wanted = node.text("referenceTo")
    parent = world.schema.find(wanted)
    if parent is None or (parent.setup and parent.name != "User"):
        raise node.problem(f"referenceTo value of '{wanted}' does not resolve to a valid sObject type")
    made.reference_to = (parent.name,)
    made.relationship = made.name.removesuffix(SUFFIX) + "__r"
    name = node.text("relationshipName")
    if not name:
        return
    check_plain(node, name, "relationship")
    children = f"{name}__r"
    taken = {
        other.children.lower(): (owner.name, other.name)
        for owner, other in world.schema.children_of(parent.name)
        if other.children and (owner.name, other.name) != (kind.name, made.name)
    }
    if children.lower() in taken:
        raise node.problem(f"There is already a Child Relationship named {name} on {parent.name}.")
    made.children = children


MAKE: dict[str, Callable[[World, ObjectDef, Node, FieldDef], None]] = {
    "Text": _text,
    "EncryptedText": _text,
    "LongTextArea": _long_text,
    "Html": _long_text,
    "Number": _number,
    "Currency": _number,
    "Percent": _number,
    "Checkbox": _checkbox,
    "Picklist": _list,
    "MultiselectPicklist": _list,
    "AutoNumber": _auto_number,
    "Lookup": _lookup,
    "MasterDetail": _master,
}


def _literal(node: Node) -> Any:
    """The default of other types is a formula; the twin knows quoted text and numbers. Raises Problem."""
    text = node.text("defaultValue").strip()
    if not text:
        return None
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    try:
        return float(text) if "." in text else int(text)
    except ValueError as no:
        raise node.problem(f"This twin does not calculate the default {text!r}") from no


# Against the field that is there already


def check_change(world: World, kind: ObjectDef, node: Node, before: FieldDef, after: FieldDef) -> None:
    """Whether a field may become another. Raises Problem (rule salesforce.deploy-type-change)."""
    old, new = before.metadata_type or "", after.metadata_type or ""
    if old != new:
        if new not in WIDER.get(old, ()):
            raise node.problem(f"CANNOT_CHANGE_FIELD_TYPE: Cannot change the type of {after.name} from {old} to {new}")
        if before.external_id or before.unique:
            raise node.problem(
                f"CANNOT_CHANGE_FIELD_TYPE_OF_REFERENCED_FIELD: {after.name} is an external id or unique"
            )
    if before.reference_to != after.reference_to:
        raise node.problem(f"Cannot change the referenceTo of {after.name}")
    rows = world.table(kind.name).rows.values()
    shorter = 0 < after.length < before.length and after.type not in ("picklist", "multipicklist")
    if shorter and any(len(row.get(after.name) or "") > after.length for row in rows):
        raise node.problem(f"Cannot decrease the length of {after.name}: there are longer values")


__all__ = ["KINDS", "RESTRICT", "check_change", "check_format", "read_field"]
