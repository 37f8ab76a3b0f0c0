"""A run whose allowance for the day is spent: it pauses, its status says so, and the next day it goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from stage_scene import NOW, Scene, until_sampled

from gurney.destinations.protocol import Route
from gurney.errors import PausedForQuota
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.status import status
from gurney.records import Outcome, Write

pytestmark = pytest.mark.anyio
MIDNIGHT = NOW + timedelta(days=1)


async def test_what_a_pause_interrupts_has_not_failed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def spent(*_: object) -> None:
        raise PausedForQuota("The tokens are spent.", until=MIDNIGHT)

    await until_sampled(scene)
    with monkeypatch.context() as today, pytest.raises(PausedForQuota):
        today.setattr(scene.crm, "write", spent)
        await run(scene.migration)
    paused = status(scene.migration)
    scene.clock.pass_by(86_400)
    await run(scene.migration)
    over = status(scene.migration)

    assert paused.paused is not None and paused.paused.until == MIDNIGHT
    assert sum(row.failed for row in paused.objects) == 0
    assert over.paused is None
    assert sum(row.created for row in over.objects) > sum(row.created for row in paused.objects)
    assert sum(row.failed for row in over.objects) == 0


async def test_a_proof_that_is_interrupted_finds_no_difference_but_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def spent(*_: object, **__: object) -> None:
        raise PausedForQuota("The tokens are spent.", until=MIDNIGHT)

    await until_sampled(scene)
    await run(scene.migration)
    with monkeypatch.context() as today, pytest.raises(PausedForQuota):
        today.setattr(scene.crm, "read", spent)
        await reconcile(scene.migration)
    scene.clock.pass_by(86_400)

    report = await reconcile(scene.migration)

    assert report.ok, [one for one in report.criteria if not one.ok]


async def test_what_a_pause_left_unknown_is_not_sent_again_by_the_process_that_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: Counter[str] = Counter()
    write = scene.crm.write

    async def spent_once_it_is_done(batch: Sequence[Write], route: Route) -> list[Outcome]:
        outcomes = await write(batch, route)
        fresh = batch[0].object not in written
        written.update(one.object for one in batch)
        if fresh:  # all of it is there, and nobody was told
            raise PausedForQuota("The tokens are spent.", until=scene.clock.now() + timedelta(minutes=1))
        return outcomes

    await until_sampled(scene)
    monkeypatch.setattr(scene.crm, "write", spent_once_it_is_done)
    monkeypatch.setattr(scene.migration, "patience_s", 3_600.0)

    await run(scene.migration)
    report = await reconcile(scene.migration)

    assert scene.crm.capabilities.keyless_objects & written.keys()
    assert report.ok, [one for one in report.criteria if not one.ok]
    known = set(scene.migration.store.effects.going())
    assert {f"{object}/{id}" for object in written for id in scene.crm.records[object]} <= known
