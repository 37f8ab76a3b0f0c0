"""Lists under a parent, and the answers that are no lists."""

from __future__ import annotations

from typing import Any

import pytest
from tests.twins_cliniko.conftest import Desk, Opened

pytestmark = pytest.mark.anyio


def tail(relation: dict[str, Any]) -> str:
    return str(relation["links"]["self"]).partition("?")[0].rpartition("/")[2]


@pytest.mark.rule("cliniko.nested-lists")
@pytest.mark.parametrize(
    ("parent", "resource", "relation"),
    [
        ("patients", "invoices", "patient"),
        ("patients", "medical_alerts", "patient"),
        ("patients", "patient_attachments", "patient"),
        ("patients", "treatment_notes", "patient"),
        ("patients", "appointments", "patient"),
        ("practitioners", "invoices", "practitioner"),
        ("practitioners", "appointments", "practitioner"),
        ("practitioners", "practitioner_reference_numbers", "practitioner"),
        ("practitioners", "daily_availabilities", "practitioner"),
        ("businesses", "daily_availabilities", "business"),
        ("businesses", "appointments", "business"),
        ("businesses", "services", "business"),
        ("invoices", "invoice_items", "invoice"),
        ("attendees", "invoices", "attendee"),
        ("attendees", "patient_forms", "attendee"),
        ("appointments", "invoices", "appointment"),
        ("individual_appointments", "attendees", "booking"),
        ("patient_cases", "attendees", "patient_case"),
    ],
)
async def test_a_list_under_a_parent_holds_just_its_records(
    desk: Desk, parent: str, resource: str, relation: str
) -> None:
    visible = [r for r in desk.stored(resource) if not r.get("archived_at") and not r.get("cancelled_at")]
    chosen = tail(next(row[relation] for row in visible if relation in row))
    expected = [row.get("id") for row in visible if relation in row and tail(row[relation]) == chosen]

    rows = await desk.rows(f"/{parent}/{chosen}/{resource}?per_page=100")

    assert [row.get("id") for row in rows] == expected != []


@pytest.mark.rule("cliniko.nested-lists")
async def test_the_attendees_of_a_class_are_under_it(opened: Opened) -> None:
    desk = opened({"clinic": "150"})
    group = desk.stored("group_appointments")[0]

    rows = await desk.rows(f"/group_appointments/{group['id']}/attendees")

    assert [tail(row["patient"]) for row in rows] == group["patient_ids"]
    assert {row["arrived"] for row in rows} >= {True, None}


@pytest.mark.rule("cliniko.nested-lists")
async def test_a_case_has_the_bookings_and_invoices_of_its_attendees(desk: Desk) -> None:
    attendee = next(r for r in desk.stored("attendees") if "patient_case" in r and r["invoice_status"])
    case = tail(attendee["patient_case"])

    bookings = await desk.rows(f"/patient_cases/{case}/bookings?q[]=cancelled_at:*")
    invoices = await desk.rows(f"/patient_cases/{case}/invoices")

    attending = (await desk.get(f"/patient_cases/{case}")).json()["attendee_ids"]
    assert {row["id"] for row in bookings} == {
        tail(row["booking"]) for row in desk.stored("attendees") if row["id"] in attending
    }
    assert invoices and {tail(row["attendee"]) for row in invoices} <= set(attending)
    assert await desk.rows(f"/patient_cases/{case}/patient_attachments") == []


@pytest.mark.rule("cliniko.nested-lists")
async def test_who_offers_what_where_is_read_from_the_services(desk: Desk) -> None:
    service = (await desk.rows("/services"))[0]
    kind, business = tail(service["appointment_type"]), tail(service["business"])
    offering = {tail(one) for one in service["practitioners"]}

    assert offering <= {row["id"] for row in await desk.rows(f"/appointment_types/{kind}/practitioners")}
    assert offering <= {row["id"] for row in await desk.rows(f"/businesses/{business}/practitioners")}
    assert await desk.rows(f"/businesses/{business}/practitioners/inactive") == []
    offered = await desk.rows(f"/practitioners/{offering.pop()}/appointment_types")
    assert kind in {row["id"] for row in offered}


@pytest.mark.rule("cliniko.unknown-parent")
@pytest.mark.parametrize(("way", "status"), [("404", 404), ("empty", 200)])
async def test_a_list_under_nothing_is_not_there_or_empty(opened: Opened, way: str, status: int) -> None:
    assert (await opened(unknown_parent=way).get("/patients/1/invoices")).status_code == status


@pytest.mark.rule("cliniko.active-case")
@pytest.mark.parametrize(("way", "expired"), [("unexpired", False), ("unclosed", True)])
async def test_active_cases_are_not_past_their_expiry(opened: Opened, way: str, expired: bool) -> None:
    rows = await opened(active_case=way).rows("/patient_cases/active?per_page=100")

    assert rows and any(row["expiry_date"] < "2026-11-16" for row in rows) is expired


async def test_active_cases_follow_the_clock(desk: Desk) -> None:
    before = await desk.total("/patient_cases/active")
    await desk.admin("clock", {"advance_s": 400 * 86_400})

    assert before > 0 == await desk.total("/patient_cases/active")


async def test_a_referral_source_is_read_under_its_patient(desk: Desk) -> None:
    source = desk.stored("referral_sources")[0]
    patient = tail(source["patient"])

    assert (await desk.get(f"/patients/{patient}/referral_source")).json()["id"] == source["id"]
    without = {row["id"] for row in desk.stored("patients")} - {
        tail(row["patient"]) for row in desk.stored("referral_sources")
    }
    assert (await desk.get(f"/patients/{without.pop()}/referral_source")).status_code == 404


async def test_a_signature_is_read_under_its_form(desk: Desk) -> None:
    form = next(row for row in desk.stored("patient_forms") if "signatures" in row)
    signature = tail(form["signatures"])

    answer = await desk.get(f"/patient_forms/{form['id']}/signatures/{signature}")

    assert answer.json()["image"].startswith("data:image/png;base64,")
    assert (await desk.get(f"/patient_forms/1/signatures/{signature}")).status_code == 404
    assert (await desk.get("/signatures")).status_code == 404


async def test_a_booking_on_top_of_another_is_in_conflict(desk: Desk) -> None:
    alone = desk.stored("individual_appointments")[0]
    path = f"/individual_appointments/{alone['id']}/conflicts?q[]=cancelled_at:*&q[]=archived_at:*"
    assert (await desk.get(path)).json() == {"conflicts": {"exist": False}}

    names = ("practitioner", "business", "appointment_type", "patient")
    same = {f"{name}_id": tail(alone[name]) for name in names} | {"starts_at": alone["starts_at"]}
    await desk.admin("create", {"object": "individual_appointments", "record": same})

    assert (await desk.get(path)).json() == {"conflicts": {"exist": True}}
