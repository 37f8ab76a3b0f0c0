"""The part of the sample clinic holds everything planted, leads nowhere new, and is counted as the whole is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from crm import Row
from harbour import Clinic
from part import OF_A_PATIENT, totals, words_of

pytestmark = pytest.mark.xdist_group("part-of-harbour")


def links(row: Row) -> Iterator[tuple[str, str]]:
    """Resource and id of each record that a row points to."""
    for value in row.values():
        if isinstance(value, dict) and "links" in value:
            resource, _, id = value["links"]["self"].partition("/v1/")[2].partition("/")
            if id.isdigit():
                yield resource, id


def dead_links(clinic: Clinic) -> set[tuple[str, str]]:
    return {
        (resource, id)
        for name in clinic.manifest["counts"]
        if name != "services"
        for row in clinic.rows(name).values()
        for resource, id in links(row)
        if resource != "appointments" and id not in clinic.rows(resource)
    }


def test_every_planted_record_is_in_the_part(whole_clinic: Clinic, part_of_clinic: Clinic) -> None:
    words = set(words_of(whole_clinic.manifest["planted"]))
    names = [name for name in whole_clinic.manifest["counts"] if name != "services"]

    assert part_of_clinic.manifest["planted"] == whole_clinic.manifest["planted"]
    for name in names:
        assert words & whole_clinic.rows(name).keys() <= part_of_clinic.rows(name).keys(), name


def test_nothing_in_the_part_points_to_what_is_not_there(whole_clinic: Clinic, part_of_clinic: Clinic) -> None:
    assert dead_links(part_of_clinic) == dead_links(whole_clinic)


def test_totals_are_counted_by_the_rules_of_the_manifest(whole_clinic: Clinic) -> None:
    told = whole_clinic.manifest["totals"]
    counted = totals(whole_clinic, datetime.fromisoformat(whole_clinic.manifest["as_of"]))

    assert counted == {name: told[name] for name in counted}


def test_the_part_has_at_most_a_fifth_of_what_happened(whole_clinic: Clinic, part_of_clinic: Clinic) -> None:
    whole, part = (sum(len(clinic.rows(name)) for name in OF_A_PATIENT) for clinic in (whole_clinic, part_of_clinic))

    assert part <= whole / 5
