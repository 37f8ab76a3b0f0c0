"""Bulk API 2.0: query jobs (FACTS 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce import bulk_csv
from gurney.twins.salesforce.bulk_ingest import choice
from gurney.twins.salesforce.bulk_jobs import ABORTED, COMPLETE, ENDED, RUNNING, UPLOADED
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.finding import Finder
from gurney.twins.salesforce.paths import Resolver
from gurney.twins.salesforce.refusals import Refused, not_found
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.soql import Path, Query
from gurney.twins.salesforce.soql_reader import parse

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

routes = Routes()
NOT_IN_BULK = ("address", "location", "base64")
MOST = 50_000


@dataclass
class QueryJob:
    """One job; its rows are read when it ends."""

    id: str
    operation: str
    query: str
    kind: ObjectDef
    user_id: str
    created: str
    api_version: int
    ends: float
    delimiter: str
    line_ending: str
    state: str = UPLOADED
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@routes.on("POST", "/jobs/query")
def create(call: Call) -> Answer:
    order, world = call.body(), call.world
    operation, text = order.get("operation"), order.get("query")
    if operation not in ("query", "queryAll") or not isinstance(text, str):
        raise Refused("INVALIDJOB", "operation (query or queryAll) and query are needed")
    parsed = parse(text)
    kind = Resolver(world, call.access, text).object(parsed.object)
    _columns(call.world, call.user_id, parsed, kind)
    if not world.limits.unlimited and not world.limits.query_jobs.left:
        raise Refused("EXCEEDEDQUOTA", "DailyBulkV2QueryJobs Limit exceeded.")
    now = world.clock.timestamp()
    world.limits.query_jobs.use(now)
    job = QueryJob(
        world.ids.new("750"),
        operation,
        text,
        kind,
        call.user_id,
        world.now_text(),
        call.version,
        now + float(world.switches["bulk_query_s"]),
        choice(order, "columnDelimiter", "COMMA", bulk_csv.DELIMITERS),
        choice(order, "lineEnding", "LF", bulk_csv.LINE_ENDINGS),
    )
    world.jobs[job.id] = job
    return Answer(200, shown(job))


def _columns(world: World, user_id: str, query: Query, kind: ObjectDef) -> list[tuple[str, Callable[[Any], Any]]]:
    """Name and getter of each column. Raises Refused for what bulk does not read (rule salesforce.bulk-query)."""
    if query.aggregates or query.offset or not all(isinstance(item, Path) for item in query.select):
        raise Refused("API_ERROR", "Aggregates, GROUP BY, OFFSET and sub-queries are not supported in Bulk Query")
    resolver = Resolver(world, world.access(user_id), query.text)
    columns = []
    for item in query.select:
        assert isinstance(item, Path)
        found = resolver.resolve(kind, item, query.alias)
        if found.field.type in NOT_IN_BULK:
            raise Refused("FEATURENOTENABLED", f"Selecting compound data not supported in Bulk Query: {item}")
        name = ".".join([*(str(parent.relationship) for parent in found.parents), found.field.name])
        columns.append((name, found.get))
    return columns


def run_due(world: World) -> None:
    """Read for the jobs whose time has come."""
    for job in world.jobs.values():
        if isinstance(job, QueryJob) and job.state in (UPLOADED, RUNNING):
            if job.ends <= world.clock.timestamp():
                _read(world, job)
            else:
                job.state = RUNNING


def _read(world: World, job: QueryJob) -> None:
    query = parse(job.query)
    columns = _columns(world, job.user_id, query, job.kind)
    resolver = Resolver(world, world.access(job.user_id), job.query)
    rows = Finder(resolver, query, job.kind, job.operation == "queryAll").rows()
    job.header = [name for name, _ in columns]
    job.rows = [[bulk_csv.cell(get(row)) for _, get in columns] for row in rows]
    job.state = COMPLETE


@routes.on("GET", "/jobs/query")
def list_jobs(call: Call) -> Answer:
    jobs = [shown(job) for job in call.world.jobs.values() if isinstance(job, QueryJob)]
    return Answer(200, {"done": True, "nextRecordsUrl": None, "records": jobs})


@routes.on("GET", "/jobs/query/{job}")
def read(call: Call) -> Answer:
    job = _job(call)
    return Answer(200, {**shown(job), "jobType": "V2Query", "retries": 0, "numberRecordsProcessed": len(job.rows)})


@routes.on("PATCH", "/jobs/query/{job}")
def close(call: Call) -> Answer:
    job = _job(call)
    if call.body().get("state") != "Aborted" or job.state in ENDED:
        raise Refused("INVALIDJOBSTATE", f"A job in state {job.state} can only be aborted while it runs")
    job.state = ABORTED
    return Answer(200, shown(job))


@routes.on("DELETE", "/jobs/query/{job}")
def remove(call: Call) -> Answer:
    job = _job(call)
    if job.state not in ENDED:
        raise Refused("INVALIDJOBSTATE", f"A job in state {job.state} cannot be deleted")
    del call.world.jobs[job.id]
    return Answer(204)


@routes.on("GET", "/jobs/query/{job}/results")
def results(call: Call) -> Answer:
    """One page; `Sforce-Locator: null` says that it is the last."""
    job = _job(call)
    if job.state != COMPLETE:
        raise Refused("INVALIDJOBSTATE", f"Results are there once the job is complete; it is {job.state}")
    start, size = _number(call, "locator", 0), _number(call, "maxRecords", MOST)
    page = job.rows[start : start + size]
    after = str(start + size) if start + size < len(job.rows) else "null"
    headers = {"content-type": "text/csv", "Sforce-NumberOfRecords": str(len(page)), "Sforce-Locator": after}
    return Answer(200, body=bulk_csv.written(job.header, page, job.delimiter, job.line_ending), headers=headers)


def _number(call: Call, name: str, default: int) -> int:
    text = call.query(name) or str(default)
    if not text.isdigit():
        raise Refused("INVALID_LOCATOR" if name == "locator" else "INVALID_INPUT", f"invalid {name}")
    return int(text)


def _job(call: Call) -> QueryJob:
    job = call.world.jobs.get(call.param("job"))
    if not isinstance(job, QueryJob):
        raise not_found()
    return job


def shown(job: QueryJob) -> dict[str, Any]:
    """What create, abort and the list tell of a job."""
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.kind.name,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.created,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.api_version),
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
