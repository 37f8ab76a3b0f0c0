"""Writes to the Cliniko twin, through the API and by the clinic's staff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.twins_clinic.vendor_shape import example_keys, record_validator
from tests.twins_cliniko.conftest import BASE, Desk, Opened

pytestmark = pytest.mark.anyio

WRITABLE: dict[str, dict[str, Any]] = {
    "patients": {"first_name": "Ada", "last_name": "Byrne"},
    "contacts": {"last_name": "Duarte", "type_code": 1},
    "medical_alerts": {"name": "Latex", "patient_id": "patients"},
    "relationships": {"patient_id": "patients", "related_patient_id": "patients", "relation": 20},
    "individual_appointments": {
        "patient_id": "patients",
        "practitioner_id": "practitioners",
        "business_id": "businesses",
        "appointment_type_id": "appointment_types",
        "starts_at": "2026-12-01T09:00:00+11:00",
    },
    "group_appointments": {
        "practitioner_id": "practitioners",
        "business_id": "businesses",
        "appointment_type_id": "appointment_types",
        "starts_at": "2026-12-01T09:00:00Z",
    },
    "unavailable_blocks": {
        "practitioner_id": "practitioners",
        "business_id": "businesses",
        "starts_at": "2026-12-01T09:00:00Z",
        "ends_at": "2026-12-01T10:00:00Z",
    },
    "patient_cases": {"name": "Plan", "patient_id": "patients", "max_sessions": 5},
    "patient_forms": {"name": "Intake", "patient_id": "patients"},
    "communications": {
        "content": "Rang",
        "confidential": False,
        "direction_code": 2,
        "from": "Ada",
        "to": "Desk",
        "patient_id": "patients",
        "type_code": 3,
    },
    "appointment_types": {"name": "Review"},
    "billable_items": {"name": "Review", "price": "50.0"},
    "products": {"name": "Tape"},
    "product_suppliers": {"name": "Tape Co"},
    "taxes": {"name": "GST 2", "rate": "12.5"},
    "concession_types": {"name": "Student"},
    "businesses": {"business_name": "Second house"},
    "treatment_note_templates": {"name": "Short"},
    "patient_form_templates": {"name": "Short"},
    "unavailable_block_types": {"name": "Tea"},
    "practitioner_reference_numbers": {"name": "NDIS", "reference_number": "7", "practitioner_id": "practitioners"},
    "stock_adjustments": {"product_id": "products", "quantity": "3.0"},
    "availability_blocks": {
        "practitioner_id": "practitioners",
        "business_id": "businesses",
        "starts_at": "2026-12-01T09:00:00Z",
        "ends_at": "2026-12-01T10:00:00Z",
    },
}
"""What a client sends at least; the value of NAME_id is the resource from which to take an id."""


def filled(desk: Desk, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: desk.live(value)["id"] if name.endswith("_id") else value for name, value in fields.items()}


@pytest.mark.rule("cliniko.write-statuses")
@pytest.mark.parametrize("resource", sorted(WRITABLE))
async def test_a_new_record_has_the_vendor_shape_and_is_listed(desk: Desk, shared: Path, resource: str) -> None:
    made = await desk.send("POST", f"/{resource}", json=filled(desk, WRITABLE[resource]))

    assert made.status_code == 201, made.text
    record = made.json()
    assert made.headers["location"] == f"{BASE}/v1/{resource}/{record['id']}"
    assert (await desk.get(f"/{resource}/{record['id']}")).json() == record
    assert record["id"] in {row["id"] for row in await desk.rows(f"/{resource}?sort=created_at:desc")}
    assert [error.message for error in record_validator(shared, resource).iter_errors(record)] == []
    optional = {name for name in example_keys(shared, resource) if name not in record}
    assert not {name for name in optional if name.endswith(("_at", "_date", "name", "notes"))}


@pytest.mark.rule("cliniko.updated-at")
async def test_a_change_moves_updated_at_and_leaves_created_at(desk: Desk) -> None:
    before = desk.live("patients")
    await desk.admin("clock", {"advance_s": 90})
    sent = {"last_name": "Quill", "created_at": "2001-01-01T00:00:00Z", "id": "1"}
    changed = await desk.send("PATCH", f"/patients/{before['id']}", json=sent)

    after = changed.json()
    assert changed.status_code == 200
    assert (after["last_name"], after["label"]) == ("Quill", f"{before['first_name']} Quill")
    assert (after["created_at"], after["updated_at"]) == (before["created_at"], "2026-11-16T00:01:30Z")


@pytest.mark.rule("cliniko.validation")
async def test_blanks_are_refused_field_by_field(desk: Desk) -> None:
    blank = "can’t be blank"
    named = await desk.send("POST", "/patients", json={"first_name": "Ada", "last_name": ""})
    nothing = await desk.send("POST", "/patients", content=b"{oops", headers={"content-type": "application/json"})

    assert (named.status_code, nothing.status_code) == (422, 422)
    assert named.json() == {"message": "Validation Failed", "errors": {"last_name": blank}}
    assert nothing.json()["errors"] == {"first_name": blank, "last_name": blank}


@pytest.mark.rule("cliniko.bad-reference")
@pytest.mark.parametrize(("way", "status"), [("422", 422), ("500", 500)])
async def test_a_relation_to_nothing_is_refused(opened: Opened, way: str, status: int) -> None:
    answer = await opened(bad_reference=way).send("POST", "/medical_alerts", json={"name": "x", "patient_id": "1"})

    assert answer.status_code == status


@pytest.mark.rule("cliniko.write-statuses")
async def test_archiving_hides_and_unarchiving_shows_again(desk: Desk) -> None:
    id = (await desk.rows("/patients?per_page=1"))[0]["id"]

    archived = await desk.send("POST", f"/patients/{id}/archive")
    gone = await desk.get(f"/patients/{id}")
    back = await desk.send("POST", f"/patients/{id}/unarchive")

    assert (archived.status_code, gone.status_code, back.status_code) == (204, 404, 200)
    assert back.json()["archived_at"] is None
    assert (await desk.get(f"/patients/{id}")).status_code == 200


@pytest.mark.rule("cliniko.delete-archives")
async def test_delete_archives_but_a_tax_is_really_gone(desk: Desk) -> None:
    alert, tax = desk.live("medical_alerts")["id"], desk.live("taxes")["id"]

    deleted = [await desk.send("DELETE", path) for path in (f"/medical_alerts/{alert}", f"/taxes/{tax}")]

    assert [answer.status_code for answer in deleted] == [204, 204]
    assert (await desk.get(f"/medical_alerts/{alert}?q[]=archived_at:*")).json()["archived_at"]
    assert desk.stored("taxes") == []


@pytest.mark.rule("cliniko.no-invoice-writes")
async def test_invoices_cannot_be_written(desk: Desk) -> None:
    invoice = desk.live("invoices")["id"]

    assert (await desk.send("POST", "/invoices", json={"number": 1})).status_code == 404
    assert (await desk.send("PATCH", f"/invoices/{invoice}", json={"number": 1})).status_code == 404


async def test_a_booking_brings_its_attendee_and_ends_when_its_type_says(desk: Desk) -> None:
    body = filled(desk, WRITABLE["individual_appointments"])
    made = (await desk.send("POST", "/individual_appointments", json=body)).json()

    (attendee,) = await desk.rows(f"/individual_appointments/{made['id']}/attendees")
    assert (made["starts_at"], made["ends_at"]) == ("2026-11-30T22:00:00Z", "2026-11-30T22:45:00Z")
    assert attendee["arrived"] is None
    patient = (await desk.get(f"/patients/{body['patient_id']}")).json()
    assert patient["latest_booking"]["links"]["self"].endswith(f"/bookings/{made['id']}")
    assert (await desk.get(f"/bookings/{made['id']}")).status_code == 200


@pytest.mark.rule("cliniko.write-statuses")
async def test_cancelling_cancels_the_attendee_too_and_both_leave_the_lists(desk: Desk) -> None:
    body = filled(desk, WRITABLE["individual_appointments"])
    id = (await desk.send("POST", "/individual_appointments", json=body)).json()["id"]

    reason = {"cancellation_reason": 30, "cancellation_note": "Flu"}
    cancelled = await desk.send("PATCH", f"/individual_appointments/{id}/cancel", json=reason)

    assert cancelled.status_code == 204
    assert (await desk.get(f"/individual_appointments/{id}")).status_code == 404
    assert await desk.rows(f"/attendees?q[]=booking_id:={id}") == []
    after = (await desk.get(f"/individual_appointments/{id}?q[]=cancelled_at:*")).json()
    assert (after["cancellation_reason_description"], after["cancellation_note"]) == ("Sick", "Flu")
    (attendee,) = await desk.rows(f"/attendees?q[]=booking_id:={id}&q[]=cancelled_at:*")
    assert attendee["cancellation_reason"] == 30


async def test_cancelling_a_series_cancels_its_repeats(desk: Desk) -> None:
    body = filled(desk, WRITABLE["individual_appointments"])
    first = (await desk.send("POST", "/individual_appointments", json=body)).json()["id"]
    repeat = {**body, "repeated_from_id": first}
    await desk.admin("create", {"object": "individual_appointments", "record": repeat})
    assert await desk.total(f"/individual_appointments?q[]=repeated_from_id:={first}") == 1

    await desk.send("PATCH", f"/individual_appointments/{first}/cancel", json={"apply_to_repeats": True})

    assert await desk.total(f"/individual_appointments?q[]=repeated_from_id:={first}") == 0


async def test_an_attendee_joins_a_class(desk: Desk) -> None:
    group = (await desk.send("POST", "/group_appointments", json=filled(desk, WRITABLE["group_appointments"]))).json()
    patient = desk.live("patients")["id"]

    joined = await desk.send("POST", "/attendees", json={"booking_id": group["id"], "patient_id": patient})

    assert joined.status_code == 201
    assert (await desk.get(f"/group_appointments/{group['id']}")).json()["patient_ids"] == [patient]


@pytest.mark.rule("cliniko.archive-cascade")
@pytest.mark.parametrize(("way", "left"), [("no", 1), ("yes", 0)])
async def test_archiving_an_appointment_may_archive_its_attendees(opened: Opened, way: str, left: int) -> None:
    desk = opened(archive_cascade=way)
    body = filled(desk, WRITABLE["individual_appointments"])
    id = (await desk.send("POST", "/individual_appointments", json=body)).json()["id"]

    await desk.send("POST", f"/individual_appointments/{id}/archive")

    assert await desk.total(f"/attendees?q[]=booking_id:={id}") == left


@pytest.mark.rule("cliniko.notes-by-practitioners")
async def test_only_a_practitioner_writes_notes_and_final_ones_stay(desk: Desk) -> None:
    body = {"patient_id": desk.live("patients")["id"], "title": "Review", "draft": True}

    refused = await desk.send("POST", "/treatment_notes", json=body)
    made = (await desk.send("POST", "/treatment_notes", role="practitioner", json=body)).json()
    path = f"/treatment_notes/{made['id']}"
    final = (await desk.send("PATCH", path, role="practitioner", json={"draft": False})).json()
    late = await desk.send("PATCH", path, role="practitioner", json={"title": "Other"})

    assert (refused.status_code, refused.content) == (403, b"")
    own = (await desk.get("/user", role="practitioner")).json()
    assert made["author_name"] == f"{own['first_name']} {own['last_name']}" and made["finalized_at"] is None
    assert final["finalized_at"] == "2026-11-16T00:00:00Z" and late.status_code == 422


async def test_a_referral_source_is_written_under_its_patient(desk: Desk) -> None:
    patient, doctor = desk.live("patients")["id"], desk.live("contacts")["id"]
    kind = next(row["id"] for row in desk.stored("referral_source_types") if row["name"] == "Doctor")

    body = {"referral_source_type_id": kind, "referrer_id": doctor, "subcategory": "GP"}
    written = await desk.send("PATCH", f"/patients/{patient}/referral_source", json=body)

    assert written.json()["referrer"]["links"]["self"] == f"{BASE}/v1/contacts/{doctor}"
    assert (await desk.get(f"/patients/{patient}/referral_source")).json() == written.json()


async def test_staff_edits_leave_no_trace_in_the_journal_but_show_in_a_sweep(desk: Desk) -> None:
    id = desk.live("invoices")["id"]
    await desk.admin("clock", {"advance_s": 60})

    fields = {"status": 30, "notes": "Written off", "practitioner_id": None}
    edited = await desk.admin("edit", {"object": "invoices", "id": id, "fields": fields})

    (swept,) = await desk.rows("/invoices?q[]=updated_at:>=2026-11-16T00:01:00Z&q[]=archived_at:*")
    assert (swept["id"], swept["status"], swept["notes"]) == (id, 30, "Written off")
    assert "practitioner" not in swept and edited["updated_at"] == "2026-11-16T00:01:00Z"
    assert [entry.method for entry in desk.twin.journal] == ["GET"]


async def test_staff_can_create_anything_an_invoice_too(desk: Desk) -> None:
    patient = desk.live("patients")["id"]
    said = {"number": 9001, "patient_id": patient, "total_amount": "50.0", "status": 20, "issue_date": "2026-11-15"}

    made = await desk.admin("create", {"object": "invoices", "record": said})

    assert (await desk.rows(f"/patients/{patient}/invoices?q[]=number:=9001"))[0]["id"] == made["id"]
    assert made["status_description"] == "Paid"


async def test_a_hard_delete_leaves_nothing_and_no_sweep_shows_it(desk: Desk) -> None:
    id = desk.live("individual_appointments")["id"]

    await desk.admin("delete", {"object": "individual_appointments", "id": id})

    for resource in ("individual_appointments", "bookings", "appointments"):
        everything = "q[]=archived_at:*&q[]=cancelled_at:*"
        assert (await desk.get(f"/{resource}/{id}?{everything}")).status_code == 404
        assert await desk.total(f"/{resource}?q[]=id:={id}&{everything}") == 0


async def test_a_wrong_admin_call_is_told_what_is_wrong(desk: Desk) -> None:
    answer = await desk.client.post(f"{BASE}/__admin/edit", json={"object": "patients", "id": "1", "fields": {}})

    assert answer.status_code == 400 and "no patients 1" in answer.text


async def test_reset_goes_back_to_the_start(desk: Desk) -> None:
    before = {name: desk.stored(name) for name in desk.service.state()}
    await desk.admin("create", {"object": "contacts", "record": {"last_name": "New"}})
    await desk.admin("delete", {"object": "patients", "id": before["patients"][0]["id"]})
    await desk.admin("edit", {"object": "patients", "id": before["patients"][1]["id"], "fields": {"notes": "x"}})

    await desk.admin("reset", {})

    assert {name: desk.stored(name) for name in desk.service.state()} == before
