"""Calendars, groups, services, appointments and slots."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
V3 = {"Version": "v3"}
WEEK = [{"daysOfTheWeek": [1, 2, 3, 4, 5],
         "hours": [{"openHour": 9, "openMinute": 0, "closeHour": 17, "closeMinute": 0}]}]  # fmt: skip
BOOK = {"ignoreDateRange": False, "ignoreFreeSlotValidation": False}
TUESDAY = {"startTime": "2026-02-10T09:30:00+11:00", "endTime": "2026-02-10T10:00:00+11:00"}
TAKEN = "The slot you have selected is no longer available."
APPOINTMENTS = "/calendars/events/appointments"


async def event(clinic: Clinic, id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await clinic.told(f"GET {APPOINTMENTS}/{id}"))["event"]
    return found


@pytest.mark.rule("highlevel.calendars")
async def test_calendars_are_made_changed_and_deleted_with_their_appointments(clinic: Clinic) -> None:
    id, contact = await clinic.calendar(), await clinic.contact()
    appointment = await clinic.appointment(id, contact)

    changed = await clinic.told(f"PUT /calendars/{id}", {"name": "Massage", "slotDuration": 45})
    await clinic.told(f"DELETE /calendars/{id}")

    assert (changed["calendar"]["name"], changed["calendar"]["calendarType"]) == ("Massage", "round_robin")
    await clinic.refused(f"GET /calendars/{id}", status=404)
    await clinic.refused(f"GET {APPOINTMENTS}/{appointment}", status=404)
    words = await clinic.refused(
        "POST /calendars/", {"locationId": clinic.id, "calendarType": "yoga", "x": 1}, status=422
    )
    assert words == [
        "calendarType must be a valid enum value", "property x should not exist", "name must be a string",
    ]  # fmt: skip


@pytest.mark.rule("highlevel.calendar-groups")
async def test_groups_have_slugs_of_their_own(clinic: Clinic) -> None:
    body = {"locationId": clinic.id, "name": "Physio", "description": "", "slug": "physio"}
    group = (await clinic.told("POST /calendars/groups", body))["group"]
    calendar = await clinic.calendar(groupId=group["id"])

    await clinic.refused("POST /calendars/groups", body)
    free = await clinic.told("POST /calendars/groups/validate-slug", {"locationId": clinic.id, "slug": "physio"})
    await clinic.told(f"PUT /calendars/groups/{group['id']}", {"name": "P", "description": "", "slug": "p"})
    await clinic.told(f"PUT /calendars/groups/{group['id']}/status", {"isActive": False})
    inside = await clinic.told(f"GET /calendars/?locationId={clinic.id}&groupId={group['id']}")

    assert (free["available"], [one["id"] for one in inside["calendars"]]) == (False, [calendar])
    (shown,) = (await clinic.told(f"GET /calendars/groups?locationId={clinic.id}"))["groups"]
    assert (shown["name"], shown["slug"], shown["isActive"]) == ("P", "p", False)
    await clinic.told(f"DELETE /calendars/groups/{group['id']}")
    assert "groupId" not in (await clinic.told(f"GET /calendars/{calendar}"))["calendar"]


@pytest.mark.rule("highlevel.services")
async def test_v3_has_a_catalogue_of_services(clinic: Clinic) -> None:
    path = "/calendars/services/catalog"
    body = {"locationId": clinic.id, "name": "Consult", "slug": "consult", "staff": [{"id": clinic.admin_id}],
            "serviceDuration": 45, "payment": {"amount": 90}}  # fmt: skip

    made = await clinic.ask(f"POST {path}", body, headers=V3)
    id = made.json()["service"]["id"]
    await clinic.told(f"PUT {path}/{id}", {"name": "Long consult"}, headers=V3)

    assert made.status_code == 201
    assert (await clinic.told(f"GET {path}/{id}", headers=V3))["service"]["name"] == "Long consult"
    await clinic.told(f"DELETE {path}/{id}", headers=V3)
    assert (await clinic.told(f"GET {path}?locationId={clinic.id}", headers=V3))["services"] == []


@pytest.mark.rule("highlevel.team")
async def test_the_user_must_be_of_the_team(clinic: Clinic) -> None:
    contact, calendar = await clinic.contact(), await clinic.calendar()
    nobody = await clinic.calendar(teamMembers=[])
    anna = next(user["id"] for user in await clinic.dump("users") if user["email"] == "anna@clinic.example")

    words = await clinic.refused(
        f"POST {APPOINTMENTS}", clinic.visit(calendar, contact, assignedUserId=anna), status=422
    )
    assert words == ["The user id not part of calendar team."]
    await clinic.refused(f"POST {APPOINTMENTS}", clinic.visit(nobody, contact), status=422)
    made = await event(clinic, await clinic.appointment(calendar, contact))
    assert made["assignedUserId"] == clinic.admin_id


@pytest.mark.rule("highlevel.slots")
async def test_without_the_flag_a_slot_must_be_free(clinic: Clinic) -> None:
    contact, calendar = await clinic.contact(), await clinic.calendar(openHours=WEEK, allowBookingFor=30)
    closed = await clinic.calendar()
    cases: list[tuple[str, dict[str, Any], int]] = [
        (calendar, {**BOOK, **TUESDAY}, 200),
        (calendar, {**BOOK, **TUESDAY}, 400),
        (calendar, {**BOOK, "startTime": "2026-02-10T08:30:00+11:00", "endTime": "2026-02-10T09:00:00+11:00"}, 400),
        (calendar, {**BOOK, "startTime": "2026-02-08T09:30:00+11:00", "endTime": "2026-02-08T10:00:00+11:00"}, 400),
        (calendar, {**BOOK, "startTime": "2026-01-27T09:30:00+11:00", "endTime": "2026-01-27T10:00:00+11:00"}, 400),
        (calendar, {**BOOK, "startTime": "2026-05-12T09:30:00+10:00", "endTime": "2026-05-12T10:00:00+10:00"}, 400),
        (closed, {**BOOK, **TUESDAY}, 400),
        (calendar, {**TUESDAY, "ignoreDateRange": False}, 200),
    ]  # fmt: skip

    for id, more, status in cases:
        answer = await clinic.ask(f"POST {APPOINTMENTS}", clinic.visit(id, contact, **more))
        assert (answer.status_code, answer.json().get("message", TAKEN)) == (status, TAKEN), more


@pytest.mark.rule("highlevel.slots", "highlevel.blocked-slots")
async def test_free_slots_leave_out_what_is_booked_or_blocked(clinic: Clinic) -> None:
    contact, calendar = await clinic.contact(), await clinic.calendar(openHours=WEEK)
    await clinic.appointment(calendar, contact, appointmentStatus="confirmed", **TUESDAY)
    block = {"calendarId": calendar, "locationId": clinic.id, "title": "Lunch",
             "startTime": "2026-02-10T12:00:00+11:00", "endTime": "2026-02-10T13:00:00+11:00"}  # fmt: skip
    blocked = await clinic.ask("POST /calendars/events/block-slots", block)
    window = "1770642000000&{}=1770728399000"  # the 10th of February, Hobart time

    days = await clinic.told(f"GET /calendars/{calendar}/free-slots?startDate={window.format('endDate')}")
    query = f"locationId={clinic.id}&calendarId={calendar}&startTime={window.format('endTime')}"
    listed = (await clinic.told(f"GET /calendars/blocked-slots?{query}"))["events"]

    slots = days["2026-02-10"]["slots"]
    assert (len(slots), slots[0]) == (16 - 3, "2026-02-10T09:00:00+11:00")
    assert not {"2026-02-10T09:30:00+11:00", "2026-02-10T12:00:00+11:00", "2026-02-10T12:30:00+11:00"} & set(slots)
    assert (blocked.status_code, [one["title"] for one in listed]) == (201, ["Lunch"])
    await clinic.told(f"PUT /calendars/events/block-slots/{blocked.json()['id']}", {**block, "title": "Tea"})
    await clinic.told(f"DELETE /calendars/events/{blocked.json()['id']}", {})
    assert (await clinic.told(f"GET /calendars/blocked-slots?{query}"))["events"] == []


@pytest.mark.rule("highlevel.statuses")
@pytest.mark.parametrize(
    ("sent", "stored"),
    [(one, one) for one in ("new", "confirmed", "cancelled", "showed", "noshow", "invalid")]
    + [("completed", "showed"), ("no_show", None), ("pending", None), ("rescheduled", None), ("active", None)],
)
async def test_statuses_are_stored_or_refused(clinic: Clinic, sent: str, stored: str | None) -> None:
    body = clinic.visit(await clinic.calendar(), await clinic.contact(), appointmentStatus=sent)

    answer = await clinic.ask(f"POST {APPOINTMENTS}", body)

    assert answer.status_code == (200 if stored else 422)
    if stored:
        assert (await event(clinic, answer.json()["id"]))["appointmentStatus"] == stored
    else:
        assert answer.json()["message"] == ["appointmentStatus must be a valid enum value"]


@pytest.mark.rule("highlevel.status-reset")
async def test_a_change_without_a_status_confirms(clinic: Clinic) -> None:
    id = await clinic.appointment(await clinic.calendar(), await clinic.contact(), appointmentStatus="noshow")

    await clinic.told(f"PUT {APPOINTMENTS}/{id}", {"title": "x", "appointmentStatus": "noshow", "toNotify": False})
    kept = (await event(clinic, id))["appointmentStatus"]
    await clinic.told(f"PUT {APPOINTMENTS}/{id}", {"title": "y", "toNotify": False})

    assert (kept, (await event(clinic, id))["appointmentStatus"]) == ("noshow", "confirmed")


@pytest.mark.rule("highlevel.to-notify")
async def test_people_are_told_unless_they_must_not_be(clinic: Clinic) -> None:
    calendar, contact = await clinic.calendar(), await clinic.contact()
    quiet = await clinic.appointment(calendar, contact)
    before = (await clinic.dump("notifications"), await clinic.count("Automations"))

    loud = await clinic.appointment(calendar, contact, toNotify=True)
    await clinic.told(f"PUT {APPOINTMENTS}/{quiet}", {"appointmentStatus": "showed"})

    assert before == ([], 1)
    assert [one["recordId"] for one in await clinic.dump("notifications")] == [loud, quiet]
    assert await clinic.count("Automations") == 2


@pytest.mark.rule("highlevel.appointment-reads", "highlevel.appointment-answers")
async def test_answers_and_reads_differ(clinic: Clinic) -> None:
    body = clinic.visit(await clinic.calendar(), await clinic.contact(), startTime="2024-06-02T23:30:00Z",
                        endTime="2024-06-03T00:00:00Z", description="Cliniko 4711")  # fmt: skip

    made = await clinic.told(f"POST {APPOINTMENTS}", body)
    read = await event(clinic, made["id"])
    under_v3 = await clinic.told(f"POST {APPOINTMENTS}", body, headers=V3)

    assert not {"dateAdded", "dateUpdated", "description"} & set(made)
    assert {"dateAdded", "dateUpdated"} <= set(under_v3)
    assert read["appoinmentStatus"] == read["appointmentStatus"] == read["statusDetails"]["state"] == "showed"
    assert (read["startTime"], read["description"]) == ("2024-06-03T09:30:00+10:00", "Cliniko 4711")
    assert read["dateAdded"] == "2026-02-02T23:00:00.000Z"


@pytest.mark.rule("highlevel.appointment-created")
@pytest.mark.parametrize("status", ["200", "201"])
async def test_creating_answers_200_or_201(status: str) -> None:
    clinic = Clinic(switches={"appointment_status": status})
    body = clinic.visit(await clinic.calendar(), await clinic.contact())

    assert (await clinic.ask(f"POST {APPOINTMENTS}", body)).status_code == int(status)


@pytest.mark.rule("highlevel.past-appointments")
@pytest.mark.parametrize(("mode", "status"), [("accept", 200), ("refuse", 400)])
async def test_the_past_may_be_closed(mode: str, status: int) -> None:
    clinic = Clinic(switches={"past_appointments": mode})
    body = clinic.visit(await clinic.calendar(), await clinic.contact())

    assert (await clinic.ask(f"POST {APPOINTMENTS}", body)).status_code == status


async def test_the_end_follows_from_the_calendar_and_naive_times_are_local(clinic: Clinic) -> None:
    body = clinic.visit(await clinic.calendar(slotDuration=1, slotDurationUnit="hours"), await clinic.contact(),
                        startTime="2024-06-03T09:30:00")  # fmt: skip
    del body["endTime"]

    made = await clinic.told(f"POST {APPOINTMENTS}", body)

    assert (made["startTime"], made["endTime"]) == ("2024-06-03T09:30:00+10:00", "2024-06-03T10:30:00+10:00")
    await clinic.refused(f"POST {APPOINTMENTS}", {**body, "endTime": "2024-06-03T09:00:00+10:00"})


@pytest.mark.rule("highlevel.events")
async def test_events_are_listed_by_window_and_owner(clinic: Clinic) -> None:
    one, two, contact = await clinic.calendar(), await clinic.calendar(), await clinic.contact()
    mine = await clinic.appointment(one, contact)
    await clinic.appointment(two, contact, startTime="2025-06-03T09:30:00+10:00", endTime="2025-06-03T10:00:00+10:00")
    window = f"locationId={clinic.id}&startTime=1717300000000&endTime=1717500000000"

    async def ids(more: str) -> list[str]:
        return [one["id"] for one in (await clinic.told(f"GET /calendars/events?{window}{more}"))["events"]]

    assert await ids(f"&calendarId={one}") == await ids(f"&userId={clinic.admin_id}") == [mine]
    assert await ids(f"&calendarId={two}") == []
    await clinic.refused(f"GET /calendars/events?{window}", status=422)
    await clinic.refused(f"GET /calendars/events?{window}&calendarId={one}&updatedAfter=1", status=422)


@pytest.mark.rule("highlevel.delete-event")
async def test_a_deleted_event_is_gone(clinic: Clinic) -> None:
    id = await clinic.appointment(await clinic.calendar(), await clinic.contact())

    answer = await clinic.ask(f"DELETE /calendars/events/{id}", {})

    assert (answer.status_code, answer.json()["succeeded"]) == (201, True)
    await clinic.refused(f"DELETE /calendars/events/{id}", {}, status=404)
    assert await clinic.count("appointments") == 0


async def test_twins_of_an_appointment_are_accepted_with_the_flag(clinic: Clinic) -> None:
    calendar, contact = await clinic.calendar(), await clinic.contact()

    first, second = await clinic.appointment(calendar, contact), await clinic.appointment(calendar, contact)

    assert first != second
