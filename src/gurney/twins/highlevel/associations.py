"""Associations between objects, and the relations between their records (FACTS 9)."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.object_fields import TABLES
from gurney.twins.highlevel.objects import PREFIX
from gurney.twins.highlevel.refusals import bad
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "associations.readonly", "associations.write"
LINK_READ, LINK_WRITE = "associations/relation.readonly", "associations/relation.write"
PAGE_MOST = 100
_needed = ("locationId", "key", "firstObjectLabel", "firstObjectKey", "secondObjectLabel", "secondObjectKey")
CREATE = Shape(dict.fromkeys(_needed, checks.filled), _needed)
CHANGE = Shape(dict.fromkeys(("firstObjectLabel", "secondObjectLabel"), checks.filled),
               ["firstObjectLabel", "secondObjectLabel"])  # fmt: skip
_ends = ("locationId", "associationId", "firstRecordId", "secondRecordId")
LINK = Shape(dict.fromkeys(_ends, checks.filled), _ends)
CONTACT = "contact"


def _found(call: Call) -> Row:
    row = call.account["associations"].get(call.param("associationId"))
    if row is None:
        raise call.missing("Association")
    return row


def _check(call: Call, values: Row) -> None:
    """Objects, labels and limits. Raises Refused."""
    first, second = values["firstObjectKey"], values["secondObjectKey"]
    for key in (first, second):
        if key not in call.account.objects:
            raise bad("Invalid key")
    others = [key for key in (first, second) if key != CONTACT]
    is_known = len(others) < 2 and all(key.startswith(PREFIX) for key in others)
    if not is_known and call.switch("object_object") == "refuse":
        raise bad("Associations are supported between contact and custom objects only")
    if values["firstObjectLabel"] == values["secondObjectLabel"]:
        raise bad("Association labels must be different")
    table = call.account["associations"]
    if any(row["key"] == values["key"] for row in table):
        raise bad(f"Association with key {values['key']} already exists")
    pair = {first, second}
    same = sum({row["firstObjectKey"], row["secondObjectKey"]} == pair for row in table)
    if same >= int(call.switch("labels_max")):
        raise bad("Association labels limit reached for the objects")


@routes.on("POST /associations", WRITE)
def create(call: Call) -> Answer:
    """Contact with contact, or contact with a custom object; ten for each pair."""
    values = CREATE.read(call.body())
    call.same_location(values["locationId"])
    _check(call, values)
    row = {"id": call.world.ids.hex(), **values, "associationType": "USER_DEFINED"}
    return call.ok(call.account["associations"].add(row), 201)


@routes.on("GET /associations", READ)
def list_associations(call: Call) -> Answer:
    call.only("locationId", "skip", "limit")
    call.here()
    return _page(call, "associations", list(call.account["associations"]))


def _page(call: Call, name: str, rows: list[Row]) -> Answer:
    for needed in ("skip", "limit"):
        call.needed(needed)
    skip, limit = call.number("skip", 0), call.number("limit", PAGE_MOST, PAGE_MOST)
    return call.ok({name: rows[skip : skip + limit], "total": len(rows)})


@routes.on("GET /associations/key/{key_name}", READ)
def by_key(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    row = next((one for one in call.account["associations"] if one["key"] == call.param("key_name")), None)
    if row is None:
        raise call.missing("Association")
    return call.ok(row)


@routes.on("GET /associations/objectKey/{objectKey}", READ)
def by_object(call: Call) -> Answer:
    """All associations of an object, on either side."""
    call.only("locationId")
    key = call.param("objectKey")
    rows = [one for one in call.account["associations"] if key in (one["firstObjectKey"], one["secondObjectKey"])]
    return call.ok({"associations": rows, "total": len(rows)})


@routes.on("GET /associations/{associationId}", READ)
def get(call: Call) -> Answer:
    return call.ok(_found(call))


@routes.on("PUT /associations/{associationId}", WRITE)
def change(call: Call) -> Answer:
    """Labels only."""
    row, values = _found(call), CHANGE.read(call.body())
    if values["firstObjectLabel"] == values["secondObjectLabel"]:
        raise bad("Association labels must be different")
    return call.ok(call.account["associations"].change(row["id"], values))


@routes.on("DELETE /associations/{associationId}", WRITE)
def delete(call: Call) -> Answer:
    """With all its relations (FACTS 9)."""
    row = _found(call)
    relations = call.account["relations"]
    for relation in relations.where("associationId", row["id"]):
        relations.remove(relation["id"])
    call.account["associations"].remove(row["id"])
    return call.ok({"deleted": True, "id": row["id"], "message": "Association deleted successfully"})


# Relations


@routes.on("POST /associations/relations", LINK_WRITE)
def relate(call: Call) -> Answer:
    """The order of the records is the order of the objects; 1,000 on either side of a label (FACTS 0.6)."""
    values = LINK.read(call.body())
    call.same_location(values["locationId"])
    association = call.account["associations"].get(values["associationId"])
    if association is None:
        raise call.missing("Association")
    for side in ("first", "second"):
        _check_end(call, association[f"{side}ObjectKey"], values[f"{side}RecordId"])
    _check_room(call, association["id"], values["firstRecordId"], values["secondRecordId"])
    row = {
        "id": call.world.ids.hex(), **values, "firstObjectKey": association["firstObjectKey"],
        "secondObjectKey": association["secondObjectKey"],
    }  # fmt: skip
    return call.ok(call.account["relations"].add(row), 201)


def _check_end(call: Call, key: str, id: str) -> None:
    names = {CONTACT: "contacts", "opportunity": "opportunities", **TABLES}
    if id not in call.account[names.get(key, key)]:
        raise bad(f"Could not create relation: record {id} not found")


def _check_room(call: Call, association: str, first: str, second: str) -> None:
    """No pair twice, and no side too often. Raises Refused."""
    table, most = call.account["relations"], int(call.switch("relations_max"))
    lefts = [row for row in table.where("firstRecordId", first) if row["associationId"] == association]
    if any(row["secondRecordId"] == second for row in lefts):
        raise bad(f"Could not create relation: duplicate relation of object Ids for given association {association}")
    rights = [row for row in table.where("secondRecordId", second) if row["associationId"] == association]
    if len(lefts) >= most or len(rights) >= most:
        raise bad(f"Could not create relation: limit of {most} relations reached")


@routes.on("GET /associations/relations/{recordId}", LINK_READ)
def of_record(call: Call) -> Answer:
    """A record's relations, on either side."""
    call.only("locationId", "skip", "limit", "associationIds")
    call.here()
    id, table = call.param("recordId"), call.account["relations"]
    wanted = [each for one in call.request.query.all("associationIds") for each in one.split(",") if each]
    rows = table.where("firstRecordId", id) + table.where("secondRecordId", id)
    return _page(call, "relations", [row for row in rows if not wanted or row["associationId"] in wanted])


@routes.on("DELETE /associations/relations/{relationId}", LINK_WRITE)
def unrelate(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    table = call.account["relations"]
    if call.param("relationId") not in table:
        raise call.missing("Relation")
    table.remove(call.param("relationId"))
    return call.ok({"deleted": True, "id": call.param("relationId"), "message": "Relation deleted successfully"})
