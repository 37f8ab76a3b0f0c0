"""Owners: users are told with whether they are active, and records go to the one who was named."""

from __future__ import annotations

from gurney.destinations.protocol import User
from gurney.records import Link, State, Value, Write
from gurney.testing.kit.behaviour import EACH_OWNED, EACH_OWNED_ROUTE, behaviour
from gurney.testing.kit.judging import judge_done, judge_stored, refuse_all, require
from gurney.testing.kit.scene import LEAVER, OWNER, Scene


async def user_named(scene: Scene, email: str) -> User:
    found = [user for user in await scene.destination.users() if user.email == email]
    require(len(found) == 1, f"{email} is told {len(found)} times")
    return found[0]


def stored_owner(scene: Scene, id: str) -> Value:
    owner = scene.destination.capabilities.owner_field
    row = next(row for row in scene.witness.rows(scene.role.object) if scene.witness.id(row) == id)
    return scene.witness.neutral(scene.type_of(scene.role, owner), row.get(owner))


def owned_by(scene: Scene, ids: list[str], owner: User) -> None:
    """Raise NotKept unless all of these records are the user's."""
    found = [(id, stored_owner(scene, id)) for id in ids]
    refuse_all(f"{id} belongs to {who}, not to {owner.id}" for id, who in found if who != Link("", owner.id))


@behaviour()
async def tells_who_is_active(scene: Scene) -> None:
    """Everybody is told with e-mail and name; who has left is told as not active."""
    scene.witness.deactivate(LEAVER)

    stays, left = await user_named(scene, OWNER), await user_named(scene, LEAVER)

    require(stays.active and not left.active, "active and inactive users are mixed up")
    require(stays.id and stays.name, "a user without id or name")


@behaviour(over=EACH_OWNED_ROUTE)
async def sets_owners(scene: Scene) -> None:
    """A record belongs to the user who was named, at creation and by an update; without one, to somebody or nobody."""
    role = scene.role
    owner, other = await user_named(scene, OWNER), await user_named(scene, LEAVER)
    writes = [
        scene.create(role, {}, owner_id=owner.id),
        scene.create(role, {}),
        scene.create(role, {}, owner_id=other.id),
    ]

    outcomes = await scene.write(writes)

    judge_done(writes, outcomes)
    ids = [one.destination_id or "" for one in outcomes]
    owned_by(scene, ids[:1], owner)
    owned_by(scene, ids[2:], other)
    require(role.may_be_unowned or stored_owner(scene, ids[1]), "a record without an owner")
    update = scene.update(writes[0], ids[0], {}, owner_id=other.id)
    judge_done([update], await scene.write([update]))
    owned_by(scene, ids[:1], other)
    name = scene.destination.capabilities.owner_field
    there = await scene.destination.read(role.object, ids[:1], [name])
    read = there[ids[0]].fields[name]
    require(isinstance(read, Link) and read.id == other.id, f"the owner is read as {read}")


@behaviour(over=EACH_OWNED)
async def settles_a_change_of_owner(scene: Scene) -> None:
    """Settling an update looks at the owner as well."""
    owner = await user_named(scene, OWNER)
    (write,) = scene.creates(scene.role, 1)
    (id,) = await scene.written([write])
    update: Write = scene.update(write, id, {}, owner_id=owner.id)

    before = await scene.destination.settle([update])
    await scene.write([update], scene.first_route(write.object))
    after = await scene.destination.settle([update])

    require(before == [None], "a change of owner that was never sent counts as done")
    require(after[0] is not None, "a change of owner that was made counts as absent")


@behaviour(over=EACH_OWNED_ROUTE, provokes=True)
async def refuses_owners_who_left(scene: Scene) -> None:
    """A record for an inactive user fails alone; nobody else gets it in silence."""
    left = await user_named(scene, LEAVER)
    scene.witness.deactivate(LEAVER)
    bad, good = scene.create(scene.role, {}, owner_id=left.id), scene.create(scene.role, {})

    outcomes = await scene.write([bad, good])

    require(outcomes[0].state is State.FAILED and outcomes[0].words, f"an inactive owner: {outcomes[0].state}")
    judge_stored(scene, scene.role, [good], outcomes[1:])
    require(len(scene.witness.rows(scene.role.object)) == 1, "the record of an inactive owner is there")
