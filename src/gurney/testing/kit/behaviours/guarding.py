"""Guarded updates: what a person changed since is not overwritten."""

from __future__ import annotations

from dataclasses import replace

from gurney.records import Kind, Outcome, State, Write
from gurney.testing.kit.behaviour import EACH_ROUTE, behaviour
from gurney.testing.kit.behaviours.writing import changes, everything
from gurney.testing.kit.judging import judge_done, judge_stored, require
from gurney.testing.kit.scene import Scene


async def two_made(scene: Scene) -> tuple[list[Write], list[Write]]:
    """Two records, and an update of each that minds changes made after now."""
    writes = scene.creates(scene.role, 2)
    ids = await scene.written(writes)
    there = await scene.read(scene.role.object, ids, [scene.role.title])
    updates = [
        scene.update(write, id, {scene.role.title: "Kit changed"}, unless_modified_since=there[id].modified_at)
        for write, id in zip(writes, ids, strict=True)
    ]
    return writes, updates


@behaviour(over=EACH_ROUTE, provokes=True)
async def keeps_what_a_person_changed(scene: Scene) -> None:
    """An update is refused when somebody changed the record meanwhile; its neighbour goes through."""
    writes, updates = await two_made(scene)
    title = scene.role.title
    id = updates[0].destination_id
    await scene.by_person("edit", object=scene.role.object, id=id, fields={title: "A person's name"})

    outcomes = await scene.write(updates)

    require(outcomes[0].state is State.FAILED and outcomes[0].code, f"the guarded update is {outcomes[0].state}")
    require(outcomes[0].words, "nobody is told why it was not updated")
    edited = scene.whole(writes[0], scene.update(writes[0], id or "", {title: "A person's name"}))
    judge_stored(scene, scene.role, [edited], [scene.done(edited)])
    judge_stored(scene, scene.role, [scene.whole(writes[1], updates[1])], outcomes[1:])


@behaviour(over=EACH_ROUTE)
async def updates_what_nobody_changed(scene: Scene) -> None:
    """A guarded update goes through when the record is as it was left."""
    writes, updates = await two_made(scene)
    scene.twin.clock.advance(600)

    outcomes = await scene.write(updates)

    judge_done(updates, outcomes)
    judge_stored(scene, scene.role, [scene.whole(*pair) for pair in zip(writes, updates, strict=True)], outcomes)
    there = await scene.read(scene.role.object, [one.destination_id or "" for one in outcomes], [scene.role.title])
    for outcome in outcomes:
        stamp = there[outcome.destination_id or ""].modified_at
        require(outcome.modified_at in (None, stamp), f"changed at {stamp}, but the outcome says {outcome.modified_at}")


@behaviour(over=EACH_ROUTE)
async def puts_back_what_was_there(scene: Scene) -> None:
    """A rollback's write gives every field its old value again, empty ones too, unless a person was there."""
    role = scene.role
    before = everything(scene)[:6]
    writes = [scene.create(role, fields) for fields in before]
    ids = await scene.written(writes)
    names = sorted(role.fields)
    kept = await scene.read(role.object, ids, names)
    pairs = list(zip(writes, ids, strict=True))
    others = changes(scene, before)
    updates = [scene.update(write, id, fields) for (write, id), fields in zip(pairs, others, strict=True)]
    judge_done(updates, await scene.write(updates))
    there = await scene.read(role.object, ids, names)
    restores = [
        replace(
            scene.update(write, id, kept[id].fields, Kind.RESTORE, unless_modified_since=there[id].modified_at),
            key_field="",
            key_value="",
        )
        for write, id in pairs
    ]

    outcomes = await scene.write(restores)

    judge_done(restores, outcomes)
    old = [replace(write, fields={name: write.fields.get(name) for name in names}) for write in writes]
    judge_stored(scene, role, old, [Outcome.done(write.key, id) for write, id in pairs])
