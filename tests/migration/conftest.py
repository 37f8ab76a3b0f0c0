"""A migration by hand: a workspace, a real store, a clock that tests move, and a clinic of a few records."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from migration_clock import VirtualClock

from gurney.migration.context import Migration
from gurney.migration.workspace import create
from gurney.runtime import Runtime
from gurney.sources.cliniko.objects import links_of, objects, state_of
from gurney.store.keys import MasterKey
from gurney.store.snapshot import Staged
from gurney.store.store import Store, open_store

AS_OF = "2026-11-16T00:00:00Z"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def runtime(clock: VirtualClock) -> Runtime:
    counter = itertools.count()

    def entropy(size: int) -> bytes:
        return next(counter).to_bytes(size, "big")

    return Runtime(
        clock=clock, random=random.Random(1), entropy=entropy, environ={"GURNEY_AS_OF": AS_OF, "USER": "ada"}
    )


@pytest.fixture
def store(runtime: Runtime, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
    yield opened
    opened.close()


@pytest.fixture
def migration(runtime: Runtime, store: Store, tmp_path: Path) -> Migration:
    """A workspace whose check is done."""
    made = Migration(create(tmp_path / "clinic", "zoho", runtime), runtime, store)
    store.documents.put("source-account", {"name": "Made-up", "country_code": "AU", "currency": "AUD"}, sealed=False)
    return made


@pytest.fixture
def stage(store: Store) -> Callable[..., None]:
    """Put source records into the snapshot as a reading does."""

    def put(object: str, *records: dict[str, Any]) -> None:
        spec = objects()[object]
        rows = [
            Staged(row["id"], "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", state_of(row), row, links_of(spec, row))
            for row in records
        ]
        store.snapshot.put(object, rows)

    return put


@pytest.fixture
def link() -> Callable[[str, str], dict[str, Any]]:
    """A relation as Cliniko writes it."""
    return lambda object, id: {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}
