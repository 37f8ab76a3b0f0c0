"""An organisation that answers as the test says, the client of it, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from salesforce_org import Org, client_of

from gurney.destinations.salesforce.client import Client


@pytest.fixture
def org() -> Org:
    return Org()


@pytest.fixture
async def client(org: Org) -> AsyncIterator[Client]:
    opened = client_of(org)
    yield opened
    await opened.aclose()
