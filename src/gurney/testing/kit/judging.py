"""Did what was meant arrive? Judged by the twin's stored rows and by the vendor's API, value by value.

What a destination says of itself is evidence of nothing here: a done outcome counts only when the row is there, once,
with our key and every value. `comparable` is applied to both sides, and is itself judged elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from gurney.records import Kind, Link, Outcome, State, Value, Write
from gurney.schema import FieldType
from gurney.testing.kit.adapter import Hanging, Role, Row

if TYPE_CHECKING:
    from gurney.testing.kit.scene import Scene

SHOWN = 12
"""Differences that a report names; more of the same help nobody."""
LONGEST_SHOWN = 120


class NotKept(AssertionError):
    """A destination does not keep one of the kit's promises. The words say which value of which record."""


def require(kept: object, words: str) -> None:
    """Raise NotKept with the words unless it is so."""
    if not kept:
        raise NotKept(words)


def refuse_all(differences: Iterable[str]) -> None:
    """Raise NotKept when there are differences; names the first dozen."""
    found = list(differences)
    if found:
        more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise NotKept("\n".join([*found[:SHOWN], *more]))


def shown(value: Value) -> str:
    """A value for a report; the kit's values are nobody's."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN // 2]} … {text[-LONGEST_SHOWN // 2 :]}"


def same(left: Value, right: Value) -> bool:
    """Equality that takes neither 1 for true nor nothing for false."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Decimal | int) and isinstance(right, Decimal | int):
        return Decimal(left) == Decimal(right)
    if isinstance(left, Link) and isinstance(right, Link):
        return left.id == right.id
    return type(left) is type(right) and left == right


def judge_order(writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """One outcome a write, in order."""
    require(len(outcomes) == len(writes), f"{len(writes)} writes got {len(outcomes)} outcomes")
    for at, (write, outcome) in enumerate(zip(writes, outcomes, strict=True)):
        require(outcome.key == write.key, f"outcome {at} is that of {outcome.key}, not of {write.key}")


def judge_done(writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """Every write is done, with an id of its own."""
    judge_order(writes, outcomes)
    refuse_all(
        f"{write.object} {write.key}: {outcome.state} {outcome.code} {outcome.words} {outcome.field}".rstrip()
        for write, outcome in zip(writes, outcomes, strict=True)
        if outcome.state is not State.DONE or not outcome.destination_id
    )
    ids = Counter(outcome.destination_id for outcome in outcomes)
    refuse_all(f"{count} writes were done as the same record {id}" for id, count in ids.items() if count > 1)


async def judge_arrived(scene: Scene, role: Role, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """Every write is done, and the vendor holds exactly it: in its store, and by its API."""
    judge_done(writes, outcomes)
    judge_stored(scene, role, writes, outcomes)
    await judge_read_back(scene, role, writes, outcomes)


def judge_stored(scene: Scene, role: Role, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """The twin's rows: each write once, under the id of its outcome, with every value."""
    rows = {scene.witness.id(row): row for row in scene.witness.rows(role.object)}
    holders = Counter(key_of(scene, role, row) for row in rows.values()) if role.key_field else Counter()
    found: list[str] = []
    for write, outcome in zip(writes, outcomes, strict=True):
        row = rows.get(outcome.destination_id or "")
        if row is None:
            found.append(f"{role.object} {write.key}: said to be {outcome.destination_id}, which is not there")
        elif role.key_field and key_of(scene, role, row) != write.key_value:
            found.append(f"{role.object} {write.key}: {outcome.destination_id} is the record of another key")
        elif role.key_field and holders[write.key_value] != 1:
            found.append(f"{role.object} {write.key}: is there {holders[write.key_value]} times")
        else:
            found += differences(scene, role, write, stored(scene, role, row, write.fields), "stored")
    refuse_all(found)


def judge_count(scene: Scene, role: Role, count: int) -> None:
    """The object has exactly so many records: nothing was written beside what was meant."""
    there = len(scene.witness.rows(role.object))
    require(there == count, f"{role.object} has {there} records instead of {count}")


def key_of(scene: Scene, role: Role, row: Row) -> Value:
    return scene.witness.neutral(FieldType.TEXT, row.get(role.key_field))


def stored(scene: Scene, role: Role, row: Row, names: Iterable[str]) -> dict[str, Value]:
    """A row's fields as neutral values, by the witness's reading of it."""
    return {name: scene.witness.neutral(scene.type_of(role, name), row.get(name)) for name in names}


async def judge_read_back(scene: Scene, role: Role, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """What the vendor's API gives back through the destination."""
    names = sorted({name for write in writes for name in write.fields})
    there = await scene.read(role.object, [outcome.destination_id or "" for outcome in outcomes], names)
    found: list[str] = []
    for write, outcome in zip(writes, outcomes, strict=True):
        back = there.get(outcome.destination_id or "")
        if back is None:
            found.append(f"{role.object} {write.key}: is stored, but reading leaves it out")
        else:
            found += differences(scene, role, write, back.fields, "read back")
            found += [f"{role.object} {write.key}: {name} is said to be unreadable" for name in back.unreadable]
    refuse_all(found)


def differences(scene: Scene, role: Role, write: Write, there: Mapping[str, Value], how: str) -> list[str]:
    """Each field that is not what was meant."""
    found = []
    for name, meant in write.fields.items():
        type = scene.type_of(role, name)
        wanted = scene.destination.comparable(role.object, name, type, meant)
        actual = scene.destination.comparable(role.object, name, type, there.get(name))
        if not same(wanted, actual):
            found.append(
                f"{role.object} {write.key} {name} ({type}): meant {shown(meant)}, {how} {shown(there.get(name))}"
            )
    return found


def judge_hanging(scene: Scene, role: Role, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    """Notes or files as stored: each once, on its parent, with title and body, or name, size and checksum."""
    judge_done(writes, outcomes)
    things = {one.id: one for one in scene.witness.hanging(role)}
    found: list[str] = []
    for write, outcome in zip(writes, outcomes, strict=True):
        thing = things.get(outcome.destination_id or "")
        if thing is None:
            found.append(f"{role.object} {write.key}: said to be {outcome.destination_id}, which is not there")
        else:
            found += _hanging_differences(scene, role, write, thing)
    refuse_all(found)
    twins = Counter((_parent(write), title_of(scene, role, write)) for write in writes)
    held = Counter(
        (parent, scene.alike(role, role.title, thing.values.get(role.title)))
        for thing in things.values()
        for parent in thing.parents
    )
    refuse_all(
        f"{role.object} '{title}': is there {held[parent, title]} times instead of {count}"
        for (parent, title), count in twins.items()
        if held[parent, title] != count
    )


def title_of(scene: Scene, role: Role, write: Write) -> Value:
    """A note's title or a file's name, as the vendor gives it back."""
    given = write.fields.get(role.title)
    return scene.alike(role, role.title, given if given is not None else write.file.name if write.file else None)


def _hanging_differences(scene: Scene, role: Role, write: Write, thing: Hanging) -> list[str]:
    found = differences(scene, role, write, thing.values, "stored")
    if _parent(write) not in thing.parents:
        found.append(f"{role.object} {write.key}: hangs on another record")
    if write.file and thing.values.get("size_bytes") != write.file.size_bytes:
        found.append(f"{role.object} {write.key}: {thing.values.get('size_bytes')} of {write.file.size_bytes} bytes")
    if write.file and thing.sha256 != write.file.sha256:
        found.append(f"{role.object} {write.key}: other bytes than were sent")
    return found


def _parent(write: Write) -> str:
    return write.parent.id if write.parent else ""


def judge_refused(write: Write, outcome: Outcome, field: str, *, must_name: bool = True) -> None:
    """A refused record: code and words, and the field; without `must_name` it may name none, but no other."""
    what = f"{write.object} {write.key}"
    require(outcome.state is State.FAILED, f"{what}: {field} should have been refused, but it is {outcome.state}")
    require(outcome.code and outcome.words, f"{what}: the refusal has no code or no words")
    named = outcome.field == field or (not must_name and not outcome.field)
    require(named, f"{what}: the refusal names the field '{outcome.field}', not '{field}'")


def judge_settled(scene: Scene, role: Role, writes: Sequence[Write], settled: Sequence[Outcome | None]) -> None:
    """Settling tells the truth: done with the right id where the vendor holds it, None where it does not."""
    require(len(settled) == len(writes), f"{len(writes)} unknown writes got {len(settled)} answers")
    found = []
    for write, outcome in zip(writes, settled, strict=True):
        truth = _holder(scene, role, write)
        if outcome is None and truth:
            found.append(f"{role.object} {write.key}: settled as absent, but it is there as {truth}")
        elif outcome is not None and (outcome.key != write.key or outcome.state is not State.DONE):
            found.append(f"{role.object} {write.key}: settled as {outcome.state} of {outcome.key}")
        elif outcome is not None and outcome.destination_id not in truth:
            found.append(f"{role.object} {write.key}: settled as {outcome.destination_id}, but that is not it")
    refuse_all(found)


def _holder(scene: Scene, role: Role, write: Write) -> list[str]:
    """Ids of what the vendor holds of a write."""
    if not role.key_field:
        title = title_of(scene, role, write)
        return [
            thing.id
            for thing in scene.witness.hanging(role)
            if _parent(write) in thing.parents and scene.alike(role, role.title, thing.values.get(role.title)) == title
        ]
    rows = scene.witness.rows(role.object)
    if write.kind is Kind.CREATE:
        return [scene.witness.id(row) for row in rows if key_of(scene, role, row) == write.key_value]
    return [
        scene.witness.id(row)
        for row in rows
        if scene.witness.id(row) == write.destination_id
        and not differences(scene, role, write, stored(scene, role, row, write.fields), "")
    ]
