"""One schedule played and judged."""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from gurney.testing.campaign.judge import Judge, Seen
from gurney.testing.campaign.life import Story, Stuck, live
from gurney.testing.campaign.mishaps import known
from gurney.testing.campaign.schedule import Schedule, draw, shrunk
from gurney.testing.campaign.world import Killed, World

MOST_UNUSED = 300_000
"""So many things that may be unused are looked through at once: those of about four schedules."""
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of one's own in it
"""A disk that nobody waits for, where the system has it: a simulated process dies, and its system lives on."""
ROOM = 2**30
"""Free bytes there at least: a clinic with a file of 101 MB takes a quarter of it."""


@dataclass
class Verdict:
    """How a schedule ended."""

    schedule: Schedule
    broken: list[str]
    happened: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.broken


@dataclass
class Calm:
    """What an undisturbed life of a clinic's migration looked like, for others to be compared with."""

    story: Story = field(default_factory=Story)
    seen: Seen | None = None
    mapping: bytes = b""
    """What was proposed for it: a proposal takes as long as all the rest, and is the same each time."""


class Stage:
    """Plays schedules against one destination; what a clinic looks like undisturbed is played once."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._calm: dict[int, Calm] = {}

    def schedule(self, seed: int) -> Schedule:
        return draw(seed, self._kinds)

    @cached_property
    def _kinds(self) -> dict[str, int]:
        with tempfile.TemporaryDirectory() as folder:
            return known(self.vendor, set(World(self.vendor, 0, "oddities:0", Path(folder), 0).crm.faults.known))

    def play(self, schedule: Schedule) -> Verdict:
        calm = self.undisturbed(schedule)
        with _unswept():
            return self._played(schedule, calm)[0]

    def shrink(self, schedule: Schedule) -> Schedule:
        """The fewest misfortunes that still break something."""
        return shrunk(schedule, lambda smaller: not self.play(smaller).ok)

    def undisturbed(self, schedule: Schedule) -> Calm:
        """How the same clinic's migration goes when nothing happens; played once."""
        clinic = schedule.clinic
        if clinic not in self._calm:
            verdict, calm = self._played(Schedule(0, clinic), Calm())
            assert verdict.ok, f"an undisturbed migration breaks {verdict.broken}"
            self._calm[clinic] = calm
        return self._calm[clinic]

    def _played(self, schedule: Schedule, calm: Calm) -> tuple[Verdict, Calm]:
        folder = Path(tempfile.mkdtemp(prefix="gurney-campaign-", dir=_disk()))
        mapped = b""
        judge, story = Judge(Seen(), calm.seen), Story()
        world = World(self.vendor, schedule.clinic, schedule.size, folder, schedule.seed)
        mapping = folder / "ws" / "mapping.yaml"
        if calm.mapping:
            mapping.write_bytes(calm.mapping)
        try:
            story = live(world, schedule, calm.story.counts, judge.look)
            mapped = mapping.read_bytes()
        except Stuck as stuck:
            judge.seen.wrong("comes to an end", str(stuck))
        except (Exception, Killed) as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            judge.seen.wrong("errors have words", f"{type(error).__name__}: {error} ({place})")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        verdict = Verdict(schedule, judge.seen.broken, world.happened, story.complaints)
        return verdict, Calm(story, judge.seen, mapped)


def _disk() -> Path | None:
    """Where a schedule's workspace lies; None is the system's place for passing files."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


@contextmanager
def _unswept() -> Iterator[None]:
    """What is no longer used is looked for between schedules: looking all the while takes a fifth of their time.

    What a search leaves is a clinic's undisturbed life and caches: the next one need not ask again.
    """
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MOST_UNUSED:
            gc.collect()
            gc.freeze()
        if swept:
            gc.enable()


@cache
def stage(vendor: str) -> Stage:
    """The stage of this process, of whose modules no sweep need ask again."""
    gc.freeze()
    return Stage(vendor)


def play_seed(order: tuple[str, int]) -> Verdict:
    """A destination and a seed, in a worker process."""
    vendor, seed = order
    began = time.monotonic()
    verdict = stage(vendor).play(stage(vendor).schedule(seed))
    verdict.took_s = time.monotonic() - began
    return verdict
