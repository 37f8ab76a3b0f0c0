"""From a command to a stage and back: open the workspace, run, render, end with the right code."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from gurney.cli.exits import Exit

if TYPE_CHECKING:
    from gurney.migration.context import Migration
    from gurney.reports.model import Report

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb has to say: a report or a plain document, and how it ended."""

    report: Report | None = None
    also: Report | None = None
    """With --json its fields stand in the same document: `sample` and `delta` end with the same as `status`."""
    document: Any = None
    words: str = ""
    exit: Exit = Exit.DONE
    next_step: str = ""


def run_verb(
    workspace: Path,
    stage: Callable[[Migration], Awaitable[Answer]],
    *,
    as_json: bool,
    wait_h: float = 0.0,
    quiet: bool = False,
) -> None:
    """Run a stage on the migration in `workspace`, show what it says, and leave with its exit code."""
    guarded(lambda: _run(workspace, stage, as_json=as_json, wait_h=wait_h, quiet=quiet), as_json=as_json)


def guarded(work: Callable[[], Exit], *, as_json: bool) -> None:
    """Run `work`; turn an error that a person can act on into its words and exit code."""
    from gurney.errors import GurneyError

    try:
        code = work()
    except GurneyError as error:
        _complain(error, as_json=as_json)
        code = Exit(error.exit_code)
    except KeyboardInterrupt:
        print("\nInterrupted. Repeat the command to go on where it stopped.", file=sys.stderr)
        code = Exit.FAILED
    if code is not Exit.DONE:
        raise typer.Exit(int(code))


def _run(
    workspace: Path, stage: Callable[[Migration], Awaitable[Answer]], *, as_json: bool, wait_h: float, quiet: bool
) -> Exit:
    from gurney.cli.stand_ins import runtime_of
    from gurney.cli.terminal import ProgressLine
    from gurney.migration.context import open_migration
    from gurney.migration.progress import Nobody
    from gurney.runtime import collect_garbage_rarely

    collect_garbage_rarely()

    async def work() -> tuple[Answer, list[Path]]:
        watcher = Nobody() if quiet else ProgressLine()
        migration = open_migration(workspace, runtime_of(os.environ), watcher=watcher, patience_s=wait_h * 3600)
        try:
            answer = await stage(migration)
            return answer, _rendered(migration, answer)
        finally:
            watcher.finish()
            await migration.close()

    answer, files = asyncio.run(work())
    say(answer, files, as_json=as_json)
    return answer.exit


def _rendered(migration: Migration, answer: Answer) -> list[Path]:
    from gurney.reports.render import render

    if answer.report is None:
        return []
    return render(answer.report, migration.workspace.reports, migration.runtime)


def say(answer: Answer, files: list[Path], *, as_json: bool) -> None:
    """Print an answer: one JSON document, or the gist for a person."""
    if as_json:
        document = answer.document
        if answer.report is not None:
            also = answer.also.model_dump(mode="json") if answer.also else {}
            document = {**answer.report.without_values().model_dump(mode="json"), **also}
        print(json.dumps(document, indent=2))
        return
    from gurney.cli.terminal import console, show

    if answer.report is not None:
        show(answer.report, files)
    if answer.words:
        console().print(answer.words, markup=False)
    if answer.next_step:
        console().print(f"Next: {answer.next_step}", style="bold", markup=False)


def _complain(error: Any, *, as_json: bool) -> None:
    from gurney.cli.terminal import complain

    if as_json:
        problem = {"error": error.message, "next_step": error.next_step, "exit_code": error.exit_code}
        until = getattr(error, "until", None)
        print(json.dumps({**problem, **({"until": until.isoformat()} if until else {})}, indent=2))
    complain(error)


def confirmed(question: str, *, yes: bool, as_json: bool) -> bool:
    """Ask before something that writes; `--yes` and `--json` have answered already only when --yes is given."""
    from gurney.errors import Misused

    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        raise Misused("This needs a yes.", next_step="Repeat the command with --yes.")
    return typer.confirm(question, err=True)
