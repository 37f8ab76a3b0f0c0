"""Jobs that run in vendor time: the work happens when its time has come, looked at or not (FACTS 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.zoho.world import World

WAITING_SHARE = 0.1
"""Share of a job's time that it waits as ADDED."""


@dataclass
class Job:
    """One bulk job."""

    id: str
    kind: str
    user: str
    created: int
    begins: float
    ends: float
    order: dict[str, Any]
    work: Callable[[Job], None]
    done: bool = False
    result: bytes = b""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the work found out: counts, names."""

    def state(self, now: float, running: str) -> str:
        """ADDED, then the vendor's word for running, then COMPLETED."""
        if self.done:
            return "COMPLETED"
        return running if now >= self.begins else "ADDED"


def add(world: World, kind: str, user: str, order: dict[str, Any], work: Callable[[Job], None]) -> Job:
    """Queue a job behind those of its kind: one runs at a time."""
    now = world.clock.timestamp()
    seconds = float(world.switches[f"bulk_{kind}_s"])
    after = max([now, *(job.ends for job in world.jobs.values() if job.kind == kind)])
    job = Job(
        id=world.new_id(),
        kind=kind,
        user=user,
        created=world.now(),
        begins=after + seconds * WAITING_SHARE,
        ends=after + seconds,
        order=order,
        work=work,
    )
    world.jobs[job.id] = job
    return job


def run_due(world: World) -> None:
    """Do the work of every job whose time has come."""
    now = world.clock.timestamp()
    for job in world.jobs.values():
        if not job.done and job.ends <= now:
            job.done = True
            job.work(job)
