"""A made-up clinic on the Cliniko twin, in-process, and a CRM in memory."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from memory_crm import MemoryCrm

from gurney.destinations.protocol import User
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.workspace import create
from gurney.runtime import Runtime
from gurney.twins.cliniko import Cliniko, build
from gurney.twins.kit.clock import Clock as TwinClock
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

NOW = datetime(2026, 11, 16, tzinfo=UTC)


class VirtualClock:
    """Time passes only where somebody waits; the twin and the program share it."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self._seconds += max(0.0, seconds)


@dataclass
class Scene:
    """A clinic, a CRM, and a migration between them."""

    migration: Migration
    clinic: Twin
    crm: MemoryCrm
    clock: VirtualClock

    async def staff(self, deed: str, **what: object) -> None:
        """Clinic staff do something in Cliniko: edit, create, delete, merge."""
        self.clock.pass_by(300)
        async with httpx2.AsyncClient(transport=InProcess(self.clinic), base_url="http://127.0.0.1:1") as client:
            answer = await client.post(f"/__admin/{deed}", json=what)
            assert answer.status_code < 300, answer.text
        self.clock.pass_by(300)

    def clinic_rows(self, object: str) -> list[dict[str, object]]:
        return [dict(row) for row in self.clinic.service.dump(object)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = VirtualClock()
    options = TwinOptions("cliniko", clinic="40", seed=5, now=NOW, unlimited=True)
    clinic = build(options, TwinClock(NOW, 1.0, clock.monotonic, clock.sleep))
    assert isinstance(clinic.service, Cliniko)
    environ = {
        **clinic.service.env("http://127.0.0.1:1"),
        "GURNEY_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
        "GURNEY_NO_KEYRING": "1",
        "HOME": str(tmp_path / "home"),
        "USER": "tester",
    }
    runtime = Runtime(clock=clock, transport=lambda _: InProcess(clinic), environ=environ)
    create(tmp_path / "ws", "zoho", runtime)
    migration = open_migration(tmp_path / "ws", runtime)
    crm = MemoryCrm(runtime, migration.store.files.open)
    emails = {str(user["email"]) for user in clinic.service.dump("users") if user["email"]}
    crm.members = [User(str(500 + n), email, email, active=True) for n, email in enumerate(sorted(emails))]
    migration._destination = crm
    yield Scene(migration, clinic, crm, clock)
    await migration.close()


async def until_sampled(scene: Scene) -> None:
    """Everything before the full run, signed."""
    migration = scene.migration
    assert (await check(migration)).ok
    await audit(migration)
    await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "Test Admin")
    assert (await provision(migration)).ok
    await sample(migration)
    approve(migration, "sample", "Test Admin")


@pytest.fixture
def before_the_run() -> Callable[[Scene], Awaitable[None]]:
    return until_sampled


@pytest.fixture
async def loaded(scene: Scene) -> Scene:
    """A migration after its full run."""
    await until_sampled(scene)
    await run(scene.migration)
    return scene
