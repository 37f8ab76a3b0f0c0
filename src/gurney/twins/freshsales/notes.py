"""Notes: text on a record, no more; read through their parents only (FACTS 3)."""

from __future__ import annotations

from typing import Any

from gurney.twins.freshsales.call import Call, Routes, gone, ok
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.targets import aim, sees, targetables, told_parent
from gurney.twins.freshsales.values import Bad, wrong_type
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
KNOWN = ("description", "targetable_type", "targetable_id")
DOCUMENT = "<!DOCTYPE html><html><head></head><body>{}</body></html>"
RECENT_MOST = 10_000


def shown(world: World, row: Row) -> Row:
    """A note as it was written (switch note_html: or as a page)."""
    text = row["description"]
    return {
        "id": row["id"],
        "description": DOCUMENT.format(text) if world.switches["note_html"] == "page" else text,
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]), "url": None,
        "duration": None, "creater_id": row["creater_id"], "has_access": True,
        "collab_context": {"hasSlackViewAccess": False, "messageId": ""}, "targetables": targetables(row),
    }  # fmt: skip


def saved(world: World, user: Row, old: Row | None, attributes: Row) -> Row:
    """Keep a note; times and authors that are sent are ignored. Raises Refused."""
    draft = Draft(world, user, old)
    for name in attributes:
        if name not in KNOWN:
            draft.strange(name)
    if "description" in attributes:
        draft.attempt("description", lambda: _text(world, attributes["description"]))
    draft.need("description")
    aim(draft, attributes)
    row, now = draft.finish(), world.now()
    if draft.is_new:
        row |= {"id": world.next("notes"), "created_at": now, "creater_id": user["id"]}
    kept = world.put("notes", {**row, "updated_at": now})
    told_parent(world, kept, recent_note=kept["description"][:RECENT_MOST])
    return kept


def _text(world: World, given: Any) -> str | None:
    """The text, within its limit in bytes (switch note_limit_bytes). Raises Bad."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise wrong_type("description")
    if len(given.encode()) > int(world.switches["note_limit_bytes"]):
        raise Bad("Description is too long")
    return given


def _found(call: Call) -> Row:
    row = call.world.shelves["notes"].live(call.id())
    if row is None or not sees(call.world, call.user, row):
        raise call.missing()
    return row


@routes.on("POST /notes")
def create(call: Call) -> Answer:
    row = saved(call.world, call.user, None, call.attributes("note"))
    return call.created({"note": shown(call.world, row)})


@routes.on("PUT /notes/{id}")
def update(call: Call) -> Answer:
    row = saved(call.world, call.user, _found(call), call.attributes("note"))
    return ok({"note": shown(call.world, row)})


@routes.on("DELETE /notes/{id}")
def delete(call: Call) -> Answer:
    call.world.drop("notes", _found(call)["id"])
    return gone()
