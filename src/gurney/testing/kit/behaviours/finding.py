"""Finding and reading: by our key alone, complete, and nothing that is not there."""

from __future__ import annotations

from datetime import timedelta

from gurney.records import Link, Value
from gurney.schema import FieldType
from gurney.testing.kit.behaviour import EACH_OBJECT, EACH_ROUTE, behaviour
from gurney.testing.kit.judging import judge_arrived, judge_done, refuse_all, require, same
from gurney.testing.kit.samples import HTML, KEYS, longest, records
from gurney.testing.kit.scene import Scene

MANY = 230
"""More keys and ids than any vendor's query takes at once."""


@behaviour(over=EACH_OBJECT)
async def finds_by_key(scene: Scene) -> None:
    """Each hostile key finds its own record, and no wildcard or quote finds another."""
    role = scene.role
    writes = [scene.create(role, {}, key_value=key) for key in KEYS]
    outcomes = await scene.write(writes)
    judge_done(writes, outcomes)
    absent = ["kit-absent", "o'brien", "4711' or ''='", "100x-4", "471", "%", "_", "back\\\\slash-3"]

    found = await scene.destination.find(role.object, role.key_field, [*KEYS, *absent])

    wanted = {key: outcome.destination_id for key, outcome in zip(KEYS, outcomes, strict=True)}
    refuse_all(
        f"key {key!r} finds {found.get(key)} instead of {id}" for key, id in wanted.items() if found.get(key) != id
    )
    refuse_all(f"key {key!r} finds {id}, but nothing holds it" for key, id in found.items() if key not in wanted)
    alone = await scene.destination.find(role.object, role.key_field, KEYS[1:2])
    require(alone == {KEYS[1]: wanted[KEYS[1]]}, "one key alone does not find its record")
    require(await scene.destination.find(role.object, role.key_field, []) == {}, "no key finds something")


@behaviour(provokes=True)
async def finds_and_reads_many(scene: Scene) -> None:
    """More than one call's worth of keys and ids come back whole, without what is gone."""
    role = scene.person
    writes = scene.creates(role, MANY)
    ids = await scene.written(writes)
    await scene.destination.delete(role.object, ids[:1])

    found = await scene.destination.find(role.object, role.key_field, [write.key_value for write in writes])
    there = await scene.read(role.object, ids, [role.title, role.key_field])

    require(set(found.values()) == set(ids[1:]), f"{len(found)} of {MANY - 1} were found")
    require(set(there) == set(ids[1:]), f"{len(there)} of {MANY - 1} were read")
    wrong = [
        id for id, write in zip(ids[1:], writes[1:], strict=True) if there[id].fields[role.key_field] != write.key_value
    ]
    require(not wrong, f"{len(wrong)} records were read as others")


@behaviour(over=EACH_OBJECT)
async def counts_what_is_there(scene: Scene) -> None:
    """The count is right at once, after writes and after deletions."""
    object = scene.role.object
    before = await scene.destination.count(object)
    ids = await scene.written(scene.creates(scene.role, 4))

    require(await scene.destination.count(object) == before + 4, "new records are not counted")

    await scene.destination.delete(object, ids[:3])
    require(await scene.destination.count(object) == before + 1, "deleted records are counted")


@behaviour()
async def reads_what_is_asked(scene: Scene) -> None:
    """Reading gives exactly the fields asked for, the moment of the last change, and leaves out what is gone."""
    role = scene.person
    (write,) = scene.creates(role, 1)
    (id,) = await scene.written([write])
    made = scene.runtime.clock.now()
    gone = await scene.made_one(role)
    await scene.destination.delete(role.object, [gone.id])

    there = await scene.destination.read(role.object, [id, gone.id, id], [role.title])

    require(set(there) == {id}, "a deleted record is read")
    require(set(there[id].fields) == {role.title}, f"asked for {role.title}, got {sorted(there[id].fields)}")
    changed = there[id].modified_at
    require(changed is not None and changed.tzinfo is not None, "no aware moment of the last change")
    require(changed and abs(changed - made) < timedelta(minutes=2), f"changed at {made}, but read as {changed}")
    require(await scene.destination.read(role.object, [], [role.title]) == {}, "nothing is read as something")


@behaviour(over=EACH_ROUTE)
async def reads_long_texts_whole(scene: Scene) -> None:
    """Texts of the greatest length arrive and come back to the last character, whatever the route can carry."""
    role, fields = scene.role, scene.schema.objects[scene.role.object].fields
    long: dict[str, Value] = {
        name: longest(fields[name].max_length or 255) if type is not FieldType.RICH_TEXT else HTML[3] * 8
        for name, type in role.fields.items()
        if type in (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.RICH_TEXT)
    }
    writes = [scene.create(role, long) for _ in range(3)]

    outcomes = await scene.write(writes)

    await judge_arrived(scene, role, writes, outcomes)


@behaviour()
async def tells_different_values_apart(scene: Scene) -> None:
    """`comparable` takes no two values for the same that a person would tell apart."""
    role = scene.person
    fields = scene.schema.objects[role.object].fields
    found: list[str] = []
    for name, type in role.fields.items():
        seen: list[tuple[Value, Value]] = []
        samples = [record.get(name) for record in records(role, fields, scene.accepts)]
        for value in dict.fromkeys([*samples, *_near(type)]):
            plain = scene.alike(role, name, value)
            found += [
                f"{name} ({type}): {value!r} and {other!r} are taken for the same"
                for other, as_compared in seen
                if same(plain, as_compared)
            ]
            seen.append((value, plain))
    refuse_all(found)
    one, two = Link(role.object, "1"), Link(role.object, "2")
    lookup = next(iter(scene.child.lookups.values()))
    require(
        not same(scene.alike(scene.child, lookup, one), scene.alike(scene.child, lookup, two)), "all links are the same"
    )


def _near(type: FieldType) -> list[Value]:
    """Values that differ by little."""
    if type in (FieldType.TEXT, FieldType.LONG_TEXT):
        return ["ann", "Ann", "Ánn", "a b", "a  b", "ab", "x" * 90, "x" * 91]
    if type is FieldType.RICH_TEXT:
        return ["<p>ann</p>", "<p>Ann</p>", "<p>Ann Lee</p>"]
    return []
