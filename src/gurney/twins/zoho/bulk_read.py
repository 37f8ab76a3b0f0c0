"""Bulk read: a query, a wait, a ZIP with a CSV (FACTS 9)."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from gurney.twins.kit.tables import Row, folded
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho import jobs
from gurney.twins.zoho.call import Call, Routes, inside
from gurney.twins.zoho.jobs import Job
from gurney.twins.zoho.literals import literal
from gurney.twins.zoho.refusals import Refused, invalid, success, too_many
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.times import shown
from gurney.twins.zoho.values import NONE_OPTION
from gurney.twins.zoho.world import World, person_name

routes = Routes()
SCOPE = "ZohoCRM.bulk.READ"
PER_PAGE, EVENTS_MOST = 200_000, 20_000
DOWNLOADS_A_MINUTE = 10
EMPTY = "${EMPTY}"
Test = Callable[[Row], bool]


@routes.on("POST", "/bulk/read", SCOPE, cost=50)
def start(call: Call) -> Answer:
    """Check the query and queue the job."""
    order = call.body()
    query = order.get("query")
    if not isinstance(query, dict):
        details = {"api_name": "query", "json_path": "$.query"}
        raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", details)
    module = call.module(str(inside(query, "module", "api_name")))
    names = query.get("fields") or list(module.fields)
    for name in names if isinstance(names, list) else [names]:
        if not isinstance(name, str) or name not in module.fields:
            raise invalid({"api_name": name, "json_path": "$.query.fields"})
    test = _tree(module, query.get("criteria"))
    world, zone = call.world, call.zone
    number = query.get("page") or 1
    if type(number) is not int or number < 1:
        raise invalid({"api_name": "page", "json_path": "$.query.page"})
    as_calendar = order.get("file_type") == "ics"
    if as_calendar and module.api_name != "Events":
        raise invalid({"api_name": "file_type", "json_path": "$.file_type"})

    def work(job: Job) -> None:
        rows = [row for id in sorted(module.table.ids()) if test(row := module.table.get(id) or {})]
        chosen = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
        job.facts |= {"count": len(chosen), "more": len(rows) > number * PER_PAGE, "page": number}
        if as_calendar:
            job.result = _zipped(f"{job.id}.ics", _calendar(chosen[:EVENTS_MOST]))
        else:
            job.result = _zipped(f"{job.id}.csv", _table(world, module, ["id", *names], chosen, zone))

    job = jobs.add(world, "read", call.user_id, order, work)
    job.facts["module"] = module
    added_details = {
        "id": job.id,
        "operation": "read",
        "state": "ADDED",
        "created_by": {"id": call.user_id, "name": world.user_named(call.user_id)["name"]},
        "created_time": call.shown(job.created),
    }
    added = success("Added successfully.", added_details, code="ADDED_SUCCESSFULLY")
    return Answer(201, {"data": [added], "info": {}})


def _tree(module: Module, criteria: Any) -> Test:
    """Criteria, one or a group of them. Raises Refused."""
    if not criteria:
        return lambda row: True
    if isinstance(inside(criteria, "group"), list):
        tests = [_tree(module, part) for part in criteria["group"]]
        if str(criteria.get("group_operator")).lower() == "or":
            return lambda row: any(test(row) for test in tests)
        return lambda row: all(test(row) for test in tests)
    field = module.fields.get(str(inside(criteria, "field", "api_name")))
    if field is None:
        raise invalid({"api_name": "field", "json_path": "$.query.criteria.field"})
    return _criterion(field, str(criteria.get("comparator")), criteria.get("value"))


def _criterion(field: Field, comparator: str, value: Any) -> Test:
    name = field.api_name
    if value == EMPTY:
        empty = comparator == "equal"
        return lambda row: (row.get(name) in (None, "", [])) is empty
    wanted = [literal(field, one) for one in (value if isinstance(value, list) else [value])]
    if not wanted or None in wanted:
        raise invalid({"api_name": "value", "json_path": "$.query.criteria.value"})
    positive = comparator.removeprefix("not_")
    compare = _comparison(positive, wanted)
    if compare is None:
        raise invalid({"api_name": "comparator", "json_path": "$.query.criteria.comparator"})
    negated = positive != comparator

    def test(row: Row) -> bool:
        stored = row.get(name)
        if field.data_type == "boolean":
            stored = bool(stored)
        if stored is None:
            return negated
        return any(compare(folded(v)) for v in (stored if isinstance(stored, list) else [stored])) is not negated

    return test


def _comparison(comparator: str, wanted: list[Any]) -> Callable[[Any], bool] | None:
    first, last = wanted[0], wanted[-1]
    known: dict[str, Callable[[Any], bool]] = {
        "equal": lambda value: bool(value == first),
        "in": lambda value: value in wanted,
        "less_than": lambda value: bool(value < first),
        "less_equal": lambda value: bool(value <= first),
        "greater_than": lambda value: bool(value > first),
        "greater_equal": lambda value: bool(value >= first),
        "between": lambda value: bool(first <= value <= last),
        "contains": lambda value: str(first) in str(value),
        "starts_with": lambda value: str(value).startswith(str(first)),
        "ends_with": lambda value: str(value).endswith(str(first)),
    }
    return known.get(comparator)


def _table(world: World, module: Module, names: list[str], rows: list[Row], zone: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    columns = [module.fields[name] for name in dict.fromkeys(names)]
    writer.writerow([column.api_name for column in columns])
    for row in rows:
        writer.writerow([_cell(world, column, row, zone) for column in columns])
    return out.getvalue()


def _cell(world: World, field: Field, row: Row, zone: Any) -> Any:
    """A value in the CSV: lookups as ids, health fields empty when restricted."""
    if field.hipaa and world.health_mode == "restricted":
        return ""
    if field.api_name == "Full_Name":
        return person_name(row)
    value = row.get(field.api_name)
    if field.data_type == "boolean":
        return "true" if value else "false"
    if value is None or value == NONE_OPTION:
        return ""
    if field.data_type == "datetime":
        return shown(value, zone)
    return ";".join(map(str, value)) if isinstance(value, list) else value


def _calendar(rows: list[Row]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for row in rows:
        lines += ["BEGIN:VEVENT", f"UID:{row['id']}", f"SUMMARY:{row.get('Event_Title')}"]
        lines += [f"DTSTART:{_compact(row['Start_DateTime'])}", f"DTEND:{_compact(row['End_DateTime'])}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _compact(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%dT%H%M%SZ")


def _zipped(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def _asked(call: Call) -> Job:
    job: Job | None = call.world.jobs.get(call.param("id"))
    if job is None or job.kind != "read":
        raise Refused(404, "RESOURCE_NOT_FOUND", "the job is not found")
    return job


@routes.on("GET", "/bulk/read/{id}", SCOPE)
def status(call: Call) -> Answer:
    """How far the job is."""
    job = _asked(call)
    module: Module = job.facts["module"]
    query = {**job.order["query"], "module": {"id": module.id, "api_name": module.api_name}, "page": 1}
    shown_job: dict[str, Any] = {
        "id": job.id,
        "operation": "read",
        "state": job.state(call.world.clock.timestamp(), "IN PROGRESS"),
        "query": query,
        "created_by": {"id": job.user, "name": call.world.user_named(job.user)["name"]},
        "created_time": call.shown(job.created),
        "file_type": job.order.get("file_type") or "csv",
    }
    if job.done:
        shown_job["result"] = {
            "page": job.facts["page"],
            "per_page": PER_PAGE,
            "count": job.facts["count"],
            "download_url": f"/crm/bulk/v{call.version}/read/{job.id}/result",
            "more_records": job.facts["more"],
        }
    return Answer(200, {"data": [shown_job]})


@routes.on("GET", "/bulk/read/{id}/result", SCOPE)
def result(call: Call) -> Answer:
    """The ZIP; ten downloads a minute."""
    job = _asked(call)
    if not job.done:
        raise Refused(404, "RESOURCE_NOT_FOUND", "the job is not finished")
    world, now = call.world, call.world.now()
    world.downloads = [at for at in world.downloads if at > now - 60]
    if len(world.downloads) >= DOWNLOADS_A_MINUTE:
        raise too_many("only ten downloads are allowed in a minute")
    world.downloads.append(now)
    return Answer(200, body=job.result, headers={"content-type": "application/zip"})
