"""Notes and tasks."""

from __future__ import annotations

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
DUE = {"title": "Call", "dueDate": "2026-03-04T09:30:00+11:00", "completed": False}


@pytest.mark.rule("highlevel.notes")
async def test_a_note_has_any_author_and_the_present_as_moment(clinic: Clinic) -> None:
    id = await clinic.contact()
    anna = next(user["id"] for user in await clinic.dump("users") if user["email"] == "anna@clinic.example")
    body = {"body": "S: well", "userId": anna, "title": "2021-03-04", "color": "#FFAA00", "pinned": True}

    answer = await clinic.ask(f"POST /contacts/{id}/notes", body)
    for number in range(30):
        await clinic.told(f"POST /contacts/{id}/notes", {"body": str(number)})

    note = answer.json()["note"]
    assert answer.status_code == 201
    assert {name: note[name] for name in body} == body
    assert (note["dateAdded"], note["contactId"]) == ("2026-02-02T23:00:00.000Z", id)
    listed = (await clinic.told(f"GET /contacts/{id}/notes"))["notes"]
    assert (len(listed), listed[0]["body"], listed[-1]["id"]) == (31, "29", note["id"])
    words = await clinic.refused(f"POST /contacts/{id}/notes", {"body": "x", "dateAdded": "2021-03-04"}, status=422)
    assert words == ["property dateAdded should not exist"]


@pytest.mark.rule("highlevel.notes")
async def test_a_note_is_changed_and_deleted(clinic: Clinic) -> None:
    id, other = await clinic.contact(), await clinic.contact()
    note = (await clinic.told(f"POST /contacts/{id}/notes", {"body": "x"}))["note"]["id"]

    await clinic.told(f"PUT /contacts/{id}/notes/{note}", {"pinned": True})
    read = (await clinic.told(f"GET /contacts/{id}/notes/{note}"))["note"]
    await clinic.refused(f"GET /contacts/{other}/notes/{note}", status=404)
    await clinic.told(f"DELETE /contacts/{id}/notes/{note}")

    assert (read["body"], read["pinned"]) == ("x", True)
    await clinic.refused(f"GET /contacts/{id}/notes/{note}", status=404)


@pytest.mark.rule("highlevel.note-length")
@pytest.mark.parametrize(("most", "status"), [("65000", 422), ("0", 201)])
async def test_a_note_may_be_too_long(most: str, status: int) -> None:
    clinic = Clinic(switches={"note_max": most})
    id = await clinic.contact()

    assert (await clinic.ask(f"POST /contacts/{id}/notes", {"body": "x" * 65_000})).status_code == 201
    assert (await clinic.ask(f"POST /contacts/{id}/notes", {"body": "x" * 65_001})).status_code == status


@pytest.mark.rule("highlevel.note-html")
@pytest.mark.parametrize(
    ("mode", "told"),
    [("kept", "<h1>A</h1><p>b & c</p>"), ("cleaned", "A<p>b &amp; c</p>"), ("stripped", "Ab &amp; c")],
)
async def test_what_becomes_of_html(mode: str, told: str) -> None:
    clinic = Clinic(switches={"note_html": mode})
    id = await clinic.contact()

    note = await clinic.told(f"POST /contacts/{id}/notes", {"body": "<h1>A</h1><p>b & c</p>"})

    assert note["note"]["body"] == told


@pytest.mark.rule("highlevel.tasks")
async def test_tasks_have_five_properties_and_no_custom_fields(clinic: Clinic) -> None:
    id = await clinic.contact()

    answer = await clinic.ask(f"POST /contacts/{id}/tasks", {**DUE, "body": "b", "assignedTo": clinic.admin_id})
    task = answer.json()["task"]
    await clinic.told(f"PUT /contacts/{id}/tasks/{task['id']}/completed", {"completed": True})
    await clinic.told(f"PUT /contacts/{id}/tasks/{task['id']}", {"title": "Write"})

    assert (answer.status_code, task["dueDate"]) == (201, "2026-03-03T22:30:00.000Z")
    (read,) = (await clinic.told(f"GET /contacts/{id}/tasks"))["tasks"]
    assert (read["title"], read["body"], read["completed"]) == ("Write", "b", True)
    words = await clinic.refused(f"POST /contacts/{id}/tasks", {"customFields": []}, status=422)
    assert words == [
        "property customFields should not exist", "title must be a string",
        "dueDate must be a valid ISO 8601 date string", "completed must be a boolean value",
    ]  # fmt: skip
    await clinic.told(f"DELETE /contacts/{id}/tasks/{task['id']}")
    assert (await clinic.told(f"GET /contacts/{id}/tasks"))["tasks"] == []


@pytest.mark.rule("highlevel.task-search")
async def test_tasks_are_searched_over_all_contacts(clinic: Clinic) -> None:
    one, two = await clinic.contact(), await clinic.contact()
    for id in (one, two):
        await clinic.told(f"POST /contacts/{id}/tasks", {**DUE, "completed": id == one})
    path = f"POST /locations/{clinic.id}/tasks/search"

    soon = (await clinic.told(path, {}))["tasks"]
    clinic.pass_time()

    assert (soon, len((await clinic.told(path, {}))["tasks"])) == ([], 2)
    assert [task["contactId"] for task in (await clinic.told(path, {"completed": True}))["tasks"]] == [one]
    assert [task["contactId"] for task in (await clinic.told(path, {"contactId": [two]}))["tasks"]] == [two]
    assert len((await clinic.told(path, {"limit": 1, "skip": 1, "query": "call"}))["tasks"]) == 1


@pytest.mark.rule("highlevel.appointment-notes")
async def test_appointment_notes_are_short_paged_and_on_the_contact(clinic: Clinic) -> None:
    id = await clinic.contact()
    appointment = await clinic.appointment(await clinic.calendar(), id)
    path = f"/calendars/appointments/{appointment}/notes"
    for number in range(21):
        made = await clinic.ask(f"POST {path}", {"body": str(number), "userId": clinic.admin_id})
    note = made.json()["note"]

    first = await clinic.told(f"GET {path}?limit=20&offset=0")
    rest = await clinic.told(f"GET {path}?limit=20&offset=20")
    on_contact = (await clinic.told(f"GET /contacts/{id}/notes"))["notes"]
    await clinic.told(f"PUT {path}/{note['id']}", {"body": "y"})
    await clinic.told(f"DELETE {path}/{first['notes'][1]['id']}")

    assert (made.status_code, note["createdBy"]["id"]) == (201, clinic.admin_id)
    assert ([len(one["notes"]) for one in (first, rest)], first["hasMore"], rest["hasMore"]) == ([20, 1], True, False)
    assert len(on_contact) == 21
    assert (await clinic.told(f"GET {path}?limit=1&offset=0"))["notes"][0]["body"] == "y"
    words = await clinic.refused(f"POST {path}", {"body": "x" * 5_001}, status=422)
    assert words == ["body must be shorter than or equal to 5000 characters"]
    await clinic.refused(f"GET {path}?limit=21&offset=0", status=422)
