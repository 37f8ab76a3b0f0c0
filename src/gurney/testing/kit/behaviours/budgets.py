"""Budgets: what is spent is what the vendor counts, what is forecast is what is spent, and a spent budget pauses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from gurney.destinations.protocol import Cost
from gurney.errors import PausedForQuota
from gurney.records import Kind, Link, State, Write
from gurney.testing.kit.behaviour import EACH_OBJECT, EACH_ROUTE, behaviour
from gurney.testing.kit.judging import NotKept, judge_settled, judge_stored, require
from gurney.testing.kit.scene import Scene

LATENCY_S = 0.2
AMOUNTS = (1, 37, 450)
MORE_THAN_A_PAGE = 650
"""So many records that no vendor's longest page shows them all."""


async def a_days_work(scene: Scene) -> None:
    """A little of everything that costs something."""
    role = scene.person
    for route in scene.routes(role).values():
        writes = scene.creates(role, 25)
        ids = await scene.written(writes, route)
        await scene.write([scene.update(writes[0], ids[0], {role.title: "Kit changed"})], route)
    parent = Link(role.object, ids[0])
    await scene.written([scene.note_on(parent, "Kit [cliniko:notes:1 1/1]", "Text")])
    (file,) = await scene.written([scene.file_on(parent, "scan.pdf", b"%PDF")])
    await scene.destination.find(role.object, role.key_field, [write.key_value for write in writes])
    await scene.read(role.object, ids, [role.title])
    await scene.destination.read_children([parent], scene.note.object)
    await scene.destination.read_children([parent], scene.file.object)
    async for _ in await scene.destination.read_file(parent, file):
        pass
    await scene.destination.settle(writes)
    await scene.destination.count(role.object)
    await scene.destination.users()
    await scene.destination.delete(role.object, ids)


@behaviour()
async def counts_what_the_vendor_counts(scene: Scene) -> None:
    """Calls and units in `spent` are those of the vendor's own books, provisioning included."""
    await scene.destination.check()
    await a_days_work(scene)

    spent, calls = scene.destination.spent(), scene.calls()

    require(spent.calls == len(calls), f"{spent.calls} calls are counted, the vendor counts {len(calls)}")
    units = sum(entry.cost for entry in calls)
    require(spent.units == units, f"{spent.units} {spent.unit}s are counted, the vendor counts {units}")
    require(spent.refused == sum(entry.status == 429 for entry in calls), "refused calls are counted wrongly")
    require(
        spent.ceiling and spent.remaining == spent.ceiling - units, f"{spent.remaining} of {spent.ceiling} are left"
    )


@behaviour(over=EACH_OBJECT)
async def forecasts_what_writing_spends(scene: Scene) -> None:
    """`cost` says beforehand what writing few, some and many takes, at the route that is then chosen."""
    object = scene.role.object
    for count in AMOUNTS:
        cost = scene.destination.cost(object, "write", count)
        mark = scene.mark()
        await scene.written(scene.creates(scene.role, count), scene.destination.route(object, Kind.CREATE, count))
        judge_cost(scene, f"writing {count}", cost, mark)


@behaviour(over=EACH_OBJECT)
async def forecasts_what_reading_spends(scene: Scene) -> None:
    """`cost` says beforehand what reading whole records takes."""
    object, fields = scene.role.object, list(scene.schema.objects[scene.role.object].fields)
    ids = await scene.written(scene.creates(scene.role, max(AMOUNTS)))
    for count in AMOUNTS:
        mark = scene.mark()
        await scene.read(object, ids[:count], fields)
        judge_cost(scene, f"reading {count}", scene.destination.cost(object, "read", count), mark)


@behaviour(over=EACH_OBJECT)
async def forecasts_what_deleting_spends(scene: Scene) -> None:
    """`cost` says beforehand what deleting takes."""
    object = scene.role.object
    for count in AMOUNTS:
        ids = await scene.written(scene.creates(scene.role, count))
        mark = scene.mark()
        await scene.destination.delete(object, ids)
        judge_cost(scene, f"deleting {count}", scene.destination.cost(object, "delete", count), mark)


@behaviour()
async def forecasts_notes_and_files(scene: Scene) -> None:
    """`cost` says beforehand what writing notes and files takes."""
    for writes in await notes_and_files(scene):
        object = writes[0].object
        mark = scene.mark()
        await scene.written(writes, scene.destination.route(object, Kind.CREATE, len(writes)))
        judge_cost(scene, f"writing {object}", scene.destination.cost(object, "write", len(writes)), mark)


@behaviour()
async def forecasts_deleting_notes_and_files(scene: Scene) -> None:
    """`cost` says beforehand what deleting notes and files takes."""
    for writes in await notes_and_files(scene):
        object, ids = writes[0].object, await scene.written(writes)
        parents = {id: write.parent for id, write in zip(ids, writes, strict=True) if write.parent}
        mark = scene.mark()
        await scene.destination.delete(object, ids, parents=parents)
        judge_cost(scene, f"deleting {object}", scene.destination.cost(object, "delete", len(ids)), mark)


async def notes_and_files(scene: Scene) -> list[list[Write]]:
    """Thirty notes and seven files of one person."""
    parent = await scene.person_made()
    notes = [scene.note_on(parent, f"Kit [cliniko:notes:{at} 1/1]", "Text") for at in range(30)]
    return [notes, [scene.file_on(parent, f"{at}.txt", b"text") for at in range(7)]]


def judge_cost(scene: Scene, what: str, cost: Cost, mark: int) -> None:
    """The forecast against the twin's journal since a mark."""
    calls = scene.calls(mark)
    units = sum(entry.cost for entry in calls)
    require(cost.calls == len(calls), f"{what}: {cost.calls} calls forecast, {len(calls)} made")
    require(cost.units == units, f"{what}: {cost.units} {cost.unit}s forecast, {units} spent")
    require(cost.seconds > 0, f"{what}: takes no time")


async def write_until_paused(scene: Scene, writes: list[Write]) -> PausedForQuota:
    """What `write` raises when nothing is left; some of the writes may have happened."""
    try:
        await scene.write(writes)
    except PausedForQuota as paused:
        scene.hear([str(paused), paused.next_step])
        return paused
    raise NotKept("a spent budget does not pause the run")


async def goes_on(scene: Scene, paused: PausedForQuota, writes: list[Write]) -> None:
    """After the named moment what is absent is written, and nothing twice."""
    require(paused.until, "nobody knows until when the run pauses")
    assert paused.until
    now = scene.runtime.clock.now()
    require(now < paused.until <= now + timedelta(hours=25), f"at {now} it pauses until {paused.until}")
    require(paused.next_step, "nobody is told what to do about a spent budget")
    while (left_s := (paused.until - scene.runtime.clock.now()).total_seconds()) > 0:
        scene.twin.clock.advance(left_s + 1)
    settled = await scene.destination.settle(writes)
    judge_settled(scene, scene.role, writes, settled)
    absent = [write for write, outcome in zip(writes, settled, strict=True) if outcome is None]
    done = {outcome.key: outcome for outcome in [*settled, *await scene.write(absent)] if outcome is not None}
    judge_stored(scene, scene.role, writes, [done[write.key] for write in writes])


@behaviour()
async def pauses_before_its_budget_is_overdrawn(scene: Scene) -> None:
    """With too little left for a call it pauses without a call, and keeps what a rollback needs."""
    budgets = scene.destination.pacer.budgets
    require(budgets, "the account has no budget at all")
    await scene.destination.check()
    for name, budget in budgets.items():
        left = scene.destination.pacer.remaining(name)
        require(left is not None, f"nobody knows what is left of the {name}")
        budget.limit = replace(budget.limit, reserve=left or 0)
    writes, mark = scene.creates(scene.role, 3), scene.mark()

    paused = await write_until_paused(scene, writes)

    require(not scene.calls(mark), "a call was made on a spent budget")
    scene.destination.pacer.into_reserve = True
    await scene.written(scene.creates(scene.role, 1))
    scene.destination.pacer.into_reserve = False
    for budget in budgets.values():
        budget.limit = replace(budget.limit, reserve=0)
    await goes_on(scene, paused, writes)


@behaviour(over=EACH_ROUTE)
async def pauses_when_the_vendor_refuses(scene: Scene) -> None:
    """When others have used up the account's quota, the run pauses and later goes on where it was."""
    await scene.destination.check()
    await scene.written(scene.creates(scene.role, 1))
    scene.witness.spend_everything()
    writes = scene.creates(scene.role, 12)

    paused = await write_until_paused(scene, writes)

    for _ in range(30):  # what others spent comes back within a day or so, whatever we were told
        scene.twin.clock.advance(3_600)
    await goes_on(scene, replace_until(scene, paused), writes)


def replace_until(scene: Scene, paused: PausedForQuota) -> PausedForQuota:
    """The same pause, as if it began now: the vendor tells nobody when others' credits return."""
    until = scene.runtime.clock.now() + timedelta(minutes=1)
    return PausedForQuota(paused.message, until=until if paused.until else None, next_step=paused.next_step)


@behaviour(over=EACH_ROUTE, latency_s=LATENCY_S)
async def stays_within_what_may_be_in_flight(scene: Scene) -> None:
    """As many calls at once as the route allows, reads beside them, and the vendor refuses none."""
    size = min(scene.route.batch_size, 12)
    batches = [scene.creates(scene.role, size) for _ in range(scene.route.in_flight + 3)]

    results = await asyncio.gather(*(scene.write_batch(batch, scene.route) for batch in batches))

    writes = [write for batch in batches for write in batch]
    outcomes = [outcome for result in results for outcome in result]
    judge_stored(scene, scene.role, writes, outcomes)
    require(all(one.state is State.DONE for one in outcomes), "side by side not everything is done")
    ids = [one.destination_id or "" for one in outcomes]
    reads = scene.destination.capabilities.in_flight
    await asyncio.gather(
        *(scene.destination.read(scene.role.object, ids[:5], [scene.role.title]) for _ in range(reads))
    )
    require(scene.destination.spent().refused == 0, f"{scene.destination.spent().refused} calls were refused")


@behaviour(over=EACH_OBJECT)
async def reads_on_after_a_pause(scene: Scene) -> None:
    """What a spent budget broke off is read whole afterwards, at no higher price: nothing passes for absent."""
    object, title = scene.role.object, scene.role.title
    await scene.destination.check()
    ids = await scene.written(scene.creates(scene.role, MORE_THAN_A_PAGE))
    begun, rest = ids[:150], ids[150:]
    await scene.read(object, begun, [title])
    budgets = scene.destination.pacer.budgets
    limits = {name: budget.limit for name, budget in budgets.items()}
    for name, budget in budgets.items():
        budget.limit = replace(budget.limit, reserve=scene.destination.pacer.remaining(name) or 0)
    try:
        await scene.read(object, rest, [title])
    except PausedForQuota as paused:
        scene.hear([str(paused), paused.next_step])
    else:
        raise NotKept("a spent budget does not pause the reading")
    for name, budget in budgets.items():
        budget.limit = limits[name]
    mark = scene.mark()

    there = await scene.read(object, rest, [title])

    require(there.keys() == set(rest), f"{len(rest) - len(there)} of {len(rest)} records pass for absent after a pause")
    spent = sum(entry.cost for entry in scene.calls(mark))
    most = scene.destination.cost(object, "read", len(ids)).units
    require(spent <= most, f"{spent} units were spent on the rest of what costs {most} in all")
