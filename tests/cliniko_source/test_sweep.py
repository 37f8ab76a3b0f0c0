"""Deltas: what changed is found, what was deleted is proven, and silence proves nothing."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from cliniko_fake import at, link

from gurney.errors import NotAuthorised
from gurney.sources.cliniko.objects import objects

pytestmark = pytest.mark.anyio

LATER = 10**6


async def loaded(cliniko: Any, snapshot: Any, patients: int = 250) -> Any:
    for number in range(1, patients + 1):
        cliniko.add("patients", str(number), at(number * 60))
    cliniko.add("users", "1", at(0))
    source = cliniko.source()
    await source.extract(snapshot)
    cliniko.requests.clear()
    return source


async def test_created_changed_archived_and_merged_rows_are_picked_up(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)
    rows = cliniko.rows["patients"]
    rows[0].update(first_name="New", updated_at=at(LATER))
    rows[1].update(archived_at=at(LATER), updated_at=at(LATER))
    rows[2].update(
        archived_at=at(LATER), merged_at=at(LATER), merged_with_patient=link("patients", "4"), updated_at=at(LATER)
    )
    cliniko.add("patients", "999", at(LATER))

    report = await source.sweep(snapshot)

    assert (report.objects["patients"].new, report.objects["patients"].changed) == (1, 3)
    assert snapshot.counts("patients") == {"live": 249, "archived": 1, "merged": 1}
    assert snapshot.resolve("patients", ["3"]) == {"3": "4"}
    assert report.gone == {}


async def test_a_bulk_edit_in_one_second_is_swept_whole(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot, patients=400)
    for row in cliniko.rows["patients"][:330]:
        row.update(updated_at=at(LATER), first_name="Same second")

    report = await source.sweep(snapshot)

    assert report.objects["patients"].changed == 330


@pytest.mark.parametrize("deed", ["change", "delete"])
@pytest.mark.parametrize("page", ["2", "3", "4"])
async def test_a_row_that_leaves_a_bulk_edit_under_the_sweep_costs_no_other_row(
    cliniko: Any, snapshot: Any, deed: str, page: str
) -> None:
    source = await loaded(cliniko, snapshot, patients=400)
    for row in cliniko.rows["patients"][70:]:
        row.update(updated_at=at(LATER), first_name="Same second")
    left = []

    def meddle(request: httpx2.Request) -> None:
        if request.url.path.endswith("/patients") and request.url.params.get("page") == page and not left:
            left.append(cliniko.rows["patients"][99])
            left[0].update(updated_at=at(LATER + 5))
            if deed == "delete":
                cliniko.rows["patients"].remove(left[0])

    cliniko.before = meddle
    await source.sweep(snapshot)

    bodies = {row.id: row.body for row in snapshot.scan("patients", limit=1000)}
    edited = [row for row in cliniko.rows["patients"] if row.get("first_name") == "Same second"]
    assert left and all(bodies[row["id"]]["updated_at"] == row["updated_at"] for row in edited)


async def test_a_hard_delete_is_found_and_confirmed(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)
    del cliniko.rows["patients"][100]

    report = await source.sweep(snapshot)

    assert report.gone == {"patients": ["101"]}
    assert snapshot.counts("patients")["gone"] == 1
    assert "/patients/101" in cliniko.paths()
    assert (await source.sweep(snapshot)).gone == {}


async def test_an_empty_answer_is_never_read_as_deletions(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)
    cliniko.rows["patients"].clear()
    cliniko.rows["users"].clear()

    report = await source.sweep(snapshot)

    assert report.gone == {}
    assert report.not_trusted == ["users", "patients"]
    assert snapshot.counts("patients") == {"live": 250}


async def test_a_row_that_still_answers_is_not_called_deleted(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)
    cliniko.unlisted.add("1")

    report = await source.sweep(snapshot)

    assert "/patients/1" in cliniko.paths()
    assert report.gone == {}


async def test_changes_made_while_the_lists_were_read_are_not_lost(cliniko: Any, snapshot: Any) -> None:
    """A change that falls between two lists must not hide behind a later high-water mark."""
    for number in range(1, 251):
        cliniko.add("patients", str(number), at(number * 60))
        cliniko.add("communications", str(number), at(number * 60))
    source = cliniko.source()
    changed: list[Any] = []

    def change_late(request: httpx2.Request) -> None:
        swept = "updated_at%3A%3E" in str(request.url) or "updated_at:>" in str(request.url)
        if swept and request.url.path.endswith("/communications") and not changed:
            cliniko.rows["patients"][5].update(first_name="Late", updated_at=at(LATER))
            cliniko.rows["communications"][5].update(content="x", updated_at=at(LATER + 5000))
            changed.append(request)

    cliniko.before = change_late
    await source.extract(snapshot)
    cliniko.before = lambda request: None
    await source.sweep(snapshot)

    assert changed
    assert snapshot.get("patients", ["6"])["6"].body["first_name"] == "Late"


async def test_an_idle_sweep_costs_a_call_a_list_and_one_for_the_settings(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)

    report = await source.sweep(snapshot)

    assert report.calls == 1 + sum(len(spec.paths) for spec in objects().values())
    assert report.objects["patients"].new == report.objects["patients"].changed == 0


async def test_only_the_named_lists_are_asked(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)

    report = await source.sweep(snapshot, lists={"patients", "practitioners"})

    assert sorted(cliniko.paths()) == ["/patients", "/practitioners", "/practitioners/inactive", "/settings"]
    assert report.calls == 4


async def test_a_list_that_was_left_out_goes_on_from_its_own_last_reading(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot)
    for number in range(1, 151):
        cliniko.add("communications", str(number), at(LATER))
    cliniko.rows["patients"][0].update(first_name="New", updated_at=at(LATER + 50_000))
    await source.sweep(snapshot, lists={"patients"})

    report = await source.sweep(snapshot)

    assert report.objects["communications"].new == 150


async def test_a_second_sweep_goes_on_from_the_first(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot, patients=600)
    for row in cliniko.rows["patients"][:330]:
        row.update(updated_at=at(LATER), first_name="Same second")
    cliniko.add("patients", "999", at(LATER + 1000))
    await source.sweep(snapshot)
    cliniko.requests.clear()
    cliniko.rows["patients"][400].update(first_name="New", updated_at=at(LATER + 2000))

    report = await source.sweep(snapshot)

    assert (report.objects["patients"].new, report.objects["patients"].changed) == (0, 1)
    assert cliniko.paths().count("/patients") == 1


async def test_what_changed_after_a_page_was_read_is_found_by_the_next_sweep(cliniko: Any, snapshot: Any) -> None:
    """A record that others name is staged by its id, later than its list was read: that proves nothing of the list."""
    source = await loaded(cliniko, snapshot)

    def change_late(request: httpx2.Request) -> None:
        if request.url.path.endswith("/invoices") and "999" not in {row["id"] for row in cliniko.rows["patients"]}:
            cliniko.rows["patients"][5].update(first_name="Late", updated_at=at(LATER))
            cliniko.add("patients", "999", at(LATER + 5000))
            cliniko.add("invoices", "1", at(LATER + 5000), patient=link("patients", "999"))

    cliniko.before = change_late
    await source.sweep(snapshot)
    assert snapshot.get("patients", ["999"])
    cliniko.before = lambda request: None
    await source.sweep(snapshot)

    assert snapshot.get("patients", ["6"])["6"].body["first_name"] == "Late"


async def test_an_account_that_does_not_sort_by_the_newest_change_is_read_by_filter(
    cliniko: Any, snapshot: Any
) -> None:
    source = await loaded(cliniko, snapshot)
    cliniko.sorts_newest_first = False
    cliniko.rows["patients"][200].update(first_name="New", updated_at=at(LATER))

    report = await source.sweep(snapshot)

    assert report.objects["patients"].changed == 1
    del cliniko.rows["patients"][100]
    assert (await source.sweep(snapshot)).gone == {"patients": ["101"]}


async def test_a_sweep_that_was_killed_within_a_list_is_made_again_whole(cliniko: Any, snapshot: Any) -> None:
    source = await loaded(cliniko, snapshot, patients=400)
    for number, row in enumerate(cliniko.rows["patients"][:330]):
        row.update(updated_at=at(LATER + number * 1000), first_name="Changed")

    def die(request: httpx2.Request) -> httpx2.Response | None:
        asked = [path for path in cliniko.paths() if path == "/patients"]
        return httpx2.Response(401) if len(asked) >= 3 else None

    cliniko.before = die
    with pytest.raises(NotAuthorised):
        await source.sweep(snapshot)
    cliniko.before = lambda request: None
    await source.sweep(snapshot)

    names = [row.body.get("first_name") for row in snapshot.get("patients", [str(n) for n in range(1, 331)]).values()]
    assert set(names) == {"Changed"}
