"""Fixtures of the kit's tests."""

from __future__ import annotations

import pytest
from counter_twin import counter_twin

from gurney.twins.kit.twin import Twin


@pytest.fixture
def twin() -> Twin:
    return counter_twin()
