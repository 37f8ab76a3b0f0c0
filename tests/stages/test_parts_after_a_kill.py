"""A record that becomes several is not taken for whole when the process ended between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from stage_scene import Scene

from gurney.destinations.protocol import Route
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.sample import sample
from gurney.records import Outcome, Write

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process ended here."""


async def test_the_rest_of_a_long_note_comes_after_a_kill(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await check(scene.migration)).ok
    await audit(scene.migration)
    await plan(scene.migration, fallback_owner="unassigned")
    approve(scene.migration, "plan", "Test Admin")
    await provision(scene.migration)
    ledger = scene.migration.store.ledger
    write, intend, titles = scene.crm.write, ledger.intend, set[str]()

    def intends(*given: Any) -> None:
        if titles:
            raise Killed
        intend(*given)

    async def writes(batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await write(batch, route)
        titles.update(str(one.fields["Note_Title"]) for one in batch if " 1/4]" in str(one.fields.get("Note_Title")))
        return outcomes

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(scene.crm, "route", lambda *_: Route("single", 1, 1))
        dying.setattr(scene.crm, "write", writes)
        dying.setattr(ledger, "intend", intends)
        await sample(scene.migration)
    await sample(scene.migration)

    (first,) = titles
    there = {str(one["Note_Title"]) for one in scene.crm.records["Notes"].values()}
    assert {first.replace(" 1/4]", f" {number}/4]") for number in (1, 2, 3, 4)} <= there
