"""Fixtures of the Freshsales twin's tests."""

from __future__ import annotations

import pytest
from freshsales_client import Account


@pytest.fixture
def account() -> Account:
    """An account on Enterprise without limits, its clock standing still and its index up to date."""
    return Account(users=("anna@clinic.example",))
