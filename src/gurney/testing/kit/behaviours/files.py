"""Files: every byte, under their name, on their record; and those that are too large are left to a person."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from gurney.records import State
from gurney.testing.kit.behaviour import FILES, behaviour
from gurney.testing.kit.judging import differences, judge_hanging, refuse_all, require
from gurney.testing.kit.samples import CANARY
from gurney.testing.kit.scene import Scene

UPLOADS = (
    ("scan.pdf", b"%PDF-1.7\n"),
    ("scan.pdf", b"%PDF-1.7 another of the same name"),
    ("one byte.txt", b"x"),
    ("no ending", b"\x00\x01\x02\xff" * 50),
    ("O'Neill & Söhne (50%), final_v2.docx", b"PK\x03\x04" * 300),
    ("レントゲン 🦴.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    ("boundary.bin", b"--gurney-0000\r\nContent-Disposition: form-data\r\n\r\n"),
    ("large.dcm", bytes(range(251)) * 1_200),
)


@behaviour(over=FILES)
async def keeps_files(scene: Scene) -> None:
    """Files of hostile names and bytes arrive with name, size and checksum, and are read back byte by byte."""
    role, parent, other = scene.file, await scene.person_made(), await scene.person_made()
    writes = [
        scene.file_on(other if at % 4 == 3 else parent, name, content) for at, (name, content) in enumerate(UPLOADS)
    ]

    outcomes = await scene.write(writes)

    ids = [one.destination_id or "" for one in outcomes]
    judge_hanging(scene, role, writes, outcomes)
    listed = await scene.destination.read_children([parent, other], role.object)
    found = []
    for write, id in zip(writes, ids, strict=True):
        assert write.parent
        assert write.file
        back = next((one for one in listed[write.parent.id] if one.id == id), None)
        if back is None:
            found.append(f"{write.key}: is not among its parent's files")
            continue
        found += differences(scene, role, write, back.fields, "listed")
        size = back.fields.get("size_bytes")
        if size != write.file.size_bytes:
            found.append(f"{write.key}: listed with {size} of {write.file.size_bytes} bytes")
        chunks = [chunk async for chunk in await scene.destination.read_file(write.parent, id)]
        if hashlib.sha256(b"".join(chunks)).hexdigest() != write.file.sha256:
            found.append(f"{write.key}: other bytes come back than were sent")
    refuse_all(found)


@behaviour(provokes=True)
async def deletes_files(scene: Scene) -> None:
    """One file is deleted and the others stay; asking again is no error."""
    role, parent = scene.file, await scene.person_made()
    writes = [scene.file_on(parent, name, content) for name, content in UPLOADS[:3]]
    ids = await scene.written(writes)
    parents = dict.fromkeys(ids, parent)

    said = await scene.destination.delete(role.object, ids[:1], parents=parents)
    again = await scene.destination.delete(role.object, ids[:2], parents=parents)

    require(said == {ids[0]: ""}, f"deleting says {said}")
    require(again == {ids[0]: "", ids[1]: ""}, f"deleting again says {again}")
    left = {one.id for one in scene.witness.hanging(role)}
    require(left == {ids[2]}, f"{len(left)} files are left instead of 1")


@behaviour(over=FILES)
async def leaves_files_that_are_too_large(scene: Scene) -> None:
    """A file over the account's limit is left to a person, without a call, and its neighbours arrive."""
    role, parent = scene.file, await scene.person_made()
    limit = (await scene.destination.check()).limits["file_bytes"].value
    require(limit, "the account does not say how large a file may be")
    small, large = scene.file_on(parent, "small.txt", b"small"), scene.file_on(parent, f"{CANARY}.dcm", b"large")
    assert large.file
    large = replace(large, file=replace(large.file, size_bytes=(limit or 0) + 1))
    mark = scene.mark()

    outcomes = await scene.write([large, small])

    require(outcomes[0].state is State.MANUAL and outcomes[0].words, f"a file too large is {outcomes[0].state}")
    require(CANARY not in outcomes[0].words, "the words hold the file's name")
    judge_hanging(scene, role, [small], outcomes[1:])
    sent = [entry for entry in scene.calls(mark) if entry.method == "POST"]
    require(
        len(sent) <= len(scene.witness.write_calls(role, small.kind, scene.route.name)),
        "the file was sent all the same",
    )
