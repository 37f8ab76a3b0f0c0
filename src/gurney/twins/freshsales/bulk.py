"""Bulk writes of contacts, accounts and deals: taken at once, done later, ids never told (FACTS 4)."""

from __future__ import annotations

from typing import Any

from gurney.twins.freshsales import jobs
from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.contacts import CONTACTS
from gurney.twins.freshsales.entities import Entity, identifiers, remove, save, upsert
from gurney.twins.freshsales.records import ENTITIES
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import id_in
from gurney.twins.kit.wire import Answer

routes = Routes()
BATCH = 100
FAULTS_OF_JOB = "job_faults"
"""Where a fault leaves word on the request."""
UPSERTING = "Your bulk upsert is in progress."
UPDATING = "Updating now... we'll let you know once this is done."


def faults_of(call: Call) -> dict[str, float]:
    """Misfortunes that this call's job shall have; the kit's `partial` halves it too."""
    faults: dict[str, float] = dict(getattr(call.request, FAULTS_OF_JOB, {}))
    if call.request.partial is not None:
        faults["half_job"] = call.request.partial
    return faults


def _bulk_upsert(entity: Entity) -> Endpoint:
    def bulk(call: Call) -> Answer:
        given = call.body().get(entity.name)
        if not isinstance(given, list) or not given:
            raise invalid([f"The type for {entity.name} is invalid." if given else f"{entity.name} is missing"])
        if len(given) > BATCH:
            raise invalid([f"{entity.name} is too long (maximum is {BATCH})"])
        if not all(isinstance(one, dict) for one in given):
            raise invalid([f"The type for {entity.name} is invalid."])
        items = [_upserting(call, entity, one) for one in given]
        job = jobs.add(call.world, f"bulk_upsert_{entity.name}", items, faults_of(call))
        return ok({"message": UPSERTING, "job_status_url": f"{call.api_url}/job_statuses/{job.id}"})

    return bulk


def _upserting(call: Call, entity: Entity, one: Row) -> jobs.Item:
    """One item: an identifier beside `data`. Flat fields are passed over, and so is an item nobody can place."""
    world, user = call.world, call.user

    def do() -> int:
        by = next((name for name in identifiers(world, entity) if one.get(name) not in (None, "")), None)
        data = one.get("data", {})
        if by is None or by == "mobile_number" or not isinstance(data, dict):
            raise invalid(["The identifier is missing"])
        return int(upsert(world, user, entity, by, one[by], data)["id"])

    return do


def _bulk_destroy(entity: Entity) -> Endpoint:
    def destroy(call: Call) -> Answer:
        ids = call.ids("selected_ids", int(call.switch("destroy_batch")))
        items = [_removing(call, entity, id) for id in ids]
        jobs.add(call.world, f"bulk_destroy_{entity.name}", items, faults_of(call))
        return ok({"message": UPDATING})

    return destroy


def _removing(call: Call, entity: Entity, id: int) -> jobs.Item:
    world, user = call.world, call.user

    def do() -> int:
        row = world.find(entity.name, id, user)
        if row is None:
            raise invalid(["Id is invalid"])
        remove(world, entity, row)
        return id

    return do


@routes.on("POST /contacts/bulk_assign_owner")
def assign(call: Call) -> Answer:
    """Another owner for many contacts, later."""
    owner = id_in(call.body().get("owner_id"))
    if owner not in call.world.people.users:
        raise invalid(["Owner is invalid"])
    items = [_assigning(call, id, owner) for id in call.ids("selected_ids", BATCH)]
    jobs.add(call.world, "bulk_assign_owner", items, faults_of(call))
    return ok({"message": UPDATING})


def _assigning(call: Call, id: int, owner: int) -> jobs.Item:
    world, user = call.world, call.user

    def do() -> int:
        row = world.find("contacts", id, user)
        if row is None:
            raise invalid(["Id is invalid"])
        return int(save(world, user, CONTACTS, row, {"owner_id": owner})["id"])

    return do


@routes.on("GET /job_statuses/{id}")
def status(call: Call) -> Answer:
    """How far a job is; one that was forgotten is 404."""
    job: Any = call.world.jobs.get(call.param("id"))
    if job is None or "forget_job" in job.faults:
        raise call.missing()
    return ok(jobs.wire(call.world, job))


for _entity in ENTITIES.values():
    routes.each("POST", f"/{_entity.name}/bulk_upsert", _bulk_upsert(_entity))
    routes.each("POST", f"/{_entity.name}/bulk_destroy", _bulk_destroy(_entity))
