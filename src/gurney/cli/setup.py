"""new, login, check: a workspace, its secrets, and whether both accounts are fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import CRMS, HERE, AsJson, Workspace
from gurney.cli.session import Answer, guarded, run_verb, say

if TYPE_CHECKING:
    from gurney.migration.context import Migration


def register(app: typer.Typer) -> None:
    app.command()(new)
    app.command()(login)
    app.command()(check)


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; it must be empty or new.")],
    to: Annotated[str, typer.Option("--to", metavar="DEST", help=f"The CRM to move to: {CRMS}.")],
    json: AsJson = False,
) -> None:
    """Make a workspace for one migration.

    Example: gurney new harbour --to zoho
    """

    def work() -> Exit:
        from gurney.migration.workspace import create
        from gurney.runtime import Runtime

        made = create(folder, to, Runtime())
        document = {"workspace": str(made.folder), "id": made.settings.migration.id, "destination": to}
        words = f"Made {made.folder}: gurney.toml holds its settings."
        say(
            Answer(document=document, words=words, next_step=f"cd {made.folder} && gurney login cliniko"),
            [],
            as_json=json,
        )
        return Exit.DONE

    guarded(work, as_json=json)


def login(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="cliniko or the CRM's name.")],
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="The credentials of the CRM's second account, for the sample.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser", help="Agree at the vendor's page instead of pasting a token.")
    ] = False,
    workspace: Workspace = HERE,
    file: Annotated[
        Path | None, typer.Option("--file", help="Read NAME=VALUE lines from a file instead of asking.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Store a system's credentials in the key store. Asks for them, or reads NAME=VALUE lines from stdin or a file.

    Secrets are never taken as arguments: those stand in the shell's history. Environment variables
    GURNEY_<SYSTEM>_<NAME> win over what is stored; GURNEY_<SYSTEM>_SANDBOX_<NAME> for the second account.

    Example: gurney login cliniko
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.connect import SANDBOX
        from gurney.migration.login import keep, parse_lines

        account = f"{system}{SANDBOX}" if sandbox else system
        given = parse_lines(file.read_text("utf-8")) if file else _asked(account)
        if browser:
            from gurney.migration.browser import login_by_consent

            given = await login_by_consent(account, given, migration.runtime, _show)
        kept = keep(migration, account, given)
        words = f"Kept {', '.join(kept.names)} for {system} in {kept.place}."
        return Answer(
            document={"system": system, "kept": kept.names, "place": kept.place}, words=words, next_step="gurney check"
        )

    run_verb(workspace, stage, as_json=json, quiet=True)


def _show(url: str) -> None:
    import webbrowser

    print(f"Agree in the browser: {url}", file=sys.stderr)
    webbrowser.open(url)


def _asked(system: str) -> dict[str, str]:
    from gurney.migration.connect import needed
    from gurney.migration.login import parse_lines

    if not sys.stdin.isatty():
        return parse_lines(sys.stdin.read())
    answers = {
        item.name: typer.prompt(
            item.prompt if item.required else f"{item.prompt} (Enter to leave out)",
            hide_input=item.secret,
            default=None if item.required else "",
            show_default=False,
            err=True,
        )
        for item in needed(system)
    }
    return {name: value for name, value in answers.items() if value}


def check(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Look at both accounts: credentials, role, scopes, edition, quotas, permissions. Changes nothing.

    Example: gurney check
    """

    async def stage(migration: Migration) -> Answer:
        from gurney.migration.check import check as look

        report = await look(migration)
        return Answer(
            report, exit=Exit.DONE if report.ok else Exit.REFUSED, next_step="gurney audit" if report.ok else ""
        )

    run_verb(workspace, stage, as_json=json)
