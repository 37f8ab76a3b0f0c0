"""A deployment package: objects, fields, pick-list values, tabs and the permission set that opens them (FACTS 7). Pure.

Everything goes in one package, because production takes all of it or nothing: what the vendor refuses is left out
with all that depends on it, and the rest is deployed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gurney.destinations.salesforce.blueprint import CUSTOM, field_body, label, object_body, unmakeable
from gurney.destinations.salesforce.mdapi import DESTRUCTION, MANIFEST, Body, document, manifest, zipped
from gurney.destinations.salesforce.rights import PERMISSION_SET, Rights, made_as, rights_to
from gurney.schema import FieldType, NewField, NewObject, NewOptions, SchemaChange

OBJECT, FIELD, TAB, PERMISSIONS = "CustomObject", "CustomField", "CustomTab", "PermissionSet"
"""Types of components."""
ZIP = "gurney-salesforce.zip"
TAB_BODY: Body = {"customObject": True, "motif": "Custom53: Bell"}
LOOKUPS = frozenset({FieldType.LOOKUP, FieldType.OWNER})
WORD = re.compile(r"\w+(?:\.\w+)?")
TAB_OF = "tab of "
RIGHTS_TO = "rights to "
"""Before an object's name: its tab, or the rights to it, which may be left out by themselves."""


@dataclass(frozen=True)
class Package:
    """What is deployed together."""

    objects: tuple[NewObject, ...] = ()
    fields: tuple[NewField, ...] = ()
    pick_lists: Mapping[str, Body] = field(default_factory=dict)
    """Custom pick-lists that are there, declared again with more values, by full name."""
    rights: Rights = field(default_factory=Rights)
    """What is opened beside what is made here."""
    plurals: Mapping[str, str] = field(default_factory=dict)
    """What people call the records of objects that are there."""
    left_out: frozenset[str] = frozenset()
    """Tabs and rights that are left out: TAB_OF or RIGHTS_TO, and an object's name."""

    @property
    def names(self) -> frozenset[str]:
        """Full names of all components but the permission set and the tabs."""
        made: list[SchemaChange] = [*self.objects, *self.fields]
        return frozenset([*map(full_name, made), *self.pick_lists])

    @cached_property
    def made(self) -> frozenset[SchemaChange]:
        """The changes that bring something into being."""
        return frozenset([*self.objects, *self.fields])

    def opened(self) -> Rights:
        """All that the permission set opens."""
        made = [full_name(change) for change in self.fields]
        opened = self.rights | rights_to(made, [change.name for change in self.objects])
        return replace(
            opened,
            tabs=frozenset(name for name in opened.tabs if TAB_OF + name not in self.left_out),
            objects=frozenset(name for name in opened.objects if RIGHTS_TO + name not in self.left_out),
        )

    def without(self, names: Iterable[str]) -> Package:
        """Without these, the fields of objects among them, and lookups to them. TAB_OF and RIGHTS_TO name those."""
        gone = set(names)
        return replace(
            self,
            objects=tuple(change for change in self.objects if change.name not in gone),
            fields=tuple(
                change for change in self.fields if not gone & {full_name(change), change.object, change.lookup_to}
            ),
            pick_lists={name: body for name, body in self.pick_lists.items() if name not in gone},
            rights=self.rights.without(gone),
            left_out=self.left_out | {name for name in gone if name.startswith((TAB_OF, RIGHTS_TO))},
        )

    def files(self) -> dict[str, bytes]:
        """The files of the package by path; the manifest among them."""
        by_object: dict[str, list[Body]] = defaultdict(list)
        for name, change in self._once().items():
            by_object[name.partition(".")[0]].append(field_body(change, self._children(change)))
        for name, body in self.pick_lists.items():
            by_object[name.partition(".")[0]].append(body)
        new = {change.name: change for change in self.objects}
        rights = self.opened()
        files = {MANIFEST: manifest(self._members()), **_permission_set(rights)}
        for name in [*new, *(name for name in by_object if name not in new)]:
            whole = object_body(new[name], by_object[name]) if name in new else {"fields": by_object[name]}
            files[f"objects/{name}.object"] = document(OBJECT, whole)
        return files | {f"tabs/{name}.tab": document(TAB, TAB_BODY) for name in self._tabs()}

    def _once(self) -> dict[str, NewField]:
        """The fields by full name; what is wanted for tasks and for events is made once."""
        found: dict[str, NewField] = {}
        for change in self.fields:
            found.setdefault(full_name(change), change)
        return found

    def _tabs(self) -> list[str]:
        return [change.name for change in self.objects if TAB_OF + change.name not in self.left_out]

    def _members(self) -> dict[str, list[str]]:
        return {
            FIELD: [*self._once(), *self.pick_lists],
            OBJECT: [change.name for change in self.objects],
            TAB: self._tabs(),
            PERMISSIONS: [PERMISSION_SET],
        }

    def _children(self, change: NewField) -> str:
        """What the target of a lookup calls its list; told apart where an object points to it twice."""
        if change.type not in LOOKUPS:
            return ""
        plural = next((new.plural_label for new in self.objects if new.name == change.object), "")
        plural = plural or self.plurals.get(change.object) or change.object.removesuffix(CUSTOM).replace("_", " ")
        twice = sum(
            other.object == change.object and other.lookup_to == change.lookup_to
            for other in self.fields
            if other.type in LOOKUPS
        )
        return f"{plural} ({label(change.label)})" if twice > 1 else plural


def full_name(change: SchemaChange) -> str:
    """How the Metadata API names what a change is about.

    >>> full_name(NewOptions("Contact", "Source__c", ("GP",)))
    'Contact.Source__c'
    >>> full_name(NewOptions("Event", "Source__c", ("GP",)))
    'Activity.Source__c'
    """
    match change:
        case NewObject():
            return change.name
        case NewField():
            return made_as(f"{change.object}.{change.name}")
        case NewOptions():
            return made_as(f"{change.object}.{change.field}")


def named_in(text: str, names: Iterable[str]) -> set[str]:
    """The names that a vendor's message speaks of; names know no case.

    >>> named_in("In field: field - no CustomField named contact.Age__c found", ["Contact.Age__c", "Contact.Ag__c"])
    {'Contact.Age__c'}
    """
    words = {word.casefold() for word in WORD.findall(text)}
    return {name for name in names if name.casefold() in words}


def destruction(names: Iterable[str], *, permission_set: bool) -> dict[str, bytes]:
    """The files of a package that removes components by full name: an empty manifest beside the list (FACTS 11)."""
    members: dict[str, list[str]] = defaultdict(list)
    for name in names:
        type = TAB if name.startswith(TAB_OF) else FIELD if "." in name else OBJECT
        members[type].append(name.removeprefix(TAB_OF))
    if permission_set:
        members[PERMISSIONS].append(PERMISSION_SET)
    return {MANIFEST: manifest({}), DESTRUCTION: manifest(members)}


def setup_package(changes: Sequence[SchemaChange]) -> dict[str, bytes]:
    """The files with which an administrator makes the schema without us: the manifest to read, the zip to deploy.

    Pick-list values for fields that exist are not in it: that takes a look at what the field offers now.
    """
    package = Package(
        objects=tuple(change for change in changes if isinstance(change, NewObject) and not unmakeable(change)),
        fields=tuple(change for change in changes if isinstance(change, NewField) and not unmakeable(change)),
    )
    files = package.files()
    return {MANIFEST: files[MANIFEST], ZIP: zipped(files)}


def _permission_set(rights: Rights) -> dict[str, bytes]:
    return {f"permissionsets/{PERMISSION_SET}.permissionset": document(PERMISSIONS, rights.body())}
