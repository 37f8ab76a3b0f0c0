"""Calendars, their groups, and the service catalogue of v3 (FACTS 6)."""

from __future__ import annotations

from gurney.twins.highlevel import checks, deleting, standard
from gurney.twins.highlevel.call import V3, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes("2021-04-15")
READ, WRITE = "calendars.readonly", "calendars.write"
KINDS = ("round_robin", "event", "class_booking", "collective", "service_booking", "personal")
UNITS = ("mins", "hours")
_member = Shape(
    {"userId": checks.filled, "priority": checks.one_of([0, 0.5, 1]), "meetingLocationType": checks.text,
     "meetingLocation": checks.text, "isPrimary": checks.boolean,
     "locationConfigurations": checks.listed(checks.record)},
    ["userId"],
)  # fmt: skip
_hour, _minute = checks.within(0, 24), checks.within(0, 59)
_clock: dict[str, checks.Check] = {
    "openHour": checks.within(0, 23), "openMinute": _minute, "closeHour": _hour, "closeMinute": _minute,
}  # fmt: skip
_hours = Shape(_clock, _clock)
_open = Shape(
    {"daysOfTheWeek": checks.listed(checks.within(0, 6)), "hours": checks.listed(_hours)}, ["daysOfTheWeek", "hours"]
)
_texts = (
    "groupId", "name", "description", "slug", "widgetSlug", "eventTitle", "eventColor", "meetingLocation", "formId",
    "alertEmail", "notes", "pixelId", "formSubmitRedirectURL", "formSubmitThanksMessage", "consentLabel",
    "calendarCoverImage",
)  # fmt: skip
_numbers = ("slotDuration", "slotInterval", "slotBuffer", "preBuffer", "appoinmentPerSlot", "appoinmentPerDay",
            "allowBookingAfter", "allowBookingFor")  # fmt: skip
_flags = (
    "enableRecurring", "stickyContact", "isLivePaymentMode", "autoConfirm", "shouldSendAlertEmailsToAssignedMember",
    "googleInvitationEmails", "allowReschedule", "allowCancellation", "shouldAssignContactToTeamMember",
    "shouldSkipAssigningContactForExisting", "isActive",
)  # fmt: skip
CHANGE = Shape(
    {
        **dict.fromkeys(_texts, checks.text), **dict.fromkeys(_numbers, checks.within(0, 10_000)),
        **dict.fromkeys(_flags, checks.boolean), "notifications": checks.listed(checks.record),
        "teamMembers": checks.listed(_member),
        "eventType": checks.one_of(["RoundRobin_OptimizeForAvailability", "RoundRobin_OptimizeForEqualDistribution"]),
        "widgetType": checks.one_of(["default", "classic"]), "locationConfigurations": checks.listed(checks.record),
        "slotDurationUnit": checks.one_of(UNITS), "preBufferUnit": checks.one_of(UNITS),
        "slotIntervalUnit": checks.one_of(UNITS), "recurring": checks.record,
        "allowBookingAfterUnit": checks.one_of(["hours", "days", "weeks", "months"]),
        "allowBookingForUnit": checks.one_of(["days", "weeks", "months"]), "openHours": checks.listed(_open),
        "formSubmitType": checks.one_of(["RedirectURL", "ThankYouMessage"]),
        "availabilityType": checks.one_of([0, 1]), "availabilities": checks.listed(checks.record),
        "guestType": checks.one_of(["count_only", "collect_detail"]), "lookBusyConfig": checks.record,
    }
)  # fmt: skip
CREATE = CHANGE.but(
    required=["locationId", "name"], locationId=checks.filled, calendarType=checks.one_of(KINDS),
    slotBufferUnit=checks.one_of(UNITS),
)  # fmt: skip
GROUP = Shape(
    {**dict.fromkeys(("locationId", "name", "description", "slug"), checks.text), "isActive": checks.boolean},
    ["locationId", "name", "description", "slug"],
)
GROUP_STATUS = Shape({"isActive": checks.boolean}, ["isActive"])
GROUP_SLUG = Shape({"locationId": checks.filled, "slug": checks.filled}, ["locationId", "slug"])
_service_texts = ("description", "slug", "eventColor", "coverImage", "serviceCategoryId", "formId", "name")
SERVICE = Shape(
    {
        **dict.fromkeys(_service_texts, checks.text), "payment": checks.record, "serviceDuration": checks.number,
        "staff": checks.listed(Shape({"id": checks.filled}, ["id"])), "serviceDurationUnit": checks.one_of(UNITS),
        "preBuffer": checks.number, "preBufferUnit": checks.one_of(UNITS), "postBuffer": checks.number,
        "postBufferUnit": checks.one_of(UNITS), "isPrivate": checks.boolean, "variations": checks.listed(checks.record),
    }
)  # fmt: skip
NEW_SERVICE = SERVICE.but(locationId=checks.filled, required=["locationId", "name", "slug", "staff"])


def found(call: Call, id: str) -> Row:
    row = call.account["calendars"].get(id)
    if row is None:
        raise call.missing("Calendar")
    return row


def _check(call: Call, values: Row) -> None:
    """Team and group must exist. Raises Refused."""
    for member in values.get("teamMembers", ()):
        if call.world.user_in(call.account, member["userId"]) is None:
            raise invalid(["teamMembers.userId must be a user of this location"])
    if values.get("groupId") and values["groupId"] not in call.account["calendarGroups"]:
        raise bad("Group not found")


@routes.on("GET /calendars", READ)
def list_calendars(call: Call) -> Answer:
    """All at once, perhaps of one group."""
    call.only("locationId", "groupId", "showDrafted")
    call.here()
    group = call.query("groupId")
    return call.ok({"calendars": [row for row in call.account["calendars"] if group in (None, row.get("groupId"))]})


@routes.on("POST /calendars", WRITE)
def create(call: Call) -> Answer:
    """A calendar per appointment type, say; without a team it takes no appointments."""
    values = CREATE.read(call.body())
    call.same_location(values["locationId"])
    _check(call, values)
    kind = values.get("calendarType", "round_robin")
    if kind == "personal" and len(values.get("teamMembers", ())) != 1:
        raise bad("Personal calendar must have exactly one team member")
    row = {**standard.calendar(call.world.ids.short(), call.account.id, values["name"], kind), **values}
    return call.ok({"calendar": call.account.add("calendars", row)})


@routes.on("GET /calendars/{calendarId}", READ)
def get(call: Call) -> Answer:
    """With its team."""
    return call.ok({"calendar": found(call, call.param("calendarId"))})


@routes.on("PUT /calendars/{calendarId}", WRITE)
def change(call: Call) -> Answer:
    row = found(call, call.param("calendarId"))
    values = CHANGE.read(call.body())
    _check(call, values)
    return call.ok({"calendar": call.account.change("calendars", row["id"], values)})


@routes.on("DELETE /calendars/{calendarId}", WRITE)
def delete(call: Call) -> Answer:
    """With its appointments (FACTS 6)."""
    deleting.calendar(call.account, found(call, call.param("calendarId"))["id"])
    return call.ok({"success": True})


# Groups


def _group(call: Call) -> Row:
    row = call.account["calendarGroups"].get(call.param("groupId"))
    if row is None:
        raise call.missing("Group")
    return row


def _check_slug(call: Call, slug: str, but: str | None = None) -> None:
    if any(row["slug"] == slug and row["id"] != but for row in call.account["calendarGroups"]):
        raise bad("Slug is already taken")


@routes.on("GET /calendars/groups", "calendars/groups.readonly")
def list_groups(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    return call.ok({"groups": list(call.account["calendarGroups"])})


@routes.on("POST /calendars/groups", "calendars/groups.write")
def create_group(call: Call) -> Answer:
    values = GROUP.read(call.body())
    call.same_location(values["locationId"])
    _check_slug(call, values["slug"])
    row = {"id": call.world.ids.short(), "isActive": True, **values}
    return call.ok({"group": call.account.add("calendarGroups", row)}, 201)


@routes.on("POST /calendars/groups/validate-slug", "calendars/groups.write")
def validate_slug(call: Call) -> Answer:
    values = GROUP_SLUG.read(call.body())
    call.same_location(values["locationId"])
    taken = any(row["slug"] == values["slug"] for row in call.account["calendarGroups"])
    return call.ok({"available": not taken})


@routes.on("PUT /calendars/groups/{groupId}", "calendars/groups.write")
def change_group(call: Call) -> Answer:
    row = _group(call)
    values = GROUP.but("locationId", "isActive").read(call.body())
    _check_slug(call, values["slug"], but=row["id"])
    return call.ok({"group": call.account.change("calendarGroups", row["id"], values)})


@routes.on("PUT /calendars/groups/{groupId}/status", "calendars/groups.write")
def change_group_status(call: Call) -> Answer:
    call.account.change("calendarGroups", _group(call)["id"], GROUP_STATUS.read(call.body()))
    return call.ok({"success": True})


@routes.on("DELETE /calendars/groups/{groupId}", "calendars/groups.write")
def delete_group(call: Call) -> Answer:
    """Its calendars stay, without a group."""
    row = _group(call)
    for calendar in call.account["calendars"]:
        if calendar.get("groupId") == row["id"]:
            del calendar["groupId"]
    call.account.remove("calendarGroups", row["id"])
    return call.ok({"success": True})


# Services: v3 only


def _service(call: Call) -> Row:
    row = call.account["services"].get(call.param("serviceId"))
    if row is None:
        raise call.missing("Service")
    return row


@routes.on("GET /calendars/services/catalog", READ, versions=V3)
def list_services(call: Call) -> Answer:
    call.only("locationId", "serviceCategoryId", "isPrivate")
    call.here()
    return call.ok({"services": list(call.account["services"])})


@routes.on("POST /calendars/services/catalog", WRITE, versions=V3)
def create_service(call: Call) -> Answer:
    """A native catalogue, cheaper than a custom object (FACTS 0.11)."""
    values = NEW_SERVICE.read(call.body())
    call.same_location(values["locationId"])
    row = {"id": call.world.ids.hex(), "serviceDuration": 30, "serviceDurationUnit": "mins", **values}
    return call.ok({"service": call.account.add("services", row)}, 201)


@routes.on("GET /calendars/services/catalog/{serviceId}", READ, versions=V3)
def get_service(call: Call) -> Answer:
    return call.ok({"service": _service(call)})


@routes.on("PUT /calendars/services/catalog/{serviceId}", WRITE, versions=V3)
def change_service(call: Call) -> Answer:
    row = _service(call)
    return call.ok({"service": call.account.change("services", row["id"], SERVICE.read(call.body()))})


@routes.on("DELETE /calendars/services/catalog/{serviceId}", WRITE, versions=V3)
def delete_service(call: Call) -> Answer:
    call.account.remove("services", _service(call)["id"])
    return call.ok({"success": True, "message": "Service deleted"})
