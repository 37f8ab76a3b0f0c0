"""Lost answers: what took effect is found, what did not is proven absent, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gurney.errors import AnswerLost
from gurney.records import Kind, Link, Outcome, State, Write
from gurney.testing.kit.adapter import Role
from gurney.testing.kit.behaviour import EACH_OBJECT, EACH_ROUTE, EVERYTHING, FILES, NOTES, behaviour
from gurney.testing.kit.judging import judge_done, judge_hanging, judge_settled, judge_stored, refuse_all, require
from gurney.testing.kit.scene import ATTEMPTS, SETTLE_AFTER_S, Scene

TOOK_EFFECT: tuple[dict[str, Any], ...] = (
    {"do": "drop_after"},
    {"do": "reset", "after": True},
    {"do": "status", "status": 502, "body": "<html>Bad gateway</html>", "after": True},
    {"do": "truncate", "keep": 0.5},
    {"do": "garble"},
)
HAD_NO_EFFECT: tuple[dict[str, Any], ...] = (
    {"do": "drop_before"},
    {"do": "reset"},
    {"do": "status", "status": 503, "body": "<html>Unavailable</html>"},
)
HALF: tuple[dict[str, Any], ...] = (
    {"do": "partial", "keep": 0.5},
    {"do": "partial", "keep": 0.5, "drop": True},
)


@dataclass(frozen=True, slots=True)
class Loss:
    """The outcomes of a write during which an answer was lost, before and after settling."""

    first: list[Outcome]
    last: list[Outcome]


async def to_rest(scene: Scene, role: Role, writes: Sequence[Write]) -> Loss:
    """Write, settle what is unknown, write again what is absent: as the engine does, each answer held to the truth."""
    first = await _sent(scene, writes)
    outcomes = {write.key: outcome for write, outcome in zip(writes, first, strict=True)}
    for _ in range(ATTEMPTS):
        unknown = [write for write in writes if outcomes[write.key].state is State.SENT]
        if not unknown:
            return Loss(first, [outcomes[write.key] for write in writes])
        await scene.runtime.clock.sleep(SETTLE_AFTER_S)
        settled = await scene.destination.settle(unknown)
        judge_settled(scene, role, unknown, settled)
        outcomes |= {outcome.key: outcome for outcome in settled if outcome is not None}
        absent = [write for write, outcome in zip(unknown, settled, strict=True) if outcome is None]
        outcomes |= {outcome.key: outcome for outcome in await _sent(scene, absent)}
    refuse_all(f"{write.key}: still unknown after {ATTEMPTS} attempts" for write in unknown)
    return Loss(first, list(outcomes.values()))


async def _sent(scene: Scene, writes: Sequence[Write]) -> list[Outcome]:
    """Outcomes of a write; a lost answer is an outcome, never an exception."""
    if not writes:
        return []
    try:
        return await scene.write(writes)
    except AnswerLost as lost:
        require(False, f"a lost answer leaves `write` as an exception: {lost}")
        raise


async def lose(scene: Scene, role: Role, kind: Kind, writes: Sequence[Write], fault: dict[str, Any], at: int) -> Loss:
    """Lose one answer of these writes: the first to the call at that place among those that the write makes."""
    call = scene.witness.write_calls(role, kind, scene.route.name)[at]
    scene.disturb({"match": {"nth": 1, **call}, **fault})
    mark = scene.mark()
    loss = await to_rest(scene, role, writes)
    scene.disturb()
    met = any(entry.fault for entry in scene.twin.journal.since(mark))
    require(met, f"the kit could not lose an answer to {call}: the destination calls something else")
    judge_done(writes, loss.last)
    return loss


def places(scene: Scene, role: Role, kind: Kind) -> range:
    return range(len(scene.witness.write_calls(role, kind, scene.route.name)))


@behaviour(over=EACH_ROUTE)
async def settles_creations_that_took_effect(scene: Scene) -> None:
    """A creation that happened without an answer is found, however the answer was lost, and not made again."""
    for at in places(scene, scene.role, Kind.CREATE):
        for fault in TOOK_EFFECT:
            writes = scene.creates(scene.role, 3)
            loss = await lose(scene, scene.role, Kind.CREATE, writes, fault, at)
            judge_stored(scene, scene.role, writes, loss.last)


@behaviour(over=EACH_ROUTE)
async def settles_creations_that_never_were(scene: Scene) -> None:
    """A creation that did not happen is proven absent and then made, once."""
    for at in places(scene, scene.role, Kind.CREATE):
        for fault in HAD_NO_EFFECT:
            writes = scene.creates(scene.role, 3)
            loss = await lose(scene, scene.role, Kind.CREATE, writes, fault, at)
            judge_stored(scene, scene.role, writes, loss.last)


@behaviour(over=EACH_ROUTE)
async def settles_half_a_batch(scene: Scene) -> None:
    """Of a batch of which half happened, that half is found and the other half is made."""
    for at in places(scene, scene.role, Kind.CREATE):
        for fault in HALF:
            writes = scene.creates(scene.role, 6)
            loss = await lose(scene, scene.role, Kind.CREATE, writes, fault, at)
            judge_stored(scene, scene.role, writes, loss.last)


@behaviour(over=EACH_ROUTE)
async def settles_updates(scene: Scene) -> None:
    """An update whose answer was lost counts as done when the record holds its values, and as absent when not."""
    role = scene.role
    for at in places(scene, role, Kind.UPDATE):
        for number, fault in enumerate((*TOOK_EFFECT, *HAD_NO_EFFECT, *HALF)):
            writes = scene.creates(role, 4)
            made = await scene.write(writes)
            updates = [
                scene.update(write, one.destination_id or "", {role.title: f"Changed {number}-{place}"})
                for place, (write, one) in enumerate(zip(writes, made, strict=True))
            ]
            loss = await lose(scene, role, Kind.UPDATE, updates, fault, at)
            whole = [scene.whole(write, update) for write, update in zip(writes, updates, strict=True)]
            judge_stored(scene, role, whole, loss.last)


@behaviour(over=EACH_OBJECT)
async def settles_old_and_new_together(scene: Scene) -> None:
    """Settling tells each apart: there, never sent, updated, not updated, gone."""
    role = scene.role
    there, absent, kept, removed = scene.creates(role, 4)
    ids = await scene.written([there, kept, removed])
    await scene.destination.delete(role.object, [ids[2]])
    changed = scene.update(kept, ids[1], {role.title: "Kit changed"})
    await scene.write([changed], scene.first_route(role.object))
    unchanged = scene.update(there, ids[0], {role.title: "Kit never sent"})
    unknown = [absent, there, unchanged, changed, removed]

    settled = await scene.destination.settle(unknown)

    judge_settled(scene, role, unknown, settled)
    require([bool(one) for one in settled] == [False, True, False, True, False], "old and new are mixed up")
    require(await scene.destination.settle([]) == [], "settling nothing finds something")


@behaviour(over=EVERYTHING)
async def settles_what_another_process_sent(scene: Scene) -> None:
    """After a kill a process that remembers nothing finds what took effect, proves the rest absent, and goes on."""
    role, parent = scene.role, await scene.person_made()
    scene.route = scene.first_route(role.object)
    earlier, there, absent = [made_of(scene, role, parent) for _ in range(3)]
    judge_done(earlier, await scene.write(earlier))
    calls = scene.witness.write_calls(role, Kind.CREATE, scene.route.name)
    for writes, call, do in ((there, calls[-1], "drop_after"), (absent, calls[0], "drop_before")):
        scene.disturb({"match": call, "do": do})
        require(not [one for one in await scene.write(writes) if one.state is not State.SENT], f"{do} was no loss")
    scene.disturb()
    await scene.runtime.clock.sleep(SETTLE_AFTER_S)

    other = scene.another()
    try:
        settled = await other.settle([*there, *absent])
        judge_settled(scene, role, [*there, *absent], settled)
        last = [one for one in settled if one] + await other.write(absent, scene.route)
    finally:
        await other.close()

    judge = judge_stored if role.key_field else judge_hanging
    judge(scene, role, [*there, *absent], last)


def made_of(scene: Scene, role: Role, parent: Link) -> list[Write]:
    """Two creations of any object; notes and files hang on the parent."""
    if role.object == scene.note.object:
        return [scene.note_on(parent, f"Kit [cliniko:notes:{at} 1/1]", "Text") for at in scene.numbers(2)]
    if role.object == scene.file.object:
        return [scene.file_on(parent, f"{at}.txt", b"text") for at in scene.numbers(2)]
    return scene.creates(role, 2)


@behaviour(over=NOTES)
async def settles_notes(scene: Scene) -> None:
    """Notes carry no key, and are still made once each, whatever was lost: two of one record are told apart."""
    role = scene.role
    parents = [await scene.person_made() for _ in range(2)]
    for at in places(scene, role, Kind.CREATE):
        for number, fault in enumerate((*TOOK_EFFECT, *HAD_NO_EFFECT, *HALF)):
            writes = [
                scene.note_on(parent, f"Kit [cliniko:notes:{number}-{at}-{place} {part}/2]", f"Text {part}", part=part)
                for place, parent in enumerate(parents)
                for part in (1, 2)
            ]
            loss = await lose(scene, role, Kind.CREATE, writes, fault, at)
            judge_hanging(scene, role, writes, loss.last)


@behaviour(over=FILES)
async def settles_files(scene: Scene) -> None:
    """Files carry no key, and are still attached once each, whatever was lost: two of one name are told apart."""
    role = scene.role
    parent = await scene.person_made()
    for at in places(scene, role, Kind.CREATE):
        for number, fault in enumerate((*TOOK_EFFECT, *HAD_NO_EFFECT)):
            writes = [
                scene.file_on(parent, f"scan {number}-{at}-{name}.pdf", b"%PDF" * (7 + len(name)))
                for name in ("a", "bb")
            ]
            loss = await lose(scene, role, Kind.CREATE, writes, fault, at)
            judge_hanging(scene, role, writes, loss.last)


@behaviour(over=EACH_OBJECT, provokes=True)
async def settles_deletions(scene: Scene) -> None:
    """A deletion whose answer was lost is left out of what is said, and may be asked for again."""
    role = scene.role
    for fault in (*TOOK_EFFECT, *HAD_NO_EFFECT):
        ids = await scene.written(scene.creates(role, 3))
        call = scene.witness.write_calls(role, Kind.DELETE, "batch")[0]
        scene.disturb({"match": {"nth": 1, **call}, **fault})
        said = await scene.destination.delete(role.object, ids)
        scene.disturb()
        left = {scene.witness.id(row) for row in scene.witness.rows(role.object)}
        refuse_all(f"{id}: said to be gone, but it is there" for id in ids if said.get(id) == "" and id in left)
        refuse_all(f"{id}: {said[id]}" for id in ids if said.get(id))

        said = await scene.destination.delete(role.object, ids)

        require(said == dict.fromkeys(ids, ""), f"asking again says {said}")
        left = {scene.witness.id(row) for row in scene.witness.rows(role.object)}
        require(not left & set(ids), "deleted records are still there")


@behaviour()
async def reads_on_when_answers_get_lost(scene: Scene) -> None:
    """Reads, finds and counts are repeated until they are answered, and then say the truth."""
    role, parent = scene.person, await scene.person_made()
    writes = [scene.create(role, {role.title: f"Kit {at}"}) for at in range(30)]
    ids = await scene.written(writes)
    note = await scene.written([scene.note_on(parent, "Kit [cliniko:notes:1 1/1]", "Text")])
    file = await scene.written([scene.file_on(parent, "scan.pdf", b"%PDF")])
    for fault in (*TOOK_EFFECT, *HAD_NO_EFFECT):
        scene.disturb({"match": {"nth": {"every": 2}}, **fault})

        there = await scene.read(role.object, ids, [role.title])
        found = await scene.destination.find(role.object, role.key_field, [write.key_value for write in writes])
        count = await scene.destination.count(role.object)
        notes = await scene.destination.read_children([parent], scene.note.object)
        files = await scene.destination.read_children([parent], scene.file.object)

        scene.disturb()
        read = [there[id].fields[role.title] for id in ids]
        require(read == [write.fields[role.title] for write in writes], f"after {fault} it reads other values")
        require(sorted(found.values()) == sorted(ids), f"after {fault} it finds {len(found)} of {len(ids)}")
        require(count == len(ids) + 1, f"after {fault} it counts {count} of {len(ids) + 1}")
        hung = [[one.id for one in children[parent.id]] for children in (notes, files)]
        require(hung == [note, file], f"after {fault} other notes or files are listed")
