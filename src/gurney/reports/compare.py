"""What was forecast against what it took: calls, the vendor's units and time, by kind of work."""

from __future__ import annotations

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Table
from gurney.reports.model import Part
from gurney.reports.units import duration_words

WORDS = {
    "read": "read the source", "fetch files": "fetch files from the source", "make room": "make room", "write": "write",
    "sample": "read the sample back", "read back": "read back in the run", "reconcile": "read back to reconcile",
    "delta": "deltas", "roll back": "rollback", "other": "logins, checks and the like",
}  # fmt: skip


class Figure(Part):
    """One figure, forecast and found."""

    forecast: float | None = None
    """None where no forecast has it."""
    fact: float = 0
    deviation_percent: float | None = None
    """Of the fact from the forecast; None where the work is not over, or was not forecast."""

    @classmethod
    def of(cls, forecast: float | None, fact: float, *, is_done: bool) -> Figure:
        deviation = (fact / forecast - 1) * 100 if forecast and is_done else None
        return cls(forecast=forecast, fact=fact, deviation_percent=None if deviation is None else round(deviation, 1))


class WorkRow(Part):
    """One kind of work."""

    kind: str
    """As the forecast's rows name their phase; 'other' for what no forecast has."""
    at: str = "destination"
    """'source' where calls and units are the source's."""
    is_done: bool = False
    calls: Figure = Field(default_factory=Figure)
    units: Figure = Field(default_factory=Figure)
    seconds: Figure = Field(default_factory=Figure)
    """Working time, without waiting for an allowance; ours between the calls is in it."""
    refused: int = 0


class Compared(Part):
    """All of a migration so far."""

    unit: str = ""
    rows: list[WorkRow] = Field(default_factory=list)
    paused_s: float = 0.0
    """Waited for the allowance, in all."""

    def blocks(self) -> list[Block]:
        if not self.rows:
            return []
        unit = f"{self.unit.capitalize()}s"
        units = (f"{unit} forecast", unit, "Differ") if self._has_units else ()
        columns = ("Work", "Calls forecast", "Calls", "Differs", *units, "Time forecast", "Time", "By")
        rows = [_cells(row, with_units=self._has_units) for row in self.rows]
        return [Table("Forecast and fact", columns, rows), *self._notes()]

    @property
    def _has_units(self) -> bool:
        """Whether the vendor counts something else than calls."""
        return any(row.calls.fact != row.units.fact or row.calls.forecast != row.units.forecast for row in self.rows)

    def _notes(self) -> list[Block]:
        lines = [self._sum()] if any(_counts(row) for row in self.rows) else []
        lines.append("Times are working time, ours between the calls included. What is not over has no difference.")
        if self.paused_s:
            lines.append(f"Waited for the allowance, apart from that: {duration_words(self.paused_s)}.")
        return [Callout("Forecast and fact", lines)]

    def _sum(self) -> str:
        """Of the destination's work that is over and was forecast."""
        calls, units, seconds = (
            Figure.of(sum(one.forecast or 0 for one in figures), sum(one.fact for one in figures), is_done=True)
            for figures in zip(*((row.calls, row.units, row.seconds) for row in self.rows if _counts(row)), strict=True)
        )
        spent = f", {units.forecast:,.0f} {self.unit}s and {units.fact:,.0f} ({_percent(units)})"
        took = f"{duration_words(seconds.forecast)} and {duration_words(seconds.fact)}"
        return (
            f"Of the work at the destination that is over {calls.forecast:,.0f} calls were forecast and "
            f"{calls.fact:,.0f} made ({_percent(calls)}){spent if self._has_units else ''}, {took} "
            f"({_percent(seconds) or 'no time forecast'})."
        )


def _counts(row: WorkRow) -> bool:
    return row.is_done and row.at == "destination" and row.calls.forecast is not None


def _cells(row: WorkRow, *, with_units: bool) -> list[Cell]:
    name = WORDS.get(row.kind, row.kind) + ("" if row.is_done or row.calls.forecast is None else ", not over")
    cells: list[Cell] = [name]
    cells += [_whole(row.calls.forecast), round(row.calls.fact), _percent(row.calls)]
    if with_units and row.at == "source":
        cells += [None, None, None]
    elif with_units:
        cells += [_whole(row.units.forecast), round(row.units.fact), _percent(row.units)]
    time = row.seconds
    forecast = None if time.forecast is None else duration_words(time.forecast)
    return [*cells, forecast, duration_words(time.fact), _percent(time)]


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _percent(figure: Figure) -> str | None:
    return None if figure.deviation_percent is None else f"{figure.deviation_percent:+.1f} %"
