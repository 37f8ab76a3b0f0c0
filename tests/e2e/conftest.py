"""One move of the sample clinic that all tests of this folder look at, and the means to make others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harbour import Clinic, Story, tell
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

__all__ = ["Gurney", "RunningTwin", "running_twin", "shell", "up_to_sample"]


@pytest.fixture(scope="session")
def spare_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return lambda name: tmp_path_factory.mktemp(name)


@pytest.fixture(scope="session")
def clinic(shared: Path) -> Clinic:
    """The sample clinic as its files have it."""
    return Clinic(shared / "data" / "clinic-harbour")


@pytest.fixture(scope="session")
def story(clinic: Clinic, spare_folder: Callable[[str], Path]) -> Iterator[Story]:
    """The clinic moved and taken back, once for all tests that say `xdist_group("harbour")`."""
    with tell(clinic.folder, spare_folder("harbour")) as told:
        yield told
