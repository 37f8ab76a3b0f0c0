"""Lost answers: found among the newest where they took effect, proven absent where not, and never made twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from pipedrive_company import KEY, SINGLE, Company, a_file, a_note, a_person, an_appointment, an_update, connect

from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.errors import PausedForQuota
from gurney.records import Kind, Link, Outcome, State, Write

pytestmark = pytest.mark.anyio
PERSON = Link("persons", "1")


def three_of(object: str) -> list[Write]:
    if object == "notes":
        return [a_note("5", "<p>same text</p>", PERSON, part=part) for part in range(3)]
    if object == "files":
        return [a_file(id, PERSON) for id in "123"]
    return [{"persons": a_person, "activities": an_appointment}[object](id) for id in "123"]


async def to_rest(pipedrive: Pipedrive, writes: Sequence[Write]) -> list[Outcome]:
    """Write, settle what is unknown and write what is absent, as the engine does."""
    outcomes = {write.key: one for write, one in zip(writes, await pipedrive.write(writes, SINGLE), strict=True)}
    for _ in range(5):
        unknown = [write for write in writes if outcomes[write.key].state is State.SENT]
        if not unknown:
            break
        settled = await pipedrive.settle(unknown)
        outcomes |= {one.key: one for one in settled if one is not None}
        absent = [write for write, one in zip(unknown, settled, strict=True) if one is None]
        outcomes |= {one.key: one for one in await pipedrive.write(absent, SINGLE)}
    return [outcomes[write.key] for write in writes]


@pytest.mark.parametrize("how", ["drop-after", "drop-before", "500", "502", "null"])
@pytest.mark.parametrize("object", ["persons", "activities", "notes", "files"])
async def test_whatever_is_lost_each_record_is_there_once(
    company: Company, pipedrive: Pipedrive, object: str, how: str
) -> None:
    company.disturb(rf"POST /v\d/{object}", how)
    writes = three_of(object)

    outcomes = await to_rest(pipedrive, writes)

    assert [one.state for one in outcomes] == [State.DONE] * 3
    assert sorted(str(row["id"]) for row in company.live(object)) == sorted(
        one.destination_id or "" for one in outcomes
    )


async def test_no_search_is_ever_asked(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("POST /v2/persons", "drop-after")

    await to_rest(pipedrive, three_of("persons"))

    assert not [each for each in company.asked if "earch" in each.path]


async def test_settling_reads_the_newest_page_alone_when_an_answer_came_before(
    company: Company, pipedrive: Pipedrive
) -> None:
    await pipedrive.write([a_person(f"old-{number}") for number in range(50)], SINGLE)
    company.rows["persons"] |= {id: {**company.rows["persons"][1], "id": id} for id in range(1_000, 3_000)}
    company.next_id = 3_000
    await pipedrive.write([a_person("last")], SINGLE)
    company.disturb("POST /v2/persons", "drop-after")
    (outcome,) = await pipedrive.write([a_person("lost")], SINGLE)
    assert outcome.state is State.SENT
    before = len(company.asked)

    (settled,) = await pipedrive.settle([a_person("lost")])

    assert settled is not None
    assert settled.destination_id == "3001"
    (look,) = company.asked[before:]
    asked = {name: look.params[name] for name in ("sort_by", "sort_direction", "limit", "custom_fields")}
    assert asked == {"sort_by": "id", "sort_direction": "desc", "limit": "500", "custom_fields": KEY}


async def test_what_an_earlier_process_sent_is_looked_for_past_two_thousand_of_ours(company: Company) -> None:
    first = connect(company)
    for start in range(0, 2_500, 50):
        await first.write([a_person(str(number)) for number in range(start, start + 50)], SINGLE)
    await first.close()
    second = connect(company)
    before = company.spent

    settled = await second.settle([a_person("2400"), a_person("never")])

    assert settled[0] is not None
    assert settled[1] is None
    lists = 4 + 1  # two thousand records, and the newest five hundred a second time
    assert company.spent - before == lists * 10 + 10 + 2  # and the fields, and who we are
    await second.close()


async def test_the_second_look_finds_what_the_list_shows_late(company: Company, pipedrive: Pipedrive) -> None:
    await pipedrive.write([a_person("1")], SINGLE)
    company.disturb("POST /v2/persons", "drop-after")
    await pipedrive.write([a_person("2")], SINGLE)
    late = company.rows["persons"].pop(2)
    began = company.clock.elapsed
    sleep = company.clock.sleep

    async def and_appear(seconds: float) -> None:
        if seconds >= 1:  # not while calls are kept apart
            company.rows["persons"][2] = late
        await sleep(seconds)

    company.clock.sleep = and_appear  # type: ignore[method-assign]
    (settled,) = await pipedrive.settle([a_person("2")])

    assert settled is not None
    assert company.clock.elapsed - began >= 2


async def test_a_record_on_which_the_vendor_always_fails_ends_as_failed(company: Company, pipedrive: Pipedrive) -> None:
    for _ in range(3):
        company.disturb("POST /v2/persons", "500")

    (outcome,) = await to_rest(pipedrive, [a_person("1")])

    assert (outcome.state, outcome.code) == (State.FAILED, "500")
    assert len(company.calls("POST /v2/persons")) == 2


async def test_what_a_spent_pool_held_back_is_known_to_be_absent_without_a_call(
    company: Company, pipedrive: Pipedrive
) -> None:
    company.left = 100_000
    company.ceiling = 100_000
    await pipedrive.write([a_person("0")], SINGLE)
    company.left = 2_000 + 20 + 17  # a fiftieth of the pool is kept for a rollback; the next call tells
    await pipedrive.users()
    writes = [a_person(str(number)) for number in range(1, 10)]

    outcomes = await pipedrive.write(writes, SINGLE)

    assert [one.state for one in outcomes].count(State.DONE) == 3 == len(company.live("persons")) - 1
    unknown = [write for write, one in zip(writes, outcomes, strict=True) if one.state is State.SENT]
    before = len(company.asked)
    assert await pipedrive.settle(unknown) == [None] * len(unknown)
    assert len(company.asked) == before
    with pytest.raises(PausedForQuota):
        await pipedrive.write(unknown, SINGLE)


async def test_two_files_of_one_name_and_size_are_told_apart(company: Company, pipedrive: Pipedrive) -> None:
    writes = [a_file("1", PERSON), a_file("2", PERSON)]
    company.disturb("POST /v1/files", "drop-before")
    outcomes = await pipedrive.write(writes, SINGLE)

    settled = await pipedrive.settle(writes)

    there = [State.DONE if one else None for one in settled]
    assert sorted(map(str, there)) == sorted(str(None if one.state is State.SENT else one.state) for one in outcomes)


async def test_updates_count_as_done_when_the_record_holds_their_values(company: Company, pipedrive: Pipedrive) -> None:
    ids = [one.destination_id or "" for one in await pipedrive.write([a_person("1"), a_person("2")], SINGLE)]
    company.disturb("PATCH /v2/persons/1", "drop-after")
    updates = [an_update(a_person(key), id, name=f"New {key}") for key, id in zip("12", ids, strict=True)]
    sent = await pipedrive.write(updates, SINGLE)
    never = replace(an_update(a_person("2"), ids[1], name="Never sent"), owner_id="4712")
    gone = Write(updates[0].key, "persons", "", "", {}, Kind.DELETE, "999")

    settled = await pipedrive.settle([*updates, never, gone])

    assert [one.state for one in sent] == [State.SENT, State.DONE]
    assert [one and one.state for one in settled] == [State.DONE, State.DONE, None, State.DONE]


async def test_notes_of_one_text_are_told_apart_by_what_they_hang_on(company: Company, pipedrive: Pipedrive) -> None:
    one, other = (replace(a_note("5", "<p>x</p>", Link("persons", id)), fields={"content": "<p>x</p>"}) for id in "12")
    await pipedrive.write([other], SINGLE)

    assert [bool(found) for found in await pipedrive.settle([one, other])] == [False, True]


async def test_a_note_whose_tags_were_cleaned_away_is_still_found(company: Company, pipedrive: Pipedrive) -> None:
    write = a_note("5", "<p>S: fine</p>", PERSON)
    await pipedrive.write([write], SINGLE)
    company.rows["notes"][1]["content"] = "<div>Note [cliniko:treatment_notes:5 1/1]</div>S: fine"

    (settled,) = await pipedrive.settle([write])
    back = (await pipedrive.read("notes", ["1"], ["title", "content"]))["1"].fields

    assert settled is not None
    assert back == {"title": "Note [cliniko:treatment_notes:5 1/1]", "content": "S: fine"}


async def test_a_deletion_between_pages_hides_no_note(company: Company) -> None:
    company.page_most = 100
    pipedrive = connect(company)
    for start in range(0, 250, 50):
        await pipedrive.write([a_note(str(id), "<p>x</p>", PERSON) for id in range(start, start + 50)], SINGLE)
    lists = 0
    answer = company.answer

    async def deleting(request: object) -> object:
        nonlocal lists
        if "start=" in str(getattr(request, "url", "")):
            lists += 1
            for id in range(241, 251) if lists == 2 else ():
                company.rows["notes"][id]["is_deleted"] = True
        return await answer(request)  # type: ignore[arg-type]

    company.answer = deleting  # type: ignore[method-assign, assignment]
    second = connect(company)

    (settled,) = await second.settle([a_note("147", "<p>x</p>", PERSON)])

    assert settled is not None
    await pipedrive.close()
    await second.close()
