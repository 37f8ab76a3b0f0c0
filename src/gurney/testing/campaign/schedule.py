"""What goes wrong and when: drawn from a seed, printed when it matters, shrunk when it fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

VERBS = ("check", "audit", "plan", "provision", "sample", "run", "delta", "rollback")
"""In their order. Misfortunes meet each of them; `reconcile` proves what they left, in peace."""

WEIGHTS: Mapping[str, int] = {
    "check": 1, "audit": 3, "plan": 1, "provision": 3, "sample": 4, "run": 10, "delta": 5, "rollback": 4,
}  # fmt: skip
READING = ("audit", "delta")
STRIKES_IN: Mapping[str, tuple[str, ...]] = {
    "list that leads back": READING, "list changed while it is read": READING,
}  # fmt: skip
"""Kinds that only some verbs can meet: the clinic's lists are read in these."""
DETOURS: Mapping[tuple[str, ...], int] = {(): 8, ("audit",): 1, ("audit", "plan"): 1}
"""What the operator does again before the delta, and once more where a delta ended early; with weights."""
CLINICS = 8
"""Different made-up clinics; many schedules share one, so that its calm run is done once. The last one is large."""
STAY = 13
"""So many seeds on end have the same clinic: a few dozen seeds then need few calm runs."""
ODDITIES = 4
"""Of a made-up clinic's oddities, so many are in each, other ones in the next: 170 to 350 records. The last has all."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """One misfortune: a kind (mishaps.KINDS), and when. `at` is a share of what the verb does undisturbed."""

    verb: str
    kind: str
    at: float
    chance: int = 0
    """Seeds the rest: how many, which record."""

    def words(self) -> str:
        return f"{self.verb} at {self.at:.3f}: {self.kind} ({self.chance})"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One simulated life of a migration."""

    seed: int
    clinic: int
    mishaps: tuple[Mishap, ...] = field(default=())
    detour: tuple[str, ...] = ()
    """Verbs that are done again between the load and the end of the delta."""

    @property
    def is_large(self) -> bool:
        """Whether the clinic is the one that has all oddities."""
        return self.clinic == CLINICS - 1

    @property
    def size(self) -> str:
        """Of the clinic, in the words of its twin."""
        return "0" if self.is_large else f"oddities:{ODDITIES}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def draw(seed: int, kinds: Mapping[str, int], most: int = 6) -> Schedule:
    """The schedule of a seed. `kinds` are the misfortunes that the destination knows, with their weights."""
    chance = random.Random(seed)
    mishaps = [_mishap(chance, kinds) for _ in range(chance.randint(1, most))]
    order = {verb: number for number, verb in enumerate(VERBS)}
    mishaps.sort(key=lambda one: (order[one.verb], one.at))
    detour = chance.choices(list(DETOURS), list(DETOURS.values()))[0]
    return Schedule(seed, seed // STAY % CLINICS, tuple(mishaps), detour)


def _mishap(chance: random.Random, kinds: Mapping[str, int]) -> Mishap:
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    verbs = STRIKES_IN.get(kind, tuple(WEIGHTS))
    verb = chance.choices(verbs, [WEIGHTS[one] for one in verbs])[0]
    return Mishap(verb, kind, round(chance.random() * 1.05, 4), chance.randrange(10**6))


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """The fewest of its misfortunes that still fail: each is left out in turn until none can be. So is its detour."""
    if schedule.detour and fails(straight := replace(schedule, detour=())):
        schedule = straight
    smaller = True
    while smaller:
        smaller = False
        for number in range(len(schedule.mishaps)):
            without = replace(schedule, mishaps=schedule.mishaps[:number] + schedule.mishaps[number + 1 :])
            if fails(without):
                schedule, smaller = without, True
                break
    return schedule
