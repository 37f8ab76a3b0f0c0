"""Fixtures of the Salesforce twin's tests."""

from __future__ import annotations

import pytest
from salesforce_client import Org


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id): the rule of a twin that the test proves")


@pytest.fixture
def org() -> Org:
    """An Enterprise organisation, its clock standing still."""
    return Org(users=("anna@clinic.example",))
