"""Forecast and fact: the signed plan's figures beside what the work has taken."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from gurney.estimate.allowance import Amount, amount_of
from gurney.migration import stages
from gurney.migration.stages import Stage
from gurney.migration.working import OTHER, Taken
from gurney.reports.compare import Compared, Figure, WorkRow
from gurney.reports.forecast import (
    AT_SOURCE,
    BACK,
    DELTA,
    FETCH,
    READ,
    READ_BACK,
    RECONCILE,
    ROOM,
    SAMPLE,
    WRITE,
    ForecastRow,
)

if TYPE_CHECKING:
    from gurney.migration.context import Migration

OVER = {
    READ: Stage.AUDITED, ROOM: Stage.PROVISIONED, SAMPLE: Stage.SAMPLED, FETCH: Stage.LOADED, WRITE: Stage.LOADED,
    READ_BACK: Stage.LOADED, RECONCILE: Stage.RECONCILED, BACK: Stage.ROLLED_BACK,
}  # fmt: skip
"""The stage with which a kind of work is over."""
ONLY_IF_DONE = frozenset({BACK, DELTA, OTHER})
"""Nobody plans these as a whole: they are told where there were some."""


def compared(migration: Migration) -> Compared:
    """By kind of work; empty before there is a plan."""
    plan = migration.store.documents.get("plan")
    if plan is None:
        return Compared()
    told = [ForecastRow(**row) for row in plan["forecast"].get("rows", ())]
    work, reached = migration.working.so_far(), _reached(migration)
    rows = [
        _row(kind, None if kind == DELTA else amount_of(told, {kind}), work.taken(kind), is_done=kind in reached)
        for kind in (*OVER, DELTA, OTHER)
        if kind in work.kinds or (kind not in ONLY_IF_DONE and any(row.phase == kind for row in told))
    ]
    return Compared(unit=plan["forecast"].get("unit", ""), rows=rows, paused_s=work.paused_s)


def _reached(migration: Migration) -> Collection[str]:
    order, stage = list(Stage), stages.current(migration.store)
    return {kind for kind, over in OVER.items() if order.index(over) <= order.index(stage)}


def _row(kind: str, told: Amount | None, took: Taken, *, is_done: bool) -> WorkRow:
    """`told` with no calls is no forecast. What is read at the source has its calls there."""
    at_source = kind in AT_SOURCE
    told = told if told is not None and told.calls else None
    calls = took.source_calls if at_source else took.calls
    units = took.source_calls if at_source else took.units
    return WorkRow(
        kind=kind,
        at="source" if at_source else "destination",
        is_done=is_done,
        calls=Figure.of(told.calls if told else None, calls, is_done=is_done),
        units=Figure.of(told.units if told else None, units, is_done=is_done),
        seconds=Figure.of(told.seconds if told else None, round(took.seconds, 1), is_done=is_done),
        refused=took.refused,
    )
