"""What a person types. Every verb parses, calls the migration, and prints; there is no logic here.

Help must answer at once: verbs import what they need when they run.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gurney.cli import back, demo, estimate, move, pairs, prepare, prove, setup, twin
from gurney.version import __version__

app = typer.Typer(
    name="gurney",
    help="Move a clinic's records out of Cliniko into a CRM, prove field by field that they arrived, and be able to "
    "take everything back.\n\nStart with `gurney demo`, which needs no account.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"gurney {__version__}")
        raise typer.Exit


@app.callback()
def gurney(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """The options before the verb."""


for family in (demo, estimate, pairs, setup, prepare, move, prove, back, twin):
    family.register(app)


def main() -> None:
    """The command `gurney`."""
    app()
