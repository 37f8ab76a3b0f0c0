"""What belongs to writing rows of particular objects: activities, prices, permissions, users (FACTS 2, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.times import shown, timestamp_of
from gurney.twins.salesforce.writing import Hooks, Writer, missing

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

MINUTE_S = 60
DAY_MINUTES = 1_440
DAY_LENGTH = len("2026-01-31")


def install(world: World) -> None:
    """Hang the behaviours on their objects."""
    for name, hooks in HOOKS.items():
        world.schema.objects[name].hooks = hooks


def _event(writer: Writer, values: Row, row: Row | None) -> None:
    """Start with an end or a duration, or a day; the rest follows (rule salesforce.event-times)."""
    told = {**(row or {}), **values}
    if row is not None and not {"StartDateTime", "EndDateTime", "DurationInMinutes", "ActivityDate"} & values.keys():
        _activity(writer, values, told)
        return
    start = told.get("StartDateTime") or told.get("ActivityDateTime")
    if start is None and told.get("ActivityDate") is not None:
        start = f"{told['ActivityDate']}T00:00:00.000+0000"
        told.setdefault("DurationInMinutes", DAY_MINUTES)
    if start is None:
        raise missing(["StartDateTime"])
    minutes = _minutes(told, values, start)
    if not 0 <= minutes <= int(writer.world.switches["event_days"]) * DAY_MINUTES:
        words = f"Event duration can not be negative or greater than {writer.world.switches['event_days']} days"
        raise Refused("FIELD_INTEGRITY_EXCEPTION", words, ["DurationInMinutes"])
    end = shown(timestamp_of(start) + minutes * MINUTE_S)
    values |= {"StartDateTime": start, "ActivityDateTime": start, "ActivityDate": start[:DAY_LENGTH]}
    values |= {"DurationInMinutes": minutes, "EndDateTime": end, "EndDate": end[:DAY_LENGTH]}
    _activity(writer, values, told)


def _minutes(told: Row, values: Row, start: str) -> int:
    """The length; an end that was given and a duration that was given must agree."""
    end, minutes = told.get("EndDateTime"), told.get("DurationInMinutes")
    if "EndDateTime" in values and "DurationInMinutes" not in values:
        minutes = None
    if "DurationInMinutes" in values and "EndDateTime" not in values:
        end = None
    by_end = (timestamp_of(end) - timestamp_of(start)) // MINUTE_S if end is not None else None
    if by_end is not None and minutes is not None and by_end != minutes and "EndDateTime" in values:
        words = "The values of DurationInMinutes and EndDateTime do not agree"
        raise Refused("FIELD_INTEGRITY_EXCEPTION", words, ["DurationInMinutes"])
    found = by_end if by_end is not None else minutes
    if found is None:
        raise missing(["EndDateTime", "DurationInMinutes"])
    return int(found)


def _task(writer: Writer, values: Row, row: Row | None) -> None:
    told = {"Status": "Not Started", "Priority": "Normal", **(row or {}), **values}
    values["IsClosed"] = told["Status"] == "Completed"
    values["IsHighPriority"] = told["Priority"] == "High"
    _activity(writer, values, told)


def _activity(writer: Writer, values: Row, told: Row) -> None:
    """The account that the activity belongs to, by its person or its object."""
    for name in ("WhatId", "WhoId"):
        found = writer.world.row_of(told.get(name) or "")
        if found is not None:
            account = found[1]["Id"] if found[0].name == "Account" else found[1].get("AccountId")
            if account is not None:
                values["AccountId"] = account
                return


def _price(writer: Writer, values: Row, row: Row | None) -> None:
    """One price per book and product, the standard one first (rule salesforce.standard-price)."""
    if row is not None:
        return
    world, product = writer.world, values["Product2Id"]
    book = world.table("Pricebook2").rows[values["Pricebook2Id"]]
    others = world.table("PricebookEntry").by("Product2Id", product)
    books = {other["Pricebook2Id"] for other in others}
    if book["Id"] in books:
        raise Refused("DUPLICATE_VALUE", "This price definition already exists in this price book", [])
    standard = {id for id, one in world.table("Pricebook2").rows.items() if one.get("IsStandard")}
    if not book.get("IsStandard") and not standard & books:
        raise Refused("STANDARD_PRICE_NOT_DEFINED", "No standard price defined for this product", [])
    values["Name"] = world.table("Product2").rows[product]["Name"]


def _keep_standard_book(writer: Writer, row: Row) -> None:
    if row.get("IsStandard"):
        raise Refused("DELETE_FAILED", "The standard price book cannot be deleted", [])


def _assignment(writer: Writer, values: Row, row: Row | None) -> None:
    """Once per user, and not those that belong to profiles."""
    world = writer.world
    assigned = world.table("PermissionSetAssignment").by("AssigneeId", values["AssigneeId"])
    for other in assigned:
        if other["PermissionSetId"] == values["PermissionSetId"]:
            words = "duplicate value found: PermissionSetId duplicates value on record with id: " + other["Id"][:15]
            raise Refused("DUPLICATE_VALUE", words, [])
    wanted = world.table("PermissionSet").rows[values["PermissionSetId"]]
    if wanted.get("IsOwnedByProfile"):
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    profile = world.table("Profile").rows[world.table("User").rows[values["AssigneeId"]]["ProfileId"]]
    if wanted.get("LicenseId") not in (None, profile["UserLicenseId"]):
        words = "The user license doesn't allow the permission set"
        raise Refused("FIELD_INTEGRITY_EXCEPTION", words, ["AssigneeId"])


def _field_permission(writer: Writer, values: Row, row: Row | None) -> None:
    told = {**(row or {}), **values}
    object_name, _, field_name = told["Field"].partition(".")
    kind = writer.world.schema.find(object_name)
    field = kind.find(field_name) if kind else None
    if field is None or kind is None or not field.grantable:
        words = f"Field Name: bad value for restricted picklist field: {told['Field']}"
        raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, ["Field"])
    _depends(told, "PermissionsEdit", "PermissionsRead")
    if row is None:
        values["Field"], values["SobjectType"] = f"{kind.name}.{field.name}", kind.name
        _once(writer, "FieldPermissions", values, "Field")


def _object_permission(writer: Writer, values: Row, row: Row | None) -> None:
    told = {**(row or {}), **values}
    kind = writer.world.schema.find(told["SobjectType"])
    if kind is None:
        words = f"Sobject Type Name: bad value for restricted picklist field: {told['SobjectType']}"
        raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, ["SobjectType"])
    for verb in ("Create", "Edit"):
        _depends(told, f"Permissions{verb}", "PermissionsRead")
    _depends(told, "PermissionsDelete", "PermissionsEdit")
    if row is None:
        values["SobjectType"] = kind.name
        _once(writer, "ObjectPermissions", values, "SobjectType")


def _depends(told: Row, permission: str, needed: str) -> None:
    if told.get(permission) and not told.get(needed):
        words = f"Permission {permission} depends on permission(s): {needed}"
        raise Refused("FIELD_INTEGRITY_EXCEPTION", words, [])


def _once(writer: Writer, name: str, values: Row, key: str) -> None:
    for other in writer.world.table(name).by("ParentId", values["ParentId"]):
        if other[key] == values[key]:
            words = f"duplicate value found: {key} duplicates value on record with id: {other['Id'][:15]}"
            raise Refused("DUPLICATE_VALUE", words, [])


def _permission_set(writer: Writer, values: Row, row: Row | None) -> None:
    name = values.get("Name")
    for other in writer.world.table("PermissionSet").rows.values() if name else ():
        if other is not row and other["Name"].lower() == str(name).lower():
            raise Refused("DUPLICATE_DEVELOPER_NAME", f"The developer name is already in use: {name}", ["Name"])


def _user(writer: Writer, values: Row, row: Row | None) -> None:
    """A username exists once, a user takes a licence (rule salesforce.users)."""
    world, name = writer.world, values.get("Username")
    taken: list[Any] = world.table("User").by("Username", name) if name else []
    if any(other is not row for other in taken):
        raise Refused("DUPLICATE_USERNAME", "Duplicate Username. The username already exists", ["Username"])
    active = sum(bool(user.get("IsActive")) for user in world.table("User").rows.values())
    if values.get("IsActive", row is None) and not (row or {}).get("IsActive") and active >= world.licences:
        raise Refused("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", ["ProfileId"])
    if row is None:
        values["UserType"] = "Standard"
        values.setdefault("CommunityNickname", str(name).partition("@")[0])


def _numbered(field: str) -> Hooks:
    """Objects that count themselves."""

    def before(writer: Writer, values: Row, row: Row | None) -> None:
        if row is None:
            number = writer.world.schema.objects[NUMBERED[field]].fields[field]
            number.counter += 1
            values[field] = f"{number.counter:08d}"

    return Hooks(before=before)


NUMBERED = {"CaseNumber": "Case", "ContractNumber": "Contract"}
HOOKS = {
    "Event": Hooks(before=_event),
    "Task": Hooks(before=_task),
    "PricebookEntry": Hooks(before=_price),
    "Pricebook2": Hooks(before_delete=_keep_standard_book),
    "PermissionSetAssignment": Hooks(before=_assignment),
    "FieldPermissions": Hooks(before=_field_permission),
    "ObjectPermissions": Hooks(before=_object_permission),
    "PermissionSet": Hooks(before=_permission_set),
    "User": Hooks(before=_user),
    **{NUMBERED[field]: _numbered(field) for field in NUMBERED},
}
