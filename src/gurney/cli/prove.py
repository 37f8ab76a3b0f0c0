"""reconcile, report, status, log, handover: proof and papers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import HERE, AsJson, Workspace
from gurney.cli.session import Answer, run_verb

if TYPE_CHECKING:
    from gurney.migration.context import Migration


class LogDo(StrEnum):
    """What `gurney log` does."""

    SHOW = "show"
    VERIFY = "verify"
    EXPORT = "export"


def register(app: typer.Typer) -> None:
    for verb in (reconcile, report, status, log):
        app.command()(verb)


def reconcile(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Read everything back and compare counts, relations, sums, owners and every mapped field.

    What was written is compared with what is there, and with what the clinic's records, as read last, say now.

    Example: gurney reconcile --json
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.reconcile import reconcile as prove

        report = await prove(migration)
        return Answer(
            report,
            exit=Exit.DONE if report.ok else Exit.DIFFERENCES,
            next_step="gurney report" if report.ok else "look at the differences; the way back is: gurney rollback",
        )

    run_verb(workspace, stage, as_json=json)


def report(
    workspace: Workspace = HERE,
    values: Annotated[
        Path | None,
        typer.Option("--values", metavar="FILE", help="Write the newest comparison with its values to this HTML file."),
    ] = None,
    companions: Annotated[
        Path | None,
        typer.Option("--companions", metavar="DIR", help="Write the fields without room in the CRM as CSV files here."),
    ] = None,
    json: AsJson = False,
) -> None:
    """List the documents of this migration; write the log for the clinic and the status, forecast beside fact.

    Reports in the workspace hold no patient's values. --values and --companions write them where you say, outside.

    Example: gurney report
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration import papers

        if values is not None:
            count = papers.with_values(migration, values)
            return Answer(document={"file": str(values), "fields": count}, words=f"{count:,} fields in {values}")
        if companions is not None:
            files = [str(file) for file in papers.companions(migration, companions)]
            return Answer(document={"files": files}, words="\n".join(files) or "Every field has room: there are none.")
        written = papers.papers(migration)
        words = "\n".join(f"{paper['name']:<14} {paper['file']}" for paper in written)
        return Answer(document={"reports": written}, words=words)

    run_verb(workspace, stage, as_json=json, quiet=True)


def status(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """How far the migration is: stage, gates, counts by object map, allowance spent, time left.

    While a load is under way also the share of the vendor's ceiling that it uses and its end against the signed
    forecast; from the plan on, forecast and fact by kind of work: calls, the vendor's units, working time.

    Example: gurney status
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.status import status as tell

        return Answer(tell(migration))

    run_verb(workspace, stage, as_json=json, quiet=True)


def log(
    do: Annotated[
        LogDo, typer.Argument(help="Show the newest entries, verify the hash chain, or export all.")
    ] = LogDo.SHOW,
    head: Annotated[
        str, typer.Option("--head", metavar="HASH", help="With verify: a head noted earlier must still be in the log.")
    ] = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """The audit log: every operation with time, operator, source id, destination id and outcome; no values.

    Example: gurney log verify
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration import log as audit_log

        if do is LogDo.VERIFY:
            verified = audit_log.verify(migration, head)
            return Answer(
                document=verified.as_document(), words=verified.words, exit=Exit.DONE if verified.ok else Exit.FAILED
            )
        if do is LogDo.EXPORT:
            file, count = audit_log.export(migration)
            return Answer(document={"file": str(file), "entries": count}, words=f"{count:,} entries in {file}")
        entries = audit_log.newest(migration, 20)
        return Answer(document={"entries": entries}, words="\n".join(audit_log.line(entry) for entry in entries))

    run_verb(workspace, stage, as_json=json, quiet=True)
