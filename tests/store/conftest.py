"""A store in a temporary folder, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gurney.runtime import Runtime
from gurney.store.keys import MasterKey
from gurney.store.runs import Run
from gurney.store.store import Store, open_store

MASTER = MasterKey(b"m" * 32, "test")
Reopen = Callable[[], Store]


class StandingClock:
    """Always the same moment; sleeping takes no time."""

    def now(self) -> datetime:
        return datetime(2026, 11, 16, 9, 30, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        return None


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "GURNEY_NO_KEYRING": "1"}
    return Runtime(clock=StandingClock(), environ=environ)


ON_SQLITE = "sqlite"
ON_POSTGRES = "postgresql"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever opens a store is tried on both databases, but what looks at the file of SQLite."""
    chosen = any(mark.args[0] == "location" for mark in metafunc.definition.iter_markers("parametrize"))
    if chosen or "location" not in metafunc.fixturenames:
        return
    databases: list[Any] = [ON_SQLITE]
    if "sqlite_file" not in metafunc.fixturenames:
        databases.append(pytest.param(ON_POSTGRES, marks=pytest.mark.xdist_group("postgres")))
    metafunc.parametrize("location", databases, indirect=True)


@pytest.fixture
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new SQLite file, or a place of its own on a PostgreSQL server."""
    if request.param == ON_POSTGRES:
        return str(request.getfixturevalue("postgres_store"))
    return str(tmp_path / "state" / "store.sqlite")


@pytest.fixture
def sqlite_file(location: str) -> Path:
    """The store's file, for what can be seen on a disk alone."""
    return Path(location)


@pytest.fixture
def reopen(location: str, tmp_path: Path, runtime: Runtime) -> Iterator[Callable[[], Store]]:
    """Opens the test's store, each call as a process of its own would."""
    opened: list[Store] = []

    def again() -> Store:
        store = open_store(location, runtime, MASTER, create=True, folder=tmp_path / "state")
        opened.append(store)
        return store

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    return reopen()


@pytest.fixture
def run(store: Store) -> Run:
    return store.runs.open("full", "Kim Operator")
