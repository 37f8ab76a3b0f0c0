"""Contacts, accounts and deals: one call, one record; FACTS 3, 8."""

from __future__ import annotations

from collections.abc import Callable

from gurney.twins.freshsales.accounts_and_deals import ACCOUNTS, DEALS
from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.contacts import CONTACTS
from gurney.twins.freshsales.entities import Entity, forget, identifiers, remove, save, upsert
from gurney.twins.freshsales.including import include
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import DELETED, Row
from gurney.twins.freshsales.showing import account_links
from gurney.twins.kit.wire import Answer

routes = Routes()
ENTITIES = {entity.name: entity for entity in (CONTACTS, ACCOUNTS, DEALS)}
ACTIVITY_PAGE = 30


def single(call: Call, entity: Entity, row: Row) -> Row:
    """One record with what stands beside it; a contact brings its accounts."""
    shown = entity.show(call.world, row)
    arrays = include(call, entity.name, [row], [shown])
    if entity is CONTACTS:
        shown["sales_accounts"] = account_links(call.world, row)
    meta = {} if "products" in call.words("include") else {"meta": None}  # as recorded
    return {**arrays, entity.root: shown, **meta}


def found(call: Call, entity: Entity, *, binned: bool = False) -> Row:
    """The record of the route. Raises Refused."""
    row = entity.shelf(call.world).rows.get(call.id())
    if row is None or not call.world.people.sees(call.user, row) or (DELETED in row and not binned):
        raise call.missing()
    return row


def _create(entity: Entity) -> Endpoint:
    def create(call: Call) -> Answer:
        row = save(call.world, call.user, entity, None, call.attributes(entity.root))
        return call.created(single(call, entity, row))

    return create


def _read(entity: Entity) -> Endpoint:
    def read(call: Call) -> Answer:
        row = found(call, entity, binned=call.switch("get_deleted") == "shown")
        return ok(single(call, entity, row))

    return read


def _update(entity: Entity) -> Endpoint:
    def update(call: Call) -> Answer:
        row = save(call.world, call.user, entity, found(call, entity), call.attributes(entity.root))
        return ok(single(call, entity, row))

    return update


def _upsert(entity: Entity) -> Endpoint:
    def put(call: Call) -> Answer:
        wanted = call.body().get("unique_identifier")
        if not isinstance(wanted, dict) or not wanted:
            raise invalid(["unique_identifier is missing"])
        by = next((name for name in identifiers(call.world, entity) if name in wanted), None)
        if by is None:
            raise invalid(["unique_identifier is invalid"])
        row = upsert(call.world, call.user, entity, by, wanted[by], call.attributes(entity.root))
        return ok(single(call, entity, row))

    return put


def _delete(entity: Entity) -> Endpoint:
    def delete(call: Call) -> Answer:
        remove(call.world, entity, found(call, entity))
        return ok(True)

    return delete


def _forget(entity: Entity) -> Endpoint:
    def erase(call: Call) -> Answer:
        forget(call.world, entity, found(call, entity, binned=call.switch("forget_binned") == "yes"))
        return ok(True)

    return erase


def _clone(entity: Entity) -> Endpoint:
    """A copy with other values; what is unique has to be among them."""

    def clone(call: Call) -> Answer:
        old = found(call, entity)
        body = call.body().get(entity.root)
        schema = entity.schema(call.world)
        kept = {
            name: old[name] for name, field in schema.fields.items()
            if field.writable and not field.unique and not field.custom and name in old
            and name not in ("sales_accounts", "tags", "phone_numbers")
        }  # fmt: skip
        own = {field.name: old[field.name] for field in schema.custom if field.name in old and not field.unique}
        attributes = {**kept, "custom_field": own, **(body if isinstance(body, dict) else {})}
        return call.created(single(call, entity, save(call.world, call.user, entity, None, attributes)))

    return clone


MAKERS: dict[str, Callable[[Entity], Endpoint]] = {
    "POST /{name}": _create,
    "POST /{name}/upsert": _upsert,
    "GET /{name}/{id}": _read,
    "PUT /{name}/{id}": _update,
    "DELETE /{name}/{id}": _delete,
    "DELETE /{name}/{id}/forget": _forget,
    "POST /{name}/{id}/clone": _clone,
}
for _entity in ENTITIES.values():
    for _key, _maker in MAKERS.items():
        _method, _, _template = _key.replace("{name}", _entity.name).partition(" ")
        routes.each(_method, _template, _maker(_entity))


@routes.on("GET /contacts/{id}/activities")
def activities(call: Call) -> Answer:
    """What was done to a contact, newest first."""
    contact, world = found(call, CONTACTS), call.world
    kinds = {"notes": "Note", "tasks": "Task", "appointments": "Appointment", "sales_activities": "SalesActivity"}
    rows = [
        {
            "id": f"{kind.lower()}_{row['id']}", "actionable_type": kind, "actionable_id": row["id"],
            "action_type": f"{kind.upper()}_CREATED", "targetable_type": "Contact", "targetable_id": contact["id"],
            "user_activity": True, "created_at": world.shown(row["created_at"]),
        }
        for name, kind in kinds.items()
        for row in world.shelves[name].where("target", ("Contact", contact["id"]))
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["created_at"], row["actionable_id"]), reverse=True)
    start = (call.page - 1) * ACTIVITY_PAGE
    meta = {"has_next": len(rows) > start + ACTIVITY_PAGE, "has_previous": start > 0}
    return ok({"activities": rows[start : start + ACTIVITY_PAGE], "meta": meta})
