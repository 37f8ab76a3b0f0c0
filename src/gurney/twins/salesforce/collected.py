"""sObject Collections: up to 200 rows in one call, each with a result of its own (FACTS 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import orjson

from gurney.twins.kit.wire import Answer, MalformedBody, Part
from gurney.twins.salesforce import deleting
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.notes import check_collected
from gurney.twins.salesforce.refusals import Refused, Unreadable, malformed_id, unreadable_json
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.showing import showers, shown
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.world import World
from gurney.twins.salesforce.writing import Writer

routes = Routes()
MOST = 200
CHUNKS = 10
MOST_READ = 2_000
FILES_MOST_BYTES = 500 * 1024 * 1024
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


class _AllFailed(Exception):
    """One row failed, and so all shall."""


@routes.on("POST", "/composite/sobjects")
def create(call: Call) -> Answer:
    records, together = _records(call)
    kinds, writer = _kinds(call, records), call.writer()

    def insert(kind: ObjectDef, record: Row) -> dict[str, Any]:
        check_collected(call.world, kind)
        return {"id": writer.insert(kind, record)["Id"], "success": True, "errors": []}

    return _answer(call, [(insert, kind, record) for kind, record in zip(kinds, records, strict=True)], together)


@routes.on("PATCH", "/composite/sobjects")
def update(call: Call) -> Answer:
    records, together = _records(call)
    kinds, writer = _kinds(call, records), call.writer()
    seen: set[str] = set()

    def change(kind: ObjectDef, record: Row) -> dict[str, Any]:
        id = _take_id(record)
        if id is None:
            raise Refused("MISSING_ARGUMENT", "Id not specified in an update call", [])
        if id in seen:
            raise Refused("DUPLICATE_VALUE", f"duplicate id specified: {id}", [])
        seen.add(id)
        return {"id": writer.update(kind, id, record)["Id"], "success": True, "errors": []}

    return _answer(call, [(change, kind, record) for kind, record in zip(kinds, records, strict=True)], together)


@routes.on("PATCH", "/composite/sobjects/{object}/{field}")
def upsert(call: Call) -> Answer:
    kind, name = call.kind(), call.param("field")
    field = call.access.field(kind, name)
    if field is None or not field.finds:
        words = f"Provided external ID field does not exist or is not accessible: {name}"
        raise Refused("INVALID_FIELD", words)
    records, together = _records(call)
    for told in _kinds(call, records):
        if told is not kind:
            raise Refused("INVALID_INPUT", f"All records must be of type {kind.name}")
    work = _upserting(call.writer(), field, Doubles(call.world, field, records))
    return _answer(call, [(work, kind, record) for record in records], together)


def _upserting(writer: Writer, field: FieldDef, doubles: Doubles) -> Callable[[ObjectDef, Row], dict[str, Any]]:
    name = field.name

    def work(kind: ObjectDef, record: Row) -> dict[str, Any]:
        value = _take_id(record) if name == "Id" else record.get(name)
        if doubles.refuse(value):
            raise Refused("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [name])
        row, created = writer.upsert(kind, field, value, record)
        return {"id": row["Id"], "success": True, "errors": [], "created": created}

    return work


class Doubles:
    """External ids that come more than once in one request or chunk (rule salesforce.doubles)."""

    def __init__(self, world: World, field: FieldDef, records: Iterable[Row]) -> None:
        seen: set[str] = set()
        self._twice: set[str] = set()
        for record in records:
            value = record.get(field.name)
            if isinstance(value, str):
                (self._twice if value in seen else seen).add(value)
        self._first_passes = world.switches["doubles"] == "later"
        self._passed: set[str] = set()

    def refuse(self, value: Any) -> bool:
        """Whether the row with this value fails."""
        if value not in self._twice:
            return False
        if self._first_passes and value not in self._passed:
            self._passed.add(value)
            return False
        return True


@routes.on("DELETE", "/composite/sobjects")
def remove(call: Call) -> Answer:
    ids = [id.strip() for id in (call.query("ids") or "").split(",") if id.strip()]
    if not ids:
        raise Refused("MISSING_ARGUMENT", "ids is a required parameter")
    _limit(len(ids))
    together, writer = (call.query("allOrNone") or "").lower() == "true", call.writer()

    def delete(kind: ObjectDef | None, record: Row) -> dict[str, Any]:
        id = record["id"]
        found = call.world.schema.of_id(id)
        if normal(id) is None or found is None:
            raise malformed_id("Record ID", id)
        deleting.delete(writer, found, id)
        return {"id": normal(id), "success": True, "errors": []}

    return _answer(call, [(delete, None, {"id": id}) for id in ids], together)


@routes.on("GET", "/composite/sobjects/{object}")
def read(call: Call) -> Answer:
    ids = [id.strip() for id in (call.query("ids") or "").split(",")]
    return _read(call, ids, [name.strip() for name in (call.query("fields") or "").split(",") if name.strip()])


@routes.on("POST", "/composite/sobjects/{object}")
def read_many(call: Call) -> Answer:
    body = call.body()
    ids, fields = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise unreadable_json("ids and fields are lists at [line:1, column:1]")
    return _read(call, [str(id) for id in ids], [str(name) for name in fields])


def _read(call: Call, ids: list[str], names: list[str]) -> Answer:
    """Rows in the order of the ids, null for those that are not there."""
    kind = call.kind()
    if len(ids) > MOST_READ:
        raise Refused("EXCEEDED_ID_LIMIT", f"record limit reached. cannot retrieve more than {MOST_READ} records")
    if not names:
        raise Refused("MISSING_ARGUMENT", "fields is a required parameter")
    fields, rows, sight = showers(call, kind, names), call.world.table(kind.name).rows, call.access.sight(kind)
    found = (rows.get(normal(id) or "") for id in ids)
    return Answer(
        200, [shown(call, kind, row, fields) if row and (sight is None or sight(row)) else None for row in found]
    )


def _records(call: Call) -> tuple[list[Row], bool]:
    """The rows and allOrNone. Raises Refused for what is no collection."""
    body = _multipart(call) if call.request.content_type == "multipart/form-data" else call.body()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise unreadable_json("records is a list of objects at [line:1, column:1]")
    _limit(len(records))
    if call.request.partial is not None:
        records = records[: int(len(records) * call.request.partial)]
    return records, bool(body.get("allOrNone"))


def _multipart(call: Call) -> dict[str, Any]:
    """Rows with files: each names its part by attributes.binaryPartName (FACTS 3.2)."""
    try:
        parts = call.request.parts()
        body = next(orjson.loads(part.body) for part in parts if part.content_type == "application/json")
    except (MalformedBody, StopIteration, orjson.JSONDecodeError):
        raise Refused("INVALID_MULTIPART_REQUEST", "the body needs a part of type application/json") from None
    if sum(len(part.body) for part in parts) > FILES_MOST_BYTES:
        raise Refused("EXCEEDED_MAX_SIZE_REQUEST", "the files of one request are too big together")
    files: dict[str, Part] = {part.name: part for part in parts}
    for record in body.get("records") or ():
        told = record.get("attributes") or {}
        if told.get("binaryPartName") in files and told.get("binaryPartNameAlias"):
            record[told["binaryPartNameAlias"]] = files[told["binaryPartName"]].body
    return dict(body)


def _limit(count: int) -> None:
    if count > MOST:
        words = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise Refused("EXCEEDED_ID_LIMIT", words)


def _kinds(call: Call, records: list[Row]) -> list[ObjectDef]:
    """The object of each row. Raises Refused for too many chunks, and for setup objects among others."""
    names = [(record.get("attributes") or {}).get("type") for record in records]
    chunks = [name for name, _ in groupby(names)]
    if len(chunks) > CHUNKS:
        words = f"a request takes {CHUNKS} chunks of records of the same type, not {len(chunks)}"
        raise Refused("EXCEEDED_MAX_TYPES_LIMIT", words)
    kinds: dict[str, ObjectDef] = {}
    for name in chunks:
        if not isinstance(name, str):
            raise Refused("INVALID_INPUT", "Include attributes with type in every record")
        kind = call.world.schema.find(name)
        if kind is None or not call.access.can(kind, "read"):
            raise Refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        kinds[name] = kind
    if len({kind.setup for kind in kinds.values()}) > 1:
        words = "DML operation on setup object is not permitted with non-setup objects in one request"
        raise Refused("MIXED_DML_OPERATION", words)
    return [kinds[str(name)] for name in names]


def _answer(call: Call, steps: list[tuple[Any, Any, Row]], together: bool) -> Answer:
    """200 with a result per row, whatever became of them."""
    strict = call.world.switches["collection_errors"] == "request"
    results: list[dict[str, Any]] = []
    try:
        with call.world.store.atomic():
            for work, kind, record in steps:
                try:
                    results.append(work(kind, record))
                except Unreadable as no:
                    if strict:
                        raise
                    results.append({"success": False, "errors": [no.row()]})
                except Refused as no:
                    results.append({"success": False, "errors": [no.row()]})
            if together and not all(result["success"] for result in results):
                raise _AllFailed
    except _AllFailed:
        results = [_undone(result) for result in results]
    return Answer(200, results)


def _undone(result: dict[str, Any]) -> dict[str, Any]:
    """A row that would have been written but for another; it still says whether it was created."""
    if not result["success"]:
        return result
    error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": ROLLED_BACK, "fields": []}
    kept = {"created": result["created"]} if "created" in result else {}
    return {"id": result["id"], "success": False, "errors": [error], **kept}


def _take_id(record: Row) -> Any:
    """The row's id under either name, taken out of it."""
    small, big = record.pop("id", None), record.pop("Id", None)
    return big if big is not None else small
