"""A clinic, a CRM in memory, a migration between them, and a clock that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
from memory_crm import MemoryCrm

from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.sample import sample
from gurney.twins.kit.inprocess import InProcess
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
