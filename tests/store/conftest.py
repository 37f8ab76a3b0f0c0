"""A store in a temporary folder, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gurney.records import OperationKey, Outcome, Value, Write
from gurney.runtime import Runtime
from gurney.store.keys import MasterKey
from gurney.store.runs import Run
from gurney.store.store import Store, open_store

MASTER = MasterKey(b"m" * 32, "test")


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
def reopen(tmp_path: Path, runtime: Runtime) -> Iterator[Callable[[], Store]]:
    """Opens the test's store, each call as a process of its own would."""
    opened: list[Store] = []

    def again() -> Store:
        store = open_store(str(tmp_path / "state" / "store.sqlite"), runtime, MASTER, create=True)
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


def key(id: str, part: int = 0, map: str = "Z1") -> OperationKey:
    return OperationKey(map, "patients", id, part)


def contact(id: str, part: int = 0, **more: object) -> Write:
    """A creation of a contact that stands for patient `id`."""
    fields: dict[str, Value] = {"Last_Name": f"Name of {id}", "Cliniko_ID": id}
    about = {"key_field": "Cliniko_ID", "key_value": id, "fields": fields, **more}
    return Write(key(id, part), "Contacts", **about)  # type: ignore[arg-type]


def create(store: Store, run: Run, *ids: str) -> None:
    """Bring patients to the destination; '7' becomes 'zoho-7'."""
    writes = [contact(id) for id in ids]
    store.ledger.intend(run, writes)
    store.ledger.conclude(run, [Outcome.done(write.key, f"zoho-{write.key.id}") for write in writes])
