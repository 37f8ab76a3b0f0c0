"""Lists under a record, its change log, who may see it, and what changed lately (v1; FACTS 3, 7)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import files, notes
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.deals import DEALS
from gurney.twins.pipedrive.entities import Entity, found
from gurney.twins.pipedrive.paging import cut_through, listed, offset_page, paged
from gurney.twins.pipedrive.persons import ORGANIZATIONS, PERSONS
from gurney.twins.pipedrive.products import PRODUCTS
from gurney.twins.pipedrive.refusals import plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of, read_plain, zulu

routes = Routes()
MONTH_S = timedelta(days=30).total_seconds()
LINKS = ((PERSONS, "person_id"), (ORGANIZATIONS, "org_id"), (DEALS, "deal_id"), (PRODUCTS, "product_id"))
RECENT = {
    "activity": "activities", "deal": "deals", "file": "files", "note": "notes", "person": "persons",
    "organization": "organizations", "product": "products",
}  # fmt: skip
PARTIAL = ("id", "name", "title", "subject", "owner_id", "person_id", "org_id", "deal_id", "done", "visible_to")


def list_files(call: Call, entity: Entity, link: str) -> Answer:
    """Files of a record."""
    row = found(call, entity, call.id())
    shelf = call.world.shelves["files"]
    return files.page_of_files(call, [shelf.rows[id] for id in shelf.where(link, row["id"])])


def changelog(call: Call, entity: Entity) -> Answer:
    """Who changed which field, newest first; paged by cursor although this is v1."""
    row = found(call, entity, call.id())
    changes = list(reversed(call.world.history.changes.get((entity.name, row["id"]), [])))
    return listed(*cut_through(call, changes))


def permitted_users(call: Call, entity: Entity) -> Answer:
    """Ids of the active users who may see a record."""
    row = found(call, entity, call.id())
    users = call.world.users.values()
    return ok([user["id"] for user in users if user["active_flag"] and call.world.sees(user, row)])


@routes.on("GET /v1/recents")
def recents(call: Call) -> Answer:
    """What changed since a moment, a month back at most, and only in part (FACTS 3.2)."""
    since = read_plain(call.query("since_timestamp") or "")
    if since is None:
        raise plain(400, "since_timestamp must be in the format YYYY-MM-DD HH:MM:SS")
    since = max(since, zulu(int(call.world.clock.timestamp() - MONTH_S)))
    wanted = call.words("items") or list(RECENT)
    rows = [
        (row.get("update_time") or row["add_time"], kind, row)
        for kind, name in RECENT.items()
        if kind in wanted
        for row in call.world.shelves[name]
        if (row.get("update_time") or row["add_time"]) >= since and call.world.sees(call.user, row)
    ]
    rows.sort(key=lambda entry: entry[0])
    page, pagination = offset_page(call, rows)
    return paged([{"item": kind, "id": row["id"], "data": _part(call, kind, row)} for _, kind, row in page], pagination)


def _part(call: Call, kind: str, row: Row) -> dict[str, Any]:
    if kind == "note":
        return notes.shown(call, row)
    if kind == "file":
        return files.shown(call.world, row)
    told = {name: row[name] for name in PARTIAL if name in row}
    told |= {
        "add_time": plain_of(row["add_time"]),
        "update_time": plain_of(row.get("update_time")),
        "active_flag": True,
    }
    if "visible_to" in told:
        told["visible_to"] = str(told["visible_to"])
    return told


for _entity, _link in LINKS:
    _path = f"/v1/{_entity.name}/{{id}}"
    routes.on(f"GET {_path}/files")(partial(list_files, entity=_entity, link=_link))
    routes.on(f"GET {_path}/permittedUsers")(partial(permitted_users, entity=_entity))
    if _entity is not PRODUCTS:
        routes.on(f"GET {_path}/changelog")(partial(changelog, entity=_entity))
