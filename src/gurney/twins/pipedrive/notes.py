"""Notes (v1; FACTS 3.6)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call, Routes, number_in, ok
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.entities import gone
from gurney.twins.pipedrive.markup import cleaned
from gurney.twins.pipedrive.paging import offset_page, paged, sort_rows
from gurney.twins.pipedrive.refusals import Wrong, bad_request, no_right, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of, read_plain, read_zulu
from gurney.twins.pipedrive.world import World

routes = Routes()
MOST = 100_000
NAME = "notes"
SORTS = ("id", "user_id", "deal_id", "person_id", "org_id", "content", "add_time", "update_time")
LINKS = {
    "lead_id": ("leads", "lead", "title"),
    "deal_id": ("deals", "deal", "title"),
    "person_id": ("persons", "person", "name"),
    "org_id": ("organizations", "organization", "name"),
}
"""Column to the object it points at, the key under which its name is shown, and the column of that name."""
PINS = {
    "pinned_to_lead_flag": "lead_id", "pinned_to_deal_flag": "deal_id", "pinned_to_organization_flag": "org_id",
    "pinned_to_person_flag": "person_id", "pinned_to_project_flag": "project_id", "pinned_to_task_flag": "task_id",
}  # fmt: skip
NOTHING_HERE = ("project_id", "task_id")
LONGER = "Note content is too long"


def whole_number(call: Call, value: Any) -> int:
    """An integer; in a form its digits."""
    if call.is_form() and isinstance(value, str) and number_in(value) >= 0:
        return number_in(value)
    return checks.integer(call, value)


def _link(column: str) -> Check:
    name = LINKS[column][0]

    def check(call: Call, value: Any) -> Any:
        if value is None or (call.is_form() and value == ""):
            return None
        id = checks.text(call, value) if name == "leads" else whole_number(call, value)
        if not call.world.sees(call.user, call.world.shelves[name].get(id)):
            raise Wrong(f"{LINKS[column][1].capitalize()} not found or not accessible")
        return id

    return check


def _content(call: Call, value: Any) -> str:
    """HTML, measured as it comes and kept as the server leaves it. Raises Refused when it is too long."""
    text = checks.filled(call, value)
    in_bytes = call.world.switches["note_size"] == "bytes"
    if (len(text.encode()) if in_bytes else len(text)) > MOST:
        raise plain(int(call.world.switches["long_note_status"]), LONGER)
    return cleaned(text, call.world.switches["note_html"])


def _author(call: Call, value: Any) -> int:
    """The author; another than oneself only for an administrator (FACTS 3.6)."""
    id = whole_number(call, value)
    if id not in call.world.users:
        raise Wrong("User not found or not accessible.")
    if id != call.user_id and not call.world.company.is_admin(call.user):
        raise no_right()
    return id


def _moment(call: Call, value: Any) -> str:
    read = read_plain(checks.text(call, value))
    if read is None:
        raise Wrong("add_time must be in the format YYYY-MM-DD HH:MM:SS")
    return read


def _pin(call: Call, value: Any) -> bool:
    """0 or 1."""
    number = whole_number(call, value)
    if number not in (0, 1):
        raise Wrong("Pin flags are 0 or 1")
    return bool(number)


def _nothing(call: Call, value: Any) -> Any:
    return None if value is None else checks.nothing_there(call, whole_number(call, value))


KEYS: dict[str, Check] = {
    "content": _content,
    "user_id": _author,
    "add_time": _moment,
    **{column: _link(column) for column in LINKS},
    **dict.fromkeys(NOTHING_HERE, _nothing),
    **dict.fromkeys(PINS, _pin),
}


def shown(call: Call, row: Row) -> dict[str, Any]:
    """A note as the vendor shows one."""
    world = call.world
    author = world.users[row["user_id"]]
    told: dict[str, Any] = {"id": row["id"], "user_id": row["user_id"]}
    told |= {column: row.get(column) for column in (*LINKS, *NOTHING_HERE)}
    told |= {
        "content": row["content"],
        "add_time": plain_of(row["add_time"]),
        "update_time": plain_of(row["update_time"]),
        "active_flag": row["id"] in world.shelves[NAME],
        **{pin: bool(row.get(pin)) for pin in PINS},
        "last_update_user_id": row.get("last_update_user_id"),
    }
    for column, (name, key, title) in LINKS.items():
        target = world.shelves[name].get(row.get(column))
        told[key] = {title: target[title]} if target is not None else None
    told |= {"project": None, "task": None}
    told["user"] = {
        "email": author["email"], "name": author["name"], "icon_url": None, "is_you": author["id"] == call.user_id,
    }  # fmt: skip
    return told


def _values(call: Call) -> dict[str, Any]:
    """The body's values. Raises Refused: extra keys are a bare "Bad request" (FACTS 3.6)."""
    body = call.body()
    if any(name not in KEYS for name in body):
        raise bad_request()
    return {name: KEYS[name](call, value) for name, value in body.items()}


def _inherit(world: World, values: Row) -> None:
    """A note on a deal alone is on the deal's person and organization too (recorded)."""
    links = [column for column in (*LINKS, *NOTHING_HERE) if values.get(column) is not None]
    if links == ["deal_id"]:
        deal = world.shelves["deals"].rows[values["deal_id"]]
        values |= {column: deal[column] for column in ("person_id", "org_id") if column in deal}


def _check_pins(values: Row) -> None:
    for pin, column in PINS.items():
        if values.get(pin) and values.get(column) is None:
            raise Wrong(f"{column} is required for {pin}")


@routes.on("GET /v1/notes")
def list_notes(call: Call) -> Answer:
    """All notes, by what they are about, author, date, pin."""
    rows = sort_rows(call, _chosen(call), SORTS)
    page, pagination = offset_page(call, rows, int(call.world.switches["notes_page"]))
    return paged([shown(call, row) for row in page], pagination)


def _chosen(call: Call) -> list[Row]:
    world, shelf = call.world, call.world.shelves[NAME]
    rows: list[Row] | None = None
    for column in LINKS:
        value = call.query(column) if column == "lead_id" else call.number(column)
        if value is None:
            continue
        if rows is None:
            rows = [shelf.rows[id] for id in shelf.where(column, value)]
        else:
            rows = [row for row in rows if row.get(column) == value]
    unseen = world.unlisted(NAME)
    keep = _keep(call)
    return [row for row in (shelf if rows is None else rows) if row["id"] not in unseen and keep(row)]


def _keep(call: Call) -> Any:
    author = call.number("user_id")
    start, end, since = call.query("start_date"), call.query("end_date"), call.query("updated_since")
    updated = read_zulu(since) if since else None
    if since and updated is None:
        raise Wrong("updated_since must be a date and time in the RFC 3339 format")
    pins = {pin: call.flag(pin) for pin in PINS if call.query(pin) is not None}
    empty = [column for column in NOTHING_HERE if call.query(column) is not None]

    def keep(row: Row) -> bool:
        return (
            not empty
            and (author is None or row["user_id"] == author)
            and (start is None or row["add_time"][:10] >= start)
            and (end is None or row["add_time"][:10] <= end)
            and (updated is None or row["update_time"] >= updated)
            and all(bool(row.get(pin)) == wanted for pin, wanted in pins.items())
        )

    return keep


def found(call: Call) -> Row:
    """The note of the route. Raises Refused."""
    row = call.world.shelves[NAME].get(call.id())
    if row is None:
        raise gone(call, "Note", deleted=False)
    return row


@routes.on("GET /v1/notes/{id}")
def get_note(call: Call) -> Answer:
    """One; a deleted one too while deletion is soft (switch note_delete)."""
    dead = call.world.shelves[NAME].deleted.get(call.id())
    if dead is not None and call.world.switches["note_delete"] == "soft":
        return ok(shown(call, dead))
    return ok(shown(call, found(call)))


@routes.on("POST /v1/notes")
def add_note(call: Call) -> Answer:
    """A new note, dated and signed as asked."""
    world = call.world
    values = _values(call)
    if "content" not in values:
        raise plain(400, "Content is required")
    if not any(values.get(column) is not None for column in LINKS):
        raise plain(400, "Note must be linked to a deal, person, organization, lead, project or task")
    _check_pins(values)
    _inherit(world, values)
    now = world.now()
    row = {"id": 0, "user_id": call.user_id, "add_time": now, "update_time": now, **values}
    row["id"] = world.next(NAME)
    world.bear(NAME, {key: value for key, value in row.items() if value is not None and value is not False})
    _touch_linked(world, row)
    return ok(shown(call, row))


def _touch_linked(world: World, row: Row) -> None:
    """A linked note moves the `update_time` of what it is about (recorded for persons)."""
    for column, (name, _, _) in LINKS.items():
        world.touch(name, row.get(column))


@routes.on("PUT /v1/notes/{id}")
def change_note(call: Call) -> Answer:
    """Content, links, author, time."""
    world, row = call.world, found(call)
    values = _values(call)
    merged = {**row, **values}
    if not any(merged.get(column) is not None for column in LINKS):
        raise plain(400, "Note must be linked to a deal, person, organization, lead, project or task")
    _check_pins(merged)
    world.alter(NAME, row["id"], {**values, "last_update_user_id": call.user_id, "update_time": world.now()})
    return ok(shown(call, row))


@routes.on("DELETE /v1/notes/{id}")
def delete_note(call: Call) -> Answer:
    """Answers `true`, not the id (recorded)."""
    row = found(call)
    if row["user_id"] != call.user_id and not call.world.company.is_admin(call.user):
        raise no_right()
    call.world.bury(NAME, row["id"])
    return ok(True)
