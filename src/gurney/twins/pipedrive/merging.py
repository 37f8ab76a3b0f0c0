"""Merging two records into one (v1; FACTS 3)."""

from __future__ import annotations

from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks, counting
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.checks import read_object
from gurney.twins.pipedrive.deals import DEALS
from gurney.twins.pipedrive.entities import Entity, found
from gurney.twins.pipedrive.persons import ORGANIZATIONS, PERSONS
from gurney.twins.pipedrive.refusals import Wrong
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.standard import COUNTS
from gurney.twins.pipedrive.times import plain_of
from gurney.twins.pipedrive.world import World

routes = Routes()
LISTS = ("emails", "phones")
MERGED = ((PERSONS, "can_merge_people"), (ORGANIZATIONS, "can_merge_organizations"), (DEALS, "can_merge_deals"))


def merge(call: Call, entity: Entity) -> Answer:
    """The record of the route goes into another, which survives with what it had, and gets the rest."""
    world = call.world
    loser = found(call, entity, call.id())
    order = read_object(call, call.body(), {"merge_with_id": checks.integer}, ["merge_with_id"])
    winner = found(call, entity, order["merge_with_id"])
    if winner is loser:
        raise Wrong("A record can not be merged with itself")
    swallow(world, entity, winner, loser)
    return ok(_shown(world, entity, winner, loser["id"]))


def swallow(world: World, entity: Entity, winner: Row, loser: Row) -> None:
    """The winner gets what the loser has and it lacks, and all that hangs on it; the loser is deleted."""
    world.alter(entity.name, winner["id"], {**_gained(winner, loser), "update_time": world.now()})
    _move(world, counting.LINK[entity.name], loser["id"], winner["id"])
    world.bury(entity.name, loser["id"])


def _gained(winner: Row, loser: Row) -> Row:
    """What the loser has and the winner lacks; lists are joined."""
    gained = {key: value for key, value in loser.items() if key not in winner}
    for name in LISTS:
        known = {item["value"] for item in winner.get(name, ())}
        added = [{**item, "primary": False} for item in loser.get(name, ()) if item["value"] not in known]
        if name in winner and added:
            gained[name] = [*winner[name], *added]
    gained["custom_fields"] = {**loser.get("custom_fields", {}), **winner.get("custom_fields", {})}
    return gained


def _move(world: World, link: str, old: int, new: int) -> None:
    """Everything that hangs on the loser hangs on the winner."""
    for name, shelf in world.shelves.items():
        column = "organization_id" if name == "leads" and link == "org_id" else link
        if not shelf.is_grouped(column):
            continue
        for id in shelf.where(column, old):
            values: Row = {column: new}
            if name == "activities" and column == "person_id":
                people = shelf.rows[id].get("participants", ())
                values["participants"] = [{**p, "person_id": new} if p["person_id"] == old else p for p in people]
            world.alter(name, id, values)


def _shown(world: World, entity: Entity, row: Row, loser: int) -> dict[str, Any]:
    """The survivor in the shape of v1."""
    shown = entity.shown(world, row)
    custom = shown.pop("custom_fields")
    del shown["is_deleted"]
    told = {**shown, **custom, "company_id": world.company.id, "merge_what_id": loser, "active_flag": True}
    told |= {"visible_to": str(row["visible_to"]), "owner_name": world.users[row["owner_id"]]["name"]}
    told |= {name: plain_of(row.get(name)) for name in ("add_time", "update_time")}
    told |= {name: counting.counted(world, entity.name, row, name) for name in COUNTS}
    if entity is PERSONS:
        told |= {"email": told.pop("emails"), "phone": told.pop("phones"), "first_char": row["name"][:1].lower()}
        organization = world.shelves["organizations"].get(row.get("org_id"))
        told["org_name"] = organization["name"] if organization else None
    return told


for _entity, _right in MERGED:
    routes.on(f"PUT /v1/{_entity.name}/{{id}}/merge", _right)(partial(merge, entity=_entity))
