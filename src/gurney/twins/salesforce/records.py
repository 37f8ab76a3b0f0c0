"""Single rows: create, read, change, upsert, delete; what was changed and deleted (FACTS 3.1)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce import deleting
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, entity_is_deleted, not_found
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.showing import showers, shown
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.times import read_moment, timestamp_of
from gurney.twins.salesforce.times import shown as moment_shown

routes = Routes()
UPSERT_TELLS_FROM = 46
"""Before this version an upsert that updates answers 204."""
DAY_S = 86_400
MINUTE_S = 60


@routes.on("POST", "/sobjects/{object}")
def create(call: Call) -> Answer:
    kind = call.kind()
    row = call.writer().insert(kind, call.body())
    return created(call, kind, row)


@routes.on("GET", "/sobjects/{object}/updated")
def updated(call: Call) -> Answer:
    kind = _replicated(call)
    start, end = _window(call)
    rows, sight = call.world.table(kind.name).rows.values(), call.access.sight(kind)
    changed = (row for row in rows if start <= row["SystemModstamp"] < end)
    ids = [row["Id"] for row in changed if sight is None or sight(row)]
    return Answer(200, {"ids": ids, "latestDateCovered": end})


@routes.on("GET", "/sobjects/{object}/deleted")
def deleted(call: Call) -> Answer:
    kind = _replicated(call)
    start, end = _window(call)
    binned = call.world.table(kind.name).binned.items()
    found = [{"deletedDate": gone.deleted_at, "id": id} for id, gone in binned if start <= gone.deleted_at < end]
    earliest = moment_shown(call.world.now() - deleting.BIN_DAYS * deleting.DAY_S)
    return Answer(200, {"deletedRecords": found, "earliestDateAvailable": earliest, "latestDateCovered": end})


@routes.on("GET", "/sobjects/{object}/{id}")
def read(call: Call) -> Answer:
    kind = call.kind()
    return _read(call, kind, find(call, kind, call.param("id")))


@routes.on("PATCH", "/sobjects/{object}/{id}")
def change(call: Call) -> Answer:
    kind = call.kind()
    row = find(call, kind, call.param("id"))
    _unmodified(call, row)
    call.writer().update(kind, row["Id"], call.body())
    return Answer(204)


@routes.on("DELETE", "/sobjects/{object}/{id}")
def remove(call: Call) -> Answer:
    kind = call.kind()
    row = find(call, kind, call.param("id"))
    _unmodified(call, row)
    deleting.delete(call.writer(), kind, row["Id"])
    return Answer(204)


@routes.on("POST", "/sobjects/{object}/Id")
def create_by_upsert(call: Call) -> Answer:
    """The upsert form on the Id field without a value: always creates."""
    kind = call.kind()
    row = call.writer().insert(kind, call.body())
    return Answer(201, {"id": row["Id"], "success": True, "errors": [], "created": True})


@routes.on("GET", "/sobjects/{object}/{field}/{value}")
def read_by(call: Call) -> Answer:
    kind = call.kind()
    rows = _matching(call, kind, finding_field(call, kind, call.param("field")))
    if len(rows) > 1:
        return _several(call, kind, rows)
    if not rows:
        raise not_found()
    return _read(call, kind, rows[0])


@routes.on("PATCH", "/sobjects/{object}/{field}/{value}")
def upsert(call: Call) -> Answer:
    kind = call.kind()
    field = finding_field(call, kind, call.param("field"))
    body = call.body()
    for name in body:
        if name.lower() in (field.name.lower(), "id"):
            raise Refused("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.", [name])
    rows = _matching(call, kind, field)
    if len(rows) > 1:
        return _several(call, kind, rows)
    if not rows and (call.query("updateOnly") or "").lower() == "true":
        raise not_found()
    row, new = call.writer().upsert(kind, field, call.param("value"), body)
    if new:
        return Answer(201, {"id": row["Id"], "success": True, "errors": [], "created": True})
    if call.version < UPSERT_TELLS_FROM:
        return Answer(204)
    return Answer(200, {"id": row["Id"], "success": True, "errors": [], "created": False})


@routes.on("DELETE", "/sobjects/{object}/{field}/{value}")
def remove_by(call: Call) -> Answer:
    kind = call.kind()
    rows = _matching(call, kind, finding_field(call, kind, call.param("field")))
    if len(rows) > 1:
        return _several(call, kind, rows)
    if not rows:
        raise not_found()
    deleting.delete(call.writer(), kind, rows[0]["Id"])
    return Answer(204)


def created(call: Call, kind: ObjectDef, row: Row) -> Answer:
    """201 with the new id."""
    location = {"Location": f"{call.base}/sobjects/{kind.name}/{row['Id']}"}
    return Answer(201, {"id": row["Id"], "success": True, "errors": []}, headers=location)


def find(call: Call, kind: ObjectDef, text: str) -> Row:
    """A row by the id in the URL. Raises Refused with 404."""
    id = normal(text)
    table = call.world.table(kind.name)
    if id is None:
        raise no_external_id(text)
    if id in table.binned:
        raise entity_is_deleted()
    row, sight = table.rows.get(id), call.access.sight(kind)
    if row is None or (sight is not None and not sight(row)):
        raise not_found()
    return row


def finding_field(call: Call, kind: ObjectDef, name: str) -> FieldDef:
    """The field that upsert goes by. Raises Refused: 404 when it does not exist for the caller."""
    field = call.access.field(kind, name)
    if field is None or not field.finds:
        raise no_external_id(name)
    return field


def no_external_id(name: str) -> Refused:
    return Refused("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")


def _matching(call: Call, kind: ObjectDef, field: FieldDef) -> list[Row]:
    value = call.param("value")
    if field.name == "Id":
        return [find(call, kind, value)]
    return call.world.table(kind.name).by(field.name, _typed(field, value))


def _typed(field: FieldDef, value: str) -> Any:
    """A value of the URL as the index holds it."""
    if field.type in ("double", "currency", "percent"):
        return float(value) if value.replace(".", "", 1).isdigit() else value
    return value


def _several(call: Call, kind: ObjectDef, rows: list[Row]) -> Answer:
    return Answer(300, [f"{call.base}/sobjects/{kind.name}/{row['Id']}" for row in rows])


def _read(call: Call, kind: ObjectDef, row: Row) -> Answer:
    since = call.request.header("if-modified-since")
    if since is not None and _seconds(since) >= timestamp_of(row["LastModifiedDate"]):
        return Answer(304)
    _unmodified(call, row)
    wanted = call.query("fields")
    names = [name.strip() for name in wanted.split(",") if name.strip()] if wanted else None
    return Answer(200, shown(call, kind, row, showers(call, kind, names)))


def _unmodified(call: Call, row: Row) -> None:
    """Raises Refused (412) for a row that was changed later than the caller thinks."""
    since = call.request.header("if-unmodified-since")
    if since is not None and _seconds(since) < timestamp_of(row["LastModifiedDate"]):
        raise Refused("PRECONDITION_FAILED", "The precondition given in the request was not met", status=412)


def _seconds(header: str) -> float:
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        raise Refused("INVALID_INPUT", "A date in a header is not an HTTP date") from None


def _replicated(call: Call) -> ObjectDef:
    kind = call.kind()
    if not kind.replicateable:
        raise Refused("INVALID_TYPE_FOR_OPERATION", f"{kind.name} is not replicable")
    return kind


def _window(call: Call) -> tuple[str, str]:
    """Start and end of the question, whole minutes. Raises Refused (rule salesforce.replication-window)."""
    start, end = (read_moment((call.query(name) or "").replace(" ", "+")) for name in ("start", "end"))
    if start is None or end is None:
        raise Refused("INVALID_REPLICATION_DATE", "start and end must be moments with a time zone")
    first, last = (timestamp_of(moment) // MINUTE_S * MINUTE_S for moment in (start, end))
    days = int(call.world.switches["replication_days"])
    if first < call.world.now() - days * DAY_S:
        raise Refused("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    if last - first < MINUTE_S:
        raise Refused("INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate")
    return moment_shown(first), moment_shown(min(last, call.world.now() // MINUTE_S * MINUTE_S + MINUTE_S))
