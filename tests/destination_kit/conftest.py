"""The vendors' specifications, where they are at hand, as judges of the kit's traffic."""

from __future__ import annotations

from pathlib import Path

import pytest

from gurney.testing.traffic import SpecValidator, load_validators

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def judges() -> dict[str, SpecValidator]:
    """By vendor; none in a plain checkout, where the kit goes without."""
    return load_validators(SHARED / "vendors") if (SHARED / "vendors").is_dir() else {}
