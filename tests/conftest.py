"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Vendor facts, specifications and the sample clinic; kept beside the checkout, not in it."""
    if not (SHARED / "vendors").is_dir():
        pytest.skip("needs ../shared (vendor specifications and the sample clinic), which is not in a plain checkout")
    return SHARED
