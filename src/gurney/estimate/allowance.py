"""How long work takes that an allowance holds back: pure arithmetic over what the pacer goes by.

An allowance is so many units in each window (a day, an hour), less what is kept for a rollback and what is left to
other programs. Work that needs more than one window waits for the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gurney.destinations.protocol import Cost
from gurney.reports.forecast import ForecastRow
from gurney.transport import BudgetLimit


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of work. `seconds` is what the vendor's rate and latency take for it, without waiting for anything."""

    calls: int = 0
    units: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, costs: Iterable[Cost]) -> Amount:
        """Pieces of work, one after the other."""
        known = list(costs)
        return cls(
            sum(one.calls for one in known), sum(one.units for one in known), sum(one.seconds for one in known)
        )  # fmt: skip


def amount_of(rows: Iterable[ForecastRow], phases: Collection[str]) -> Amount:
    """All work of these phases together."""
    mine = [row for row in rows if row.phase in phases]
    seconds = sum(row.seconds or 0.0 for row in mine)
    return Amount(sum(row.calls for row in mine), sum(row.units for row in mine), seconds)


def usable(limit: BudgetLimit) -> int | None:
    """Units of one window that a load may spend; None where nobody knows."""
    return None if limit.ceiling is None else max(1, limit.ceiling - limit.reserve - limit.for_others)


def share(units: int, limit: BudgetLimit) -> float | None:
    """How many windows' worth of units that is."""
    per_window = usable(limit)
    return None if per_window is None else units / per_window


def windows(units: int, limit: BudgetLimit) -> int | None:
    """How many windows the work touches when it begins with a full one."""
    per_window = usable(limit)
    return None if per_window is None else max(1, -(-units // per_window))


def lasts(work: Amount, limit: BudgetLimit, *, left: int | None = None, refill_in_s: float | None = None) -> float:
    """Seconds from begin to end, pauses included.

    `left` is what may be spent of the present window (none told: a full one), `refill_in_s` when the next begins (none
    told: a whole window away, for who knows when in the day a clinic begins).
    """
    per_window = usable(limit)
    first = per_window if left is None else max(0, left)
    if per_window is None or first is None or work.units <= first:
        return work.seconds
    further = -(-(work.units - first) // per_window)
    waits_s = (limit.window_s if refill_in_s is None else refill_in_s) + (further - 1) * limit.window_s
    last_units = work.units - first - (further - 1) * per_window
    return max(work.seconds, waits_s + work.seconds * last_units / work.units)
