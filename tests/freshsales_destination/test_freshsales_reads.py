"""Finding, reading, counting, files and removal, at the price of few calls."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from freshsales_account import SINGLE, Account, a_file, a_note, a_patient, a_task, an_invoice, connect

from gurney.destinations.freshsales.destination import Freshsales
from gurney.destinations.freshsales.lists import Lists, Rows
from gurney.destinations.freshsales.values import read_note
from gurney.records import Link, State, Write
from gurney.schema import FieldType

pytestmark = pytest.mark.anyio


async def made(freshsales: Freshsales, *writes: Write) -> list[str]:
    outcomes = await freshsales.write(writes, freshsales.routes(writes[0].object)[-1])
    assert {outcome.state for outcome in outcomes} == {State.DONE}
    return [outcome.destination_id or "" for outcome in outcomes]


async def test_records_are_found_by_our_key_and_what_was_read_is_not_read_again(account: Account) -> None:
    ids = await made(connect(account), *(a_patient(str(n)) for n in range(150)))
    freshsales = connect(account)

    found = await freshsales.find("contacts", "cf_source_system_id", ["3", "149", "no one"])
    calls = len(account.asked)
    again = await freshsales.find("contacts", "cf_source_system_id", ["7"])

    assert found == {"3": ids[3], "149": ids[149]}
    assert again == {"7": ids[7]}
    assert len(account.asked) - calls == 1


async def test_many_records_are_read_by_pages_and_read_again_after_they_were_given_away(
    account: Account, freshsales: Freshsales
) -> None:
    ids = await made(freshsales, *(a_patient(str(n)) for n in range(220)))
    for _ in range(2):
        calls = len(account.asked)
        read = [await freshsales.read("contacts", ids[at : at + 100], ["last_name"]) for at in range(0, 220, 100)]

        assert sum(map(len, read)) == 220
        assert read[2][ids[219]].fields["last_name"] == "Lee 219"
        assert len(account.asked) - calls == 3


async def test_what_lists_do_not_show_yet_is_asked_for_by_its_id(
    account: Account, freshsales: Freshsales, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def behind(*_: object) -> AsyncIterator[Rows]:
        yield []

    ids = await made(freshsales, *(a_patient(str(n)) for n in range(12)))
    account.rows["contacts"][int(ids[3])]["is_deleted"] = True
    monkeypatch.setattr(Lists, "rows", behind)

    read = await freshsales.read("contacts", ids, ["last_name"])

    assert read.keys() == {*ids} - {ids[3]}


async def test_the_lifecycle_stage_is_read_by_the_filters_that_alone_show_it(
    account: Account, freshsales: Freshsales
) -> None:
    ids = await made(freshsales, *(a_patient(str(n), lifecycle_stage=("Lead", "Customer")[n % 2]) for n in range(6)))

    read = await freshsales.read("contacts", ids, ["lifecycle_stage"])

    assert [read[id].fields["lifecycle_stage"] for id in ids] == ["Lead", "Customer"] * 3


async def test_notes_are_read_beside_what_they_hang_on(account: Account, freshsales: Freshsales) -> None:
    contacts = await made(freshsales, *(a_patient(str(n)) for n in range(20)))
    notes = await made(freshsales, *(a_note(str(n), contact) for n, contact in enumerate(contacts)))
    calls = len(account.asked)

    read = await freshsales.read("notes", notes, ["title", "content"])
    children = await freshsales.read_children([Link("contacts", one) for one in contacts], "notes")

    assert [read[id].fields["content"] for id in notes] == ["Fine."] * 20
    assert [child.id for one in contacts for child in children[one]] == notes
    assert len(account.asked) - calls <= 6
    assert not account.calls("GET /notes")


async def test_a_note_that_was_deleted_is_missing_and_the_rest_is_read(
    account: Account, freshsales: Freshsales
) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    notes = await made(freshsales, a_note("1", contact), a_note("2", contact))
    await freshsales.delete("notes", notes[:1])

    assert (await freshsales.read("notes", notes, ["title"])).keys() == {notes[1]}


async def test_tasks_are_read_from_both_of_their_lists(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    ids = await made(freshsales, *(a_task(str(n), contact, done=n % 2 == 0) for n in range(8)))

    read = await freshsales.read("tasks", ids, ["done", "description", "cliniko_appointment_id"])

    assert [read[id].fields["done"] for id in ids] == [True, False] * 4
    assert read[ids[3]].fields["description"] == "All well."
    assert read[ids[3]].fields["cliniko_appointment_id"] == "3"


async def test_deals_of_every_stage_are_counted_and_found(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    ids = await made(freshsales, *(an_invoice(str(n), contact, stage=("Open", "Won")[n % 2]) for n in range(10)))
    account.clock.elapsed += 100

    assert await freshsales.count("deals") == 10
    found = await connect(account).find("deals", "cf_cliniko_invoice_id", [str(n) for n in range(10)])
    assert list(found.values()) == ids


async def test_a_file_is_streamed_listed_and_read_back(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    (id,) = await made(freshsales, a_file("6", contact, size=70_000))
    parent = Link("contacts", contact)

    (child,) = (await freshsales.read_children([parent], "files"))[contact]
    bytes_ = b"".join([chunk async for chunk in await freshsales.read_file(parent, id)])

    assert (child.fields["name"], child.fields["size_bytes"], len(bytes_)) == ("scan_cliniko-6.pdf", 70_000, 70_000)
    assert freshsales.comparable("files", "name", FieldType.TEXT, child.fields["name"]) == "scan.pdf"


async def test_nothing_is_attached_to_a_record_that_is_gone(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    gone = Link("contacts", "999999")

    found = await freshsales.read_children([Link("contacts", contact), gone], "files")

    assert found == {contact: [], gone.id: []}


async def test_a_file_over_the_limit_is_left_to_a_person(account: Account, freshsales: Freshsales) -> None:
    (outcome,) = await freshsales.write([a_file("6", "1", size=200 * 1024 * 1024)], SINGLE)

    assert (outcome.state, outcome.code) == (State.MANUAL, "file-too-large")
    assert not account.calls("POST /documents")


async def test_many_go_into_the_recycle_bin_by_few_calls_and_the_bin_proves_it(
    account: Account, freshsales: Freshsales
) -> None:
    ids = await made(freshsales, *(a_patient(str(n)) for n in range(150)))
    calls = len(account.asked)

    gone = await freshsales.delete("contacts", [*ids, "999"])

    assert gone == dict.fromkeys([*ids, "999"], "")
    assert len(account.asked) - calls <= 6
    assert not account.live("contacts")
    assert len(account.rows["contacts"]) == 150
    assert await freshsales.delete("contacts", ids[:2]) == dict.fromkeys(ids[:2], "")


async def test_where_it_was_chosen_records_are_forgotten_for_ever(account: Account) -> None:
    freshsales = connect(account, forget="yes")
    ids = await made(freshsales, *(a_patient(str(n)) for n in range(6)))

    await freshsales.delete("contacts", ids)

    assert account.rows["contacts"] == {}
    assert freshsales.capabilities.bin_days is None


async def test_files_stay_and_a_person_is_told_so(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    (id,) = await made(freshsales, a_file("6", contact))

    words = await freshsales.delete("files", [id])

    assert "by hand" in words[id]


async def test_a_deletion_whose_answer_was_lost_is_left_out(account: Account, freshsales: Freshsales) -> None:
    (contact,) = await made(freshsales, a_patient("1"))
    notes = await made(freshsales, a_note("1", contact), a_note("2", contact))
    for _ in range(7):
        account.disturb(f"DELETE /notes/{notes[0]}", "drop-before")

    assert await freshsales.delete("notes", notes) == {notes[1]: ""}


async def test_what_others_hung_on_a_record_is_named(account: Account, freshsales: Freshsales) -> None:
    contact, other = await made(freshsales, a_patient("1"), a_patient("2"))
    ours, theirs = await made(freshsales, a_note("1", contact), a_note("2", contact))

    found = await freshsales.children_of_others("contacts", [contact, other], frozenset({f"notes/{ours}"}))

    assert found == {contact: [f"notes/{theirs}"]}


def test_a_note_that_comes_back_as_a_page_is_its_words() -> None:
    assert read_note("<html><body>a &lt; b<br>c</body></html>") == "a < b\nc"
