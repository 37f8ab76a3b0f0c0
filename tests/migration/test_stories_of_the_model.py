"""Stories that the model of a migration told once, and that ended badly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from mortal_crm import CONTACTS, KEY
from test_model_of_a_migration import OLD, Migrating

from gurney.records import Kind, Link, State


class Chosen:
    """Draws what the story says, in turn."""

    def __init__(self, *values: str) -> None:
        self.values = list(values)

    def draw(self, strategy: st.SearchStrategy[Any]) -> str:
        return self.values.pop(0)


def chosen(*values: str) -> st.DataObject:
    return cast(st.DataObject, Chosen(*values))


@pytest.fixture
def story() -> Iterator[Migrating]:
    migrating = Migrating()
    yield migrating
    migrating.teardown()


def test_a_refused_restore_is_told_as_such_and_tried_again(story: Migrating) -> None:
    """It was told as kept for a person's sake, and the values that the vendor declined were named nowhere."""
    story.begin(old=True, count=1)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_person_types_into_a_contact(data=chosen("c1"), name="City")

    story.a_verb_lives(verb="rollback", fates=["refused"], dies_after=None)

    [refused] = story.store.ledger.in_state(State.FAILED)
    assert (refused.kind, refused.destination_object) == (Kind.RESTORE, "Contacts")

    story.a_verb_is_repeated_in_peace(verb="rollback")

    assert story.crm.records["c1"].fields["Last_Name"] == "As It Was"
    assert not story.store.ledger.in_state(State.FAILED)
    [kept] = [one for one in story.store.ledger.in_state(State.SKIPPED) if one.code == "kept"]
    assert "City" in kept.words


def test_a_load_does_not_go_on_with_a_rollback_that_died(story: Migrating) -> None:
    """It put the old values back, found a record that was there before us, and wrote over what a person had typed."""
    story.begin(old=True, count=1)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_person_types_into_a_contact(data=chosen("c1"), name="City")
    story.a_verb_lives(verb="rollback", fates=[], dies_after=3)
    [begun] = story.store.ledger.unsettled(10)
    assert begun.kind is Kind.RESTORE
    typed = story.crm.typed["c1", "City"]

    story.a_verb_is_repeated_in_peace(verb="load")

    assert story.crm.records["c1"].fields["City"] == typed
    assert story.crm.records["c1"].fields["Last_Name"] == story.patients["1"]["last_name"]

    story.a_verb_is_repeated_in_peace(verb="rollback")

    assert story.crm.records["c1"].fields["Last_Name"] == "As It Was"
    assert story.crm.records["c1"].fields["City"] == typed


def test_a_lookup_that_a_person_set_is_kept_though_the_clinic_names_another(story: Migrating) -> None:
    """Lookups between records of one object are set last: they were set without a look at what was there."""
    story.begin(old=False, count=3)
    story.a_verb_is_repeated_in_peace(verb="load")
    assert story.crm.records["c3"].fields["Friend"] == Link(CONTACTS, "c1")
    story.a_person_types_into_a_contact(data=chosen("c3"), name="Friend")
    typed = story.crm.typed["c3", "Friend"]
    story.a_patient_has_another_friend(data=chosen("3", "2"), none=False)

    story.a_verb_is_repeated_in_peace(verb="delta")
    assert story.crm.records["c3"].fields["Friend"] == typed

    story.a_verb_is_repeated_in_peace(verb="load")
    assert story.crm.records["c3"].fields["Friend"] == typed


def test_a_lookup_that_a_person_set_where_we_had_none_is_kept(story: Migrating) -> None:
    story.begin(old=False, count=2)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_person_types_into_a_contact(data=chosen("c2"), name="Friend")
    typed = story.crm.typed["c2", "Friend"]
    story.a_patient_has_another_friend(data=chosen("2", "1"), none=False)

    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_verb_is_repeated_in_peace(verb="delta")

    assert story.crm.records["c2"].fields["Friend"] == typed


def test_a_record_that_a_rollback_kept_names_what_the_next_load_makes(story: Migrating) -> None:
    """Its lookup had gone empty with our record, and was taken for a person's work."""
    story.begin(old=False, count=3)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_person_types_into_a_contact(data=chosen("c3"), name="City")
    story.a_verb_is_repeated_in_peace(verb="rollback")
    assert list(story.crm.records) == ["c3"]
    assert story.crm.records["c3"].fields["Friend"] is None

    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_verb_is_repeated_in_peace(verb="delta")

    [first] = [id for id, held in story.crm.records.items() if held.fields[KEY] == "1"]
    assert story.crm.records["c3"].fields["Friend"] == Link(CONTACTS, first)


def test_an_old_lookup_comes_back_that_went_empty_with_our_record(story: Migrating) -> None:
    story.begin(old=True, count=2)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_patient_has_another_friend(data=chosen("1", "2"), none=False)
    story.a_verb_is_repeated_in_peace(verb="delta")
    assert story.crm.records["c1"].fields["Friend"] == Link(CONTACTS, "c2")

    story.a_verb_is_repeated_in_peace(verb="rollback")

    assert story.crm.records["c1"].fields == OLD
