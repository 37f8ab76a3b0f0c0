"""Lookups: to parents at creation, later by themselves, and never to nothing."""

from __future__ import annotations

from gurney.records import Kind, Link, Value
from gurney.testing.kit.behaviour import behaviour
from gurney.testing.kit.judging import judge_arrived, judge_refused, require
from gurney.testing.kit.scene import Scene


async def parents(scene: Scene) -> dict[str, Value]:
    """A new record for each lookup of the child, by field."""
    roles = {"person": scene.person, "company": scene.company, "child": scene.child}
    return {field: await scene.made_one(roles[role]) for role, field in scene.child.lookups.items()}


@behaviour()
async def links_children_to_parents(scene: Scene) -> None:
    """A child is created with its lookups, each to its own parent, by every route."""
    role = scene.child
    for route in scene.destination.routes(role.object):
        writes = [scene.create(role, await parents(scene)) for _ in range(3)]

        outcomes = await scene.write(writes, route)

        await judge_arrived(scene, role, writes, outcomes)


@behaviour()
async def links_later(scene: Scene) -> None:
    """Lookups that could not be set at creation are set afterwards, moved, and emptied, by every route."""
    role = scene.child
    for route in scene.destination.routes(role.object):
        writes = scene.creates(role, 3)
        ids = await scene.written(writes, route)
        nothing: dict[str, Value] = dict.fromkeys(role.lookups.values())
        for targets in (await parents(scene), await parents(scene), nothing):
            links = [scene.update(write, id, targets, Kind.LINK) for write, id in zip(writes, ids, strict=True)]

            outcomes = await scene.write(links, route)

            whole = [scene.whole(write, link) for write, link in zip(writes, links, strict=True)]
            await judge_arrived(scene, role, whole, outcomes)


@behaviour(provokes=True)
async def refuses_links_to_nothing(scene: Scene) -> None:
    """A lookup to a record that is gone fails its own record alone, by every route."""
    role = scene.child
    for route in scene.destination.routes(role.object):
        targets = await parents(scene)
        name, target = next(iter(targets.items()))
        require(isinstance(target, Link), "the adapter's child has no lookup")
        assert isinstance(target, Link)
        bad, good = scene.create(role, targets), scene.create(role, {})
        await scene.destination.delete(target.object, [target.id])

        outcomes = await scene.write([bad, good], route)

        judge_refused(bad, outcomes[0], name, must_name=False)  # vendors say that it is gone, seldom where
        await judge_arrived(scene, role, [good], outcomes[1:])
