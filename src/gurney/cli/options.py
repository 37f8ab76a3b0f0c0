"""Options that verbs share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gurney.destinations.names import NAMES

Workspace = Annotated[
    Path,
    typer.Option("--workspace", "-w", metavar="DIR", help="The migration's folder.", show_default="here"),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, messages on stderr.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before starting.")]
Wait = Annotated[
    float,
    typer.Option(
        "--wait", metavar="HOURS", help="Sleep through quota pauses up to this long instead of ending with 75."
    ),
]

HERE = Path()
CRMS = ", ".join(NAMES)
