"""A migration lived through: each verb in one or more lives of its process, until it is done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gurney.errors import CheckFailed, GurneyError, PausedForQuota
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration
from gurney.migration.load import PhaseGateFailed
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.testing.campaign.mishaps import KINDS
from gurney.testing.campaign.people import do_by_hand
from gurney.testing.campaign.schedule import VERBS, Mishap, Schedule
from gurney.testing.campaign.world import Disk, Killed, Watch, World

MOST_LIVES = 25
DAY_S = 86_400.0
Did = Callable[[Migration], Awaitable[Any]]
Sight = Callable[[World, str, Any], None]
"""What somebody wants to see after a verb: world, verb, its report."""


class Stuck(AssertionError):
    """A verb did not come to its end though nothing disturbed it any more."""


async def _check(migration: Migration) -> Any:
    report = await check(migration)
    if not report.ok:
        raise CheckFailed("The check found something.", next_step="Repeat it.")
    return report


async def _planned(migration: Migration) -> Any:
    report = await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "campaign")
    return report


async def _provisioned(migration: Migration) -> Any:
    report = await provision(migration)
    if not report.ok:
        raise CheckFailed("Provisioning left something undone.", next_step="Repeat it.")
    return report


async def _loaded(migration: Migration) -> Any:
    try:
        return await run(migration)
    except PhaseGateFailed:  # somebody deleted records meanwhile; the operator knows
        return await run(migration, accept_missing=True)


async def _sampled(migration: Migration) -> Any:
    try:
        report = await sample(migration, size=10)
    except PhaseGateFailed:
        report = await sample(migration, size=10, accept_missing=True)
    approve(migration, "sample", "campaign")
    return report


DEEDS: Mapping[str, Did] = {
    "check": _check, "audit": audit, "plan": _planned, "provision": _provisioned, "sample": _sampled, "run": _loaded,
    "delta": delta, "reconcile": reconcile, "rollback": undo,
}  # fmt: skip


@dataclass
class Story:
    """What was lived through."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """By verb: calls, writes and commits that it took."""
    reports: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    """Errors that verbs ended with while something was wrong."""


def live(world: World, schedule: Schedule, calm: Mapping[str, Counter[str]], see: Sight) -> Story:
    """Live through a whole migration; `calm` tells how much each verb does when nothing happens."""
    story, mishaps = Story(), schedule.mishaps
    with Disk(world):
        for verb in VERBS:
            detour = schedule.detour if verb == "delta" else ()
            _again(world, detour)
            world.watch = _watch(verb, mishaps, calm)
            story.reports[verb] = _until_done(world, verb, story, detour)
            world.watch = Watch()  # what did not meet the verb does not meet who looks at its work
            see(world, verb, story.reports[verb])
            if verb == "delta":
                _in_peace(world, story, see, sweeps=any(one.verb == verb for one in mishaps))
    return story


def _in_peace(world: World, story: Story, see: Sight, *, sweeps: bool) -> None:
    """Nothing happens any more: a last sweep brings what came late to a delta, and the proof is made.

    Where a field was deleted, records failed that say: provision. It is done, and they are brought.
    """
    mends = ("check", "provision") if world.reshaped else ()
    for verb in (*mends, *(("run", "delta") if sweeps or mends else ()), "reconcile"):
        report = _until_done(world, verb, story)
        if verb in ("delta", "reconcile"):
            story.reports[verb] = report
    see(world, "reconcile", story.reports["reconcile"])


def _watch(verb: str, mishaps: tuple[Mishap, ...], calm: Mapping[str, Counter[str]]) -> Watch:
    due = [(KINDS[one.kind], one) for one in mishaps if one.verb == verb]
    usual = calm.get(verb, Counter())
    return Watch(due=[(kind.meets, int(one.at * usual[kind.meets]) + 1, one, kind.strike) for kind, one in due])


def _again(world: World, verbs: Sequence[str]) -> None:
    """Do verbs again that were done, while nothing happens."""
    watch, world.watch = world.watch, Watch()
    for verb in verbs:
        _until_done(world, verb, Story())
    world.watch = watch


def _until_done(world: World, verb: str, story: Story, detour: Sequence[str] = ()) -> Any:
    """Repeat the verb as a person would whom a crash, an error or a pause tells to; once after a detour."""
    for life in range(MOST_LIVES):
        if life == 1:
            _again(world, detour)
        world.successor = partial(_take_over, world, DEEDS[verb])
        reports: list[Any] = []  # a task that returned a report would have asyncio write it out when it ends
        try:
            asyncio.run(_one_life(world, DEEDS[verb], reports.append))
        except Killed:
            continue
        except GurneyError as error:
            story.complaints.append(f"{verb}: {type(error).__name__}: {error.message}")
            if verb == "provision":
                do_by_hand(world)
            world.clock.pass_by(_patience(world, error))
            continue
        story.counts[verb] = story.counts.get(verb, Counter()) + world.watch.counts
        _calm_down(world)
        return reports[0]
    raise Stuck(f"{verb} is not done after {MOST_LIVES} tries; the last said: {(story.complaints or ['nothing'])[-1]}")


def _patience(world: World, error: GurneyError) -> float:
    """Seconds until the verb is repeated: when a pause is over, at the latest a day later; else after a minute."""
    until = error.until if isinstance(error, PausedForQuota) else None
    wait_s = (until - world.clock.now()).total_seconds() + 1 if until else 0.0
    return min(max(61.0, wait_s), DAY_S)


async def _one_life(world: World, deed: Did, tell: Callable[[Any], None]) -> None:
    migration = world.open()
    try:
        tell(await deed(migration))
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    finally:
        await _gone(migration)


async def _take_over(world: World, deed: Did) -> None:
    """Another process does the same verb to its end, if nothing happens to it; else the first one's person goes on."""
    with suppress(GurneyError):
        await _one_life(world, deed, lambda _: None)


async def _gone(migration: Migration) -> None:
    """A process that ends in trouble, or is dead, closes nothing in good order: the operating system does."""
    with suppress(Killed, GurneyError):
        await migration.close()


def _calm_down(world: World) -> None:
    """What was to happen and did not, for the verb ended before, does not happen later."""
    for twin in (world.clinic, world.crm):
        twin.faults.replace([])
    world.clock.off_s = 0.0
