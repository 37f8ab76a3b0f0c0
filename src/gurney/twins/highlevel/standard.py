"""What a new sub-account brings along: settings, a calendar, a pipeline, workflows, the standard objects."""

from __future__ import annotations

from typing import Any

from gurney.twins.highlevel.account import Account, ObjectSchema
from gurney.twins.highlevel.ids import Ids
from gurney.twins.kit.tables import Row

STAGES = ("New enquiry", "First visit", "In treatment", "Discharged")
WORKFLOWS = (
    ("Welcome new patient", "published", "contact_created"),
    ("Appointment reminder", "published", "appointment_created"),
    ("Old campaign", "draft", "contact_created"),
)
STANDARD = {"contact": ("Contact", "Contacts"), "opportunity": ("Opportunity", "Opportunities"),
            "business": ("Company", "Companies")}  # fmt: skip
PERMISSIONS = (
    "campaignsEnabled", "campaignsReadOnly", "contactsEnabled", "workflowsEnabled", "opportunitiesEnabled",
    "appointmentsEnabled", "conversationsEnabled", "settingsEnabled", "tagsEnabled", "invoiceEnabled",
)  # fmt: skip
PRIMARY = {"contact": "contact.name", "opportunity": "opportunity.name", "business": "business.name"}


def location(id: str, company: str, name: str, switches: dict[str, str]) -> Row:
    """A sub-account's own row."""
    address = {"address": "1 Wharf St", "city": "Hobart", "state": "TAS", "postalCode": "7000"}
    country, zone = switches["country"], switches["time_zone"]
    return {
        "id": id, "companyId": company, "name": name, "domain": "", "logoUrl": "", **address, "country": country,
        "website": "https://clinic.example", "timezone": zone, "firstName": "Harriet", "lastName": "Stone",
        "email": "office@clinic.example", "phone": "+61362000000",
        "business": {"name": name, **address, "country": country, "website": "https://clinic.example",
                     "timezone": zone, "logoUrl": ""},
        "social": {}, "reseller": {},
        "settings": {
            "allowDuplicateContact": switches["allow_duplicate_contact"] == "yes",
            "allowDuplicateOpportunity": switches["allow_duplicate_opportunity"] == "yes",
            "allowFacebookNameMerge": False, "disableContactTimezone": False,
        },
    }  # fmt: skip


def user(id: str, email: str, names: tuple[str, str], role: str, places: list[str]) -> Row:
    """A user of sub-accounts."""
    return {
        "id": id, "name": " ".join(names).strip(), "firstName": names[0], "lastName": names[1], "email": email,
        "phone": "", "extension": "", "permissions": dict.fromkeys(PERMISSIONS, True), "scopes": [],
        "roles": {"type": "account", "role": role, "locationIds": list(places), "restrictSubAccount": False},
        "deleted": False,
    }  # fmt: skip


def calendar(id: str, location_id: str, name: str, kind: str) -> Row:
    """A calendar without opening hours."""
    return {
        "id": id, "locationId": location_id, "name": name, "description": "", "slug": "", "widgetSlug": "",
        "calendarType": kind, "widgetType": "default", "eventTitle": "{{contact.name}}", "eventColor": "#039be5",
        "slotDuration": 30, "slotDurationUnit": "mins", "slotInterval": 30, "slotIntervalUnit": "mins",
        "slotBuffer": 0, "slotBufferUnit": "mins", "openHours": [], "teamMembers": [], "isActive": True,
        "autoConfirm": True, "availabilities": [], "notifications": [],
    }  # fmt: skip


def furnish(account: Account, ids: Ids, now: str) -> None:
    """Put in what is there from the first day."""
    stages = [{"id": ids.uuid(), "name": name, "position": at} for at, name in enumerate(STAGES)]
    account["pipelines"].add(pipeline(ids.short(), account.id, "Patients", stages))
    for name, status, trigger in WORKFLOWS:
        account["workflows"].add({
            "id": ids.uuid(), "name": name, "status": status, "version": 1, "createdAt": now, "updatedAt": now,
            "locationId": account.id, "trigger": trigger,
        })  # fmt: skip
    for key, (singular, plural) in STANDARD.items():
        shown = described(ids.hex(), account.id, key, {"singular": singular, "plural": plural}, PRIMARY[key], now)
        schema = ObjectSchema(key, {**shown, "standard": True, "type": "SYSTEM_DEFINED"})
        account.objects[key] = schema


def pipeline(id: str, location_id: str, name: str, stages: list[Row]) -> Row:
    return {"id": id, "name": name, "stages": stages, "showInFunnel": True, "showInPieChart": True,
            "locationId": location_id}  # fmt: skip


def described(id: str, location_id: str, key: str, labels: dict[str, Any], primary: str, now: str) -> Row:
    """An object as the vendor shows it."""
    return {
        "id": id, "standard": False, "key": key, "labels": labels, "description": "", "locationId": location_id,
        "primaryDisplayProperty": primary, "dateAdded": now, "dateUpdated": now, "type": "USER_DEFINED",
    }  # fmt: skip
