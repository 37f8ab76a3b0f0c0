"""Insert, update, upsert, delete of records in batches of 100 (FACTS 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho import bin
from gurney.twins.zoho.call import Call, Routes, per_ten
from gurney.twins.zoho.externals import NONE, Externals, named_by, record_id, with_ids
from gurney.twins.zoho.refusals import Element, ElementRefused, Refused, invalid, success
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.store import Record, insert, update, written
from gurney.twins.zoho.times import read_header, shown

routes = Routes()
MODULE_SCOPE = "ZohoCRM.modules.{module}."
BATCH = 100
MASS_DELETE = 500
WRITES_BY_OTHER_MEANS = ("Notes", "Attachments")


def mass_delete_cost(call: Call) -> int:
    """One credit per hundred (FACTS 11)."""
    ids = call.body().get("ids")
    return max(1, -(-len(ids) // 100)) if isinstance(ids, list) else 1


def one_by_one(records: list[Any], write: Callable[[Record, str], Element]) -> list[Element]:
    """Positional results: element i answers element i."""
    results = []
    for index, record in enumerate(records):
        path = f"$.data[{index}]"
        try:
            if not isinstance(record, dict):
                details = {"expected_data_type": "jsonobject", "json_path": path}
                raise ElementRefused("INVALID_DATA", "invalid data", details)
            results.append(write(record, path))
        except ElementRefused as no:
            results.append(no.element)
    return results


def batch_answer(call: Call, results: list[Element], ok: int, key: str = "data") -> Answer:
    """The status of a batch: all well, some failed, all failed (FACTS 3)."""
    failed = sum(result["status"] == "error" for result in results)
    switches = call.world.switches
    if failed == 0:
        status = ok
    elif failed < len(results):
        status = 207 if switches["mixed_status"] == "207" else ok
    elif all(result["code"] == "ALREADY_MODIFIED" for result in results):
        status = 412
    else:
        status = int(switches["all_failed_status"])
    for result in results:
        if result["code"] == "DUPLICATE_DATA":
            _as_in_version(call.version, result["details"])
    return Answer(status, {key: results})


def _as_in_version(version: int, details: dict[str, Any]) -> None:
    """Older versions tell less about a duplicate (FACTS 15)."""
    if version < 7:
        details.pop("more_records", None)
    if version < 5:
        details.pop("duplicate_record", None)


def added(call: Call, row: Row) -> Element:
    return success("record added", _details(call, row))


def updated(call: Call, row: Row) -> Element:
    return success("record updated", _details(call, row))


def _details(call: Call, row: Row) -> dict[str, Any]:
    details = written(call.world, row, call.zone)
    return {**details, "$approval_state": "approved"} if call.version >= 7 else details


def writable(call: Call, name: str | None = None) -> Module:
    """The route's module, when records are written to it this way. Raises Refused."""
    module = call.module(name)
    if module.api_name in WRITES_BY_OTHER_MEANS:
        raise invalid({"resource_path_index": 0}, "the module name given seems to be invalid")
    return module


@routes.on("POST", "/{module}", MODULE_SCOPE + "CREATE", cost=per_ten)
def insert_records(call: Call) -> Answer:
    """POST /{module}."""
    module = writable(call)
    externals = named_by(call, module)

    def write(record: Record, path: str) -> Element:
        record = with_ids(call.world, record, externals, path) if externals.lookups else record
        return added(call, insert(call.world, module, record, call.user_id, path))

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 201)


@routes.on("PUT", "/{module}", MODULE_SCOPE + "UPDATE", cost=per_ten)
def update_records(call: Call) -> Answer:
    """PUT /{module}, ids inside."""
    module = writable(call)
    externals = named_by(call, module)

    def write(record: Record, path: str) -> Element:
        return _update(call, module, externals, _target(module, externals, record, path), record, path)

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 200)


@routes.on("PUT", "/{module}/{id}", MODULE_SCOPE + "UPDATE")
def update_record(call: Call) -> Answer:
    """PUT /{module}/{id}."""
    module = writable(call)
    externals = named_by(call, module)

    def write(record: Record, path: str) -> Element:
        row = module.table.get(record_id(module, externals, call.param("id")) or "")
        if row is None:
            raise no_such_id(call.param("id"), path)
        return _update(call, module, externals, row, record, path)

    return batch_answer(call, one_by_one(call.listed("data", 1), write), 200)


def _target(module: Module, externals: Externals, record: Record, path: str) -> Row:
    key = externals.key or "id"
    if record.get(key) in (None, ""):
        details = {"api_name": key, "json_path": f"{path}.{key}"}
        raise ElementRefused("MANDATORY_NOT_FOUND", "required field not found", details)
    row = module.table.get(record_id(module, externals, str(record[key])) or "")
    if row is None:
        raise no_such_id(str(record[key]), path)
    return row


def no_such_id(id: str, path: str) -> ElementRefused:
    details = {"id": id, "api_name": "id", "json_path": f"{path}.id"}
    return ElementRefused("INVALID_DATA", "the id given seems to be invalid", details)


def _update(call: Call, module: Module, externals: Externals, row: Row, record: Record, path: str) -> Element:
    refuse_modified(call, row)
    record = with_ids(call.world, record, externals, path) if externals.lookups else record
    return updated(call, update(call.world, module, row, record, call.user_id, path))


def refuse_modified(call: Call, row: Row) -> None:
    """If-Unmodified-Since: a record that changed later is left alone (FACTS 3)."""
    header = call.request.header("if-unmodified-since")
    if header is None:
        return
    since = read_header(header)
    if since is None:
        raise invalid({"header": "If-Unmodified-Since", "expected_data_type": "datetime"})
    if row["Modified_Time"] > since:
        details = {"id": row["id"], "Modified_Time": shown(row["Modified_Time"], call.zone)}
        raise ElementRefused("ALREADY_MODIFIED", "the record has been modified already", details)


@routes.on("POST", "/{module}/upsert", MODULE_SCOPE + "CREATE", cost=per_ten)
def upsert_records(call: Call) -> Answer:
    """POST /{module}/upsert."""
    module = call.module()
    if not module.upsertable:
        code = call.world.switches["upsert_unsupported"]
        raise Refused(400, code, "the module name given seems to be invalid", {"resource_path_index": 0})
    order = check_order(module, call.body().get("duplicate_check_fields"))
    externals = named_by(call, module)

    def write(record: Record, path: str) -> Element:
        record = with_ids(call.world, record, externals, path) if externals.lookups else record
        found = find_duplicate(module, record, order)
        if found is None:
            done = added(call, insert(call.world, module, record, call.user_id, path))
            return {**done, "duplicate_field": None, "action": "insert"}
        name, row = found
        refuse_modified(call, row)
        done = updated(call, update(call.world, module, row, record, call.user_id, path))
        return {**done, "duplicate_field": name, "action": "update"}

    return batch_answer(call, one_by_one(call.listed("data", BATCH), write), 200)


def check_order(module: Module, named: Any) -> list[str]:
    """Fields by which upsert looks for a duplicate, in the vendor's order (FACTS 4).

    `[U2]` means U2, U1; `[Email]` means Email, U1, U2; none means the system field, U1, U2.
    """
    own = module.user_unique_fields()
    if named is None or named == []:
        named = [module.system_key] if module.system_key else []
    if not isinstance(named, list) or any(name != module.system_key and name not in own for name in named):
        details = {"api_name": "duplicate_check_fields", "json_path": "$.duplicate_check_fields"}
        raise invalid(details, "the duplicate check fields given seem to be invalid")
    return [*named, *(name for name in own if name not in named)]


def find_duplicate(module: Module, record: Record, order: list[str]) -> tuple[str, Row] | None:
    """The first record that has one of the values, with the field that said so."""
    for name in order:
        value = record.get(name)
        if value is None or value == "" or isinstance(value, dict | list):
            continue
        if name in module.table.unique_fields:
            row = module.table.by(name, value)
            if row is not None:
                return name, row
        else:
            rows = module.table.where(name, value)
            if rows:
                return name, rows[0]
    return None


@routes.on("DELETE", "/{module}/{id}", MODULE_SCOPE + "DELETE")
def delete_record(call: Call) -> Answer:
    """DELETE /{module}/{id}."""
    return batch_answer(call, delete_all(call, call.module(), [call.param("id")]), 200)


@routes.on("DELETE", "/{module}", MODULE_SCOPE + "DELETE")
def delete_records(call: Call) -> Answer:
    """DELETE /{module}?ids=, a credit for the whole call (FACTS 11, table: 10 calls, 10 credits)."""
    ids = [id.strip() for id in call.required("ids").split(",") if id.strip()]
    if len(ids) > BATCH:
        raise Refused(400, "LIMIT_EXCEEDED", "the given data count exceeded the limit", {"limit": BATCH})
    if call.request.partial is not None:
        ids = ids[: int(len(ids) * call.request.partial)]
    return batch_answer(call, delete_all(call, call.module(), ids), 200)


def delete_all(call: Call, module: Module, ids: list[str], message: str = "record deleted") -> list[Element]:
    """Move records into the bin; a second deletion is refused (rule zoho.delete)."""
    externals = named_by(call, module) if module.api_name not in WRITES_BY_OTHER_MEANS else NONE
    results = []
    for given in ids:
        id = record_id(module, externals, given)
        if id is None:
            results.append(ElementRefused("INVALID_DATA", "record not deleted", {"id": given}).element)
            continue
        bin.delete(call.world, module, id, call.user_id)
        results.append(success(message, {**({externals.key: given} if externals.key else {}), "id": id}))
    return results


@routes.on("POST", "/{module}/actions/mass_delete", "ZohoCRM.mass_delete.DELETE", cost=mass_delete_cost)
def mass_delete(call: Call) -> Answer:
    """POST /{module}/actions/mass_delete: by ids at once, by view as a job."""
    body = call.body()
    if "cvid" in body:
        raise invalid({"api_name": "cvid", "json_path": "$.cvid"}, "the id given seems to be invalid")
    ids = [str(id) for id in call.listed("ids", MASS_DELETE)]
    return batch_answer(call, delete_all(call, call.module(), ids, "record is deleted"), 200)


@routes.on("GET", "/{module}/actions/mass_delete", "ZohoCRM.mass_delete.READ")
def mass_delete_status(call: Call) -> Answer:
    """GET /{module}/actions/mass_delete: views make jobs, and this organisation has no views of its own."""
    call.required("job_id")
    raise invalid({"param_name": "job_id"}, "the id given seems to be invalid")
