"""What a person sees in a terminal: progress on stderr, a report's gist on stdout, errors with a next step."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from gurney.errors import GurneyError
    from gurney.reports.model import Report


def console(*, stderr: bool = False) -> Console:
    """A console that wraps nothing when its output is no terminal, so that scripts can read it."""
    from rich.console import Console

    width = None if (sys.stderr if stderr else sys.stdout).isatty() else 160
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=width)


class ProgressLine:
    """A bar with rate and time left on stderr; on a pipe a line at the start and end of each step."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._console = console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._bar.start()
        self._task: Any = None
        self._label = ""

    def start(self, label: str, total: int | None) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(label, total=total, detail="")
        if not self._console.is_terminal and label != self._label:
            self._console.print(f"{label} …" if total is None else f"{label}: {total:,} …")
        self._label = label

    def advance(self, done: int, *, detail: str = "") -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, detail=detail)

    def say(self, words: str) -> None:
        self._console.print(words, style="dim")

    def finish(self) -> None:
        self._bar.stop()


def show(report: Report, files: Sequence[Path]) -> None:
    """The gist of a report: its verdicts, its counts, what needs attention, and where the whole of it is."""
    from gurney.cli.gist import gist

    out = console()
    out.print()
    for line in gist(report):
        out.print(line)
    pages = [file for file in files if file.suffix == ".html"]
    for page in pages:
        out.print(f"[dim]The whole report: {page}[/dim]")


def complain(error: GurneyError) -> None:
    """An error as a colleague would tell it."""
    from rich.text import Text

    out = console(stderr=True)
    out.print(Text(error.message, style="bold red"))
    if error.next_step:
        out.print(Text(f"→ {error.next_step}"))
