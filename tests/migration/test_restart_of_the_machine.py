"""A run that waits for a spent allowance while the machine is switched off and on: the verb is repeated and goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gurney.errors import AnswerLost, PausedForQuota
from gurney.migration.context import Migration, open_migration
from gurney.migration.engine import run_durably
from gurney.migration.status import status
from gurney.testing.campaign.life import DEEDS
from gurney.testing.campaign.world import CRM, World

VERBS = ("check", "audit", "plan", "provision", "sample", "run", "reconcile", "rollback")
MOST_RESTARTS = 60


class Machine:
    """One that can be restarted: the time of day goes on, the monotonic clock begins at zero again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.booted_at = 0.0
        self.restarts = 0
        world.clock.monotonic = lambda: world.clock._seconds - self.booted_at  # type: ignore[method-assign]

    def open(self) -> Migration:
        self.world.lives += 1
        migration = open_migration(self.world.folder / "ws", self.world.runtime())
        migration.drive = run_durably
        return migration

    def restart(self, until_s: float) -> None:
        self.world.clock.pass_by(until_s + 1)
        self.booted_at = self.world.clock._seconds
        self.restarts += 1

    def do(self, verb: str) -> Any:
        """The verb, repeated after each restart as the pause told to."""
        for _ in range(MOST_RESTARTS):
            try:
                return asyncio.run(self.live(verb))
            except AnswerLost:  # a bulk job went on without us; it says to look later
                self.world.clock.pass_by(60)
            except PausedForQuota as pause:
                assert pause.until is not None
                waits_s = (pause.until - self.world.clock.now()).total_seconds()
                assert 0 < waits_s <= 3600
                self.says_that_it_waits(verb, pause)
                self.restart(waits_s)
        raise AssertionError(f"{verb} was restarted {MOST_RESTARTS} times and is not done")

    async def live(self, verb: str) -> Any:
        migration = self.open()
        try:
            return await DEEDS[verb](migration)
        finally:
            await migration.close()

    def says_that_it_waits(self, verb: str, pause: PausedForQuota) -> None:
        if verb != "run":
            return
        migration = self.open()
        told = status(migration).paused
        migration.store.close()
        assert told is not None and told.until == pause.until


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A tenth of Freshsales' thousand calls an hour is for us."""
    world = World("freshsales", clinic_seed=3, size="12", folder=tmp_path, seed=1)
    settings = tmp_path / "ws" / "gurney.toml"
    told = settings.read_text("utf-8")
    settings.write_text(told.replace("leave_to_others = 0", "leave_to_others = 90"), "utf-8")
    return Machine(world)


def test_a_run_paused_by_its_allowance_survives_restarts_of_the_machine(machine: Machine) -> None:
    for verb in VERBS[:-3]:
        machine.do(verb)
    before = machine.restarts

    machine.do("run")

    assert machine.restarts > before, "the allowance was never spent"
    assert machine.do("reconcile").ok
    refused = machine.world.twin(CRM).service.state()["CallsRefused"]
    assert refused == 0
    report = machine.do("rollback")
    assert report.kept == []
    migration = machine.open()
    assert migration.store.ledger.verify().ok
    migration.store.close()
