"""Who owns what: by address, in any letter case, and never by nothing."""

from __future__ import annotations

import pytest

from gurney.destinations.protocol import User
from gurney.errors import GateRefused, Misused
from gurney.migration.owners import Practitioner, practitioners_of, require_complete, resolve


def user(id: str, email: str, *, active: bool = True) -> User:
    return User(id, email, f"User {id}", active)


def practitioner(id: str, email: str = "", *, reason: str = "") -> Practitioner:
    return Practitioner(id, f"Dr {id}", email, active=True, user_active=True, reason=reason)


def test_addresses_match_in_any_letter_case_and_whatever_blanks() -> None:
    found = resolve([practitioner("1", "Ada@Clinic.Example")], [user("u1", " ada@clinic.example ")])

    assert found.owners == {"1": "u1"}
    assert found.unmatched == []
    assert found.is_complete


@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_address_matches_nobody_not_even_another_blank(blank: str) -> None:
    [who] = practitioners_of([{"id": "1", "derived": {"email": blank}}])

    found = resolve([who], [user("u1", blank), user("u2", "")])

    assert found.owners == {"1": None}
    assert found.unmatched[0]["reason"] == "no-user"


def test_an_inactive_user_owns_nothing_and_is_told_apart_from_a_missing_one() -> None:
    users = [user("u1", "ada@clinic.example", active=False)]

    found = resolve([practitioner("1", "ADA@clinic.example"), practitioner("2", "bo@clinic.example")], users)

    assert [entry["reason"] for entry in found.unmatched] == ["user-inactive-at-destination", "no-user-at-destination"]
    assert found.owners == {"1": None, "2": None}
    assert not found.is_complete


@pytest.mark.parametrize("reason", ["no-user", "user-gone", "blank-email"])
def test_why_the_source_has_no_address_is_told(reason: str) -> None:
    assert resolve([practitioner("1", reason=reason)], []).unmatched[0]["reason"] == reason


def test_two_practitioners_of_one_address_own_together_and_are_named() -> None:
    roster = [practitioner("1", "desk@clinic.example"), practitioner("2", "Desk@clinic.example"), practitioner("3")]

    found = resolve(roster, [user("u1", "desk@clinic.example")])

    assert found.owners == {"1": "u1", "2": "u1", "3": None}
    assert found.ambiguous == [{"practitioners": ["1", "2"]}]


def test_a_fallback_takes_the_unmatched_alone() -> None:
    users = [user("u1", "ada@clinic.example"), user("u2", "admin@clinic.example")]

    found = resolve([practitioner("1", "ada@clinic.example"), practitioner("2")], users, " Admin@Clinic.Example")

    assert found.owners == {"1": "u1", "2": "u2"}
    assert [entry["id"] for entry in found.unmatched] == ["2"]
    assert found.is_complete


def test_unassigned_is_a_decision_too() -> None:
    found = resolve([practitioner("2")], [], "unassigned")

    assert (found.owners, found.is_complete) == ({"2": None}, True)
    require_complete(found.as_document(), "run")


@pytest.mark.parametrize("email", ["nobody@clinic.example", "left@clinic.example"])
def test_a_fallback_that_cannot_own_is_refused(email: str) -> None:
    with pytest.raises(Misused, match="no active user") as refused:
        resolve([practitioner("1")], [user("u1", "left@clinic.example", active=False)], email)

    assert email not in refused.value.message


def test_nothing_is_loaded_while_an_owner_is_undecided() -> None:
    undecided = resolve([practitioner("1"), practitioner("2")], []).as_document()

    with pytest.raises(GateRefused, match="needs an owner for 2 practitioners") as refused:
        require_complete(undecided, "run")

    assert "--fallback-owner" in refused.value.next_step


def test_a_practitioner_is_read_from_record_and_facts() -> None:
    facts = {"full_name": "Ada Lee", "email": " ada@clinic.example ", "user_active": True, "unmatched_reason": ""}

    [ada, bare] = practitioners_of(
        [{"id": "1", "active": True, "derived": facts}, {"id": "2", "label": "Desk", "derived": {}}]
    )

    assert (ada.name, ada.email, ada.active, ada.user_active) == ("Ada Lee", "ada@clinic.example", True, True)
    assert (bare.name, bare.email, bare.active) == ("Desk", "", False)
