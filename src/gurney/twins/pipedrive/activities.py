"""Activities (FACTS 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.endpoints import listing, routes_of
from gurney.twins.pipedrive.entities import Entity
from gurney.twins.pipedrive.markup import cleaned
from gurney.twins.pipedrive.refusals import BAD, Wrong, coded
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.world import World

READ_ONLY_PERSON = (
    "'person_id' is a read-only field. Add a primary participant to set 'person_id' instead. "
    'For example: "participants": [{ "person_id": 1, "primary": true }]'
)
DAY_LENGTH = 10


def _person_id(call: Call, value: Any) -> Any:
    raise coded(400, READ_ONLY_PERSON, BAD)


def _type(call: Call, value: Any) -> str:
    """The key of an active type."""
    if call.world.type_named(checks.text(call, value)) is None:
        raise Wrong("Activity type not found")
    return str(value)


def _priority(call: Call, value: Any) -> int:
    """The option of the field `priority`."""
    id = checks.integer(call, value)
    field = call.world.schemas["activities"].standard["priority"]
    if field.option(id) is None and call.world.switches["unknown_option"] == "refuse":
        raise Wrong(f"Option {id} does not exist")
    return id


_participant = checks.shaped(
    {"person_id": checks.link_to("persons", "Person"), "primary": checks.boolean}, required=["person_id"]
)
_attendee = checks.shaped(
    {
        "email": checks.filled,
        "name": checks.or_null(checks.text),
        "status": checks.or_null(checks.text),
        "is_organizer": checks.boolean,
        "person_id": checks.or_null(checks.integer),
        "user_id": checks.or_null(checks.integer),
    },
    required=["email"],
)


def _participants(call: Call, value: Any) -> list[dict[str, Any]]:
    """Persons of an activity, each once; one is primary, the first unless another says so."""
    given = checks.listed(_participant)(call, value)
    primary = next((item["person_id"] for item in given if item.get("primary")), None)
    ids = list(dict.fromkeys(item["person_id"] for item in given))
    if primary is None and ids:
        primary = ids[0]
    return [{"person_id": id, "primary": id == primary} for id in ids]


def _note(call: Call, value: Any) -> str:
    return cleaned(checks.text(call, value), call.world.switches["note_html"])


def _keys(world: World) -> Mapping[str, Check]:
    return {
        "subject": checks.filled,
        "type": _type,
        "owner_id": checks.owner,
        "deal_id": checks.or_null(checks.link_to("deals", "Deal")),
        "lead_id": checks.or_null(checks.lead_link),
        "person_id": _person_id,
        "org_id": checks.or_null(checks.link_to("organizations", "Organization")),
        "project_id": checks.or_null(checks.nothing_there),
        "due_date": checks.day,
        "due_time": checks.clearable(checks.clock),
        "duration": checks.clearable(checks.span),
        "busy": checks.boolean,
        "done": checks.boolean,
        "location": checks.clearable(checks.address),
        "participants": _participants,
        "attendees": checks.listed(_attendee),
        "public_description": checks.clearable(checks.text),
        "priority": checks.clearable(_priority),
        "outcome": checks.or_null(checks.integer),
        "note": checks.clearable(_note),
    }


def _finish(call: Call, values: Row, before: Row | None) -> Row:
    world = call.world
    if before is None:
        default = next(t for t in world.activity_types.values() if t["active_flag"])
        values.setdefault("type", default["key_string"])
        named = world.type_named(values["type"]) or default
        values.setdefault("subject", named["name"])
        values.setdefault("due_date", world.now()[:DAY_LENGTH])
        values["creator_user_id"] = call.user_id
    if "participants" in values:
        values["person_id"] = next((p["person_id"] for p in values["participants"] if p["primary"]), None)
    if "done" in values:
        was = bool(before and before.get("done"))
        if values["done"] != was:
            values["marked_as_done_time"] = world.now() if values["done"] else None
    _invite(world, values, before)
    return values


def _invite(world: World, values: Row, before: Row | None) -> None:
    """Attendees are written to when the owner's calendar is synchronised (FACTS 3.4)."""
    known = {a["email"] for a in (before or {}).get("attendees") or ()}
    for attendee in values.get("attendees") or ():
        if attendee["email"] not in known and world.switches["calendar_sync"] == "on":
            world.invitations.append({"email": attendee["email"], "subject": values.get("subject"), "at": world.now()})


_EMPTY: Row = {
    "id": None, "subject": None, "type": None, "owner_id": None, "creator_user_id": None, "is_deleted": False,
    "add_time": None, "update_time": None, "deal_id": None, "lead_id": None, "person_id": None, "org_id": None,
    "project_id": None, "due_date": None, "due_time": None, "duration": None, "done": False, "busy": False,
    "marked_as_done_time": None, "location": None, "participants": [], "conference_meeting_client": None,
    "conference_meeting_url": None, "conference_meeting_id": None, "public_description": None, "priority": None,
    "outcome": None, "note": None,
}  # fmt: skip


class _Activities(Entity):
    """Attendees are shown on request only."""

    def shown(self, world: World, row: Row) -> dict[str, Any]:
        shown = super().shown(world, row)
        shown.pop("attendees", None)
        return shown


ACTIVITIES = _Activities(
    name="activities",
    what="Activity",
    writable=_keys,
    empty=lambda world: _EMPTY,
    finish=_finish,
    relations={"deal_id": "deal_id", "lead_id": "lead_id", "person_id": "person_id", "org_id": "org_id"},
    sorts=("id", "update_time", "add_time", "due_date"),
    params=("done", "updated_until", "include_fields"),
    get_params=("include_fields",),
    custom=False,
    includes=("attendees",),
    starts_updated=True,
)


def list_activities(call: Call) -> Answer:
    """GET of many, perhaps by `done`."""
    done = call.flag("done")
    return listing(call, ACTIVITIES, None if done is None else lambda row: bool(row.get("done")) == done)


routes = routes_of(ACTIVITIES, None, None, "can_delete_activities")
routes.all.pop(0)
routes.on("GET /v2/activities")(list_activities)
