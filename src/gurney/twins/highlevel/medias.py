"""The media library: whoever knows an address may read it (FACTS 10)."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import V3, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.files import MEGABYTE, content
from gurney.twins.highlevel.refusals import bad, invalid, told
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, Part, Request

if TYPE_CHECKING:
    from gurney.twins.highlevel.world import World

routes = Routes()
READ, WRITE = "medias.readonly", "medias.write"
PUBLIC = "/media-storage/"
LIMIT_MB, VIDEO_MB = 25, 500
ALT = {"altId": checks.filled, "altType": checks.one_of(["location"])}
FOLDER = Shape({**ALT, "name": checks.filled, "parentId": checks.text}, ["altId", "altType", "name"])
RENAME = Shape({**ALT, "name": checks.filled}, ["altId", "altType", "name"])
BULK = Shape(
    {**ALT, "filesToBeDeleted": checks.listed(Shape({"_id": checks.filled}, ["_id"])),
     "status": checks.one_of(["deleted", "trashed"])},
    ["altId", "altType", "filesToBeDeleted", "status"],
)  # fmt: skip


def _alt(call: Call, *more: str) -> None:
    call.only("altType", "altId", *more)
    if call.needed("altType") != "location":
        raise invalid(["altType must be a valid enum value"])
    call.same_location(call.needed("altId"))


def _store(call: Call, name: str, parent: str | None, url: str | None, part: Part | None) -> Row:
    id = call.world.ids.hex()
    if part is not None:
        call.account.files[id] = call.world.attic.put(part.body, part.content_type)
        url = f"{call.request.base_url}{PUBLIC}{call.account.id}/media/{id}{PurePath(part.filename or '').suffix}"
    now = call.account.now()
    row = {
        "id": id, "_id": id, "name": name, "url": url, "type": "file" if url else "folder", "parentId": parent,
        "altId": call.account.id, "altType": "location", "createdAt": now, "updatedAt": now, "status": "active",
    }  # fmt: skip
    return call.account.add("medias", row)


def _check_parent(call: Call, parent: str | None) -> None:
    row = call.account["medias"].get(parent) if parent else None
    if parent and (row is None or row["type"] != "folder"):
        raise bad("Parent folder not found")


@routes.on("POST /medias/upload-file", WRITE)
def upload(call: Call) -> Answer:
    """A file of 25 MB (videos of 500 MB under v3), or the address of one that lies elsewhere."""
    parts = call.parts()
    form = {part.name: part.body.decode("utf-8", "replace") for part in parts if part.filename is None}
    _check_parent(call, form.get("parentId"))
    if form.get("hosted") == "true":
        if not form.get("fileUrl"):
            raise bad("fileUrl is required")
        row = _store(call, form.get("name") or "file", form.get("parentId"), form["fileUrl"], None)
        return call.ok({"fileId": row["id"], "url": row["url"]})
    part = next((one for one in parts if one.name == "file" and one.filename is not None), None)
    if part is None:
        raise bad("file is required")
    is_video = call.version == V3 and part.content_type.startswith("video/")
    if len(part.body) > (VIDEO_MB if is_video else LIMIT_MB) * MEGABYTE:
        raise told(int(call.switch("large_file_status")), "File too large")
    row = _store(call, form.get("name") or part.filename or "file", form.get("parentId"), None, part)
    return call.ok({"fileId": row["id"], "url": row["url"]})


@routes.on("GET /medias/files", READ)
def list_files(call: Call) -> Answer:
    """Files or folders of a folder."""
    _alt(call, "offset", "limit", "sortBy", "sortOrder", "type", "query", "parentId", "fetchAll")
    for name in ("sortBy", "sortOrder", "type"):
        call.needed(name)
    offset, limit = call.number("offset", 0), call.number("limit", 20, 100)
    parent, kind, words = call.query("parentId"), call.query("type"), (call.query("query") or "").casefold()
    rows = [
        row
        for row in call.account["medias"]
        if row["type"] == kind and row["status"] == "active" and words in row["name"].casefold()
        and (row["parentId"] == parent or call.query("fetchAll") == "true")
    ]  # fmt: skip
    rows.sort(key=lambda row: str(row.get(call.query("sortBy") or "")), reverse=call.query("sortOrder") == "desc")
    return call.ok({"files": rows[offset : offset + limit]})


@routes.on("POST /medias/folder", WRITE)
def create_folder(call: Call) -> Answer:
    values = FOLDER.read(call.body())
    call.same_location(values["altId"])
    _check_parent(call, values.get("parentId"))
    return call.ok(_store(call, values["name"], values.get("parentId"), None, None))


def _found(call: Call, id: str) -> Row:
    row = call.account["medias"].get(id)
    if row is None:
        raise call.missing("File")
    return row


@routes.on("POST /medias/{id}", WRITE)
def rename(call: Call) -> Answer:
    values = RENAME.read(call.body())
    call.same_location(values["altId"])
    row = _found(call, call.param("id"))
    return call.ok(call.account.change("medias", row["id"], {"name": values["name"]}))


def _drop(call: Call, id: str) -> None:
    call.account.remove("medias", id)
    call.account.files.pop(id, None)


@routes.on("DELETE /medias/{id}", WRITE)
def delete(call: Call) -> Answer:
    _alt(call)
    _drop(call, _found(call, call.param("id"))["id"])
    return call.ok({"success": True})


@routes.on("PUT /medias/delete-files", WRITE)
def delete_files(call: Call) -> Answer:
    """Many at once, for good or into the trash."""
    values = BULK.read(call.body())
    call.same_location(values["altId"])
    for one in values["filesToBeDeleted"]:
        if one["_id"] not in call.account["medias"]:
            continue
        if values["status"] == "deleted":
            _drop(call, one["_id"])
        else:
            call.account.change("medias", one["_id"], {"status": "trashed"})
    return call.ok({"success": True})


def public(world: World, request: Request) -> Answer:
    """Anybody's read of a file."""
    location, _, rest = request.raw_path.removeprefix(PUBLIC).partition("/")
    account, id = world.accounts.get(location), PurePath(rest).stem
    if account is None or id not in account.files or id not in account["medias"]:
        return Answer(404, body=b"Not Found", headers={"content-type": "text/plain"})
    return content(world, account, id)
