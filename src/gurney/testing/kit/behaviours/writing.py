"""Writing: what is meant arrives, by every route, alone and in company, and nothing beside it."""

from __future__ import annotations

from gurney.records import Kind, State, Value
from gurney.schema import FieldType
from gurney.testing.kit.behaviour import EACH_OBJECT, EACH_ROUTE, behaviour
from gurney.testing.kit.judging import (
    judge_arrived,
    judge_count,
    judge_done,
    judge_stored,
    refuse_all,
    require,
    same,
    stored,
)
from gurney.testing.kit.samples import records
from gurney.testing.kit.scene import Scene


def everything(scene: Scene) -> list[dict[str, Value]]:
    """Records with every hostile value of every field of the case's object."""
    return records(scene.role, scene.schema.objects[scene.role.object].fields, scene.accepts)


def changes(scene: Scene, before: list[dict[str, Value]]) -> list[dict[str, Value]]:
    """For each record the values of the next one; what is told at creation alone is left out."""
    return [
        {name: value for name, value in fields.items() if name not in scene.role.always}
        for fields in before[1:] + before[:1]
    ]


@behaviour(over=EACH_ROUTE)
async def keeps_every_value(scene: Scene) -> None:
    """Every hostile value of every type arrives as it was meant."""
    writes = [scene.create(scene.role, fields) for fields in everything(scene)]

    outcomes = await scene.write(writes)

    await judge_arrived(scene, scene.role, writes, outcomes)
    judge_count(scene, scene.role, len(writes))
    require(all(outcome.created for outcome in outcomes), "new records are said to have been there already")


@behaviour(over=EACH_ROUTE)
async def keeps_every_value_alone(scene: Scene) -> None:
    """A batch of one arrives like any other."""
    writes = [scene.create(scene.role, fields) for fields in everything(scene)[::3]]

    outcomes = [(await scene.write_batch([write], scene.route))[0] for write in writes]

    await judge_arrived(scene, scene.role, writes, outcomes)
    judge_count(scene, scene.role, len(writes))


@behaviour(over=EACH_OBJECT)
async def writes_the_same_by_every_route(scene: Scene) -> None:
    """The same records by each route are stored letter for letter the same."""
    results: dict[str, list[dict[str, Value]]] = {}
    for name, route in scene.routes(scene.role).items():
        writes = [scene.create(scene.role, fields) for fields in everything(scene)]
        outcomes = await scene.write(writes, route)
        judge_done(writes, outcomes)
        rows = {scene.witness.id(row): row for row in scene.witness.rows(scene.role.object)}
        names = [name for name in writes[0].fields if name != scene.role.key_field]
        results[name] = [stored(scene, scene.role, rows[one.destination_id or ""], names) for one in outcomes]
    first, *others = results
    refuse_all(
        f"{scene.role.object} {field}: {first} stored {value!r}, {other} {there[field]!r}"
        for other in others
        for here, there in zip(results[first], results[other], strict=True)
        for field, value in here.items()
        if not same(value, there[field])
    )


@behaviour(over=EACH_ROUTE, provisioned=False)
async def offers_the_routes_that_it_should(scene: Scene) -> None:
    """The routes are those that the adapter declares, each takes something, and an empty batch is nothing."""
    names = tuple(scene.routes(scene.role))
    require(sorted(names) == sorted(scene.role.routes), f"{scene.role.object} has {names}, not {scene.role.routes}")
    require(scene.route.batch_size > 0 and scene.route.in_flight > 0, f"{scene.route} takes nothing")

    mark = scene.mark()

    require(await scene.destination.write([], scene.route) == [], "an empty batch has outcomes")
    require(not scene.calls(mark), "an empty batch costs a call")


@behaviour(over=EACH_OBJECT, provisioned=False)
async def chooses_one_of_its_routes(scene: Scene) -> None:
    """Whatever is to be written, the chosen route is one of those that are offered."""
    routes = scene.destination.routes(scene.role.object)
    for kind in (Kind.CREATE, Kind.UPDATE, Kind.LINK):
        for count in (0, 1, 2, 99, 1_000, 20_000, 1_000_000):
            chosen = scene.destination.route(scene.role.object, kind, count)
            require(chosen in routes, f"for {count} {kind} it chose {chosen.name}, which is not offered")


@behaviour(over=EACH_ROUTE)
async def fills_a_batch(scene: Scene) -> None:
    """A whole batch, or five hundred, and one more arrive under one `write` each."""
    size = min(scene.route.batch_size, 500)
    writes = scene.creates(scene.role, size + 1)

    outcomes = await scene.write(writes)

    judge_done(writes, outcomes)
    judge_stored(scene, scene.role, writes, outcomes)


@behaviour(over=EACH_ROUTE)
async def updates_only_what_it_is_told(scene: Scene) -> None:
    """An update changes the named fields to any hostile value, and leaves the others alone."""
    before = everything(scene)
    writes = [scene.create(scene.role, fields) for fields in before]
    made = await scene.write(writes)
    judge_done(writes, made)
    kept = sorted(scene.role.fields)[::2]
    after = [{name: value for name, value in fields.items() if name not in kept} for fields in changes(scene, before)]
    updates = [
        scene.update(write, outcome.destination_id or "", fields)
        for write, outcome, fields in zip(writes, made, after, strict=True)
    ]

    outcomes = await scene.write(updates)

    judge_done(updates, outcomes)
    require(
        [one.destination_id for one in outcomes] == [one.destination_id for one in made], "an update has another id"
    )
    whole = [scene.whole(write, update) for write, update in zip(writes, updates, strict=True)]
    await judge_arrived(scene, scene.role, whole, outcomes)
    judge_count(scene, scene.role, len(whole))


@behaviour(over=EACH_ROUTE)
async def empties_fields(scene: Scene) -> None:
    """None in an update empties the field, whatever it held."""
    writes = [scene.create(scene.role, fields) for fields in everything(scene)[:8]]
    made = await scene.write(writes)
    judge_done(writes, made)
    nothing = {name: None for name, type in scene.role.fields.items() if _may_be_empty(scene, name, type)}
    updates = [
        scene.update(write, outcome.destination_id or "", nothing) for write, outcome in zip(writes, made, strict=True)
    ]

    outcomes = await scene.write(updates)

    whole = [scene.whole(write, update) for write, update in zip(writes, updates, strict=True)]
    await judge_arrived(scene, scene.role, whole, outcomes)
    judge_count(scene, scene.role, len(whole))


def _may_be_empty(scene: Scene, name: str, type: FieldType) -> bool:
    return type is not FieldType.BOOLEAN and name not in scene.role.never_empty


@behaviour(over=EACH_ROUTE)
async def never_writes_twice(scene: Scene) -> None:
    """What is written again by the same key is the same record, and is said to have been there."""
    writes = scene.creates(scene.role, 5)
    first = await scene.write(writes)
    judge_done(writes, first)

    again = await scene.write(writes)

    judge_done(writes, again)
    judge_stored(scene, scene.role, writes, again)
    require(
        [one.destination_id for one in again] == [one.destination_id for one in first], "the second time made new ids"
    )
    require(not any(one.created for one in again), "the second time is said to have created")
    mixed = [*writes[:2], *scene.creates(scene.role, 2)]
    outcomes = await scene.write(mixed)
    require([one.created for one in outcomes] == [False, False, True, True], "old and new records are mixed up")
    judge_stored(scene, scene.role, mixed, outcomes)
    judge_count(scene, scene.role, len(writes) + 2)


@behaviour(over=EACH_ROUTE, provokes=True)
async def keeps_one_of_a_key(scene: Scene) -> None:
    """Two writes of one key side by side end as one record, and their neighbour arrives."""
    one, other = scene.creates(scene.role, 2)
    double = scene.create(scene.role, {}, key_value=one.key_value)

    outcomes = await scene.write([one, double, other])

    judge_stored(scene, scene.role, [other], outcomes[2:])
    ids = {outcome.destination_id for outcome in outcomes[:2] if outcome.state is State.DONE}
    count = len(scene.witness.rows(scene.role.object))
    require(count == len(ids) + 1 <= 2, f"two writes of one key were done as {len(ids)} records; {count} are there")
