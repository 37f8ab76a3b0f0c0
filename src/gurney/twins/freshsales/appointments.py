"""Appointments: no owner, no fields of one's own; people are invited by mail (FACTS 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gurney.twins.freshsales.call import Call, Routes, gone, ok
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.paging import children
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.targets import aim, beside, sees, targetable, targetables, told_parent, users
from gurney.twins.freshsales.tasks import outcomes
from gurney.twins.freshsales.values import (
    AREA_MOST,
    TEXT_MOST,
    Bad,
    Dropped,
    flag,
    id_in,
    moment,
    text,
    wrong_type,
    zone,
)  # fmt: skip
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
USER, CONTACT = "FdMultitenant::User", "Contact"
KNOWN = (
    "title", "description", "from_date", "end_date", "time_zone", "location", "is_allday", "outcome_id",
    "targetable_type", "targetable_id", "appointment_attendees_attributes",
)  # fmt: skip
NULLS = dict.fromkeys(
    (
        "latitude", "longitude", "checkedin_at", "checkedout_latitude", "checkedout_longitude", "checkedout_location",
        "checkedout_at", "checkedin_duration", "conference_id",
    )
)  # fmt: skip


def shown(world: World, row: Row) -> Row:
    """An appointment as lists have it."""
    return {
        "id": row["id"], "time_zone": row.get("time_zone"), "title": row["title"],
        "description": row.get("description"), "location": row.get("location"),
        "is_allday": row.get("is_allday", False), "outcome_id": row.get("outcome_id"),
        "from_date": world.shown(row["from_date"]), "end_date": world.shown(row["end_date"]),
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]),
        "provider": "freshsales", "creater_id": row["creater_id"], **NULLS, "can_checkin_checkout": True,
        "can_checkin": True, "targetables": targetables(row),
    }  # fmt: skip


def saved(world: World, user: Row, old: Row | None, attributes: Row) -> Row:
    """Keep an appointment; an owner that is sent is ignored. Raises Refused."""
    draft = Draft(world, user, old)
    _fill(draft, attributes)
    draft.need("title", "from_date", "end_date")
    aim(draft, attributes)
    begins, ends = draft.get("from_date"), draft.get("end_date")
    if begins is not None and ends is not None and ends < begins:
        draft.complain("End date must be after from date")
    row, now = draft.finish(), world.now()
    if draft.is_new:
        row |= {"id": world.next("appointments"), "created_at": now, "creater_id": user["id"]}
    kept = world.put("appointments", {**row, "updated_at": now})
    told_parent(world, kept)
    if "attendees" in draft.values:
        _invite(world, kept)
    return kept


def _fill(draft: Draft, attributes: Row) -> None:
    world = draft.world
    checks: dict[str, Callable[[Any], Any]] = {
        "title": lambda given: text(world, "title", given, TEXT_MOST),
        "description": lambda given: text(world, "description", given, AREA_MOST),
        "location": lambda given: text(world, "location", given, TEXT_MOST),
        "from_date": lambda given: moment(world, "from_date", given),
        "end_date": lambda given: moment(world, "end_date", given),
        "time_zone": lambda given: zone(world, given),
        "is_allday": lambda given: flag(world, "is_allday", given),
        "outcome_id": lambda given: _outcome(world, given),
    }
    for name, given in attributes.items():
        if name == "appointment_attendees_attributes":
            draft.take("attendees", lambda given: _attendees(draft, given), given)
        elif name in checks:
            draft.take(name, checks[name], given)
        elif name not in KNOWN:
            draft.strange(name)


def _outcome(world: World, given: Any) -> int:
    id = id_in(given)
    if id in outcomes(world, "appointment"):
        return id
    if world.switches["unknown_reference"] == "drop":
        raise Dropped
    raise Bad("Outcome is invalid")


def _attendees(draft: Draft, given: Any) -> list[Row]:
    """Users and contacts by id, as number or text, beside those that are there; `_destroy` takes one away. Raises Bad.

    So do all `…_attributes` of Ruby on Rails, whose name this is (assumed).
    """
    world = draft.world
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise wrong_type("appointment_attendees_attributes")
    gone = {id_in(one.get("id")) for one in given if one.get("_destroy") is True}
    attendees = [one for one in draft.old.get("attendees", ()) if one["id"] not in gone]
    for one in (one for one in given if one.get("_destroy") is not True):
        id, kind = id_in(one.get("attendee_id")), one.get("attendee_type")
        is_user = kind == USER and id in world.people.users
        if not is_user and not (kind == CONTACT and world.shelves["contacts"].live(id)):
            raise Bad("Appointment attendees is invalid")
        attendees.append({"id": world.next("attendee"), "attendee_type": kind, "attendee_id": id})
    return attendees


def _invite(world: World, row: Row) -> None:
    """Attendees get mails, patients too (switch invitations; FACTS 3)."""
    if world.switches["invitations"] == "yes":
        for one in row.get("attendees", ()):
            world.notify("invitation", "appointments", row, to=one["attendee_type"], attendee_id=one["attendee_id"])


def _single(call: Call, row: Row) -> Row:
    """One appointment with the arrays that stand beside it."""
    one = shown(call.world, row)
    attendees = [{**each, "appointment_id": row["id"]} for each in row.get("attendees", ())]
    one |= {"appointment_attendee_ids": [each["id"] for each in attendees], "note_id": None}
    arrays = side(call, [row], [one])
    return {"appointment_attendees": attendees, **arrays, "conferences": [], "notes": [], "appointment": one}


def side(call: Call, rows: list[Row], shown_rows: list[Row]) -> Row:
    """The arrays beside appointments, by what `include` asks for."""
    wanted = set(call.words("include"))
    arrays: Row = {}
    if "targetable" in wanted:
        for row, one in zip(rows, shown_rows, strict=True):
            one["targetable"] = targetable(row)
        arrays |= beside(call.world, rows)
    if "creater" in wanted:
        arrays["users"] = users(call.world, {row["creater_id"] for row in rows})
    return arrays


def _found(call: Call) -> Row:
    row = call.world.shelves["appointments"].live(call.id())
    if row is None or not sees(call.world, call.user, row):
        raise call.missing()
    return row


@routes.on("POST /appointments")
def create(call: Call) -> Answer:
    return call.created(_single(call, saved(call.world, call.user, None, call.attributes("appointment"))))


@routes.on("GET /appointments/{id}")
def read(call: Call) -> Answer:
    return ok(_single(call, _found(call)))


@routes.on("PUT /appointments/{id}")
def update(call: Call) -> Answer:
    return ok(_single(call, saved(call.world, call.user, _found(call), call.attributes("appointment"))))


@routes.on("DELETE /appointments/{id}")
def delete(call: Call) -> Answer:
    call.world.drop("appointments", _found(call)["id"])
    return gone()


@routes.on("GET /appointments")
def listed(call: Call) -> Answer:
    """The past or what is coming; what goes on just now is coming still. No count of pages."""
    wanted = call.query("filter") or "upcoming"
    if wanted not in ("past", "upcoming"):
        raise invalid(["Filter is invalid"])
    now = call.world.now()
    page, total = children(
        call, "appointments", (wanted, now), lambda row: (row["end_date"] < now) is (wanted == "past")
    )
    shown_rows = [shown(call.world, row) for row in page]
    arrays = side(call, page, shown_rows)
    if "appointment_attendees" in call.words("include"):
        arrays["appointment_attendees"] = [
            {**one, "appointment_id": row["id"]} for row in page for one in row.get("attendees", ())
        ]
    return ok({**arrays, "appointments": shown_rows, "meta": {"total": total}})
