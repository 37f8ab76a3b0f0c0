"""What the tests of this folder have in common: destinations, seeds, and words for a schedule that broke something."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from gurney.destinations.names import NAMES
from gurney.testing.campaign.people import known_destinations
from gurney.testing.campaign.play import Stage, Verdict
from gurney.testing.campaign.schedule import Schedule

DESTINATIONS = [name for name in NAMES if name in known_destinations()]
SEEDS = int(os.environ.get("GURNEY_SEEDS", "25"))


def told(verdict: Verdict) -> str:
    """The seed, what happened, and what does not hold."""
    lines = [f"seed {verdict.schedule.seed}", *verdict.happened, *verdict.complaints, *verdict.broken]
    return "\n".join(line[:1000] for line in lines)


def with_some(stage: Stage, kinds: Collection[str], most: int = 50) -> Iterator[Schedule]:
    """Of the first schedules, those in which one of these kinds of misfortune happens, the most of it first."""
    schedules = [stage.schedule(seed) for seed in range(1, most + 1)]
    times = {one.seed: sum(mishap.kind in kinds for mishap in one.mishaps) for one in schedules}
    yield from (one for one in sorted(schedules, key=lambda one: -times[one.seed]) if times[one.seed])
