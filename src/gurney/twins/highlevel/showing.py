"""What dumps and counts tell of a sub-account: whole rows with ids, whatever the API hides (admin address)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gurney.twins.highlevel.account import Account, ObjectSchema
from gurney.twins.highlevel.contact_shapes import CUSTOM, customs, whole_name
from gurney.twins.highlevel.object_fields import PROPERTY
from gurney.twins.kit.attic import Stored
from gurney.twins.kit.tables import Row


def counts(account: Account) -> dict[str, int]:
    """Live records per object, and what happened around them."""
    return {name: len(table) for name, table in account.tables.items()} | {
        "customFields": len(account.fields),
        "folders": len(account.folders),
        "objects": sum(not one.shown["standard"] for one in account.objects.values()),
        "files": sum(1 for _ in _files(account)),
        "Deleted": len(account.deleted),
        "Notifications": len(account.notifications),
        "Automations": len(account.automations),
        "CallsUsedEver": account.meter.used_ever,
        "CallsUsedToday": account.meter.used_today,
        "CallsRefused": account.meter.refused,
    }


def rows(account: Account, name: str) -> Iterable[Row] | None:
    """Whole rows of an object; None when there is no such object."""
    if name in account.tables:
        return [whole(account, name, row) for row in account.tables[name]]
    match name:
        case "customFields":
            return [
                {"id": one.id, "fieldKey": one.key, "name": one.name, "dataType": one.type, **one.shown,
                 "picklistOptions": [each["label"] for each in one.options]}
                for one in account.fields.values()
            ]  # fmt: skip
        case "objects":
            return [_object(schema) for schema in account.objects.values()]
        case "folders":
            return list(account.folders.values())
        case "files":
            return [_file(account, *found) for found in _files(account)]
        case "notifications":
            return account.notifications
        case "automations":
            return account.automations
        case "deleted":
            return [
                {"object": of, "deletedAt": at, **whole(account, of, row)} for of, row, at in account.deleted.values()
            ]
    return None


def _files(account: Account) -> Iterator[tuple[Row, Stored | None]]:
    """Entries of contacts' fields for files, by the ids that they were uploaded under."""
    fields = [CUSTOM + one.id for one in account.fields.values() if one.type == "FILE_UPLOAD"]
    for row in account["contacts"]:
        for field in fields:
            entries = row.get(field)
            for id, entry in entries.items() if isinstance(entries, dict) else ():
                name = entry.get("meta", {}).get("originalname")
                yield {"id": id, "contactId": row["id"], "name": name}, account.files.get(entry.get("documentId", ""))


def _file(account: Account, row: Row, stored: Stored | None) -> Row:
    """With size and digest, and what a ZIP holds."""
    if stored is None:
        return row | {"sha256": None, "size": None, "inside": []}
    return row | {"sha256": stored.sha256, "size": stored.size, "inside": list(account.inside(stored))}


def _object(schema: ObjectSchema) -> Row:
    fields = [
        {"id": one.id, "key": one.key, "name": one.name, "dataType": one.type, "unique": one.unique,
         "options": one.options}
        for one in schema.fields.values()
    ]  # fmt: skip
    return {**schema.shown, "fields": fields}


def whole(account: Account, name: str, row: Row) -> Row:
    """One row: custom values in a list, in their fields' order, properties in an object, files with size and digest."""
    shown = {key: value for key, value in row.items() if not key.startswith((CUSTOM, PROPERTY))}
    if name == "contacts":
        place = {id: number for number, id in enumerate(account.fields)}
        told = sorted(customs(row), key=lambda one: place.get(one["id"], len(place)))
        shown |= {"name": whole_name(row), "customFields": told}
    elif name == "opportunities":
        shown["customFields"] = customs(row, "fieldValue")
    elif name == "businesses" or name in account.objects:
        shown["properties"] = {key[len(PROPERTY) :]: value for key, value in row.items() if key.startswith(PROPERTY)}
    elif name in ("documents", "medias"):
        stored = account.files.get(row["id"])
        shown |= {"sha256": stored.sha256 if stored else None, "size": stored.size if stored else None}
    return {"locationId": account.id, **shown}


def blank(name: str, location: str, now: str, by: str) -> Row:
    """What a record of an object must have, whoever makes it."""
    if name == "contacts":
        return {
            "locationId": location, "type": "lead", "dnd": False, "tags": [], "followers": [], "additionalEmails": [],
            "additionalPhones": [], "dateAdded": now, "dateUpdated": now,
            "createdBy": {"source": "WEB_USER", "channel": "APP", "sourceId": by, "timestamp": now},
        }  # fmt: skip
    if name == "notes":
        return {"dateAdded": now, "userId": by, "pinned": False}
    if name == "tasks":
        return {"dateAdded": now, "completed": False, "body": ""}
    if name == "appointments":
        return {
            "locationId": location, "title": "", "address": "", "groupId": "", "users": [by], "assignedUserId": by,
            "appointmentStatus": "confirmed", "status": "booked", "assignedResources": [], "isRecurring": False,
            "startTime": now, "endTime": now, "dateAdded": now, "dateUpdated": now,
            "createdBy": {"source": "calendar_page", "userId": by},
        }  # fmt: skip
    if name == "opportunities":
        return {
            "locationId": location, "status": "open", "monetaryValue": 0, "source": "", "indexVersion": "1",
            "lastStatusChangeAt": now, "lastStageChangeAt": now, "lastActionDate": now, "createdAt": now,
            "updatedAt": now, "followers": [], "notes": [], "tasks": [], "calendarEvents": [],
        }  # fmt: skip
    made = {"channel": "APP", "source": "WEB_USER", "sourceId": by, "createdAt": now}
    return {"owner": [], "followers": [], "createdAt": now, "updatedAt": now, "createdBy": made, "lastUpdatedBy": made}
