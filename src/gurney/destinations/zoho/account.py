"""What a migration must know before it starts: who we are there, what we may, what the account allows (FACTS 0-2, 7).

Read-only. Everything that is wrong becomes a finding, so that a person sees all of it at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gurney.destinations.protocol import Account, User
from gurney.destinations.zoho.answers import complaint, details, succeeded
from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.coql import count_all
from gurney.destinations.zoho.limits import UNKNOWN, account_limits, daily_credits, data, edition_of, per_call, price
from gurney.destinations.zoho.metadata import Metadata, field_schema
from gurney.errors import CheckFailed, NotAuthorised, VendorRefused
from gurney.records import Finding

ADMINISTRATOR = "administrator"
CUSTOMISE = "Crm_Implied_Customize_Zoho_CRM"
STANDARD_MODULES = ("Contacts", "Accounts", "Products", "Tasks", "Events")
SMALL_EDITIONS = frozenset({"free", "standard"})


def user_of(raw: dict[str, Any]) -> User:
    """One user as /users tells it. Only an active one may own records (FACTS 7)."""
    role = raw.get("role")
    return User(
        id=str(raw["id"]),
        email=str(raw.get("email") or "").lower(),
        name=str(raw.get("full_name") or raw.get("last_name") or raw["id"]),
        active=raw.get("status") == "active",
        role=str(role.get("name") or "") if isinstance(role, dict) else "",
    )


class Accounts:
    """The organisation, its users and their rights."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata

    async def check(self) -> Account:
        """The account with everything that should be known before a plan is signed."""
        org = (await self._client.get("/org")).rows("org")[0]
        me = (await self._client.get("/users", [("type", "CurrentUser")])).rows("users")[0]
        licence = org.get("license_details") or {}
        edition = edition_of(licence.get("paid_type") or licence.get("trial_type")) if licence else UNKNOWN
        if edition == UNKNOWN and licence.get("paid") is False and not licence.get("trial_type"):
            edition = "free"
        users = int(licence.get("users_license_purchased") or 0)
        findings = [
            *await self._scopes(),
            *await self._rights(me),
            *await self._modules(),
            *await self._people(),
            *_editions(edition, users),
            *_privacy(org),
            *await self._currencies(),
            *await self._owners(),
        ]
        return Account(
            id=str(org.get("zgid") or org.get("id") or ""),
            name=str(org.get("company_name") or ""),
            edition=edition,
            time_zone=str(org.get("time_zone") or ""),
            user=user_of(me),
            findings=tuple(findings),
            limits=account_limits(edition, users),
            details={
                "currency": str(org.get("iso_code") or ""),
                "users": str(users),
                "type": str(org.get("type") or ""),
                "hipaa_compliance_enabled": str(bool(org.get("hipaa_compliance_enabled"))).lower(),
            },
        )

    async def users(self) -> list[User]:
        """Everybody, active or not."""
        rows = await self._client.pages("/users", [("type", "AllUsers")], items="users")
        return [user_of(row) for row in rows or []]

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Invite somebody. Zoho mails the invitation; no password can be set (FACTS 7)."""
        roles = (await self._client.get("/settings/roles")).rows("roles")
        profiles = (await self._client.get("/settings/profiles")).rows("profiles")
        body = {
            "last_name": last_name,
            "first_name": first_name,
            "email": email,
            "role": _named(roles, role, "role"),
            "profile": _named(profiles, ADMINISTRATOR if role.lower() == ADMINISTRATOR else "standard", "profile"),
        }
        reply = await self._client.call("POST", "/users", body={"users": [body]}, items="users")
        row = reply.rows("users")[0] if reply.rows("users") else {}
        if not succeeded(row):
            why = complaint(row, [email, first_name, last_name])
            raise VendorRefused(
                f"zoho did not invite the user: {why.code} {why.words}.",
                status=reply.status,
                code=why.code,
                words=why.words,
                next_step="Invite the person by hand in Setup > Users, or buy a licence; then plan again.",
            )
        made = (await self._client.get(f"/users/{details(row)['id']}")).rows("users")
        return user_of(made[0]) if made else User(str(details(row)["id"]), email.lower(), last_name, False, role)

    # Findings

    async def _scopes(self) -> list[Finding]:
        """Scopes that the token lacks: as the token says, else as a read-only call answers."""
        granted = await self._client.scopes()
        findings = []
        for scope in data()["scopes"]:
            if granted and granted & set(scope["any_of"]):
                continue
            prefix = scope["any_of"][0].rpartition(".")[0] + "."
            partly = any(one.startswith(prefix) for one in granted)
            if granted:
                findings.append(_scope_finding(scope, "warning" if partly or scope.get("optional") else "error"))
            elif await self._refused(scope["name"]):
                findings.append(_scope_finding(scope, "warning" if scope.get("optional") else "error"))
        return findings

    async def _refused(self, scope: str) -> bool:
        """Whether a call that needs the scope is refused for want of it. Others count as given."""
        probes: dict[str, Callable[[], Awaitable[object]]] = {
            "ZohoCRM.coql.READ": lambda: self._client.coql(count_all("Contacts")),
            "ZohoCRM.modules.ALL": lambda: self._client.get("/Contacts", [("fields", "id"), ("per_page", "1")]),
            "ZohoCRM.settings.ALL": lambda: self._client.get("/settings/profiles"),
            "ZohoSearch.securesearch.READ": lambda: self._client.get("/Contacts/actions/count"),
        }
        if scope not in probes:
            return False
        try:
            await probes[scope]()
        except NotAuthorised as no:
            return no.code == "OAUTH_SCOPE_MISMATCH"
        except VendorRefused:
            return False
        return False

    async def _rights(self, me: dict[str, Any]) -> list[Finding]:
        """Administrators see every record and every note; the right to customise is told by the profile."""
        profile = me.get("profile") or {}
        may_customise = await self._may_customise(str(profile.get("id") or ""))
        findings = []
        if may_customise is False:
            findings.append(
                Finding(
                    "error",
                    "may-not-customise",
                    f"The user's profile '{profile.get('name')}' may not create modules and fields ({CUSTOMISE}).",
                    "Give the user the Administrator profile.",
                )
            )
        if str(profile.get("name") or "").lower() != ADMINISTRATOR:
            findings.append(
                Finding(
                    "error" if may_customise is None else "warning",
                    "not-administrator",
                    f"The user has the profile '{profile.get('name')}', not Administrator: records of others may "
                    "stay unseen, and notes can then be listed record by record only.",
                    "Use a user with the Administrator profile.",
                )
            )
        return findings

    async def _may_customise(self, profile_id: str) -> bool | None:
        """None when the profile does not tell."""
        if not profile_id:
            return None
        try:
            rows = (await self._client.get(f"/settings/profiles/{profile_id}")).rows("profiles")
        except VendorRefused:
            return None
        permissions = rows[0].get("permissions_details") or [] if rows else []
        told = [one.get("enabled") for one in permissions if one.get("name") == CUSTOMISE]
        return bool(told[0]) if told else None

    async def _modules(self) -> list[Finding]:
        """Standard modules that the migration uses and this organisation does not show."""
        try:
            served = await self._metadata.modules()
        except NotAuthorised as no:
            return [Finding("error", "settings-unreadable", no.message, no.next_step)]
        return [
            Finding(
                "warning",
                "module-missing",
                f"The module {module} is not available by API here.",
                "Show it for the user's profile in Setup > Modules and Fields, or leave it out of the mapping.",
            )
            for module in STANDARD_MODULES
            if module not in served
        ]

    async def _people(self) -> list[Finding]:
        """A unique e-mail or phone refuses the second member of a family."""
        try:
            fields = await self._metadata.raw_fields("Contacts")
        except NotAuthorised:
            return []  # said by `_modules`
        shared = [field.name for field in map(field_schema, fields) if field.unique and not field.custom]
        if not shared:
            return []
        return [
            Finding(
                "warning",
                "unique-contact-field",
                f"In Contacts {', '.join(shared)} must be unique: a family that shares one value is refused from the "
                "second member on. They are never merged.",
                "Untick 'Do not allow duplicate values' for it in Setup > Modules and Fields > Contacts.",
            )
        ]

    async def _currencies(self) -> list[Finding]:
        try:
            rows = (await self._client.get("/org/currencies")).rows("currencies")
        except VendorRefused:
            return []  # the feature is off
        active = [row for row in rows if row.get("is_active", True)]
        if len(active) < 2:
            return []
        return [
            Finding(
                "warning",
                "multi-currency",
                f"The organisation has {len(active)} currencies: amounts are written in its home currency.",
                "Check that the clinic's amounts are in the home currency.",
            )
        ]

    async def _owners(self) -> list[Finding]:
        active = [user for user in await self.users() if user.active]
        return [
            Finding(
                "info",
                "owner-ids",
                f"{len(active)} active users can own records. Owners are set by user id: practitioners without an "
                "active user must be decided on before anything is loaded.",
            )
        ]


def _editions(edition: str, users: int) -> Sequence[Finding]:
    credits = daily_credits(edition, users)
    price_of_module = price("new_object")[0]
    rows = per_call("write_records")
    findings = [
        Finding(
            "info",
            "credits-not-linear",
            f"{credits if credits is not None else 'An unknown number of'} API credits a day. A call costs 1, {rows} "
            f"records written cost {price('write', rows)[0]}, a new module {price_of_module}; each credit comes back "
            "24 hours after it was spent.",
        )
    ]
    if edition == UNKNOWN:
        findings.append(
            Finding("warning", "edition-unknown", "Zoho does not say which edition this is; its limits are unknown.")
        )
    if edition in SMALL_EDITIONS:
        findings.append(
            Finding(
                "warning",
                "edition-small",
                f"This is the {edition.title()} edition. Zoho recommends Professional or above for the API; here few "
                "custom fields and perhaps no custom modules can be made.",
                "See the limits in the audit; upgrade if the plan does not fit.",
            )
        )
    return findings


def _privacy(org: dict[str, Any]) -> Sequence[Finding]:
    if not org.get("hipaa_compliance_enabled"):
        return []
    return [
        Finding(
            "warning",
            "hipaa-restriction",
            "HIPAA compliance is on. Fields marked as health data may be hidden from the API: they are written, but "
            "the comparison cannot verify them and a rollback cannot restore them.",
            "For the migration, allow API access in Setup > Compliance Settings > HIPAA, or accept this.",
        )
    ]


def _scope_finding(scope: dict[str, Any], level: str) -> Finding:
    return Finding(
        level,
        "scope-missing",
        f"The credentials lack the scope {scope['name']}, needed for {scope['use']}.",
        "Make a new refresh token with all scopes: gurney login zoho",
    )


def _named(rows: Sequence[dict[str, Any]], name: str, what: str) -> str:
    """The id of the role or profile of that name."""
    for row in rows:
        if name.lower() in {str(row.get("name") or "").lower(), str(row.get("display_label") or "").lower()}:
            return str(row["id"])
    names = ", ".join(sorted(str(row.get("display_label") or row.get("name")) for row in rows))
    raise CheckFailed(f"Zoho has no {what} '{name}'.", next_step=f"Choose one of: {names}.")
