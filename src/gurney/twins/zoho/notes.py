"""Notes: made for a parent, listed by it; no unique field helps here (FACTS 5, 8)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes, inside, per_ten
from gurney.twins.zoho.records import BATCH, batch_answer, delete_all, no_such_id, one_by_one, refuse_modified
from gurney.twins.zoho.refusals import Element, ElementRefused, Refused, invalid, missing, success
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.store import Record, written

routes = Routes()
SCOPE = "ZohoCRM.modules.notes."
TITLE_LONGEST = 120
OF_PARENT = r"/{module}/{id:\d+}/Notes"


@routes.on("POST", "/Notes", SCOPE + "CREATE", cost=per_ten)
def create_notes(call: Call) -> Answer:
    """POST /Notes: each names its parent."""

    def write(record: Record, path: str) -> Element:
        parent, row = _named_parent(call, record, path)
        return _create(call, record, parent, row, path)

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 201)


@routes.on("POST", OF_PARENT, SCOPE + "CREATE", cost=per_ten)
def create_notes_of(call: Call) -> Answer:
    """POST /{module}/{id}/Notes: the parent is in the path."""
    parent = call.module()
    row = parent.table.get(call.param("id"))
    if row is None:
        raise invalid({"resource_path_index": 1}, "the id given seems to be invalid")

    def write(record: Record, path: str) -> Element:
        return _create(call, record, parent, row, path)

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 201)


def _named_parent(call: Call, record: Record, path: str) -> tuple[Module, Row]:
    """`Parent_Id: {module: {api_name}, id}` from v7 on, `Parent_Id: id, se_module` before (FACTS 15)."""
    given = record.get("Parent_Id")
    if not given:
        raise missing("Parent_Id", f"{path}.Parent_Id")
    at = {"api_name": "Parent_Id", "json_path": f"{path}.Parent_Id"}
    name: Any
    if call.version >= 7:
        if not isinstance(given, dict):
            raise ElementRefused("INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject", **at})
        name, id = inside(given, "module", "api_name"), given.get("id")
    else:
        name, id = record.get("se_module") or record.get("$se_module"), given
        if isinstance(given, dict):
            name, id = inside(given, "module", "api_name") or name, given.get("id")
    if not name:
        raise missing("module", f"{path}.Parent_Id.module")
    parent = call.world.modules.get(str(name)) if name not in ("Notes", "Attachments") else None
    row = parent.table.get(str(id)) if parent else None
    if parent is None or row is None:
        raise ElementRefused("INVALID_DATA", "the related id given seems to be invalid", at)
    return parent, row


def _texts(call: Call, record: Record, path: str, *, creating: bool) -> dict[str, Any]:
    """Title and content within their lengths. Raises ElementRefused."""
    limits = {"Note_Title": TITLE_LONGEST, "Note_Content": int(call.world.switches["note_length"])}
    values: dict[str, Any] = {}
    for name, limit in limits.items():
        if name not in record:
            continue
        value = record[name]
        at = {"api_name": name, "json_path": f"{path}.{name}"}
        if value is not None and not isinstance(value, str):
            raise ElementRefused("INVALID_DATA", "invalid data", {"expected_data_type": "text", **at})
        if value and len(value) > limit:
            raise ElementRefused("INVALID_DATA", "invalid data", {"maximum_length": limit, **at})
        values[name] = value or None
    if values.get("Note_Content") is None and (creating or "Note_Content" in values):
        raise missing("Note_Content", f"{path}.Note_Content")
    return values


def _create(call: Call, record: Record, parent: Module, row: Row, path: str) -> Element:
    world, now = call.world, call.world.now()
    values = _texts(call, record, path, creating=True)
    owner = record.get("Owner")
    owner_id = owner.get("id") if isinstance(owner, dict) else call.user_id
    if not world.may_own(str(owner_id)):
        details = {"api_name": "Owner", "json_path": f"{path}.Owner"}
        raise ElementRefused("INVALID_DATA", "the related id given seems to be invalid", details)
    module = world.modules["Notes"]
    note: Row = {"id": world.new_id(), **values, "Parent_Id": row["id"], "$se_module": parent.api_name}
    note |= {"Owner": owner_id, "Created_By": call.user_id, "Modified_By": call.user_id}
    note |= {"Created_Time": now, "Modified_Time": now}
    module.table.add(note)
    module.version += 1
    world.remember(lambda: module.table.remove(note["id"]))
    return success("record added", written(world, note, call.zone))


@routes.on("PUT", "/Notes", SCOPE + "UPDATE", cost=per_ten)
def change_notes(call: Call) -> Answer:
    """PUT /Notes, ids inside."""

    def write(record: Record, path: str) -> Element:
        if not record.get("id"):
            raise missing("id", f"{path}.id")
        return _change(call, str(record["id"]), record, path)

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 200)


@routes.on("PUT", "/Notes/{note}", SCOPE + "UPDATE")
@routes.on("PUT", OF_PARENT + "/{note}", SCOPE + "UPDATE")
def change_note(call: Call) -> Answer:
    """PUT /Notes/{id}."""

    def write(record: Record, path: str) -> Element:
        return _change(call, call.param("note"), record, path)

    return batch_answer(call, one_by_one(call.listed("data", 1), write), 200)


def _change(call: Call, id: str, record: Record, path: str) -> Element:
    module = call.world.modules["Notes"]
    note = module.table.get(id)
    if note is None:
        raise no_such_id(id, path)
    refuse_modified(call, note)
    values = _texts(call, record, path, creating=False)
    module.table.change(id, {**values, "Modified_By": call.user_id, "Modified_Time": call.world.now()})
    module.version += 1
    return success("record updated", written(call.world, note, call.zone))


@routes.on("DELETE", OF_PARENT + "/{note}", SCOPE + "DELETE")
def delete_note_of(call: Call) -> Answer:
    """DELETE /{module}/{id}/Notes/{note}."""
    module = call.world.modules["Notes"]
    if call.param("note") not in module.table:
        raise invalid({"resource_path_index": 3}, "record not deleted")
    return batch_answer(call, delete_all(call, module, [call.param("note")]), 200)


@routes.on("DELETE", OF_PARENT, SCOPE + "DELETE")
def delete_notes_of(call: Call) -> Answer:
    """DELETE /{module}/{id}/Notes?ids=."""
    ids = [id.strip() for id in call.required("ids").split(",") if id.strip()]
    if len(ids) > BATCH:
        raise Refused(400, "LIMIT_EXCEEDED", "the given data count exceeded the limit", {"limit": BATCH})
    return batch_answer(call, delete_all(call, call.world.modules["Notes"], ids), 200)
