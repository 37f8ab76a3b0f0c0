"""Check: do the credentials open the right accounts, with the rights that the migration needs? Reads only."""

from __future__ import annotations

from dataclasses import asdict

from gurney.destinations.protocol import Account
from gurney.errors import NotAuthorised
from gurney.migration.about import about
from gurney.migration.connect import needed
from gurney.migration.context import Migration
from gurney.migration.stages import Stage, reach
from gurney.reports.check import CheckReport, LimitValue, SystemCheck
from gurney.reports.model import FoundRow
from gurney.sources.cliniko.check import SourceAccount


async def check(migration: Migration) -> CheckReport:
    """Look at both accounts. The report says whether the migration may go on; nothing is written anywhere."""
    migration.watcher.say("Looking at the Cliniko account")
    source = await _source(migration)
    migration.watcher.say("Looking at the destination account")
    destination = await _destination(migration)
    sides = (source, destination)
    ok = not any(row.level == "error" for side in sides for row in side.findings)
    if ok:
        reach(migration.store, Stage.CHECKED)
    return CheckReport(about=about(migration), ok=ok, source=source, destination=destination)


async def _source(migration: Migration) -> SystemCheck:
    try:
        account = await migration.source().check()
    except NotAuthorised as no:
        return SystemCheck(system="Cliniko", findings=[*_refused(no), *_notices(migration, "cliniko")])
    saved = {name: value for name, value in asdict(account).items() if name not in ("settings", "findings")}
    migration.store.documents.put("source-account", saved, sealed=False)
    return SystemCheck(
        system="Cliniko",
        account_id=account.id,
        account=f"{account.name} ({account.subdomain})",
        user=account.user_email,
        role=account.role,
        time_zone=account.time_zone,
        details=_source_details(account),
        findings=[
            *(FoundRow(level=one.level, code=one.code, words=one.words, next_step=one.next_step)  # type: ignore[arg-type]
              for one in account.findings),
            *_notices(migration, "cliniko"),
        ],
    )  # fmt: skip


def _source_details(account: SourceAccount) -> dict[str, str]:
    return {"Shard": account.shard, "Country": account.country_code, "Currency": account.currency}


async def _destination(migration: Migration) -> SystemCheck:
    name = migration.workspace.settings.migration.destination
    try:
        account = await migration.destination().check()
    except NotAuthorised as no:
        return SystemCheck(system=name, findings=[*_refused(no), *_notices(migration, name)])
    migration.keep_account(account)
    return SystemCheck(
        system=name,
        account_id=account.id,
        account=account.name,
        edition=account.edition,
        user=account.user.email,
        role=account.user.role,
        time_zone=account.time_zone,
        details=dict(account.details),
        findings=[*_found(account), *_notices(migration, name)],
        limits=[
            LimitValue(name=limit.name, value=limit.value, source=limit.source, sure=limit.sure)
            for limit in account.limits.values()
        ],
    )


def _found(account: Account) -> list[FoundRow]:
    return [
        FoundRow(level=one.level, code=one.code, words=one.words, next_step=one.next_step)  # type: ignore[arg-type]
        for one in account.findings
    ]


def _refused(no: NotAuthorised) -> list[FoundRow]:
    return [FoundRow(level="error", code=no.code or "not-authorised", words=no.message, next_step=no.next_step)]


def _notices(migration: Migration, system: str) -> list[FoundRow]:
    """Credentials from the environment are accepted, and said: they may not be the ones that were stored."""
    secrets = migration.secrets()
    given = [item.name for item in needed(system) if secrets.from_environment(system, item.name)]
    if not given:
        return []
    words = f"{', '.join(given)} taken from the environment, not from what `gurney login` stored."
    return [FoundRow(level="info", code="credentials-from-environment", words=words)]
