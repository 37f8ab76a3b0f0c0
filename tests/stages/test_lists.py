"""Lists as files: loaded, proven, replaced when a line changed, and taken back, with nothing plain on the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import memory_crm
import pytest
from listed_scene import NAME, lines, lists, live_invoices, log_of, numbers, with_lists
from stage_scene import Scene

from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.status import status
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.records import Kind, Link, Outcome, State, Write

pytestmark = pytest.mark.anyio


@pytest.fixture
async def listed(scene: Scene) -> Scene:
    return await with_lists(scene)


def busiest(scene: Scene) -> str:
    """A patient with several invoices."""
    return max(lists(scene), key=lambda patient: (len(live_invoices(scene)[patient]), patient))


async def test_every_patient_with_invoices_has_one_list_and_both_sides_agree(listed: Scene) -> None:
    expected = {patient: {str(one["id"]) for one in rows} for patient, rows in live_invoices(listed).items()}

    assert {patient: set(numbers(listed, patient)) for patient in lists(listed)} == expected
    report = await reconcile(listed.migration)
    assert report.ok, [one for one in report.criteria if not one.ok]
    [row] = [one for one in report.objects if one.map == "LIST"]
    assert (row.source_count, row.created, row.verified, row.destination_count) == (len(expected),) * 4


async def test_nothing_of_a_list_lies_plain_on_the_disk(listed: Scene) -> None:
    patient = busiest(listed)
    content = listed.crm.bytes_of[lists(listed)[patient]]

    for file in listed.migration.workspace.state.rglob("*"):
        if file.is_file():
            kept = file.read_bytes()
            assert content[3:40] not in kept
            assert NAME.encode() not in kept or file.suffix != ".sealed"


async def test_the_bytes_of_a_list_are_fetched_once_until_the_vendor_shows_a_change(
    listed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    read_file = listed.crm.read_file

    async def counted(parent: Link, id: str) -> AsyncIterator[bytes]:
        fetched.append(id)
        return await read_file(parent, id)

    monkeypatch.setattr(listed.crm, "read_file", counted)
    touched = lists(listed)[busiest(listed)]

    assert (await reconcile(listed.migration)).ok
    assert fetched == []
    listed.crm.edit("Attachments", touched, {})
    assert (await reconcile(listed.migration)).ok
    assert fetched == [touched]

    listed.migration.workspace.settings.options.verify_files = "size"
    assert (await reconcile(listed.migration)).ok
    listed.migration.workspace.settings.options.verify_files = "checksum"
    assert (await reconcile(listed.migration)).ok
    assert sorted(fetched) == sorted([touched, *lists(listed).values()]), "sizes alone prove no bytes"


async def test_a_delta_replaces_the_list_whose_invoice_changed_and_no_other(listed: Scene) -> None:
    before, patient = lists(listed), busiest(listed)
    invoice = numbers(listed, patient)[0]
    await listed.staff("edit", object="invoices", id=invoice, fields={"notes": "=now()"})

    report = await delta(listed.migration)

    after = lists(listed)
    assert {one for one in after if after[one] != before[one]} == {patient}
    [line] = [one for one in lines(listed.crm.bytes_of[after[patient]]) if one["Id"] == invoice]
    assert line["Notes"] == "'=now()"
    assert not report.conflicts
    told = [("create", "sent"), ("create", "done"), ("delete", "sent"), ("delete", "done")]
    assert log_of(listed.migration, patient) == [*told, ("create", "sent"), ("create", "done")]
    assert (await reconcile(listed.migration)).ok

    await delta(listed.migration)
    assert lists(listed) == after, "what did not change is not sent again"


async def test_a_first_invoice_brings_a_list_and_the_last_one_takes_it_along(listed: Scene) -> None:
    rows = listed.clinic_rows("patients")
    fresh = next(
        str(one["id"])
        for one in rows
        if str(one["id"]) not in lists(listed) and not one.get("merged_at") and not one.get("archived_at")
    )
    patient = busiest(listed)
    template = live_invoices(listed)[patient][0]
    links = {"links": {"self": str(template["patient"]["links"]["self"]).rsplit("/", 1)[0] + f"/{fresh}"}}
    stamps = {"created_at": "2026-11-16T00:04:00Z", "updated_at": "2026-11-16T00:04:00Z"}
    record = {**template, **stamps, "id": "999001", "number": 999001, "patient": links}
    await listed.staff("create", object="invoices", record=record)
    for row in live_invoices(listed)[patient]:
        await listed.staff("edit", object="invoices", id=row["id"], fields={"archived_at": "2026-11-16T00:10:00Z"})

    await delta(listed.migration)

    assert numbers(listed, fresh) == ["999001"]
    assert patient not in lists(listed)
    assert (await reconcile(listed.migration)).ok


async def test_a_merged_patient_s_invoices_move_into_the_survivor_s_list(listed: Scene) -> None:
    loser = busiest(listed)
    survivor = next(one for one in sorted(lists(listed)) if one != loser)
    moved, own = numbers(listed, loser), numbers(listed, survivor)
    await listed.staff("merge", loser=loser, survivor=survivor)

    await delta(listed.migration)

    assert loser not in lists(listed)
    assert sorted(numbers(listed, survivor)) == sorted([*moved, *own])
    assert (await reconcile(listed.migration)).ok


async def test_lost_answers_make_no_list_twice(scene: Scene) -> None:
    scene.crm.lose_every = 2
    listed = await with_lists(scene)
    patient = busiest(listed)
    await listed.staff("edit", object="invoices", id=numbers(listed, patient)[0], fields={"notes": "changed"})

    await delta(listed.migration)

    assert lists(listed).keys() == live_invoices(listed).keys()
    assert any(line["Notes"] == "changed" for line in lines(listed.crm.bytes_of[lists(listed)[patient]]))
    assert (await reconcile(listed.migration)).ok


async def test_a_list_that_was_removed_when_the_delta_broke_off_comes_with_the_next(
    listed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = busiest(listed)
    await listed.staff("edit", object="invoices", id=numbers(listed, patient)[0], fields={"notes": "changed"})
    write = listed.crm._write

    async def broken(one: Write) -> Outcome:
        if one.object == "Attachments" and one.kind is Kind.CREATE:
            raise ConnectionAbortedError
        return await write(one)

    with monkeypatch.context() as patch:
        patch.setattr(listed.crm, "_write", broken)
        with pytest.raises(ConnectionAbortedError):
            await delta(listed.migration)
    assert patient not in lists(listed)

    await delta(listed.migration)

    assert patient in lists(listed)
    assert (await reconcile(listed.migration)).ok


async def test_a_list_over_the_vendor_s_limit_is_left_to_a_person_with_words(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(memory_crm.LIMITS, "file_bytes", 200)

    await with_lists(scene)

    manual = [one for one in status(scene.migration).manual if one.map == "LIST"]
    assert manual
    assert {one.reason for one in manual} == {"file-too-large"}
    assert all("over the limit of 200. The list is too long for one file." in one.steps[0] for one in manual)
    assert lists(scene).keys() | {one.source_id for one in manual} == live_invoices(scene).keys()
    assert (await reconcile(scene.migration)).ok


async def test_a_list_that_outgrows_the_limit_stays_as_it_last_fitted(
    listed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = busiest(listed)
    before = lists(listed)
    await listed.staff("edit", object="invoices", id=numbers(listed, patient)[0], fields={"notes": "much " * 5_000})
    account = listed.migration.account()
    limits = {**account.limits, "file_bytes": memory_crm.Limit("file_bytes", 20_000, "test")}
    listed.migration.keep_account(memory_crm.replace(account, limits=limits))

    report = await delta(listed.migration)

    assert lists(listed) == before
    assert [(one.map, one.source_id, one.next_step.partition(":")[0]) for one in report.conflicts] == [
        ("LIST", patient, "the list outgrew what the destination takes")
    ]


async def test_a_rollback_takes_the_lists_and_a_run_brings_them_again(listed: Scene) -> None:
    there = lists(listed).keys()

    report = await undo(listed.migration)

    assert not report.kept
    assert not any(listed.crm.records.values())
    assert listed.migration.store.ledger.verify().ok
    await run(listed.migration)
    assert lists(listed).keys() == there
    assert not listed.migration.store.ledger.in_state(State.FAILED)
