"""Search: all three kinds read an index that lags behind (FACTS 3, 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gurney.twins.freshsales import times
from gurney.twins.freshsales.call import Call, Routes, ok
from gurney.twins.freshsales.custom_modules import entity_of
from gurney.twins.freshsales.entities import Entity, unique_key
from gurney.twins.freshsales.records import ENTITIES
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import DELETED, Row
from gurney.twins.freshsales.showing import display_name, primary_email
from gurney.twins.freshsales.views import indexed
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
BY_ROOT = {entity.root: entity for entity in ENTITIES.values()}
LOOKUPS = {
    "contacts": {"email": "email", "external_id": "external_id", "mobile_number": "mobile_number"},
    "sales_accounts": {"name": "name"},
    "deals": {"name": "name"},
}
MOMENTS = ("created_at", "updated_at", "last_assigned_at", "stage_updated_time")
PARTIAL = {
    "contacts": (
        "id", "job_title", "lead_score", "email", "work_number", "mobile_number", "open_deals_amount", "display_name",
        "avatar", "last_contacted_mode", "last_contacted", "first_name", "last_name", "city", "country", "created_at",
        "updated_at",
    ),
    "sales_accounts": (
        "id", "name", "website", "phone", "city", "country", "open_deals_amount", "avatar", "last_contacted",
        "last_contacted_mode", "created_at", "updated_at",
    ),
    "deals": (
        "id", "name", "amount", "base_currency_amount", "expected_close", "closed_date", "deal_pipeline_id",
        "deal_stage_id", "avatar", "created_at", "updated_at",
    ),
}  # fmt: skip
"""What a hit of filtered_search shows: no external_id, no fields of one's own (recorded for contacts)."""


@routes.on("GET /lookup")
def lookup(call: Call) -> Answer:
    """Exact, by one field; each object's hits in a box of its own (FACTS 3)."""
    value, field = call.query("q"), call.query("f")
    if value is None or field is None:
        raise invalid([f"{name} is missing" for name in ("q", "f") if call.query(name) is None])
    told = {}
    for root in call.words("entities"):
        entity = BY_ROOT.get(root)
        if entity is not None:
            rows = _exact(call, entity, field, unique_key(value))[: call.per_page]
            told[entity.name] = {entity.name: [entity.show(call.world, row) for row in rows]}
    if not told:
        raise invalid(["entities is missing"])
    return ok(told)


def _exact(call: Call, entity: Entity, field: str, wanted: str) -> list[Row]:
    shelf = entity.shelf(call.world)
    late = call.world.late(shelf, call.request.stale_s)
    if field in LOOKUPS[entity.name]:
        now = shelf.where(LOOKUPS[entity.name][field], wanted)
    elif field in entity.schema(call.world).fields:
        now = [row for row in map(shelf.rows.__getitem__, shelf.ids()) if unique_key(row.get(field, "")) == wanted]
    elif field == "name" and entity.name == "contacts":
        now = [row for row in map(shelf.rows.__getitem__, shelf.ids()) if display_name(row).casefold() == wanted]
    else:
        return []
    before = [row for row in late.values() if row and DELETED not in row and wanted in _keys(row, field)]
    found = {row["id"]: row for row in now if row["id"] not in late} | {row["id"]: row for row in before}
    return [row for _, row in sorted(found.items()) if call.world.people.sees(call.user, row)]


def _keys(row: Row, field: str) -> list[str]:
    if field == "email":
        return [unique_key(one["value"]) for one in row.get("emails", ())]
    if field == "name" and "name" not in row:
        return [display_name(row).casefold()]
    return [unique_key(row[field])] if field in row else []


@routes.on("GET /search")
def search(call: Call) -> Answer:
    """Fuzzy; a bare list, and ids are texts (FACTS 2, 3)."""
    wanted = (call.query("q") or "").casefold()
    if not wanted:
        raise invalid(["q is missing"])
    hits: list[Row] = []
    for root in call.words("include"):
        entity = BY_ROOT.get(root)
        if entity is not None:
            rows, _ = indexed(call, entity, ("search", wanted), lambda row: wanted in _words(row))
            hits += [_hit(call.world, entity, row) for row in rows]
        elif root == "user":
            hits += [_user_hit(user) for user in call.world.people.users.values() if wanted in user["email"]]
    return ok(hits[: call.per_page])


def _words(row: Row) -> str:
    parts = [display_name(row), row.get("name"), row.get("mobile_number"), row.get("external_id"), row.get("phone")]
    return "\n".join([*(part for part in parts if part), *(one["value"] for one in row.get("emails", ()))]).casefold()


def _hit(world: World, entity: Entity, row: Row) -> Row:
    owner = world.people.users.get(row.get("owner_id", -1))
    return {
        "id": str(row["id"]), "type": entity.root, "name": row.get("name") or display_name(row),
        "email": primary_email(row), "avatar": None, "country": row.get("country"), "website": row.get("website"),
        "updated_at": world.shown(row["updated_at"]),
        "owner": {"id": owner["id"], "name": owner["display_name"]} if owner else None,
    }  # fmt: skip


def _user_hit(user: Row) -> Row:
    return {"id": str(user["id"]), "type": "user", "name": user["display_name"], "email": user["email"]}


@routes.on("POST /filtered_search/{entity}")
def filtered_search(call: Call) -> Answer:
    """Rules that must all hold; partial records and a total (FACTS 3)."""
    entity = BY_ROOT.get(call.param("entity")) or entity_of(call, call.param("entity"))
    rules = call.body().get("filter_rule")
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise invalid(["The type for filter_rule is invalid." if rules else "filter_rule is missing"])
    checks = [_check(call, entity, rule) for rule in rules]
    stamp = ("filter", orjson.dumps(rules))
    rows, total = indexed(call, entity, stamp, lambda row: all(check(row) for check in checks))
    kept = PARTIAL.get(entity.name)
    shown = [entity.show(call.world, row) for row in rows]
    hits = [{"partial": True, **{k: one[k] for k in kept or one}} for one in shown]
    return ok({entity.name: hits, "meta": {"total": total}})


Check = Callable[[Row], bool]


def _check(call: Call, entity: Entity, rule: Row) -> Check:
    """One rule. Raises Refused for an attribute or operator that nobody knows."""
    name, operator, value = rule.get("attribute"), rule.get("operator"), rule.get("value")
    known = entity.schema(call.world).fields
    if not isinstance(name, str) or (name not in known and name not in ("email", "id", "name")):
        raise invalid(["The attribute is invalid"])
    if name in MOMENTS:
        return _moment_check(call, name, operator, value)
    field = known.get(name)
    if field is not None and field.type == "date":
        return _day_check(name, operator, value)
    wanted = unique_key(value)
    match operator:
        case "is":
            return lambda row: wanted in _keys(row, _key(name))
        case "is_not":
            return lambda row: wanted not in _keys(row, _key(name))
        case "contains":
            return lambda row: any(wanted in one for one in _keys(row, _key(name)))
        case "starts_with":
            return lambda row: any(one.startswith(wanted) for one in _keys(row, _key(name)))
        case "is_in":
            many = {unique_key(one) for one in (value if isinstance(value, list) else str(value).split(","))}
            return lambda row: not many.isdisjoint(_keys(row, _key(name)))
        case _:
            raise invalid(["The operator is invalid"])


def _key(name: str) -> str:
    return "email" if name == "emails" else name


def _moment_check(call: Call, name: str, operator: Any, value: Any) -> Check:
    try:
        at = times.moment(str(value), call.world.zone)
    except ValueError:
        raise invalid(["The value is invalid"]) from None
    if operator == "is_after":
        return lambda row: row.get(name, 0) > at
    raise invalid(["The operator is invalid"])


def _day_check(name: str, operator: Any, value: Any) -> Check:
    wanted = str(value)[:10]
    if operator == "is_after":
        return lambda row: str(row.get(name, "")) > wanted
    if operator == "is":
        return lambda row: row.get(name) == wanted
    raise invalid(["The operator is invalid"])
