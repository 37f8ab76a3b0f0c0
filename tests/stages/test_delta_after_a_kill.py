"""A delta that was killed goes on where it was, and finds out first what became of its last call."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from stage_scene import Scene

from gurney.destinations.protocol import Route
from gurney.migration.reconcile import reconcile
from gurney.migration.topup import delta
from gurney.records import Kind, Outcome, Write

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process ended here."""


async def test_a_note_that_was_being_written_anew_is_there_once(loaded: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    note = next(str(row["id"]) for row in loaded.clinic_rows("treatment_notes") if not row.get("archived_at"))
    await loaded.staff("edit", object="treatment_notes", id=note, fields={"title": "Another title"})
    notes, write = len(loaded.crm.records["Notes"]), loaded.crm.write

    async def dies(batch: Sequence[Write], route: Route) -> list[Outcome]:
        await write(batch, route)
        if (batch[0].object, batch[0].kind) == ("Notes", Kind.CREATE):
            raise Killed
        raise AssertionError("the note was to be the first")

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(loaded.crm, "write", dies)
        await delta(loaded.migration)
    await delta(loaded.migration)

    assert len(loaded.crm.records["Notes"]) == notes
    assert (await reconcile(loaded.migration)).ok
