"""Filters: stored conditions, and the records that meet them (v1; FACTS 3, 12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, number_in, ok
from gurney.twins.pipedrive.refusals import Refused, not_found, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of

if TYPE_CHECKING:
    from gurney.twins.pipedrive.entities import Entity

routes = Routes()
MOST = 16
TYPES = {
    "deals": "deals", "leads": "leads", "org": "organizations", "people": "persons", "products": "products",
    "activity": "activities",
}  # fmt: skip
OBJECTS = {"person": "persons", "deal": "deals", "organization": "organizations", "product": "products",
           "activity": "activities"}  # fmt: skip
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "IS NULL": lambda have, want: have is None,
    "IS NOT NULL": lambda have, want: have is not None,
    "=": lambda have, want: _folded(have) == _folded(want),
    "!=": lambda have, want: _folded(have) != _folded(want),
    "<": lambda have, want: have is not None and _comparable(have, want) and have < _like(have, want),
    ">": lambda have, want: have is not None and _comparable(have, want) and have > _like(have, want),
    "<=": lambda have, want: have is not None and _comparable(have, want) and have <= _like(have, want),
    ">=": lambda have, want: have is not None and _comparable(have, want) and have >= _like(have, want),
    "LIKE '$%'": lambda have, want: _folded(have).startswith(_folded(want)),
    "LIKE '%$%'": lambda have, want: _folded(want) in _folded(have),
    "NOT LIKE '$%'": lambda have, want: not _folded(have).startswith(_folded(want)),
}


def _folded(value: Any) -> str:
    return "" if value is None else str(value).casefold()


def _like(have: Any, want: Any) -> Any:
    return float(want) if isinstance(have, int | float) else str(want)


def _comparable(have: Any, want: Any) -> bool:
    try:
        _like(have, want)
    except (TypeError, ValueError):
        return False
    return isinstance(have, int | float | str)


def matching(call: Call, id: int, entity: Entity) -> list[Row]:
    """The records that meet a filter. Raises Refused."""
    row = call.world.shelves["filters"].get(id)
    if row is None or TYPES[row["type"]] != entity.name:
        raise not_found("Filter", call.version)
    groups = row["conditions"]["conditions"]
    return [record for record in call.world.shelves[entity.name] if all(_group(call, g, record) for g in groups)]


def _group(call: Call, group: dict[str, Any], record: Row) -> bool:
    """Conditions glued by "and" or "or"; an empty group lets everything through."""
    met = [_met(call, condition, record) for condition in group["conditions"]]
    return not met or (all(met) if group["glue"] == "and" else any(met))


def _met(call: Call, condition: dict[str, Any], record: Row) -> bool:
    schema = call.world.schemas[OBJECTS[condition["object"]]]
    field = schema.numbered(int(condition["field_id"]))
    if field is None:
        return False
    have = (record.get("custom_fields") or {}).get(field.code) if field.custom else record.get(field.code)
    return OPERATORS[condition["operator"]](have, condition.get("value"))


def _conditions(call: Call, given: Any) -> dict[str, Any]:
    """The conditions as they are stored. Raises Refused for a wrong shape, a wrong operator, too many."""
    wrong = plain(400, "Filter conditions are invalid")
    groups = given.get("conditions") if isinstance(given, dict) and given.get("glue") == "and" else None
    if not isinstance(groups, list) or len(groups) > 2:
        raise wrong
    kept = [_kept_group(call, group, wrong) for group in groups]
    if sum(len(group["conditions"]) for group in kept) > MOST:
        raise plain(400, f"Filter is allowed to have at most {MOST} conditions")
    return {"glue": "and", "conditions": kept}


def _kept_group(call: Call, group: Any, wrong: Refused) -> dict[str, Any]:
    if not isinstance(group, dict) or group.get("glue") not in ("and", "or"):
        raise wrong
    if not isinstance(group.get("conditions"), list):
        raise wrong
    return {"glue": group["glue"], "conditions": [_kept(call, one, wrong) for one in group["conditions"]]}


def _kept(call: Call, given: Any, wrong: Refused) -> dict[str, Any]:
    known = isinstance(given, dict) and str(given.get("object")) in OBJECTS and str(given.get("operator")) in OPERATORS
    if not known:
        raise wrong
    number = str(given.get("field_id"))
    schema = call.world.schemas[OBJECTS[given["object"]]]
    if schema.numbered(number_in(number)) is None:
        raise wrong
    value, extra = given.get("value"), given.get("extra_value")
    return {
        "object": given["object"],
        "field_id": number,
        "operator": given["operator"],
        "value": None if value is None else str(value),
        "extra_value": None if extra is None else str(extra),
        "json_value_flag": False,
    }


def _shown(call: Call, row: Row, *, whole: bool) -> dict[str, Any]:
    shown = dict(row)
    if not whole:
        shown.pop("conditions")
    elif call.flag("include_field_code"):
        groups = [
            {**group, "conditions": [_with_code(call, condition) for condition in group["conditions"]]}
            for group in row["conditions"]["conditions"]
        ]
        shown["conditions"] = {"glue": "and", "conditions": groups}
    return shown


def _with_code(call: Call, condition: dict[str, Any]) -> dict[str, Any]:
    field = call.world.schemas[OBJECTS[condition["object"]]].numbered(int(condition["field_id"]))
    return {**condition, "field_code": field.code if field else None}


def _one(call: Call) -> Row:
    row = call.world.shelves["filters"].get(call.id())
    if row is None:
        raise not_found("Filter", call.version)
    return row


@routes.on("GET /v1/filters")
def list_filters(call: Call) -> Answer:
    """All at once, perhaps of a type."""
    kind = call.query("type")
    rows = [row for row in call.world.shelves["filters"] if kind is None or row["type"] == kind]
    return ok([_shown(call, row, whole=False) for row in rows])


@routes.on("GET /v1/filters/{id}")
def get_filter(call: Call) -> Answer:
    """One with its conditions."""
    return ok(_shown(call, _one(call), whole=True))


@routes.on("POST /v1/filters")
def add_filter(call: Call) -> Answer:
    """A new one."""
    body, world = call.body(), call.world
    if not isinstance(body.get("name"), str) or not body["name"] or str(body.get("type")) not in TYPES:
        raise plain(400, "Filter name and type are required")
    now = plain_of(world.now())
    row = {
        "id": 0, "name": body["name"], "filter_code": None, "is_editable": True, "active_flag": True,
        "type": body["type"], "temporary_flag": False, "user_id": call.user_id, "add_time": now, "update_time": now,
        "visible_to": "1", "last_used_time": None, "custom_view_id": None,
        "conditions": _conditions(call, body.get("conditions")),
    }  # fmt: skip
    row["id"] = world.next("filters")
    return ok(_shown(call, world.shelves["filters"].add(row), whole=True))


@routes.on("PUT /v1/filters/{id}")
def change_filter(call: Call) -> Answer:
    """Name and conditions."""
    row, body = _one(call), call.body()
    row["conditions"] = _conditions(call, body.get("conditions"))
    row["name"] = body.get("name") or row["name"]
    row["update_time"] = plain_of(call.world.now())
    return ok(_shown(call, row, whole=True))


@routes.on("DELETE /v1/filters/{id}")
def delete_filter(call: Call) -> Answer:
    """One."""
    row = _one(call)
    call.world.shelves["filters"].remove(row["id"])
    return ok({"id": row["id"]})


@routes.on("DELETE /v1/filters")
def delete_filters(call: Call) -> Answer:
    """Several; unknown ones are passed over."""
    shelf = call.world.shelves["filters"]
    ids = [id for id in map(number_in, call.words("ids")) if id in shelf]
    for id in ids:
        shelf.remove(id)
    return ok({"id": ids})
