"""What a plan allows (FACTS 12)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan's figures."""

    name: str
    burst: int
    """Calls in ten seconds, for one location."""
    daily: int
    locations: int
    """How many sub-accounts there may be."""
    agency_api: bool
    """Whether tokens of the agency exist; the smaller plans have the API of a sub-account only."""


MANY = 10_000
PLANS = {
    plan.name: plan
    for plan in (
        Plan("starter", 100, 200_000, 3, agency_api=False),
        Plan("unlimited", 100, 200_000, MANY, agency_api=False),
        Plan("pro", 100, 200_000, MANY, agency_api=True),
        Plan("sandbox", 25, 10_000, 2, agency_api=True),
    )
}
