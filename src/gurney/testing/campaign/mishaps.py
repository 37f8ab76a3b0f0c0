"""The misfortunes: what each counts before it strikes, and what it does."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.testing.campaign import people
from gurney.testing.campaign.schedule import Mishap
from gurney.testing.campaign.world import CRM, SOURCE, Strike, World
from gurney.transport import Budget

_NO_BYTES = r"(?!/storage/cliniko-files-twin)(?!.*/patient_attachments/\d+/content)"
"""Not the bytes of a file of the clinic: of wrong ones of the right length nobody could know, for no digest is told."""
_BULK = ".*/bulk_upsert$"
HTML = "<html><body><h1>Something went wrong</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of misfortune. `meets` is what is counted: calls, calls to the CRM and writes to it, further pages of the
    clinic's lists, commits of the store."""

    meets: str
    strike: Strike
    weight: int
    fault: str = ""
    """A fault that not every vendor's twin knows."""
    told: str = ""
    """What must be told of the destination (destinations.toml) for it."""
    touches: str = ""
    """'source' or 'crm' when other people change records; the end then differs from a calm run's."""


def _order(do: str, *, calls: int = 1, **arguments: Any) -> Strike:
    """The next calls to the vendor that is being called meet a fault of its twin."""

    def strike(world: World, mishap: Mishap) -> None:
        count = random.Random(mishap.chance).randint(1, calls)
        twin = world.twin(world.side)
        if do in twin.faults.known:
            twin.faults.replace([])
            twin.faults.add(do, nth=list(range(1, count + 1)), **arguments)

    return strike


def _lead_back(world: World, mishap: Mishap) -> None:
    """The `next` link of this page of the clinic's lists, and of the pages after it, leads to itself or to page 1."""
    chance = random.Random(mishap.chance)
    _order("lead_back", calls=3, to=chance.randint(0, 1))(world, mishap)


def _kill(world: World, _: Mishap) -> None:
    world.die()


def _die_waiting(world: World, _: Mishap) -> None:
    world.dies_after = True


def _fall_asleep(world: World, _: Mishap) -> None:
    world.falls_asleep = True


def _disk(code: str, words: str) -> Strike:
    def strike(_: World, __: Mishap) -> None:
        error = sqlite3.OperationalError(words)
        error.sqlite_errorname = code
        raise error

    return strike


def _clock(hours: float) -> Strike:
    def strike(world: World, _: Mishap) -> None:
        world.clock.off_s += hours * 3600

    return strike


class _Shortage:
    """An allowance that others use up again and again: after so many calls nothing is left for seconds or minutes.

    It stands before the budget's own books, for the next answer of the vendor's stand-in would say what is left there.
    """

    def __init__(self, budget: Budget, chance: random.Random) -> None:
        self._allows, self._free_at = budget.allows, budget.free_at
        self._every, self._times = chance.randint(1, 25), chance.randint(1, 8)
        self._away_s = chance.uniform(0.2, 240)
        self._calls = 0
        self._until = 0.0

    def allows(self, units: int, now: float, *, into_reserve: bool) -> bool:
        if now < self._until:
            return False
        self._calls += 1
        if self._times and self._calls % self._every == 0:
            self._times, self._until = self._times - 1, now + self._away_s
            return False
        return self._allows(units, now, into_reserve=into_reserve)

    def free_at(self, units: int, now: float, *, into_reserve: bool) -> float:
        return self._until if now < self._until else self._free_at(units, now, into_reserve=into_reserve)


def _spend(world: World, mishap: Mishap) -> None:
    assert world.migration is not None
    chance = random.Random(mishap.chance)
    for budget in world.migration.destination().pacer.budgets.values():
        shortage = _Shortage(budget, chance)
        vars(budget).update(allows=shortage.allows, free_at=shortage.free_at)


def _deed(deed: Callable[[World, random.Random], str]) -> Strike:
    def strike(world: World, mishap: Mishap) -> None:
        world.happened[-1] += f" = {deed(world, random.Random(mishap.chance))}"

    return strike


KINDS: Mapping[str, Kind] = {
    "killed before a call": Kind("call", _kill, 6),
    "killed while a write is under way": Kind("write", _die_waiting, 12),
    "killed before a commit": Kind("commit", _kill, 12),
    "overtaken by another process": Kind("write", _fall_asleep, 8),
    "effect without an answer": Kind("write", _order("drop_after", calls=3), 12),
    "no effect and no answer": Kind("write", _order("drop_before", calls=3), 5),
    "connection reset": Kind("call", _order("reset", calls=2), 4),
    "effect and then a 500": Kind("write", _order("status", status=500, after=True), 8),
    "gateway page instead of an answer": Kind("call", _order("status", status=502, body=HTML, calls=3), 5),
    "page with status 200": Kind("call", _order("status", status=200, body=HTML), 3),
    "effect and a page with status 200": Kind("write", _order("status", status=200, body=HTML, after=True), 3),
    "out of service": Kind("call", _order("status", status=503, calls=6), 5),
    "storm of 429": Kind("call", _order("status", status=429, calls=12), 5),
    "allowance used up by others": Kind("call to the CRM", _spend, 8),
    "half an answer": Kind("call", _order("truncate"), 5),
    "garbled answer": Kind("call", _order("garble", path=_NO_BYTES), 4),
    "half a batch, then a 500": Kind("write", _order("partial", keep=0.5), 6),
    "half a batch, then silence": Kind("write", _order("partial", keep=0.5, drop=True), 6),
    "slow answer": Kind("call", _order("delay", seconds=90), 2),
    "token expired": Kind("write", _order("expire_token"), 4, fault="expire_token"),
    "stale search": Kind("call", _order("stale_search", calls=8, seconds=120), 5, fault="stale_search"),
    "created, and refused all the same": Kind(
        "write", _order("created_422", calls=3, method="POST", path=".*/contacts/?$"), 8, fault="created_422"
    ),
    "rows locked by others": Kind("write", _order("lock_rows", calls=2), 5, fault="lock_rows"),
    "half a bulk job": Kind("write", _order("half_job", method="POST", path=_BULK), 8, fault="half_job"),
    "bulk results shuffled": Kind("write", _order("shuffle_job", method="POST", path=_BULK), 5, fault="shuffle_job"),
    "bulk job forgotten": Kind("write", _order("forget_job", method="POST", path=_BULK), 8, fault="forget_job"),
    "bulk job lost": Kind("write", _order("lose_job", method="POST", path=_BULK), 8, fault="lose_job"),
    "list that leads back": Kind("page", _lead_back, 6),
    "disk full": Kind("commit", _disk("SQLITE_FULL", "database or disk is full"), 4),
    "store locked": Kind("commit", _disk("SQLITE_BUSY", "database is locked"), 3),
    "clock set forward": Kind("call", _clock(3), 2),
    "clock set back": Kind("call", _clock(-3), 2),
    "patient edited at the clinic": Kind("call", _deed(people.edit_patient), 4, touches=SOURCE),
    "patient created at the clinic": Kind("call", _deed(people.create_patient), 3, touches=SOURCE),
    "record archived at the clinic": Kind("call", _deed(people.archive), 3, touches=SOURCE),
    "record deleted at the clinic": Kind("call", _deed(people.delete), 2, touches=SOURCE),
    "list changed while it is read": Kind("page", _deed(people.shift_pages), 6, touches=SOURCE),
    "patients merged at the clinic": Kind("call", _deed(people.merge), 2, touches=SOURCE),
    "record edited in the CRM": Kind("call", _deed(people.edit_record), 4, touches=CRM),
    "patient edited on both sides": Kind("call", _deed(people.edit_on_both_sides), 4, touches=CRM),
    "record deleted in the CRM": Kind("call", _deed(people.delete_record), 2, touches=CRM),
    "field deleted in the CRM": Kind("call", _deed(people.drop_field), 5, told="drops", touches=CRM),
    "pick-list value removed in the CRM": Kind("call", _deed(people.drop_option), 4, told="drops_options", touches=CRM),
    "records merged in the CRM": Kind("call", _deed(people.merge_records), 4, told="merges", touches=CRM),
    "record created in the CRM": Kind("call", _deed(people.create_record), 3, touches=CRM),
}


def known(vendor: str, faults: Collection[str]) -> dict[str, int]:
    """The misfortunes that can happen with a vendor whose twin knows these faults, with their weights."""
    there = {"", *faults, *people.facts(vendor)}
    return {name: kind.weight for name, kind in KINDS.items() if {kind.fault, kind.told} <= there}
