"""A company in memory, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipedrive_company import Company, connect

from gurney.destinations.pipedrive.destination import Pipedrive


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def pipedrive(company: Company) -> AsyncIterator[Pipedrive]:
    destination = connect(company)
    yield destination
    await destination.close()
