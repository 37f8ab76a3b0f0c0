"""A run spends hardly more of Pipedrive's tokens than the vendor's price list lets it."""

from __future__ import annotations

from pathlib import Path

from harbour import Story, only

from gurney.testing.pipedrive_prices import PriceList

pytestmark = only("pipedrive")

CREATED = {
    "persons": "/api/v2/persons", "organizations": "/api/v2/organizations", "products": "/api/v2/products",
    "activities": "/api/v2/activities", "notes": "/api/v1/notes", "files": "/api/v1/files",
}  # fmt: skip
"""Where records of an object are made, one a call, and listed."""
PAGE = {"notes": 100, "files": 100}
"""Rows of the largest page, where it is not 500 (FACTS 5, 9: v1 shows 100)."""


def test_a_run_costs_at_most_a_twentieth_more_than_the_cheapest_that_proves_as_much(story: Story, shared: Path) -> None:
    """Each record made by one call, read back by full pages, each file's bytes fetched once."""
    prices = PriceList(shared / "vendors").prices
    cheapest = 0
    for object, path in CREATED.items():
        made = len(story.loaded[object]) - len(story.sampled[object])
        assert made > 0, object
        cheapest += made * prices[f"POST {path}"].tokens
        cheapest += -(-made // PAGE.get(object, 500)) * prices[f"GET {path}"].tokens
    files = len(story.loaded["files"]) - len(story.sampled["files"])
    cheapest += files * prices["GET /api/v1/files/{}/download"].tokens

    spent = sum(call["cost"] for call in story.calls)

    assert cheapest <= spent <= cheapest * 1.05, f"{spent:,.0f} tokens; {cheapest:,} would do ({spent / cheapest:.3f})"
