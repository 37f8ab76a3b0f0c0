"""What goes along with a deleted record, what comes back, what other people do."""

from __future__ import annotations

import pytest
from highlevel_client import ANA, Clinic

pytestmark = pytest.mark.anyio
KEY = "custom_objects.cliniko_invoice"
DAY_S = 86_400


async def patient(clinic: Clinic) -> tuple[str, str]:
    """A contact with a note, a task, an appointment, an opportunity and a linked record: contact and record."""
    await clinic.object()
    id, record = await clinic.contact(**ANA), await clinic.record(KEY, number="1")
    await clinic.told(f"POST /contacts/{id}/notes", {"body": "x"})
    await clinic.told(f"POST /contacts/{id}/tasks", {"title": "x", "dueDate": "2026-03-04", "completed": False})
    await clinic.appointment(await clinic.calendar(), id)
    pipeline = (await clinic.dump("pipelines"))[0]["id"]
    deal = {"pipelineId": pipeline, "locationId": clinic.id, "name": "x", "status": "open", "contactId": id}
    await clinic.told("POST /opportunities/", deal)
    await clinic.relate(await clinic.association(KEY), id, record)
    return id, record


async def counts(clinic: Clinic) -> list[int]:
    state = (await clinic.admin("GET state")).json()
    return [state[name] for name in ("contacts", "notes", "tasks", "appointments", "opportunities", "relations", KEY)]


@pytest.mark.rule("highlevel.delete-contact", "highlevel.delete-record")
async def test_a_contact_takes_its_children_and_leaves_records_alone(clinic: Clinic) -> None:
    id, record = await patient(clinic)
    assert await counts(clinic) == [1, 1, 1, 1, 1, 1, 1]

    await clinic.told(f"DELETE /contacts/{id}")

    assert await counts(clinic) == [0, 0, 0, 0, 0, 0, 1]
    await clinic.refused(f"GET /contacts/{id}")
    await clinic.refused(f"DELETE /contacts/{id}")
    assert (await clinic.ask("POST /contacts/", {"locationId": clinic.id, **ANA})).status_code == 201
    assert (await clinic.told(f"DELETE /objects/{KEY}/records/{record}"))["success"] is True
    await clinic.refused(f"GET /objects/{KEY}/records/{record}", status=404)


@pytest.mark.rule("highlevel.restore", "highlevel.restore-children")
@pytest.mark.parametrize(("mode", "left"), [("yes", [1, 1, 1, 1, 1, 0, 1]), ("no", [1, 0, 0, 0, 0, 0, 1])])
async def test_a_page_brings_a_contact_back(mode: str, left: list[int]) -> None:
    clinic = Clinic(switches={"restore_children": mode})
    id, _ = await patient(clinic)
    await clinic.told(f"DELETE /contacts/{id}")
    clinic.pass_time(59 * DAY_S)

    answer = await clinic.admin("POST restore", {"object": "contacts", "id": id})

    assert (answer.status_code, await counts(clinic)) == (200, left)
    await clinic.refused("POST /contacts/", {"locationId": clinic.id, "email": "ana@example.org"})


@pytest.mark.rule("highlevel.restore")
async def test_after_sixty_days_nothing_comes_back(clinic: Clinic) -> None:
    id = await clinic.contact()
    await clinic.told(f"DELETE /contacts/{id}")
    clinic.pass_time(61 * DAY_S)

    assert (await clinic.admin("POST restore", {"object": "contacts", "id": id})).status_code == 400


@pytest.mark.rule("highlevel.hipaa")
async def test_in_a_hipaa_account_no_contact_comes_back() -> None:
    clinic = Clinic(switches={"hipaa": "yes"})
    id, calendar = await clinic.contact(), await clinic.calendar()
    await clinic.told(f"DELETE /contacts/{id}")
    await clinic.told(f"DELETE /calendars/{calendar}")

    assert (await clinic.admin("POST restore", {"object": "contacts", "id": id})).status_code == 400
    assert (await clinic.admin("POST restore", {"object": "calendars", "id": calendar})).status_code == 200


@pytest.mark.rule("highlevel.restore")
async def test_a_calendar_comes_back_with_what_went_along(clinic: Clinic) -> None:
    calendar, contact = await clinic.calendar(), await clinic.contact()
    early, late = await clinic.appointment(calendar, contact), await clinic.appointment(calendar, contact)
    await clinic.told(f"DELETE /calendars/events/{early}")
    clinic.pass_time(3_600)
    await clinic.told(f"DELETE /calendars/{calendar}")

    await clinic.admin("POST restore", {"object": "calendars", "id": calendar})

    assert [row["id"] for row in await clinic.dump("appointments")] == [late]


async def test_somebody_else_edits_creates_and_deletes(clinic: Clinic) -> None:
    await clinic.object()
    field = (await clinic.field("Key"))["id"]
    id, record = await clinic.contact(**ANA), await clinic.record(KEY, number="1")
    note = (await clinic.told(f"POST /contacts/{id}/notes", {"body": "x"}))["note"]["id"]
    clinic.pass_time()

    fields = {"city": "Perth", "email": "new@example.org", "customFields": [{"id": field, "value": "7"}]}
    await clinic.admin("POST edit", {"object": "contacts", "id": id, "fields": fields})
    await clinic.admin("POST edit", {"object": KEY, "id": record, "fields": {"properties": {"number": "2"}}})
    await clinic.admin("POST edit", {"object": "notes", "id": note, "fields": {"body": "y"}})
    made = (await clinic.admin("POST create", {"object": "contacts", "fields": {"firstName": "Walk-in"}})).json()["id"]
    await clinic.admin("POST delete", {"object": "notes", "id": note})

    read = await clinic.read(id)
    assert (read["city"], await clinic.values(id)) == ("Perth", {field: "7"})
    assert read["dateUpdated"] > read["dateAdded"]
    assert (await clinic.told(f"GET /objects/{KEY}/records/{record}"))["record"]["properties"] == {"number": "2"}
    (row,) = await clinic.dump(KEY)
    assert row["lastUpdatedBy"]["source"] == "WEB_USER"
    assert (await clinic.read(made))["createdBy"]["source"] == "WEB_USER"
    await clinic.refused("POST /contacts/", {"locationId": clinic.id, "email": "new@example.org"})
    assert await clinic.count("notes") == 0
    assert (await clinic.admin("POST delete", {"object": "notes", "id": note})).status_code == 400


async def test_the_reception_books_and_sells(clinic: Clinic) -> None:
    contact, calendar = await clinic.contact(), await clinic.calendar()
    pipeline = (await clinic.dump("pipelines"))[0]
    visit = {"contactId": contact, "calendarId": calendar}
    deal = {"contactId": contact, "pipelineId": pipeline["id"], "name": "x"}

    made = (await clinic.admin("POST create", {"object": "appointments", "fields": visit})).json()["id"]
    await clinic.admin("POST create", {"object": "opportunities", "fields": deal})
    clinic.pass_time()

    event = (await clinic.told(f"GET /calendars/events/appointments/{made}"))["event"]
    found = (await clinic.told(f"GET /opportunities/search?location_id={clinic.id}"))["opportunities"]
    assert (event["createdBy"]["source"], found[0]["name"]) == ("calendar_page", "x")


async def test_dumps_are_whole_and_tell_where_rows_are(clinic: Clinic) -> None:
    other = (await clinic.admin("POST location", {"name": "Hill"})).json()["id"]
    field = (await clinic.field("Key"))["id"]
    await clinic.contact(customFields=[{"id": field, "value": "7"}], gender="x")
    await clinic.admin("POST create", {"object": "contacts", "locationId": other, "fields": {"firstName": "B"}})

    rows = await clinic.dump("contacts")

    assert [row["locationId"] for row in rows] == [clinic.id, other]
    assert (rows[0]["customFields"], rows[0]["gender"]) == ([{"id": field, "value": "7"}], "x")
    assert [row["name"] for row in await clinic.dump("locations")] == ["Harbour Clinic", "Hill"]
    assert (await clinic.admin("GET dump/nothing")).status_code == 404
    for name in ("users", "objects", "customFields", "folders", "deleted", "automations", "workflows"):
        assert (await clinic.admin(f"GET dump/{name}")).status_code == 200
