"""Notes: whole, on their record, in as many parts as they need, in order."""

from __future__ import annotations

from gurney.records import Write
from gurney.schema import FieldType
from gurney.testing.kit.behaviour import NOTES, behaviour
from gurney.testing.kit.judging import differences, judge_done, judge_hanging, refuse_all, require
from gurney.testing.kit.samples import HTML, LINES, NAMES
from gurney.testing.kit.scene import Scene

SCATTERED = 12
"""So many parents that a destination may prefer to walk all notes."""
LONGEST_NOTE = 60_000
"""Beyond what any vendor cuts in lists, and within what all take after splitting."""


async def chars_of_a_note(scene: Scene) -> int:
    """The longest note that the account takes, as its limits say."""
    limits = (await scene.destination.check()).limits
    limit = limits.get("note_chunk_chars") or limits["note_chars"]
    require(limit.value, "the account does not say how long a note may be")
    return min(limit.value or 0, LONGEST_NOTE)


async def judge_listed(scene: Scene, writes: list[Write], ids: list[str]) -> None:
    """Reading the parents' notes gives exactly these, with title and content."""
    parents = list({write.parent.id: write.parent for write in writes if write.parent}.values())
    listed = await scene.destination.read_children(parents, scene.note.object)
    require(set(listed) == {parent.id for parent in parents}, "not every parent has an entry")
    found = []
    for write, id in zip(writes, ids, strict=True):
        assert write.parent
        back = next((child for child in listed[write.parent.id] if child.id == id), None)
        if back is None:
            found.append(f"{write.key}: is not among its parent's notes")
        else:
            found += differences(scene, scene.note, write, back.fields, "listed")
    count = sum(map(len, listed.values()))
    refuse_all([*found, *([f"{count} notes are listed instead of {len(writes)}"] if count != len(writes) else [])])


@behaviour(over=NOTES)
async def keeps_notes_whole(scene: Scene) -> None:
    """Notes with every hostile title and text arrive on their own record and are read back, few and many."""
    rich = scene.note.fields.get(scene.note.body) is FieldType.RICH_TEXT
    texts = [text for text in LINES if text.strip()] if not rich else [*HTML, *map(paragraphs, LINES)]
    parents = [await scene.person_made() for _ in range(SCATTERED)]
    titles = [f"{NAMES[at % len(NAMES)]} [cliniko:notes:{at} 1/1]" for at in range(len(texts))]
    writes = [
        scene.note_on(parents[at % SCATTERED], title, text)
        for at, (title, text) in enumerate(zip(titles, texts, strict=True))
    ]

    outcomes = await scene.write(writes)

    judge_hanging(scene, scene.note, writes, outcomes)
    ids = [one.destination_id or "" for one in outcomes]
    await judge_listed(scene, writes, ids)
    few = [(write, id) for write, id in zip(writes, ids, strict=True) if write.parent == parents[0]]
    await judge_listed(scene, [write for write, _ in few], [id for _, id in few])


def paragraphs(text: str) -> str:
    """Plain text as the HTML that says the same."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<p>{line}</p>" for line in escaped.splitlines() if line.strip())


@behaviour(over=NOTES)
async def keeps_parts_of_a_note_in_order(scene: Scene) -> None:
    """A text longer than a note arrives in numbered parts which, put together, are the text."""
    role, parent = scene.note, await scene.person_made()
    most = await chars_of_a_note(scene)
    rich = role.fields.get(role.body) is FieldType.RICH_TEXT
    words = "".join(f"{number}: all is well, isn't it? " for number in range(most // 20))
    room = most - 7 if rich else most
    pieces = [words[start : start + room].strip() for start in range(0, len(words), room)]
    bodies = [f"<p>{piece}</p>" if rich else piece for piece in pieces]
    marks = [f"Long note [cliniko:notes:9 {number}/{len(pieces)}]" for number in range(1, len(pieces) + 1)]
    writes = [
        scene.note_on(parent, mark, body, part=number)
        for number, (mark, body) in enumerate(zip(marks, bodies, strict=True))
    ]
    require(len(writes) > 1, "the text fits one note: nothing is tried")

    outcomes = await scene.write(writes)

    judge_hanging(scene, role, writes, outcomes)
    listed = (await scene.destination.read_children([parent], role.object))[parent.id]
    by_title = sorted((str(note.fields[role.title]), note.fields[role.body]) for note in listed)
    require([title for title, _ in by_title] == sorted(marks), "the titles do not tell the order")
    whole = [scene.alike(role, role.body, body) for _, body in by_title]
    in_order = [body for _, body in sorted(zip(marks, bodies, strict=True))]
    require(whole == [scene.alike(role, role.body, body) for body in in_order], "the parts are not the text")


@behaviour(over=NOTES)
async def changes_notes(scene: Scene) -> None:
    """A note's text is changed in place; its title and its record stay."""
    role, parent = scene.note, await scene.person_made()
    body = "<p>{}</p>" if role.fields.get(role.body) is FieldType.RICH_TEXT else "{}"
    write = scene.note_on(parent, "Kit note [cliniko:notes:1 1/1]", body.format("before"))
    (id,) = await scene.written([write], scene.route)
    update = scene.update(write, id, {role.body: body.format("after, o'clock")})

    outcomes = await scene.write([update])

    judge_done([update], outcomes)
    judge_hanging(scene, role, [scene.whole(write, update)], outcomes)
