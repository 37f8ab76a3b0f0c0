"""demo: a whole migration on stand-ins, start to way back, with nothing but this program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gurney.cli.exits import Exit
from gurney.cli.options import CRMS
from gurney.cli.session import guarded
from gurney.destinations.names import NAMES

if TYPE_CHECKING:
    from gurney.cli.stand_ins import QuotaDay, StandIn
    from gurney.errors import PausedForQuota
    from gurney.migration.context import Migration

MORNING = 9
"""The hour (UTC) at which the stand-ins' day begins."""


@dataclass(frozen=True, slots=True)
class Others:
    """Calls of other programs to the same account: `at_once` of them fit its rate limit, every `every_s`."""

    calls: int
    path: str
    header: str
    """Which header carries the secret of that name in the stand-in's environment, after `scheme`."""
    secret: str
    base_url: str
    at_once: int
    every_s: float
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a CRM's stand-in is started with, and how large a clinic shows what is special about it."""

    patients: int = 300
    options: tuple[str, ...] = ()
    most_users: int | None = None
    """Users beside the administrator; None: one for every practitioner but one."""
    scale: int = 60
    """Vendor seconds in one second: the stand-ins enforce the real limits on a time that passes faster."""
    pool: str = ""
    """What the stand-in's books call the allowance, where that decides how long a migration takes."""
    span: str = "day"
    """What the allowance is for: 'day' or 'hour'."""
    words: str = ""
    """About the account; `{pool}` is the allowance, `{used}` what others have used of it."""
    others: Others | None = None
    """What the clinic's other programs use of the day's allowance before we come."""
    fields_by_hand: bool = False
    """Whether the administrator makes the fields, from the sheet that the plan wrote."""


STAGES = {
    "pipedrive": Stage(
        patients=80,
        options=("--edition", "lite"),
        most_users=0,
        scale=20,
        pool="TokensPerDay",
        words="The company has one seat of the smallest plan: {pool:,} tokens a day for all its programs together. "
        "The others have used {used:,} of today's already: what would fit into one day takes two.",
        others=Others(
            calls=1200, path="/api/v1/users", header="x-api-token", secret="GURNEY_PIPEDRIVE_API_TOKEN",  # noqa: S106
            base_url="GURNEY_PIPEDRIVE_BASE_URL", at_once=19, every_s=2.1,
        ),
    ),
    "freshsales": Stage(
        patients=60,
        options=("--edition", "pro"),
        pool="CallsPerHour",
        span="hour",
        words="The account has the plan Pro: {pool:,} calls an hour for all its programs together. The others have "
        "used {used:,} of this hour's already: what would fit into one hour takes two.",
        others=Others(
            calls=1400, path="/api/selector/owners", header="authorization",
            secret="GURNEY_FRESHSALES_API_KEY",  # noqa: S106
            base_url="GURNEY_FRESHSALES_BASE_URL", at_once=390, every_s=61.0, scheme="Token token=",
        ),
        fields_by_hand=True,
    ),
}  # fmt: skip
"""So small an allowance that the migration needs two. Pipedrive's burst limit is for two seconds: there time is scaled
less."""
SPANS_S = {"day": 86_400, "hour": 3_600}


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    to: Annotated[str, typer.Option("--to", metavar="DEST", help=f"The CRM to move to: {CRMS}.")] = "zoho",
    patients: Annotated[
        int | None,
        typer.Option(
            "--patients",
            min=20,
            max=20_000,
            help="Size of the made-up clinic.",
            show_default="300; pipedrive 80, freshsales 60",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Where the workspace is left; must be new.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Do not roll back at the end.")] = False,
) -> None:
    """Migrate a made-up clinic from a stand-in of Cliniko to a stand-in of the CRM, and take it back.

    Needs no account and touches nothing but this machine. Leaves its workspace with all reports to look at. Time is
    scaled: all clocks run 20 to 60 times as fast; when an allowance is spent they are moved on to the next day or hour.

    Example: gurney demo --patients 100
    """

    def work() -> Exit:
        from gurney.errors import Misused

        if to not in NAMES:
            raise Misused(f"There is no destination {to!r}.", next_step=f"Choose one of: {CRMS}.")
        where = folder or _free_folder(Path("gurney-demo"))
        stage = STAGES.get(to, Stage())
        _play(to, patients or stage.patients, stage, where, keep=keep)
        return Exit.DONE

    guarded(work, as_json=False)


def _free_folder(wanted: Path) -> Path:
    candidates = [wanted, *(wanted.with_name(f"{wanted.name}-{number}") for number in range(2, 1000))]
    return next(folder for folder in candidates if not folder.exists())


def _play(to: str, patients: int, stage: Stage, where: Path, *, keep: bool) -> None:
    from gurney.cli.stand_ins import stand_in
    from gurney.cli.terminal import console
    from gurney.destinations.vendor import vendor
    from gurney.runtime import SystemClock

    out = console()
    out.print(f"[bold]A made-up clinic of {patients} patients moves from Cliniko to {vendor(to).title}.[/bold]")
    out.print(
        "Both are stand-ins on this machine: they behave like the vendors, limits included. Time is scaled: all clocks "
        f"run {stage.scale} times as fast, and a wait for the next {stage.span}'s allowance is skipped by moving them "
        "on."
    )
    morning = SystemClock().now().replace(hour=MORNING, minute=0, second=0, microsecond=0)
    time = ("--scale", str(stage.scale), "--now", morning.isoformat())
    with stand_in("cliniko", "--clinic", str(patients), *time) as clinic:
        users = _crm_users(clinic)[: stage.most_users]
        options = [part for email in users for part in ("--user", email)]
        with stand_in(to, *time, *stage.options, *options) as crm:
            before = _use_up(crm, stage.others) if stage.others else 0
            pool = crm.state()[stage.pool] if stage.pool else 0
            if stage.words:
                out.print(stage.words.format(pool=pool, used=before))
            asyncio.run(_story(to, where, clinic, crm, stage.scale, keep=keep))
            if pool:
                _title(f"# the {stage.span}s of this migration, as the stand-in's own books have them")
                days = crm.quota_days(stage.others.calls if stage.others else 0, SPANS_S[stage.span])
                out.print(_in_days(days, pool, before, stage.span), markup=False)
    out.print()
    out.print(f"[bold]The workspace is left in {where}[/bold]: open its reports/*.html in a browser.")


def _crm_users(clinic: StandIn) -> list[str]:
    """The CRM has a user for everyone but one: so the reader sees what happens to a practitioner without."""
    emails = sorted({user["email"] for user in clinic.dump("users") if user.get("email") and user.get("active")})
    return emails[:-1]


def _use_up(crm: StandIn, others: Others) -> int:
    """Other programs use the same account, at its pace: its clock is moved on between their bursts. What it cost."""
    for start in range(0, others.calls, others.at_once):
        for _ in range(min(others.at_once, others.calls - start)):
            crm.ask(crm.env[others.base_url] + others.path, {others.header: others.scheme + crm.env[others.secret]})
        crm.move_on(others.every_s)
    return sum(day.cost for day in crm.quota_days())


async def _story(to: str, where: Path, clinic: StandIn, crm: StandIn, scale: int, *, keep: bool) -> None:
    import os

    from gurney.cli.stand_ins import SharedClock
    from gurney.cli.terminal import ProgressLine
    from gurney.migration.context import open_migration
    from gurney.migration.workspace import create
    from gurney.runtime import Runtime

    environ = {**os.environ, **clinic.env, **crm.env}
    runtime = Runtime(clock=SharedClock(scale, [clinic, crm]), environ=environ)
    create(where, to, runtime)
    watcher = ProgressLine()
    migration = open_migration(where, runtime, watcher=watcher)
    try:
        for words, stage in _acts(migration, clinic, crm, keep=keep):
            await _act(migration, words, stage)
    finally:
        watcher.finish()
        await migration.close()


Act = Callable[[], Awaitable[Any]]


def _acts(migration: Migration, clinic: StandIn, crm: StandIn, *, keep: bool) -> list[tuple[str, Act]]:
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

    async def fields() -> str:
        return _make_fields(migration, crm)

    by_hand = _stage_of(migration).fields_by_hand
    acts: list[tuple[str, Act]] = [
        ("gurney check", lambda: check(migration)),
        ("gurney audit", lambda: audit(migration)),
        ("gurney plan --fallback-owner unassigned", lambda: plan(migration, fallback_owner="unassigned")),
        ('gurney approve plan --by "the reader of this demo"', lambda: sign("plan")),
        ("gurney provision", lambda: provision(migration)),
        *([("# the administrator makes the fields of the setup plan", fields)] if by_hand else []),
        *([("gurney provision", lambda: provision(migration))] if by_hand else []),
        ("gurney sample", lambda: sample(migration)),
        ('gurney approve sample --by "the reader of this demo"', lambda: sign("sample")),
        ("gurney run", lambda: run(migration)),
        ("# meanwhile, life goes on at the clinic", changes),
        ("gurney delta", lambda: delta(migration)),
        ("gurney reconcile", lambda: reconcile(migration)),
    ]
    return acts if keep else [*acts, ("gurney rollback", lambda: undo(migration))]


def _stage_of(migration: Migration) -> Stage:
    return STAGES.get(migration.workspace.settings.migration.destination, Stage())


async def _act(migration: Migration, words: str, act: Act) -> None:
    """Play one act; one that a spent allowance ends is repeated the next day, as a person would."""
    from gurney.errors import PausedForQuota

    while True:
        _title(words)
        try:
            _tell(migration, await act())
        except PausedForQuota as pause:
            await _next_day(migration, pause, _stage_of(migration).span)
        else:
            return


def _title(words: str) -> None:
    from gurney.cli.terminal import console

    console().print()
    console().print(f"$ {words}" if words.startswith("gurney") else words, style="bold cyan", markup=False)


async def _next_day(migration: Migration, pause: PausedForQuota, span: str) -> None:
    """The command ended as paused: look at the status, and let the rest of the day or hour pass."""
    from gurney.cli.terminal import console
    from gurney.migration.status import status
    from gurney.reports.units import moment_words

    clock = migration.runtime.clock
    until = pause.until or clock.now() + timedelta(hours=1)
    console().print(f"  Paused at {moment_words(clock.now())}. {pause}", style="yellow", markup=False)
    console().print(f"  (exit code {pause.exit_code})", style="dim")
    _title("gurney status")
    _tell(migration, status(migration))
    _title(f"# the rest of the {span} is skipped: all clocks are moved on to {moment_words(until)}")
    await clock.sleep((until - clock.now()).total_seconds() + 1)


def _tell(migration: Migration, result: object) -> None:
    from gurney.cli.gist import brief
    from gurney.cli.terminal import console
    from gurney.reports.model import Report
    from gurney.reports.render import render

    out = console()
    if isinstance(result, Report):
        render(result, migration.workspace.reports, migration.runtime)
        for line in brief(result):
            out.print(line)
        if (ok := getattr(result, "ok", None)) is not None:
            out.print(f'  "ok": {"true" if ok else "false"}')
    elif isinstance(result, str):
        out.print(result, markup=False)
    elif hasattr(result, "words"):
        out.print(result.words, markup=False)


def _in_days(days: Sequence[QuotaDay], pool: int, before: int, span: str = "day") -> str:
    """Day by day, or hour by hour, how much of its allowance the CRM counted, and for whom; others came `before` us."""
    lines = []
    for number, day in enumerate(days, start=1):
        theirs = before if number == 1 else 0
        others = f", {theirs:,} by other programs" if theirs else ""
        used = f"{(day.cost + theirs) / pool:.1%} of {pool:,} used"
        lines.append(
            f"  {span.capitalize()} {number}, {day.day}: {used}: {day.cost:,} by this "
            f"migration in {day.calls:,} calls from {day.first:%H:%M} to {day.last:%H:%M} UTC{others}; "
            f"calls refused: {day.refused}."
        )
    return "\n".join(lines)


def _make_fields(migration: Migration, crm: StandIn) -> str:
    """What `provision` left to the administrator, who works line by line from the sheet beside the plan."""
    import csv

    from gurney.destinations.freshsales.blueprint import FIELD_TYPES
    from gurney.schema import FieldType

    with (migration.workspace.reports / "field-definitions.csv").open(encoding="utf-8-sig", newline="") as sheet:
        wanted = [row for row in csv.DictReader(sheet) if row["Type"] in set(FieldType)]
    for row in wanted:
        choices = [one for one in row["Pick-list values"].splitlines() if one]
        crm.make_field(row["Object"], row["Label"], FIELD_TYPES[FieldType(row["Type"])], choices)
    return f"{len(wanted)} fields are made by hand, from reports/field-definitions.csv."


def _life_goes_on(migration: Migration, clinic: StandIn, crm: StandIn) -> str:
    """A patient moves house (Cliniko), the CRM's staff correct the same and another field: one conflict, one edit."""
    from gurney.migration.compiled import actual_names, made_so_far

    person = next(entry for entry in migration.mapping().active() if entry.source == "patients" and entry.key)
    city = next(line.to for line in person.active_fields() if "city" in line.source)
    patients = [one for one in clinic.dump("patients") if not one.get("archived_at") and not one.get("merged_at")]
    first, second = patients[0], patients[1]
    clinic.edit("patients", first["id"], {"city": "Newtown"})
    clinic.edit("patients", second["id"], {"city": "Newtown"})
    moved = migration.store.effects.get(person.map, person.source, [second["id"]])[second["id"]]
    actual = actual_names(made_so_far(migration)).get((person.to, city), city)
    record = next(one for one in crm.dump(person.to) if str(one.get("id") or one["Id"]) == moved)
    own = record.get("custom_fields") or {}
    value = {"value": "Oldtown"} if isinstance(own.get(actual), dict) else "Oldtown"
    typed = {"custom_fields": {actual: value}} if actual in own else {actual: value}
    crm.edit(person.to, record.get("id") or record["Id"], typed)
    return (
        "Two patients move to Newtown in Cliniko; for one of them someone has already typed Oldtown into the CRM.\n"
        "The delta must bring over the first and must not overwrite the second."
    )
