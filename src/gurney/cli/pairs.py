"""pairs: what goes where, from the mappings themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import CRMS, AsJson
from gurney.cli.session import Answer, guarded, say


def register(app: typer.Typer) -> None:
    app.command()(pairs)


def pairs(
    to: Annotated[str, typer.Option("--to", metavar="DEST", help=f"One CRM alone, in full: {CRMS}.")] = "",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the whole page here.")] = None,
    json: AsJson = False,
) -> None:
    """List every pair: what becomes of what, how well it is supported, what is done instead, what surprises people.

    Needs no account and no workspace.

    Example: gurney pairs --to highlevel
    """

    def work() -> Exit:
        from gurney.migration.foresee import all_pairs, write_page

        report = all_pairs(to)
        say(Answer(report), [write_page(report, html)] if html else [], as_json=json)
        return Exit.DONE

    guarded(work, as_json=json)
