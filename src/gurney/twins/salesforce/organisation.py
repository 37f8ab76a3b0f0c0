"""What the API offers, and what is left of the organisation's limits (FACTS 0.6, 1, 12)."""

from __future__ import annotations

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes

routes = Routes()
RESOURCES = ("tooling", "metadata", "composite", "query", "queryAll", "search", "parameterizedSearch", "sobjects",
             "limits", "jobs")  # fmt: skip
DAY_S = 86_400


@routes.on("GET", "/")
def resources(call: Call) -> Answer:
    identity = f"{call.request.base_url}/id/{call.world.org['Id']}/{call.user_id}"
    return Answer(200, {"identity": identity, **{name: f"{call.base}/{name}" for name in RESOURCES}})


@routes.on("GET", "/limits")
def limits(call: Call) -> Answer:
    return Answer(200, call.world.limits.shown(call.world.clock.timestamp()))


@routes.on("GET", "/limits/recordCount")
def record_count(call: Call) -> Answer:
    """Counts of some time ago, for never more than an estimate (rule salesforce.record-count)."""
    world = call.world
    if world.counted[0] <= world.now() - DAY_S:
        world.counted = (world.now(), {name: len(table.rows) for name, table in world.store.tables.items()})
    wanted = [name.strip().lower() for name in (call.query("sObjects") or "").split(",") if name.strip()]
    counts = [
        {"count": count, "name": name}
        for name, count in world.counted[1].items()
        if count and (not wanted or name.lower() in wanted)
    ]
    return Answer(200, {"sObjects": counts})
