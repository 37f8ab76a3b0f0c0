"""What a read-back says about a field: equal, converted, different, unverifiable; each for its reason."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gurney.destinations.protocol import Destination
from gurney.migration.compare import Comparable, FieldDiff, Verdict, as_text, comparable, compare, same
from gurney.records import Link, ReadBack, Value
from gurney.schema import FieldSchema, FieldType, ObjectSchema

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
VALUES: list[Value] = [
    "Ada", "", "0", None, True, False, 0, 1, Decimal("0"), Decimal("1.50"), date(2026, 11, 16), NOON, (), ("a", "b"),
    Link("Contacts", "1"),
]  # fmt: skip


def as_it_is(name: str, value: Value) -> Value:
    return value


def compared(
    expected: Value, actual: Value, of: Comparable = as_it_is, source: str | None = None, hidden: bool = False
) -> FieldDiff:
    there = ReadBack("9", {"F": actual}, unreadable=frozenset({"F"} if hidden else ()))
    [diff] = compare({"F": expected}, there, of, None if source is None else {"F": source})
    return diff


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_the_same_value_is_equal(value: Value) -> None:
    assert compared(value, value).verdict is Verdict.EQUAL


def test_letter_for_letter_the_source_is_equal_else_it_was_converted() -> None:
    assert compared("Ada", "Ada", source="Ada").verdict is Verdict.EQUAL
    assert compared("Ada", "Ada", source=" Ada ").verdict is Verdict.CONVERTED
    assert compared(date(1985, 4, 3), date(1985, 4, 3), source="1985-04-03").verdict is Verdict.EQUAL
    assert compared(NOON, NOON, source="2026-11-16T12:00:00Z").verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")),
        (Decimal("5.00"), 5),
        (5, Decimal("5")),
        (("a", "b"), ("b", "a")),
        (Link("Contacts", "1"), Link("", "1")),
        (None, ""),
        ((), None),
    ],
    ids=repr,
)
def test_another_form_of_the_same_is_converted(expected: Value, actual: Value) -> None:
    assert compared(expected, actual).verdict in (Verdict.CONVERTED, Verdict.EQUAL)
    assert compared(expected, actual).verdict is not Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("expected", "actual", "reason"),
    [
        ("Ada Lee", None, "missing at the destination"),
        ("Ada Lee", "", "missing at the destination"),
        ("Ada Lee", "Ada", "cut short: 3 of 7 characters arrived"),
        ("Ada", "Bo", "another text"),
        ("5", 5, "another value"),
        (5, "5", "another value"),
        (Link("Contacts", "1"), Link("Contacts", "2"), "linked to another record"),
        (Link("Contacts", "1"), None, "missing at the destination"),
        (None, "Ada", "the destination holds a value where the source has none"),
        (None, Decimal("0"), "the destination holds a value where the source has none"),
        (Decimal("0"), None, "missing at the destination"),
        (False, None, "missing at the destination"),
        (True, 1, "another value"),
        (0, False, "another value"),
        (Decimal("1.50"), Decimal("1.5000001"), "another value"),
        (("a", "a"), ("a",), "another value"),
        (date(2026, 11, 16), date(2026, 11, 17), "another value"),
        (NOON, NOON + timedelta(seconds=1), "another value"),
    ],
    ids=repr,
)
def test_what_differs_says_how_and_never_the_value(expected: Value, actual: Value, reason: str) -> None:
    diff = compared(expected, actual)

    assert (diff.verdict, diff.reason) == (Verdict.DIFFERENT, reason)


def test_what_the_vendor_hides_is_unverifiable_and_no_loss() -> None:
    diff = compared("Ada", None, hidden=True)

    assert diff.verdict is Verdict.UNVERIFIABLE
    assert "hides" in diff.reason


def test_the_vendor_s_own_form_counts_as_arrived() -> None:
    def trims(name: str, value: Value) -> Value:
        return value.strip() if isinstance(value, str) else value

    diff = compared("Ada \n", "Ada", trims)

    assert (diff.verdict, diff.reason) == (Verdict.CONVERTED, "stored in the destination's own form")


def test_a_field_that_the_answer_leaves_out_is_missing() -> None:
    [diff] = compare({"F": "Ada"}, ReadBack("9", {}), as_it_is)

    assert diff.verdict is Verdict.DIFFERENT


@given(st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_sameness_does_not_depend_on_the_side(left: Value, right: Value) -> None:
    is_same = same(as_it_is)

    assert is_same("F", left, right) is is_same("F", right, left)


def test_a_value_is_the_same_in_the_form_that_its_own_field_has_at_the_vendor() -> None:
    """Addresses of mail are kept in small letters there, names as they are; a person's change is told from that."""
    is_same = same(lambda name, value: str(value).lower() if name == "Email" else value)

    assert is_same("Email", "Ada@example.com", "ada@example.com")
    assert is_same("Email", "ada@example.com", "Ada@example.com")
    assert not is_same("Last_Name", "Ada", "ada")
    assert is_same("Last_Name", "Ada", "Ada")


def test_nothing_zero_and_false_are_three_things() -> None:
    is_same = same(as_it_is)

    assert not any(is_same("F", None, value) for value in (0, Decimal("0"), False, "0"))
    assert not is_same("F", False, 0)


def test_values_stand_in_reports_as_the_source_wrote_them() -> None:
    brisbane = timezone(timedelta(hours=10))
    moment = datetime(2026, 11, 16, 22, tzinfo=brisbane)

    values = (None, True, False, moment, date(2026, 1, 2), ("a", "b"), Link("Notes", "7"), 5)

    assert [as_text(value) for value in values] == [
        "", "true", "false", "2026-11-16T12:00:00Z", "2026-01-02", "a; b", "Notes/7", "5"
    ]  # fmt: skip


def test_the_destination_is_asked_by_object_field_and_type() -> None:
    class Echo:
        def comparable(self, *asked: object) -> object:
            return asked

    born = FieldSchema("Born", "Born", FieldType.DATE)
    schema = ObjectSchema("Contacts", "Contacts", {"Born": born})

    of = comparable(cast(Destination, Echo()), schema, "Contacts")
    assert of("Born", "x") == ("Contacts", "Born", FieldType.DATE, "x")
    assert of("Other", "y") == ("Contacts", "Other", FieldType.TEXT, "y")
    unknown = comparable(cast(Destination, Echo()), None, "Leads")
    assert unknown("Born", "z") == ("Leads", "Born", FieldType.TEXT, "z")
