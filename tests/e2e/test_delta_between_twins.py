"""What changed at the clinic after the load comes over; what somebody typed into the CRM meanwhile stays."""

from __future__ import annotations

import pytest
from moved import Changes, Move


@pytest.fixture
def changes(move: Move) -> Changes:
    return move.changes


def test_a_change_comes_over(changes: Changes) -> None:
    there = changes.after.patients[changes.chosen.moved]

    assert (there["city"], there["occupation"]) == ("Newtown", "Ferry captain")


def test_a_new_patient_comes_over(changes: Changes) -> None:
    there = changes.after.patients[changes.created]

    assert (there["first_name"], there["last_name"], there["city"]) == ("Newly", "Arrived", "Carlton")


def test_an_archived_patient_is_marked(changes: Changes) -> None:
    assert changes.after.patients[changes.chosen.archived]["archived"] is True


def test_a_cancelled_appointment_says_so(changes: Changes) -> None:
    assert changes.after.meetings[changes.chosen.cancelled]["state"] == "Cancelled"


def test_a_merged_patient_is_gone_and_all_that_was_theirs_is_the_survivors(changes: Changes) -> None:
    survivor = changes.after.patients[changes.chosen.survivor]["id"]
    theirs = [changes.after.meetings[id]["patient"] for id in changes.chosen.losers_appointments]

    assert changes.chosen.loser not in changes.after.patients
    assert theirs
    assert set(theirs) == {survivor}


def test_what_was_typed_into_the_crm_stays_and_the_rest_comes_over(changes: Changes) -> None:
    for patient in (changes.chosen.kept, changes.chosen.beside):
        there = changes.after.patients[patient]
        assert (there["city"], there["occupation"]) == ("Oldtown", "Ferry captain")


def test_the_conflict_is_reported_alone_and_without_its_values(changes: Changes) -> None:
    conflicts = [(one["source_id"], one["field"]) for one in changes.delta["conflicts"]]

    assert conflicts == [(changes.chosen.kept, changes.after.place("patients", "city")[1])]
    assert "Oldtown" not in str(changes.delta)


def test_a_record_that_nobody_changed_is_not_touched(changes: Changes) -> None:
    id = changes.chosen.untouched

    assert changes.after.raw("patients")[id] == changes.before.raw("patients")[id]


def test_another_delta_changes_nothing(changes: Changes) -> None:
    assert {one["map"]: one["updated"] for one in changes.again["objects"]} == {
        one["map"]: one["updated"] for one in changes.delta["objects"]
    }


def test_it_reconciles_and_tells_edits_from_losses(changes: Changes) -> None:
    words = {one["name"]: one["words"] for one in changes.reconcile["criteria"]}

    assert changes.reconcile["ok"] is True
    assert "2 somebody changed" in words["fields"] or "2 more: somebody changed" in words["fields"]
