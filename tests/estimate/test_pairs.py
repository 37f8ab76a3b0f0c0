"""The pairs as the mappings and the vendors' data tell them: the contract's figures, and how each surprise is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gurney.destinations
from gurney.destinations.gotchas import gotchas
from gurney.destinations.names import NAMES
from gurney.estimate.pairs import pair

SOURCES = Path(gurney.destinations.__file__).resolve().parents[1]
CHECKED = {3, 6, 8, 10, 15, 17, 18, 19, 21, 22, 23, 26, 29}
READ = {1, 2, 4, 5, 7, 9}
"""The rest is text in the audit report (contract, section 17)."""


@pytest.mark.parametrize(
    ("to", "one_to_one", "rows"),
    [("zoho", 12, 13), ("freshsales", 14, 15), ("salesforce", 10, 10), ("pipedrive", 10, 10), ("highlevel", 12, 12)],
)
def test_so_many_rows_go_one_to_one(to: str, one_to_one: int, rows: int) -> None:
    """The contract's G7, counted from the mapping; support is counted apart."""
    told = pair(to)

    assert (told.one_to_one, told.rows, len(told.compatibility)) == (one_to_one, rows, rows)
    assert told.full <= told.supported <= told.rows


def test_the_two_rows_of_freshsales_without_an_equivalent_are_one_to_one_and_not_supported() -> None:
    unsupported = [row for row in pair("freshsales").compatibility if row.support.startswith("Not")]

    assert [row.row for row in unsupported] == ["F13", "F15"]
    assert {row.cardinality for row in unsupported} == {"1:1"}


@pytest.mark.parametrize("to", NAMES)
def test_every_substitute_names_its_deviation(to: str) -> None:
    assert all(row.deviation for row in pair(to).compatibility if row.support.startswith("Supported"))


def test_all_thirty_surprises_are_told_each_in_its_way() -> None:
    told = {int(one.id.removeprefix("GOT")): one for to in NAMES for one in gotchas(to)}

    assert sorted(told) == list(range(1, 31))
    ways = {number: "check" if number in CHECKED else "reading" if number in READ else "audit" for number in told}
    assert {number: one.how for number, one in told.items()} == ways


def test_every_surprise_that_is_checked_names_a_finding_that_the_program_can_make() -> None:
    code = "\n".join(file.read_text("utf-8") for file in SOURCES.rglob("*.py") if "twins" not in file.parts)
    checked = [one for to in NAMES for one in gotchas(to) if one.how == "check" or one.finding]

    assert all(one.finding for one in checked)
    assert [one.id for one in checked if not re.search(rf'"{one.finding}"', code)] == []


@pytest.mark.parametrize("to", NAMES)
def test_what_stays_behind_is_listed(to: str) -> None:
    assert any("reminders" in one for one in pair(to).not_migrated)
