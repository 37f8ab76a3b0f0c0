"""Files and links: uploaded once, listed with their record, never deleted by API (FACTS 3)."""

from __future__ import annotations

from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.paging import pages, sliced
from gurney.twins.freshsales.records import ENTITIES, found
from gurney.twins.freshsales.refusals import Refused, invalid, no_such_path
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import MODELS, TARGETS, World
from gurney.twins.kit.attic import Stored
from gurney.twins.kit.wire import Answer, MalformedBody, Part, Request

routes = Routes()
PAGES = "/crm/sales/documents/"
STORE = "/stored/"
MEGABYTE = 1024 * 1024


@routes.on("POST /documents")
def upload(call: Call) -> Answer:
    """A file of a form: anything else that calls itself JSON breaks (FACTS 10)."""
    parts = _parts(call)
    file = next((part for part in parts if part.name == "file" and part.filename is not None), None)
    values = {part.name: part.body.decode("utf-8", "replace") for part in parts if part.filename is None}
    if file is None:
        raise invalid(["file is missing"])
    target = _target(call, values)
    _check_size(call, len(file.body))
    stored = call.world.attic.put(file.body, file.content_type)
    name = values.get("file_name") or file.filename or "file"
    return _kept(call, name, target, values.get("is_shared") == "true", stored=stored)


@routes.on("POST /document_links")
def link(call: Call) -> Answer:
    """An address in place of a file: takes no storage."""
    body = call.body()
    url = body.get("url")
    if not isinstance(url, str) or not url:
        raise invalid(["url is missing"])
    return _kept(call, body.get("name") or url, _target(call, body), body.get("is_shared") is True, url=url)


def _parts(call: Call) -> list[Part]:
    try:
        if call.request.content_type != "multipart/form-data":
            raise invalid(["file is missing"])
        return call.request.parts()
    except MalformedBody as no:
        raise Refused(400, "The request body is invalid.") from no


def _target(call: Call, values: Row) -> tuple[str, int]:
    """What the file hangs on: a record, or a product. Raises Refused."""
    kind, id = str(values.get("targetable_type")), id_in(values.get("targetable_id"))
    if kind == "Product" and call.world.plan.products and call.world.shelves["products"].live(id):
        return "Product", id
    draft = Draft(call.world, call.user, None)
    if kind not in TARGETS or call.world.find(TARGETS[kind], id, call.user) is None:
        draft.complain("Targetable is invalid" if kind in (*TARGETS, "Product") else "Targetable type is invalid")
    draft.finish()
    return kind, id


def _check_size(call: Call, size: int) -> None:
    """A file's own limit (switch file_limit_mb) and the user's storage by plan. Raises Refused."""
    if size > int(call.switch("file_limit_mb")) * MEGABYTE:
        raise Refused(int(call.switch("large_file")), "File size exceeds the limit")
    used = sum(row.get("size", 0) for row in call.world.shelves["documents"].rows.values()
               if row["creater_id"] == call.user_id)  # fmt: skip
    if used + size > call.world.plan.storage_bytes:
        raise Refused(int(call.switch("large_file")), "You have reached the storage limit of your plan")


def _kept(
    call: Call, name: str, target: tuple[str, int], shared: bool, *, stored: Stored | None = None, url: str = ""
) -> Answer:
    world = call.world
    row: Row = {
        "id": world.next("documents"), "name": name, "target": target, "is_shared": shared, "url": url or None,
        "created_at": world.now(), "creater_id": call.user_id, "stored": stored,
        "size": stored.size if stored else None, "content_type": stored.content_type if stored else None,
    }  # fmt: skip
    world.put("documents", row)
    address = url or _address(call, row["id"])
    if call.switch("upload_answer") == "document":
        return call.created({"document": shown(call, world.shelves["documents"].rows[row["id"]])})
    return call.created({"id": row["id"], "msg": "success", "url": address})


def _address(call: Call, id: int) -> str:
    return f"{call.request.base_url}{PAGES}{id}"


def shown(call: Call, row: Row) -> Row:
    """A file or link as lists have it."""
    size = row.get("size")
    return {
        "id": row["id"], "name": row["name"], "content_file_size": size,
        "content_content_type": row.get("content_type"), "content_file_size_readable": _readable(size),
        "created_at": call.world.shown(row["created_at"]), "url": row.get("url") or _address(call, row["id"]),
    }  # fmt: skip


def _readable(size: int | None) -> str | None:
    if size is None:
        return None
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{size / 1024:.1f} KB"


def _associations(name: str) -> Endpoint:
    def listed(call: Call) -> Answer:
        parent = found(call, ENTITIES[name])
        rows = call.world.shelves["documents"].where("target", (MODELS[name], parent["id"]))
        page = [shown(call, row) for row in sliced(call, rows)]
        return ok({"documents": page, "meta": {"total": len(rows), "total_pages": pages(call, len(rows))}})

    return listed


for _name in MODELS:
    routes.each("GET", f"/{_name}/{{id}}/document_associations", _associations(_name))


def page(world: World, request: Request) -> Answer:
    """A file's address sends on to the object store, with a signature in place of the key. Raises Refused."""
    row = world.shelves["documents"].live(id_in(request.raw_path.removeprefix(PAGES)))
    if row is None or "stored" not in row:
        raise no_such_path()
    place = f"{request.base_url}{STORE}{row['id']}?signature={row['stored'].sha256[:16]}"
    return Answer(302, body=b"", headers={"location": place})


def from_store(world: World, request: Request) -> Answer:
    """The bytes, for whoever has the signed address. Raises Refused."""
    row = world.shelves["documents"].live(id_in(request.raw_path.removeprefix(STORE)))
    if row is None or request.query.get("signature") != row["stored"].sha256[:16]:
        raise no_such_path()
    return Answer(200, body=world.attic.get(row["stored"]), headers={"content-type": row["stored"].content_type})
