"""Files: uploads, remote ones, downloads (v1; FACTS 3.7)."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from gurney.twins.kit.wire import Answer, MalformedBody, Part, Request
from gurney.twins.pipedrive.call import Call, Routes, number_in, ok
from gurney.twins.pipedrive.entities import gone
from gurney.twins.pipedrive.paging import offset_page, paged, sort_rows
from gurney.twins.pipedrive.refusals import Wrong, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of
from gurney.twins.pipedrive.world import World

routes = Routes()
NAME = "files"
WHAT = "File"
MOST = 100
MEGABYTE = 1_000_000
STORAGE = "/storage/"
LINKS = {
    "deal_id": ("deals", "deal_name", "title"),
    "lead_id": ("leads", "lead_name", "title"),
    "person_id": ("persons", "person_name", "name"),
    "org_id": ("organizations", "org_name", "name"),
    "product_id": ("products", "product_name", "name"),
    "activity_id": ("activities", None, None),
}
"""Column to the object it points at, the key under which its name is shown, and the column of that name."""
REMOTE_ITEMS = {"deal": "deal_id", "organization": "org_id", "person": "person_id"}
REMOTE_TYPES = ("gdoc", "gslides", "gsheet", "gform", "gdraw")
GOOGLE = "googledrive"


def shown(world: World, row: Row) -> dict[str, Any]:
    """A file as the vendor shows one."""
    told: dict[str, Any] = {"id": row["id"], "user_id": row["user_id"], "log_id": None}
    told |= {"add_time": plain_of(row["add_time"]), "update_time": plain_of(row["update_time"])}
    told |= {
        "file_name": row["file_name"], "file_size": row["file_size"], "active_flag": row["id"] in world.shelves[NAME],
        "inline_flag": False, "remote_location": row["remote_location"], "remote_id": row["remote_id"],
        "s3_bucket": None, "url": f"https://app.pipedrive.com/api/v1/files/{row['id']}/download",
        "name": row["name"], "description": row.get("description"),
    }  # fmt: skip
    for column, (name, key, title) in LINKS.items():
        told[column] = row.get(column)
        if key is not None:
            target = world.shelves[name].get(row.get(column))
            told[key] = target[title] if target is not None and title is not None else None
    return told | {
        "project_id": None, "project_name": None, "mail_message_id": None, "mail_template_id": None, "cid": None,
        "file_type": row["file_type"],
    }  # fmt: skip


def found(call: Call) -> Row:
    """The file of the route. Raises Refused."""
    shelf = call.world.shelves[NAME]
    row = shelf.get(call.id())
    if row is None:
        raise gone(call, WHAT, deleted=call.id() in shelf.deleted)
    return row


def _links(call: Call, values: dict[str, str]) -> Row:
    """What a file hangs on. Raises Wrong for what is not there."""
    links: Row = {}
    for column, (name, _, _) in LINKS.items():
        given = values.get(column)
        if not given:
            continue
        id: Any = given if name == "leads" else number_in(given)
        if not call.world.sees(call.user, call.world.shelves[name].get(id)):
            raise Wrong(f"{column} not found or not accessible")
        links[column] = id
    if values.get("project_id"):
        raise Wrong("project_id not found or not accessible")
    if list(links) == ["deal_id"]:
        deal = call.world.shelves["deals"].rows[links["deal_id"]]
        links |= {column: deal[column] for column in ("person_id", "org_id") if column in deal}
    return links


def _store(call: Call, values: Row) -> Row:
    world = call.world
    now = world.now()
    row = {"id": world.next(NAME), "user_id": call.user_id, "add_time": now, "update_time": now, **values}
    world.linked(row)
    return world.bear(NAME, row)


@routes.on("POST /v1/files")
def upload(call: Call) -> Answer:
    """One file, in the part `file`, which needs a filename."""
    try:
        parts = call.request.parts()
    except MalformedBody as no:
        raise plain(400, "The request body is malformed") from no
    part = next((part for part in parts if part.name == "file" and part.filename), None)
    if part is None:
        raise plain(400, "No file was uploaded")
    _check_size(call, part)
    values = {one.name: one.body.decode("utf-8", "replace") for one in parts if one.filename is None}
    links = _links(call, values)
    ending = PurePath(part.filename or "").suffix
    stored_name = call.world.uuid() + ending
    row = _store(call, {
        **links, "name": part.filename, "file_name": stored_name, "file_size": len(part.body),
        "file_type": ending.removeprefix(".").lower(), "remote_location": "s3",
        "remote_id": f"company/{call.world.company.id}/files/{stored_name}",
    })  # fmt: skip
    call.world.contents[row["id"]] = call.world.attic.put(part.body, part.content_type)
    return ok(shown(call.world, row))


def _check_size(call: Call, part: Part) -> None:
    switches = call.world.switches
    if len(part.body) > int(switches["file_limit_mb"]) * MEGABYTE:
        raise plain(int(switches["large_file_status"]), "File is too large")
    quota = int(switches["storage_mb"]) * MEGABYTE
    kept = sum(content.size for content in call.world.contents.values()) if quota else 0
    if quota and kept + len(part.body) > quota:
        raise plain(403, "Storage limit reached", code="feature_capping_storage_limit")


@routes.on("POST /v1/files/remote")
def make_remote(call: Call) -> Answer:
    """A new empty file in the remote place."""
    form = _remote_form(call, ("file_type", "title"))
    if form["file_type"] not in REMOTE_TYPES:
        raise plain(400, "file_type is invalid")
    return _remote(call, form, form["title"], form["file_type"], call.world.secret(44))


@routes.on("POST /v1/files/remoteLink")
def link_remote(call: Call) -> Answer:
    """A file that is in the remote place already."""
    form = _remote_form(call, ("remote_id",))
    return _remote(call, form, form["remote_id"], "gdoc", form["remote_id"])


def _remote_form(call: Call, more: tuple[str, ...]) -> dict[str, str]:
    form = {name: str(value) for name, value in call.body().items()}
    for name in ("item_type", "item_id", "remote_location", *more):
        if not form.get(name):
            raise plain(400, f"{name} is required")
    if form["item_type"] not in REMOTE_ITEMS or form["remote_location"] != GOOGLE:
        raise plain(400, "item_type or remote_location is invalid")
    return form


def _remote(call: Call, form: dict[str, str], name: str, kind: str, remote_id: str) -> Answer:
    links = _links(call, {REMOTE_ITEMS[form["item_type"]]: form["item_id"]})
    row = _store(call, {
        **links, "name": name, "file_name": "", "file_size": 0, "file_type": kind, "remote_location": "googledocs",
        "remote_id": remote_id,
    })  # fmt: skip
    return ok(shown(call.world, row))


@routes.on("GET /v1/files")
def list_files(call: Call) -> Answer:
    """All files, 100 a page."""
    return page_of_files(call, list(call.world.shelves[NAME]))


def page_of_files(call: Call, rows: list[Row]) -> Answer:
    """Some files: those that lists show by now, sorted, 100 a page."""
    unseen = call.world.unlisted(NAME)
    rows = sort_rows(call, [row for row in rows if row["id"] not in unseen], ("id", "update_time"))
    page, pagination = offset_page(call, rows, MOST)
    return paged([shown(call.world, row) for row in page], pagination)


@routes.on("GET /v1/files/{id}")
def get_file(call: Call) -> Answer:
    """One; what becomes of a deleted one is the switch deleted_record."""
    dead = call.world.shelves[NAME].deleted.get(call.id())
    if dead is not None and call.world.switches["deleted_record"] == "200":
        return ok(shown(call.world, dead))
    return ok(shown(call.world, found(call)))


@routes.on("PUT /v1/files/{id}")
def change_file(call: Call) -> Answer:
    """Name and description."""
    row, body = found(call), call.body()
    values = {name: body[name] for name in ("name", "description") if isinstance(body.get(name), str)}
    call.world.alter(NAME, row["id"], {**values, "update_time": call.world.now()})
    return ok(shown(call.world, row))


@routes.on("DELETE /v1/files/{id}")
def delete_file(call: Call) -> Answer:
    """Set aside for 30 days."""
    row = found(call)
    call.world.bury(NAME, row["id"])
    return ok({"id": row["id"]})


@routes.on("GET /v1/files/{id}/download")
def download(call: Call) -> Answer:
    """To where the bytes lie, or the bytes (switch download)."""
    row = found(call)
    stored = call.world.contents.get(row["id"])
    if stored is None:
        raise plain(404, "File can not be downloaded")
    if call.world.switches["download"] == "direct":
        return _bytes(call.world, row)
    return Answer(302, headers={"location": f"{call.request.base_url}{STORAGE}{row['id']}/{row['file_name']}"})


def from_storage(world: World, request: Request) -> Answer:
    """The storage's own address: signed, so that a token has no business there (FACTS 1, 3.7)."""
    number, _, name = request.path.removeprefix(STORAGE).partition("/")
    if "x-api-token" in request.headers or "authorization" in request.headers:
        world.leaked_tokens += 1
        return Answer(400, body=b"<Error><Code>InvalidArgument</Code></Error>")
    row = world.shelves[NAME].get(number_in(number))
    if row is None or row["file_name"] != name:
        return Answer(403, body=b"<Error><Code>AccessDenied</Code></Error>")
    return _bytes(world, row)


def _bytes(world: World, row: Row) -> Answer:
    stored = world.contents[row["id"]]
    return Answer(200, body=world.attic.get(stored), headers={"content-type": stored.content_type})
