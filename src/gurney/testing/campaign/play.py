"""One schedule played and judged."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from gurney.testing.campaign.judge import Judge, Seen
from gurney.testing.campaign.life import Story, Stuck, live
from gurney.testing.campaign.mishaps import known
from gurney.testing.campaign.schedule import Schedule, draw, shrunk
from gurney.testing.campaign.world import Killed, World


@dataclass
class Verdict:
    """How a schedule ended."""

    schedule: Schedule
    broken: list[str]
    happened: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken


class Stage:
    """Plays schedules against one destination; what a clinic looks like undisturbed is played once."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._calm: dict[tuple[int, int], tuple[Story, Seen]] = {}

    def schedule(self, seed: int) -> Schedule:
        with tempfile.TemporaryDirectory() as folder:
            faults = set(World(self.vendor, 0, 2, Path(folder), seed).crm.faults.known)
        return draw(seed, known(faults))

    def play(self, schedule: Schedule) -> Verdict:
        calm_story, calm_seen = self._undisturbed(schedule)
        return self._played(schedule, calm_story.counts, calm_seen)[0]

    def shrink(self, schedule: Schedule) -> Schedule:
        """The fewest misfortunes that still break something."""
        return shrunk(schedule, lambda smaller: not self.play(smaller).ok)

    def _undisturbed(self, schedule: Schedule) -> tuple[Story, Seen]:
        clinic = (schedule.clinic, schedule.patients)
        if clinic not in self._calm:
            verdict, story, seen = self._played(Schedule(0, *clinic), {}, None)
            assert verdict.ok, f"an undisturbed migration breaks {verdict.broken}"
            self._calm[clinic] = (story, seen)
        return self._calm[clinic]

    def _played(
        self, schedule: Schedule, calm: dict[str, Counter[str]], calm_seen: Seen | None
    ) -> tuple[Verdict, Story, Seen]:
        folder = Path(tempfile.mkdtemp(prefix="gurney-campaign-"))
        judge, story = Judge(Seen(), calm_seen), Story()
        world = World(self.vendor, schedule.clinic, schedule.patients, folder, schedule.seed)
        try:
            story = live(world, schedule.mishaps, calm, judge.look)
        except Stuck as stuck:
            judge.seen.wrong("comes to an end", str(stuck))
        except (Exception, Killed) as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            judge.seen.wrong("errors have words", f"{type(error).__name__}: {error} ({place})")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Verdict(schedule, judge.seen.broken, world.happened, story.complaints), story, judge.seen


@cache
def stage(vendor: str) -> Stage:
    """The stage of this process."""
    return Stage(vendor)


def play_seed(order: tuple[str, int]) -> Verdict:
    """A destination and a seed, in a worker process."""
    vendor, seed = order
    return stage(vendor).play(stage(vendor).schedule(seed))
