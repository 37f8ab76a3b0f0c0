"""Files: their own names, ZIPs around what the vendor refuses, their bytes back, and their removal."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator

import pytest
from highlevel_location import SINGLE, Location, a_file, a_patient
from hypothesis import given
from hypothesis import strategies as st

from gurney.destinations.highlevel.destination import HighLevel
from gurney.destinations.highlevel.zipping import added_bytes, unzipped, zipped
from gurney.records import Link, State

pytestmark = pytest.mark.anyio


async def of(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def whole(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def a_contact(highlevel: HighLevel) -> Link:
    (made,) = await highlevel.write([a_patient("1")], SINGLE)
    return Link("contacts", made.destination_id or "")


@given(
    parts=st.lists(st.binary(max_size=50), max_size=5), name=st.text(min_size=1, max_size=20), cut=st.integers(1, 60)
)
async def test_a_zip_is_whole_has_the_told_size_and_gives_the_bytes_back(
    parts: list[bytes], name: str, cut: int
) -> None:
    packed = await whole(zipped(name.replace("\udcff", "?"), of(*parts)))

    assert len(packed) == len(b"".join(parts)) + added_bytes(name)
    pieces = [packed[start : start + cut] for start in range(0, len(packed), cut)]
    assert await whole(unzipped(len(packed), of(*pieces))) == b"".join(parts)


async def test_any_program_opens_the_zip() -> None:
    packed = await whole(zipped("brain scan.dcm", of(b"DICM", b"123")))

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.read("brain scan.dcm") == b"DICM123"


async def test_dicom_travels_in_a_zip_and_comes_back_as_itself(location: Location, highlevel: HighLevel) -> None:
    parent = await a_contact(highlevel)

    (made,) = await highlevel.write([a_file("5", parent.id, "scan.dcm")], SINGLE)

    (entry,) = location.custom(location.contacts[parent.id], "cliniko_files").values()
    assert entry["meta"]["originalname"] == "scan.dcm.zip"
    (read,) = (await highlevel.read_children([parent], "files"))[parent.id]
    assert read.fields == {"name": "scan.dcm", "size_bytes": 4}
    assert await whole(await highlevel.read_file(parent, made.destination_id or "")) == b"%PDF"


@pytest.mark.parametrize("name", ["letters.zip", "scan.dcm.zip", "X-rays 12.3.2024.ZIP"])
async def test_a_zip_of_the_clinics_own_goes_as_it_is(location: Location, highlevel: HighLevel, name: str) -> None:
    parent = await a_contact(highlevel)

    (made,) = await highlevel.write([a_file("5", parent.id, name)], SINGLE)

    (entry,) = location.custom(location.contacts[parent.id], "cliniko_files").values()
    assert (entry["meta"]["originalname"], entry["meta"]["size"]) == (name, 4)
    (read,) = (await highlevel.read_children([parent], "files"))[parent.id]
    assert read.fields == {"name": name, "size_bytes": 4}
    assert await whole(await highlevel.read_file(parent, made.destination_id or "")) == b"%PDF"


async def test_a_file_keeps_its_name_and_its_bytes(location: Location, highlevel: HighLevel) -> None:
    parent = await a_contact(highlevel)

    made = await highlevel.write([a_file(id, parent.id, "scan.pdf") for id in "56"], SINGLE)

    read = (await highlevel.read_children([parent], "files"))[parent.id]
    assert [one.fields["name"] for one in read] == ["scan.pdf"] * 2
    told = await whole(await highlevel.read_file(parent, made[0].destination_id or ""))
    assert hashlib.sha256(told).digest() == hashlib.sha256(b"%PDF").digest()


async def test_files_are_removed_and_the_others_stay(location: Location, highlevel: HighLevel) -> None:
    parent = await a_contact(highlevel)
    first, second = [one.destination_id or "" for one in await highlevel.write(
        [a_file(id, parent.id) for id in "56"], SINGLE
    )]  # fmt: skip

    said = await highlevel.delete("files", [first, "gone"], parents={first: parent, "gone": parent})

    assert said == {first: "", "gone": ""}
    assert list(location.custom(location.contacts[parent.id], "cliniko_files")) == [second]


async def test_a_file_without_its_field_says_what_to_do(location: Location, highlevel: HighLevel) -> None:
    parent = await a_contact(highlevel)
    location.fields = [one for one in location.fields if one["dataType"] != "FILE_UPLOAD"]
    await highlevel.describe(["contacts"])

    (outcome,) = await highlevel.write([a_file("5", parent.id)], SINGLE)

    assert (outcome.state, outcome.code) == (State.FAILED, "no-field")


async def test_files_of_a_contact_that_is_gone_fail_by_themselves(location: Location, highlevel: HighLevel) -> None:
    parent = await a_contact(highlevel)

    outcomes = await highlevel.write([a_file("5", "id99999"), a_file("6", parent.id)], SINGLE)

    assert [one.state for one in outcomes] == [State.FAILED, State.DONE]
