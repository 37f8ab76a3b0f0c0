"""A clinic in numbers, for each of the five: grade, room, editions, and what the contract's figures say."""

from __future__ import annotations

import pytest
from estimates import DESTINATIONS, clinic, estimated

from gurney.errors import Misused
from gurney.estimate.expected import with_some
from gurney.estimate.pairs import core_objects
from gurney.mapping import document
from gurney.reports.blocks import Callout
from gurney.reports.quote import QuoteReport


@pytest.mark.parametrize("to", DESTINATIONS)
def test_an_ordinary_clinic_is_standard_for_all_five(to: str) -> None:
    report = estimated(to)

    assert report.grade == "B"
    assert len(report.factors) == 5
    assert all(factor.reason for factor in report.factors)
    assert report.scope == "standard"


@pytest.mark.parametrize("to", DESTINATIONS)
def test_every_object_has_a_row_of_its_own_and_is_held_back_by_something(to: str) -> None:
    rows = [row for row in estimated(to).forecast.rows if row.phase == "write" and row.object]

    assert {row.object for row in rows} >= {
        row.object for row in estimated(to).forecast.rows if row.phase == "reconcile" and row.object
    }
    assert all(row.calls and row.route and row.binds for row in rows)


@pytest.mark.parametrize("to", DESTINATIONS)
def test_what_was_not_told_is_assumed_and_said(to: str) -> None:
    told, assumed = estimated(to, {"patients": 1200, "practitioners": 7}), estimated(to)

    assert not any("Practitioners" in one for one in told.assumptions)
    assert any("Practitioners" in one for one in assumed.assumptions)


@pytest.mark.parametrize(
    ("to", "count"), [("zoho", 0), ("freshsales", 2), ("salesforce", 1), ("pipedrive", 3), ("highlevel", 1)]
)
def test_so_many_of_eight_core_objects_need_a_mapping(to: str, count: int) -> None:
    """The contract's EST4, computed from the mapping."""
    rows = core_objects(document.default(to))

    assert len(rows) == 8
    assert sum(row.needs_mapping for row in rows) == count
    assert all(row.reason for row in rows if row.needs_mapping)


@pytest.mark.parametrize("to", DESTINATIONS)
def test_above_two_million_records_a_migration_is_scoped_by_itself(to: str) -> None:
    report = estimated(to, {"patients": 60_000})
    gist = QuoteReport(about=report.about, estimate=report).blocks()[1]

    assert report.records > 2_000_000
    assert (report.scope, report.grade) == ("individual", "D")
    assert isinstance(gist, Callout)
    assert gist.title == "Scope: individual"


def test_two_million_records_are_still_standard() -> None:
    assert estimated("zoho", {"patients": 49_000}).records <= 2_000_000
    assert estimated("zoho", {"patients": 49_000}).scope == "standard"


def test_a_small_pipedrive_plan_sends_fields_out_as_csv_files() -> None:
    """FACTS 5.4: 30 custom fields of the whole company on Lite; what is left out is the least important."""
    lite = estimated("pipedrive", edition="lite")
    (room,) = [row for row in lite.limits if row.limit.startswith("custom fields")]

    assert (room.allowed, room.fits) == (30, False)
    (fit,) = [one for one in lite.editions if one.chosen]
    assert fit.companions == room.needed - 30
    assert lite.companions
    assert not estimated("pipedrive", edition="premium").companions


def test_the_smallest_edition_with_room_is_chosen() -> None:
    """Not documented: fields of Zoho Free. Too few: fields of Pipedrive Lite. Without an API: Salesforce below
    Enterprise. Without products: Freshsales Growth.
    """
    chosen = {to: estimated(to).edition for to in DESTINATIONS}

    assert chosen == {
        "zoho": "professional", "salesforce": "enterprise", "pipedrive": "premium", "highlevel": "starter",
        "freshsales": "pro",
    }  # fmt: skip


def test_editions_stand_side_by_side_the_smallest_first_and_what_one_lacks_is_named() -> None:
    editions = estimated("salesforce").editions

    assert [one.edition for one in editions] == ["small", "professional", "enterprise", "unlimited", "developer"]
    (professional,) = [one for one in editions if one.edition == "professional"]
    assert not professional.fits
    assert "the API, which is an add-on" in professional.missing


def test_a_plan_without_products_leaves_them_out() -> None:
    growth, pro = estimated("freshsales", edition="growth"), estimated("freshsales", edition="pro")

    assert "products" not in {row.object for row in growth.forecast.rows}
    assert "products" in {row.object for row in pro.forecast.rows}
    (row,) = [row for row in growth.limits if not row.fits]
    assert (row.limit, row.allowed) == ("products", 0) and row.needed > 0
    shown = {one.edition: one for one in growth.editions}
    assert not shown["growth"].fits and any("products" in words for words in shown["growth"].missing)
    assert shown["pro"].fits and not shown["pro"].missing


def test_an_upgrade_shows_what_it_saves() -> None:
    """Freshsales' hours: two and five times as many calls, half and a fifth of the hours."""
    by_name = {row.edition: row for row in estimated("freshsales", edition="growth").editions}

    assert by_name["growth"].windows and by_name["pro"].windows and by_name["enterprise"].windows
    assert by_name["growth"].windows > by_name["pro"].windows > by_name["enterprise"].windows
    assert by_name["growth"].seconds > 1.8 * by_name["pro"].seconds
    assert by_name["growth"].binds == "the calls of an hour"


def test_files_of_a_clinic_are_held_against_the_storage_of_all_users() -> None:
    """FACTS 0.4: 2 GB for each user of Growth."""
    told = {"patients": 1200, "files": 5000, "average_file_bytes": 1_000_000}
    few, many = (estimated("freshsales", told, edition="growth", users=users) for users in (2, 3))

    [short], [enough] = ([row for row in one.limits if "file storage" in row.limit] for one in (few, many))
    assert short.needed == enough.needed == 5000
    assert not short.fits, "two users of Growth have 4 GB"
    assert enough.fits, "three have 6 GB"


def test_a_wanted_time_is_answered() -> None:
    assert "enough" in estimated("pipedrive", within=10).wanted_words
    assert "not enough" in estimated("freshsales", {"patients": 20_000}, edition="growth", within=2).wanted_words


def test_long_notes_become_several_records() -> None:
    """FACTS 5: Zoho's notes are split at 30,000 characters."""
    short, long = ({"patients": 100, "treatment_notes": 500, "average_note_chars": chars} for chars in (1500, 70_000))

    def notes(told: dict[str, int]) -> int:
        return sum(row.records for row in estimated("zoho", told).forecast.rows if row.what == "write Notes")

    assert notes(long) - notes(short) == 2 * 500


def test_lists_become_a_file_for_each_patient_who_has_some() -> None:
    """Every Pipedrive patient with an invoice gets one file, however many invoices."""
    rows = estimated("pipedrive", {"patients": 100, "invoices": 10_000, "messages": 0, "files": 0}).forecast.rows

    assert sum(row.records for row in rows if row.what == "write files") == 100
    assert with_some(100, 0) == 0


def test_an_edition_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Misused) as refused:
        estimated("zoho", edition="platinum")

    assert "professional" in refused.value.next_step


def test_conditions_of_the_mapping_decide_what_goes_where() -> None:
    """Freshsales takes upcoming appointments as appointments, and all others as tasks."""
    told = {"patients": 100, "appointments": 1000, "upcoming_appointments": 50, "cancelled_appointments": 100}
    mapping = document.default("freshsales")
    taken = {entry.map: clinic(told).taken(mapping, entry) for entry in mapping.active()}

    assert (taken["F4"], taken["F4.task"]) == (50, 950)


def test_what_stays_behind_is_said_with_its_reason() -> None:
    """A plan without products leaves them; alerts are a choice; patients that another map takes are not listed."""
    left = {one.what.partition(" (")[0]: one for one in estimated("freshsales", edition="growth").by_hand}

    assert left["products"].why == "This edition has no products."
    assert "F14 is switched on" in left["medical alerts"].becomes
    assert "patients" not in left
    assert "workflows and reminders" in left
    assert (
        "lines of a CSV file"
        in {one.what.partition(" (")[0]: one for one in estimated("pipedrive").by_hand}["invoices"].becomes
    )
