"""The objects and fields that every organisation has, from one line of text per field.

A line is `Name|Label|type:length|tokens|pick values`. Length is `precision,scale` for numbers. Tokens:
`!` not nillable, `-` not writable, `^` on create only, `~` on update only, `+` has a default, `@` finds rows in
upsert, `=` restricted pick list, `*` names the row, `.` outside field-level security, `x` neither filtered nor
sorted, `>A,B` points to, `rel=` name of the parent, `kids=` name of the children, `restrict`, `cascade`, `part=`
compound field, `extra=` extraTypeInfo, `default=`, `pointing`. Names, types and lengths are the recorded ones of
describe, else those of FACTS 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gurney.twins.salesforce.schema import CASCADE, RESTRICT, FieldDef, ObjectDef, PickValue
from gurney.twins.salesforce.standard_activities import ACTIVITIES
from gurney.twins.salesforce.standard_content import CONTENT
from gurney.twins.salesforce.standard_crm import CRM
from gurney.twins.salesforce.standard_setup import SETUP

SYSTEM = """
Id|{label} ID|id:18|! - + @ .
IsDeleted|Deleted|boolean|! - + . default=false
"""
OWNER = "OwnerId|Owner ID|reference|! + . >User rel=Owner\n"
AUDIT = """
CreatedDate|Created Date|datetime|! - + .
CreatedById|Created By ID|reference|! - + . >User rel=CreatedBy
LastModifiedDate|Last Modified Date|datetime|! - + .
LastModifiedById|Last Modified By ID|reference|! - + . >User rel=LastModifiedBy
SystemModstamp|System Modstamp|datetime|! - + .
"""
VIEWED = """
LastActivityDate|Last Activity|date|- .
LastViewedDate|Last Viewed Date|datetime|- .
LastReferencedDate|Last Referenced Date|datetime|- .
"""
INT_DIGITS = 8
ID_LENGTH = 18


@dataclass(frozen=True)
class Source:
    """One object's lines and what its rows can."""

    name: str
    label: str
    plural: str
    prefix: str | None
    lines: str
    flags: str = "owner audit"
    """owner, audit (CreatedDate settable), setup, readonly, nodelete, nobin, nosearch, nolayout, free (no storage)."""


SOURCES = tuple(Source(*entry) for entry in (*CRM, *ACTIVITIES, *CONTENT, *SETUP))


def build() -> Iterator[ObjectDef]:
    """All standard objects, with their fields."""
    for source in SOURCES:
        yield _object(source)


def custom_object(name: str, label: str, plural: str, *, owned: bool = True) -> ObjectDef:
    """A new custom object with the fields that it has by itself; its Name is text of 80 unless replaced."""
    made = ObjectDef(name, label, plural, None, custom=True, audit=True)
    own = OWNER if owned else ""
    lines = SYSTEM.format(label="Record") + own + f"Name|{label} Name|string:80|+ @ * .\n" + AUDIT
    for field in _fields(lines):
        made.add(field)
    return made


def _object(source: Source) -> ObjectDef:
    flags = source.flags.split()
    writable = "readonly" not in flags
    made = ObjectDef(
        source.name,
        source.label,
        source.plural,
        source.prefix,
        createable=writable and "nocreate" not in flags,
        updateable=writable and "noupdate" not in flags,
        deletable=writable and "nodelete" not in flags,
        undeletable=writable and not {"nobin", "nodelete"} & set(flags),
        searchable="nosearch" not in flags,
        layoutable="nolayout" not in flags,
        triggerable=writable,
        mergeable=source.name in ("Account", "Contact", "Lead"),
        setup="setup" in flags,
        audit="audit" in flags,
        storage_kb=0 if {"free", "setup"} & set(flags) else 2,
    )
    lines = SYSTEM.format(label=source.label) + (OWNER if "owner" in flags else "") + source.lines + AUDIT
    if "seen" in flags:
        lines += VIEWED
    for field in _fields(lines):
        made.add(field)
    return made


def _fields(lines: str) -> Iterator[FieldDef]:
    for line in lines.splitlines():
        if line.strip():
            yield field_of(line)


def field_of(line: str) -> FieldDef:
    """One field from its line."""
    name, label, kind, tokens, picks = [*line.split("|"), "", ""][:5]
    marks = tokens.split()
    told = dict(mark.split("=", 1) for mark in marks if "=" in mark and mark != "=")
    made = FieldDef(
        name,
        label,
        kind.partition(":")[0],
        **_size(kind),
        nillable="!" not in marks,
        createable=not {"-", "~"} & set(marks),
        updateable=not {"-", "^"} & set(marks),
        defaulted="+" in marks,
        default=_default(told.get("default")),
        id_lookup="@" in marks,
        reference_to=tuple(next((mark[1:].split(",") for mark in marks if mark.startswith(">")), ())),
        relationship=told.get("rel"),
        children=told.get("kids"),
        on_delete=RESTRICT if "restrict" in marks else CASCADE if "cascade" in marks else "SetNull",
        picklist=_picks(picks, told.get("default")),
        restricted="=" in marks,
        name_field="*" in marks,
        name_pointing="pointing" in marks,
        permissionable="." not in marks,
        compound=told.get("part"),
        extra_type=told.get("extra"),
    )
    if "x" in marks:
        made.filterable = made.sortable = made.groupable = made.aggregatable = False
    return made


def _size(kind: str) -> dict[str, Any]:
    word, _, size = kind.partition(":")
    if word in ("reference", "id"):
        return {"length": ID_LENGTH}
    if word in ("double", "currency", "percent"):
        precision, _, scale = (size or "18,0").partition(",")
        return {"precision": int(precision), "scale": int(scale or 0)}
    if word == "int":
        return {"digits": int(size or INT_DIGITS)}
    return {"length": int(size)} if size else {}


def _default(text: str | None) -> Any:
    return {"true": True, "false": False}.get(text or "", text)


def _picks(text: str, default: str | None) -> list[PickValue]:
    return [PickValue(value, value, default=value == default) for value in text.split(",")] if text else []
