"""What our forecast bills and what the twin charges is what Pipedrive's documents say a call costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gurney.destinations.pipedrive import limits
from gurney.testing.pipedrive_prices import PriceList, nameless
from gurney.twins.pipedrive.service import prices as charged


@pytest.fixture(scope="module")
def documents(shared: Path) -> PriceList:
    return PriceList(shared / "vendors")


def test_what_we_bill_is_what_the_documents_say(documents: PriceList) -> None:
    billed = {nameless(call): tokens for call, tokens in limits.prices().items()}

    assert len(billed) == len(limits.prices()) > 50
    assert set(billed) - set(documents.prices) == set(), "calls that no document has"
    assert billed == {call: documents.prices[call].tokens for call in billed}


def test_what_the_twin_charges_and_asks_for_is_what_the_documents_say(documents: PriceList) -> None:
    told = {nameless(call.replace(" /", " /api/", 1)): price for call, price in charged().items()}

    assert told == {call: (documents.prices[call].tokens, documents.prices[call].scopes) for call in told}


def test_the_flat_list_beside_the_documents_says_the_same(documents: PriceList, shared: Path) -> None:
    flat = json.loads((shared / "vendors" / "pipedrive" / "spec" / "token-costs.json").read_bytes())

    told = {
        nameless(f"{one['method']} {one['path']}"): one["token_cost"] for one in flat if "/oauth/" not in one["path"]
    }

    assert told == {call: price.tokens for call, price in documents.prices.items() if "/oauth/" not in call}
    assert len(told) > 300


@pytest.mark.parametrize(
    ("request_line", "operation"),
    [
        ("GET /api/v2/persons/7", "GET /api/v2/persons/{}"),
        ("GET /api/v2/persons/search", "GET /api/v2/persons/search"),
        ("GET /api/v1/users/me", "GET /api/v1/users/me"),
        ("DELETE /api/v2/persons", None),
        ("GET /storage/7/x.pdf", None),
    ],
)
def test_a_request_means_the_most_literal_operation(
    request_line: str, operation: str | None, documents: PriceList
) -> None:
    method, path = request_line.split()

    assert documents.named(method, path) == operation
