"""Bulk API 2.0: ingest jobs (FACTS 5)."""

from __future__ import annotations

from typing import Any

import orjson

from gurney.twins.kit.wire import Answer, MalformedBody
from gurney.twins.salesforce import bulk_csv
from gurney.twins.salesforce.bulk_jobs import ENDED, FAILED, OPEN, UPLOADED, IngestJob, abort, upload_complete
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.refusals import Refused, not_found

routes = Routes()
OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
NOT_BULKED = ("ContentNote", "ContentVersion", "ContentDocument", "Organization", "Profile", "UserLicense")
MOST_BYTES = 112_500_000
"""150 MB once encoded in base64."""
MOST_IN_ONE_CALL = 100_000
KEPT_S = 7 * 86_400
MS = 1_000


@routes.on("POST", "/jobs/ingest")
def create(call: Call) -> Answer:
    if call.request.content_type == "multipart/form-data":
        return _create_whole(call)
    job = _new_job(call, call.body())
    return Answer(200, shown(job))


def _create_whole(call: Call) -> Answer:
    """Job, file and start in one call (rule salesforce.bulk-multipart)."""
    try:
        parts = {part.name: part for part in call.request.parts()}
        order = orjson.loads(parts["job"].body)
        content = parts["content"].body
    except (MalformedBody, KeyError, orjson.JSONDecodeError):
        raise Refused("INVALIDJOB", "The parts job (JSON) and content (CSV) are needed") from None
    if len(content.decode("utf-8", "replace")) > MOST_IN_ONE_CALL:
        raise Refused("INVALIDJOB", f"The content of a multipart job takes {MOST_IN_ONE_CALL} characters")
    job = _new_job(call, order)
    job.content = content
    upload_complete(call.world, job)
    return Answer(200, shown(job))


def _new_job(call: Call, order: dict[str, Any]) -> IngestJob:
    operation = order.get("operation")
    if operation not in OPERATIONS:
        raise Refused("INVALIDJOB", f"operation is one of {', '.join(OPERATIONS)}")
    kind = call.world.schema.find(str(order.get("object")))
    if kind is None or kind.name in NOT_BULKED or not call.access.can(kind, "read"):
        raise Refused("INVALIDENTITY", f"Entity '{order.get('object')}' is not supported by the Bulk API.")
    if operation == "hardDelete" and not call.access.may("BulkApiHardDelete"):
        words = "hardDelete operation requires special user profile permission, please contact your administrator"
        raise Refused("FEATURENOTENABLED", words)
    job = IngestJob(
        call.world.ids.new("750"),
        kind,
        operation,
        None,
        call.user_id,
        call.world.now_text(),
        call.version,
        choice(order, "columnDelimiter", "COMMA", bulk_csv.DELIMITERS),
        choice(order, "lineEnding", "LF", bulk_csv.LINE_ENDINGS),
        call.saves_duplicates and call.world.switches["bulk_duplicate_header"] == "heeded",
    )
    choice(order, "contentType", "CSV", {"CSV": ""})
    job.modified = job.created
    _set_external_id(call, job, order.get("externalIdFieldName"))
    if not call.world.limits.unlimited and not call.world.limits.batches.left:
        raise Refused("EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
    call.world.jobs[job.id] = job
    return job


def _set_external_id(call: Call, job: IngestJob, name: Any) -> None:
    if job.operation != "upsert":
        return
    if not name:
        raise Refused("INVALIDJOB", "InvalidJob : ExternalIdFieldName is required for upsert operation")
    job.external_id = call.access.field(job.kind, str(name))
    if job.external_id is None or not job.external_id.finds:
        words = (
            f"InvalidJob : Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field "
            f"for {job.kind.name}"
        )
        raise Refused("INVALIDJOB", words)


def choice(order: dict[str, Any], name: str, default: str, known: dict[str, str]) -> str:
    """A word of the order that must be one of several. Raises Refused."""
    value = order.get(name) or default
    if value not in known:
        raise Refused("INVALIDJOB", f"{name} is one of {', '.join(known)}")
    return str(value)


@routes.on("GET", "/jobs/ingest")
def list_jobs(call: Call) -> Answer:
    jobs = [job for job in call.world.jobs.values() if isinstance(job, IngestJob)]
    if call.query("jobType") not in (None, "V2Ingest"):
        jobs = []
    return Answer(200, {"done": True, "nextRecordsUrl": None, "records": [shown(job) for job in jobs]})


@routes.on("GET", "/jobs/ingest/{job}")
def read(call: Call) -> Answer:
    job = _job(call)
    took_ms = int((job.ended - job.started) * MS) if job.state in ENDED and job.started else 0
    return Answer(
        200,
        {
            **shown(job),
            "jobType": "V2Ingest",
            "retries": 0,
            "totalProcessingTime": took_ms,
            "apiActiveProcessingTime": took_ms,
            "apexProcessingTime": 0,
            "numberRecordsProcessed": len(job.good) + len(job.bad),
            "numberRecordsFailed": len(job.bad),
            **({"errorMessage": job.error} if job.state == FAILED else {}),
        },
    )


@routes.on("PUT", "/jobs/ingest/{job}/batches")
def upload(call: Call) -> Answer:
    """The file, once (rule salesforce.bulk-one-put)."""
    job = _job(call)
    if call.request.content_type != "text/csv":
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "Content-Type text/csv is expected")
    if job.state != OPEN or job.content is not None:
        raise Refused("INVALIDJOBSTATE", "Found multiple contents for job: a job takes one upload while it is Open")
    if len(call.request.body) > MOST_BYTES:
        raise Refused("EXCEEDED_MAX_SIZE_REQUEST", "The file of a job must not be above 150 MB in base64", status=413)
    job.content = call.request.body
    return Answer(201)


@routes.on("PATCH", "/jobs/ingest/{job}")
def close(call: Call) -> Answer:
    job, state = _job(call), call.body().get("state")
    if call.user_id != job.user_id:
        raise Refused("INSUFFICIENT_ACCESS", "Only the user who created the job may close it")
    if state == "Aborted" and job.state not in ENDED:
        abort(call.world, job)
    elif state == UPLOADED and job.state == OPEN:
        if job.content is None:
            raise Refused("INVALIDJOBSTATE", "No data was uploaded for the job")
        upload_complete(call.world, job)
    else:
        raise Refused("INVALIDJOBSTATE", f"Job state {job.state} cannot become {state}")
    return Answer(200, shown(job))


@routes.on("DELETE", "/jobs/ingest/{job}")
def remove(call: Call) -> Answer:
    job = _job(call)
    if job.state not in (*ENDED, UPLOADED):
        raise Refused("INVALIDJOBSTATE", f"A job in state {job.state} cannot be deleted: close or abort it first")
    del call.world.jobs[job.id]
    return Answer(204)


@routes.on("GET", "/jobs/ingest/{job}/{results:successfulResults|failedResults}")
def results(call: Call) -> Answer:
    job = _ended(call)
    good = call.param("results") == "successfulResults"
    lines = [[id, told, *job.rows[place]] for id, told, place in (job.good if good else job.bad)]
    return _csv(job, ["sf__Id", "sf__Created" if good else "sf__Error", *job.header], lines)


@routes.on("GET", "/jobs/ingest/{job}/{results:[uU]nprocessed[rR]ecords}")
def unprocessed(call: Call) -> Answer:
    job = _ended(call)
    seen = {place for *_, place in (*job.good, *job.bad)}
    return _csv(job, job.header, [row for place, row in enumerate(job.rows) if place not in seen])


def _csv(job: IngestJob, header: list[str], rows: list[list[str]]) -> Answer:
    body = bulk_csv.written(header, rows, job.delimiter, job.line_ending)
    return Answer(200, body=body, headers={"content-type": "text/csv"})


def _job(call: Call) -> IngestJob:
    job = call.world.jobs.get(call.param("job"))
    if not isinstance(job, IngestJob):
        raise not_found()
    return job


def _ended(call: Call) -> IngestJob:
    job = _job(call)
    if job.state not in ENDED:
        raise Refused("INVALIDJOBSTATE", f"Results are there once the job has ended; it is {job.state}")
    if job.ended + KEPT_S <= call.world.clock.timestamp():
        raise not_found()
    return job


def shown(job: IngestJob) -> dict[str, Any]:
    """What create, close and the list tell of a job."""
    external = {"externalIdFieldName": job.external_id.name} if job.external_id else {}
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.kind.name,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.modified,
        "state": job.state,
        **external,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.api_version),
        "contentUrl": f"services/data/v{job.api_version}.0/jobs/ingest/{job.id}/batches",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
