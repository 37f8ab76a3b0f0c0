"""The id map: what stands at the destination for what, and how to undo it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sent_examples import contact, create, key

from gurney.records import Kind, Link, OperationKey, Outcome, State, Value, Write
from gurney.store.effects import Effect
from gurney.store.runs import Run
from gurney.store.store import Store


def update(id: str, kind: Kind = Kind.UPDATE, **fields: Value) -> Write:
    return contact(id, fields=fields, kind=kind, destination_id=f"zoho-{id}")


def bring(store: Store, run: Run, write: Write, before: dict[str, Value] | None = None) -> None:
    store.ledger.intend(run, [write], {write.key: before} if before is not None else None)
    store.ledger.conclude(run, [Outcome.done(write.key, write.destination_id or f"zoho-{write.key.id}")])


def effect(store: Store, id: str) -> Effect:
    return store.effects.of([key(id)])[key(id)]


def test_a_creation_is_known_by_both_ids(store: Store, run: Run) -> None:
    create(store, run, "1", "2")

    assert store.effects.get("Z1", "patients", ["1", "3"]) == {"1": "zoho-1"}
    assert store.effects.by_destination("Contacts", ["zoho-2"])["zoho-2"].key == key("2")
    assert effect(store, "1").created
    assert effect(store, "1").before is None


def test_an_effect_keeps_what_rollback_and_comparison_need(store: Store, run: Run) -> None:
    write = contact("1", owner_id="u1", parent=Link("Accounts", "5"))
    store.ledger.intend(run, [write])
    moment = datetime(2026, 11, 16, 9, 31, tzinfo=UTC)
    store.ledger.conclude(run, [Outcome.done(write.key, "zoho-1", modified_at=moment)])

    found = effect(store, "1")
    assert (found.owner_id, found.parent, found.modified_at, found.run) == ("u1", write.parent, moment, run.id)
    assert found.written == write.fields


def test_an_effect_tells_its_record_its_verdict_and_whether_it_was_removed(store: Store, run: Run) -> None:
    create(store, run, "1", "2")
    store.effects.set_verdicts([key("1")], "equal")
    bring(store, run, contact("2", fields={}, kind=Kind.DELETE, destination_id="zoho-2"))

    first, second = store.effects.scan("Z1")

    assert (first.destination_object, first.verdict, first.removed, first.parent) == ("Contacts", "equal", False, None)
    assert (second.destination_id, second.removed) == ("zoho-2", True)


def test_an_update_tells_when_the_record_was_changed(store: Store, run: Run) -> None:
    create(store, run, "1")
    moment = datetime(2026, 11, 16, 9, 31, tzinfo=UTC)
    write = update("1", Last_Name="New")
    store.ledger.intend(run, [write])
    store.ledger.conclude(run, [Outcome.done(write.key, "zoho-1", created=False, modified_at=moment)])

    assert effect(store, "1").modified_at == moment


def test_old_values_that_only_a_later_update_tells_are_kept(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"))
    bring(store, run, update("1", Phone="2"), {"Phone": "1"})

    assert effect(store, "1").before == {"Phone": "1"}


def test_an_update_and_a_link_are_laid_over_what_was_written(store: Store, run: Run) -> None:
    create(store, run, "1")
    bring(store, run, update("1", Last_Name="New"))
    bring(store, run, update("1", Kind.LINK, Account_Name=Link("Accounts", "5")))

    assert effect(store, "1").written == {
        "Last_Name": "New",
        "Cliniko_ID": "1",
        "Account_Name": Link("Accounts", "5"),
    }
    assert effect(store, "1").created


def test_a_record_that_was_there_before_us_keeps_its_old_values(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Old"})

    found = effect(store, "1")
    assert (found.created, found.before, found.written) == (False, {"Last_Name": "Old"}, {"Last_Name": "New"})


def test_later_updates_never_replace_the_first_old_values(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Old"})
    bring(store, run, update("1", Last_Name="Newer", Phone="2"), {"Last_Name": "New", "Phone": "1"})

    assert effect(store, "1").before == {"Last_Name": "Old", "Phone": "1"}
    assert effect(store, "1").written == {"Last_Name": "Newer", "Phone": "2"}


def test_an_update_of_our_own_record_does_not_make_it_somebody_elses(store: Store, run: Run) -> None:
    create(store, run, "1")
    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Name of 1"})

    assert effect(store, "1").created
    assert effect(store, "1").before is None


def test_old_values_survive_a_lost_answer_and_sending_again(store: Store, run: Run) -> None:
    write = update("1", Last_Name="New")
    store.ledger.intend(run, [write], {write.key: {"Last_Name": "Old"}})
    store.ledger.conclude(run, [Outcome.sent(write.key)])
    store.ledger.intend(run, [write])
    store.ledger.conclude(run, [Outcome.done(write.key, "zoho-1")])

    assert effect(store, "1").before == {"Last_Name": "Old"}


def test_old_values_survive_a_crash_and_sending_again(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    write = update("1", Last_Name="New")
    store.ledger.intend(run, [write], {write.key: {"Last_Name": "Old"}})
    later = reopen()
    resumed = later.runs.open("full", "Kim")
    bring(later, resumed, later.ledger.unsettled(1)[0])

    assert effect(later, "1").before == {"Last_Name": "Old"}


def test_what_a_lookup_held_survives_sending_its_link_again(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Old"})
    link = update("1", Kind.LINK, Account_Name=Link("Accounts", "5"))
    store.ledger.intend(run, [link], {link.key: {"Account_Name": Link("Accounts", "theirs")}})
    store.ledger.conclude(run, [Outcome.sent(link.key)])
    store.ledger.intend(run, [link])
    store.ledger.conclude(run, [Outcome.done(link.key, "zoho-1", created=False)])

    assert effect(store, "1").before == {"Last_Name": "Old", "Account_Name": Link("Accounts", "theirs")}


def test_an_update_without_old_values_is_still_found_in_the_id_map(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"))

    assert store.effects.get("Z1", "patients", ["1"]) == {"1": "zoho-1"}
    assert not effect(store, "1").created


def test_what_a_rollback_keeps_for_a_person_is_not_going(store: Store, run: Run) -> None:
    create(store, run, "1", "2", "3")
    outcomes = [
        Outcome(key(id), State.SKIPPED, f"zoho-{id}", code=code) for id, code in (("1", "kept"), ("2", "impossible"))
    ]
    store.ledger.record(run, "Contacts", outcomes, kind=Kind.DELETE)

    assert set(store.effects.going()) == {"Contacts/zoho-2", "Contacts/zoho-3"}


def test_a_deleted_record_is_no_longer_found_and_can_be_created_anew(store: Store, run: Run) -> None:
    create(store, run, "1", "2")
    bring(store, run, contact("1", fields={}, kind=Kind.DELETE, destination_id="zoho-1"))

    assert store.effects.get("Z1", "patients", ["1", "2"]) == {"2": "zoho-2"}
    assert store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == {"2"}
    assert store.effects.removed_count() == 1
    assert set(store.effects.going()) == {"Contacts/zoho-2"}

    store.ledger.intend(run, [contact("1")])
    store.ledger.conclude(run, [Outcome.done(key("1"), "zoho-1b")])
    assert store.effects.get("Z1", "patients", ["1"]) == {"1": "zoho-1b"}
    assert store.ledger.verify().ok


def test_a_restored_record_is_no_longer_ours_and_is_updated_anew_by_a_second_migration(store: Store, run: Run) -> None:
    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Old"})
    bring(store, run, update("1", Kind.RESTORE, Last_Name="Old"))

    assert store.effects.get("Z1", "patients", ["1"]) == {}
    assert store.ledger.finished_ids("Z1", "patients", ["1"]) == set()

    bring(store, run, update("1", Last_Name="New"), {"Last_Name": "Older"})
    assert effect(store, "1").before == {"Last_Name": "Older"}
    assert store.ledger.verify().ok


def test_a_refused_deletion_leaves_the_record_standing(store: Store, run: Run) -> None:
    create(store, run, "1")
    write = contact("1", fields={}, kind=Kind.DELETE, destination_id="zoho-1")
    store.ledger.intend(run, [write])
    store.ledger.conclude(run, [Outcome.failed(write.key, code="NO_PERMISSION", words="denied")])

    assert store.effects.get("Z1", "patients", ["1"]) == {"1": "zoho-1"}


def test_a_scan_walks_all_effects_in_order_and_stays_lazy(store: Store, run: Run) -> None:
    create(store, run, *(str(number) for number in range(5)))

    first = store.effects.scan("Z1", limit=3)
    rest = store.effects.scan("Z1", after=first[-1].seq, limit=3)
    assert [found.destination_id for found in (*first, *rest)] == [f"zoho-{number}" for number in range(5)]


def test_verdicts_are_counted_and_forgotten_with_the_next_write(store: Store, run: Run) -> None:
    create(store, run, "1", "2")
    store.effects.set_verdicts([key("1"), key("2")], "equal")
    bring(store, run, update("1", Last_Name="New"))

    assert store.effects.verdicts() == {"Z1": {"": 1, "equal": 1}}


def test_a_stamp_that_no_answer_told_is_learned_from_the_first_equal_reading(store: Store, run: Run) -> None:
    create(store, run, "1")
    seen = datetime(2026, 5, 1, tzinfo=UTC)

    store.effects.set_verdicts([key("1")], "equal", {key("1"): seen})
    store.effects.set_verdicts([key("1")], "different", {})
    store.effects.set_verdicts([key("1")], "equal", {key("1"): seen + timedelta(days=1)})

    assert effect(store, "1").modified_at == seen


def test_what_a_person_wrote_and_the_source_has_by_now_becomes_ours(store: Store, run: Run) -> None:
    create(store, run, "1")

    store.effects.agree(key("1"), {"Last_Name": "Married"})

    assert effect(store, "1").written["Last_Name"] == "Married"


def test_a_practitioner_is_represented_by_a_user_that_nobody_wrote(store: Store, run: Run) -> None:
    store.ledger.link_existing(run, "Users", [(key("p1", map="Z6"), "u1")])

    assert store.effects.get("Z6", "patients", ["p1"]) == {"p1": "u1"}
    assert store.effects.records() == {"Z6": {"linked": 1}}
    assert store.ledger.verify().ok


def test_an_id_counts_only_with_its_object(store: Store, run: Run) -> None:
    create(store, run, "1")
    both = [Link("Notes", "zoho-1"), Link("Contacts", "zoho-1")]

    assert store.effects.standing(both) == {Link("Contacts", "zoho-1")}
    bring(store, run, contact("1", fields={}, kind=Kind.DELETE, destination_id="zoho-1"))

    assert store.effects.standing(both) == set()


def test_what_hangs_on_a_record_is_told_but_not_what_some_maps_made_or_what_is_gone(store: Store, run: Run) -> None:
    def note(id: str, parent: Link, map: str = "Z12") -> Write:
        return Write(OperationKey(map, "treatment_notes", id), "Notes", "", id, {"Note_Title": id}, parent=parent)

    first, second, third = (Link("Contacts", f"zoho-{number}") for number in (1, 2, 3))
    gone = note("8", third)
    for write in (note("6", first), note("7", second, "Z13"), gone):
        bring(store, run, write)
    bring(store, run, replace(gone, kind=Kind.DELETE, destination_id="zoho-8"))

    asked = {first, second, third, Link("Leads", "zoho-1")}
    assert store.effects.with_children(asked) == {first, second}
    assert store.effects.with_children(asked, but_of={"Z13"}) == {first}
    assert store.effects.with_children([second]) == {second}
    assert store.effects.with_children([]) == set()


def test_what_stands_is_told_by_object_and_id(store: Store, run: Run) -> None:
    create(store, run, "1", "2")
    bring(store, run, contact("1", fields={}, kind=Kind.DELETE, destination_id="zoho-1"))

    asked = {Link("Contacts", "zoho-1"), Link("Contacts", "zoho-2"), Link("Leads", "zoho-1")}
    assert store.effects.standing(asked) == {Link("Contacts", "zoho-2")}
    assert store.effects.standing([]) == set()


def test_arrived_records_are_counted_by_map_and_by_who_made_them(store: Store, run: Run) -> None:
    create(store, run, "1", "2")
    bring(store, run, contact("1", part=1))
    bring(store, run, update("3", Last_Name="New"), {"Last_Name": "Old"})
    store.effects.set_verdicts([key("1"), key("3")], "equal")
    store.effects.set_verdicts([key("2")], "different")

    assert store.effects.records() == {"Z1": {"created": 2, "linked": 1}}
    assert store.effects.verdicts() == {"Z1": {"equal": 2, "different": 1, "": 1}}
    assert store.effects.by_object() == {"Contacts": 3}


def test_nothing_is_agreed_for_a_record_that_was_only_linked_or_is_unknown(store: Store, run: Run) -> None:
    store.ledger.link_existing(run, "Users", [(key("1"), "u1")])

    store.effects.agree(key("1"), {"Last_Name": "Typed"})
    store.effects.agree(key("2"), {"Last_Name": "Typed"})

    assert effect(store, "1").written == {}
    assert store.effects.of([key("2")]) == {}
