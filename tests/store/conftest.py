"""A store in a temporary folder, with a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
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


@pytest.fixture
def location(tmp_path: Path) -> str:
    """A new SQLite file; or a new database of the PostgreSQL server whose URL is in GURNEY_TEST_POSTGRES."""
    server = os.environ.get("GURNEY_TEST_POSTGRES")
    if not server:
        return str(tmp_path / "state" / "store.sqlite")
    name = f"gurney_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture
def sqlite_file(location: str) -> Path:
    """The store's file, for what can be seen on a disk alone."""
    if "://" in location:
        pytest.skip("looks at the file of SQLite; this store lies on PostgreSQL")
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
