"""Reading at the cheapest, finding by our key, children, counting, deleting."""

from __future__ import annotations

import httpx2
import pytest
from pipedrive_company import (
    FILES,
    KEY,
    SINGLE,
    START,
    Company,
    a_file,
    a_note,
    a_person,
    an_appointment,
    connect,
)

from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.errors import Misused, PausedForQuota, VendorRefused
from gurney.records import Link

pytestmark = pytest.mark.anyio


async def persons(pipedrive: Pipedrive, count: int) -> list[str]:
    ids = []
    for start in range(0, count, 50):
        some = [a_person(f"{number}") for number in range(start, min(count, start + 50))]
        ids += [one.destination_id or "" for one in await pipedrive.write(some, SINGLE)]
    return ids


@pytest.mark.parametrize(
    ("count", "calls", "tokens"), [(1, 1, 1), (9, 9, 9), (10, 1, 10), (37, 1, 10), (100, 1, 10), (450, 1, 10)]
)
async def test_so_many_persons_are_read_at_the_cheapest_and_as_forecast(
    company: Company, pipedrive: Pipedrive, count: int, calls: int, tokens: int
) -> None:
    ids = await persons(pipedrive, 450)
    cost = pipedrive.cost("persons", "read", count)
    before, asked = company.spent, len(company.asked)

    there = await pipedrive.read("persons", ids[:count], ["name", KEY])

    assert set(there) == set(ids[:count])
    assert (len(company.asked) - asked, company.spent - before) == (calls, tokens) == (cost.calls, cost.units)


async def test_a_thousand_persons_cost_two_pages(company: Company, pipedrive: Pipedrive) -> None:
    ids = await persons(pipedrive, 1_000)
    before = company.spent

    first = await pipedrive.read("persons", ids[:500], ["name"])
    second = await pipedrive.read("persons", ids[500:], ["name"])

    assert [*first, *second] == ids
    assert company.spent - before == 20


async def test_what_was_there_before_us_is_passed_only_when_that_pays(company: Company, pipedrive: Pipedrive) -> None:
    (first,) = await persons(pipedrive, 1)
    company.rows["persons"] |= {id: {**company.rows["persons"][1], "id": id} for id in range(2, 10_001)}
    company.next_id = 10_001
    ids = await persons(pipedrive, 3_000)
    before = company.spent

    for start in range(0, 3_000, 500):
        there = await pipedrive.read("persons", ids[start : start + 500], ["name"])
        assert set(there) == set(ids[start : start + 500])

    by_ids, by_pages = 3_000 // 100 * 10, 13_000 // 500 * 10
    assert company.spent - before <= 2 * min(by_ids, by_pages)
    assert first not in ids


async def test_what_was_read_ahead_is_forgotten_after_a_write(company: Company, pipedrive: Pipedrive) -> None:
    ids = await persons(pipedrive, 300)
    await pipedrive.read("persons", ids[:150], ["name"])
    company.rows["persons"][int(ids[200])]["name"] = "Edited"

    await pipedrive.write([a_person("new")], SINGLE)
    there = await pipedrive.read("persons", ids[150:], ["name"])

    assert there[ids[200]].fields["name"] == "Edited"


async def test_what_is_gone_is_left_out_and_nothing_else_is_read(company: Company, pipedrive: Pipedrive) -> None:
    ids = await persons(pipedrive, 12)
    await pipedrive.delete("persons", ids[:1])

    few = await pipedrive.read("persons", [*ids[:2], ids[1], "999"], ["name"])
    many = await pipedrive.read("persons", ids, ["name"])

    assert set(few) == {ids[1]}
    assert set(few[ids[1]].fields) == {"name"}
    assert few[ids[1]].modified_at == START
    assert set(many) == set(ids[1:])
    assert await pipedrive.read("persons", [], ["name"]) == {}


@pytest.mark.parametrize(("count", "tokens"), [(3, 6), (9, 18), (30, 20), (300, 20)])
async def test_notes_are_read_singly_or_by_pages(
    company: Company, pipedrive: Pipedrive, count: int, tokens: int
) -> None:
    notes = [a_note(str(number), "<p>x</p>", Link("persons", "1")) for number in range(300)]
    ids = []
    for start in range(0, 300, 50):
        ids += [one.destination_id or "" for one in await pipedrive.write(notes[start : start + 50], SINGLE)]
    before = company.spent

    there = await pipedrive.read("notes", ids[:count], ["title"])

    assert len(there) == count
    assert company.spent - before == tokens == pipedrive.cost("notes", "read", count).units


async def test_our_key_finds_its_record_and_no_other(company: Company, pipedrive: Pipedrive) -> None:
    keys = ["4711", "o'brien-1", "a/b?c=d&e", "' or ''='", "emoji-🙂", "ключ"]
    written = await pipedrive.write([a_person(key) for key in keys], SINGLE)
    visits = await pipedrive.write([an_appointment(key) for key in keys], SINGLE)

    people = await pipedrive.find("persons", KEY, [*keys, "absent", "471"])
    activities = await pipedrive.find("activities", "cliniko_appointment_id", [*keys, "absent"])

    assert people == {key: one.destination_id for key, one in zip(keys, written, strict=True)}
    assert activities == {key: one.destination_id for key, one in zip(keys, visits, strict=True)}
    assert await pipedrive.find("persons", KEY, []) == {}
    assert await pipedrive.find("activities", "cliniko_attendee_id", keys) == {}


async def test_finding_again_reads_only_what_is_new(company: Company, pipedrive: Pipedrive) -> None:
    await persons(pipedrive, 1_200)
    await pipedrive.find("persons", KEY, ["1"])
    await pipedrive.write([a_person("new")], SINGLE)
    before = company.spent

    found = await pipedrive.find("persons", KEY, ["new", "3"])

    assert set(found) == {"new", "3"}
    assert company.spent - before == 10
    await pipedrive.delete("persons", [found["3"]])
    assert set(await pipedrive.find("persons", KEY, ["new", "3"])) == {"new"}


async def test_files_cannot_be_found_by_a_key(pipedrive: Pipedrive) -> None:
    with pytest.raises(Misused):
        await pipedrive.find("files", "name", ["x"])


@pytest.mark.parametrize("many", [1, 12])
async def test_notes_and_files_come_with_their_parents(company: Company, pipedrive: Pipedrive, many: int) -> None:
    parents = [Link("persons", str(number)) for number in range(1, many + 1)]
    notes = [a_note(str(at), "<p>x</p>", parent) for at, parent in enumerate(parents)]
    files = [a_file(str(at), parent) for at, parent in enumerate(parents[:-1] or parents)]
    note_ids = [one.destination_id for one in await pipedrive.write(notes, SINGLE)]
    file_ids = [one.destination_id for one in await pipedrive.write(files, SINGLE)]

    listed = await pipedrive.read_children(parents, "notes")
    attached = await pipedrive.read_children(parents, "files")

    assert [listed[parent.id][0].id for parent in parents] == note_ids
    assert [file.id for parent in parents for file in attached[parent.id]] == file_ids
    assert set(listed) == set(attached) == {parent.id for parent in parents}


async def test_no_file_hangs_on_a_record_that_is_gone(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("GET /v1/persons/9/files", "404")

    assert await pipedrive.read_children([Link("persons", "9")], "files") == {"9": []}


async def test_all_files_are_walked_once_for_many_parents(company: Company, pipedrive: Pipedrive) -> None:
    parents = [Link("persons", str(number)) for number in range(1, 41)]
    for start in range(0, 40, 10):
        await pipedrive.write([a_file(parent.id, parent) for parent in parents[start : start + 10]], SINGLE)
    before = company.spent

    await pipedrive.read_children(parents, "files")
    await pipedrive.read_children(parents[:5], "files")

    assert company.spent - before == 20 == pipedrive.cost("files", "read", 40).units
    (file_id,) = [each.destination_id for each in await pipedrive.write([a_file("new", parents[0])], SINGLE)]
    assert file_id in {file.id for file in (await pipedrive.read_children(parents, "files"))["1"]}


async def test_a_files_bytes_come_from_elsewhere_and_no_token_goes_there(company: Company) -> None:
    seen = []
    answer = company.answer

    async def network(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "files.example.com":
            seen.append(request)
            return httpx2.Response(200, content=FILES["1"])
        return await answer(request)

    company.answer = network  # type: ignore[method-assign]
    pipedrive = connect(company)
    (one,) = await pipedrive.write([a_file("1", Link("persons", "1"))], SINGLE)

    chunks = [chunk async for chunk in await pipedrive.read_file(Link("persons", "1"), one.destination_id or "")]

    assert b"".join(chunks) == FILES["1"]
    assert "x-api-token" not in seen[0].headers
    assert pipedrive.spent().units == 30
    await pipedrive.close()


async def test_children_of_others_are_named_where_the_vendor_counts_any(company: Company, pipedrive: Pipedrive) -> None:
    ours, lonely, theirs = (Link("persons", id) for id in await persons(pipedrive, 3))
    notes = await pipedrive.write([a_note(str(at), "x", one) for at, one in enumerate((ours, theirs))], SINGLE)
    visits = await pipedrive.write([an_appointment("1", person_id=ours)], SINGLE)
    strange = await pipedrive.write([an_appointment("9", person_id=theirs), an_appointment("8")], SINGLE)
    known = frozenset([*(f"notes/{one.destination_id}" for one in notes), f"activities/{visits[0].destination_id}"])
    before = company.spent

    found = await pipedrive.children_of_others("persons", [ours.id, lonely.id, theirs.id], known)

    assert found == {theirs.id: [f"activities/{strange[0].destination_id}"]}
    assert company.spent - before == 3 + 2 * 20 + 2 * 10  # each person; then notes and activities of two of them
    assert await pipedrive.children_of_others("persons", [], known) == {}
    assert await pipedrive.children_of_others("products", ["1"], known) == {}


async def test_deleting_twice_does_no_harm(company: Company, pipedrive: Pipedrive) -> None:
    ids = await persons(pipedrive, 3)
    (note,) = await pipedrive.write([a_note("1", "x", Link("persons", ids[0]))], SINGLE)

    assert await pipedrive.delete("persons", ids[:2]) == dict.fromkeys(ids[:2], "")
    assert await pipedrive.delete("persons", ids) == dict.fromkeys(ids, "")
    for _ in range(2):
        assert await pipedrive.delete("notes", [note.destination_id or ""]) == {note.destination_id: ""}
    assert not company.live("persons")


async def test_a_deletion_whose_answer_is_lost_is_repeated_and_found_gone(
    company: Company, pipedrive: Pipedrive
) -> None:
    ids = await persons(pipedrive, 1)
    company.disturb("DELETE /v2/persons/1", "drop-after")

    assert await pipedrive.delete("persons", ids) == {ids[0]: ""}


async def test_deletions_that_the_pool_pays_for_are_told_although_others_are_not(company: Company) -> None:
    company.left = company.ceiling = 100_000
    pipedrive = connect(company)
    ids = await persons(pipedrive, 6)
    company.left = 2_000 + 20 + 7  # the reserve, the call that tells, and two deletions
    await pipedrive.users()

    said = await pipedrive.delete("persons", ids)

    assert list(said.values()) == [""] * len(said)
    assert 0 < len(said) < 6
    with pytest.raises(PausedForQuota):
        await pipedrive.delete("persons", [id for id in ids if id not in said])
    pipedrive.pacer.into_reserve = True
    assert set(await pipedrive.delete("persons", ids)) == set(ids)
    await pipedrive.close()


async def test_counting_walks_the_pages(company: Company, pipedrive: Pipedrive) -> None:
    ids = await persons(pipedrive, 1_050)
    await pipedrive.delete("persons", ids[:50])
    before = company.spent

    assert await pipedrive.count("persons") == 1_000
    assert company.spent - before == 20
    with pytest.raises(VendorRefused):
        await pipedrive.count("widgets")
