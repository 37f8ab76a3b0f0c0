"""An organisation that answers as the test says, the client of it, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from salesforce_org import Org, client_of, connect

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.destination import Salesforce


@pytest.fixture
def org() -> Org:
    return Org()


@pytest.fixture
async def client(org: Org) -> AsyncIterator[Client]:
    opened = client_of(org)
    yield opened
    await opened.aclose()


@pytest.fixture
async def salesforce(org: Org) -> AsyncIterator[Salesforce]:
    destination = connect(org)
    yield destination
    await destination.close()
