"""The same work in every edition of a destination, by what its pacer would hold each to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gurney.destinations.vendor import Prices, vendor
from gurney.estimate.allowance import Amount, amount_of, lasts, windows
from gurney.estimate.work import rows_of
from gurney.estimate.workload import Workload
from gurney.reports.forecast import BACK, FORWARD, EditionRow
from gurney.transport import BudgetLimit, Limits

UNNAMED = "this account"
"""Where nobody knows which edition it is."""


def by_edition(own: Prices, work: Workload, edition: str, users: int) -> list[EditionRow]:
    """A row an edition, the smallest first; the account's own by what it is really held to."""
    return [_row(name, yours, prices, work) for name, yours, prices in _editions(own, work, edition, users)]


def binding(limits: Limits, unit: str, work: Amount) -> BudgetLimit | None:
    """The allowance that holds the work back most."""
    known = [limit for limit in limits.budgets if limit.ceiling is not None]
    return max(known, key=lambda limit: lasts(counted(work, limit, unit), limit), default=None)


def counted(work: Amount, limit: BudgetLimit, unit: str) -> Amount:
    """The work in the unit of an allowance: the vendor's own, or else calls."""
    return work if limit.unit == unit else replace(work, units=work.calls)


def _editions(own: Prices, work: Workload, edition: str, users: int) -> Iterator[tuple[str, bool, Prices]]:
    known = vendor(own.vendor)
    names = tuple(known.editions())
    if edition not in names:
        yield UNNAMED, True, own
    for name in names:
        yield name, name == edition, own if name == edition else _priced(own, name, users, work)


def _priced(own: Prices, edition: str, users: int, work: Workload) -> Prices:
    """Another edition's, of which other programs keep the same share."""
    return vendor(own.vendor).prices(edition, users, work.fields).leaving(own.pace.others_percent)


def _row(name: str, yours: bool, prices: Prices, work: Workload) -> EditionRow:
    rows = list(rows_of(prices, work))
    forward, back = amount_of(rows, FORWARD), amount_of(rows, {BACK})
    limit = binding(prices.pace, prices.unit, forward)
    if limit is None:
        return EditionRow(
            edition=name, yours=yours, unit=prices.unit, seconds=forward.seconds, rollback_seconds=back.seconds
        )  # fmt: skip
    there, away = counted(forward, limit, prices.unit), counted(back, limit, prices.unit)
    return EditionRow(
        edition=name,
        yours=yours,
        ceiling=limit.ceiling,
        kept=limit.reserve,
        for_others=limit.for_others,
        unit=limit.unit,
        window_s=limit.window_s,
        windows=windows(there.units, limit),
        seconds=lasts(there, limit),
        rollback_windows=windows(away.units, limit),
        rollback_seconds=lasts(away, limit),
    )
