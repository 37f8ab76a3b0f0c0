"""Companies by their old address; the same records as `/objects/business/records` (FACTS 11)."""

from __future__ import annotations

from gurney.twins.highlevel import checks, deleting
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contacts import alter
from gurney.twins.highlevel.object_fields import PROPERTY
from gurney.twins.highlevel.records import BUSINESS, store
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "businesses.readonly", "businesses.write"
CHANGE = Shape({**dict.fromkeys(BUSINESS, checks.text), "email": checks.email})
CREATE = CHANGE.but(name=checks.filled, locationId=checks.filled, required=["name", "locationId"])


def shown(call: Call, row: Row) -> Row:
    values = {name: row[PROPERTY + name] for name in BUSINESS if PROPERTY + name in row}
    moments = {name: row[name] for name in ("createdAt", "updatedAt", "createdBy")}
    return {"id": row["id"], "locationId": call.account.id, **values, **moments, "updatedBy": row["lastUpdatedBy"]}


def _found(call: Call) -> Row:
    row = call.account["businesses"].get(call.param("businessId"))
    if row is None:
        raise call.missing("Business")
    return row


def _flat(values: Row) -> Row:
    return {PROPERTY + name: value or None for name, value in values.items() if name != "locationId"}


@routes.on("POST /businesses", WRITE)
def create(call: Call) -> Answer:
    """No custom fields here; `buiseness` is how the vendor spells it (FACTS 11)."""
    values = CREATE.read(call.body())
    call.same_location(values["locationId"])
    row = store(call, call.account.objects["business"], _flat(values), {})
    return call.ok({"success": True, "buiseness": shown(call, row)}, 201)


@routes.on("GET /businesses", READ)
def list_businesses(call: Call) -> Answer:
    call.only("locationId", "limit", "skip")
    call.here()
    limit, skip = call.number("limit", 100, 100), call.number("skip", 0)
    rows = list(call.account["businesses"])[skip : skip + limit]
    return call.ok({"businesses": [shown(call, row) for row in rows]})


@routes.on("GET /businesses/{businessId}", READ)
def get(call: Call) -> Answer:
    return call.ok({"business": shown(call, _found(call))})


@routes.on("PUT /businesses/{businessId}", WRITE)
def change(call: Call) -> Answer:
    row = _found(call)
    values = _flat(CHANGE.read(call.body())) | {"updatedAt": call.account.now()}
    call.account.change("businesses", row["id"], values)
    return call.ok({"success": True, "buiseness": shown(call, row)})


@routes.on("DELETE /businesses/{businessId}", WRITE)
def delete(call: Call) -> Answer:
    """Its contacts stay, without a company."""
    row = _found(call)
    for contact in list(call.account["contacts"]):
        if contact.get("businessId") == row["id"]:
            alter(call.account, contact, {"businessId": None})
    deleting.record(call.account, "businesses", row["id"])
    return call.ok({"success": True})
