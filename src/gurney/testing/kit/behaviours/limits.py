"""Limits: one bad record fails by itself, in the vendor's words, and takes no other with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gurney.records import State, Value
from gurney.schema import FieldType
from gurney.testing.kit.adapter import Role
from gurney.testing.kit.behaviour import EACH_ROUTE, behaviour
from gurney.testing.kit.judging import judge_arrived, judge_done, judge_refused, judge_stored, refuse_all, require
from gurney.testing.kit.samples import BAD_EMAIL, CANARY, EMAILS, PHONES, UNKNOWN_OPTION, URLS
from gurney.testing.kit.scene import Scene

DOUBTFUL = (
    *EMAILS,
    *PHONES,
    *URLS,
    "a..b@example.com",
    ".ada@example.com",
    "ada@localhost",
    "ada@example.c",
    "ada lee@example.com",
    "ada@exam_ple.com",
    "müller@example.com",
    "ext. 12",
    "0299990000 / 0400111222",
    "call reception",
    "++61",
    "example",
    "www.example.com",
    "ftp://example.com/x",
    "https://exämple.com",
)
"""Addresses, numbers and links of which some vendor refuses some."""


async def refuses_alone(scene: Scene, field: str, value: Value) -> None:
    """Among good records one with the value: it fails and names the field, the others arrive."""
    role = scene.role
    bad = scene.create(role, {field: value})
    good = scene.creates(role, 4)
    writes = [*good[:2], bad, *good[2:]]

    outcomes = await scene.write(writes)

    judge_refused(bad, outcomes[2], field)
    await judge_arrived(scene, role, good, [*outcomes[:2], *outcomes[3:]])
    require(len(scene.witness.rows(role.object)) == len(good), "the refused record is there, or another is missing")
    require(CANARY not in f"{outcomes[2].words} {outcomes[2].code}", "the words about a refusal hold its value")


def first_of(role: Role, types: Sequence[FieldType]) -> str:
    """The first field of one of the types; '' where the object has none."""
    return next((name for name, type in role.fields.items() if type in types), "")


@behaviour(over=EACH_ROUTE, provokes=True)
async def refuses_a_text_that_is_too_long(scene: Scene) -> None:
    """A text beyond its field fails alone and is not cut."""
    field = first_of(scene.role, [FieldType.TEXT])
    most = scene.schema.objects[scene.role.object].fields[field].max_length
    require(most, f"{field} is described without a length")
    await refuses_alone(scene, field, (CANARY * (most or 1))[: (most or 1) + 1])


@behaviour(over=EACH_ROUTE, provokes=True)
async def refuses_an_unknown_option(scene: Scene) -> None:
    """A pick-list value that is not on the list fails alone."""
    field = first_of(scene.role, [FieldType.PICKLIST])
    require(field, f"the adapter gives {scene.role.object} no pick-list")
    await refuses_alone(scene, field, UNKNOWN_OPTION)


@behaviour(over=EACH_ROUTE, provokes=True)
async def refuses_a_bad_address(scene: Scene) -> None:
    """An e-mail address that is none fails alone."""
    field = first_of(scene.role, [FieldType.EMAIL])
    if field:
        await refuses_alone(scene, field, BAD_EMAIL)


@behaviour(over=EACH_ROUTE)
async def refuses_fields_that_it_does_not_have(scene: Scene) -> None:
    """A value for a field that is not there fails its record instead of getting lost."""
    role = scene.role
    bad, good = scene.create(role, {"Kit_No_Such_Field": "lost"}), scene.create(role, {})

    outcomes = await scene.write([bad, good])

    judge_refused(bad, outcomes[0], "Kit_No_Such_Field")
    await judge_arrived(scene, role, [good], outcomes[1:])


@behaviour(over=EACH_ROUTE, provokes=True)
async def refuses_objects_that_it_does_not_have(scene: Scene) -> None:
    """Records of an object that nobody provisioned fail with words, and are not tried elsewhere."""
    role = replace(scene.role, object="Kit_No_Such_Object__c")
    writes = [scene.create(role, {}) for _ in range(2)]

    outcomes = await scene.write(writes)

    refuse_all(f"{one.key}: {one.state}" for one in outcomes if one.state is not State.FAILED or not one.words)


@behaviour(over=EACH_ROUTE, provokes=True)
async def refuses_updates_alone(scene: Scene) -> None:
    """Among updates the one with a text too long fails by itself and changes nothing; so does one of a gone record."""
    role = scene.role
    field = first_of(role, [FieldType.TEXT])
    most = scene.schema.objects[role.object].fields[field].max_length or 1
    writes = scene.creates(role, 4)
    made = await scene.write(writes)
    judge_done(writes, made)
    ids = [one.destination_id or "" for one in made]
    await scene.destination.delete(role.object, ids[3:])
    texts = ("one", (CANARY * most)[: most + 1], "three", "four")
    updates = [scene.update(write, id, {field: text}) for write, id, text in zip(writes, ids, texts, strict=True)]

    outcomes = await scene.write(updates)

    judge_refused(updates[1], outcomes[1], field)
    require(outcomes[3].state == "failed", f"the update of a deleted record is {outcomes[3].state}")
    whole = [scene.whole(writes[at], updates[at]) for at in (0, 2)]
    judge_stored(scene, role, whole, [outcomes[0], outcomes[2]])
    judge_stored(scene, role, [writes[1]], [made[1]])


@behaviour(provokes=True)
async def takes_what_its_rules_take(scene: Scene) -> None:
    """What `accepts` lets pass arrives; ordinary addresses, numbers and links pass."""
    role = scene.person
    for type, ordinary in ((FieldType.EMAIL, EMAILS), (FieldType.PHONE, PHONES), (FieldType.URL, URLS)):
        rule = scene.accepts.get(type.value)
        field = first_of(role, [type])
        if rule is None or not field:
            continue
        refuse_all(f"{type}: {text!r} is an ordinary one, but is not let pass" for text in ordinary if not rule(text))
        writes = [scene.create(role, {field: text}) for text in DOUBTFUL if rule(text)]
        outcomes = await scene.write(writes)
        await judge_arrived(scene, role, writes, outcomes)
