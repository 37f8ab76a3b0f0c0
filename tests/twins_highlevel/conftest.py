"""Fixtures of the HighLevel twin's tests."""

from __future__ import annotations

import pytest
from highlevel_client import Clinic


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id): the rule of a twin that the test proves")


@pytest.fixture
def clinic() -> Clinic:
    """An agency with one sub-account, no limits, its clock standing still."""
    return Clinic(users=("anna@clinic.example",))
