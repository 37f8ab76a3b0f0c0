"""A report's blocks as a few terminal lines: verdicts, counts and what needs attention; the page has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gurney.reports.blocks import Badge, Callout, Code, Facts, Findings, Table
from gurney.reports.model import COUNT_COLUMNS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gurney.reports.model import Report

LEVELS = {"good": "green", "info": "cyan", "warning": "yellow", "error": "red"}
TABLES = frozenset({
    "Records by object map", "Diff by field", "Relations", "Sums", "Forecast", "Forecast by edition",
    "What is optional", "Buckets", "Five factors", "Timeline", "Editions side by side", "Work by kind",
    "Fields that go out as CSV files instead", "Forecast and fact", "Pairs", "Row by row", "What surprises people",
})  # fmt: skip
BRIEF_TABLES = frozenset({"Records by object map", "Forecast by edition"})
MOST_FINDINGS = 12
SHORT = {
    "In source": "Source", "By hand": "Manual", "Verified": "Proven", "Different": "Differ", "Unverifiable": "Unsure",
    "Expected there": "Expected", "In destination": "There", "Stays though left out": "Stays",
}  # fmt: skip
"""Column titles for a terminal's width."""


def gist(report: Report) -> Iterator[RenderableType]:
    """Callouts, count tables and the gravest findings, in the report's own order."""
    from rich.text import Text

    yield Text(report.title, style="bold")
    for block in report.blocks():
        if isinstance(block, Callout):
            yield Text(f"{block.title}", style=LEVELS[block.level])
            yield from (Text(f"  {line}") for line in block.lines)
        elif isinstance(block, Table) and block.caption in TABLES and block.rows:
            yield _table(block)
        elif isinstance(block, Findings):
            yield from _findings(block)
        elif isinstance(block, Facts) and len(block.items) <= 2:
            yield from (Text(f"  {name}: {_plain(value)}") for name, value in block.items)


def brief(report: Report, most: int = 6) -> Iterator[RenderableType]:
    """Still fewer lines: the verdicts, the counts, and the first of what needs attention."""
    from rich.text import Text

    shown = 0
    for block in report.blocks():
        if isinstance(block, Callout) and shown < most:
            title = block.title if block.title.endswith(".") else f"{block.title}:"
            yield Text(f"  {title} {' '.join(block.lines)}", style=LEVELS[block.level])
            shown += 1
        elif isinstance(block, Table) and block.caption in BRIEF_TABLES and block.rows:
            yield _table(block)
        elif isinstance(block, Findings):
            for item in [one for one in block.items if one.level != "info"][:most]:
                count = f" ({item.count})" if item.count is not None else ""
                yield Text(f"  {item.level}: {item.words}{count}", style=LEVELS[item.level])


def _findings(block: Findings) -> Iterator[RenderableType]:
    from rich.text import Text

    grave = [item for item in block.items if item.level != "info"]
    for item in grave[:MOST_FINDINGS]:
        count = f" ({item.count})" if item.count is not None else ""
        yield Text(f"  {item.level}: ", style=LEVELS[item.level]).append(f"{item.words}{count}", style="default")
        if item.next_step:
            yield Text(f"    → {item.next_step}", style="dim")
    if len(grave) > MOST_FINDINGS:
        yield Text(f"  … and {len(grave) - MOST_FINDINGS} more on the page", style="dim")


MOST_ROWS = 40
TO = 2
"""The column of the destination's object: what stands before a point in its name is the same for all of a kind."""


def _table(block: Table) -> RenderableType:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    numbers = block.columns[: len(COUNT_COLUMNS)] == COUNT_COLUMNS
    rows = [[_plain(cell) for cell in row] for row in block.rows[:MOST_ROWS]]
    for row in rows if numbers else ():
        row[TO] = row[TO].rpartition(".")[2]
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title=None)
    for index, column in enumerate(block.columns):
        grid.add_column(
            SHORT.get(column, column),
            justify="right" if numbers and index > 2 else "left",
            no_wrap=numbers and index < 3,
        )
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))  # as it is: what stands in brackets is no mark-up
    return grid


def _plain(cell: Any) -> str:
    if isinstance(cell, Badge | Code):
        return cell.text
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, list | tuple):
        return ", ".join(str(part) for part in cell)
    return str(cell)
