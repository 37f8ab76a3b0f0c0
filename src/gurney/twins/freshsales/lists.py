"""Lists of contacts: a cheap mark of a run (FACTS 3, 10)."""

from __future__ import annotations

from gurney.twins.freshsales.call import Call, Routes, ok
from gurney.twins.freshsales.contacts import CONTACTS
from gurney.twins.freshsales.paging import pages, sliced
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.views import listing
from gurney.twins.kit.wire import Answer

routes = Routes()
LATER = "Updating now... we'll let you know once this is done."


def _shown(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"]}


def _found(call: Call, id: int | None = None) -> Row:
    row = call.world.lists.get(call.id() if id is None else id)
    if row is None:
        raise call.missing()
    return row


def _named(call: Call) -> str:
    name = call.body().get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid(["Name can't be blank"])
    return name


def _members(call: Call, chosen: Row) -> list[int]:
    """The contacts of the body: by id, or all of a list."""
    if call.body().get("all") is True:
        return list(chosen["contacts"])
    contacts = call.world.shelves["contacts"]
    return [id for id in call.ids("ids") if contacts.live(id) is not None]


def _told(call: Call, count: int) -> Answer:
    return ok({"message": LATER if call.body().get("all") is True else f"{count} contacts updated."})


@routes.on("POST /lists")
def create(call: Call) -> Answer:
    row: Row = {"id": call.world.next("list"), "name": _named(call), "contacts": {}}
    call.world.lists[row["id"]] = row
    return call.created({"list": _shown(row)})


@routes.on("PUT /lists/{id}")
def update(call: Call) -> Answer:
    row = _found(call)
    row["name"] = _named(call)
    return ok({"list": _shown(row)})


@routes.on("GET /lists")
def listed(call: Call) -> Answer:
    rows = list(call.world.lists.values())
    meta = {"total_pages": pages(call, len(rows)), "total": len(rows)}
    return ok({"lists": [_shown(row) for row in sliced(call, rows)], "meta": meta})


@routes.on("PUT /lists/{id}/add_contacts")
def add(call: Call) -> Answer:
    row = _found(call)
    members = _members(call, row)
    row["contacts"].update(dict.fromkeys(members))
    return _told(call, len(members))


@routes.on("PUT /lists/{id}/remove_contacts")
def remove(call: Call) -> Answer:
    row = _found(call)
    members = _members(call, row)
    for id in members:
        row["contacts"].pop(id, None)
    return _told(call, len(members))


@routes.on("PUT /lists/{id}/move_contacts")
def move(call: Call) -> Answer:
    row, old = _found(call), _found(call, id_in(call.body().get("from_list_id")))
    members = _members(call, old)
    for id in members:
        old["contacts"].pop(id, None)
    row["contacts"].update(dict.fromkeys(members))
    return _told(call, len(members))


@routes.on("GET /contacts/lists/{id}")
def contacts(call: Call) -> Answer:
    shelf = call.world.shelves["contacts"]
    rows = [
        row for id in _found(call)["contacts"] if (row := shelf.live(id)) and call.world.people.sees(call.user, row)
    ]
    return ok(listing(call, CONTACTS, sliced(call, rows), len(rows)))
