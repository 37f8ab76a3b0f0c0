"""What a migration must know before it starts: who we are, what we may, what the location allows (FACTS 0, 2, 3, 12).

Read-only. Everything that is wrong becomes a finding, so that a person sees all of it at once. A private token does not
tell its scopes: one cheap call for each group of them shows what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gurney.destinations.highlevel.answers import is_missing_scope
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.limits import (
    SANDBOX,
    account_limits,
    burst,
    daily,
    data,
    limit,
    reserve,
)
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import CUSTOM_OBJECT
from gurney.destinations.protocol import Account, Limit, User
from gurney.errors import Misused, NotAuthorised, VendorRefused
from gurney.records import Finding

OURS = f"{CUSTOM_OBJECT}cliniko_"
SCOPES_AT = "Settings > Private Integrations > the token > Scopes; the token stays the same."


def user_of(raw: dict[str, Any]) -> User:
    """One user as the list tells it."""
    roles = raw.get("roles") or {}
    return User(
        id=str(raw["id"]),
        email=str(raw.get("email") or "").strip().lower(),
        name=str(raw.get("name") or raw.get("email") or raw["id"]),
        active=raw.get("deleted") is not True,
        role=str(roles.get("role") or ""),
    )


class Accounts:
    """The location, its users and what the token may do."""

    def __init__(self, client: Client, metadata: Metadata, edition: str) -> None:
        self._client = client
        self._metadata = metadata
        self._edition = edition

    async def check(self) -> Account:
        """The account with everything that should be known before a plan is signed."""
        self._metadata.forget()
        location = await self._metadata.location()
        missing = [finding async for finding in self._scopes()]
        users = await self._users_if_allowed()
        objects = await self._objects_if_allowed()
        edition = SANDBOX if self._client.burst == burst(SANDBOX) else self._edition
        settings = location.get("settings") or {}
        workflows = await self._workflows()
        findings = [
            *missing,
            _silo(str(location.get("name") or self._client.location_id)),
            _duplicates(settings.get("allowDuplicateContact") is True),
            _traffic(edition),
            _objects(objects),
            *_to_know(users, workflows),
        ]
        limits = account_limits(edition, len(users))
        others = sum(not name.startswith(OURS) for name in objects)
        room = limit("custom_objects") - others
        limits["custom_objects"] = Limit("custom_objects", room, f"FACTS 0.6: of {limit('custom_objects')} in all")
        return Account(
            id=self._client.location_id,
            name=str(location.get("name") or ""),
            edition=edition,
            time_zone=str(location.get("timezone") or "UTC"),
            user=users[0] if users else User("", "", "the token's integration", True),
            findings=tuple(findings),
            limits=limits,
            details={
                "users": str(sum(user.active for user in users)),
                "country": str(location.get("country") or ""),
                "company": str(location.get("companyId") or ""),
                "allows_duplicate_contacts": "yes" if settings.get("allowDuplicateContact") is True else "no",
                "workflows_to_pause": "; ".join(workflows),
            },
        )

    async def users(self) -> list[User]:
        """Everybody who works in the location, deleted or not."""
        return [user_of(raw) for raw in await self._metadata.users() if raw.get("id")]

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """HighLevel asks for a password, which we neither choose nor see: people are added by hand (FACTS 3)."""
        raise Misused(
            "HighLevel makes no user without a password, so Gurney makes none.",
            next_step="Add the person in Settings > My Staff, then plan again.",
        )

    # Findings

    async def _scopes(self) -> Any:
        """Scopes that the token lacks, seen by trying."""
        granted = await self._client.scopes()
        for scope in data()["scopes"]:
            names = [scope["name"], *scope.get("also", ())]
            lacks = [name for name in names if granted and name not in granted]
            words = "" if lacks else await self._metadata.may(str(scope["call"]), ask=self._ask(str(scope["call"])))
            if words and not is_missing_scope(words):
                yield Finding("error", "not-allowed", f"HighLevel refuses {scope['call']}: {words}.", SCOPES_AT)
            elif words or lacks:
                told = ", ".join(lacks or names)
                level = "warning" if scope.get("optional") else "error"
                yield Finding(level, "scope-missing", f"The token lacks {told}, for {scope['use']}.", SCOPES_AT)

    def _ask(self, call: str) -> list[tuple[str, str]]:
        """What a probe needs in its query."""
        if "/invoices/" in call:
            return [("altId", self._client.location_id), ("altType", "location"), ("limit", "1"), ("offset", "0")]
        if "{locationId}" in call:
            return []
        extra = [("email", "nobody@example.com")] if "duplicate" in call else []
        extra += [("skip", "0"), ("limit", "1")] if "/associations/" in call else []
        return self._client.here(*extra)

    async def _users_if_allowed(self) -> list[User]:
        try:
            return await self.users()
        except VendorRefused:
            return []

    async def _objects_if_allowed(self) -> list[str]:
        try:
            return [str(raw.get("key")) for raw in await self._metadata.custom_objects()]
        except VendorRefused:
            return []

    async def _workflows(self) -> list[str]:
        """Names of the workflows that are switched on; [] where the token may not see them."""
        try:
            told = (await self._client.call("GET /workflows/", params=self._client.here())).get("workflows") or []
        except (NotAuthorised, VendorRefused):
            return []
        return [str(raw.get("name") or raw.get("id")) for raw in told if raw.get("status") == "published"]


def _duplicates(allowed: bool) -> Finding:
    if allowed:
        words = "The location allows duplicate contacts: relatives may share an e-mail address and a number."
        return Finding("info", "duplicates-allowed", words)
    return Finding(
        "warning",
        "duplicates-not-allowed",
        "The location wants each e-mail address and telephone number once. Of relatives who share one, the first gets "
        "it in HighLevel's own field, the others in the fields Email As In Cliniko and Phone As In Cliniko.",
        "To have them all in HighLevel's own fields, switch on Settings > Business Profile > Allow Duplicate Contact "
        "before the sample, then check again.",
    )


def _silo(name: str) -> Finding:
    """Sub-accounts share nothing (GOT26)."""
    return Finding(
        "info",
        "one-location",
        f"Everything goes into one sub-account, {name}. Its contacts, users, fields and files are seen in no other one "
        "of the agency, and what stands in others is not looked at: a patient may be there as well.",
        "Where the clinic keeps several brands or places apart, make a workspace for each sub-account.",
    )


def _traffic(edition: str) -> Finding:
    return Finding(
        "info",
        "calls",
        f"Every record, note, file and link is a call: {burst(edition)} in ten seconds and {daily(edition):,} a day "
        "for the location, shared with its other integrations; more tokens do not change that. "
        f"{reserve(daily(edition)):,} of each day are kept for a rollback. When one is spent the run pauses.",
    )


def _objects(names: list[str]) -> Finding:
    others = [name for name in names if not name.startswith(OURS)]
    full = len(others) >= limit("custom_objects")
    return Finding(
        "error" if full else "info",
        "custom-objects",
        f"The location has {len(names)} of {limit('custom_objects')} custom objects ({len(names) - len(others)} "
        "of them ours), each for 300,000 records. HighLevel's API makes objects, and cannot delete them: after a "
        "rollback an administrator deletes them in Settings > Objects.",
        "Delete objects that nobody uses." if full else "",
    )


def _to_know(users: list[User], workflows: list[str]) -> Iterator[Finding]:
    active = sum(user.active for user in users)
    yield Finding(
        "info",
        "owner-ids",
        f"{active} users can own records. Practitioners without a user must be decided on before anything is loaded.",
    )
    yield Finding(
        "warning",
        "no-restore",
        "What is deleted cannot be restored through the API. An administrator can restore contacts for 60 days, but in "
        "a HIPAA account nobody can; records of custom objects are gone at once.",
    )
    names = (
        f"Switched on now: {', '.join(workflows)}." if workflows else "Their names could not be read, or none is on."
    )
    yield Finding(
        "warning" if workflows else "info",
        "workflows",
        f"Workflows that begin with a new or changed contact would run for every patient that arrives. {names}",
        "Set them to Draft in Automation > Workflows before the sample, and back after the last delta.",
    )
