"""From a PermissionSet of metadata to the rows that grant: object, field and user permissions (FACTS 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.access import PERMISSIONS
from gurney.twins.salesforce.deploy_names import check_plain
from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

LABEL_MOST = 80
WIDER_PERMISSIONS = frozenset(PERMISSIONS) | {
    "AssignTopics", "AuthorApex", "ConnectOrgToEnvironmentHub", "ConvertLeads", "CreateCustomizeDashboards",
    "CreateCustomizeFilters", "CreateCustomizeReports", "CreateDashboardFolders", "CreatePackaging",
    "CreateReportFolders", "CreateTopics", "DelegatedTwoFactor", "DeleteTopics", "EditBrandTemplates",
    "EditHtmlTemplates", "SolutionImport",
    "EditMyDashboards", "EditMyReports", "EditPublicDocuments", "EditPublicFilters", "EditPublicTemplates",
    "EditTopics", "ImportLeads", "InstallPackaging", "ManageCategories", "ManageCustomPermissions",
    "ManageDashbdsInPubFolders", "ManageInternalUsers", "ManageIpAddresses", "ManageLoginAccessPolicies",
    "ManageNetworks", "ManagePasswordPolicies", "ManageReportsInPubFolders", "ManageRoles", "ManageSharing",
    "MergeTopics", "NewReportBuilder", "PublishPackaging", "ResetPasswords", "RunReports", "ScheduleReports",
    "TransferAnyEntity", "TransferAnyLead", "UseTeamReassignWizards", "ViewAllUsers", "ViewDataLeakageEvents",
    "ViewEventLogFiles", "ViewPlatformEvents", "ViewPublicDashboards", "ViewPublicReports", "ViewRoles",
}  # fmt: skip
"""Permissions that exist; those beyond `PERMISSIONS` mean nothing to the twin."""
NEEDS = {
    "ModifyAllData": ("ViewAllData",),
    "ManageUsers": ("ViewSetup",),
    "CustomizeApplication": ("ViewSetup",),
    "QueryAllFiles": ("ViewAllData",),
}
"""User permissions that go with others."""
VERBS = {
    "allowRead": "Read",
    "allowCreate": "Create",
    "allowEdit": "Edit",
    "allowDelete": "Delete",
    "viewAllRecords": "ViewAllRecords",
    "modifyAllRecords": "ModifyAllRecords",
}
DEPENDS = {
    "allowCreate": ("allowRead",),
    "allowEdit": ("allowRead",),
    "allowDelete": ("allowRead", "allowEdit"),
    "viewAllRecords": ("allowRead",),
    "modifyAllRecords": ("allowRead", "allowEdit", "allowDelete", "viewAllRecords"),
}
ACTIVITY = "Activity"
ACTIVITIES = ("Task", "Event")


def put_permission_set(world: World, writer: Writer, name: str, node: Node) -> tuple[Row, bool, bool]:
    """The row, whether it is new, and whether anything changed. Raises Problem."""
    check_plain(node, name, "permission set")
    label = node.text("label").strip()
    if not label or len(label) > LABEL_MOST:
        raise node.problem(f"Label must have between 1 and {LABEL_MOST} characters")
    users = _user_permissions(node)
    objects = _object_permissions(world, node)
    fields = _field_permissions(world, node)
    wanted = {"Label": label, "Description": node.text("description") or None, **users}
    row = find_set(world, name)
    created = row is None
    if row is None:
        row = _insert(writer, "PermissionSet", {"Name": name, "IsCustom": True, **wanted})
        changed = True
    else:
        changed = _set(writer, "PermissionSet", row, wanted)
    changed |= _grant(writer, row, "ObjectPermissions", "SobjectType", objects)
    changed |= _grant(writer, row, "FieldPermissions", "Field", fields)
    return row, created, changed


def find_set(world: World, name: str) -> Row | None:
    """A permission set by its API name, in any case."""
    wanted = name.lower()
    return next((row for row in world.table("PermissionSet").rows.values() if row["Name"].lower() == wanted), None)


# What the file says


def _user_permissions(node: Node) -> Row:
    granted = set()
    for entry in node.nodes("userPermissions"):
        if entry.text("name") not in WIDER_PERMISSIONS:
            raise entry.problem(f"Unknown user permission: {entry.text('name')}")
        if entry.get("enabled"):
            granted.add(entry.text("name"))
    for name in sorted(granted):
        missing = [other for other in NEEDS.get(name, ()) if other not in granted]
        if missing:
            raise node.problem(f"Permission {name} depends on permission(s): {', '.join(missing)}")
    return {f"Permissions{name}": name in granted for name in PERMISSIONS}


def _object_permissions(world: World, node: Node) -> dict[str, Row]:
    wanted: dict[str, Row] = {}
    reading: dict[str, Node] = {}
    for entry in node.nodes("objectPermissions"):
        name = entry.text("object")
        kind = world.schema.find(name)
        if kind is None or kind.setup:
            raise entry.problem(f"In field: field - no CustomObject named {name} found")
        if kind.name in wanted:
            raise entry.problem(f"Duplicate objectPermissions: {name}")
        _check_verbs(entry, kind)
        flags = {f"Permissions{word}": bool(entry.get(element)) for element, word in VERBS.items()}
        wanted[kind.name] = {"SobjectType": kind.name, **flags}
        if entry.get("allowRead"):
            reading[kind.name] = entry
    for name, entry in reading.items():
        for field in world.schema.objects[name].fields.values():
            if field.master_detail and field.reference_to[0] not in reading:
                raise entry.problem(f"Permission Read {name} depends on permission(s): Read {field.reference_to[0]}")
    return wanted


def _check_verbs(entry: Node, kind: ObjectDef) -> None:
    for element, needed in DEPENDS.items():
        missing = [VERBS[other] for other in needed if not entry.get(other)]
        if entry.get(element) and missing:
            words = ", ".join(f"{word} {kind.name}" for word in missing)
            raise entry.problem(f"Permission {VERBS[element]} {kind.name} depends on permission(s): {words}")


def _field_permissions(world: World, node: Node) -> dict[str, Row]:
    wanted: dict[str, Row] = {}
    for entry in node.nodes("fieldPermissions"):
        for kind, field in _fields_named(world, entry):
            name = f"{kind.name}.{field.name}"
            if name in wanted:
                raise entry.problem(f"Duplicate fieldPermissions: {name}")
            edit, read = bool(entry.get("editable")), bool(entry.get("readable"))
            if edit and not read:
                raise entry.problem(f"Field {name}: a field that can be edited must be readable")
            edit = edit and not field.calculated and field.auto_number is None
            wanted[name] = {"SobjectType": kind.name, "Field": name, "PermissionsRead": read, "PermissionsEdit": edit}
    return wanted


def _fields_named(world: World, entry: Node) -> list[tuple[ObjectDef, FieldDef]]:
    """The field of an entry; two for a field of activities. Raises Problem for what cannot be granted."""
    named = entry.text("field")
    owner, _, name = named.partition(".")
    owners = ACTIVITIES if owner == ACTIVITY else (owner,)
    kinds = [world.schema.find(each) for each in owners]
    found = [(kind, kind.find(name)) for kind in kinds if kind is not None]
    pairs = [(kind, field) for kind, field in found if field is not None]
    if len(pairs) != len(owners):
        raise entry.problem(f"In field: field - no CustomField named {named} found")
    for _, field in pairs:
        if field.name_field or not field.grantable:
            raise entry.problem(f"You cannot deploy to a required field: {named}")
    return pairs


# What becomes of it


def _grant(writer: Writer, parent: Row, object_name: str, key: str, wanted: dict[str, Row]) -> bool:
    """Make the set's grants those of the file (rule salesforce.permission-set-replaced)."""
    table = writer.world.table(object_name)
    present = {row[key]: row for row in table.by("ParentId", parent["Id"])}
    changed = False
    for name, values in wanted.items():
        row = present.pop(name, None)
        if row is None:
            _insert(writer, object_name, {"ParentId": parent["Id"], **values})
            changed = True
        else:
            changed |= _set(writer, object_name, row, values)
    if writer.world.switches["permission_set_redeploy"] == "replace":
        for row in present.values():
            table.purge(row["Id"])
            changed = True
    return changed


def _insert(writer: Writer, object_name: str, values: Row) -> Row:
    """A row of a setup object, past the checks of the data API."""
    world, now, by = writer.world, writer.world.now_text(), writer.access.user_id
    kind = world.schema.objects[object_name]
    row = {"Id": world.ids.new(str(kind.key_prefix)), **_kept(values)}
    row |= {"CreatedDate": now, "CreatedById": by, "LastModifiedDate": now, "LastModifiedById": by}
    return world.table(object_name).add({**row, "SystemModstamp": now})


def _set(writer: Writer, object_name: str, row: Row, values: Row) -> bool:
    new = {name: value for name, value in values.items() if (row.get(name) or None) != (value or None)}
    if not new:
        return False
    now = writer.world.now_text()
    stamps: dict[str, Any] = {"LastModifiedDate": now, "LastModifiedById": writer.access.user_id, "SystemModstamp": now}
    writer.world.table(object_name).change(row, {**{name: value or None for name, value in new.items()}, **stamps})
    return True


def _kept(values: Row) -> Row:
    return {name: value for name, value in values.items() if value is not None and value is not False}
