"""The permission set that lets the migration user see what is deployed (FACTS 0.4, 7).

A new field is invisible to everybody, administrators included, until a permission says otherwise. A deployed
permission set replaces the one that is there, so it always goes with all that it had (META, PermissionSet).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gurney.destinations.salesforce.mdapi import Body

PERMISSION_SET = "Gurney_Migration"
LABEL = "Gurney Migration"
DESCRIPTION = "Lets the user who migrates see and fill what the migration made. Remove it when the migration is over."
AUDIT_FIELDS = "CreateAuditFields"
"""Set Audit Fields upon Record Creation; the organisation knows it only while its switch is on (FACTS 9)."""
CUSTOM = "__c"
ACTIVITY = "Activity"
ACTIVITIES = ("Event", "Task")
"""Both have the custom fields of Activity, where they are made; each opens them for itself (assumed, Metadata API)."""
WITHOUT_RIGHTS = frozenset({"ContentVersion", "ContentNote", "ContentDocument", "User", *ACTIVITIES})
"""Objects that no permission set opens: what they hold is shared in other ways."""
WITHOUT_SHARING = frozenset({"Product2"})
"""Objects whose records nobody owns, so that there is no right to those of others."""
DEPENDS_ON = {"Contact": "Account"}
"""Rights to an object that another's need."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a permission set opens: fields as 'Contact.Cliniko_Id__c', objects, their tabs, and user permissions."""

    fields: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    tabs: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()

    def __or__(self, other: Rights) -> Rights:
        return Rights(
            self.fields | other.fields, self.objects | other.objects, self.tabs | other.tabs, self.user | other.user
        )

    def without(self, names: Iterable[str]) -> Rights:
        """Without fields and user permissions of these names, and without objects with all that is theirs."""
        gone = set(names)
        return Rights(
            frozenset(field for field in self.fields if not gone & {field, field.partition(".")[0]}),
            self.objects - gone,
            self.tabs - gone,
            self.user - gone,
        )

    def body(self) -> Body:
        """The permission set as it is deployed. Nothing in it is a required or a master field (FACTS 7)."""
        return {
            "description": DESCRIPTION,
            "fieldPermissions": [{"field": name, "editable": True, "readable": True} for name in sorted(self.fields)],
            "hasActivationRequired": False,
            "label": LABEL,
            "objectPermissions": [_object_rights(name) for name in sorted(self.objects)],
            "tabSettings": [{"tab": name, "visibility": "Visible"} for name in sorted(self.tabs)],
            "userPermissions": [{"enabled": True, "name": name} for name in sorted(self.user)],
        }


def rights_to(fields: Iterable[str], objects: Iterable[str]) -> Rights:
    """Rights to fields, to their objects, and to objects; a custom object has a tab."""
    named = frozenset(name for field in fields for name in _opened_as(field))
    wanted = {field.partition(".")[0] for field in named} | set(objects)
    wanted |= {DEPENDS_ON[object] for object in wanted if object in DEPENDS_ON}
    opened = frozenset(wanted - WITHOUT_RIGHTS)
    return Rights(named, opened, frozenset(object for object in opened if object.endswith(CUSTOM)))


def made_as(field: str) -> str:
    """How the Metadata API names a field: those of tasks and events belong to their activities.

    >>> made_as("Task.Cliniko_Id__c"), made_as("Task.Subject"), made_as("Contact.Cliniko_Id__c")
    ('Activity.Cliniko_Id__c', 'Task.Subject', 'Contact.Cliniko_Id__c')
    """
    object, _, name = field.partition(".")
    return f"{ACTIVITY}.{name}" if object in ACTIVITIES and name.endswith(CUSTOM) else field


def _opened_as(field: str) -> list[str]:
    """The names under which a permission set opens a field."""
    object, _, name = field.partition(".")
    return [f"{activity}.{name}" for activity in ACTIVITIES] if object == ACTIVITY else [field]


def _object_rights(name: str) -> Body:
    """All rights to an object, also to records that others own: they are read back, and undone if need be."""
    shared = name not in WITHOUT_SHARING
    return {
        "allowCreate": True,
        "allowDelete": True,
        "allowEdit": True,
        "allowRead": True,
        "modifyAllRecords": shared,
        "object": name,
        "viewAllRecords": shared,
    }
