"""Tasks: open or done, with a due date, without fields of one's own (FACTS 3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gurney.twins.freshsales.call import Call, Routes, gone, ok
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.paging import children
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.targets import aim, beside, sees, targetable, targetables, told_parent, users
from gurney.twins.freshsales.values import AREA_MOST, TEXT_MOST, Bad, Dropped, id_in, moment, text, wrong_type
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
DONE = 1
FILTERS = ("open", "due today", "due tomorrow", "overdue", "completed")
KNOWN = (
    "title", "description", "due_date", "owner_id", "status", "task_type_id", "outcome_id", "targetable_type",
    "targetable_id", "task_users_attributes",
)  # fmt: skip


def shown(world: World, row: Row) -> Row:
    """A task."""
    return {
        "id": row["id"], "status": row["status"], "title": row["title"], "description": row.get("description"),
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]),
        "owner_id": row.get("owner_id"), "due_date": world.shown(row["due_date"]),
        "completed_date": world.shown(row.get("completed_date")), "creater_id": row["creater_id"],
        "updater_id": row["updater_id"], "outcome_id": row.get("outcome_id"), "task_type_id": row.get("task_type_id"),
        "targetables": targetables(row),
    }  # fmt: skip


def saved(world: World, user: Row, old: Row | None, attributes: Row) -> Row:
    """Keep a task. Raises Refused."""
    draft = Draft(world, user, old)
    _fill(draft, attributes)
    draft.need("title", "due_date")
    aim(draft, attributes)
    now = world.now()
    if draft.is_new:
        draft.values.setdefault("status", 0)
        if world.switches["default_owner"] == "creator":
            draft.values.setdefault("owner_id", user["id"])
    _complete(draft, now)
    row = draft.finish()
    if draft.is_new:
        row |= {"id": world.next("tasks"), "created_at": now, "creater_id": user["id"]}
    kept = world.put("tasks", {**row, "updated_at": now, "updater_id": user["id"]})
    told_parent(world, kept)
    return kept


def _fill(draft: Draft, attributes: Row) -> None:
    world = draft.world
    checks: dict[str, Callable[[Any], Any]] = {
        "title": lambda given: text(world, "title", given, TEXT_MOST),
        "description": lambda given: text(world, "description", given, AREA_MOST),
        "due_date": lambda given: moment(world, "due_date", given),
        "owner_id": lambda given: _one_of(world, "Owner", given, world.people.users),
        "status": lambda given: _status(world, given),
        "task_type_id": lambda given: _one_of(world, "Task type", given, _types(world)),
        "outcome_id": lambda given: _one_of(world, "Outcome", given, outcomes(world, "task")),
        "task_users_attributes": lambda given: _users(world, given),
    }
    for name, given in attributes.items():
        if name not in KNOWN:
            draft.strange(name)
        elif name in checks:
            draft.take(name, checks[name], given)
    if "status" in draft.values and draft.is_new and world.switches["task_status_on_create"] == "ignore":
        draft.values["status"] = 0


def _one_of(world: World, label: str, given: Any, known: Any) -> int:
    """A reference by id. Raises Bad, Dropped."""
    id = id_in(given)
    if id in known:
        return id
    if world.switches["unknown_reference"] == "drop":
        raise Dropped
    raise Bad(f"{label} is invalid")


def _types(world: World) -> set[int]:
    return {
        row["id"] for row in world.catalogue["sales_activity_entity_types"] if row["sales_activity_type_name"] == "Task"
    }


def outcomes(world: World, internal: str) -> set[int]:
    """The outcomes of a built-in activity type."""
    types = {row["id"] for row in world.catalogue["sales_activity_types"] if row["internal_name"] == internal}
    return {row["id"] for row in world.catalogue["sales_activity_outcomes"] if row["sales_activity_type_id"] in types}


def _status(world: World, given: Any) -> int:
    """0 open, 1 completed; the word is not sure (switch status_words). Raises Bad."""
    if world.switches["status_words"] == "accept" and given in ("COMPLETED", "OPEN"):
        return int(given == "COMPLETED")
    if isinstance(given, bool) or given not in (0, 1, "0", "1"):
        raise Bad("Status is invalid")
    return int(given)


def _users(world: World, given: Any) -> list[int]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise wrong_type("task_users_attributes")
    return [_one_of(world, "Users", one.get("user_id"), world.people.users) for one in given]


def _complete(draft: Draft, now: int) -> None:
    """When a task was completed is the server's to say (switch completed_date)."""
    if draft.get("status") != DONE:
        draft.values["completed_date"] = None
    elif draft.old.get("status") != DONE and draft.world.switches["completed_date"] == "set":
        draft.values["completed_date"] = now


def side(call: Call, rows: list[Row], shown_rows: list[Row]) -> Row:
    """The arrays beside tasks, by what `include` asks for."""
    wanted, world = set(call.words("include")), call.world
    arrays: Row = {}
    ids: set[int | None] = set()
    for row, one in zip(rows, shown_rows, strict=True):
        if "owner" in wanted:
            ids.add(row.get("owner_id"))
        if "users" in wanted:
            one["user_ids"] = row.get("task_users_attributes") or [row.get("owner_id")]
            ids.update(one["user_ids"])
        if "targetable" in wanted:
            one["targetable"] = targetable(row)
    if "targetable" in wanted:
        arrays |= beside(world, rows)
    return arrays | ({"users": users(world, ids)} if wanted & {"owner", "users"} else {})


def _found(call: Call) -> Row:
    row = call.world.shelves["tasks"].live(call.id())
    if row is None or not sees(call.world, call.user, row):
        raise call.missing()
    return row


@routes.on("POST /tasks")
def create(call: Call) -> Answer:
    row = saved(call.world, call.user, None, call.attributes("task"))
    one = shown(call.world, row)
    return call.created({**side(call, [row], [one]), "task": one})


@routes.on("GET /tasks/{id}")
def read(call: Call) -> Answer:
    row = _found(call)
    one = shown(call.world, row)
    return ok({**side(call, [row], [one]), "task": one})


@routes.on("PUT /tasks/{id}")
def update(call: Call) -> Answer:
    row = saved(call.world, call.user, _found(call), call.attributes("task"))
    one = shown(call.world, row)
    return ok({**side(call, [row], [one]), "task": one})


@routes.on("DELETE /tasks/{id}")
def delete(call: Call) -> Answer:
    call.world.drop("tasks", _found(call)["id"])
    return gone()


@routes.on("GET /tasks")
def listed(call: Call) -> Answer:
    """One filter for each call; no count of pages (FACTS 2)."""
    wanted = (call.query("filter") or "open").replace("_", " ").lower()
    if wanted not in FILTERS:
        raise invalid(["Filter is invalid"])
    now = 0 if wanted in ("open", "completed") else call.world.now()
    page, total = children(call, "tasks", (wanted, now), _fits(call.world, wanted))
    shown_rows = [shown(call.world, row) for row in page]
    return ok({**side(call, page, shown_rows), "tasks": shown_rows, "meta": {"total": total}})


def _fits(world: World, wanted: str) -> Callable[[Row], bool]:
    """Which tasks a filter has; days are those of the account's zone."""
    if wanted in ("open", "completed"):
        status = int(wanted == "completed")
        return lambda row: row["status"] == status
    now = world.now()
    if wanted == "overdue":
        return lambda row: row["status"] == 0 and row["due_date"] < now
    midnight = datetime.fromtimestamp(now, ZoneInfo(world.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = midnight + timedelta(days=wanted == "due tomorrow")
    start, end = begins.timestamp(), (begins + timedelta(days=1)).timestamp()
    return lambda row: row["status"] == 0 and start <= row["due_date"] < end
