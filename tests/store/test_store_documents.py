"""Documents and approvals, comparisons, issues."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sent_examples import create

from gurney.records import Issue, SourceKey
from gurney.store.diffs import Diff
from gurney.store.runs import Run
from gurney.store.store import Store


@pytest.mark.parametrize("sealed", [True, False])
def test_a_document_comes_back_and_the_newest_takes_the_place_of_earlier_ones(store: Store, sealed: bool) -> None:
    store.documents.put("plan", {"maps": ["Z1"]}, sealed=sealed)
    store.documents.put("plan", {"maps": ["Z1", "Z2"], "n": None}, sealed=sealed)

    assert store.documents.get("plan") == {"maps": ["Z1", "Z2"], "n": None}
    assert store.documents.get("sample") is None


def test_the_digest_follows_the_content_alone(store: Store) -> None:
    first = store.documents.put("plan", {"a": 1, "b": 2}, sealed=False)

    assert store.documents.put("plan", {"b": 2, "a": 1}, sealed=True) == first == store.documents.digest("plan")
    assert store.documents.put("plan", {"a": 1, "b": 3}, sealed=False) != first
    assert store.documents.digest("sample") == ""


def test_an_approval_says_who_approved_what_and_when(store: Store) -> None:
    assert store.documents.approval("plan") is None
    store.documents.approve("plan", "Kim", "ab")
    store.documents.approve("plan", "Lee", "cd")

    approval = store.documents.approval("plan")

    assert approval is not None
    assert (approval.by, approval.digest) == ("Lee", "cd")
    assert approval.at == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


def diff(field: str, verdict: str) -> Diff:
    return Diff("Z1", "1", "zoho-1", field, "3/4/1985", "1985-04-03", "1985-04-03", verdict, "converted from text")


def test_comparisons_come_back_in_order_and_are_counted(store: Store, run: Run) -> None:
    rows = [diff("Birthday", "converted"), diff("Last_Name", "equal"), diff("Birthday", "converted")]
    store.diffs.put(run, rows[:2])
    store.diffs.put(run, rows[2:])

    assert list(store.diffs.rows(run.id)) == rows
    assert store.diffs.counts(run.id) == {("Z1", "Birthday", "converted"): 2, ("Z1", "Last_Name", "equal"): 1}


def test_a_fresh_comparison_replaces_only_its_own(store: Store, run: Run) -> None:
    store.diffs.put(run, [diff("Last_Name", "equal")])

    store.diffs.clear(run.id, "Z2")
    assert len(list(store.diffs.rows(run.id))) == 1
    store.diffs.clear(run.id, "Z1")
    assert list(store.diffs.rows(run.id)) == []


def issue(id: str, words: str = "shortened to 250 characters", code: str = "text-shortened") -> Issue:
    return Issue(SourceKey("patients", id), "notes", code, words, "Nothing to do.")


def test_an_issue_found_again_is_kept_once_with_its_newest_words(store: Store, run: Run) -> None:
    store.issues.add(run, [issue("1", "old words"), issue("2")])
    store.issues.add(None, [issue("1")])

    assert store.issues.all() == [issue("1"), issue("2")]
    assert store.issues.counts() == [
        ("patients", "notes", "text-shortened", 2, issue("1").words, "Nothing to do."),
    ]
    assert store.issues.ids("patients", "notes", "text-shortened") == ["1", "2"]


def test_issues_can_be_found_afresh(store: Store) -> None:
    store.issues.add(None, [issue("1")])
    store.issues.clear()

    assert store.issues.all() == []


def test_what_a_report_counts_agrees(store: Store, run: Run) -> None:
    create(store, run, "1", "2")

    assert store.ledger.counts() == {"Z1": {("create", "done"): 2}}
    assert store.effects.records() == {"Z1": {"created": 2}}
    assert store.effects.by_object() == {"Contacts": 2}
    assert store.ledger.touched("Z1") == 2
