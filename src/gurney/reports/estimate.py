"""What a migration takes before there is an account: numbers, editions side by side, what fits and what does not."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.reports.audit import LimitRow
from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.forecast import SOURCE, Forecast
from gurney.reports.model import About, Part, Report, verdict
from gurney.reports.pairs import CompatibilityRow, GotchaRow, compatibility_table, gotcha_table
from gurney.reports.units import duration_words, size_words, window_words

GRADES = {"A": "Simple", "B": "Standard", "C": "Demanding", "D": "Individual"}


class EstimateAbout(About):
    """The head of a page that belongs to no workspace."""

    def facts(self) -> list[tuple[str, Cell]]:
        if self.workspace:
            return [("Workspace", self.workspace), ("Made at", self.made_at), ("Gurney", self.version)]
        return [("Made at", self.made_at), ("Gurney", self.version)]


class Factor(Part):
    """One of the five things that a grade is made of."""

    name: str
    grade: str
    reason: str


class CoreRow(Part):
    """One of the eight objects that every clinic has, and whether it has a place of its own there."""

    name: str
    destination: str
    needs_mapping: bool
    reason: str = ""


class TimelineRow(Part):
    """One step of the calendar, in hours."""

    step: str
    who: str
    from_h: float
    to_h: float
    reason: str = ""


class EditionFit(Part):
    """What an edition makes of the clinic."""

    edition: str
    chosen: bool = False
    fits: bool = True
    missing: list[str] = Field(default_factory=list)
    """What has no room."""
    companions: int = 0
    """Fields that go out as CSV files instead."""
    seconds: float = 0.0
    windows: int | None = None
    window_s: int | None = None
    binds: str = ""


class Sum(Part):
    """Work of one kind, all objects together."""

    what: str
    calls: int = 0
    units: int = 0
    seconds: float = 0.0
    words: str = ""


class Left(Part):
    """Something that does not go over as a record."""

    what: str
    becomes: str
    why: str = ""


class EstimateReport(Report):
    """Calls, time, room and grade of one clinic for one destination."""

    name: ClassVar[str] = "estimate"
    title: ClassVar[str] = "Estimate of a migration"

    source: str = SOURCE
    destination: str = ""
    edition: str = ""
    users: int = 0
    records: int = 0
    files: int = 0
    file_bytes: int = 0
    counts: dict[str, int] = Field(default_factory=dict)
    """Records by source object."""
    assumptions: list[str] = Field(default_factory=list)
    scope: str = ""
    """'standard' or 'individual'."""
    grade: str = ""
    factors: list[Factor] = Field(default_factory=list)
    core: list[CoreRow] = Field(default_factory=list)
    core_words: str = ""
    timeline: list[TimelineRow] = Field(default_factory=list)
    wanted_days: float | None = None
    wanted_words: str = ""
    forecast: Forecast = Field(default_factory=Forecast)
    sums: list[Sum] = Field(default_factory=list)
    editions: list[EditionFit] = Field(default_factory=list)
    limits: list[LimitRow] = Field(default_factory=list)
    companions: list[Left] = Field(default_factory=list)
    by_hand: list[Left] = Field(default_factory=list)
    compatibility: list[CompatibilityRow] = Field(default_factory=list)
    compatibility_words: str = ""
    gotchas: list[GotchaRow] = Field(default_factory=list)

    @property
    def days(self) -> tuple[float, float]:
        """From and to, the whole calendar."""
        return sum(row.from_h for row in self.timeline) / 24, sum(row.to_h for row in self.timeline) / 24

    def blocks(self) -> list[Block]:
        return [
            *self.gist(),
            Heading("Grade"),
            factor_table(self.factors),
            Heading("Time"),
            timeline_table(self.timeline),
            Heading("Editions side by side"),
            edition_table(self.editions),
            Heading("Calls, allowances and time"),
            sum_table(self.sums, self.forecast.unit),
            *self.forecast.blocks(),
            *self._room(),
            *self._left(),
            *self._compatibility(),
            Heading("What it was made from"),
            Table("Records at the source", ("Object", "Records"), [[name, n] for name, n in self.counts.items() if n]),
            Callout("Assumed, because nobody said", self.assumptions, "warning")
            if self.assumptions
            else Prose("Every number was counted or told."),
            Heading("Good to know"),
            gotcha_table(self.gotchas, "Of both systems"),
        ]

    def gist(self) -> list[Block]:
        """The few lines that a person reads first."""
        low, high = self.days
        lines = [
            f"{self.source} to {self.destination}, edition {self.edition}, {self.users} users: {self.records:,} records"
            f" and {self.files:,} files ({size_words(self.file_bytes)}).",
            f"Grade {self.grade} ({GRADES[self.grade]}); scope: {self.scope}.",
            f"The machine's work: {duration_words(self.forecast.seconds)}. The calendar: {days_words(low, high)}.",
            self.core_words,
        ]
        level = "warning" if self.scope == "individual" or not all(one.fits for one in self.limits) else "good"
        wanted = [Callout("The wanted time", [self.wanted_words], "info")] if self.wanted_words else []
        return [Callout("In short", [line for line in lines if line], level), *wanted]

    def _room(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [row.limit, row.needed, row.allowed, verdict(row.fits, "fits", "too much"), row.words, row.source]
            for row in self.limits
        ]
        columns = ("Limit", "Needed", "Allowed", "Verdict", "Remark", "Source")
        return [Heading("Room"), Table("Needed and allowed, in an account that is empty so far", columns, rows)]

    def _left(self) -> list[Block]:
        return [
            Heading("CSV files and work by hand"),
            left_table("Fields that go out as CSV files instead", self.companions, "None; every field fits."),
            left_table("What does not go over, and what there is instead", self.by_hand, "Nothing."),
        ]

    def _compatibility(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [row.name, row.destination, "needs a mapping" if row.needs_mapping else "1:1", row.reason or None]
            for row in self.core
        ]
        return [
            Heading("Compatibility"),
            Prose(self.compatibility_words),
            compatibility_table(self.compatibility, f"{self.source} to {self.destination}, row by row"),
            Prose(self.core_words),
            Table("Core objects", ("Object", "There", "How", "Why"), rows),
        ]


def days_words(low: float, high: float) -> str:
    """A span of days.

    >>> days_words(2.2, 3.9), days_words(0.4, 0.9)
    ('3 to 4 days', '1 day')
    """
    first, last = max(1, -int(-low // 1)), max(1, -int(-high // 1))
    if first == last:
        return f"{first} day{'' if first == 1 else 's'}"
    return f"{first} to {last} days"


def factor_table(factors: list[Factor]) -> Table:
    rows: list[list[Cell]] = [[one.name, f"{one.grade} {GRADES[one.grade]}", one.reason] for one in factors]
    return Table("Five factors", ("Factor", "Grade", "Why"), rows)


def timeline_table(rows: list[TimelineRow]) -> Table:
    def hours(value: float) -> str:
        return duration_words(value * 3600)

    cells: list[list[Cell]] = [[row.step, row.who, hours(row.from_h), hours(row.to_h), row.reason] for row in rows]
    return Table("Timeline", ("Step", "Who", "At least", "At most", "Why"), cells)


def edition_table(editions: list[EditionFit]) -> Table:
    rows: list[list[Cell]] = [
        [
            Badge(f"{one.edition} (chosen)", "good") if one.chosen else one.edition,
            verdict(one.fits, "everything", "not all"), one.missing or None, one.companions,
            None if one.windows is None else f"{one.windows:,} {window_words(one.window_s)}{'s' * (one.windows != 1)}",
            duration_words(one.seconds), one.binds or None,
        ]
        for one in editions
    ]  # fmt: skip
    columns = ("Edition", "Fits", "Without room", "Fields as CSV", "Allowances used", "Time", "Held back by")
    return Table("Editions side by side", columns, rows)


def sum_table(sums: list[Sum], unit: str) -> Table:
    columns = ["Work", "Calls", f"{unit.capitalize()}s", "Time at best", "Remark"]
    rows: list[list[Cell]] = [[one.what, one.calls, one.units, duration_words(one.seconds), one.words] for one in sums]
    if unit in ("call", "request"):  # said once
        columns.pop(2)
        for row in rows:
            row.pop(2)
    return Table("Work by kind", columns, rows)


def left_table(caption: str, rows: list[Left], empty: str) -> Table:
    cells: list[list[Cell]] = [[one.what, one.becomes, one.why or None] for one in rows]
    return Table(caption, ("What", "Becomes", "Why"), cells, empty=empty)


def facts_of(report: EstimateReport) -> Facts:
    """What was asked, as a reader of a quote sees it."""
    return Facts([
        ("From", report.source), ("To", f"{report.destination}, edition {report.edition}"), ("Users", report.users),
        ("Records", report.records), ("Files", f"{report.files:,}, {size_words(report.file_bytes)}"),
        ("Scope", Code(report.scope)),
    ])  # fmt: skip
