"""Jobs that run in vendor time, item by item, looked at or not; what became of an item nobody says (FACTS 4)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from gurney.twins.freshsales.refusals import Refused
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.world import World

Item = Callable[[], int]
"""Does one item and gives the id of what it wrote. Raises Refused."""
FAULTS = ("lose_job", "half_job", "shuffle_job", "forget_job")


@dataclass
class Job:
    """One bulk call's work."""

    id: str
    kind: str
    items: list[Item]
    created: float
    begins: float
    ends: float
    faults: dict[str, float]
    results: list[Row]
    done: int = 0
    told_at: int = 0

    def due(self, now: float) -> int:
        """How many items should be done by now."""
        if now >= self.ends:
            return len(self.items)
        share = (now - self.begins) / (self.ends - self.begins) if now > self.begins else 0.0
        return int(len(self.items) * share)

    @property
    def next_at(self) -> float:
        """When the next item is done, looked at or not."""
        return self.begins + (self.ends - self.begins) * (self.done + 1) / len(self.items)


def add(world: World, kind: str, items: list[Item], faults: dict[str, float]) -> Job:
    """Take work on; jobs of a kind queue up or run side by side (switch bulk_queue)."""
    now = world.clock.timestamp()
    begins = now
    if world.switches["bulk_queue"] == "serial":
        begins = max([now, *(job.ends for job in world.running if job.kind == kind)])
    number = world.next("job")
    if "shuffle_job" in faults:
        random.Random(number).shuffle(items)
    if "half_job" in faults:
        items = items[: int(len(items) * faults["half_job"])]
    ends = begins + float(world.switches["bulk_s"])
    job = Job(
        f"{number:x}{world.people.new_key().lower()}", kind, items, now, begins, ends, faults, [], told_at=int(now)
    )
    world.jobs[job.id] = job
    if "lose_job" not in faults:
        world.running.append(job)
    return job


def run_due(world: World) -> None:
    """Do what is due of every job, each item at its own moment: the index hears of it from then on."""
    now = world.clock.timestamp()
    if not world.running:
        return
    while ready := [job for job in world.running if job.done < job.due(now)]:
        job = min(ready, key=lambda one: one.next_at)
        with world.at(job.next_at):
            job.results.append(_outcome(job.items[job.done]))
        job.done += 1
        job.told_at = int(now)
    world.running = [job for job in world.running if job.done < len(job.items)]


def _outcome(item: Item) -> Row:
    try:
        return {"id": item()}
    except Refused as no:
        return {"errors": no.answer.json["errors"]["message"]}


def wire(world: World, job: Job) -> Row:
    """What the status says; `data` is a text of unknown use (switch job_data)."""
    now = world.clock.timestamp()
    lost = "lose_job" in job.faults
    finished = now >= job.ends and not lost
    progress = 0 if lost else 100 if finished else int(100 * job.due(now) / max(1, len(job.items)))
    return {
        "status": world.switches["job_done"] if finished else "in_progress", "progress": progress,
        "job_type_name": job.kind, "created_at": world.shown(int(job.created)),
        "status_updated_at": world.shown(job.told_at), "data": _data(world, job) if finished else "",
    }  # fmt: skip


def _data(world: World, job: Job) -> str:
    match world.switches["job_data"]:
        case "json":
            return orjson.dumps(job.results).decode()
        case "address":
            return f"https://reports.example.com/{job.id}.csv"
        case _:
            return ""
