"""Schema: made once, verified when the admin made it, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gurney.schema import FieldType, NewField, NewObject, NewOptions, Provisioned
from gurney.testing.kit.adapter import LABELS, Role
from gurney.testing.kit.behaviour import behaviour
from gurney.testing.kit.judging import judge_arrived, refuse_all, require
from gurney.testing.kit.scene import Scene


def made_fields(scene: Scene) -> Iterator[tuple[str, NewField, Provisioned]]:
    """Every planned field with its object's real name and what became of it."""
    objects = {one.change.name: one.actual_name for one in scene.made if isinstance(one.change, NewObject)}
    for one in scene.made:
        if isinstance(one.change, NewField):
            yield objects.get(one.change.object) or one.change.object, one.change, one


@behaviour()
async def describes_what_was_made(scene: Scene) -> None:
    """Each new field is described with its type, length, options, target, and that it can be written."""
    require(scene.witness.schema(), "the twin has no custom field: nothing was made")
    found = []
    for object, change, made in made_fields(scene):
        field = scene.schema.objects[object].fields.get(made.actual_name or change.name)
        if field is None:
            found.append(f"{object}.{change.name} was made, but is not described")
            continue
        if field.type is not change.type:
            found.append(f"{object}.{change.name} is described as {field.type}, not {change.type}")
        if change.unique and not field.unique:
            found.append(f"{object}.{change.name} is not described as unique")
        if (not field.writable and change.type is not FieldType.FILE) or not field.custom:  # files fill theirs
            found.append(f"{object}.{change.name} is described as not writable or not custom")
        if change.length and (field.max_length or 0) < change.length:
            found.append(f"{object}.{change.name} holds {field.max_length} of {change.length} characters")
        if missing := set(change.options) - set(field.options):
            found.append(f"{object}.{change.name} lacks the options {sorted(missing)}")
        if change.lookup_to and scene.of(_role(scene, change.lookup_to)).object != field.lookup_to:
            found.append(f"{object}.{change.name} looks up {field.lookup_to}, not {change.lookup_to}")
    refuse_all(found)
    unknown = await scene.destination.describe(["Kit_No_Such_Object"])
    require(not unknown.objects, "an object that does not exist is described")


def _role(scene: Scene, object: str) -> Role:
    return next(role for role in scene.adapter.roles if role.object == object)


@behaviour(provisioned=False)
async def makes_nothing_in_a_dry_run(scene: Scene) -> None:
    """A dry run says of each change that it is not there, and makes nothing."""
    before = scene.witness.schema()

    planned = await scene.destination.provision(scene.adapter.changes, dry_run=True)

    require([one.change for one in planned] == list(scene.adapter.changes), "not one answer a change, in order")
    refuse_all(
        f"{one.change}: {one.state} in a dry run" for one in planned if one.state in ("created", "existing", "failed")
    )
    require(scene.witness.schema() == before, "a dry run made something")


@behaviour()
async def makes_nothing_the_second_time(scene: Scene) -> None:
    """Provisioning again finds everything there, by the same names, and makes nothing."""
    before = scene.witness.schema()

    again = await scene.destination.provision(scene.adapter.changes)

    refuse_all(f"{one.change}: {one.state} {one.words} the second time" for one in again if one.state != "existing")
    refuse_all(
        f"{one.change}: was {first.actual_name}, and is {one.actual_name}"
        for first, one in zip(scene.made, again, strict=True)
        if first.actual_name != one.actual_name
    )
    require(scene.witness.schema() == before, "the second time made something")


@behaviour(provisioned=False)
async def makes_nothing_twice_when_answers_get_lost(scene: Scene) -> None:
    """With every third answer lost, provisioning and its repetition make each thing once."""
    before = scene.witness.schema()
    scene.disturb({"match": {"method": "POST", "nth": {"every": 3}}, "do": "drop_after"})
    first = await scene.destination.provision(scene.adapter.changes)
    lost = sum(entry.fault is not None for entry in scene.twin.journal)
    scene.disturb()

    again = await scene.destination.provision(scene.adapter.changes)

    require(lost, "the kit could not lose an answer: provisioning makes fewer than three calls")
    require(len(first) == len(again) == len(scene.adapter.changes), "not one answer a change")
    found = [f"{one.change}: {one.state} {one.words}" for one in again if one.state not in ("created", "existing")]
    refuse_all(found)
    made = scene.witness.schema() - before
    require(len(made) == len(again), f"{len(made)} things were made for {len(again)} changes")


@behaviour(provisioned=False)
async def takes_over_what_an_admin_made(scene: Scene) -> None:
    """A field that the vendor's admin made as it should be is 'existing', and is written to."""
    change = _text_field(scene)
    await scene.witness.make_by_hand(change)
    by_hand = scene.witness.schema()

    (made,) = await scene.destination.provision([change])

    require(made.state == "existing", f"a field made by hand is {made.state}: {made.words}")
    require(scene.witness.schema() == by_hand, "a field made by hand was changed")
    await scene.provision()
    write = scene.create(scene.person, {made.actual_name: "by hand"})
    await judge_arrived(scene, scene.person, [write], await scene.write([write], scene.first_route(write.object)))


@behaviour(provisioned=False)
async def names_what_an_admin_made_wrong(scene: Scene) -> None:
    """A field of another type than needed is left alone, and words say what to do."""
    change = _text_field(scene)
    await scene.witness.make_by_hand(replace(change, type=FieldType.DATE, length=None))
    before = scene.witness.schema()

    (made,) = await scene.destination.provision([change])

    require(made.state in ("by_hand", "failed"), f"a date is taken for a text: {made.state}")
    require(change.label in made.words or change.name in made.words, f"the words do not name the field: {made.words}")
    require(scene.witness.schema() == before, "somebody else's field was changed")


def _text_field(scene: Scene) -> NewField:
    object = scene.adapter.person.object
    label = LABELS[FieldType.TEXT]
    return next(
        change
        for change in scene.adapter.changes
        if isinstance(change, NewField) and change.object == object and change.label == label
    )


@behaviour()
async def adds_options(scene: Scene) -> None:
    """New pick-list values are added to those that are there, once, and can be written."""
    role = scene.person
    name = next(name for name, type in role.fields.items() if type is FieldType.PICKLIST)
    old = scene.schema.objects[role.object].fields[name].options
    change = NewOptions(role.object, name, ("Kit: O'Neill & Co, 100%", *old[:1]))

    (made,) = await scene.destination.provision([change])
    (again,) = await scene.destination.provision([change])

    require((made.state, again.state) == ("created", "existing"), f"{made.state} {made.words}, then {again.state}")
    options = (await scene.destination.describe([role.object])).objects[role.object].fields[name].options
    require(options == (*old, change.options[0]), f"the options are {options}")
    write = scene.create(role, {name: change.options[0]})
    await judge_arrived(scene, role, [write], await scene.write([write], scene.first_route(role.object)))


@behaviour(provisioned=False)
async def takes_its_schema_back(scene: Scene) -> None:
    """What was made is deleted as far as the API can, the rest is named for the admin, and nothing else goes."""
    kept = _text_field(scene)
    await scene.witness.make_by_hand(kept)
    before = scene.witness.schema()
    await scene.provision(judged=True)
    deletes = scene.destination.capabilities.deletes_schema

    undone = await scene.destination.unprovision(scene.made)

    made = [one for one in scene.made if one.state == "created"]
    require({one.change for one in undone} == {one.change for one in made}, "not everything that was made is spoken of")
    for one in undone:
        kind = {NewObject: "object", NewField: "field"}.get(type(one.change), "option")
        wanted = {"deleted"} if kind in deletes else {"deleted", "by_hand"}
        require(one.state in wanted, f"{one.change}: {one.state} {one.words}")
        require(one.words or one.state == "deleted", f"{one.change} is left, and nobody is told what to do")
    left = {str(one.change.name) for one in undone if one.state == "by_hand" and not isinstance(one.change, NewOptions)}
    rest = {line for line in scene.witness.schema() - before if not any(name in line for name in left)}
    require(not rest, f"still there: {sorted(rest)}")
    require(before <= scene.witness.schema(), "something of others was deleted")
