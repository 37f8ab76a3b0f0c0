"""estimate: what a migration takes, before there is an account."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import CRMS, AsJson
from gurney.cli.session import Answer, guarded, say

if TYPE_CHECKING:
    from gurney.migration.foresee import Question
    from gurney.reports.estimate import EstimateReport


def register(app: typer.Typer) -> None:
    app.command()(estimate)


def estimate(
    to: Annotated[
        str, typer.Option("--to", metavar="DEST", help=f"The CRM: {CRMS}. Default: the workspace's own.")
    ] = "",
    counts: Annotated[
        Path | None,
        typer.Option("--counts", metavar="FILE", help="The clinic in numbers: TOML, JSON, YAML or CSV."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", metavar="DIR", help="An audited workspace instead: its own records count."),
    ] = None,
    edition: Annotated[
        str, typer.Option("--edition", metavar="E", help="The CRM's edition. Default: the smallest that has room.")
    ] = "",
    users: Annotated[int, typer.Option("--users", min=1, help="Users (seats) of the CRM: allowances go by them.")] = 5,
    within: Annotated[
        float | None, typer.Option("--within", metavar="DAYS", min=0, help="The wanted time: say whether it is enough.")
    ] = None,
    leave_to_others: Annotated[
        int,
        typer.Option(
            "--leave-to-others",
            metavar="PERCENT",
            min=0,
            max=90,
            help="Of every allowance and rate of the CRM, what other programs keep.",
        ),
    ] = 0,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the whole estimate here.")] = None,
    quote: Annotated[Path | None, typer.Option("--quote", metavar="FILE", help="Write a quote to print here.")] = None,
    counts_template: Annotated[
        bool, typer.Option("--counts-template", help="Print a counts file to fill in, and leave.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Say how long a migration takes, what it costs of the CRM's allowances, and what has no room, edition by edition.

    Needs no credentials: a file with the clinic's numbers is enough, and what it does not say is assumed and listed.
    With an audited workspace the clinic's own records are counted. Nothing is connected.

    Example: gurney estimate --to pipedrive --counts clinic.toml --html estimate.html
    """
    if counts_template:
        from gurney.estimate.counts import template

        print(template(), end="")
        return

    def work() -> Exit:
        from gurney.migration.foresee import Question, write_pages

        question = Question(to, counts, workspace, edition, users, within, leave_to_others)
        report = asyncio.run(_answer(question))
        files = write_pages(report, html, quote)
        say(Answer(report, next_step=_next(question)), files, as_json=json)
        return Exit.DONE

    guarded(work, as_json=json)


async def _answer(question: Question) -> EstimateReport:
    from gurney.migration.foresee import foresee

    return await foresee(question)


def _next(question: Question) -> str:
    return "gurney plan" if question.workspace else f"gurney new DIR --to {question.to}"
