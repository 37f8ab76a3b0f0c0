"""Bulk write: upload a ZIP, start a job, look at it, fetch its three-column result (FACTS 9)."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, MalformedBody
from gurney.twins.zoho import jobs
from gurney.twins.zoho.call import Call, Routes, inside
from gurney.twins.zoho.jobs import Job
from gurney.twins.zoho.refusals import ElementRefused, Refused, success
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.store import insert, update
from gurney.twins.zoho.times import shown
from gurney.twins.zoho.world import StoredFile, World

routes = Routes()
SCOPE = "ZohoCRM.bulk.CREATE"
LARGEST, ROWS_MOST, COLUMNS_MOST, FIRST_COLUMNS = 25 * 1024 * 1024, 25_000, 200, 3
DATE_FORMAT, MOMENT_FORMAT = "MM/dd/yyyy", "MM/dd/yyyy HH:mm:ss"
JAVA_TO_PYTHON = (
    ("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"), ("XXX", "%z"), ("'", ""),
)  # fmt: skip
NUMBERS = ("integer", "currency", "double", "percent")


def refuse(code: str, message: str, details: dict[str, Any] | None = None, status: int = 400) -> Refused:
    return Refused(status, code, message, details)


@routes.on("POST", "/upload", "ZohoFiles.files.ALL")
def upload(call: Call) -> Answer:
    """A ZIP of CSV files, with the headers `feature` and `X-CRM-ORG`."""
    if call.request.header("feature") != "bulk-write" or call.request.header("x-crm-org") != call.world.zgid:
        raise refuse("INVALID_DATA", "the headers feature and X-CRM-ORG are needed")
    try:
        part = next((part for part in call.request.parts() if part.name == "file"), None)
    except MalformedBody:
        part = None
    if part is None:
        raise refuse("MANDATORY_NOT_FOUND", "the part file is missing")
    if len(part.body) > LARGEST:
        raise refuse("FILE_TOO_LARGE", "the file is larger than 25 MB", status=413)
    if not zipfile.is_zipfile(io.BytesIO(part.body)):
        raise refuse("INVALID_FILE_FORMAT", "the file is no ZIP")
    id = call.world.new_id()
    call.world.uploads[id] = StoredFile(part.filename or "", part.body, part.content_type, call.world.now())
    details = {"file_id": id, "created_time": call.shown(call.world.now())}
    body = {"status": "success", "code": "FILE_UPLOAD_SUCCESS", "message": "file uploaded.", "details": details}
    return Answer(200, body)


@dataclass
class Mapping:
    """One line of `field_mappings`."""

    field: Field | None
    """None for the id."""
    name: str
    index: int | None
    default: str | None
    pattern: str | None
    find_by: str | None
    shown: dict[str, Any]


@dataclass
class Plan:
    """A checked order."""

    module: Module
    operation: str
    ignore_empty: bool
    find_by: str | None
    mappings: list[Mapping]
    header: list[str]
    rows: list[list[str]]
    file_name: str


@routes.on("POST", "/bulk/write", SCOPE, cost=500)
def start(call: Call) -> Answer:
    """Check the order and queue the job."""
    order = call.body()
    plan = _plan(call, order)
    world, user, zone = call.world, call.user_id, call.zone
    job = jobs.add(world, "write", user, order, lambda job: _work(world, plan, job, zone))
    job.facts["plan"] = plan
    created_by = {"id": user, "name": world.user_named(user)["name"]}
    return Answer(201, success("success", {"id": job.id, "created_by": created_by}))


def _plan(call: Call, order: dict[str, Any]) -> Plan:
    operation = order.get("operation")
    if operation not in ("insert", "update", "upsert"):
        raise refuse("INVALID_DATA", "invalid data", {"api_name": "operation"})
    _check_callback(inside(order, "callback") or {})
    resources = order.get("resource")
    if not isinstance(resources, list) or not resources:
        raise refuse("MANDATORY_NOT_FOUND", "Required key resource is not available")
    if len(resources) > 1:
        raise refuse("COEXISTENCE_NOT_ALLOWED", "only one module may be written by a job")
    resource = resources[0]
    module = call.world.modules.get(str(inside(resource, "module", "api_name")))
    if module is None or not module.bulk_writable:
        raise refuse("MODULE_NOT_AVAILABLE", "the module is not available for bulk write")
    file = call.world.uploads.get(str(inside(resource, "file_id")))
    if file is None:
        raise refuse("INVALID_FILE_ID", "the file id given seems to be invalid")
    name, header, rows = _csv_in(file)
    lines = resource.get("field_mappings")
    mappings = (
        [_mapping(module, line, header) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    )
    find_by = str(resource["find_by"]) if resource.get("find_by") else None
    _check_mappings(module, operation, find_by, mappings)
    return Plan(module, operation, bool(order.get("ignore_empty")), find_by, mappings, header, rows, name)


def _check_callback(callback: Any) -> None:
    if callback and not str(inside(callback, "url")).startswith(("https://", "http://")):
        raise refuse("INVALID_CALLBACK_URL", "the callback URL is invalid")
    if callback and inside(callback, "method") != "post":
        raise refuse("INVALID_CALLBACK_METHOD", "the callback method is invalid")


def _csv_in(file: StoredFile) -> tuple[str, list[str], list[list[str]]]:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise refuse("FILE_NOT_SUPPORTED", "the ZIP must hold one CSV")
        text = archive.read(names[0]).decode("utf-8-sig", "replace")
    first = text.partition("\n")[0]
    delimiter = max(",;:|", key=first.count)
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]
    if len(header) > COLUMNS_MOST:
        raise refuse("HEADER_LIMIT_EXCEEDED", "too many columns", {"limit": COLUMNS_MOST})
    if len(rows) > ROWS_MOST:
        raise refuse("LIMIT_EXCEEDED", "too many rows", {"limit": ROWS_MOST})
    return names[0], header, rows


def _mapping(module: Module, line: dict[str, Any], header: list[str]) -> Mapping:
    name, index = str(line.get("api_name")), line.get("index")
    field = module.fields.get(name)
    if name != "id" and (field is None or not field.creatable):
        raise refuse("INVALID_FIELD", "the field is invalid", {"api_name": name})
    default = inside(line, "default_value", "value")
    if index is None and default is None:
        raise refuse("INVALID_DATA", "invalid data", {"api_name": name})
    if index is not None and (type(index) is not int or not 0 <= index < len(header)):
        raise refuse("COLUMN_INDEX_NOT_FOUND", "the column index is not found", {"api_name": name, "index": index})
    if field is not None and field.data_type == "lookup" and not line.get("find_by"):
        raise refuse("MANDATORY_NOT_FOUND", "Required key find_by is not available", {"api_name": name})
    shown_line = {"api_name": name, "index": index, "format": line.get("format"), "find_by": line.get("find_by")}
    return Mapping(
        field=None if name == "id" else field,
        name=name,
        index=index,
        default=None if default is None else str(default),
        pattern=str(line["format"]) if line.get("format") else None,
        find_by=str(line["find_by"]) if line.get("find_by") else None,
        shown={**shown_line, "default_value": line.get("default_value")},
    )


def _check_mappings(module: Module, operation: str, find_by: str | None, mappings: list[Mapping]) -> None:
    mapped = {mapping.name for mapping in mappings}
    if operation in ("update", "upsert"):
        if not find_by:
            raise refuse("MANDATORY_NOT_FOUND", "Required key find_by is not available")
        if find_by != "id" and find_by not in module.user_unique_fields() and find_by != module.system_key:
            raise refuse("INVALID_FIELD", "find_by is neither id nor a unique field", {"api_name": find_by})
        if find_by not in mapped:
            raise refuse("MANDATORY_FIELDS_NOT_MAPPED", "mandatory fields are not mapped", {"api_name": find_by})
    unmapped = [f.api_name for f in module.fields.values() if f.mandatory and f.api_name not in mapped]
    if operation != "update" and unmapped:
        raise refuse("MANDATORY_FIELDS_NOT_MAPPED", "mandatory fields are not mapped", {"api_names": unmapped})


def _work(world: World, plan: Plan, job: Job, zone: ZoneInfo) -> None:
    """Write the rows and make the result."""
    counts: Counter[str] = Counter()
    out = io.StringIO()
    writer = csv.writer(out)
    first = [mapping for mapping in plan.mappings if mapping.index is not None][:FIRST_COLUMNS]
    writer.writerow([*(mapping.name for mapping in first), "STATUS", "RECORD_ID", "ERRORS"])
    for cells in plan.rows:
        status, id, errors = _write_row(world, plan, job.user, cells, zone)
        counts[status] += 1
        shown_cells = [cells[m.index] if m.index is not None and m.index < len(cells) else "" for m in first]
        writer.writerow([*shown_cells, status, id, errors])
    job.facts["counts"] = counts
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{plan.module.api_name}-{plan.file_name}", out.getvalue())
    job.result = packed.getvalue()


def _write_row(world: World, plan: Plan, user: str, cells: list[str], zone: ZoneInfo) -> tuple[str, str, str]:
    """(STATUS, RECORD_ID, ERRORS) of one row."""
    try:
        record = _record(world, plan, cells, zone)
        found = _existing(plan, record)
        if plan.operation == "insert" and found is not None:
            return "SKIPPED", found["id"], f"DUPLICATE_DATA-{plan.find_by}"
        if plan.operation == "update" and found is None:
            return "SKIPPED", "", f"INVALID_DATA-{plan.find_by}"
        if found is not None:
            return "UPDATED", update(world, plan.module, found, record, user)["id"], ""
        return "ADDED", insert(world, plan.module, record, user)["id"], ""
    except ElementRefused as no:
        return "SKIPPED", "", _errors(no.element)


def _existing(plan: Plan, record: dict[str, Any]) -> Row | None:
    if plan.find_by is None:
        return None
    value, table = record.get(plan.find_by), plan.module.table
    if value in (None, ""):
        return None
    if plan.find_by == "id":
        return table.get(str(value))
    if plan.find_by in table.unique_fields:
        return table.by(plan.find_by, value)
    return next(iter(table.where(plan.find_by, value)), None)


def _errors(element: dict[str, Any]) -> str:
    """`CODE-Column,Column:CODE-Column`."""
    by_code: dict[str, list[str]] = {}
    for one in element["details"].get("errors") or [element]:
        by_code.setdefault(one["code"], []).append(str(one["details"].get("api_name")))
    return ":".join(f"{code}-{','.join(names)}" for code, names in by_code.items())


def _record(world: World, plan: Plan, cells: list[str], zone: ZoneInfo) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for mapping in plan.mappings:
        text = cells[mapping.index] if mapping.index is not None and mapping.index < len(cells) else ""
        text = text or mapping.default or ""
        if text == "":
            if not plan.ignore_empty:
                record[mapping.name] = None
        elif mapping.field is None:
            record["id"] = text
        elif mapping.field.data_type != "layout":
            record[mapping.name] = _value(world, mapping, mapping.field, text, zone)
    return record


def _value(world: World, mapping: Mapping, field: Field, text: str, zone: ZoneInfo) -> Any:
    """A cell as JSON would have it. Raises ElementRefused."""
    refused = ElementRefused("INVALID_DATA", "invalid data", {"api_name": field.api_name})
    try:
        if field.data_type == "date":
            return datetime.strptime(text, _python(mapping.pattern or DATE_FORMAT)).date().isoformat()  # noqa: DTZ007
        if field.data_type == "datetime":
            moment = datetime.strptime(text, _python(mapping.pattern or MOMENT_FORMAT))  # noqa: DTZ007
            return shown(int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()), zone)
        if field.data_type in NUMBERS:
            return int(text) if field.data_type == "integer" else float(text)
    except ValueError as no:
        raise refused from no
    if field.data_type == "boolean":
        if text.lower() not in ("true", "false"):
            raise refused
        return text.lower() == "true"
    if field.data_type == "multiselectpicklist":
        return text.split(";")
    if field.data_type == "lookup":
        return {"id": _linked(world, mapping, field, text)}
    if field.data_type in ("ownerlookup", "userlookup"):
        return {"id": text}
    return text


def _linked(world: World, mapping: Mapping, field: Field, text: str) -> str:
    target = world.modules[field.lookup or ""]
    if mapping.find_by == "id":
        return text
    if mapping.find_by in target.table.unique_fields:
        found = target.table.by(mapping.find_by, text)
    else:
        found = next((row for row in target.table if row.get(str(mapping.find_by)) == text), None)
    if found is None:
        raise ElementRefused("INVALID_DATA", "invalid data", {"api_name": field.api_name})
    return str(found["id"])


def _python(pattern: str) -> str:
    for java, python in JAVA_TO_PYTHON:
        pattern = pattern.replace(java, python)
    return pattern


def _asked(call: Call) -> Job:
    job: Job | None = call.world.jobs.get(call.param("id"))
    if job is None or job.kind != "write":
        raise refuse("RESOURCE_NOT_FOUND", "the job is not found", status=404)
    return job


@routes.on("GET", "/bulk/write/{id}", SCOPE)
def status(call: Call) -> Answer:
    """How far the job is."""
    job = _asked(call)
    plan: Plan = job.facts["plan"]
    state = job.state(call.world.clock.timestamp(), "INPROGRESS")
    running = "COMPLETED" if state == "COMPLETED" else "INPROGRESS"
    file: dict[str, Any] = {"status": running}
    if state != "ADDED":
        counts: Counter[str] = job.facts.get("counts") or Counter()
        file |= {"name": plan.file_name, "added_count": counts["ADDED"], "skipped_count": counts["SKIPPED"]}
        file |= {"updated_count": counts["UPDATED"], "total_count": len(plan.rows)}
    body: dict[str, Any] = {
        "status": state,
        "character_encoding": job.order.get("character_encoding") or "UTF-8",
        "resource": [
            {
                "status": running,
                "code": "SUCCESS" if state == "COMPLETED" else "ADDED",
                "type": "data",
                "module": {"api_name": plan.module.api_name, "id": plan.module.id},
                "field_mappings": [mapping.shown for mapping in plan.mappings],
                "file": file,
            }
        ],
        "id": job.id,
        "created_by": {"id": job.user, "name": call.world.user_named(job.user)["name"]},
        "operation": plan.operation,
        "created_time": call.shown(job.created),
    }
    if job.order.get("callback"):
        body["callback"] = job.order["callback"]
    if state == "COMPLETED":
        path = f"/v{call.version}/crm/org{call.world.zgid}/bulk-write/{job.id}/{job.id}.zip"
        body["result"] = {"download_url": path}
    return Answer(200, body)


@routes.on("GET", r"/bulk-write/{id}/{file:\d+\.zip}", SCOPE)
def result(call: Call) -> Answer:
    """The result as a ZIP."""
    job = _asked(call)
    if not job.done:
        raise refuse("RESOURCE_NOT_FOUND", "the job is not finished", status=404)
    return Answer(200, body=job.result, headers={"content-type": "application/zip"})
