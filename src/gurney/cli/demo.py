"""demo: a whole migration on stand-ins, start to way back, with nothing but this program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import CRMS
from gurney.cli.session import guarded
from gurney.destinations.names import NAMES

if TYPE_CHECKING:
    from gurney.cli.stand_ins import StandIn
    from gurney.migration.context import Migration

SCALE = 60
"""Vendor seconds in one second: the stand-ins enforce the real limits on a time that passes faster."""


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    to: Annotated[str, typer.Option("--to", metavar="DEST", help=f"The CRM to move to: {CRMS}.")] = "zoho",
    patients: Annotated[int, typer.Option("--patients", min=20, max=20_000, help="Size of the made-up clinic.")] = 300,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Where the workspace is left; must be new.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Do not roll back at the end.")] = False,
) -> None:
    """Migrate a made-up clinic from a stand-in of Cliniko to a stand-in of the CRM, and take it back.

    Needs no account and touches nothing but this machine. Leaves its workspace with all reports to look at.

    Example: gurney demo --patients 100
    """

    def work() -> Exit:
        from gurney.errors import Misused

        if to not in NAMES:
            raise Misused(f"There is no destination {to!r}.", next_step=f"Choose one of: {CRMS}.")
        where = folder or _free_folder(Path("gurney-demo"))
        _play(to, patients, where, keep=keep)
        return Exit.DONE

    guarded(work, as_json=False)


def _free_folder(wanted: Path) -> Path:
    candidates = [wanted, *(wanted.with_name(f"{wanted.name}-{number}") for number in range(2, 1000))]
    return next(folder for folder in candidates if not folder.exists())


def _play(to: str, patients: int, where: Path, *, keep: bool) -> None:
    from gurney.cli.stand_ins import stand_in
    from gurney.cli.terminal import console
    from gurney.destinations.vendor import vendor

    out = console()
    out.print(f"[bold]A made-up clinic of {patients} patients moves from Cliniko to {vendor(to).title}.[/bold]")
    out.print("Both are stand-ins on this machine: they behave like the vendors, limits included, sixty times as fast.")
    with stand_in("cliniko", "--clinic", str(patients), "--scale", str(SCALE)) as clinic:
        users = _crm_users(clinic)
        options = [part for email in users for part in ("--user", email)]
        with stand_in(to, "--scale", str(SCALE), *options) as crm:
            asyncio.run(_story(to, where, clinic, crm, keep=keep))
    out.print()
    out.print(f"[bold]The workspace is left in {where}[/bold]: open its reports/*.html in a browser.")


def _crm_users(clinic: StandIn) -> list[str]:
    """The CRM has a user for everyone but one: so the reader sees what happens to a practitioner without."""
    emails = sorted({user["email"] for user in clinic.dump("users") if user.get("email") and user.get("active")})
    return emails[:-1]


async def _story(to: str, where: Path, clinic: StandIn, crm: StandIn, *, keep: bool) -> None:
    import os

    from gurney.cli.terminal import ProgressLine
    from gurney.migration.context import open_migration
    from gurney.migration.workspace import create
    from gurney.runtime import FastClock, Runtime

    environ = {**os.environ, **clinic.env, **crm.env}
    runtime = Runtime(clock=FastClock(SCALE), environ=environ)
    create(where, to, runtime)
    watcher = ProgressLine()
    migration = open_migration(where, runtime, watcher=watcher, patience_s=2 * 86_400)
    try:
        for words, stage in _acts(migration, clinic, crm, keep=keep):
            await _act(migration, words, stage)
    finally:
        watcher.finish()
        await migration.close()


Stage = Callable[[], Awaitable[Any]]


def _acts(migration: Migration, clinic: StandIn, crm: StandIn, *, keep: bool) -> list[tuple[str, Stage]]:
    """The story: verbs in the order in which a clinic lives them."""
    from gurney.migration.approve import approve
    from gurney.migration.audit import audit
    from gurney.migration.check import check
    from gurney.migration.plan import plan
    from gurney.migration.provision import provision
    from gurney.migration.reconcile import reconcile
    from gurney.migration.run import run
    from gurney.migration.sample import sample
    from gurney.migration.topup import delta
    from gurney.migration.undo import undo

    async def sign(gate: str) -> Any:
        return approve(migration, gate, "the reader of this demo")

    async def changes() -> str:
        return _life_goes_on(migration, clinic, crm)

    acts: list[tuple[str, Stage]] = [
        ("gurney check", lambda: check(migration)),
        ("gurney audit", lambda: audit(migration)),
        ("gurney plan --fallback-owner unassigned", lambda: plan(migration, fallback_owner="unassigned")),
        ('gurney approve plan --by "the reader of this demo"', lambda: sign("plan")),
        ("gurney provision", lambda: provision(migration)),
        ("gurney sample", lambda: sample(migration)),
        ('gurney approve sample --by "the reader of this demo"', lambda: sign("sample")),
        ("gurney run", lambda: run(migration)),
        ("# meanwhile, life goes on at the clinic", changes),
        ("gurney delta", lambda: delta(migration)),
        ("gurney reconcile", lambda: reconcile(migration)),
    ]
    return acts if keep else [*acts, ("gurney rollback", lambda: undo(migration))]


async def _act(migration: Migration, words: str, stage: Stage) -> None:
    from gurney.cli.gist import brief
    from gurney.cli.terminal import console
    from gurney.reports.model import Report
    from gurney.reports.render import render

    out = console()
    out.print()
    out.print(f"$ {words}" if words.startswith("gurney") else words, style="bold cyan", markup=False)
    result = await stage()
    if isinstance(result, Report):
        render(result, migration.workspace.reports, migration.runtime)
        for line in brief(result):
            out.print(line)
    elif isinstance(result, str):
        out.print(result, markup=False)
    elif hasattr(result, "words"):
        out.print(result.words, markup=False)


def _life_goes_on(migration: Migration, clinic: StandIn, crm: StandIn) -> str:
    """A patient moves house (Cliniko), the CRM's staff correct the same and another field: one conflict, one edit."""
    from gurney.migration.compiled import actual_names, made_so_far

    person = next(entry for entry in migration.mapping().active() if entry.source == "patients" and entry.key)
    city = next(line.to for line in person.active_fields() if line.source == ("city",))
    patients = [one for one in clinic.dump("patients") if not one.get("archived_at") and not one.get("merged_at")]
    first, second = patients[0], patients[1]
    clinic.edit("patients", first["id"], {"city": "Newtown"})
    clinic.edit("patients", second["id"], {"city": "Newtown"})
    moved = migration.store.effects.get(person.map, person.source, [second["id"]])[second["id"]]
    actual = actual_names(made_so_far(migration)).get((person.to, city), city)
    record = next(one for one in crm.dump(person.to) if str(one.get("id") or one["Id"]) == moved)
    own = record.get("custom_fields") or {}
    typed = {"custom_fields": {actual: "Oldtown"}} if actual in own else {actual: "Oldtown"}
    crm.edit(person.to, record.get("id") or record["Id"], typed)
    return (
        "Two patients move to Newtown in Cliniko; for one of them someone has already typed Oldtown into the CRM.\n"
        "The delta must bring over the first and must not overwrite the second."
    )
