"""Searching an object's records: filters, links, searchable fields; late (FACTS 8)."""

from __future__ import annotations

from gurney.twins.highlevel.account import ObjectSchema
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape, anything, filled
from gurney.twins.highlevel.filters import Column, compile_filters
from gurney.twins.highlevel.object_fields import PROPERTY
from gurney.twins.highlevel.records import BASE, READ, properties, schema_of, table_name
from gurney.twins.highlevel.refusals import invalid
from gurney.twins.highlevel.searching import check_query, find, page
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
BODY = Shape(
    dict.fromkeys(("page", "pageLimit", "filters", "sort", "query", "searchAfter"), anything) | {"locationId": filled},
    ["locationId"],
)
COLUMNS = {
    "id": Column(lambda row: row["id"], "id"),
    "createdAt": Column(lambda row: row["createdAt"]),
    "updatedAt": Column(lambda row: row["updatedAt"]),
    "owner": Column(lambda row: row["owner"]),
    "followers": Column(lambda row: row["followers"]),
}


def columns(schema: ObjectSchema, name: str) -> Column | None:
    """A field's column: `properties.<key>`, compared by the letter."""
    if name in COLUMNS:
        return COLUMNS[name]
    field = schema.field_named(name.removeprefix(PROPERTY)) if name.startswith(PROPERTY) else None
    if field is None:
        return None
    return Column(lambda row: row.get(name), name, no_eq=field.type == "DATE")


@routes.on(f"POST {BASE}/search", READ)
def search(call: Call) -> Answer:
    """Page and page limit are needed; hits tell their relations (FACTS 8)."""
    schema = schema_of(call)
    body = BODY.read(call.body())
    call.same_location(body["locationId"])
    missing = [f"{name} must be a number conforming to the specified constraints" for name in ("page", "pageLimit")
               if body.get(name) is None]  # fmt: skip
    if missing:
        raise invalid(missing)
    words = check_query(body)

    def related(row: Row, wanted: list[str]) -> bool:
        return any(one["recordId"] in wanted for one in relations(call, row["id"]))

    query = compile_filters(body.get("filters"), lambda name: columns(schema, name), related)
    entries = find(call, table_name(schema), body, lambda name: columns(schema, name), "createdAt", query)
    if words:
        entries = [entry for entry in entries if _matches(schema, entry[2], words)]
    hits = page(body, entries, int(call.switch("record_page")))
    return call.ok({"records": [_hit(call, schema, row, after) for row, after in hits], "total": len(entries)})


def _matches(schema: ObjectSchema, row: Row, words: str) -> bool:
    """Words in any searchable field, or `field:words`."""
    name, colon, rest = words.partition(":")
    if colon and name in schema.searchable:
        return rest.strip() in str(row.get(PROPERTY + name, "")).casefold()
    return any(words in str(row.get(PROPERTY + one, "")).casefold() for one in schema.searchable)


def _hit(call: Call, schema: ObjectSchema, row: Row, after: list[object]) -> Row:
    return {
        "id": row["id"], "owner": row["owner"], "followers": row["followers"], "properties": properties(row),
        "createdAt": row["createdAt"], "updatedAt": row["updatedAt"], "locationId": call.account.id,
        "objectId": schema.shown["id"], "objectKey": schema.key, "createdBy": row["createdBy"],
        "lastUpdatedBy": row["lastUpdatedBy"], "relations": relations(call, row["id"]), "searchAfter": after,
    }  # fmt: skip


def relations(call: Call, id: str) -> list[Row]:
    """What a record is linked to."""
    table = call.account["relations"]
    return [
        *({"objectKey": row["secondObjectKey"], "recordId": row["secondRecordId"]}
          for row in table.where("firstRecordId", id)),
        *({"objectKey": row["firstObjectKey"], "recordId": row["firstRecordId"]}
          for row in table.where("secondRecordId", id)),
    ]  # fmt: skip
