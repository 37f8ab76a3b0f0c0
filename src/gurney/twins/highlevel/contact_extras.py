"""Tags, followers, businesses, workflows and campaigns of contacts, one by one and in bulk (FACTS 4)."""

from __future__ import annotations

from collections.abc import Iterable

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contact_shapes import read_tags
from gurney.twins.highlevel.contacts import READ, WRITE, alter, found, remember_tag
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
TAGS = Shape({"tags": checks.texts}, ["tags"])
FOLLOWERS = Shape({"followers": checks.texts}, ["followers"])
BULK_TAGS = Shape(
    {"contacts": checks.texts, "tags": checks.texts, "locationId": checks.filled, "removeAllTags": checks.boolean},
    ["contacts", "tags", "locationId"],
)
BULK_BUSINESS = Shape(
    {"locationId": checks.filled, "ids": checks.some_texts(50), "businessId": checks.text}, ["locationId", "ids"]
)


def _set_tags(call: Call, row: Row, tags: Iterable[str]) -> list[str]:
    kept = list(dict.fromkeys(tags))
    if kept != row["tags"]:
        alter(call.account, row, {"tags": kept})
    return kept


@routes.on("POST /contacts/{contactId}/tags", WRITE)
def add_tags(call: Call) -> Answer:
    """Added to those that are there."""
    row = found(call)
    tags = read_tags(call, TAGS.read(call.body())["tags"])
    for tag in tags:
        remember_tag(call, tag)
    return call.ok({"tags": _set_tags(call, row, [*row["tags"], *tags])}, 201)


@routes.on("DELETE /contacts/{contactId}/tags", WRITE)
def remove_tags(call: Call) -> Answer:
    row = found(call)
    tags = read_tags(call, TAGS.read(call.body())["tags"])
    return call.ok({"tags": _set_tags(call, row, [tag for tag in row["tags"] if tag not in tags])})


@routes.on("POST /contacts/bulk/tags/update/{type}", WRITE)
def bulk_tags(call: Call) -> Answer:
    """Many contacts at once; the only bulk write but one. An unknown contact fails alone."""
    if call.param("type") not in ("add", "remove"):
        raise invalid(["type must be a valid enum value"])
    body = BULK_TAGS.read(call.body())
    call.same_location(body["locationId"])
    most = int(call.switch("bulk_tags_max"))
    if most and len(body["contacts"]) > most:
        raise invalid([f"contacts must contain no more than {most} elements"])
    tags = read_tags(call, body["tags"])
    told = [_tagged(call, id, tags, remove_all=body.get("removeAllTags", False)) for id in body["contacts"]]
    errors = sum(one["type"] == "error" for one in told)
    done = {"succeded": errors == 0, "errorCount": errors, "responses": told}
    return call.ok(done | ({"succeeded": errors == 0} if call.is_v3 else {}), 201)


def _tagged(call: Call, id: str, tags: list[str], *, remove_all: bool) -> Row:
    row = call.account["contacts"].get(id)
    if row is None:
        return {"contactId": id, "message": "Contact not found", "type": "error"}
    old = list(row["tags"])
    if call.param("type") == "add":
        for tag in tags:
            remember_tag(call, tag)
        now = _set_tags(call, row, [*old, *tags])
    else:
        now = _set_tags(call, row, [] if remove_all else [tag for tag in old if tag not in tags])
    return {
        "contactId": id, "message": "Tags updated", "type": "success", "oldTags": old,
        "tagsAdded": [tag for tag in now if tag not in old], "tagsRemoved": [tag for tag in old if tag not in now],
    }  # fmt: skip


@routes.on("POST /contacts/bulk/business", WRITE)
def bulk_business(call: Call) -> Answer:
    """Up to 50 contacts into a company, or (null) out of any."""
    given = call.body()
    body = BULK_BUSINESS.read(given)
    if "businessId" not in given:
        raise invalid(["businessId must be a string"])
    call.same_location(body["locationId"])
    business = body.get("businessId")
    if business is not None and business not in call.account["businesses"]:
        raise bad("Business not found")
    done = []
    for id in body["ids"]:
        row = call.account["contacts"].get(id)
        if row is not None:
            alter(call.account, row, {"businessId": business})
            done.append(id)
    return call.ok({"success": True, "ids": done})


@routes.on("POST /contacts/{contactId}/followers", WRITE)
def follow(call: Call) -> Answer:
    row = found(call)
    given = FOLLOWERS.read(call.body())["followers"]
    added = [id for id in given if id not in row["followers"]]
    alter(call.account, row, {"followers": [*row["followers"], *added]})
    return call.ok({"followers": row["followers"], "followersAdded": added}, 201)


@routes.on("DELETE /contacts/{contactId}/followers", WRITE)
def unfollow(call: Call) -> Answer:
    row = found(call)
    given = FOLLOWERS.read(call.body())["followers"]
    removed = [id for id in given if id in row["followers"]]
    alter(call.account, row, {"followers": [id for id in row["followers"] if id not in removed]})
    return call.ok({"followers": row["followers"], "followersRemoved": removed})


@routes.on("POST /contacts/{contactId}/workflow/{workflowId}", WRITE)
def enter_workflow(call: Call) -> Answer:
    """A workflow starts for the contact."""
    row = found(call)
    if call.param("workflowId") not in call.account["workflows"]:
        raise bad("Workflow not found")
    call.account.automations.append(
        {"id": f"{call.param('workflowId')}-{row['id']}", "workflowId": call.param("workflowId"),
         "recordId": row["id"], "time": call.account.now()}
    )  # fmt: skip
    return call.succeeded()


@routes.on("DELETE /contacts/{contactId}/workflow/{workflowId}", WRITE)
def leave_workflow(call: Call) -> Answer:
    found(call)
    return call.succeeded()


@routes.on("GET /contacts/{contactId}/appointments", READ)
def appointments(call: Call) -> Answer:
    """Times are local and naive here, and only here (FACTS 4)."""
    row = found(call)
    events = [_naive(one) for one in call.account["appointments"].where("contactId", row["id"])]
    return call.ok({"events": events})


def _naive(row: Row) -> Row:
    shown = {
        name: row.get(name)
        for name in (
            "id", "calendarId", "title", "assignedUserId", "address", "locationId", "contactId", "groupId",
            "appointmentStatus", "users", "dateAdded", "dateUpdated",
        )
    }  # fmt: skip
    times = {name: row[name][:19].replace("T", " ") for name in ("startTime", "endTime")}
    return {**shown, **times, "status": row["status"], "notes": row.get("description", ""), "assignedResources": []}
