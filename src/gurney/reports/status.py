"""How far a migration is, and how a run ended (design, section 4: the names are relied upon)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Facts, Heading, Table
from gurney.reports.compare import Compared
from gurney.reports.model import Counts, ManualItem, Part, Report, counts_table, manual_table
from gurney.reports.units import duration_words, late_words, moment_words, window_words

GATE_LEVELS = {"approved": "good", "passed": "good", "waiting": "warning", "stale": "error", "refused": "error"}


class Gate(Part):
    """A point that needs a recorded approval."""

    state: str = "waiting"
    """'waiting', 'approved', 'passed', 'stale' (what was approved has changed) or 'refused'."""
    by: str = ""
    at: datetime | None = None
    digest: str = ""


class Budget(Part):
    """What was used of one vendor's allowance."""

    calls: int = 0
    units: int = 0
    """Of the whole migration so far, in the vendor's own unit."""
    unit: str = ""
    window_s: int | None = None
    """What the allowance is for: a day, an hour."""
    used: int = 0
    """Of the present window, by everybody where the vendor tells, else by us."""
    share: float | None = None
    """`used` of the whole allowance."""
    remaining: int | None = None
    """Of the present window, what is kept for a rollback and for other programs included."""
    ceiling: int | None = None
    refused: int = 0
    """Answers that said 'too many requests'."""
    reserved_for_rollback: int = 0
    left_to_others: int = 0
    """Of the whole allowance, what other programs keep, as the operator set it."""
    refills_at: datetime | None = None
    """None where it comes back bit by bit, as it was spent."""
    resumes_at: datetime | None = None
    """When a pause for quota ends."""


class InUse(Part):
    """How much of the vendor's ceiling a run makes use of, measured over a minute."""

    what: str
    """'calls in 10 s', or 'calls at once' where the vendor has no rate."""
    used: float
    of: int
    share: float
    at: datetime
    """When it was measured: after the last piece of work that is written down."""

    def words(self) -> str:
        return f"{self.share:.1%} of the ceiling in use ({self.of:,} {self.what}), measured {moment_words(self.at)}."


class Paused(Part):
    """A run that waits for a vendor's allowance."""

    run: str
    why: str
    since: datetime
    until: datetime | None = None
    over: bool = False
    """Whether the moment has passed and nobody has gone on."""

    def block(self) -> Callout:
        if self.until is None:
            lines = [self.why, "Repeat the command later; it goes on where it stopped."]
        elif self.over:
            lines = [self.why, f"It can go on since {moment_words(self.until)}: repeat the command."]
        else:
            lines = [self.why, f"It goes on at {moment_words(self.until)}: by itself where its process waits (--wait), "
                     "else when the command is repeated then."]  # fmt: skip
        return Callout("Paused", lines, "warning")


class FailedRecord(Part):
    """A record that the vendor refused, in the vendor's own words."""

    map: str
    object: str
    source_id: str
    field: str = ""
    code: str = ""
    words: str = ""
    next_step: str = ""


class StatusReport(Report):
    """Stage, gates, counts, budgets and the time left."""

    name: ClassVar[str] = "status"
    title: ClassVar[str] = "Status of the migration"

    stage: str
    gates: dict[str, Gate] = Field(default_factory=dict)
    objects: list[Counts] = Field(default_factory=list)
    budget: dict[str, Budget] = Field(default_factory=dict)
    paused: Paused | None = None
    eta_s: float | None = None
    """Seconds left of the load, pauses for quota included, at the speed measured so far."""
    ends_at: datetime | None = None
    forecast_ends_at: datetime | None = None
    """By the signed forecast, from the moment the load began with the allowance that it found."""
    late_s: float | None = None
    """How much later than forecast it ends; below zero: earlier."""
    in_use: InUse | None = None
    """Of the rate that holds the run back; only while one is under way."""
    compared: Compared = Field(default_factory=Compared)
    days_expected: float | None = None
    """Days of 24 hours until the load ends, pauses for quota included."""
    rate_per_s: float | None = None
    failed: list[FailedRecord] = Field(default_factory=list)
    manual: list[ManualItem] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        return [
            self._summary(),
            *([self.paused.block()] if self.paused else []),
            *self._gates(),
            Heading("Records"),
            counts_table(self.objects),
            *self._budget(),
            *([Heading("Forecast and fact"), *compared] if (compared := self.compared.blocks()) else []),
            *self._failed(),
            Heading("By hand"),
            manual_table(self.manual),
        ]

    def _summary(self) -> Callout:
        failed = sum(row.failed for row in self.objects)
        different = sum(row.different for row in self.objects)
        lines = [
            f"{sum(row.created for row in self.objects):,} records created, "
            f"{sum(row.updated for row in self.objects):,} updated, {failed:,} failed, {different:,} different."
        ]
        if self.eta_s is not None:
            late = f", {late_words(self.late_s)}" if self.late_s is not None else ""
            end = f" It ends about {moment_words(self.ends_at)}{late}." if self.ends_at else ""
            lines.append(f"Time left: about {duration_words(self.eta_s)}, pauses included.{end}")
        lines += [self.in_use.words()] if self.in_use else []
        lines += [line for name, one in self.budget.items() if (line := _budget_words(name, one))]
        return Callout(f"Stage: {self.stage}", lines, "error" if failed or different else "info")

    def _gates(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [name, Badge(gate.state, GATE_LEVELS.get(gate.state, "info")), gate.by or None, gate.at,
             Code(gate.digest) if gate.digest else None]
            for name, gate in self.gates.items()
        ]  # fmt: skip
        return [Heading("Gates"), Table("Gates", ("Gate", "State", "By", "At", "Digest"), rows)]

    def _budget(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [name, one.calls, one.units, one.unit, window_words(one.window_s), one.ceiling, one.used, one.remaining,
             one.reserved_for_rollback, one.left_to_others, one.refused, one.refills_at, one.resumes_at]
            for name, one in self.budget.items()
        ]  # fmt: skip
        columns = (
            "System", "Calls so far", "Units so far", "Unit", "Allowance per", "Allowance", "Used of it", "Left of it",
            "Kept for rollback", "Left to others", "Refused", "Refills at", "Goes on at",
        )  # fmt: skip
        rate: list[Block] = (
            [Facts([("Records a second", round(self.rate_per_s, 1))])] if self.rate_per_s is not None else []
        )
        return [Heading("Allowances"), Table("Used and left", columns, rows), *rate]

    def _failed(self) -> list[Block]:
        return [Heading("Failed records"), failed_table(self.failed)]


class RunReport(StatusReport):
    """How the full run ended. Same document as the status."""

    name: ClassVar[str] = "run"
    title: ClassVar[str] = "Full run"


def _budget_words(name: str, one: Budget) -> str:
    """One allowance in a sentence; '' where it is unknown."""
    if one.ceiling is None or one.remaining is None:
        return ""
    kept = f", {one.reserved_for_rollback:,} of them kept for a rollback" if one.reserved_for_rollback else ""
    others = f"; {one.left_to_others:,} of all are other programs'" if one.left_to_others else ""
    back = f"It refills at {moment_words(one.refills_at)}." if one.refills_at else "It comes back as it was spent."
    return (
        f"{name}: {one.used:,} of the {window_words(one.window_s)}'s {one.ceiling:,} {one.unit}s are used "
        f"({one.used / max(1, one.ceiling):.1%}), {one.remaining:,} left{kept}{others}. {back}"
    )


def failed_table(failed: list[FailedRecord]) -> Table:
    rows: list[list[Cell]] = [
        [Code(one.map), one.object, Code(one.source_id), Code(one.field) if one.field else None,
         Code(one.code) if one.code else None, one.words, one.next_step or None]
        for one in failed
    ]  # fmt: skip
    columns = ("Map", "Object", "Source id", "Field", "Code", "The vendor's words", "What to do")
    return Table("Refused by the destination", columns, rows)
