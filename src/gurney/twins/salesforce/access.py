"""What a user may see and do: profile, permission sets, field-level security (FACTS 0.4, 1, 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

DECIDING = ("User", "PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions")
"""Objects whose rows decide about access."""
ADMIN_PERMISSIONS = (
    "ApiEnabled", "ModifyAllData", "ViewAllData", "CustomizeApplication", "ModifyMetadata", "ManageUsers",
    "AssignPermissionSets", "ViewSetup", "ManageProfilesPermissionsets", "EditTask", "EditEvent",
)  # fmt: skip
USER_PERMISSIONS = ("ApiEnabled", "EditTask", "EditEvent")
GRANTED_PERMISSIONS = ("CreateAuditFields", "UpdateWithInactiveOwner", "QueryAllFiles", "BulkApiHardDelete")
"""Nobody has these by profile: a permission set must grant them."""
PERMISSIONS = (*ADMIN_PERMISSIONS, *GRANTED_PERMISSIONS)
DOCUMENT_OF = {
    "ContentDocument": "Id",
    "ContentNote": "Id",
    "ContentVersion": "ContentDocumentId",
    "ContentDocumentLink": "ContentDocumentId",
}
"""Objects that make up files and notes, with the field that names the document."""
VERBS = {"read": "Read", "create": "Create", "edit": "Edit", "delete": "Delete"}


class Access:
    """A snapshot of one user's rights. A new one is made when schema or permissions change; caches hang on it."""

    def __init__(self, world: World, user_id: str) -> None:
        self.world = world
        self.user_id = user_id
        self.sets = self._permission_sets()
        rows = [world.table("PermissionSet").rows[id] for id in self.sets]
        self.permissions = frozenset(name for name in PERMISSIONS for row in rows if row.get(f"Permissions{name}"))
        self._grants = self._object_grants()
        self.cache: dict[Any, Any] = {}

    def may(self, permission: str) -> bool:
        """Whether the user has a permission, as `CreateAuditFields`."""
        return permission in self.permissions

    def can(self, kind: ObjectDef, verb: str) -> bool:
        """Whether the user may read, create, edit or delete rows of the object."""
        if not kind.custom and not kind.setup:
            return True
        if self.may("ModifyAllData") or (verb == "read" and (kind.setup or self.may("ViewAllData"))):
            return True
        return VERBS[verb] in self._grants.get(kind.name, ())

    def readable(self, kind: ObjectDef) -> dict[str, FieldDef]:
        """The fields that exist for the user, in the order of describe."""
        found: dict[str, FieldDef] = self.cached(("readable", kind.name), lambda: self._fields(kind, "PermissionsRead"))
        return found

    def editable(self, kind: ObjectDef) -> dict[str, FieldDef]:
        """The fields that security lets the user write."""
        found: dict[str, FieldDef] = self.cached(("editable", kind.name), lambda: self._fields(kind, "PermissionsEdit"))
        return found

    def field(self, kind: ObjectDef, name: str) -> FieldDef | None:
        """A field by its name in any case, if it exists for the user."""
        found = kind.find(name)
        return found if found is not None and found.name in self.readable(kind) else None

    def sight(self, kind: ObjectDef) -> Callable[[Row], bool] | None:
        """Which rows the user sees; None means all (rules salesforce.private, salesforce.file-sight)."""
        if kind.name in DOCUMENT_OF:
            return None if self._sees_all_files else self._file_sight(DOCUMENT_OF[kind.name])
        if self.may("ViewAllData") or not kind.owned:
            return None
        if kind.sharing_model == "Private":
            return lambda row: bool(row.get("OwnerId") == self.user_id)
        if kind.name == "Contact" and self.world.switches["private_contacts"] == "yes":
            return lambda row: "AccountId" in row or row.get("OwnerId") == self.user_id
        return None

    @property
    def _sees_all_files(self) -> bool:
        enough = self.world.switches["file_sight"] == "view-all" and self.may("ViewAllData")
        return enough or self.may("QueryAllFiles")

    def _file_sight(self, key: str) -> Callable[[Row], bool]:
        """Files and notes that are the user's own, or hang on him or on records that he sees."""
        documents, links = self.world.table("ContentDocument"), self.world.table("ContentDocumentLink")

        def sees(row: Row) -> bool:
            document = documents.get(row[key])
            owner = (document or row).get("OwnerId")
            return owner == self.user_id or any(
                self._sees_record(link["LinkedEntityId"]) for link in links.by("ContentDocumentId", row[key])
            )

        return sees

    def _sees_record(self, id: str) -> bool:
        found = self.world.row_of(id)
        if found is None or found[0].setup:
            return id == self.user_id
        kind, row = found
        sight = self.sight(kind)
        return self.can(kind, "read") and (sight is None or sight(row))

    def cached(self, key: Any, make: Callable[[], Any]) -> Any:
        """Something that holds as long as schema and permissions do."""
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    def _permission_sets(self) -> list[str]:
        user = self.world.table("User").rows[self.user_id]
        assigned = self.world.table("PermissionSetAssignment").by("AssigneeId", self.user_id)
        profile = self.world.table("PermissionSet").by("ProfileId", user["ProfileId"])
        return [row["Id"] for row in profile] + [row["PermissionSetId"] for row in assigned]

    def _object_grants(self) -> dict[str, set[str]]:
        grants: dict[str, set[str]] = {}
        for id in self.sets:
            for row in self.world.table("ObjectPermissions").by("ParentId", id):
                verbs = {verb for verb in VERBS.values() if row.get(f"Permissions{verb}")}
                grants.setdefault(row["SobjectType"], set()).update(verbs)
        return grants

    def _fields(self, kind: ObjectDef, wanted: str) -> dict[str, FieldDef]:
        granted = self._granted_fields(wanted)
        return {
            name: field
            for name, field in kind.fields.items()
            if not field.under_security or f"{kind.name}.{name}" in granted
        }

    def _granted_fields(self, wanted: str) -> frozenset[str]:
        def collect() -> frozenset[str]:
            table = self.world.table("FieldPermissions")
            return frozenset(row["Field"] for id in self.sets for row in table.by("ParentId", id) if row.get(wanted))

        found: frozenset[str] = self.cached(("granted", wanted), collect)
        return found
