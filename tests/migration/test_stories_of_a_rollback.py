"""Stories of rollbacks that the model of a migration told once, and that ended badly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from test_model_of_a_migration import Migrating

from gurney.records import Kind, State


class Chosen:
    """Draws what the story says."""

    def __init__(self, value: str) -> None:
        self.value = value

    def draw(self, strategy: st.SearchStrategy[Any]) -> str:
        return self.value


@pytest.fixture
def story() -> Iterator[Migrating]:
    migrating = Migrating()
    yield migrating
    migrating.teardown()


def test_a_refused_restore_is_told_as_such_and_tried_again(story: Migrating) -> None:
    """It was told as kept for a person's sake, and the values that the vendor declined were named nowhere."""
    story.begin(old=True, count=1)
    story.a_verb_is_repeated_in_peace(verb="load")
    story.a_person_types_into_a_contact(data=cast(st.DataObject, Chosen("c1")), name="City")

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
    story.a_person_types_into_a_contact(data=cast(st.DataObject, Chosen("c1")), name="City")
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
