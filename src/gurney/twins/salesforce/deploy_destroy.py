"""destructiveChanges.xml: taking components away (FACTS 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_changes import remove_field, remove_object
from gurney.twins.salesforce.deploy_messages import Message, failure, warning
from gurney.twins.salesforce.deploy_permissions import ACTIVITIES, ACTIVITY, find_set
from gurney.twins.salesforce.deploy_plan import KNOWN
from gurney.twins.salesforce.deploy_tabs import remove_tab
from gurney.twins.salesforce.deploy_xml import Problem
from gurney.twins.salesforce.package import Manifest
from gurney.twins.salesforce.schema import ObjectDef

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

ORDER = ("PermissionSet", "CustomTab", "ListView", "CustomField", "CustomObject")
"""What others need goes last."""


@dataclass
class Destruction:
    """One file of deletions on its way."""

    world: World
    manifest: Manifest
    purge: bool
    warnings: bool
    """Whether warnings are ignored."""

    def carry_out(self) -> list[Message]:
        """A message for every member; one that fails is left as it was."""
        pairs = sorted(self.manifest.pairs(), key=lambda pair: ORDER.index(pair[0]) if pair[0] in ORDER else len(ORDER))
        return [self._one(type, name) for type, name in pairs]

    def _one(self, type: str, name: str) -> Message:
        file = self.manifest.file
        try:
            with self.world.store.atomic():
                if not self._remove(type, name):
                    words = f"No {type} named: {name} found"
                    return warning(type, name, file, words, harmless=self.warnings)
        except Problem as no:
            return failure(type, name, file, no)
        return Message(type, name, file, deleted=True, changed=True)

    def _remove(self, type: str, name: str) -> bool:
        """Whether there was anything. Raises Problem."""
        if type not in KNOWN:
            raise Problem(f"This twin does not delete the type {type}")
        if "*" in name:
            raise Problem(f"Wildcards are not allowed in {self.manifest.file}")
        if type == "CustomField":
            return self._field(name)
        if type == "PermissionSet":
            return self._permission_set(name)
        kind = self.world.schema.find(name)
        if type == "CustomTab":
            return kind is not None and remove_tab(self.world, kind)
        return type == "CustomObject" and kind is not None and self._object(kind)

    def _field(self, full_name: str) -> bool:
        owner, _, name = full_name.partition(".")
        kinds = [self.world.schema.find(each) for each in (ACTIVITIES if owner == ACTIVITY else (owner,))]
        found = [(kind, kind.find(name)) for kind in kinds if kind is not None]
        for kind, field in found:
            if field is None:
                return False
            if not field.custom:
                raise Problem(f"Cannot delete the standard field {full_name}")
            remove_field(self.world, kind, field.name, purge=self.purge)
        return bool(found)

    def _object(self, kind: ObjectDef) -> bool:
        if not kind.custom:
            raise Problem(f"Cannot delete the standard object {kind.name}")
        doomed = {name.lower() for name in self.manifest.members("CustomObject")}
        pointing = [
            (owner, field) for owner, field in self.world.schema.children_of(kind.name)
            if field.custom and owner.name.lower() not in doomed
        ]  # fmt: skip
        if pointing and self.world.switches["object_delete_referenced"] == "refuse":
            places = ", ".join(f"{owner.name}.{field.name}" for owner, field in pointing)
            words = "This custom object is referenced elsewhere in salesforce.com. Remove the usage and try again."
            raise Problem(f"{words} : {places}")
        for owner, field in pointing:
            remove_field(self.world, owner, field.name, purge=self.purge)
        remove_object(self.world, kind, purge=self.purge)
        return True

    def _permission_set(self, name: str) -> bool:
        row = find_set(self.world, name)
        if row is None:
            return False
        assigned = self.world.table("PermissionSetAssignment").by("PermissionSetId", row["Id"])
        if assigned and self.world.switches["permission_set_delete_assigned"] == "refuse":
            raise Problem(f"You can't delete the permission set {name}: it is assigned to {len(assigned)} user(s)")
        for table in ("PermissionSetAssignment", "FieldPermissions", "ObjectPermissions"):
            parent = "PermissionSetId" if table == "PermissionSetAssignment" else "ParentId"
            for grant in self.world.table(table).by(parent, row["Id"]):
                self.world.table(table).purge(grant["Id"])
        self.world.table("PermissionSet").purge(row["Id"])
        return True
