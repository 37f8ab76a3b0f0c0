"""Deletion: gone once and for all, and never with somebody else's children unseen."""

from __future__ import annotations

from gurney.testing.kit.behaviour import EACH_OBJECT, behaviour
from gurney.testing.kit.judging import judge_stored, require
from gurney.testing.kit.scene import Scene

MANY = 220
"""More ids than any vendor deletes in one call."""


@behaviour(over=EACH_OBJECT, provokes=True)
async def deletes_twice_without_harm(scene: Scene) -> None:
    """What is deleted is gone, asking again is no error, and the others stay."""
    role = scene.role
    writes = scene.creates(role, 5)
    outcomes = await scene.write(writes, scene.first_route(role.object))
    ids = [one.destination_id or "" for one in outcomes]

    first = await scene.destination.delete(role.object, ids[:2])
    second = await scene.destination.delete(role.object, ids[:3])

    require(first == dict.fromkeys(ids[:2], ""), f"deleting says {first}")
    require(second == dict.fromkeys(ids[:3], ""), f"deleting again says {second}")
    judge_stored(scene, role, writes[3:], outcomes[3:])
    require(len(scene.witness.rows(role.object)) == 2, "a deleted record is still there")
    require(not await scene.read(role.object, ids[:3], [role.title]), "a deleted record is read")
    keys = [write.key_value for write in writes[:3]]
    require(not await scene.destination.find(role.object, role.key_field, keys), "a deleted record is found")
    require(await scene.destination.delete(role.object, []) == {}, "deleting nothing deletes something")


@behaviour(provokes=True)
async def deletes_many(scene: Scene) -> None:
    """More than one call's worth goes, those among them that were gone already too."""
    role = scene.person
    ids = await scene.written(scene.creates(role, MANY))
    await scene.destination.delete(role.object, ids[100:110])

    said = await scene.destination.delete(role.object, ids)

    require(said == dict.fromkeys(ids, ""), f"{sum(map(bool, said.values()))} of {len(said)} were not deleted")
    require(not scene.witness.rows(role.object), "deleted records are still there")


@behaviour(over=EACH_OBJECT)
async def writes_again_what_was_deleted(scene: Scene) -> None:
    """After a rollback the same keys are written anew."""
    writes = scene.creates(scene.role, 3)
    ids = await scene.written(writes)
    await scene.destination.delete(scene.role.object, ids)
    require(await scene.destination.settle(writes) == [None] * 3, "what was deleted is settled as done")

    outcomes = await scene.write(writes, scene.first_route(scene.role.object))

    judge_stored(scene, scene.role, writes, outcomes)
    require(all(one.created for one in outcomes), "a new record is said to have been there")
    require(not set(ids) & {one.destination_id for one in outcomes}, "a deleted record's id is given again")


@behaviour(provokes=True)
async def deletes_notes(scene: Scene) -> None:
    """Notes are deleted by their ids, twice without harm, and others stay."""
    role, parent = scene.note, await scene.person_made()
    writes = [scene.note_on(parent, f"Kit [cliniko:notes:{at} 1/1]", f"Text {at}") for at in range(3)]
    ids = await scene.written(writes)
    parents = dict.fromkeys(ids, parent)

    first = await scene.destination.delete(role.object, ids[:2], parents=parents)
    again = await scene.destination.delete(role.object, ids[:2], parents=parents)

    require(first == again == dict.fromkeys(ids[:2], ""), f"deleting says {first}, then {again}")
    require({one.id for one in scene.witness.hanging(role)} == set(ids[2:]), "not exactly the third note is left")
    left = (await scene.destination.read_children([parent], role.object))[parent.id]
    require([note.id for note in left] == ids[2:], "a deleted note is listed")


@behaviour()
async def names_children_of_others(scene: Scene) -> None:
    """Before a deletion it names what others have hung on a record, and only that."""
    role = scene.person
    ours, lonely, theirs = [await scene.person_made() for _ in range(3)]
    hung = [scene.note_on(one, "Kit [cliniko:notes:1 1/1]", "Ours") for one in (ours, theirs)]
    notes = await scene.written(hung)
    files = await scene.written([scene.file_on(ours, "ours.txt", b"ours")])
    child = scene.child
    children = await scene.written([scene.create(child, {child.lookups["person"]: ours})])
    strange = scene.witness.add_by_others(theirs)

    ids = [ours.id, lonely.id, theirs.id]
    made = ((scene.note, notes), (scene.file, files), (child, children))
    known = frozenset(f"{one.object}/{id}" for one, made_ids in made for id in made_ids)
    found = await scene.destination.children_of_others(role.object, ids, known)

    require(found == {theirs.id: [strange]}, f"children of others: {found}, expected {strange} alone")
    require(await scene.destination.children_of_others(role.object, [], frozenset()) == {}, "nothing has children")
