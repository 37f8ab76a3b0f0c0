"""A rollback takes contacts whose files no call deletes: the files are named, and go out of sight with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freshsales_account import a_file, a_note, a_patient

from gurney.destinations.freshsales.destination import Freshsales
from gurney.migration.rollback import Rollback
from gurney.records import Outcome, Write
from gurney.runtime import Runtime
from gurney.store.keys import MasterKey
from gurney.store.store import Store, open_store

pytestmark = pytest.mark.anyio


def brought(store: Store, *writes: tuple[Write, str]) -> None:
    run = store.runs.open("full", "somebody")
    store.ledger.intend(run, [write for write, _ in writes])
    store.ledger.conclude(run, [Outcome.done(write.key, id) for write, id in writes])


@pytest.mark.parametrize(("with_note", "laden"), [(False, set()), (True, {"31"})])
async def test_a_file_keeps_no_contact_and_a_note_does(
    tmp_path: Path, freshsales: Freshsales, with_note: bool, laden: set[str]
) -> None:
    store = open_store(str(tmp_path / "s.sqlite"), Runtime(), MasterKey(b"k" * 32, "test"), create=True)
    file = replace(a_file("6", "31"), file=None)
    brought(store, (a_patient("1"), "31"), (file, "41"), *([(a_note("3", "31"), "51")] if with_note else []))
    maps = [SimpleNamespace(id=id, destination_object=to) for id, to in (("F1", "contacts"), ("F11", "files"))]
    nothing: Any = None
    compiled: Any = SimpleNamespace(maps=maps)
    way_back = Rollback(store, freshsales, nothing, compiled, nothing, nothing, nothing, nothing)

    effects = store.effects.scan("F1", after=0, limit=5)

    assert way_back._laden("contacts", effects) == laden
    store.close()
