"""An organisation that answers as the test says, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from zoho_org import Org, connect

from gurney.destinations.zoho.destination import Zoho


@pytest.fixture
def org() -> Org:
    return Org()


@pytest.fixture
async def zoho(org: Org) -> AsyncIterator[Zoho]:
    destination = connect(org)
    yield destination
    await destination.close()
