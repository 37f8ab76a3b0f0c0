"""Every rule is proven, and traffic agrees with the vendor's documents, dated and v3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from highlevel_client import ANA, Clinic
from highlevel_spec import Documents

from gurney.twins.highlevel import RULES
from gurney.twins.highlevel.call import V3
from gurney.twins.highlevel.service import RESOURCES
from gurney.twins.highlevel.tokens import AGENCY_SCOPES
from gurney.twins.kit.rules import rules_named_in, rules_table
from gurney.twins.kit.server import VENDORS

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent
KEY = "custom_objects.cliniko_invoice"


def test_each_rule_is_named_by_a_test_and_each_name_is_a_rule() -> None:
    named = set(rules_named_in(HERE))

    assert {rule.id for rule in RULES} - named == set()
    assert named - {rule.id for rule in RULES} == set()


def test_each_switch_is_tried() -> None:
    source = "".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

    tried = {
        rule.switch for rule in RULES if rule.switch and (f'"{rule.switch}":' in source or f"{rule.switch}=" in source)
    }
    assert {rule.switch for rule in RULES if rule.switch} - tried == set()


def test_the_table_of_rules_has_a_line_for_each() -> None:
    assert len(rules_table(RULES, HERE).splitlines()) == len(RULES) + 2
    assert "highlevel" in VENDORS


def test_every_endpoint_asks_for_a_scope_that_exists() -> None:
    asked = {route.scope for resource in RESOURCES for route in resource.routes.all}

    assert asked - AGENCY_SCOPES == set()


@pytest.fixture(scope="module", params=["v2", "v3"])
def documents(request: pytest.FixtureRequest, shared: Path) -> Documents:
    return Documents(shared / "vendors" / "highlevel" / "spec", request.param)


@pytest.fixture
def clinic(documents: Documents) -> Clinic:
    clinic = Clinic(record_bodies=True, users=("anna@clinic.example",))
    clinic.use(clinic.world.first_token, V3 if documents.version == "v3" else "2021-07-28")
    return clinic


async def a_day(clinic: Clinic) -> None:
    """A little of everything that a migration does, and more."""
    fields, where, alt = (
        f"/locations/{clinic.id}/customFields",
        f"locationId={clinic.id}",
        f"altId={clinic.id}&altType=location",
    )
    key = await clinic.field("Cliniko id")
    scans = await clinic.field("Scans", "FILE_UPLOAD", isMultipleFile=True, maxNumberOfFiles=5)
    colour = await clinic.field("Colour", "SINGLE_OPTIONS", options=["Red"])
    await clinic.told(f"PUT {fields}/{key['id']}", {"name": "Cliniko key"})
    values = [{"id": key["id"], "field_value": "17"}, {"id": colour["id"], "field_value": "Red"}]
    ana = await clinic.contact(**ANA, customFields=values, country="AU", timezone="Australia/Hobart", city="Hobart")
    bo = await clinic.contact(firstName="Bo", assignedTo=clinic.admin_id)
    await clinic.told(f"PUT /contacts/{ana}", {"city": "Perth", "address1": "1 Main St", "tags": ["x"]})
    await clinic.told("POST /contacts/upsert", {"locationId": clinic.id, "email": "c@example.org"})
    await clinic.told(f"POST /contacts/{ana}/tags", {"tags": ["y"]})
    await clinic.told(f"DELETE /contacts/{ana}/tags", {"tags": ["y"]})
    await clinic.told(f"POST /contacts/{ana}/followers", {"followers": [clinic.admin_id]})
    bulk = {"contacts": [ana, bo], "tags": ["z"], "locationId": clinic.id}
    await clinic.told("POST /contacts/bulk/tags/update/add", bulk)
    note = (await clinic.told(f"POST /contacts/{ana}/notes", {"body": "S: well", "userId": clinic.admin_id}))["note"]
    await clinic.told(f"PUT /contacts/{ana}/notes/{note['id']}", {"body": "y"})
    due = {"title": "Call", "dueDate": "2026-03-04T09:30:00Z", "completed": False}
    task = (await clinic.told(f"POST /contacts/{ana}/tasks", due))["task"]
    await clinic.told(f"PUT /contacts/{ana}/tasks/{task['id']}/completed", {"completed": True})
    await clinic.upload(ana, scans["id"])
    await visits(clinic, ana)
    await things(clinic, ana)
    clinic.pass_time()
    await clinic.told(f"POST /locations/{clinic.id}/tasks/search", {"limit": 10})
    await clinic.search({"field": "email", "operator": "eq", "value": "ana@example.org"})
    for path in (
        f"/locations/{clinic.id}", f"/locations/{clinic.id}/timezones", f"/locations/{clinic.id}/tags",
        f"/users/?{where}", f"/users/search?companyId={clinic.world.company_id}&query=anna",
        f"/users/{clinic.admin_id}",
        f"/contacts/{ana}", f"/contacts/?{where}&limit=10", f"/contacts/search/duplicate?{where}&email=ana@example.org",
        f"/contacts/{ana}/notes", f"/contacts/{ana}/notes/{note['id']}", f"/contacts/{ana}/tasks",
        f"/contacts/{ana}/tasks/{task['id']}", f"/contacts/{ana}/appointments", f"{fields}?model=all",
        f"{fields}/{key['id']}", f"/workflows/?{where}", f"/opportunities/pipelines?{where}",
        f"/invoices/?{alt}&limit=10&offset=0", f"/invoices/generate-invoice-number?{alt}",
    ):  # fmt: skip
        await clinic.told(f"GET {path}")
    for path in (
        f"/contacts/{ana}/notes/{note['id']}", f"/contacts/{ana}/tasks/{task['id']}", f"{fields}/{colour['id']}",
        f"/contacts/{ana}",
    ):  # fmt: skip
        await clinic.told(f"DELETE {path}")
    for call, body in (("POST /contacts/", {"locationId": clinic.id, "x": 1}), ("GET /contacts/x", None)):
        assert (await clinic.ask(call, body)).status_code >= 400


async def visits(clinic: Clinic, contact: str) -> None:
    """Calendars with their groups, appointments, notes."""
    where = f"locationId={clinic.id}"
    group = {"locationId": clinic.id, "name": "Physio", "description": "", "slug": "physio"}
    group_id = (await clinic.told("POST /calendars/groups", group))["group"]["id"]
    open_hours = [
        {"daysOfTheWeek": [1], "hours": [{"openHour": 9, "openMinute": 0, "closeHour": 17, "closeMinute": 0}]}
    ]
    calendar = await clinic.calendar(groupId=group_id, openHours=open_hours, slotDuration=30)
    await clinic.told(f"PUT /calendars/{calendar}", {"name": "Massage"})
    id = await clinic.appointment(calendar, contact, title="Consult", description="Cliniko 4711")
    await clinic.told(f"PUT /calendars/events/appointments/{id}", {"appointmentStatus": "noshow", "toNotify": False})
    note = (await clinic.told(f"POST /calendars/appointments/{id}/notes", {"body": "x"}))["note"]["id"]
    await clinic.told(f"PUT /calendars/appointments/{id}/notes/{note}", {"body": "y"})
    block = {"calendarId": calendar, "locationId": clinic.id, "startTime": "2026-02-10T12:00:00+11:00",
             "endTime": "2026-02-10T13:00:00+11:00"}  # fmt: skip
    await clinic.told("POST /calendars/events/block-slots", block)
    window = f"{where}&startTime=1717300000000&endTime=1717500000000"
    for path in (
        f"/calendars/?{where}", f"/calendars/{calendar}", f"/calendars/groups?{where}",
        f"/calendars/events/appointments/{id}", f"/calendars/events?{window}&calendarId={calendar}",
        f"/calendars/blocked-slots?{window}&userId={clinic.admin_id}",
        f"/calendars/appointments/{id}/notes?limit=20&offset=0",
        f"/calendars/{calendar}/free-slots?startDate=1770642000000&endDate=1770728399000",
    ):  # fmt: skip
        await clinic.told(f"GET {path}")
    await clinic.told(f"DELETE /calendars/appointments/{id}/notes/{note}")
    await clinic.told(f"DELETE /calendars/events/{id}", {})
    await clinic.told(f"DELETE /calendars/{calendar}")
    await clinic.told(f"DELETE /calendars/groups/{group_id}")


async def things(clinic: Clinic, contact: str) -> None:
    """Objects, links, companies, money, media."""
    where, alt = f"locationId={clinic.id}", {"altId": clinic.id, "altType": "location"}
    alt_query = f"altId={clinic.id}&altType=location"
    await clinic.object()
    folder = await clinic.told("POST /custom-fields/folder", {"objectKey": KEY, "name": "F", "locationId": clinic.id})
    field = await clinic.object_field(KEY, "total", "NUMERICAL", parentId=folder["id"])
    await clinic.told(f"PUT /custom-fields/{field['id']}", {"locationId": clinic.id, "showInForms": False, "name": "T"})
    searchable = {"locationId": clinic.id, "searchableProperties": [f"{KEY}.number"]}
    await clinic.told(f"PUT /objects/{KEY}", searchable)
    record = await clinic.record(KEY, number="1", total=5)
    await clinic.told(f"PUT /objects/{KEY}/records/{record}?{where}", {"properties": {"total": 6}})
    association = await clinic.association(KEY)
    relation = (await clinic.relate(association, contact, record))["id"]
    made = await clinic.told("POST /businesses/", {"name": "Acme", "locationId": clinic.id, "email": "a@acme.test"})
    business = made["buiseness"]["id"]
    await clinic.told(
        "POST /contacts/bulk/business", {"locationId": clinic.id, "ids": [contact], "businessId": business}
    )
    pipeline = (await clinic.dump("pipelines"))[0]["id"]
    deal: dict[str, Any] = {"pipelineId": pipeline, "locationId": clinic.id, "name": "P", "status": "open",
                            "contactId": contact, "monetaryValue": 5}  # fmt: skip
    deal_id = (await clinic.told("POST /opportunities/", deal))["opportunity"]["id"]
    await clinic.told(f"PUT /opportunities/{deal_id}/status", {"status": "won"})
    invoice = (await clinic.told("POST /invoices/", clinic.invoice(contact)))["_id"]
    cash = {**alt, "mode": "cash", "card": {"brand": "", "last4": ""}, "cheque": {"number": ""}, "notes": "",
            "amount": 1, "fulfilledAt": "2021-03-04T00:00:00Z"}  # fmt: skip
    await clinic.told(f"POST /invoices/{invoice}/record-payment", cash)
    await clinic.told(f"POST /invoices/{invoice}/void", alt)
    product = {"name": "Consult", "locationId": clinic.id, "productType": "SERVICE"}
    product_id = (await clinic.told("POST /products/", product))["_id"]
    price = {"name": "Std", "type": "one_time", "currency": "AUD", "amount": 90, "locationId": clinic.id}
    await clinic.told(f"POST /products/{product_id}/price", price)
    file = await clinic.told("POST /medias/upload-file", files={"file": ("a.png", b"png")})
    clinic.pass_time()
    await clinic.search(path=f"/objects/{KEY}/records/search")
    is_v3 = clinic.headers["Version"] == V3
    for path in (
        f"/objects/?{where}", f"/objects/{KEY}?{where}&fetchProperties=true", f"/objects/{KEY}/records/{record}",
        f"/custom-fields/object-key/{KEY}?{where}", f"/custom-fields/{field['id']}", f"/associations/{association}",
        f"/associations/?{where}&skip=0&limit=10", f"/associations/key/invoice_contact?{where}",
        f"/associations/objectKey/{KEY}?{where}", f"/associations/relations/{record}?{where}&skip=0&limit=10",
        f"/businesses/?{where}", f"/businesses/{business}", f"/contacts/business/{business}?{where}",
        f"/opportunities/{deal_id}", f"/opportunities/search?{'locationId' if is_v3 else 'location_id'}={clinic.id}",
        f"/invoices/{invoice}?{alt_query}", f"/products/?{where}", f"/products/{product_id}?{where}",
        f"/products/{product_id}/price?{where}",
        f"/medias/files?{alt_query}&sortBy=createdAt&sortOrder=asc&type=file",
    ):  # fmt: skip
        await clinic.told(f"GET {path}")
    for path in (
        f"/associations/relations/{relation}?{where}", f"/associations/{association}",
        f"/objects/{KEY}/records/{record}", f"/custom-fields/{field['id']}",
        f"/custom-fields/folder/{folder['id']}?{where}",
        f"/businesses/{business}", f"/opportunities/{deal_id}", f"/invoices/{invoice}?{alt_query}",
        f"/products/{product_id}?{where}",
        f"/medias/{file['fileId']}?{alt_query}",
    ):  # fmt: skip
        await clinic.told(f"DELETE {path}")


async def test_traffic_agrees_with_the_documents(documents: Documents, clinic: Clinic) -> None:
    await a_day(clinic)

    complaints = sorted({one for entry in clinic.twin.journal for one in documents.complaints(entry)})
    assert complaints == []
