"""Lost answers, and creations that were refused and are there: each record once, its links made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from highlevel_location import INVOICE, SINGLE, Location, a_file, a_note, a_patient, an_appointment, an_invoice, connect

from gurney.destinations.highlevel.destination import HighLevel
from gurney.records import Outcome, State, Write

pytestmark = pytest.mark.anyio


async def to_rest(highlevel: HighLevel, writes: Sequence[Write]) -> list[Outcome]:
    """Write, settle what is unknown and write what is absent, as the engine does."""
    outcomes = {write.key: one for write, one in zip(writes, await highlevel.write(writes, SINGLE), strict=True)}
    for _ in range(5):
        unknown = [write for write in writes if outcomes[write.key].state is State.SENT]
        if not unknown:
            break
        settled = await highlevel.settle(unknown)
        outcomes |= {one.key: one for one in settled if one is not None}
        absent = [write for write, one in zip(unknown, settled, strict=True) if one is None]
        outcomes |= {one.key: one for one in await highlevel.write(absent, SINGLE)}
    return [outcomes[write.key] for write in writes]


MAKERS = {"notes": a_note, "files": a_file, "appointments": an_appointment, INVOICE: an_invoice}
PATHS = {
    "contacts": "POST /contacts/$",
    "notes": "/notes$",
    "files": "POST /forms/",
    "appointments": "POST /calendars/events/",
    INVOICE: "POST /objects/.*/records$",
}


def there(location: Location, object: str) -> int:
    return {
        "contacts": len(location.contacts) - 1,
        "notes": sum(map(len, location.notes.values())),
        "files": sum(len(location.custom(row, "cliniko_files") or {}) for row in location.contacts.values()),
        "appointments": len(location.appointments),
        INVOICE: len(location.records[INVOICE]),
    }[object]


@pytest.mark.parametrize("how", ["drop-after", "drop-before", "500", "502"])
@pytest.mark.parametrize("object", PATHS)
async def test_whatever_is_lost_each_record_is_there_once(
    location: Location, highlevel: HighLevel, object: str, how: str
) -> None:
    (parent,) = await highlevel.write([a_patient("parent")], SINGLE)
    assert parent.destination_id
    writes = [MAKERS[object](id, parent.destination_id) if object in MAKERS else a_patient(id) for id in "123"]
    location.disturb(PATHS[object], how)

    outcomes = await to_rest(highlevel, writes)

    assert [one.state for one in outcomes] == [State.DONE] * 3
    assert len({one.destination_id for one in outcomes}) == there(location, object) == 3


async def test_a_contact_that_was_refused_and_is_there_is_found_and_not_sent_again(
    location: Location, highlevel: HighLevel
) -> None:
    location.disturb("POST /contacts/$", "422-made")

    (outcome,) = await highlevel.write([a_patient("1")], SINGLE)

    assert outcome.state is State.DONE
    assert list(location.contacts) == [outcome.destination_id]
    assert len(location.calls("POST /contacts/$")) == 1


async def test_a_contact_that_was_refused_and_is_not_there_fails_with_the_vendors_words(
    location: Location, highlevel: HighLevel
) -> None:
    location.disturb("POST /contacts/$", "422-made")
    location.contacts = Forgetful()

    (outcome,) = await highlevel.write([a_patient("1")], SINGLE)

    assert (outcome.state, outcome.words) == (State.FAILED, "something went wrong")


class Forgetful(dict[str, dict[str, object]]):
    """Keeps nothing."""

    def __setitem__(self, key: str, value: dict[str, object]) -> None:
        return


async def test_a_duplicate_that_is_our_own_record_is_taken_for_it(location: Location, highlevel: HighLevel) -> None:
    lost = a_patient("1", email="ada@example.org")
    location.disturb("POST /contacts/$", "drop-after")
    await highlevel.write([lost], SINGLE)

    (outcome,) = await highlevel.write([lost], SINGLE)

    assert outcome.destination_id in location.contacts
    assert len(location.contacts) == 1


async def test_a_record_that_came_without_its_link_gets_it(location: Location, highlevel: HighLevel) -> None:
    (parent,) = await highlevel.write([a_patient("1")], SINGLE)
    invoice = an_invoice("9", parent.destination_id or "")
    location.disturb("POST /objects/.*/records$", "drop-after")

    (outcome,) = await to_rest(highlevel, [invoice])

    assert outcome.destination_id == location.relations[0]["secondRecordId"]


async def test_a_lost_answer_to_a_link_makes_no_second_link(location: Location, highlevel: HighLevel) -> None:
    (parent,) = await highlevel.write([a_patient("1")], SINGLE)
    location.disturb("POST /associations/relations", "drop-after")

    (outcome,) = await to_rest(highlevel, [an_invoice("9", parent.destination_id or "")])

    assert outcome.state is State.DONE
    assert len(location.relations) == len(location.records[INVOICE]) == 1


async def test_nothing_counts_as_absent_before_the_search_has_caught_up(
    location: Location, highlevel: HighLevel
) -> None:
    location.disturb("POST /contacts/$", "drop-after")
    await highlevel.write([a_patient("1")], SINGLE)
    before = location.clock.elapsed

    (settled,) = await highlevel.settle([a_patient("1")])

    assert settled is not None
    assert location.clock.elapsed - before >= 8


async def test_another_process_waits_for_the_search_as_well(location: Location, highlevel: HighLevel) -> None:
    location.disturb("POST /contacts/$", "drop-after")
    await highlevel.write([a_patient("1")], SINGLE)
    another = connect(location)

    (settled,) = await another.settle([a_patient("1")])

    await another.close()
    assert settled is not None


@pytest.mark.parametrize(("knows_filters", "searches"), [(True, 3), (False, 4)])
async def test_a_key_deep_in_the_list_is_found_whether_or_not_filters_are_understood(
    location: Location, highlevel: HighLevel, knows_filters: bool, searches: int
) -> None:
    location.knows_filters = knows_filters
    await highlevel.write([a_patient(f"n{number}") for number in range(1_100)], SINGLE)
    await location.clock.sleep(60)

    found = await highlevel.find("contacts", "cliniko_patient_id", ["n3", "n700", "never"])

    assert sorted(found) == ["n3", "n700"]
    assert len(location.calls("POST /contacts/search")) == searches


async def test_a_creation_on_which_the_vendor_fails_each_time_is_given_up(
    location: Location, highlevel: HighLevel
) -> None:
    for _ in range(3):
        location.disturb("POST /contacts/$", "500")

    (outcome,) = await to_rest(highlevel, [a_patient("1")])

    assert (outcome.state, outcome.code) == (State.FAILED, "500")
    assert not location.contacts


async def test_an_update_is_settled_by_its_values(location: Location, highlevel: HighLevel) -> None:
    (made,) = await highlevel.write([a_patient("1")], SINGLE)
    update = replace(a_patient("1"), kind="update", destination_id=made.destination_id, fields={"city": "Hobart"})

    (before,) = await highlevel.settle([update])
    location.contacts[made.destination_id or ""]["city"] = "Hobart"
    (after,) = await highlevel.settle([update])

    assert before is None
    assert after is not None


async def test_a_refusal_that_nobody_can_read_is_settled_and_not_believed(
    location: Location, highlevel: HighLevel
) -> None:
    first = a_patient("1", email="family@example.org")
    second = a_patient("2", email="family@example.org")
    await highlevel.write([first], SINGLE)
    location.disturb("POST /contacts", "400-garbled")

    (outcome,) = await highlevel.write([second], SINGLE)
    settled = await highlevel.settle([second])
    (again,) = await highlevel.write([second], SINGLE)

    assert (outcome.state, settled, again.state) == (State.SENT, [None], State.DONE)
    assert len(location.contacts) == 2


async def test_a_read_whose_refusal_nobody_can_read_is_asked_again(location: Location, highlevel: HighLevel) -> None:
    location.disturb("GET /contacts/gone", "400-garbled")

    assert await highlevel.read("contacts", ["gone"], ["lastName"]) == {}
