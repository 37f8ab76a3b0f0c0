"""The staged copy of the source."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gurney.store.snapshot import PutCounts, Staged
from gurney.store.store import Store

MONDAY, TUESDAY = "2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z"


def patient(id: str, updated_at: str = MONDAY, state: str = "live", **body: object) -> Staged:
    return Staged(id, MONDAY, updated_at, state, {"id": id, **body}, ())


def appointment(id: str, patient_id: str, updated_at: str = MONDAY) -> Staged:
    return Staged(id, MONDAY, updated_at, "live", {"id": id}, [("patient", "patients", patient_id)])


def test_rows_come_back_in_the_order_of_first_staging(store: Store) -> None:
    store.snapshot.put("patients", [patient("9"), patient("1")])
    store.snapshot.put("patients", [patient("5"), patient("9", TUESDAY, name="Ada")])

    assert [(row.id, row.body.get("name")) for row in store.snapshot.scan("patients")] == [
        ("9", "Ada"),
        ("1", None),
        ("5", None),
    ]


def test_a_scan_goes_on_where_the_last_one_ended(store: Store) -> None:
    store.snapshot.put("patients", [patient(str(number)) for number in range(7)])

    first = store.snapshot.scan("patients", limit=4)
    rest = store.snapshot.scan("patients", after=first[-1].seq, limit=4)

    assert [row.id for row in (*first, *rest)] == [str(number) for number in range(7)]


def test_what_did_not_change_is_not_marked_as_changed(store: Store) -> None:
    first = store.snapshot.begin("full")
    store.snapshot.put("patients", [patient("1"), patient("2")], extraction=first)
    second = store.snapshot.begin("delta")

    counts = store.snapshot.put(
        "patients", [patient("1", TUESDAY), patient("2", TUESDAY, name="Ada"), patient("3")], extraction=second
    )

    assert counts == PutCounts(new=1, changed=1, same=1)
    assert [row.id for row in store.snapshot.scan("patients", changed_since=second)] == ["2", "3"]


def test_an_older_row_never_replaces_a_newer_one(store: Store) -> None:
    store.snapshot.put("patients", [patient("1", TUESDAY, name="new")])

    counts = store.snapshot.put("patients", [patient("1", MONDAY, name="old")])

    assert counts == PutCounts(0, 0, 1)
    assert store.snapshot.get("patients", ["1"])["1"].body["name"] == "new"


def test_the_newest_of_a_row_given_twice_is_kept(store: Store) -> None:
    twice = [patient("1", TUESDAY, name="new"), patient("1", MONDAY, name="old")]

    assert store.snapshot.put("patients", twice) == PutCounts(1, 0, 0)
    assert store.snapshot.get("patients", ["1"])["1"].body["name"] == "new"


def test_children_are_found_by_their_parent_and_follow_a_change_of_it(store: Store) -> None:
    store.snapshot.put("appointments", [appointment("a", "1"), appointment("b", "1"), appointment("c", "2")])
    store.snapshot.put("appointments", [appointment("b", "2", TUESDAY)])

    children = store.snapshot.children("appointments", "patient", ["1", "2", "3"])

    assert {parent: sorted(row.id for row in rows) for parent, rows in children.items()} == {
        "1": ["a"],
        "2": ["b", "c"],
    }


def test_long_lists_of_ids_are_no_trouble(store: Store) -> None:
    ids = [str(number) for number in range(2500)]
    store.snapshot.put("patients", [patient(id) for id in ids])

    assert set(store.snapshot.get("patients", [*ids, "missing"])) == set(ids)
    assert list(store.snapshot.ids("patients")) == ids


def test_a_row_that_is_gone_stays_readable_and_comes_back_when_seen_again(store: Store) -> None:
    store.snapshot.put("patients", [patient("1", name="Ada"), patient("2")])
    sweep = store.snapshot.begin("delta")

    store.snapshot.mark_gone("patients", ["1"], sweep)

    assert store.snapshot.counts("patients") == {"gone": 1, "live": 1}
    assert store.snapshot.get("patients", ["1"])["1"].body["name"] == "Ada"
    assert [row.id for row in store.snapshot.scan("patients", changed_since=sweep)] == ["1"]
    store.snapshot.put("patients", [patient("1", name="Ada")])
    assert store.snapshot.counts("patients") == {"live": 2}


def test_what_is_gone_already_is_no_news_to_the_next_sweep(store: Store) -> None:
    store.snapshot.put("patients", [patient("1")])
    store.snapshot.mark_gone("patients", ["1"], store.snapshot.begin("delta"))
    later = store.snapshot.begin("delta")

    store.snapshot.mark_gone("patients", ["1"], later)

    assert store.snapshot.scan("patients", changed_since=later) == []


def test_losers_of_a_merge_lead_to_the_survivor(store: Store) -> None:
    store.snapshot.set_aliases("patients", {"2": "1"})

    assert store.snapshot.resolve("patients", ["1", "2", "3"]) == {"1": "1", "2": "1", "3": "3"}


def test_a_survivor_that_was_merged_again_leads_on(store: Store) -> None:
    store.snapshot.set_aliases("patients", {"3": "2"})
    store.snapshot.set_aliases("patients", {"2": "1"})

    assert store.snapshot.resolve("patients", ["3"]) == {"3": "1"}


def test_aliases_that_go_round_in_a_circle_end(store: Store) -> None:
    store.snapshot.set_aliases("patients", {"1": "2", "2": "1"})

    assert set(store.snapshot.resolve("patients", ["1", "2"])) == {"1", "2"}


def test_rows_and_cursor_are_kept_together_or_not_at_all(store: Store, reopen: Callable[[], Store]) -> None:
    store.snapshot.put("patients", [patient("1")], cursor={"page": 1})

    with pytest.raises(TypeError):
        store.snapshot.put("patients", [patient("2")], cursor={"page": object()})

    assert reopen().snapshot.cursor("patients") == {"page": 1}
    assert reopen().snapshot.counts("patients") == {"live": 1}


def test_the_high_water_mark_is_the_newest_stamp(store: Store) -> None:
    assert store.snapshot.high_water("patients") is None
    store.snapshot.put("patients", [patient("1", TUESDAY), patient("2", MONDAY)])
    assert store.snapshot.high_water("patients") == TUESDAY
