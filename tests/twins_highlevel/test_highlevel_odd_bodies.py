"""Whatever comes in, the twin answers; it never falls over."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from highlevel_client import ANA, Clinic

from gurney.twins.highlevel.service import RESOURCES

pytestmark = pytest.mark.anyio
KEY = "custom_objects.cliniko_invoice"
BIG = 9223372036854775807
ODD: list[Any] = [
    None, [], {}, 0, "x", [1], {"locationId": "@"}, {"locationId": []}, {"name": [], "dataType": {}, "options": [[]]},
    {"locationId": "@", "customFields": [[]]}, {"locationId": "@", "customFields": [{"id": [], "value": 1},
    {"key": 3}]},
    {"locationId": "@", "tags": [1], "dndSettings": [], "phone": {}, "email": [], "dateOfBirth": [], "country": {}},
    {"locationId": "@", "filters": [{}], "pageLimit": 5},
    {"locationId": "@", "filters": [[]], "page": {}, "pageLimit": "x"},
    {"locationId": "@", "page": 1, "pageLimit": 5, "searchAfter": [{}, 1], "sort": [{"field": "id"}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "searchAfter": ["x", "y"], "sort": [{"field": "dateAdded"}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": "id", "operator": "eq", "value": {}}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": "id", "operator": "eq", "value": [1, "x"]}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": "id", "operator": "eq"}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": [], "operator": {}, "value": 1}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": "dateAdded", "operator": "range",
    "value": []}]},
    {"locationId": "@", "page": 1, "pageLimit": 5, "filters": [{"field": "relations", "operator": "nested",
    "value": [1]}]},
    {"locationId": "@", "page": 1, "pageLimit": BIG}, {"locationId": "@", "properties": {"number": {}}},
    {"locationId": "@", "properties": [], "owner": {}, "followers": [[]]},
    {"properties": {"": 1, ".": 2, "number.x": 3}},
    {"title": "x", "dueDate": "0001-01-01T00:00:00+14:00", "completed": True}, {"body": {}, "userId": []},
    {"calendarId": "@c", "locationId": "@", "contactId": "@p", "startTime": "0001-01-01T00:00:00+14:00"},
    {"calendarId": "@c", "locationId": "@", "contactId": "@p", "startTime": "9999-12-31T23:59:00"},
    {"locationId": "@", "name": "x",
    "openHours": [{"daysOfTheWeek": [99], "hours": [{"openHour": 99}]}], "teamMembers": [{}]},
    {"labels": {}, "key": "custom_objects.", "locationId": "@", "primaryDisplayPropertyDetails": {"key": "",
    "name": ""}},
    {"objectKey": [], "fieldKey": {}, "locationId": "@"}, {"objectKey": KEY, "options": [{}], "locationId": "@"},
    {"altId": "@", "altType": "location", "items": [[]], "discount": [], "contactDetails": {"id": []}, "issueDate": {}},
    {"altId": "@", "altType": "location", "mode": "cash", "amount": -1, "card": [], "cheque": 1, "notes": ""},
    {"contacts": [[]], "tags": {}, "locationId": "@"}, {"locationId": "@", "ids": 5, "businessId": []},
    {"locationId": "@", "associationId": [], "firstRecordId": 1, "secondRecordId": {}}, {"limit": -1, "skip": 1e300},
    {"companyId": 1, "emails": [], "settings": []}, {"name": "x", "stages": [[], {"name": 1}], "locationId": "@"},
    {"filesToBeDeleted": [[]], "altId": "@", "altType": [], "status": {}}, {"pipelineId": {}, "status": []},
]  # fmt: skip
QUERIES = (
    "limit=x", "limit=-1", "limit=" + "9" * 5000, "skip=%ff", "locationId=", "locationId=@&limit=0",
    "locationId=@&startAfter=x&startAfterId=y", "locationId=@&startAfterId=%00", "altId=@&altType=x",
    "altId=@&altType=location&limit=1&offset=99999999", "locationId=@&skip=0&limit=101",
    "locationId=@&startTime=x&endTime=y&calendarId=@c",
    "locationId=@&startTime=1&endTime=" + "9" * 14 + "&calendarId=@c",
    "startDate=" + "9" * 15 + "&endDate=1", "startDate=1&endDate=" + "9" * 12, "locationId=@&model=x",
    "locationId=@&email=x&number=zzz", "location_id=@&startAfterId=x&page=0", "location_id=@&status=x",
)  # fmt: skip


async def furnished() -> tuple[Clinic, dict[str, str]]:
    """A sub-account with one of everything, and what stands for it in routes."""
    clinic = Clinic(switches={"search_lag_s": "0"})
    await clinic.object()
    contact, calendar = await clinic.contact(**ANA), await clinic.calendar()
    record = await clinic.record(KEY, number="1")
    association = await clinic.association(KEY)
    appointment = await clinic.appointment(calendar, contact)
    invoice = (await clinic.told("POST /invoices/", clinic.invoice(contact)))["_id"]
    field = await clinic.field("Key")
    ids = {
        "contactId": contact, "locationId": clinic.id, "calendarId": calendar, "schemaKey": KEY, "key": KEY,
        "objectKey": KEY, "id": record, "recordId": record, "associationId": association, "eventId": appointment,
        "appointmentId": appointment, "invoiceId": invoice, "userId": clinic.admin_id, "fieldId": field["id"],
        "type": "add",
    }  # fmt: skip
    return clinic, ids


def addresses(ids: dict[str, str]) -> list[tuple[str, str, str]]:
    """Every endpoint but those that delete, with ids that exist and ids that do not."""
    found = []
    for resource in RESOURCES:
        for route in resource.routes.all:
            for known in (True, False):
                path = route.template
                for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
                    path = path.replace(f"{{{name}}}", ids.get(name, "x") if known or name == "locationId" else "x")
                found.append((route.method, path, "v3" if route.versions == "v3" else "2021-07-28"))
    return sorted(set(found))


def filled(value: Any, ids: dict[str, str]) -> bytes:
    text = orjson.dumps(value).decode()
    for mark, name in (('"@c"', "calendarId"), ('"@p"', "contactId"), ('"@"', "locationId")):
        text = text.replace(mark, f'"{ids[name]}"')
    return text.encode()


async def test_odd_bodies_are_refused_or_taken_but_never_fatal() -> None:
    clinic, ids = await furnished()
    bodies = [filled(body, ids) for body in ODD]

    for method, path, version in addresses(ids):
        if method in ("GET", "DELETE"):
            continue
        for body in bodies:
            answer = await clinic.ask(
                f"{method} {path}?locationId={clinic.id}" if "records/" in path else f"{method} {path}", content=body,
                headers={"content-type": "application/json", "Version": version},
            )  # fmt: skip
            assert answer.status_code < 500, (method, path, body)


async def test_odd_queries_are_refused_or_taken_but_never_fatal() -> None:
    clinic, ids = await furnished()

    for method, path, version in addresses(ids):
        if method == "GET":
            for query in QUERIES:
                asked = query.replace("@c", ids["calendarId"]).replace("@", clinic.id)
                answer = await clinic.ask(f"GET {path}?{asked}", headers={"Version": version})
                assert answer.status_code < 500, (path, asked)


async def test_odd_forms_and_multiparts_are_never_fatal() -> None:
    clinic, ids = await furnished()
    forms = (b"", b"--b\r\n\r\n", b"file=x", b"--b--", b"%zz&==&a", b"--b\r\ncontent-disposition: x\r\n\r\n\r\n--b--")
    kinds = ("multipart/form-data", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded")

    for path in (
        f"/forms/upload-custom-files?contactId={ids['contactId']}&locationId={clinic.id}",
        f"/locations/{clinic.id}/customFields/upload", "/medias/upload-file", "/oauth/token", "/oauth/locationToken",
        "/contacts/",
    ):  # fmt: skip
        for kind in kinds:
            for body in forms:
                answer = await clinic.ask(f"POST {path}", content=body, headers={"content-type": kind})
                assert 400 <= answer.status_code < 500, (path, kind, body)


async def test_nothing_odd_was_stored_and_all_can_be_shown() -> None:
    clinic, ids = await furnished()
    for method, path, version in addresses(ids):
        if method in ("POST", "PUT"):
            for body in ODD:
                headers = {"content-type": "application/json", "Version": version}
                await clinic.ask(f"{method} {path}", content=filled(body, ids), headers=headers)

    for name in (await clinic.admin("GET state")).json():
        answer = await clinic.admin(f"GET dump/{name}")
        for row in answer.text.splitlines() if answer.status_code == 200 else ():
            assert isinstance(orjson.loads(row).get("id"), str), (name, row)
    found = await clinic.search(pageLimit=500)
    assert all(isinstance(hit["tags"], list) for hit in found)
