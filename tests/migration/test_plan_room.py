"""What the plan says of room that a CRM does not have: links to one record, and storage."""

from __future__ import annotations

from collections import Counter

import pytest

from gurney.destinations.vendor import vendor
from gurney.estimate.storage import no_room, storage_rows
from gurney.estimate.workload import Part, Workload
from gurney.mapping import document
from gurney.migration.dry import DryRun
from gurney.migration.plan import crowded_rows

PATIENTS = "H1"


def pointing(field: str, **targets: int) -> DryRun:
    return DryRun(pointing={(PATIENTS, field): Counter(targets)})


def test_links_that_a_full_insurer_will_not_take_are_counted_beforehand() -> None:
    rows = list(crowded_rows(document.default("highlevel"), pointing("insurer", one=1_005, two=1_000, three=7), 1_000))

    assert [(row.code, row.object, row.count) for row in rows] == [("links-over-limit", PATIENTS, 5)]
    assert "5 links cannot be made" in rows[0].words


def test_nothing_is_said_of_what_fits_or_of_a_vendor_without_such_a_limit() -> None:
    mapping = document.default("highlevel")

    assert not list(crowded_rows(mapping, pointing("insurer", one=1_000), 1_000))
    assert not list(crowded_rows(mapping, pointing("insurer", one=5_000), None))


@pytest.mark.parametrize(("megabytes", "fits"), [(4_000, True), (9_000, False)])
def test_files_are_held_against_the_storage_of_all_users(megabytes: int, fits: bool) -> None:
    """Freshsales, FACTS 0.4: Growth has 2 GB a user, so 4 GB for two."""
    work = Workload(parts=(Part("F11", "patient_attachments", "files", 9),), source_bytes=megabytes * 1_000_000)
    limits = vendor("freshsales").limits("growth", 2)

    (row,) = [row for row in storage_rows(work, limits, 2, "files") if "file storage" in row.limit]

    assert row.fits is fits
    assert no_room(row).code == "storage"
