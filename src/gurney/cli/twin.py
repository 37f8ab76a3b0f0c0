"""twin: a local stand-in for a vendor's service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gurney.cli.exits import Exit
from gurney.cli.session import guarded


def register(app: typer.Typer) -> None:
    app.command()(twin)


def twin(
    vendor: Annotated[
        str, typer.Argument(metavar="VENDOR", help="cliniko, zoho, salesforce, pipedrive, highlevel, freshsales.")
    ],
    port: Annotated[int, typer.Option(help="0 lets the system choose.")] = 0,
    edition: Annotated[str, typer.Option(help="The CRM's edition: free, standard, professional, enterprise …")] = "",
    clinic: Annotated[
        str, typer.Option(metavar="SIZE", help="small, medium, large, or a number of patients to make up.")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed makes the same clinic.")] = 1,
    load: Annotated[Path | None, typer.Option(metavar="DIR", help="Serve these records instead.")] = None,
    user: Annotated[list[str] | None, typer.Option(metavar="EMAIL", help="A further user of the CRM.")] = None,
    scale: Annotated[float, typer.Option(help="Vendor seconds in one real second; verbs keep step.")] = 1.0,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="No rate limits and no credits.")] = False,
    faults: Annotated[Path | None, typer.Option(metavar="FILE", help="Misfortunes on order, as JSON.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS with a self-signed certificate.")] = False,
    now: Annotated[str, typer.Option(metavar="TIME", help="Where the twin's clock starts.")] = "",
    switch: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Decide what the vendor's facts leave open.")
    ] = None,
    latency: Annotated[float, typer.Option(metavar="SECONDS", help="How long every answer takes.")] = 0.0,
    bodies: Annotated[bool, typer.Option("--record-bodies", help="Keep bodies in the journal.")] = False,
) -> None:
    """Serve a stand-in for a vendor's API on 127.0.0.1 until it is told to stop.

    Prints one JSON line when ready: its address, credentials, and the environment that makes the other verbs talk
    to it and to nothing else.

    Example: gurney twin zoho --user reception@example.com
    """

    def work() -> Exit:
        from gurney.errors import Misused
        from gurney.twins.kit.options import BadOption, TwinOptions
        from gurney.twins.kit.server import run

        try:
            run(
                TwinOptions(
                    vendor=vendor,
                    port=port,
                    edition=edition or None,
                    clinic=clinic or None,
                    seed=seed,
                    load_dir=load,
                    users=tuple(user or ()),
                    scale=scale,
                    unlimited=unlimited,
                    faults_file=faults,
                    tls=tls,
                    now=datetime.fromisoformat(now) if now else None,
                    switches=dict(item.split("=", 1) for item in switch or ()),
                    latency_s=latency,
                    record_bodies=bodies,
                )
            )
        except (BadOption, ValueError) as wrong:
            raise Misused(str(wrong), next_step="See: gurney twin --help") from None
        return Exit.DONE

    guarded(work, as_json=False)
