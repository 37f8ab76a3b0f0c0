"""What a plan allows (FACTS 0, 5, 6)."""

from __future__ import annotations

from dataclasses import dataclass

GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan's figures."""

    name: str
    calls_an_hour: int
    """For the whole account, all users and keys together."""
    custom_fields: int
    """For each object; those of free and enterprise are nobody's figures, but switches."""
    storage_bytes: int
    """For each user."""
    products: bool
    many_pipelines: bool
    """Several pipelines and several currencies."""
    custom_modules: bool
    """With them come activity types of one's own."""


PLANS = {
    plan.name: plan
    for plan in (
        Plan("free", 1_000, 0, 0, products=False, many_pipelines=False, custom_modules=False),
        Plan("growth", 1_000, 150, 2 * GIGABYTE, products=False, many_pipelines=False, custom_modules=False),
        Plan("pro", 2_000, 250, 5 * GIGABYTE, products=True, many_pipelines=True, custom_modules=False),
        Plan("enterprise", 5_000, 300, 100 * GIGABYTE, products=True, many_pipelines=True, custom_modules=True),
    )
}
OPTIONS_MOST = 300
UNIQUE_MOST = {"contacts": 4, "sales_accounts": 2, "deals": 2}
MODULE_FIELDS_MOST = 310
MODULE_UNIQUE_MOST = 2
ACTIVITY_FIELDS_OF_A_KIND = 5
