"""The ledger: what was intended, what became of it, and what stands for what afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from store_examples import NOW, done, key, write

from gurney.errors import GurneyError
from gurney.records import File, Kind, Link, OperationKey, Outcome, State
from gurney.store.runs import Fenced, Run
from gurney.store.store import Store

Reopen = Callable[[], Store]
ADA, BOB, CYD = key("1"), key("2"), key("3")


def state_of(store: Store, of: OperationKey) -> State:
    return store.ledger.states(of.map, [of])[of].state


class TestIntending:
    def test_what_was_intended_is_sent_until_it_is_concluded(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [write(ADA)])

        assert state_of(store, ADA) is State.SENT
        assert store.effects.of([ADA]) == {}
        assert store.ledger.left() == {"Z1": {"sent": 1}}

    def test_every_attempt_is_counted(self, store: Store, run: Run) -> None:
        for _ in range(3):
            store.ledger.intend(run, [write(ADA)])

        assert store.ledger.states("Z1", [ADA])[ADA].attempt == 3
        assert [entry["attempt"] for entry in store.ledger.export()] == [1, 2, 3]

    def test_after_a_crash_the_exact_writes_are_known(self, store: Store, run: Run, reopen: Reopen) -> None:
        whole = write(
            CYD,
            {"Name": "Zoë 👩‍⚕️", "Fee": Decimal("1.10"), "Born": date(1985, 2, 3), "Tags": ("a", "b"), "Of": Link("A", "9"),
             "At": NOW, "Ok": True, "Count": 3, "None": None},
            kind=Kind.UPDATE, to="77", owner_id="u1", parent=Link("Contacts", "5"), unless_modified_since=NOW,
            file=File("f1", "scan.pdf", 12, "application/pdf", "ab" * 32),
        )  # fmt: skip
        store.ledger.intend(run, [write(BOB), whole, write(ADA)])

        left = reopen().ledger.unsettled(10)

        assert left == [write(BOB), whole, write(ADA)]

    def test_leftovers_come_oldest_first_and_not_more_than_asked_for(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [write(CYD), write(ADA)])
        store.ledger.intend(run, [write(BOB)])
        store.ledger.conclude(run, [Outcome.done(ADA, "c-1")])

        assert [one.key for one in store.ledger.unsettled(10)] == [CYD, BOB]
        assert [one.key for one in store.ledger.unsettled(1)] == [CYD]

    def test_nothing_of_a_batch_stays_when_one_of_it_cannot_be_kept(self, store: Store, run: Run) -> None:
        with pytest.raises(TypeError):
            store.ledger.intend(run, [write(ADA), write(BOB, {"Name": "half a pair \ud83d"})])

        assert store.ledger.unsettled(10) == []
        assert list(store.ledger.export()) == []

    def test_a_batch_of_nothing_changes_nothing(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [])
        store.ledger.conclude(run, [])
        store.ledger.record(run, "Contacts", [])
        store.ledger.link_existing(run, "users", [])

        assert list(store.ledger.export()) == []


class TestConcluding:
    def test_a_created_record_stands_for_its_source(self, store: Store, run: Run) -> None:
        fields = {"Last_Name": "Lee", "Fee": Decimal("1.10")}
        store.ledger.intend(run, [write(ADA, fields, owner_id="u1", parent=Link("Accounts", "8"))])

        store.ledger.conclude(run, [Outcome.done(ADA, "c-1", modified_at=NOW)])

        effect = store.effects.of([ADA])[ADA]
        assert (effect.destination_object, effect.destination_id) == ("Contacts", "c-1")
        assert (effect.created, effect.removed, effect.before) == (True, False, None)
        assert (effect.owner_id, effect.parent, effect.modified_at) == ("u1", Link("Accounts", "8"), NOW)
        assert effect.written == fields
        assert store.effects.get("Z1", "patients", ["1", "2"]) == {"1": "c-1"}
        assert store.ledger.unsettled(10) == []

    def test_after_a_crash_the_outcome_still_finds_its_write(self, store: Store, run: Run, reopen: Reopen) -> None:
        store.ledger.intend(
            run, [write(ADA, {"Last_Name": "Lee"}), write(BOB, kind=Kind.UPDATE, to="7")], {BOB: {"Last_Name": "Ray"}}
        )

        later = reopen()
        later.ledger.conclude(later.runs.open("run", "bob"), [Outcome.done(ADA, "c-1"), Outcome.done(BOB, "7")])

        effects = later.effects.of([ADA, BOB])
        assert effects[ADA].written == {"Last_Name": "Lee"}
        assert effects[BOB].before == {"Last_Name": "Ray"}

    def test_a_refusal_keeps_the_vendors_code_words_and_field(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [write(ADA)])

        store.ledger.conclude(run, [Outcome.failed(ADA, code="INVALID_DATA", words="not an email", field="Email")])

        operation = store.ledger.states("Z1", [ADA])[ADA]
        assert (operation.state, operation.code, operation.words, operation.field) == (
            State.FAILED, "INVALID_DATA", "not an email", "Email",
        )  # fmt: skip
        assert store.ledger.in_state(State.FAILED) == [operation]
        assert store.ledger.reasons() == [("Z1", "failed", "INVALID_DATA", 1, "not an email")]
        assert store.effects.of([ADA]) == {}

    def test_an_outcome_of_what_was_never_intended_is_refused(self, store: Store, run: Run) -> None:
        with pytest.raises(GurneyError, match="Z1/patients/1/0"):
            store.ledger.conclude(run, [Outcome.done(ADA, "c-1")])

    def test_an_outcome_counts_once(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA))

        with pytest.raises(GurneyError):
            store.ledger.conclude(run, [Outcome.done(ADA, "c-2")])
        assert store.effects.get("Z1", "patients", ["1"]) == {"1": "c-1"}

    def test_an_unknown_outcome_leaves_the_write_to_be_settled(self, store: Store, run: Run, reopen: Reopen) -> None:
        store.ledger.intend(run, [write(ADA), write(BOB)])

        store.ledger.conclude(run, [Outcome.sent(ADA), Outcome.done(BOB, "c-2")])

        assert reopen().ledger.unsettled(10) == [write(ADA)]

    def test_a_failed_write_can_be_tried_again(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [write(ADA)])
        store.ledger.conclude(run, [Outcome.failed(ADA, code="X", words="no", field="F")])

        done(store, run, write(ADA))

        operation = store.ledger.states("Z1", [ADA])[ADA]
        assert (operation.state, operation.attempt, operation.code, operation.words) == (State.DONE, 2, "", "")


class TestUpdating:
    def test_an_update_is_laid_over_what_was_written(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"First": "Ada", "Last": "Lee", "Note": "x"}, owner_id="u1"))
        store.effects.set_verdicts([ADA], "equal")

        done(store, run, write(ADA, {"Last": "Ray", "Note": None}, kind=Kind.UPDATE, to="c-1", owner_id="u2"))

        effect = store.effects.of([ADA])[ADA]
        assert effect.written == {"First": "Ada", "Last": "Ray", "Note": None}
        assert (effect.created, effect.before, effect.owner_id, effect.verdict) == (True, None, "u2", "")
        assert effect.write is not None and effect.write.kind is Kind.CREATE

    def test_an_update_without_an_owner_leaves_the_owner(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, owner_id="u1"))

        done(store, run, write(ADA, {"Last": "Ray"}, kind=Kind.UPDATE, to="c-1"))

        assert store.effects.of([ADA])[ADA].owner_id == "u1"

    def test_a_record_that_was_there_keeps_what_it_held(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"Last": "Lee"}, kind=Kind.UPDATE, to="77"), before={ADA: {"Last": "Ley"}})

        effect = store.effects.of([ADA])[ADA]
        assert (effect.created, effect.destination_id) == (False, "77")
        assert (effect.before, effect.written) == ({"Last": "Ley"}, {"Last": "Lee"})
        assert effect.has_before

    def test_a_later_update_does_not_change_what_was_there_first(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"Last": "Lee"}, kind=Kind.UPDATE, to="77"), before={ADA: {"Last": "Ley"}})

        update = write(ADA, {"Last": "Ray", "First": "Ada"}, kind=Kind.UPDATE, to="77")
        done(store, run, update, before={ADA: {"Last": "Lee", "First": None}})

        effect = store.effects.of([ADA])[ADA]
        assert effect.before == {"Last": "Ley", "First": None}
        assert effect.written == {"Last": "Ray", "First": "Ada"}
        assert not effect.created

    @pytest.mark.parametrize("crashed", [False, True], ids=["same process", "after a crash"])
    def test_sending_an_update_again_keeps_what_was_there_first(
        self, store: Store, run: Run, reopen: Reopen, crashed: bool
    ) -> None:
        update = write(ADA, {"Last": "Lee"}, kind=Kind.UPDATE, to="77")
        store.ledger.intend(run, [update], {ADA: {"Last": "Ley"}})
        later = reopen() if crashed else store

        done(later, later.runs.open("run", "ada"), update)

        assert later.effects.of([ADA])[ADA].before == {"Last": "Ley"}

    def test_links_set_later_belong_to_what_was_written(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"Last": "Lee"}))

        done(store, run, write(ADA, {"Payer": Link("Contacts", "c-2")}, kind=Kind.LINK, to="c-1"))

        effect = store.effects.of([ADA])[ADA]
        assert effect.written == {"Last": "Lee", "Payer": Link("Contacts", "c-2")}
        assert effect.created

    def test_a_value_that_both_sides_came_to_share_is_ours_from_then_on(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"Last": "Lee", "First": "Ada"}))

        store.effects.agree(ADA, {"Last": "Ray"})

        assert store.effects.of([ADA])[ADA].written == {"Last": "Ray", "First": "Ada"}


class TestUndoing:
    def test_a_deleted_record_stands_for_nothing(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA), write(BOB))

        done(store, run, write(ADA, {}, kind=Kind.DELETE, to="c-1"))

        assert store.effects.get("Z1", "patients", ["1", "2"]) == {"2": "c-2"}
        assert store.effects.of([ADA])[ADA].removed
        assert store.effects.removed_count() == 1
        assert list(store.effects.destination_ids()) == ["c-2"]
        assert store.effects.by_object() == {"Contacts": 1}

    def test_what_was_deleted_can_be_created_again(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA, {"Last": "Lee"}))
        first = store.effects.of([ADA])[ADA].seq
        done(store, run, write(ADA, {}, kind=Kind.DELETE, to="c-1"))
        assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()

        store.ledger.intend(run, [write(ADA, {"Last": "Ray"})])
        store.ledger.conclude(run, [Outcome.done(ADA, "c-9")])

        effect = store.effects.of([ADA])[ADA]
        assert (effect.destination_id, effect.removed, effect.written) == ("c-9", False, {"Last": "Ray"})
        assert effect.seq == first
        assert store.ledger.finished_ids("Z1", "patients", ["1"]) == {"1"}

    def test_what_was_restored_can_be_updated_again(self, store: Store, run: Run) -> None:
        update = write(ADA, {"Last": "Lee"}, kind=Kind.UPDATE, to="77")
        done(store, run, update, before={ADA: {"Last": "Ley"}})

        done(store, run, write(ADA, {"Last": "Ley"}, kind=Kind.RESTORE, to="77"))
        assert store.effects.of([ADA])[ADA].removed
        assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()
        done(store, run, update, before={ADA: {"Last": "Lei"}})

        effect = store.effects.of([ADA])[ADA]
        assert (effect.created, effect.removed, effect.before) == (False, False, {"Last": "Lei"})

    def test_a_record_that_the_rollback_kept_still_stands(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA))

        kept = Outcome(ADA, State.SKIPPED, "c-1", code="kept", words="a person changed Phone")
        store.ledger.record(run, "Contacts", [kept], kind=Kind.DELETE)

        assert store.effects.get("Z1", "patients", ["1"]) == {"1": "c-1"}
        assert store.ledger.left() == {}
        assert [one.words for one in store.ledger.in_state(State.SKIPPED)] == ["a person changed Phone"]
        assert store.ledger.verify().ok


class TestCounting:
    def test_what_was_never_sent_is_written_down_with_its_reason(self, store: Store, run: Run) -> None:
        skipped = Outcome(ADA, State.SKIPPED, code="merged", words="merged into another")
        manual = Outcome(BOB, State.MANUAL, code="file-too-large", words="over the limit")

        store.ledger.record(run, "Contacts", [skipped, manual])

        assert store.ledger.left() == {"Z1": {"skipped": 1, "manual": 1}}
        assert store.ledger.reasons() == [
            ("Z1", "manual", "file-too-large", 1, "over the limit"),
            ("Z1", "skipped", "merged", 1, "merged into another"),
        ]
        assert [(entry["state"], entry["code"]) for entry in store.ledger.export()] == [
            ("skipped", "merged"), ("manual", "file-too-large"),
        ]  # fmt: skip
        assert store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == {"1"}

    def test_what_was_left_to_a_person_can_be_sent_after_all(self, store: Store, run: Run) -> None:
        store.ledger.record(run, "Contacts", [Outcome(ADA, State.MANUAL, code="not-ready", words="wait")])

        done(store, run, write(ADA))

        assert store.ledger.left() == {}
        assert store.ledger.states("Z1", [ADA])[ADA].attempt == 1

    def test_users_stand_for_practitioners_without_being_written(self, store: Store, run: Run) -> None:
        practitioner = key("9", map="Z2", object="practitioners")

        store.ledger.link_existing(run, "users", [(practitioner, "u-1")])

        effect = store.effects.of([practitioner])[practitioner]
        assert (effect.destination_object, effect.destination_id, effect.created) == ("users", "u-1", False)
        assert (effect.write, effect.written, effect.has_before) == (None, {}, False)
        assert store.effects.records() == {"Z2": {"linked": 1}}
        assert store.ledger.counts() == {"Z2": {("link", "done"): 1}}
        assert store.ledger.finished_ids("Z2", "practitioners", ["9"]) == {"9"}

    def test_a_record_is_finished_when_all_its_parts_are(self, store: Store, run: Run) -> None:
        parts = [key("1", part=0), key("1", part=1)]
        done(store, run, write(parts[0]))
        store.ledger.intend(run, [write(parts[1])])
        assert store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == set()

        store.ledger.conclude(run, [Outcome.failed(parts[1], code="X", words="no")])
        assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()
        done(store, run, write(parts[1]))

        assert store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == {"1"}
        assert store.effects.records() == {"Z1": {"created": 1}}
        assert store.effects.get("Z1", "patients", ["1"]) == {"1": "c-1"}
        assert store.ledger.touched("Z1") == 2

    def test_records_are_counted_by_what_became_of_them(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA), write(BOB, kind=Kind.UPDATE, to="7"), before={BOB: {}})
        store.ledger.intend(run, [write(CYD)])
        store.effects.set_verdicts([ADA], "equal")

        assert store.effects.records() == {"Z1": {"created": 1, "linked": 1}}
        assert store.effects.verdicts() == {"Z1": {"equal": 1, "": 1}}
        assert store.ledger.counts() == {"Z1": {("create", "done"): 1, ("update", "done"): 1, ("create", "sent"): 1}}
        assert store.ledger.left() == {"Z1": {"sent": 1}}

    def test_effects_are_read_in_order_and_by_destination(self, store: Store, run: Run) -> None:
        done(store, run, *(write(key(str(number))) for number in range(12)))
        done(store, run, write(key("1", map="Z5")))

        first = store.effects.scan("Z1", limit=5)
        rest = store.effects.scan("Z1", after=first[-1].seq, limit=50)

        assert [one.key.id for one in (*first, *rest)] == [str(number) for number in range(12)]
        assert store.effects.by_destination("Contacts", ["c-3", "c-x"])["c-3"].key == key("3")


class TestWhoMayWrite:
    def test_a_worker_that_was_overtaken_can_write_nothing(self, store: Store, run: Run, reopen: Reopen) -> None:
        store.ledger.intend(run, [write(ADA)])
        later = reopen()
        taken_over = later.runs.open("run", "bob")
        before = later.ledger.head()

        attempts = [
            lambda: store.ledger.intend(run, [write(BOB)]),
            lambda: store.ledger.conclude(run, [Outcome.done(ADA, "c-1")]),
            lambda: store.ledger.record(run, "Contacts", [Outcome(BOB, State.SKIPPED)]),
            lambda: store.ledger.link_existing(run, "users", [(BOB, "u-1")]),
            lambda: store.ledger.note(run, "conflict", {}, ""),
            lambda: store.ledger.keep_progress(run, "load", {"after": 5}),
            lambda: store.runs.close(run, "done"),
        ]
        for attempt in attempts:
            with pytest.raises(Fenced):
                attempt()

        assert taken_over.resumed and taken_over.id == run.id and taken_over.fence > run.fence
        assert later.ledger.head() == before
        assert [one.key for one in later.ledger.unsettled(10)] == [ADA]
        assert later.ledger.progress("load") is None

    def test_an_unfinished_run_is_taken_up_and_a_finished_one_is_not(self, store: Store) -> None:
        first = store.runs.open("run", "ada")
        store.runs.close(first, "paused")
        second = store.runs.open("run", "bob")
        store.runs.close(second, "done")
        third = store.runs.open("run", "ada")
        other = store.runs.open("delta", "ada")

        assert (second.id, second.resumed) == (first.id, True)
        assert third.id != first.id and not third.resumed
        assert other.id not in (first.id, third.id)
        latest = store.runs.latest("run")
        assert latest is not None and (latest.id, latest.state, latest.closed_at) == (third.id, "open", None)
        assert store.runs.latest("rollback") is None


class TestTheLog:
    def test_an_entry_says_who_did_what_when_to_which_record(self, store: Store, run: Run) -> None:
        done(store, run, write(ADA))

        intended, concluded = store.ledger.export()

        assert intended | {"hash": "", "digest": ""} == {
            "seq": 1, "map": "Z1", "object": "patients", "id": "1", "part": 0, "op": "create", "to": "Contacts",
            "to_id": None, "state": "sent", "attempt": 1, "at": NOW.isoformat(), "by": "ada", "run": run.id,
            "run_kind": "run", "fence": run.fence, "hash": "", "digest": "",
        }  # fmt: skip
        assert (concluded["state"], concluded["to_id"], concluded["code"]) == ("done", "c-1", "")

    def test_events_that_are_no_operation_are_noted(self, store: Store) -> None:
        store.ledger.note(None, "approval", {"gate": "plan"}, "ada")

        (entry,) = store.ledger.export()

        assert (entry["event"], entry["gate"], entry["by"]) == ("approval", "plan", "ada")
        assert store.ledger.head() == entry["hash"]

    def test_progress_is_kept_by_name(self, store: Store, run: Run, reopen: Reopen) -> None:
        assert store.ledger.progress("load Z1") is None

        store.ledger.keep_progress(run, "load Z1", {"after": 5})
        store.ledger.keep_progress(run, "load Z1", {"after": 9})

        assert reopen().ledger.progress("load Z1") == {"after": 9}

    def test_moments_are_kept_in_universal_time(self, store: Store, run: Run) -> None:
        store.ledger.intend(run, [write(ADA)])
        there = datetime(2026, 1, 1, 10, tzinfo=UTC).astimezone(tz=None) + timedelta(0)

        store.ledger.conclude(run, [Outcome.done(ADA, "c-1", modified_at=there)])

        assert store.effects.of([ADA])[ADA].modified_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
