"""Files in the custom fields of contacts: uploaded and attached in one call, or stored for a later one (FACTS 10)."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from gurney.twins.highlevel.account import Account, Field
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.contact_shapes import CUSTOM, full
from gurney.twins.highlevel.contacts import alter, known
from gurney.twins.highlevel.refusals import Refused, bad, invalid, told
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, Part, Request

if TYPE_CHECKING:
    from gurney.twins.highlevel.world import World

routes = Routes()
MEGABYTE = 1024 * 1024
_TYPES = "pdf docx doc jpg jpeg png gif csv xlsx xls mp4 mpeg zip rar txt svg"
TYPES = frozenset(_TYPES.split())
DOWNLOAD = "/documents/download/"


def _field(call: Call, part: Part) -> tuple[Field, str]:
    """The field and the random id in a part's name. Raises Refused."""
    id, _, random_id = part.name.partition("_")
    field = call.account.fields.get(id)
    if field is None or field.type != "FILE_UPLOAD" or not random_id:
        raise bad(f"Invalid custom field {id}")
    return field, random_id


def _check(call: Call, field: Field, part: Part) -> None:
    """Kind and size. Raises Refused."""
    ending = PurePath(part.filename or "").suffix.removeprefix(".").lower()
    accepted = [one.removeprefix(".").lower() for one in field.shown.get("acceptedFormat", ())]
    if ending not in TYPES or (accepted and "all" not in accepted and ending not in accepted):
        raise bad(f"File type .{ending} is not allowed")
    if len(part.body) > int(call.switch("file_limit_mb")) * MEGABYTE:
        raise told(int(call.switch("large_file_status")), "File too large")


def _keep(call: Call, contact: str, field: Field, random_id: str, part: Part) -> Row:
    """Store the bytes; gives the value that a contact's field holds under the random id."""
    account, id = call.account, call.world.ids.short()
    account.files[id] = call.world.attic.put(part.body, part.content_type)
    meta = {
        "fieldname": field.id, "originalname": part.filename, "encoding": "7bit", "mimetype": part.content_type,
        "size": len(part.body), "uuid": random_id,
    }  # fmt: skip
    value = {"meta": meta, "url": f"{call.request.base_url}{DOWNLOAD}{id}", "documentId": id}
    account["documents"].add({"id": id, "contactId": contact, "fieldId": field.id, **value})
    return value


def _uploads(call: Call) -> list[tuple[Field, str, Part]]:
    """Checked files of a multipart body. Raises Refused."""
    found = [(*_field(call, part), part) for part in call.parts() if part.filename is not None]
    if not found:
        raise bad("No file was uploaded")
    for field, _, part in found:
        _check(call, field, part)
    return found


@routes.on("POST /forms/upload-custom-files", "forms.write")
def upload(call: Call) -> Answer:
    """One part for each file, named `<field>_<random id>`; answers the contact with them attached."""
    call.only("contactId", "locationId")
    call.here()
    row = known(call, call.needed("contactId"))
    uploads = _uploads(call)
    after: Row = {}
    for field, random_id, _ in uploads:
        old = row.get(CUSTOM + field.id)
        files = after.setdefault(CUSTOM + field.id, dict(old) if isinstance(old, dict) else {})
        files[random_id] = None
        most = field.shown["maxFileLimit"] if field.shown["isMultiFileAllowed"] else 1
        if len(files) > most:
            raise bad(f"Maximum number of files for {field.name} is {most}")
    for field, random_id, part in uploads:
        after[CUSTOM + field.id][random_id] = _keep(call, row["id"], field, random_id, part)
    alter(call.account, row, after)
    return call.ok({"contact": full(call, row)})


@routes.on("POST /locations/{locationId}/customFields/upload", "locations/customFields.write")
def upload_only(call: Call) -> Answer:
    """Stores without attaching; a PUT of the contact must follow."""
    call.same_location(call.param("locationId"))
    form = {part.name: part.body.decode("utf-8", "replace") for part in call.parts() if part.filename is None}
    missing = [f"{name} must be a string" for name in ("id", "maxFiles") if not form.get(name)]
    if missing:
        raise invalid(missing)
    contact = known(call, form["id"])["id"]
    uploads = _uploads(call)
    if not form["maxFiles"].isdecimal() or len(uploads) > int(form["maxFiles"][:9]):
        raise bad("Too many files")
    kept = [_keep(call, contact, field, random_id, part) for field, random_id, part in uploads]
    meta = [{**{k: v for k, v in one["meta"].items() if k != "uuid"}, "url": one["url"]} for one in kept]
    return call.ok({"uploadedFiles": {one["meta"]["originalname"]: one["url"] for one in kept}, "meta": meta})


def download(world: World, request: Request) -> Answer:
    """A file's bytes. What needs a token of the location (switch document_auth) is a call like others (FACTS 12)."""
    id = request.raw_path.removeprefix(DOWNLOAD).strip("/")
    account = next((one for one in world.accounts.values() if id in one.files), None)
    if world.switches["document_auth"] == "none":
        return content(world, account, id)
    now = world.clock.timestamp()
    try:
        access = world.tokens.caller(request)
        meter = world.accounts[access.location].meter if access.location else world.meter
        meter.admit(now)
    except Refused as no:
        return no.answer
    answer = content(world, account if access.location in (None, account and account.id) else None, id)
    answer.cost = 1
    answer.headers |= meter.headers(now)
    return answer


def content(world: World, account: Account | None, id: str) -> Answer:
    """The bytes, or 404 where nobody has such a file."""
    if account is None:
        return told(404, "Document not found").answer
    stored = account.files[id]
    return Answer(200, body=world.attic.get(stored), headers={"content-type": stored.content_type})
