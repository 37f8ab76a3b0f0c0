"""An account in memory, and the destination connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from freshsales_account import Account, connect

from gurney.destinations.freshsales.destination import Freshsales


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
async def freshsales(account: Account) -> AsyncIterator[Freshsales]:
    destination = connect(account)
    yield destination
    await destination.close()
