"""sample, run, delta: records move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import HERE, AsJson, Wait, Workspace
from gurney.cli.session import Answer, run_verb

if TYPE_CHECKING:
    from gurney.migration.context import Migration


def register(app: typer.Typer) -> None:
    for verb in (sample, run, delta):
        app.command()(verb)


AcceptMissing = Annotated[
    bool, typer.Option("--accept-missing", help="Go on although people deleted records in the CRM that were loaded.")
]


def sample(
    workspace: Workspace = HERE,
    size: Annotated[int, typer.Option("--size", min=10, max=5000, help="Most records that the sample may take.")] = 500,
    accept_missing: AcceptMissing = False,
    json: AsJson = False,
    wait: Wait = 0.0,
) -> None:
    """Load a small, representative sample into the CRM and compare every mapped field of it.

    It covers every stratum that occurs: pick-list values, populated fields, states, long notes, files,
    practitioners. The full run does not load it twice.

    Example: gurney sample --size 300
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.sample import sample as load
        from gurney.migration.status import status

        report = await load(migration, size=size, accept_missing=accept_missing)
        return Answer(
            report,
            also=status(migration),
            exit=Exit.DIFFERENCES if any(row.different for row in report.fields) else Exit.DONE,
            next_step="read the diff, then: gurney approve sample --by NAME; or edit mapping.yaml and plan again",
        )

    run_verb(workspace, stage, as_json=json, wait_h=wait)


def run(
    workspace: Workspace = HERE,
    accept_missing: AcceptMissing = False,
    json: AsJson = False,
    wait: Wait = 0.0,
) -> None:
    """Load everything, module by module, each proven before the next. Repeating it goes on and retries what failed.

    Example: gurney run
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.run import run as load

        report = await load(migration, accept_missing=accept_missing)
        wrong = any(row.failed or row.different for row in report.objects)
        return Answer(
            report, exit=Exit.DIFFERENCES if wrong else Exit.DONE, next_step="gurney delta, then: gurney reconcile"
        )

    run_verb(workspace, stage, as_json=json, wait_h=wait)


def delta(
    workspace: Workspace = HERE,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help="Sweep again and again until this moment (ISO 8601).")
    ] = "",
    json: AsJson = False,
    wait: Wait = 0.0,
) -> None:
    """Bring over what was created, changed, archived, cancelled or merged since the load.

    A field that someone changed in the CRM meanwhile is kept as it is and reported.

    Example: gurney delta
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.status import status
        from gurney.migration.topup import delta as sweep

        report = await sweep(migration, until=until)
        wrong = report.conflicts or report.failed
        code = Exit.DIFFERENCES if wrong else Exit.DONE
        return Answer(report, also=status(migration), exit=code, next_step="gurney reconcile")

    run_verb(workspace, stage, as_json=json, wait_h=wait)
