"""Clinics in numbers, and what the tests of this folder ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from gurney.destinations.names import NAMES
from gurney.estimate.clinic import Clinic, of_counts
from gurney.estimate.counts import complete
from gurney.estimate.estimate import estimate
from gurney.mapping import document
from gurney.reports.estimate import EstimateAbout, EstimateReport

ABOUT = EstimateAbout(migration_id="", workspace="", made_at=datetime(2026, 11, 16, tzinfo=UTC))
ORDINARY = {"patients": 1200}
DESTINATIONS = NAMES


def clinic(told: Mapping[str, int] = ORDINARY) -> Clinic:
    return of_counts(complete(told))


def estimated(
    to: str, told: Mapping[str, int] = ORDINARY, *, edition: str = "", users: int = 5, within: float | None = None
) -> EstimateReport:
    """An estimate; the same question is answered once."""
    return _estimated(to, tuple(told.items()), edition, users, within)


@cache
def _estimated(
    to: str, told: tuple[tuple[str, int], ...], edition: str, users: int, within: float | None
) -> EstimateReport:
    return estimate(
        ABOUT,
        clinic(dict(told)),
        document.default(to),
        edition=edition,
        users=users,
        source_calls_per_minute=200,
        wanted_days=within,
    )
