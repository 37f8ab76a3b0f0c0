"""Files are fetched while records are written: what that saves, and what it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gurney.destinations.vendor import vendor
from gurney.estimate.allowance import amount_of
from gurney.estimate.binding import line_s
from gurney.estimate.forecast import forecast
from gurney.estimate.workload import Part, Workload
from gurney.reports.forecast import FETCH, READ_BACK, WRITE

PRICES = vendor("highlevel").prices("unlimited", 1, {})
RECORDS = Part("H1", "patients", "contacts", 4_000)
FILES = Part("H10", "patient_attachments", "files", 200)
WORK = Workload(parts=(RECORDS, FILES), source_records={"patients": 4_000}, source_files=200, source_bytes=200_000)


def seconds(work: Workload) -> float:
    return forecast(PRICES, work).seconds or 0.0


def phase_s(work: Workload, phase: str) -> float:
    return amount_of(forecast(PRICES, work).rows, {phase}).seconds


def test_fetching_what_the_writing_outlasts_costs_no_time() -> None:
    one_after_the_other = replace(WORK, fetches_ahead=False)

    assert seconds(one_after_the_other) - seconds(WORK) == pytest.approx(phase_s(WORK, FETCH))


def test_where_fetching_takes_longest_the_rest_is_hidden_beside_it() -> None:
    many = replace(WORK, source_files=20_000)
    hidden_s = seconds(replace(many, fetches_ahead=False)) - seconds(many)

    assert 0 < hidden_s < phase_s(many, FETCH)
    assert hidden_s <= phase_s(many, WRITE) + phase_s(many, READ_BACK)


def test_the_largest_file_is_sent_after_it_has_come() -> None:
    huge = 10_000_000_000
    alone = replace(WORK, source_bytes=huge, largest_file_bytes=huge)
    many = replace(WORK, source_bytes=huge, largest_file_bytes=huge // 200)

    assert seconds(alone) >= 2 * line_s(huge), "first it comes, then it goes"
    assert seconds(many) < seconds(alone)


def test_the_largest_file_may_be_the_last_that_is_asked_for() -> None:
    """200 files of 0.8 s each, four at once, and then 1,000 MB at 2.5 MB/s."""
    alone = replace(WORK, source_bytes=1_000_000_000, largest_file_bytes=1_000_000_000)

    assert phase_s(alone, FETCH) == pytest.approx(phase_s(WORK, FETCH) + 400, abs=0.1)
