"""Notes, tasks, appointments, sales activities."""

from __future__ import annotations

from typing import Any

import pytest
from freshsales_client import VISIT, Account, on

pytestmark = pytest.mark.anyio


async def titles(account: Account, path: str, name: str) -> list[str]:
    return [one["title"] for one in (await account.told(f"GET {path}"))[name]]


@pytest.mark.rule("freshsales.notes")
async def test_a_note_is_read_through_its_record_only(account: Account) -> None:
    contact = await account.contact()
    sent = {"description": "First", "created_at": "2001-01-01T00:00:00Z", "creater_id": 1, **on(contact)}
    note = await account.make("notes", "note", **sent)
    await account.told(f"PUT notes/{note['id']}", {"note": {"description": "Second"}})

    assert (await account.ask(f"GET notes/{note['id']}")).status_code == 404
    told = await account.told(f"GET contacts/{contact}?include=notes")
    assert told["contact"]["note_ids"] == [note["id"]]
    assert [(one["description"], one["created_at"][:10]) for one in told["notes"]] == [("Second", "2026-02-03")]
    assert told["contact"]["recent_note"] == "Second"
    assert await account.told(f"DELETE notes/{note['id']}") == {"success": "200"}
    assert await account.refused("POST notes", {"description": "x", "targetable_type": "Product", "targetable_id": 1})


@pytest.mark.rule("freshsales.note-limit", "freshsales.note-html")
async def test_a_note_has_a_limit_in_bytes_and_may_be_read_as_a_page() -> None:
    account = Account(switches={"note_limit_bytes": "10", "note_html": "page"})
    contact = await account.contact()

    await account.note(contact, "x" * 10)

    assert await account.refused("POST notes", {"description": "é" * 6, **on(contact)}) == ["Description is too long"]
    told = await account.told(f"GET contacts/{contact}?include=notes")
    assert told["notes"][0]["description"].startswith("<!DOCTYPE html>")
    default = Account()
    other = await default.contact()
    await default.note(other, "x" * 65_535)
    assert await default.refused("POST notes", {"description": "x" * 65_536, **on(other)})


@pytest.mark.rule("freshsales.children-touch")
@pytest.mark.parametrize(("touch", "moved"), [("no", False), ("yes", True)])
async def test_whether_children_touch_their_record_is_not_sure(touch: str, moved: bool) -> None:
    account = Account(switches={"children_touch": touch})
    contact = await account.contact()
    before = await account.read(f"contacts/{contact}", "contact")
    account.pass_time(60)

    await account.note(contact)
    await account.task(contact)

    after = await account.read(f"contacts/{contact}", "contact")
    assert (after["updated_at"] != before["updated_at"]) is moved


@pytest.mark.rule("freshsales.task-due")
async def test_a_task_needs_a_title_a_day_and_a_record(account: Account) -> None:
    words = await account.refused("POST tasks", {"task": {"due_date": ""}})

    assert words == ["Title can't be blank", "Due date can't be blank", "Targetable type can't be blank"]


@pytest.mark.rule("freshsales.task-filters", "freshsales.pages")
async def test_tasks_are_listed_by_one_filter(account: Account) -> None:
    contact = await account.contact()
    days = {"Late": "2026-02-01", "Today": "2026-02-03", "Tomorrow": "2026-02-04", "Done": "2026-02-03"}
    for title, day in days.items():
        await account.task(contact, title=title, due_date=f"{day}T12:00:00+11:00", status=int(title == "Done"))

    listed = {
        wanted: await titles(account, f"tasks?filter={wanted}&sort=id&sort_type=asc", "tasks")
        for wanted in ("open", "completed", "overdue", "due today", "due_tomorrow")
    }
    page = await account.told("GET tasks?filter=open&per_page=2&page=2&include=owner,users,targetable")

    assert listed == {
        "open": ["Late", "Today", "Tomorrow"], "completed": ["Done"], "overdue": ["Late"], "due today": ["Today"],
        "due_tomorrow": ["Tomorrow"],
    }  # fmt: skip
    assert page["meta"] == {"total": 3} and len(page["tasks"]) == 1
    assert [one["id"] for one in page["contacts"]] == [contact] and len(page["users"]) == 1
    assert await account.refused("GET tasks?filter=mine") == ["Filter is invalid"]


@pytest.mark.rule("freshsales.task-status", "freshsales.status-words", "freshsales.completed-date")
async def test_completing_a_task_is_not_sure_in_three_ways() -> None:
    account = Account()
    other = Account(switches={"task_status_on_create": "ignore", "status_words": "accept", "completed_date": "null"})
    first, second = await account.contact(), await other.contact()

    done = await account.task(first, status=1)
    open = await other.task(second, status=1)
    after = (await other.told(f"PUT tasks/{open['id']}", {"task": {"status": "COMPLETED"}}))["task"]

    assert (done["status"], done["completed_date"]) == (1, "2026-02-03T10:00:00+11:00")
    assert (open["status"], after["status"], after["completed_date"]) == (0, 1, None)
    assert await account.refused(f"PUT tasks/{done['id']}", {"status": "COMPLETED"}) == ["Status is invalid"]
    reopened = (await account.told(f"PUT tasks/{done['id']}", {"status": 0}))["task"]
    assert reopened["completed_date"] is None


@pytest.mark.rule("freshsales.no-own-fields")
async def test_tasks_appointments_and_notes_take_no_fields_of_ones_own(account: Account) -> None:
    contact = await account.contact()
    extra: dict[str, Any] = {"custom_field": {"cf_x": "y"}, "owner_id": account.world.people.admin["id"]}

    task = await account.task(contact, **extra)
    visit = await account.make("appointments", "appointment", **VISIT, **on(contact), **extra)
    note = await account.make("notes", "note", description="x", **on(contact), **extra)

    assert not any("custom_field" in one for one in (task, visit, note))
    assert "owner_id" in task and "owner_id" not in visit


@pytest.mark.rule("freshsales.appointments")
async def test_an_appointment_of_long_ago_is_kept_with_its_outcome(account: Account) -> None:
    contact = await account.contact()
    types = (await account.told("GET selector/sales_activity_types"))["sales_activity_types"]
    meeting = next(row["id"] for row in types if row["internal_name"] == "appointment")
    path = f"GET selector/sales_activity_types/{meeting}/sales_activity_outcomes"
    outcome = (await account.told(path))["sales_activity_outcomes"][0]["id"]
    times = {"from_date": "2016-06-20T10:30:00+05:30", "end_date": "2016-06-20T11:30:00+05:30", "time_zone": "Chennai"}
    old = {"title": "Visit", **times, **on(contact), "outcome_id": outcome}

    made = await account.told("POST appointments", {"appointment": old})
    id = made["appointment"]["id"]
    later = {**old, "title": "Next", "from_date": "2027-01-01T00:00:00Z", "end_date": "2027-01-01T01:00:00Z"}
    await account.told("POST appointments", later)

    assert made["appointment"]["from_date"] == "2016-06-20T15:00:00+10:00"
    assert made["appointment"]["outcome_id"] == outcome
    assert await titles(account, "appointments?filter=past", "appointments") == ["Visit"]
    assert await titles(account, "appointments", "appointments") == ["Next"]
    changed = await account.told(f"PUT appointments/{id}?include=targetable", {"is_allday": True})
    assert changed["appointment"]["is_allday"] and changed["contacts"][0]["id"] == contact
    assert await account.refused("POST appointments", {**old, "time_zone": "Asia/Kolkata"})
    assert await account.refused("POST appointments", {**old, "end_date": "2016-01-01T00:00:00Z"}) == [
        "End date must be after from date"
    ]
    assert await account.refused("POST appointments", {**old, "outcome_id": 5}) == ["Outcome is invalid"]


@pytest.mark.rule("freshsales.invitations")
@pytest.mark.parametrize(("mails", "sent"), [("yes", 2), ("no", 0)])
async def test_attendees_get_mails(mails: str, sent: int) -> None:
    account = Account(switches={"invitations": mails})
    contact, admin = await account.contact(), account.world.people.admin["id"]
    people = [
        {"attendee_type": "FdMultitenant::User", "attendee_id": str(admin)},
        {"attendee_type": "Contact", "attendee_id": contact},
    ]
    body = {**VISIT, **on(contact), "appointment_attendees_attributes": people}

    made = await account.told("POST appointments", {"appointment": body})

    ids = [one["id"] for one in made["appointment_attendees"]]
    assert made["appointment"]["appointment_attendee_ids"] == ids and len(ids) == 2
    assert len(await account.dump("notifications")) == sent
    body["appointment_attendees_attributes"] = [{"attendee_type": "Contact", "attendee_id": 5}]
    assert await account.refused("POST appointments", body) == ["Appointment attendees is invalid"]


@pytest.mark.rule("freshsales.activity-time", "freshsales.builtin-activities")
async def test_an_activity_stands_where_it_ended(account: Account) -> None:
    contact = await account.contact()
    kind = (await account.done("POST activity_type", {"name": "Consultation"}))["id"]
    builtin = next(iter((await account.told("GET selector/sales_activity_types"))["sales_activity_types"]))["id"]
    times = {"start_date": "2017-12-04T11:30:00Z", "end_date": "2017-12-04T12:00:00Z"}
    body = {"title": "Visit", **times, **on(contact), "sales_activity_type_id": kind}

    made = await account.make("sales_activities", "sales_activity", **body)
    page = await account.told("GET sales_activities")

    assert made["conversation_time"] == made["end_date"] == "2017-12-04T23:00:00+11:00"
    assert page["meta"] == {"total_pages": 1, "total": 1}
    wrong = {"sales_activity": {**body, "sales_activity_type_id": builtin}}
    assert await account.refused("POST sales_activities", wrong) == ["Sales activity type is invalid"]
    lax = Account(switches={"builtin_activities": "accept"})
    other = {**body, **on(await lax.contact()), "sales_activity_type_id": builtin}
    await lax.make("sales_activities", "sales_activity", **other)
    changed = await account.told(f"PUT sales_activities/{made['id']}", {"sales_activity": {"notes": "x"}})
    assert changed["sales_activity"]["notes"] == "x"
    assert await account.told(f"DELETE sales_activities/{made['id']}") == {"success": "200"}


@pytest.mark.rule("freshsales.activity-fields")
async def test_an_activity_has_five_fields_of_a_kind(account: Account) -> None:
    for number in range(5):
        await account.field(f"Text {number}", object="sales_activities")

    order = {"object": "sales_activities", "label": "Text 6", "type": "text"}
    assert (await account.admin("POST field", order)).status_code == 400
    await account.field("Flag", "checkbox", object="sales_activities")


@pytest.mark.rule("freshsales.deleted-shapes")
async def test_a_deletion_says_so_in_one_of_two_ways(account: Account) -> None:
    contact, gym, deal = await account.contact(), await account.sales_account(), await account.deal()
    note, task = await account.note(contact), (await account.task(contact))["id"]
    visit = (await account.make("appointments", "appointment", **VISIT, **on(contact)))["id"]
    children = [
        await account.told(f"DELETE {one}") for one in (f"notes/{note}", f"tasks/{task}", f"appointments/{visit}")
    ]
    records = [
        await account.told(f"DELETE {one}")
        for one in (f"contacts/{contact}", f"sales_accounts/{gym}", f"deals/{deal}/forget")
    ]

    assert children == [{"success": "200"}] * 3
    assert records == [True] * 3
