"""When a load ends, and how that stands against the forecast that was signed.

What is left comes from the forecast and from what has arrived. How fast it goes is measured: as the work
that is done took against its forecast, so will the rest take. The allowance is the one that is left now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from gurney.estimate.allowance import Amount, lasts
from gurney.estimate.forecast import Progress, progress
from gurney.migration import stages
from gurney.migration.working import Taken
from gurney.reports.forecast import FETCH, ForecastRow
from gurney.reports.units import late_words, moment_words
from gurney.store.runs import Run
from gurney.transport import Budget, Standing

if TYPE_CHECKING:
    from gurney.migration.context import Migration

DOCUMENT = "promise"
MEASURED_FROM = 0.02
"""Of a kind of work so much must be done before its own speed counts instead of the forecast's."""
LOOK_EVERY_S = 10.0
"""Between two looks at how much has arrived."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A load under way."""

    left_s: float
    """Pauses for the allowance included."""
    ends_at: datetime
    promised: datetime | None
    """When it would end by the signed forecast and the allowance that was left when it began."""

    @property
    def late_s(self) -> float | None:
        """Seconds later than the forecast; below zero: earlier."""
        return (self.ends_at - self.promised).total_seconds() if self.promised else None


def outlook(migration: Migration) -> Outlook | None:
    """None before the load and after it."""
    if stages.current(migration.store) is not stages.Stage.RUNNING:
        return None
    far = _far(migration)
    if far is None:
        return None
    begun = migration.store.documents.get(DOCUMENT)
    left_s = _left_s(migration, {kind: _at_speed(migration, kind, one, begun) for kind, one in far.items()})
    promised = datetime.fromisoformat(begun["ends"]) if begun else None
    return Outlook(left_s, migration.runtime.clock.now() + timedelta(seconds=left_s), promised)


def promise(migration: Migration, run: Run) -> None:
    """Note once, when a load begins, when it ends by the forecast alone, and what was done and taken before it."""
    known = migration.store.documents.get(DOCUMENT)
    far = _far(migration)
    if far is None or (known is not None and known["run"] == run.id):
        return
    ends = migration.runtime.clock.now() + timedelta(
        seconds=_left_s(migration, {kind: one.left for kind, one in far.items()})
    )
    taken = {kind: asdict(migration.working.so_far().taken(kind)) for kind in far}
    done = {kind: asdict(one.done) for kind, one in far.items()}
    begun = {"run": run.id, "ends": ends.isoformat(), "done": done, "taken": taken}
    migration.store.documents.put(DOCUMENT, begun, sealed=False)


def pools(migration: Migration) -> dict[str, Budget]:
    """The destination's budgets, as they were when the last command wrote them down."""
    spent = migration.store.documents.get("spent") or {}
    return {name: Budget.of(state) for name, state in spent.get("budgets", {}).items() if "limit" in state}


def _far(migration: Migration) -> dict[str, Progress] | None:
    """How far each kind of a load's work is; None without a plan."""
    plan = migration.store.documents.get("plan")
    if plan is None:
        return None
    far = progress(plan["forecast"], migration.store.effects.by_object(), _proven(migration))
    return {**far, FETCH: _fetched(plan["forecast"]["rows"], migration.working.so_far().taken(FETCH))}


def _left_s(migration: Migration, left: Mapping[str, Amount]) -> float:
    """Seconds that so much work takes, waiting for the allowance included; files are fetched beside all else."""
    units, seconds = sum(one.units for one in left.values()), sum(one.seconds for one in left.values())
    if migration.workspace.settings.options.files_ahead_mb and FETCH in left:
        fetching_s = left[FETCH].seconds
        seconds = max(fetching_s, seconds - fetching_s)
    now = migration.runtime.clock.now().timestamp()
    return max([seconds, *(_lasts(Amount(0, units, seconds), pool, now) for pool in pools(migration).values())])


def _at_speed(migration: Migration, kind: str, far: Progress, begun: Mapping[str, Any] | None) -> Amount:
    """What is left of one kind of work, in the units and seconds that it has turned out to take in this load."""
    if begun is None or kind not in begun["done"]:
        return far.left
    took = migration.working.so_far().taken(kind).less(Taken(**begun["taken"][kind]))
    before = Amount(**begun["done"][kind])
    units, seconds = far.done.units - before.units, far.done.seconds - before.seconds
    if not took.seconds or seconds < max(MEASURED_FROM * (far.done.seconds + far.left.seconds), 1e-9):
        return far.left
    dearer = took.units / units if units > 0 else 1.0
    return Amount(far.left.calls, round(far.left.units * dearer), far.left.seconds * took.seconds / seconds)


def _fetched(rows: Iterable[Mapping[str, Any]], took: Taken) -> Progress:
    """How far the files of the source are, by the calls that they take there."""
    told = [row for saved in rows if (row := ForecastRow(**saved)).phase == FETCH]
    calls, seconds = sum(row.calls for row in told), sum(row.seconds or 0.0 for row in told)
    done = min(1.0, took.source_calls / calls) if calls else 1.0
    return Progress(left=Amount(seconds=seconds * (1 - done)), done=Amount(seconds=seconds * done))


def _proven(migration: Migration) -> Counter[str]:
    """Records that were read back, by destination object."""
    verdicts = migration.store.effects.verdicts()
    proven: Counter[str] = Counter()
    for entry in migration.mapping().active():
        found = verdicts.get(entry.map, {})
        proven[entry.to] += sum(count for verdict, count in found.items() if verdict)
    return proven


def _lasts(left: Amount, pool: Budget, now: float) -> float:
    stands = pool.standing(now)
    refill_in_s = None if stands.refills_at is None else stands.refills_at - now
    return lasts(left, pool.limit, left=stands.spendable, refill_in_s=refill_in_s)


class Live:
    """How rate, allowance and time stand, for a progress line: only what was measured, or told by the vendor."""

    def __init__(self, migration: Migration) -> None:
        self._migration = migration
        self._looked_at = -inf
        self._end = ""

    def __call__(self) -> str:
        pacer, now = self._migration.destination().pacer, self._migration.runtime.clock.now()
        use = pacer.in_use()
        words = [f"{use.share:.0%} of {use.of:,} {use.what}"] if use else []
        words += [_pool_words(budget.standing(now.timestamp()), now) for budget in pacer.budgets.values()]
        return " · ".join([*words, *([end] if (end := self._ends()) else [])])

    def _ends(self) -> str:
        """Counting what has arrived is work: done now and then."""
        moment = self._migration.runtime.clock.monotonic()
        if moment - self._looked_at >= LOOK_EVERY_S:
            self._looked_at, ahead = moment, outlook(self._migration)
            self._end = f"ends {moment_words(ahead.ends_at)}{_against(ahead)}" if ahead else ""
        return self._end


def _pool_words(stands: Standing, now: datetime) -> str:
    if not stands.ceiling or stands.left is None:
        return f"{stands.used:,} {stands.unit}s used"
    back = datetime.fromtimestamp(stands.refills_at, now.tzinfo) if stands.refills_at else None
    until = f" until {back:%H:%M}" if back else ""
    return f"{stands.used / stands.ceiling:.0%} of {stands.ceiling:,} {stands.unit}s, {stands.left:,} left{until}"


def _against(ahead: Outlook) -> str:
    return f", {late_words(ahead.late_s)}" if ahead.late_s is not None else ""
