"""Leads: v1, with uuids, and custom fields at the top of the body as deals had them once (FACTS 3, 4)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.checks import Check, read_object
from gurney.twins.pipedrive.deals import check_room
from gurney.twins.pipedrive.paging import offset_page, paged, sort_rows
from gurney.twins.pipedrive.refusals import Refused, Wrong, plain
from gurney.twins.pipedrive.schema import VALUES, Field
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import read_zulu, with_millis
from gurney.twins.pipedrive.world import World

routes = Routes()
NAME = "leads"
SORTS = (
    "id", "title", "owner_id", "creator_id", "was_seen", "expected_close_date", "next_activity_id", "add_time",
    "update_time",
)  # fmt: skip
EMPTY: Row = {
    "id": None, "title": None, "owner_id": None, "creator_id": None, "label_ids": [], "value": None,
    "expected_close_date": None, "person_id": None, "organization_id": None, "is_archived": False,
    "source_name": "API", "origin": "API", "origin_id": None, "channel": None, "channel_id": None,
    "source_deal_id": None, "was_seen": False, "next_activity_id": None, "add_time": None, "update_time": None,
    "visible_to": None, "cc_email": None,
}  # fmt: skip
_money = checks.shaped({"amount": checks.number, "currency": checks.currency}, required=["amount", "currency"])


def _labels(call: Call, value: Any) -> Any:
    known = {label["id"] for label in call.world.lead_labels}
    ids = checks.listed(checks.text)(call, value)
    if not known.issuperset(ids):
        raise Wrong("Lead label not found")
    return ids


def _visibility(call: Call, value: Any) -> int:
    """A text, where other objects have a number (FACTS 3.3)."""
    if not checks.text(call, value).isdecimal():
        raise Wrong("visible_to must be one of 1, 3, 5, 7")
    return int(checks.visibility(call, int(value)))


KEYS: dict[str, Check] = {
    "title": checks.filled,
    "owner_id": checks.owner,
    "label_ids": _labels,
    "person_id": checks.or_null(checks.link_to("persons", "Person")),
    "organization_id": checks.or_null(checks.link_to("organizations", "Organization")),
    "value": checks.or_null(_money),
    "expected_close_date": checks.or_null(checks.day),
    "visible_to": _visibility,
    "was_seen": checks.boolean,
    "origin_id": checks.or_null(checks.text),
    "channel": checks.or_null(checks.integer),
    "channel_id": checks.or_null(checks.text),
}


def _old_shape(field: Field) -> Check:
    """A custom value as v1 has it: a set is text with commas, an option perhaps text."""
    inner: Check = VALUES[field.type](field)

    def check(call: Call, value: Any) -> Any:
        if value is None:
            return None
        if field.type == "set" and isinstance(value, str):
            value = [int(word) if word.strip().isdecimal() else word for word in value.split(",")]
        if field.type == "enum" and isinstance(value, str) and value.isdecimal():
            value = int(value)
        return inner(call, value)

    return check


def _read(call: Call, needed: tuple[str, ...], *, creating: bool) -> Row:
    fields = call.world.schemas["deals"].custom
    keys = {**KEYS, **{code: _old_shape(field) for code, field in fields.items()}}
    if not creating:
        keys.pop("origin_id")
        keys["is_archived"] = checks.boolean
    values = read_object(call, call.body(), keys, needed)
    custom = {code: values.pop(code) for code in list(values) if code in fields}
    return values | ({"custom_fields": custom} if custom else {})


def shown(world: World, row: Row) -> dict[str, Any]:
    """A lead as the vendor shows one: custom fields at the top, and only those that are set."""
    told = {**EMPTY, **{key: value for key, value in row.items() if key != "custom_fields"}}
    told["visible_to"] = str(row["visible_to"])
    told["cc_email"] = f"{world.company.domain}+{row['id']}@pipedrivemail.com"
    for name in ("add_time", "update_time"):
        told[name] = with_millis(row[name])
    fields = world.schemas["deals"].custom
    for code, value in (row.get("custom_fields") or {}).items():
        if code in fields and value is not None:
            told[code] = ",".join(map(str, value)) if isinstance(value, list) else value
    return told


def _not_found() -> Refused:
    return plain(404, "requested lead not found", "Object was not found.")


def _found(call: Call) -> Row:
    row = call.world.shelves[NAME].get(call.param("id"))
    if row is None or not call.world.sees(call.user, row):
        raise _not_found()
    return row


@routes.on("GET /v1/leads")
def list_leads(call: Call) -> Answer:
    """Leads that are not archived, oldest first."""
    return _listed(call, archived=False)


@routes.on("GET /v1/leads/archived")
def list_archived(call: Call) -> Answer:
    """Archived leads."""
    return _listed(call, archived=True)


def _listed(call: Call, *, archived: bool) -> Answer:
    wanted = {name: call.number(name) for name in ("owner_id", "person_id", "organization_id")}
    since = call.query("updated_since")
    updated = read_zulu(since) if since else None
    rows = [
        row
        for row in call.world.shelves[NAME]
        if bool(row.get("is_archived")) == archived
        and all(value is None or row.get(name) == value for name, value in wanted.items())
        and (updated is None or row["update_time"] >= updated)
        and call.world.sees(call.user, row)
    ]
    page, pagination = offset_page(call, sort_rows(call, rows, SORTS))
    return paged([shown(call.world, row) for row in page], pagination)


@routes.on("GET /v1/leads/{id}")
def get_lead(call: Call) -> Answer:
    """One."""
    return ok(shown(call.world, _found(call)))


@routes.on("POST /v1/leads")
def add_lead(call: Call) -> Answer:
    """One, linked to a person or an organization."""
    world = call.world
    values = _read(call, ("title",), creating=True)
    if values.get("person_id") is None and values.get("organization_id") is None:
        raise plain(400, "A lead must be linked to a person or an organization")
    check_room(world)
    now = world.now()
    row = {
        "id": world.uuid(), "owner_id": call.user_id, "creator_id": call.user_id, "add_time": now,
        "update_time": now, "visible_to": world.default_visibility(), **values,
    }  # fmt: skip
    world.bear(NAME, {key: value for key, value in row.items() if value is not None})
    return ok(shown(world, row), 201)


@routes.on("PATCH /v1/leads/{id}")
def change_lead(call: Call) -> Answer:
    """What is named changes, null unsets."""
    world, row = call.world, _found(call)
    values = _read(call, (), creating=False)
    if "custom_fields" in values:
        values["custom_fields"] = {**(row.get("custom_fields") or {}), **values["custom_fields"]}
    merged = {**row, **values}
    if merged.get("person_id") is None and merged.get("organization_id") is None:
        raise plain(400, "A lead must be linked to a person or an organization")
    world.alter(NAME, row["id"], {**values, "update_time": world.now()})
    return ok(shown(world, row))


@routes.on("DELETE /v1/leads/{id}")
def delete_lead(call: Call) -> Answer:
    """One, for good."""
    row = _found(call)
    call.world.bury(NAME, row["id"])
    return ok({"id": row["id"]})


@routes.on("GET /v1/leadLabels")
def list_labels(call: Call) -> Answer:
    """All at once."""
    return ok(call.world.lead_labels)
