"""Attachments of records, and files of file fields (FACTS 10)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, MalformedBody, Part
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.reading import listing
from gurney.twins.zoho.records import batch_answer, delete_all
from gurney.twins.zoho.refusals import Refused, invalid, missing_param, success
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.store import written
from gurney.twins.zoho.world import StoredFile

routes = Routes()
SCOPE = "ZohoCRM.modules.attachments."
OF_PARENT = r"/{module}/{id:\d+}/Attachments"
MEGABYTE = 1024 * 1024
LARGEST = 100 * MEGABYTE
ZFS_LARGEST, ZFS_MOST = 20 * MEGABYTE, 10
TOO_LARGE = "Please check if the size of the file is in the correct range"


def _parts(call: Call) -> list[Part]:
    try:
        return call.request.parts()
    except MalformedBody:
        return []


def _parent(call: Call) -> tuple[Module, Row]:
    module = call.module()
    row = module.table.get(call.param("id")) if module.api_name != "Attachments" else None
    if row is None:
        raise invalid({"resource_path_index": 1}, "the related id given seems to be invalid")
    return module, row


@routes.on("POST", OF_PARENT, SCOPE + "CREATE")
def attach(call: Call) -> Answer:
    """One file, or a link to one. Notes take attachments too."""
    module, parent = _parent(call)
    if len(call.request.body) > LARGEST + MEGABYTE:
        raise Refused(413, "BODY_SIZE_REACHED", "The request body limit reached")
    parts = _parts(call)
    file = next((part for part in parts if part.name == "file" and part.filename), None)
    if file is None:
        return _attach_link(call, module, parent, parts)
    if len(file.body) > LARGEST:
        raise Refused(413, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE", TOO_LARGE)
    if not file.body:
        raise invalid({}, "invalid data provided")
    row = _add(call, module, parent, file.filename or "", str(len(file.body)), "Attachment")
    stored = StoredFile(row["File_Name"], file.body, file.content_type, row["Created_Time"])
    call.world.contents[row["id"]] = stored
    return _attached(call, row)


def _attach_link(call: Call, module: Module, parent: Row, parts: list[Part]) -> Answer:
    texts = {part.name: part.body.decode("utf-8", "replace") for part in parts}
    url = texts.get("attachmentUrl") or call.query("attachmentUrl")
    if not url:
        raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", {"param_name": "file"})
    row = _add(call, module, parent, texts.get("title") or url, "0", "Link URL")
    return _attached(call, row)


def _add(call: Call, module: Module, parent: Row, name: str, size: str, kind: str) -> Row:
    world, now = call.world, call.world.now()
    attachments = world.modules["Attachments"]
    row: Row = {"id": world.new_id(), "File_Name": name, "Size": size, "Parent_Id": parent["id"]}
    row |= {"$se_module": module.api_name, "$type": kind, "$file_id": world.secret(64)}
    row |= {"Owner": call.user_id, "Created_By": call.user_id, "Modified_By": call.user_id}
    row |= {"Created_Time": now, "Modified_Time": now}
    attachments.table.add(row)
    attachments.version += 1
    return row


def _attached(call: Call, row: Row) -> Answer:
    details = written(call.world, row, call.zone)
    return Answer(200, {"data": [success("attachment uploaded successfully", details)]})


@routes.on("GET", OF_PARENT, SCOPE + "READ")
def list_attachments(call: Call) -> Answer:
    """The attachments of a record; `fields` is mandatory."""
    module, parent = _parent(call)
    attachments = call.world.modules["Attachments"]
    rows = [r for r in attachments.table.where("Parent_Id", parent["id"]) if r["$se_module"] == module.api_name]
    answer = listing(call, attachments, rows, None)
    names = call.fields() or []
    for shown_row in answer.json["data"] if answer.json else ():
        row = attachments.table.get(shown_row["id"]) or {}
        shown_row.update({name: row[name] for name in ("$file_id", "$type", "$se_module") if name in names})
    return answer


def _asked(call: Call) -> Row | None:
    _, parent = _parent(call)
    row = call.world.modules["Attachments"].table.get(call.param("attachment"))
    return row if row and row["Parent_Id"] == parent["id"] else None


@routes.on("GET", OF_PARENT + r"/{attachment:\d+}", SCOPE + "READ")
def download(call: Call) -> Answer:
    """The bytes of an attachment; 204 when unknown, refused for links."""
    row = _asked(call)
    if row is None:
        return Answer(204)
    if row["$type"] != "Attachment":
        words = "As it is a linked attachment, you can not download it"
        raise Refused(400, "DOWNLOAD_NOT_ALLOWED", words)
    return file_answer(call.world.contents[row["id"]])


def file_answer(file: StoredFile) -> Answer:
    """A file as a download."""
    safe = file.name.replace('"', "'").encode("ascii", "replace").decode()
    headers = {"content-type": "application/x-download", "content-disposition": f'attachment; filename="{safe}"'}
    return Answer(200, body=file.content, headers=headers)


@routes.on("DELETE", OF_PARENT + r"/{attachment:\d+}", SCOPE + "DELETE")
def delete_attachment(call: Call) -> Answer:
    """Into the recycle bin."""
    row = _asked(call)
    if row is None:
        raise invalid({"resource_path_index": 3}, "record not deleted")
    return batch_answer(call, delete_all(call, call.world.modules["Attachments"], [row["id"]]), 200)


# Files of file-upload fields


@routes.on("POST", "/files", "ZohoCRM.files.CREATE")
def upload_files(call: Call) -> Answer:
    """Up to ten files of 20 MB; one too big rejects the whole call (FACTS 10)."""
    files = [part for part in _parts(call) if part.name == "file" and part.filename]
    if not files or len(files) > ZFS_MOST:
        words = "Problem in uploading attachment. kindly upload the file properly"
        raise Refused(400, "failure_in_attachment_handling", words)
    if any(len(part.body) > ZFS_LARGEST for part in files):
        raise Refused(415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE", TOO_LARGE)
    results: list[dict[str, Any]] = []
    for part in files:
        id = "2cceafa1" + call.world.secret(56)
        name = part.filename or ""
        call.world.files[id] = StoredFile(name, part.body, part.content_type, call.world.now())
        results.append(success(f"{name} uploaded Succeessfully", {"name": name, "id": id}))
    return Answer(200, {"data": results})


@routes.on("GET", "/files", "ZohoCRM.files.READ")
def download_file(call: Call) -> Answer:
    """A file by its id."""
    id = call.query("id")
    if id is None:
        raise missing_param("id")
    file = call.world.files.get(id)
    return file_answer(file) if file else Answer(204)
