"""A small Cliniko and a real snapshot to read it into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cliniko_fake import FakeCliniko

from gurney.store.database import Database
from gurney.store.sealing import Seal
from gurney.store.snapshot import Snapshot


@pytest.fixture
def cliniko() -> FakeCliniko:
    return FakeCliniko()


@pytest.fixture
def snapshot(cliniko: FakeCliniko, tmp_path: Path) -> Iterator[Snapshot]:
    database = Database(str(tmp_path / "store.db"))
    database.migrate()
    yield Snapshot(database, Seal(os.urandom(32), os.urandom), cliniko.runtime)
    database.close()
