"""The same work in every edition of a destination, by what its pacer would hold each to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Vendor
from gurney.estimate.allowance import Amount, lasts, windows
from gurney.reports.forecast import EditionRow
from gurney.transport import BudgetLimit, Limits

UNNAMED = "this account"
"""Where nobody knows which edition it is."""


def pace_of(destination: Destination) -> Limits:
    """What the account itself is held to, with what its answers taught."""
    pacer = destination.pacer
    return replace(pacer.limits, budgets=tuple(budget.limit for budget in pacer.budgets.values()))


def by_edition(
    vendor: Vendor, own: Limits, edition: str, users: int, unit: str, forward: Amount, back: Amount
) -> list[EditionRow]:
    """A row an edition, the smallest first; the account's own by what it is really held to."""
    return [
        _row(name, yours, limits, unit, slower(forward, own, limits), slower(back, own, limits))
        for name, yours, limits in _paces(vendor, own, edition, users)
    ]


def slower(work: Amount, own: Limits, other: Limits) -> Amount:
    """The work at another pace: fewer calls at once, or fewer in a time."""
    seconds = work.seconds * own.concurrency / other.concurrency
    for rate in other.rates:
        seconds = max(seconds, work.calls * rate.seconds / rate.calls)
    return work if own is other else replace(work, seconds=seconds)


def binding(limits: Limits, unit: str, work: Amount) -> BudgetLimit | None:
    """The allowance that holds the work back most."""
    known = [limit for limit in limits.budgets if limit.ceiling is not None]
    return max(known, key=lambda limit: lasts(counted(work, limit, unit), limit), default=None)


def counted(work: Amount, limit: BudgetLimit, unit: str) -> Amount:
    """The work in the unit of an allowance: the vendor's own, or else calls."""
    return work if limit.unit == unit else replace(work, units=work.calls)


def _paces(vendor: Vendor, own: Limits, edition: str, users: int) -> Iterator[tuple[str, bool, Limits]]:
    known = tuple(vendor.editions())
    if edition not in known:
        yield UNNAMED, True, own
    for name in known:
        yield name, name == edition, own if name == edition else vendor.pace(name, users)


def _row(name: str, yours: bool, limits: Limits, unit: str, forward: Amount, back: Amount) -> EditionRow:
    limit = binding(limits, unit, forward)
    if limit is None:
        return EditionRow(
            edition=name, yours=yours, unit=unit, seconds=forward.seconds, rollback_seconds=back.seconds
        )  # fmt: skip
    there, away = counted(forward, limit, unit), counted(back, limit, unit)
    return EditionRow(
        edition=name,
        yours=yours,
        ceiling=limit.ceiling,
        kept=limit.reserve,
        unit=limit.unit,
        window_s=limit.window_s,
        windows=windows(there.units, limit),
        seconds=lasts(there, limit),
        rollback_windows=windows(away.units, limit),
        rollback_seconds=lasts(away, limit),
    )
