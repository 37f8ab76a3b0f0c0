"""Intent, outcome, and what is left to do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sent_examples import contact, create, key

from gurney.errors import GurneyError, StoreUnusable
from gurney.records import File, Kind, Link, Outcome, State
from gurney.store.runs import Fenced, PastRun, Run
from gurney.store.store import Store


def test_what_was_sent_and_has_no_outcome_comes_back_exactly(
    store: Store, run: Run, reopen: Callable[[], Store]
) -> None:
    file = File("77", "scan of Ada.pdf", 9, "application/pdf", "ab" * 32)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    first = contact("1", parent=Link("Contacts", "5"), file=file, owner_id="u1", unless_modified_since=moment)
    second = contact("2", kind=Kind.UPDATE, destination_id="zoho-2")
    store.ledger.intend(run, [first, second])

    assert reopen().ledger.unsettled(10) == [first, second]


def test_an_outcome_settles_what_another_process_had_sent(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    store.ledger.intend(run, [contact("1")])
    later = reopen()
    taken_up = later.runs.open("full", "Kim Operator")

    later.ledger.conclude(taken_up, [Outcome.done(key("1"), "zoho-1")])

    assert taken_up.resumed
    assert later.ledger.unsettled(10) == []
    assert later.effects.get("Z1", "patients", ["1"]) == {"1": "zoho-1"}
    assert later.effects.of([key("1")])[key("1")].written == contact("1").fields


def test_an_outcome_of_what_was_never_sent_is_refused_by_name(store: Store, run: Run) -> None:
    with pytest.raises(GurneyError, match="Z1/patients/1/0"):
        store.ledger.conclude(run, [Outcome.done(key("1"), "zoho-1")])
    assert store.ledger.head() == ""


def test_a_failed_record_is_tried_again_and_a_done_one_is_not(store: Store, run: Run) -> None:
    writes = [contact("1"), contact("2")]
    store.ledger.intend(run, writes)
    refused = Outcome.failed(key("2"), code="INVALID_DATA", words="invalid data: ada@example.com", field="Email")
    store.ledger.conclude(run, [Outcome.done(key("1"), "zoho-1"), refused])

    assert store.ledger.finished_ids("Z1", "patients", ["1", "2", "3"]) == {"1"}
    (failed,) = store.ledger.in_state(State.FAILED)
    assert (failed.code, failed.words, failed.field) == (refused.code, refused.words, "Email")
    assert store.ledger.reasons() == [("Z1", "failed", "INVALID_DATA", 1, refused.words)]


def test_attempts_are_counted_in_the_log(store: Store, run: Run) -> None:
    store.ledger.intend(run, [contact("1")])
    store.ledger.intend(run, [contact("1")])

    store.ledger.intend(run, [contact("1", part=1)])
    store.ledger.intend(run, [contact("1", part=1)])

    assert [entry["attempt"] for entry in store.ledger.export()] == [1, 2, 1, 2]
    assert store.ledger.states("Z1", [key("1")])[key("1")].attempt == 2


def test_a_record_is_finished_only_with_all_its_parts(store: Store, run: Run) -> None:
    writes = [contact("1"), contact("1", part=1)]
    store.ledger.intend(run, writes)
    store.ledger.conclude(run, [Outcome.done(key("1"), "zoho-1")])

    assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()


def test_parts_of_a_record_are_told_apart(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    """A long note becomes several: each part has its own answer, attempts and outcome, after a crash as well."""
    parts = [contact("1"), contact("1", part=1, fields={"Last_Name": "The rest"})]
    store.ledger.intend(run, parts)
    store.ledger.intend(run, parts[1:])

    later = reopen()
    again = later.runs.open("full", "Kim")
    assert later.ledger.unsettled(10) == parts
    later.ledger.conclude(again, [Outcome.done(key("1", part=1), "zoho-1b"), Outcome.done(key("1"), "zoho-1a")])

    states = later.ledger.states("Z1", [key("1")])
    assert {part.key: part.destination_id for part in states.values()} == {key("1"): "zoho-1a", key("1", 1): "zoho-1b"}
    assert {part.key.part: part.attempt for part in later.ledger.in_state(State.DONE)} == {0: 1, 1: 2}
    effects = later.effects.of([key("1"), key("1", part=1)])
    assert {effect.key: effect.destination_id for effect in effects.values()} == {
        key("1"): "zoho-1a",
        key("1", 1): "zoho-1b",
    }
    assert effects[key("1", part=1)].written == {"Last_Name": "The rest"}
    assert later.ledger.verify().ok


def test_an_operation_tells_its_state_and_its_record(store: Store, run: Run) -> None:
    create(store, run, "1")

    (operation,) = store.ledger.in_state(State.DONE)

    assert (operation.state, operation.kind) == (State.DONE, Kind.CREATE)
    assert (operation.destination_object, operation.destination_id) == ("Contacts", "zoho-1")
    assert operation.words == ""


def test_what_a_rollback_kept_is_finished_while_it_is_ours_and_open_once_it_was_restored(
    store: Store, run: Run
) -> None:
    create(store, run, "1")
    update = contact("2", kind=Kind.UPDATE, destination_id="old-2")
    store.ledger.intend(run, [update], {update.key: {"Last_Name": "As It Was"}})
    store.ledger.conclude(run, [Outcome.done(update.key, "old-2", created=False)])
    restore = replace(update, kind=Kind.RESTORE, fields={"Last_Name": "As It Was"})
    store.ledger.intend(run, [restore])
    store.ledger.conclude(run, [Outcome.done(restore.key, "old-2", created=False)])
    why = "a person changed another field"
    kept = [
        Outcome(key(id), State.SKIPPED, there, code="kept", words=why)
        for id, there in (("1", "zoho-1"), ("2", "old-2"))
    ]

    store.ledger.record(run, "Contacts", kept, kind=Kind.DELETE)

    assert store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == {"1"}
    assert store.ledger.verify().ok


def test_what_was_skipped_needs_no_intent_and_keeps_its_reason(store: Store, run: Run) -> None:
    skipped = Outcome(key("1"), State.SKIPPED, code="not-selected", words="left out by the condition")

    store.ledger.record(run, "Contacts", [skipped])

    assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()  # a corrected mapping may take it after all
    assert store.ledger.states("Z1", [key("1")])[key("1")].words == skipped.words
    assert store.ledger.left() == {"Z1": {"skipped": 1}}
    assert store.ledger.verify().ok


def test_a_record_whose_change_failed_is_there_and_one_whose_creation_failed_is_not(store: Store, run: Run) -> None:
    create(store, run, "1")
    store.ledger.intend(run, [contact("1", kind=Kind.UPDATE, destination_id="zoho-1"), contact("2")])
    store.ledger.conclude(run, [Outcome.failed(key(id), code="INVALID_DATA", words="refused") for id in ("1", "2")])

    assert store.ledger.left() == {"Z1": {"failed": 2}}
    assert store.ledger.absent() == {"Z1": 1}


def test_an_entry_says_who_did_what_to_which_record_and_when(store: Store, run: Run) -> None:
    create(store, run, "1")

    sent, done = store.ledger.export()

    about = {"map": "Z1", "object": "patients", "id": "1", "part": 0, "op": "create", "to": "Contacts"}
    about |= {"by": "Kim Operator", "at": "2026-11-16T09:30:00+00:00", "run": run.id, "run_kind": "full"}
    assert about.items() <= sent.items()
    assert about.items() <= done.items()
    assert (sent["state"], done["state"], done["to_id"]) == ("sent", "done", "zoho-1")


def test_an_entry_names_what_is_there_in_part(store: Store, run: Run) -> None:
    store.ledger.intend(run, [contact("1")])
    store.ledger.conclude(run, [Outcome.sent(key("1"), "zoho-1")])

    *_, entry = store.ledger.export()

    assert (entry["state"], entry["to"], entry["to_id"]) == ("sent", "Contacts", "zoho-1")
    assert store.ledger.unsettled(10)[0].destination_id == "zoho-1"


def test_digests_tell_equal_payloads_from_others_and_cannot_be_recomputed_without_the_key(
    store: Store, run: Run
) -> None:
    for write in (contact("1"), contact("1"), contact("1", fields={"Last_Name": "Other"})):
        store.ledger.intend(run, [write])

    first, same, other = (entry["digest"] for entry in store.ledger.export())
    assert first == same != other


def test_a_worker_that_was_overtaken_can_write_nothing(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    store.ledger.intend(run, [contact("1")])
    other = reopen()
    other.runs.open("full", "Lee Operator")
    head = other.ledger.head()

    attempts: list[Callable[[], None]] = [
        lambda: store.ledger.intend(run, [contact("2")]),
        lambda: store.ledger.conclude(run, [Outcome.done(key("1"), "zoho-1")]),
        lambda: store.ledger.record(run, "Contacts", [Outcome(key("3"), State.SKIPPED)]),
        lambda: store.ledger.note(run, "conflict", {}, ""),
        lambda: store.ledger.keep_progress(run, "load", {"after": 1}),
        lambda: store.runs.close(run, "done"),
    ]
    for attempt in attempts:
        with pytest.raises(Fenced):
            attempt()

    assert other.ledger.head() == head
    assert other.effects.get("Z1", "patients", ["1"]) == {}


def test_a_run_of_another_kind_overtakes_as_well(store: Store, run: Run) -> None:
    store.runs.still(run)
    store.runs.open("rollback", "Kim Operator")

    with pytest.raises(Fenced):
        store.ledger.intend(run, [contact("1")])
    with pytest.raises(Fenced):
        store.runs.still(run)


def test_a_closed_run_is_not_resumed_and_a_paused_one_is(store: Store) -> None:
    first = store.runs.open("full", "Kim")
    store.runs.close(first, "paused")
    second = store.runs.open("full", "Kim")
    store.runs.close(second, "done")
    third = store.runs.open("full", "Lee")

    assert (second.id, second.resumed) == (first.id, True)
    assert (second.kind, second.operator) == (first.kind, "Kim")
    assert (third.id != first.id, third.resumed) == (True, False)
    assert first.fence < second.fence < third.fence
    latest = store.runs.latest("full")
    assert latest is not None
    assert (latest.id, latest.operator, latest.state) == (third.id, "Lee", "open")


def test_a_half_written_batch_leaves_no_trace(store: Store, run: Run) -> None:
    broken = replace(contact("2"), fields={"Last_Name": object()})  # type: ignore[dict-item]

    with pytest.raises(TypeError):
        store.ledger.intend(run, [contact("1"), broken])

    assert store.ledger.unsettled(10) == []
    assert store.ledger.verify().entries == 0


def test_progress_is_kept_by_name(store: Store, run: Run) -> None:
    store.ledger.keep_progress(run, "load Z1", {"after": 12})

    assert store.ledger.progress("load Z1") == {"after": 12}
    assert store.ledger.progress("load Z2") is None


def test_events_stand_in_the_log_among_the_operations(store: Store, run: Run) -> None:
    store.ledger.note(None, "approval", {"gate": "plan", "digest": "ab"}, "Kim")
    create(store, run, "1")

    events = [entry for entry in store.ledger.export() if "event" in entry]
    assert [(event["event"], event["gate"], event["by"]) for event in events] == [("approval", "plan", "Kim")]
    assert store.ledger.verify().entries == 3


def test_those_who_write_at_once_make_one_chain(store: Store, reopen: Callable[[], Store]) -> None:
    def write(one: Store) -> None:
        for number in range(50):
            one.ledger.note(None, "event", {"n": number}, "Kim")

    with ThreadPoolExecutor(4) as pool:
        # two connections, each shared by two threads
        list(pool.map(write, [store, reopen()] * 2))

    found = store.ledger.verify()
    assert (found.ok, found.entries) == (True, 200)


def test_of_those_who_open_a_run_at_once_only_the_last_may_write(store: Store, reopen: Callable[[], Store]) -> None:
    stores = [store, *(reopen() for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda one: one.runs.open("full", "Kim"), stores))

    assert len({run.id for run in runs}) == 1
    assert sorted(run.fence for run in runs) == [1, 2, 3, 4]
    for one, run in zip(stores, runs, strict=True):
        if run.fence < 4:
            with pytest.raises(Fenced):
                one.ledger.intend(run, [contact("1")])
        else:
            one.ledger.intend(run, [contact("1")])


def test_one_worker_at_a_time_holds_a_migration(store: Store, reopen: Callable[[], Store]) -> None:
    other = reopen()

    with store.worker_lock(), pytest.raises(StoreUnusable, match="at work"), other.worker_lock():
        pass
    with other.worker_lock():
        pass


def test_users_are_linked_in_the_name_of_the_run_and_by_nobody_who_was_overtaken(store: Store, run: Run) -> None:
    store.ledger.link_existing(run, "Users", [(key("1"), "u1"), (key("2"), "u2")])

    entries = list(store.ledger.export())
    assert [entry["seq"] for entry in entries] == [1, 2]
    assert entries[-1]["hash"] == store.ledger.head()
    assert [(one["id"], one["op"], one["state"], one["to"], one["to_id"], one["run"]) for one in entries] == [
        ("1", "link", "done", "Users", "u1", run.id),
        ("2", "link", "done", "Users", "u2", run.id),
    ]
    assert store.ledger.states("Z1", [key("1")])[key("1")].destination_id == "u1"
    assert not store.effects.of([key("1")])[key("1")].created
    store.runs.open("full", "Ada")
    with pytest.raises(Fenced):
        store.ledger.link_existing(run, "Users", [(key("3"), "u3")])


def test_a_run_is_remembered_with_its_operator_and_its_moments(store: Store, run: Run) -> None:
    moment = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)

    assert store.runs.latest("full") == PastRun(run.id, "full", "Kim Operator", "open", moment, None)
    store.runs.close(run, "paused")
    assert store.runs.latest("full") == PastRun(run.id, "full", "Kim Operator", "paused", moment, moment)
    assert store.runs.latest("delta") is None


def test_whoever_was_overtaken_is_told_so_and_what_to_do(store: Store, run: Run) -> None:
    store.runs.open("full", "Ada")

    with pytest.raises(Fenced) as fenced:
        store.runs.still(run)

    assert fenced.value.message == "Another process has taken this migration over."
    assert fenced.value.next_step == "Let that one finish; `gurney status` shows how far it is."
