"""Notes and tasks of contacts (FACTS 5). Lists by contact are whole and immediate."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contacts import READ, WRITE, found
from gurney.twins.highlevel.ids import millis, zulu
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.highlevel.rich_text import as_stored
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
NOTE = Shape(
    {"body": checks.filled, "userId": checks.text, "title": checks.text, "color": checks.colour,
     "pinned": checks.boolean},
    ["body"],
)  # fmt: skip
TASK = Shape(
    {"title": checks.filled, "body": checks.text, "dueDate": checks.moment, "completed": checks.boolean,
     "assignedTo": checks.text},
    ["title", "dueDate", "completed"],
)  # fmt: skip
COMPLETED = Shape({"completed": checks.boolean}, ["completed"])
TASK_SEARCH = Shape(
    {"contactId": checks.texts, "completed": checks.boolean, "assignedTo": checks.texts, "query": checks.text,
     "limit": checks.number, "skip": checks.number, "businessId": checks.text},
)  # fmt: skip
NOTE_KEYS = ("id", "body", "userId", "dateAdded", "contactId", "title", "color", "pinned")
TASK_KEYS = ("id", "title", "body", "assignedTo", "dueDate", "completed", "contactId")


def check_user(call: Call, id: str | None, name: str) -> None:
    """Whoever is named must be a user of the location (switch unknown_user). Raises Refused."""
    if id and call.switch("unknown_user") == "refuse" and call.world.user_in(call.account, id) is None:
        raise invalid([f"{name} must be a user of this location"])


def shown_note(row: Row) -> Row:
    """A note; what is not set is not there."""
    return {name: row[name] for name in NOTE_KEYS if row.get(name) is not None}


def shown_task(row: Row) -> Row:
    """A task; what is not set is not there."""
    return {name: row[name] for name in TASK_KEYS if row.get(name) is not None}


def _child(call: Call, name: str, param: str, what: str) -> Row:
    """A note or task of the route's contact. Raises Refused."""
    contact = found(call)
    row = call.account[name].get(call.param(param))
    if row is None or row["contactId"] != contact["id"]:
        raise call.missing(what)
    return row


def _read_note(call: Call, shape: Shape) -> Row:
    values = shape.read(call.body())
    most = int(call.switch("note_max"))
    if most and len(values.get("body", "")) > most:
        raise invalid([f"body must be shorter than or equal to {most} characters"])
    check_user(call, values.get("userId"), "userId")
    if "body" in values:
        values["body"] = as_stored(values["body"], call.switch("note_html"))
    return values


@routes.on("GET /contacts/{contactId}/notes", READ)
def list_notes(call: Call) -> Answer:
    """All of them, newest first; those of the contact's appointments too."""
    rows = call.account["notes"].where("contactId", found(call)["id"])
    return call.ok({"notes": [shown_note(row) for row in reversed(rows)]})


@routes.on("POST /contacts/{contactId}/notes", WRITE)
def create_note(call: Call) -> Answer:
    """Any user as the author, the present as the moment (FACTS 0.3)."""
    contact = found(call)
    values = _read_note(call, NOTE)
    return call.ok({"note": shown_note(store_note(call, contact["id"], values))}, 201)


def store_note(call: Call, contact: str, values: Row, **more: str) -> Row:
    """A new note of a contact, perhaps of one of its appointments."""
    account = call.account
    row = {
        "id": call.world.ids.short(), "contactId": contact, "dateAdded": account.now(), "pinned": False, **more,
        **values,
    }  # fmt: skip
    return account.add("notes", row)


@routes.on("GET /contacts/{contactId}/notes/{id}", READ)
def get_note(call: Call) -> Answer:
    return call.ok({"note": shown_note(_child(call, "notes", "id", "Note"))})


@routes.on("PUT /contacts/{contactId}/notes/{id}", WRITE)
def change_note(call: Call) -> Answer:
    """Any of its values."""
    row = _child(call, "notes", "id", "Note")
    call.account.change("notes", row["id"], _read_note(call, NOTE.but(required=[])))
    return call.ok({"note": shown_note(row)})


@routes.on("DELETE /contacts/{contactId}/notes/{id}", WRITE)
def delete_note(call: Call) -> Answer:
    call.account.remove("notes", _child(call, "notes", "id", "Note")["id"])
    return call.succeeded()


# Tasks


def _read_task(call: Call, shape: Shape) -> Row:
    values = shape.read(call.body())
    check_user(call, values.get("assignedTo"), "assignedTo")
    if "dueDate" in values:
        values["dueDate"] = _due(values["dueDate"])
    return values


def _due(given: str) -> str:
    """A due moment in UTC."""
    try:
        return zulu(millis(given) / 1000)
    except (ValueError, OverflowError) as no:
        raise bad("dueDate is out of range") from no


@routes.on("GET /contacts/{contactId}/tasks", READ)
def list_tasks(call: Call) -> Answer:
    rows = call.account["tasks"].where("contactId", found(call)["id"])
    return call.ok({"tasks": [shown_task(row) for row in rows]})


@routes.on("POST /contacts/{contactId}/tasks", WRITE)
def create_task(call: Call) -> Answer:
    """Title, body, due date, done or not, and who: no custom fields, no moment of creation (FACTS 0.4)."""
    contact = found(call)
    values = _read_task(call, TASK)
    row = {"id": call.world.ids.short(), "contactId": contact["id"], "dateAdded": call.account.now(), **values}
    return call.ok({"task": shown_task(call.account.add("tasks", row))}, 201)


@routes.on("GET /contacts/{contactId}/tasks/{taskId}", READ)
def get_task(call: Call) -> Answer:
    return call.ok({"task": shown_task(_child(call, "tasks", "taskId", "Task"))})


@routes.on("PUT /contacts/{contactId}/tasks/{taskId}", WRITE)
def change_task(call: Call) -> Answer:
    row = _child(call, "tasks", "taskId", "Task")
    call.account.change("tasks", row["id"], _read_task(call, TASK.but(required=[])))
    return call.ok({"task": shown_task(row)})


@routes.on("PUT /contacts/{contactId}/tasks/{taskId}/completed", WRITE)
def complete_task(call: Call) -> Answer:
    row = _child(call, "tasks", "taskId", "Task")
    call.account.change("tasks", row["id"], COMPLETED.read(call.body()))
    return call.ok({"task": shown_task(row)})


@routes.on("DELETE /contacts/{contactId}/tasks/{taskId}", WRITE)
def delete_task(call: Call) -> Answer:
    call.account.remove("tasks", _child(call, "tasks", "taskId", "Task")["id"])
    return call.succeeded()


@routes.on("POST /locations/{locationId}/tasks/search", "locations/tasks.readonly")
def search_tasks(call: Call) -> Answer:
    """Over all contacts, 25 at a time; late like every search."""
    call.same_location(call.param("locationId"))
    body = TASK_SEARCH.read(call.body())
    rows = [
        row
        for row in call.account.searched("tasks", call.request.stale_s)
        if ("contactId" not in body or row["contactId"] in body["contactId"])
        and ("completed" not in body or row["completed"] == body["completed"])
        and ("assignedTo" not in body or row.get("assignedTo") in body["assignedTo"])
        and body.get("query", "").casefold() in row["title"].casefold()
    ]
    skip, limit = int(body.get("skip", 0)), int(body.get("limit", 25))
    return call.ok({"tasks": [{"_id": row["id"], **shown_task(row)} for row in rows[max(0, skip) :][: max(0, limit)]]})
