"""One move of the sample clinic for each destination, that all tests of this folder look at, and means for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from crm import Crm
from harbour import CRMS, VENDORS, Clinic, Story, tell


@pytest.fixture(scope="session")
def spare_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return lambda name: tmp_path_factory.mktemp(name)


@pytest.fixture(scope="session")
def clinic(shared: Path) -> Clinic:
    """The sample clinic as its files have it."""
    return Clinic(shared / "data" / "clinic-harbour")


@pytest.fixture(scope="session")
def stories() -> dict[str, Story]:
    """What was told already: a story is long, and no test changes it."""
    return {}


@pytest.fixture(scope="session", params=VENDORS.values())
def vendor(request: pytest.FixtureRequest) -> str:
    """Every destination; `pytestmark = only(...)` of harbour.py names one."""
    return str(request.param)


@pytest.fixture
def view(vendor: str) -> type[Crm]:
    return CRMS[vendor]


@pytest.fixture
def story(vendor: str, clinic: Clinic, stories: dict[str, Story], spare_folder: Callable[[str], Path]) -> Story:
    """The clinic moved to this destination and taken back, once for all tests."""
    if vendor not in stories:
        stories[vendor] = tell(CRMS[vendor], clinic.folder, spare_folder(f"harbour-{vendor}"))
    return stories[vendor]
