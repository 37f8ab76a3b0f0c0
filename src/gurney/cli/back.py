"""rollback, purge: the way back, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import HERE, AsJson, Wait, Workspace, Yes
from gurney.cli.session import Answer, confirmed, run_verb

if TYPE_CHECKING:
    from gurney.migration.context import Migration


def register(app: typer.Typer) -> None:
    app.command()(rollback)
    app.command()(purge)


def rollback(
    workspace: Workspace = HERE,
    sample: Annotated[bool, typer.Option("--sample", help="Only the records of the sample.")] = False,
    force: Annotated[
        list[str] | None, typer.Option("--force", metavar="ID", help="Remove this source id's record though changed.")
    ] = None,
    yes: Yes = False,
    json: AsJson = False,
    wait: Wait = 0.0,
) -> None:
    """Remove what was created and restore what was changed.

    Shows its plan and asks first. Records that a person has changed since are kept and listed.

    Example: gurney rollback --sample
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.sandbox import where_the_sample_is
        from gurney.migration.undo import plan, undo

        async def back(place: Migration) -> Answer:
            intended = plan(place, only_sample=sample)
            if not confirmed(f"{intended.words}\nGo on?", yes=yes, as_json=json):
                return Answer(document={"rolled_back": False}, words="Nothing was changed.")
            report = await undo(place, only_sample=sample, force=frozenset(force or ()))
            return Answer(report, exit=Exit.DIFFERENCES if report.kept else Exit.DONE)

        if not sample:
            return await back(migration)
        async with where_the_sample_is(migration) as place:
            return await back(place)

    run_verb(workspace, stage, as_json=json, wait_h=wait)


def purge(workspace: Workspace = HERE, yes: Yes = False, json: AsJson = False) -> None:
    """Destroy the clinic's data in this workspace: the key that opens snapshot, values and files. The log stays.

    Example: gurney purge --yes
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.end import purge as destroy

        if not confirmed(
            "This cannot be undone: the snapshot and the way back are lost. Go on?", yes=yes, as_json=json
        ):
            return Answer(document={"purged": False}, words="Nothing was destroyed.")
        head = destroy(migration)
        return Answer(
            document={"purged": True, "ledger_head": head},
            words=f"The clinic's data are destroyed. The log stays and can be verified; its head is {head}.",
        )

    run_verb(workspace, stage, as_json=json, quiet=True)
