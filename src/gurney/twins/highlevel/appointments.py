"""Appointments: status, team, slots, and who is told of them (FACTS 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from gurney.twins.highlevel import checks, deleting, slots
from gurney.twins.highlevel.calendars import found as found_calendar
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contacts import known
from gurney.twins.highlevel.ids import in_zone
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes("2021-04-15")
READ, WRITE = "calendars/events.readonly", "calendars/events.write"
STATUSES = ("new", "confirmed", "cancelled", "showed", "noshow", "invalid", "completed")
V3_STATUSES = (*STATUSES, "active")
AS_STORED = {"completed": "showed", "active": "confirmed"}
TAKEN = "The slot you have selected is no longer available."
PLACES = ("custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google")


def _change(statuses: tuple[str, ...]) -> Shape:
    texts = ("title", "meetingLocationId", "assignedUserId", "description", "address", "rrule", "calendarId")
    flags = ("overrideLocationConfig", "ignoreDateRange", "toNotify", "ignoreFreeSlotValidation")
    return Shape(
        {**dict.fromkeys(texts, checks.text), **dict.fromkeys(flags, checks.boolean),
         "meetingLocationType": checks.one_of(PLACES), "appointmentStatus": checks.one_of(statuses),
         "startTime": checks.moment, "endTime": checks.moment}
    )  # fmt: skip


CHANGE = {False: _change(STATUSES), True: _change(V3_STATUSES)}
NEEDED = ("calendarId", "locationId", "contactId", "startTime")
CREATE = {
    v3: shape.but(locationId=checks.filled, contactId=checks.filled, calendarId=checks.filled, required=NEEDED)
    for v3, shape in CHANGE.items()
}
FLAGS = ("ignoreDateRange", "toNotify", "ignoreFreeSlotValidation", "overrideLocationConfig", "meetingLocationId")
"""Said, not stored."""
ANSWERED = ("calendarId", "locationId", "contactId", "startTime", "endTime", "title", "meetingLocationType",
            "appointmentStatus", "assignedUserId", "address", "isRecurring", "rrule", "id")  # fmt: skip


def found(call: Call, name: str = "eventId") -> Row:
    row = call.account["appointments"].get(call.param(name))
    if row is None:
        raise call.missing("Appointment")
    return row


def shown(row: Row) -> Row:
    """An appointment read by its id or in a list: with the misspelt status beside the right one (FACTS 6)."""
    return {**row, "appoinmentStatus": row["appointmentStatus"], "statusDetails": {"state": row["appointmentStatus"]}}


def _answered(call: Call, row: Row) -> Row:
    """What creating and changing answer: no moments under the dated versions."""
    names = (*ANSWERED, "dateAdded", "dateUpdated") if call.is_v3 else ANSWERED
    return {name: row[name] for name in names if name in row}


def _moment(call: Call, name: str, value: str) -> datetime:
    try:
        return in_zone(value, call.account.zone)
    except (ValueError, OverflowError) as no:
        raise invalid([f"{name} must be a valid ISO 8601 date string"]) from no


def _end(calendar: Row, start: datetime) -> datetime:
    """When an appointment of the calendar's usual length ends. Raises Refused."""
    try:
        return start + timedelta(minutes=slots.minutes(calendar, "slotDuration", 30))
    except OverflowError as no:
        raise invalid(["startTime must be a valid ISO 8601 date string"]) from no


def _check_team(calendar: Row, user: str | None) -> str:
    """The user must be of the calendar's team, and there must be one (FACTS 6). Raises Refused."""
    team = [member["userId"] for member in calendar["teamMembers"]]
    if not team:
        raise invalid(["The calendar has no team members."])
    if user is not None and user not in team:
        raise invalid(["The user id not part of calendar team."])
    return user or team[0]


def _check_slot(call: Call, calendar: Row, row: Row, flags: Row) -> None:
    """A free slot, unless told not to look. Raises Refused."""
    start, end = (datetime.fromisoformat(row[name]) for name in ("startTime", "endTime"))
    now = call.world.clock.now()
    if start < now and call.switch("past_appointments") == "refuse":
        raise bad("The appointment is in the past.")
    if flags.get("ignoreFreeSlotValidation"):
        return
    is_out = not flags.get("ignoreDateRange") and not slots.is_bookable(calendar, start, now)
    account, user = call.account, row["assignedUserId"]
    if is_out or not slots.is_open(calendar, start, end):
        raise bad(TAKEN)
    if slots.is_taken(account, calendar, user, start, end, row["id"]):
        raise bad(TAKEN)


def _settle(call: Call, row: Row, values: Row) -> Row:
    """The row as it would be with the values; nothing is stored. Raises Refused."""
    calendar = found_calendar(call, values.get("calendarId") or row["calendarId"])
    flags = {name: values.pop(name) for name in FLAGS if name in values}
    if "startTime" in values:
        start = _moment(call, "startTime", values["startTime"])
        end = _moment(call, "endTime", values["endTime"]) if "endTime" in values else _end(calendar, start)
        values |= {"startTime": start.isoformat(), "endTime": end.isoformat()}
    elif "endTime" in values:
        values["endTime"] = _moment(call, "endTime", values["endTime"]).isoformat()
    after = {**row, **values}
    if _millis(after["endTime"]) < _millis(after["startTime"]):
        raise bad("endTime must be after startTime")
    after["assignedUserId"] = _check_team(calendar, values.get("assignedUserId") or row.get("assignedUserId"))
    after["users"] = [after["assignedUserId"]]
    if any(name in values for name in ("startTime", "endTime", "calendarId")):
        _check_slot(call, calendar, after, flags)
    after["groupId"] = calendar.get("groupId", "")
    status = AS_STORED.get(after["appointmentStatus"], after["appointmentStatus"])
    after |= {"appointmentStatus": status, "status": "booked", "dateUpdated": call.account.now()}
    after["isRecurring"] = bool(after.get("rrule"))
    return after | {"_notify": flags.get("toNotify", True)}


def _told(call: Call, row: Row, trigger: str) -> Row:
    """Store-ready, with the automations started unless `toNotify` is false."""
    if row.pop("_notify"):
        call.account.notify(trigger, row["id"])
        call.account.run_automations(trigger, row["id"])
    return row


@routes.on("POST /calendars/events/appointments", WRITE)
def create(call: Call) -> Answer:
    """Any status, any moment when both ignore flags are set; people are told unless `toNotify` is false."""
    values = CREATE[call.is_v3].read(call.body())
    call.same_location(values["locationId"])
    contact = known(call, values["contactId"])
    now = call.account.now()
    row: dict[str, Any] = {
        "id": call.world.ids.short(), "title": "", "groupId": "", "address": "", "contactId": contact["id"],
        "calendarId": values["calendarId"], "appointmentStatus": "confirmed", "dateAdded": now,
        "assignedResources": [], "createdBy": {"source": "third_party", "userId": call.access.user},
    }  # fmt: skip
    row = _told(call, _settle(call, row, values), "appointment_created")
    return call.ok(_answered(call, call.account.add("appointments", row)), int(call.switch("appointment_status")))


@routes.on("PUT /calendars/events/appointments/{eventId}", WRITE)
def change(call: Call) -> Answer:
    """Without `appointmentStatus` it becomes confirmed again (FACTS 0.9)."""
    row = found(call)
    values = CHANGE[call.is_v3].read(call.body())
    values.setdefault("appointmentStatus", "confirmed")
    after = _told(call, _settle(call, row, values), "appointment_changed")
    return call.ok(_answered(call, call.account.change("appointments", row["id"], after)))


@routes.on("GET /calendars/events/appointments/{eventId}", READ)
def get(call: Call) -> Answer:
    return call.ok({"event": shown(found(call))})


@routes.on("DELETE /calendars/events/{eventId}", WRITE)
def delete(call: Call) -> Answer:
    """201, and for once spelt right; blocked slots too."""
    id = call.param("eventId")
    if id in call.account["blockedSlots"]:
        call.account.remove("blockedSlots", id)
    else:
        deleting.appointment(call.account, found(call)["id"])
    return call.ok({"succeeded": True}, 201)


def _window(call: Call, name: str) -> list[Row]:
    """Events that begin in a window of milliseconds, of a calendar, user or group; one of them must be said."""
    call.only("locationId", "userId", "calendarId", "groupId", "startTime", "endTime")
    call.here()
    wanted = {key: call.query(key) for key in ("calendarId", "userId", "groupId")}
    if not any(wanted.values()):
        raise invalid(["Either of userId, calendarId or groupId is required"])
    start, end = ((call.needed(key), call.number(key, 0))[1] for key in ("startTime", "endTime"))
    rows: Iterable[Row] = call.account[name]
    if name == "appointments" and wanted["calendarId"]:
        rows = call.account[name].where("calendarId", wanted["calendarId"])
    return [row for row in rows if _fits(call, row, wanted) and start <= _millis(row["startTime"]) <= end]


def _fits(call: Call, row: Row, wanted: dict[str, str | None]) -> bool:
    calendar = call.account["calendars"].get(row.get("calendarId", "")) or {}
    return (
        wanted["calendarId"] in (None, row.get("calendarId"))
        and wanted["userId"] in (None, row.get("assignedUserId"))
        and wanted["groupId"] in (None, calendar.get("groupId"))
    )


def _millis(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


@routes.on("GET /calendars/events", READ)
def list_events(call: Call) -> Answer:
    """Unpaged, no filter by change (FACTS 6)."""
    return call.ok({"events": [shown(row) for row in _window(call, "appointments")]})


@routes.on("GET /calendars/blocked-slots", READ)
def list_blocked(call: Call) -> Answer:
    return call.ok({"events": _window(call, "blockedSlots")})


BLOCK = Shape(
    {**dict.fromkeys(("title", "calendarId", "assignedUserId"), checks.text), "locationId": checks.filled,
     "startTime": checks.moment, "endTime": checks.moment},
    ["locationId", "calendarId"],
)  # fmt: skip


def _block(call: Call, values: Row, old: Row) -> Row:
    call.same_location(values["locationId"])
    found_calendar(call, values["calendarId"])
    after = {**old, **values}
    for name in ("startTime", "endTime"):
        after[name] = _moment(call, name, after.get(name) or call.account.now()).isoformat()
    return after


@routes.on("POST /calendars/events/block-slots", WRITE)
def block(call: Call) -> Answer:
    """A time at which nobody can book."""
    row = _block(call, BLOCK.read(call.body()), {"id": call.world.ids.short(), "title": ""})
    return call.ok(call.account.add("blockedSlots", row), 201)


@routes.on("PUT /calendars/events/block-slots/{eventId}", WRITE)
def change_block(call: Call) -> Answer:
    row = call.account["blockedSlots"].get(call.param("eventId"))
    if row is None:
        raise call.missing("Slot")
    after = _block(call, BLOCK.read(call.body()), row)
    return call.ok(call.account.change("blockedSlots", row["id"], after), 201)


@routes.on("GET /calendars/{calendarId}/free-slots", "calendars.readonly")
def free_slots(call: Call) -> Answer:
    """By day, in the location's zone."""
    call.only("startDate", "endDate", "timezone", "userId", "userIds")
    calendar = found_calendar(call, call.param("calendarId"))
    try:
        first, last = (
            datetime.fromtimestamp(call.number(name, 0) / 1000, call.account.zone).date()
            for name in ("startDate", "endDate")
        )
    except (ValueError, OverflowError, OSError) as no:
        raise invalid(["startDate must be a number conforming to the specified constraints"]) from no
    days = slots.free(call.account, calendar, call.query("userId"), first, last, call.world.clock.now())
    return call.ok({day: {"slots": each} for day, each in days})
