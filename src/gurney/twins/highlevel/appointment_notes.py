"""Notes of appointments: up to 5,000 characters, and on the contact too (FACTS 5)."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.appointments import READ, WRITE, found
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.notes import check_user, store_note
from gurney.twins.highlevel.rich_text import as_stored
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes("2021-04-15")
PAGE_MOST = 20
NOTE = Shape({"userId": checks.text, "body": checks.text_up_to(5_000)}, ["body"])
BASE = "/calendars/appointments/{appointmentId}/notes"


def _shown(call: Call, row: Row) -> Row:
    author = call.world.users.get(row.get("userId", ""), call.world.admin)
    shown = {name: row.get(name) for name in ("id", "body", "userId", "dateAdded", "contactId")}
    return {**shown, "createdBy": {"id": author["id"], "name": author["name"]}}


def _note(call: Call) -> Row:
    row = call.account["notes"].get(call.param("noteId"))
    if row is None or row.get("appointmentId") != found(call, "appointmentId")["id"]:
        raise call.missing("Note")
    return row


def _read(call: Call) -> Row:
    values = NOTE.read(call.body())
    check_user(call, values.get("userId"), "userId")
    return {**values, "body": as_stored(values["body"], call.switch("note_html"))}


@routes.on(f"GET {BASE}", READ)
def list_notes(call: Call) -> Answer:
    """Twenty at a time, newest first."""
    call.only("limit", "offset")
    for name in ("limit", "offset"):
        call.needed(name)
    limit, offset = call.number("limit", PAGE_MOST, PAGE_MOST), call.number("offset", 0)
    rows = call.account["notes"].where("appointmentId", found(call, "appointmentId")["id"])[::-1]
    page = rows[offset : offset + limit]
    return call.ok({"notes": [_shown(call, row) for row in page], "hasMore": len(rows) > offset + limit})


@routes.on(f"POST {BASE}", WRITE)
def create(call: Call) -> Answer:
    appointment = found(call, "appointmentId")
    row = store_note(call, appointment["contactId"], _read(call), appointmentId=appointment["id"])
    return call.ok({"note": _shown(call, row)}, 201)


@routes.on(f"PUT {BASE}/{{noteId}}", WRITE)
def change(call: Call) -> Answer:
    row = _note(call)
    return call.ok({"note": _shown(call, call.account.change("notes", row["id"], _read(call)))})


@routes.on(f"DELETE {BASE}/{{noteId}}", WRITE)
def delete(call: Call) -> Answer:
    call.account.remove("notes", _note(call)["id"])
    return call.ok({"success": True})
