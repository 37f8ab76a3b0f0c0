"""A location in memory, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from highlevel_location import Location, connect

from gurney.destinations.highlevel.destination import HighLevel


@pytest.fixture
def location() -> Location:
    return Location()


@pytest.fixture
async def highlevel(location: Location) -> AsyncIterator[HighLevel]:
    destination = connect(location)
    yield destination
    await destination.close()
