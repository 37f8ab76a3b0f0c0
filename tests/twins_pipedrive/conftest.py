"""Fixtures of the Pipedrive twin's tests."""

from __future__ import annotations

import pytest
from pipedrive_client import Account


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id): the rule of a twin that the test proves")


@pytest.fixture
def account() -> Account:
    """A company on the Growth plan without limits, its clock standing still."""
    return Account(users=("anna@clinic.example",))
