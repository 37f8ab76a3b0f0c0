"""What a migration costs before it is signed: the work, what each edition makes of it, what may be left out."""

from __future__ import annotations

from pydantic import Field

from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Table
from gurney.reports.model import Part
from gurney.reports.units import duration_words, window_words

SOURCE = "Cliniko"
READ, FETCH, ROOM, WRITE, SAMPLE, READ_BACK, RECONCILE, DELTA, BACK = (
    "read", "fetch files", "make room", "write", "sample", "read back", "reconcile", "delta", "roll back",
)  # fmt: skip
AT_SOURCE = frozenset({READ, FETCH})
FORWARD = frozenset({ROOM, WRITE, SAMPLE, READ_BACK, RECONCILE})
"""Work at the destination that every migration has."""


class ForecastRow(Part):
    """What one kind of work costs."""

    what: str
    phase: str = WRITE
    object: str = ""
    """The destination's object, where the work is about one."""
    records: int = 0
    calls: int = 0
    units: int = 0
    """In the vendor's own unit."""
    unit: str = ""
    seconds: float | None = None
    """At the vendor's rate and latency, without waiting for an allowance."""
    route: str = ""
    """By which way records go: single, batch or bulk."""
    binds: str = ""
    """What holds it back."""


class EditionRow(Part):
    """The same work in one edition of the destination, begun with a full allowance."""

    edition: str
    yours: bool = False
    ceiling: int | None = None
    """Units a window; None where the vendor does not say."""
    kept: int = 0
    """Of these, kept for a rollback."""
    for_others: int = 0
    """Of these, left to other programs, as the operator set it."""
    unit: str = ""
    window_s: int | None = None
    windows: int | None = None
    """How many days (hours, where the allowance is an hour's) the migration touches."""
    seconds: float = 0.0
    rollback_windows: int | None = None
    rollback_seconds: float = 0.0

    def cells(self) -> list[Cell]:
        name: Cell = Badge(f"{self.edition} (yours)", "good") if self.yours else self.edition
        per = window_words(self.window_s)
        return [
            name, self.ceiling, self.kept, self.for_others, _windows(self.windows, per), duration_words(self.seconds),
            _windows(self.rollback_windows, per), duration_words(self.rollback_seconds),
        ]  # fmt: skip


class ChoiceRow(Part):
    """Something that the clinic may leave out or do otherwise, and what that saves or costs."""

    what: str
    records: int = 0
    units: int = 0
    """What it costs; below zero: what it would spare."""
    unit: str = ""
    share: float | None = None
    """Of one window's allowance in the account's own edition."""
    seconds: float = 0.0
    source_calls: int = 0
    """Calls to the source that it takes."""
    is_in: bool = True
    """Whether the plan has it, or it is an offer."""
    how: str = ""
    """What to change, and where."""


class Forecast(Part):
    """Calls, units and time before anything is sent."""

    rows: list[ForecastRow] = Field(default_factory=list)
    unit: str = ""
    units: int = 0
    """Of the whole migration at the destination, a rollback not included."""
    rollback_units: int = 0
    seconds: float | None = None
    """From start to end in the account's own edition, pauses for quota included."""
    window_s: int | None = None
    windows: int | None = None
    """Days (or hours) of allowance that the migration touches; None where the allowance is unknown."""
    share: float | None = None
    """How many windows' allowance the work takes; below 1 it fits one."""
    others_percent: int = 0
    """Of every allowance and rate, what is left to other programs."""
    editions: list[EditionRow] = Field(default_factory=list)
    choices: list[ChoiceRow] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        columns = ("Work", "Route", "Records", "Calls", "Units", "Unit", "Time at best", "Held back by")
        rows: list[list[Cell]] = [
            [row.what, row.route or None, row.records, row.calls, row.units, row.unit, duration_words(row.seconds),
             row.binds or None]
            for row in self.rows
        ]  # fmt: skip
        return [
            *([self._gist()] if self.rows else []),
            *([self._editions()] if self.editions else []),
            *([self._choices()] if self.choices else []),
            Table("Forecast", columns, rows),
            *([Callout("Assumptions of the forecast", self.notes)] if self.notes else []),
        ]

    def _gist(self) -> Callout:
        yours = next((row for row in self.editions if row.yours), None)
        lines = [f"{self.units:,} {self.unit}s, {duration_words(self.seconds)} from start to end{self._in_windows()}."]
        if yours is not None and yours.ceiling is not None:
            per = window_words(yours.window_s)
            kept = f", {yours.kept:,} of them kept for a rollback" if yours.kept else ""
            lines.append(f"This account has {yours.ceiling:,} {self.unit}s a {per}{kept}.")
        if self.others_percent:
            lines.append(
                f"{self.others_percent} % of every allowance and rate are left to other programs "
                "(gurney.toml, [destination]: leave_to_others)."
            )
        back = f"A rollback of everything costs {self.rollback_units:,} {self.unit}s"
        took = f" and takes {duration_words(yours.rollback_seconds)}, pauses included" if yours is not None else ""
        lines.append(f"{back}{took}.")
        return Callout("What it takes", lines, "info")

    def _in_windows(self) -> str:
        per = window_words(self.window_s)
        if self.windows is None:
            return ""
        if self.windows == 1:
            return f": it fits one {per}'s allowance"
        return f": the allowances of {self.windows:,} {per}s, with a pause after each but the last"

    def _editions(self) -> Table:
        first = self.editions[0]
        per = window_words(first.window_s).capitalize()
        columns = (
            "Edition", f"{first.unit.capitalize()}s a {per.lower()}", "Kept for rollback", "Left to others",
            "Migration", "Time",
            "Rollback", "Its time",
        )  # fmt: skip
        return Table("Forecast by edition", columns, [row.cells() for row in self.editions])

    def _choices(self) -> Table:
        per = window_words(self.window_s)
        columns = ("Part", "Plan", "Records", f"{self.unit.capitalize()}s", f"{per.capitalize()}s", "Time",
                   f"{SOURCE} calls", "To choose otherwise")  # fmt: skip
        rows: list[list[Cell]] = [
            [row.what, "in" if row.is_in else "out", row.records, row.units,
             None if row.share is None else round(row.share, 2), duration_words(row.seconds), row.source_calls,
             Code(row.how)]
            for row in self.choices
        ]  # fmt: skip
        return Table("What is optional", columns, rows)


def _windows(count: int | None, per: str) -> str | None:
    return None if count is None else f"{count:,} {per}{'' if count == 1 else 's'}"
