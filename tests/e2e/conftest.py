"""One move of the sample clinic, or of its part, for each destination, that all tests look at, and means for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from crm import Crm
from harbour import CRMS, VENDORS, Clinic, Story, tell
from moved import DESTINATIONS, Move, moved
from part import moves_a_part, pace, part_of


@pytest.fixture(scope="session")
def spare_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return lambda name: tmp_path_factory.mktemp(name)


@pytest.fixture(scope="session")
def whole_clinic(shared: Path) -> Clinic:
    """The sample clinic as its files have it."""
    return Clinic(shared / "data" / "clinic-harbour")


@pytest.fixture(scope="session")
def part_of_clinic(whole_clinic: Clinic, spare_folder: Callable[[str], Path]) -> Clinic:
    """The same with fewer ordinary visits, as files of their own."""
    return part_of(whole_clinic, spare_folder("part-of-harbour"))


@pytest.fixture
def clinic(vendor: str, request: pytest.FixtureRequest) -> Clinic:
    """What is moved to this destination."""
    found: Clinic = request.getfixturevalue("part_of_clinic" if moves_a_part(vendor) else "whole_clinic")
    return found


@pytest.fixture(scope="session")
def stories() -> dict[str, Story | Exception]:
    """What was told already, or why it could not be: a story is long, and no test changes it."""
    return {}


@pytest.fixture(scope="session", params=VENDORS.values())
def vendor(request: pytest.FixtureRequest) -> str:
    """Every destination; `pytestmark = only(...)` of harbour.py names one."""
    return str(request.param)


@pytest.fixture
def view(vendor: str) -> type[Crm]:
    return CRMS[vendor]


@pytest.fixture
def story(
    vendor: str,
    clinic: Clinic,
    stories: dict[str, Story | Exception],
    spare_folder: Callable[[str], Path],
) -> Story:
    """The clinic moved to this destination and taken back, once for all tests."""
    if vendor not in stories:
        try:
            stories[vendor] = tell(CRMS[vendor], clinic.folder, spare_folder(f"harbour-{vendor}"), *pace(CRMS[vendor]))
        except Exception as failed:
            stories[vendor] = failed
    told = stories[vendor]
    if isinstance(told, Exception):
        raise told
    return told


@pytest.fixture(scope="session", params=DESTINATIONS.values())
def moved_to(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def move(moved_to: str, spare_folder: Callable[[str], Path]) -> Move:
    """A made-up clinic moved there, changed, topped up and taken back, once for all tests."""
    return moved(CRMS[moved_to], spare_folder("moved"))
