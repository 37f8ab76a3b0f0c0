"""audit, plan, approve, provision: know, decide, sign, make room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import HERE, AsJson, Wait, Workspace
from gurney.cli.session import Answer, run_verb

if TYPE_CHECKING:
    from gurney.migration.context import Migration


def register(app: typer.Typer) -> None:
    for verb in (audit, plan, approve, provision):
        app.command()(verb)


def audit(workspace: Workspace = HERE, json: AsJson = False, wait: Wait = 0.0) -> None:
    """Read the clinic's records into the encrypted snapshot and say what is there, what is wrong, what will not fit.

    Example: gurney audit
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.foresee import audited

        return Answer(await audited(migration), next_step="read the audit and quote.html beside it, then: gurney plan")

    run_verb(workspace, stage, as_json=json, wait_h=wait)


def plan(
    workspace: Workspace = HERE,
    fallback_owner: Annotated[
        str,
        typer.Option(
            "--fallback-owner",
            metavar="EMAIL",
            help="Who owns the records of practitioners without a user; or: unassigned.",
        ),
    ] = "",
    create_users: Annotated[
        bool, typer.Option("--create-users", help="Plan to invite the practitioners who have no user yet.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Propose the mapping (mapping.yaml), the schema changes and the owners, and write the plan to be signed.

    An existing mapping.yaml is kept and checked. Nothing is written to the CRM.

    Example: gurney plan --fallback-owner reception@example.com
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.plan import plan as propose

        report = await propose(migration, fallback_owner=fallback_owner, create_users=create_users)
        undecided = any(row.how == "unmatched" for row in report.owners)
        return Answer(
            report,
            next_step="gurney plan --fallback-owner EMAIL (or: unassigned)"
            if undecided
            else "read the plan, then: gurney approve plan --by NAME",
        )

    run_verb(workspace, stage, as_json=json)


def approve(
    document: Annotated[str, typer.Argument(metavar="plan|sample", help="What is approved.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who approves it, as it will stand in the log.")],
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Record that a person approves the plan or the sample, with the time and the document's digest.

    Example: gurney approve plan --by "Dana Admin"
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.approve import approve as sign

        signed = sign(migration, document, by)
        return Answer(
            document=signed.as_document(),
            words=signed.words,
            next_step="gurney provision" if document == "plan" else "gurney run",
        )

    run_verb(workspace, stage, as_json=json, quiet=True)


def provision(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Create the planned fields and modules in the CRM, or verify that the admin did. Repeating it creates nothing.

    Example: gurney provision
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.provision import provision as make

        report = await make(migration)
        return Answer(
            report,
            exit=Exit.DONE if report.ok else Exit.REFUSED,
            next_step="gurney sample" if report.ok else "do what is listed as by hand, then: gurney provision",
        )

    run_verb(workspace, stage, as_json=json)
