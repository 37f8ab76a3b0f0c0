"""Before anything is read: whose account the key opens, with which rights, and how many records it shows.

A weaker role does not get a warning from Cliniko but fewer rows or 403 (FACTS 0.4): so the role is asked first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import Finding
from gurney.sources.cliniko.client import Client
from gurney.sources.cliniko.currency import currency_of
from gurney.sources.cliniko.objects import ObjectSpec, objects

ADMINISTRATOR = "administrator"
HIDDEN_FROM = {
    "power receptionist": ("users", "treatment_notes", "patient_forms"),
    "receptionist": ("users", "treatment_notes", "patient_forms", "appointment_types", "billable_items"),
    "scheduler": ("users", "treatment_notes", "patient_forms", "invoices", "invoice_items", "patients"),
    "bookkeeper": ("users", "treatment_notes", "patient_forms"),
    "practitioner": ("users", "treatment_notes", "invoices", "invoice_items"),
}
"""What a role may see too little of, by the vendor's help pages (FACTS 2); the account's switches decide."""


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """Which account the key opens."""

    id: str
    name: str
    subdomain: str
    shard: str
    role: str
    user_id: str
    user_email: str
    country_code: str
    currency: str
    """ISO 4217, derived from the country: Cliniko only knows a symbol (FACTS 5). '' when unknown."""
    time_zone: str
    """IANA, of the key's owner."""
    incomplete: tuple[str, ...] = ()
    """Objects of which this key would not show everything."""
    findings: tuple[Finding, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not any(finding.level == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ObjectCount:
    """How many records an object has. None: the account does not have the object, or the key may not see it."""

    total: int | None
    live: int = 0
    archived: int = 0
    cancelled: int = 0


async def check(client: Client) -> SourceAccount:
    """The pre-flight of FACTS 2. Raises NotAuthorised when the key opens nothing at all."""
    user, settings = await asyncio.gather(
        client.get("/user", label="check"), client.get("/settings/public", label="check")
    )
    role = str(user.get("role") or "")
    refused = await _refused(client, ["users"] if role == ADMINISTRATOR else list(objects()))
    incomplete = tuple(sorted({*refused, *HIDDEN_FROM.get(role, ())}))
    account = settings.get("account") or {}
    return SourceAccount(
        id=str(account.get("id") or ""),
        name=str(account.get("name") or ""),
        subdomain=str(account.get("subdomain") or ""),
        shard=client.shard,
        role=role,
        user_id=str(user.get("id") or ""),
        user_email=str(user.get("email") or ""),
        country_code=str(account.get("country_code") or ""),
        currency=currency_of(settings),
        time_zone=str(user.get("time_zone_identifier") or ""),
        incomplete=incomplete,
        findings=tuple(_findings(role, incomplete, account)),
        settings=settings,
    )


async def counts(client: Client) -> dict[str, ObjectCount]:
    """Records of every object, from calls that read one row each."""
    gate = asyncio.Semaphore(client.in_flight)

    async def one(spec: ObjectSpec) -> ObjectCount:
        async with gate:
            return await _count(client, spec)

    found = await asyncio.gather(*(one(spec) for spec in objects().values()))
    return dict(zip(objects(), found, strict=True))


async def _count(client: Client, spec: ObjectSpec) -> ObjectCount:
    try:
        total = await _total(client, spec, spec.all_rows())
        if not spec.hides:
            return ObjectCount(total, live=total)
        live = await _total(client, spec, [])
        if len(spec.hides) == 1:
            return ObjectCount(total, live=live, archived=total - live)
        archived = await _total(client, spec, [("q[]", "archived_at:?"), ("q[]", "cancelled_at:*")])
        cancelled = await _total(client, spec, [("q[]", "archived_at:*"), ("q[]", "cancelled_at:?")])
        return ObjectCount(total, live=live, archived=archived, cancelled=cancelled)
    except (NotAuthorised, VendorRefused) as refused:
        if refused.status in (403, 404):
            return ObjectCount(None)
        raise


async def _total(client: Client, spec: ObjectSpec, filters: list[tuple[str, str]]) -> int:
    totals = [(await client.page(path, spec.key, filters, per_page=1, label="counts")).total for path in spec.paths]
    return sum(totals)


async def _refused(client: Client, names: list[str]) -> list[str]:
    """Objects that the key may not list."""
    refused = []
    for name in names:
        spec = objects()[name]
        try:
            await client.page(spec.paths[0], spec.key, [], per_page=1, label="check")
        except NotAuthorised as error:
            if error.status != 403:
                raise
            refused.append(name)
        except VendorRefused as error:
            if error.status != 404 or not spec.optional:
                raise
    return refused


def _findings(role: str, incomplete: tuple[str, ...], account: Mapping[str, Any]) -> list[Finding]:
    found = []
    if role != ADMINISTRATOR or incomplete:
        found.append(
            Finding(
                "error",
                "source-role",
                f"The key belongs to a user with the role '{role or 'unknown'}'. Without an administrator's rights "
                f"these would be missing or incomplete: {', '.join(incomplete) or 'unknown objects'}.",
                "Let an administrator make an API key (My info > Manage API keys), then: gurney login cliniko",
            )
        )
    if not account.get("country_code"):
        found.append(
            Finding("warning", "source-country", "The account names no country, so amounts carry no currency.")
        )
    return found
