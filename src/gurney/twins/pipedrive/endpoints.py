"""The five endpoints of an object of v2: list, read, create, change, delete (FACTS 3, 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import counting, filters
from gurney.twins.pipedrive.call import Call, Routes, number_in, ok
from gurney.twins.pipedrive.entities import Entity, change, create, found, remove
from gurney.twins.pipedrive.paging import SORTED, cut_of, listed, page_of
from gurney.twins.pipedrive.refusals import Wrong
from gurney.twins.pipedrive.schema import labelled
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import read_zulu
from gurney.twins.pipedrive.world import World

IDS_MOST = 100
CUSTOM_MOST = 15
ALWAYS = ("filter_id", "ids", "owner_id", "updated_since", *SORTED)


def shown_one(call: Call, entity: Entity, row: Row) -> dict[str, Any]:
    """One record with what the query asks for besides."""
    return shown_rows(call, entity, [row])[0]


def shown_rows(call: Call, entity: Entity, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Records with what the query asks for besides. Raises Wrong."""
    world = call.world
    includes = _includes(call, entity)
    keys = _custom_keys(call) if entity.custom else None
    options = bool(entity.custom and call.flag("include_option_labels"))
    labels = bool(entity.custom and call.flag("include_labels"))
    shown = []
    for row in rows:
        wire = entity.shown(world, row)
        if keys is not None:
            wire["custom_fields"] = {code: v for code, v in wire["custom_fields"].items() if code in keys}
        if options:
            wire["custom_fields"] = labelled(world.schemas[entity.name], wire["custom_fields"])
        if labels:
            wire["labels"] = _labels(world, entity, wire["label_ids"])
        for name in includes:
            wire[name] = counting.counted(world, entity.name, row, name)
        shown.append(wire)
    return shown


def _includes(call: Call, entity: Entity) -> list[str]:
    names = call.words("include_fields")
    for name in names:
        if name not in entity.includes:
            raise Wrong(f"'{name}' is not a field that can be included", "include_fields")
    return names


def _custom_keys(call: Call) -> set[str] | None:
    if "custom_fields" not in call.request.query:
        return None
    keys = call.words("custom_fields")
    if len(keys) > CUSTOM_MOST:
        raise Wrong(f"must contain at most {CUSTOM_MOST} keys", "custom_fields")
    return set(keys)


def _labels(world: World, entity: Entity, ids: Iterable[int]) -> list[dict[str, Any]]:
    field = world.schemas[entity.name].standard["label_ids"]
    return [{"id": o.id, "label": o.label} for o in map(field.option, ids) if o is not None]


# Endpoints


def listing(call: Call, entity: Entity, extra: Callable[[Row], bool] | None = None) -> Answer:
    """GET of many: filters, order, page."""
    call.only((*ALWAYS, *entity.relations, *entity.params))
    cut = cut_of(call, entity.sorts)
    candidates = chosen(call, entity)
    rows, cursor = page_of(call.world.shelves[entity.name], cut, _keep(call, entity, extra), candidates)
    return listed(shown_rows(call, entity, rows), cursor)


def chosen(call: Call, entity: Entity) -> list[Row] | None:
    """The rows that a filter, ids or a relation leave; None is all. A filter silences the others (FACTS 3.2)."""
    world, shelf = call.world, call.world.shelves[entity.name]
    filter_id = call.number("filter_id")
    if filter_id is not None:
        return filters.matching(call, filter_id, entity)
    some: list[Row] | None = None
    if "ids" in call.request.query:
        some = [shelf.rows[id] for id in _ids(call) if id in shelf]
    for param, column in entity.relations.items():
        value = call.query(param) if param == "lead_id" else call.number(param)
        if value is None:
            continue
        if column == "deal.person_id":
            deal = world.shelves["deals"].get(value)
            wanted = {deal["person_id"]} if deal is not None and "person_id" in deal else set()
            some = [row for row in (shelf.rows.get(id) for id in wanted) if row is not None]
        elif some is None and shelf.is_grouped(column):
            some = [shelf.rows[id] for id in shelf.where(column, value)]
        else:
            some = [row for row in (shelf if some is None else some) if row.get(column) == value]
    return some


def _ids(call: Call) -> list[int]:
    words = call.words("ids")
    if len(words) > IDS_MOST:
        raise Wrong(f"must contain at most {IDS_MOST} ids", "ids")
    ids = {number_in(word) for word in words}
    if -1 in ids:
        raise Wrong("must be a comma-separated list of ids", "ids")
    return sorted(ids)


def _keep(call: Call, entity: Entity, extra: Callable[[Row], bool] | None) -> Callable[[Row], bool]:
    """Whether a row belongs in the list, by time, owner, visibility."""
    world = call.world
    since, until = _time(call, "updated_since"), _time(call, "updated_until")
    owner = None if "filter_id" in call.request.query else call.number("owner_id")
    unseen = world.unlisted(entity.name)
    nulls = world.switches["null_update_time"] == "shown"

    def keep(row: Row) -> bool:
        if since is not None or until is not None:
            at = row.get("update_time")
            if at is None and not nulls:
                return False
            if at is not None and ((since is not None and at < since) or (until is not None and at >= until)):
                return False
        if owner is not None and row["owner_id"] != owner:
            return False
        if unseen and row["id"] in unseen:
            return False
        return world.sees(call.user, row) and (extra is None or extra(row))

    return keep


def _time(call: Call, name: str) -> str | None:
    given = call.query(name)
    if given is None:
        return None
    read = read_zulu(given)
    if read is None:
        raise Wrong("must be a date and time in the RFC 3339 format", name)
    return read


def get_one(call: Call, entity: Entity) -> Answer:
    """GET of one; a deleted one too, when the switch deleted_record says 200."""
    call.only(entity.get_params)
    id = call.id()
    dead = call.world.shelves[entity.name].deleted.get(id)
    if dead is not None and call.world.switches["deleted_record"] == "200" and call.world.sees(call.user, dead):
        return ok({**shown_one(call, entity, dead), "is_deleted": True}, **entity.single)
    return ok(shown_one(call, entity, found(call, entity, id)), **entity.single)


def post(call: Call, entity: Entity) -> Answer:
    """POST of one."""
    call.only(())
    row = create(call, entity, call.body())
    status = entity.created
    if entity.name == "activities":
        status = int(call.world.switches["activity_create_status"])
    return ok(entity.shown(call.world, row), status, **entity.single)


def patch(call: Call, entity: Entity) -> Answer:
    """PATCH of one."""
    call.only(())
    row = found(call, entity, call.id())
    return ok(entity.shown(call.world, change(call, entity, row, call.body())), **entity.single)


def delete(call: Call, entity: Entity) -> Answer:
    """DELETE of one: it is set aside for 30 days."""
    call.only(())
    row = found(call, entity, call.id())
    remove(call, entity, row)
    return ok({"id": row["id"]}, **entity.single)


def routes_of(entity: Entity, add: str | None, edit: str | None, remove_right: str | None) -> Routes:
    """The five endpoints of an object, with the permissions that creating, changing and deleting need."""
    routes = Routes()
    path = f"/v2/{entity.name}"
    routes.on(f"GET {path}")(partial(listing, entity=entity))
    routes.on(f"POST {path}", add)(partial(post, entity=entity))
    routes.on(f"GET {path}/{{id}}")(partial(get_one, entity=entity))
    routes.on(f"PATCH {path}/{{id}}", edit)(partial(patch, entity=entity))
    routes.on(f"DELETE {path}/{{id}}", remove_right)(partial(delete, entity=entity))
    return routes
