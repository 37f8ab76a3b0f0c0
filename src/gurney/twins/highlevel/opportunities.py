"""Opportunities and their pipelines (FACTS 11)."""

from __future__ import annotations

from typing import Any

from gurney.twins.highlevel import checks, deleting, standard
from gurney.twins.highlevel.call import V3, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contact_shapes import custom_values, customs, whole_name
from gurney.twins.highlevel.contacts import known
from gurney.twins.highlevel.ids import millis
from gurney.twins.highlevel.notes import check_user
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "opportunities.readonly", "opportunities.write"
STATUSES = ("open", "won", "lost", "abandoned")
LIST_MOST = 100
CHANGE = Shape(
    {**dict.fromkeys(("pipelineId", "name", "pipelineStageId", "assignedTo"), checks.text),
     "status": checks.one_of(STATUSES), "monetaryValue": checks.number,
     "customFields": checks.listed(checks.record)}
)  # fmt: skip
V3_CHANGE = CHANGE.but(forecastExpectedCloseDate=checks.day, forecastProbability=checks.number)
_needed = ("pipelineId", "locationId", "name", "status", "contactId")
_new = dict.fromkeys(("pipelineId", "locationId", "name", "contactId"), checks.filled)
CREATE = {False: CHANGE.but(required=_needed, **_new), True: V3_CHANGE.but(required=_needed, **_new)}
STATUS = Shape({"status": checks.one_of(STATUSES), "lostReasonId": checks.text}, ["status"])
_stage = Shape({"id": checks.text, "name": checks.filled, "position": checks.number}, ["name"])
PIPELINE = Shape(
    {"locationId": checks.filled, "name": checks.filled, "stages": checks.listed(_stage),
     "showInFunnel": checks.boolean, "showInPieChart": checks.boolean},
    ["name", "stages"],
)  # fmt: skip
SNAKE = {"location_id": "locationId", "pipeline_id": "pipelineId", "pipeline_stage_id": "pipelineStageId",
         "contact_id": "contactId", "assigned_to": "assignedTo"}  # fmt: skip
ALIKE = ("q", "status", "campaignId", "id", "order", "endDate", "startAfter", "startAfterId", "date", "country", "page",
         "limit", "getTasks", "getNotes", "getCalendarEvents")  # fmt: skip


def shown(call: Call, row: Row) -> Row:
    """An opportunity with its contact in short."""
    contact = call.account["contacts"].get(row["contactId"]) or {}
    short = {name: contact.get(name) for name in ("id", "email", "phone", "companyName", "tags")}
    own = {key: value for key, value in row.items() if "." not in key}
    return {**own, "contact": {**short, "name": whole_name(contact)}, "customFields": customs(row, "fieldValue")}


def _found(call: Call) -> Row:
    row = call.account["opportunities"].get(call.param("id"))
    if row is None:
        raise call.missing("Opportunity")
    return row


def _read(call: Call, shape: Shape) -> Row:
    body = call.body()
    wrong: list[str] = []
    given = shape.into("", body, wrong)
    items = given.pop("customFields", [])
    if not wrong:
        given |= custom_values(call, "opportunity", items, wrong)
    if wrong:
        raise invalid(wrong)
    check_user(call, given.get("assignedTo"), "assignedTo")
    return given


def _check_stage(call: Call, row: Row) -> Row:
    """The pipeline, and a stage of it; the first unless one is named. Raises Refused."""
    pipeline = call.account["pipelines"].get(row["pipelineId"])
    if pipeline is None:
        raise bad("Pipeline not found")
    stages = [stage["id"] for stage in pipeline["stages"]]
    stage = row.get("pipelineStageId") or (stages[0] if stages else None)
    if stage not in stages:
        raise bad("The pipeline stage id is invalid.")
    return {**row, "pipelineStageId": stage}


@routes.on("POST /opportunities", WRITE)
def create(call: Call) -> Answer:
    """One for each contact and pipeline, unless duplicates are allowed."""
    values = _read(call, CREATE[call.is_v3])
    call.same_location(values.pop("locationId"))
    known(call, values["contactId"])
    account, now = call.account, call.account.now()
    if not account.row["settings"]["allowDuplicateOpportunity"]:
        mine = account["opportunities"].where("contactId", values["contactId"])
        if any(row["pipelineId"] == values["pipelineId"] for row in mine):
            raise bad("Can not create duplicate opportunity for the contact.")
    row: dict[str, Any] = {
        "id": call.world.ids.short(), "locationId": account.id, "monetaryValue": 0, "source": "", "createdAt": now,
        "updatedAt": now, "lastStatusChangeAt": now, "lastStageChangeAt": now, "lastActionDate": now,
        "indexVersion": "1", "followers": [], "notes": [], "tasks": [], "calendarEvents": [],
        **{name: value for name, value in _check_stage(call, values).items() if value is not None},
    }  # fmt: skip
    return call.ok({"opportunity": shown(call, account.add("opportunities", row))}, 201)


@routes.on("GET /opportunities/{id}", READ)
def get(call: Call) -> Answer:
    return call.ok({"opportunity": shown(call, _found(call))})


@routes.on("PUT /opportunities/{id}", WRITE)
def change(call: Call) -> Answer:
    row = _found(call)
    values = _read(call, V3_CHANGE if call.is_v3 else CHANGE)
    if "pipelineId" in values or "pipelineStageId" in values:
        stage = {"pipelineStageId": values.get("pipelineStageId")} if "pipelineId" in values else {}
        values["pipelineStageId"] = _check_stage(call, {**row, **values, **stage})["pipelineStageId"]
    call.account.change("opportunities", row["id"], {**values, "updatedAt": call.account.now()})
    return call.ok({"opportunity": shown(call, row)})


@routes.on("PUT /opportunities/{id}/status", WRITE)
def change_status(call: Call) -> Answer:
    row, now = _found(call), call.account.now()
    values = STATUS.read(call.body()) | {"updatedAt": now, "lastStatusChangeAt": now}
    call.account.change("opportunities", row["id"], values)
    return call.succeeded()


@routes.on("DELETE /opportunities/{id}", WRITE)
def delete(call: Call) -> Answer:
    call.account.remove("opportunities", _found(call)["id"])
    return call.succeeded()


@routes.on("GET /opportunities/search", READ)
def search(call: Call) -> Answer:
    """Snake-case parameters under the dated versions, camel case under v3; the other is 422 (FACTS 1)."""
    names = {name: name for name in SNAKE.values()} if call.is_v3 else SNAKE
    call.only(*names, *ALIKE)
    asked = {stored: call.query(name) for name, stored in names.items()}
    call.same_location(call.needed(next(name for name, stored in names.items() if stored == "locationId")))
    status, words = call.query("status") or "all", (call.query("q") or "").casefold()
    wanted = {name: value for name, value in asked.items() if value and name != "locationId"}
    rows = [
        row
        for row in call.account.searched("opportunities", call.request.stale_s)
        if all(row.get(name) == value for name, value in wanted.items())
        and status in ("all", row["status"]) and call.query("id") in (None, row["id"])
        and words in row["name"].casefold()
    ]  # fmt: skip
    return _page(call, sorted(rows, key=lambda row: (millis(row["createdAt"]), row["id"]), reverse=True))


def _page(call: Call, rows: list[Row]) -> Answer:
    limit, number = call.number("limit", 20, LIST_MOST), call.number("page", 1)
    after = call.query("startAfterId")
    if after:
        place = (call.number("startAfter", 0), after)
        rest = [row for row in rows if (millis(row["createdAt"]), row["id"]) < place]
    else:
        rest = rows[max(0, number - 1) * limit :]
    page, more = rest[:limit], len(rest) > limit
    last = page[-1] if page else None
    meta = {
        "total": len(rows), "currentPage": number, "nextPage": number + 1 if more else None,
        "prevPage": number - 1 if number > 1 else None, "startAfterId": last["id"] if last else None,
        "startAfter": millis(last["createdAt"]) if last else None,
        "nextPageUrl": "https://services.leadconnectorhq.com/opportunities/search" if more else None,
    }  # fmt: skip
    return call.ok({"opportunities": [shown(call, row) for row in page], "meta": meta, "aggregations": {}})


# Pipelines


def _pipeline(call: Call) -> Row:
    row = call.account["pipelines"].get(call.param("pipelineId"))
    if row is None:
        raise call.missing("Pipeline")
    return row


@routes.on("GET /opportunities/pipelines", READ)
def list_pipelines(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    return call.ok({"pipelines": list(call.account["pipelines"])})


def _stages(call: Call, given: list[Row]) -> list[Row]:
    return [
        {"id": stage.get("id") or call.world.ids.uuid(), "name": stage["name"], "position": stage.get("position", at)}
        for at, stage in enumerate(given)
    ]


@routes.on("POST /opportunities/pipelines", WRITE, versions=V3)
def create_pipeline(call: Call) -> Answer:
    """Under v3 only; elsewhere it is a page of the vendor's."""
    values = PIPELINE.read(call.body())
    call.same_location(values.pop("locationId", call.account.id))
    row = standard.pipeline(call.world.ids.short(), call.account.id, values["name"], _stages(call, values["stages"]))
    return call.ok({"pipeline": call.account.add("pipelines", row)}, 201)


@routes.on("PUT /opportunities/pipelines/{pipelineId}", WRITE, versions=V3)
def change_pipeline(call: Call) -> Answer:
    row, values = _pipeline(call), PIPELINE.read(call.body())
    call.same_location(values.pop("locationId", call.account.id))
    values["stages"] = _stages(call, values["stages"])
    return call.ok({"pipeline": call.account.change("pipelines", row["id"], values)})


@routes.on("DELETE /opportunities/pipelines/{pipelineId}", WRITE, versions=V3)
def delete_pipeline(call: Call) -> Answer:
    """With its opportunities (FACTS 11)."""
    deleting.pipeline(call.account, _pipeline(call)["id"])
    return call.succeeded()
