"""Sales activities: types of one's own need Enterprise; their place in the timeline is their own date (FACTS 3)."""

from __future__ import annotations

from gurney.twins.freshsales.call import Call, Routes, gone, ok
from gurney.twins.freshsales.drafts import Draft, fill
from gurney.twins.freshsales.paging import children, pages
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import custom_values
from gurney.twins.freshsales.targets import aim, sees, targetables, told_parent
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
NULLS = dict.fromkeys(
    (
        "remote_id", "import_id", "latitude", "longitude", "checkedin_at", "conversation_id", "checkedout_latitude",
        "checkedout_longitude", "checkedout_location", "checkedout_at", "checkedin_duration",
    )
)  # fmt: skip
AIMED = {"targetable_type": lambda draft, given: None, "targetable_id": lambda draft, given: None}


def shown(world: World, row: Row) -> Row:
    """An activity."""
    kind, id = row["target"]
    return {
        "id": row["id"], "title": row["title"], "start_date": world.shown(row["start_date"]),
        "end_date": world.shown(row["end_date"]), "sales_activity_type_id": row["sales_activity_type_id"],
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]),
        "notes": row.get("notes"), "owner_id": row.get("owner_id"),
        "sales_activity_outcome_id": row.get("sales_activity_outcome_id"), "creater_id": row["creater_id"],
        "updater_id": row["updater_id"], "conversation_time": world.shown(row["end_date"]), "targetable_id": id,
        "targetable_type": kind, **NULLS, "location": row.get("location"),
        "custom_field": custom_values(world, "sales_activities", row),
        "completed_date": world.shown(row.get("completed_date")), "status": row.get("status", False),
        "targetables": targetables(row),
    }  # fmt: skip


def saved(world: World, user: Row, old: Row | None, attributes: Row) -> Row:
    """Keep an activity. Raises Refused."""
    draft = Draft(world, user, old)
    fill(draft, world.schemas["sales_activities"], AIMED, attributes)
    if draft.is_new and world.switches["default_owner"] == "creator":
        draft.values.setdefault("owner_id", user["id"])
    draft.need("title", "sales_activity_type_id", "start_date", "end_date")
    aim(draft, attributes)
    _check_type(draft)
    row, now = draft.finish(), world.now()
    if draft.is_new:
        row |= {"id": world.next("sales_activities"), "created_at": now, "creater_id": user["id"]}
    kept = world.put("sales_activities", {**row, "updated_at": now, "updater_id": user["id"]})
    told_parent(world, kept)
    return kept


def _check_type(draft: Draft) -> None:
    """Built-in types may not be for this (switch builtin_activities); an outcome belongs to one type."""
    world = draft.world
    kind = world.choice("sales_activity_types", draft.get("sales_activity_type_id"))
    if kind is None:
        return
    if kind["is_default"] and world.switches["builtin_activities"] == "refuse":
        draft.complain("Sales activity type is invalid")
    outcome = world.choice("sales_activity_outcomes", draft.get("sales_activity_outcome_id"))
    if outcome is not None and outcome["sales_activity_type_id"] != kind["id"]:
        draft.complain("Sales activity outcome is invalid")


def _found(call: Call) -> Row:
    row = call.world.shelves["sales_activities"].live(call.id())
    if row is None or not sees(call.world, call.user, row):
        raise call.missing()
    return row


@routes.on("POST /sales_activities")
def create(call: Call) -> Answer:
    row = saved(call.world, call.user, None, call.attributes("sales_activity"))
    return call.created({"sales_activity": shown(call.world, row)})


@routes.on("GET /sales_activities/{id}")
def read(call: Call) -> Answer:
    return ok({"sales_activity": shown(call.world, _found(call))})


@routes.on("PUT /sales_activities/{id}")
def update(call: Call) -> Answer:
    row = saved(call.world, call.user, _found(call), call.attributes("sales_activity"))
    return ok({"sales_activity": shown(call.world, row)})


@routes.on("DELETE /sales_activities/{id}")
def delete(call: Call) -> Answer:
    call.world.drop("sales_activities", _found(call)["id"])
    return gone()


@routes.on("GET /sales_activities")
def listed(call: Call) -> Answer:
    """All of them; here the pages are counted."""
    page, total = children(call, "sales_activities", "all", lambda row: True)
    meta = {"total_pages": pages(call, total), "total": total}
    return ok({"sales_activities": [shown(call.world, row) for row in page], "meta": meta})
