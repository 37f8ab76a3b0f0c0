"""What a migration must know before it starts: who we are, what we may, what the plan allows (FACTS 2, 3.9, 5, 8).

Read-only. Everything that is wrong becomes a finding, so that a person sees all of it at once. No endpoint tells the
plan, the seats or the pool: the pool comes with the answers' headers, and the plan from it where the users explain it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gurney.destinations.pipedrive import limits
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.limits import TOKENS, UNKNOWN, account_limits, data, reserve
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import RESOURCES
from gurney.destinations.protocol import Account, User
from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import Finding

ADMIN_APPS = frozenset({"global", "sales"})


def user_of(raw: dict[str, Any]) -> User:
    """One user as /users tells it. Only an active one may own records (FACTS 3.9)."""
    return User(
        id=str(raw["id"]),
        email=str(raw.get("email") or "").strip().lower(),
        name=str(raw.get("name") or raw.get("email") or raw["id"]),
        active=raw.get("active_flag") is True and raw.get("is_deleted") is not True,
        role="admin" if is_admin(raw) else "regular",
    )


def is_admin(raw: dict[str, Any]) -> bool:
    """Whether a user administers the deals part or the whole."""
    access = raw.get("access")
    if not isinstance(access, list):
        return bool(raw.get("is_admin"))
    return any(one.get("app") in ADMIN_APPS and one.get("admin") is True for one in access)


class Accounts:
    """The company, its users and their rights."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata

    async def check(self) -> Account:
        """The account with everything that should be known before a plan is signed."""
        me = await self._metadata.me()
        users = await self.users()
        seats = sum(user.active for user in users)
        used = await self._used()  # first: the first answers after a pause do not tell the pool (FACTS 8)
        plan, pool = self._plan(seats)
        if plan == UNKNOWN:  # somebody may have been hired between the list and the pool
            users = await self.users()
            seats = sum(user.active for user in users)
            plan, pool = self._plan(seats)
        self._metadata.know_plan(plan)
        findings = [
            *await self._scopes(),
            *_rights(me),
            *self._plans(plan, pool, seats),
            _room(plan, used),
            *_what_to_know(me, users),
        ]
        ceiling = str(pool) if pool is not None else ""
        return Account(
            id=str(me.get("company_id") or ""),
            name=str(me.get("company_name") or me.get("company_domain") or ""),
            edition=plan,
            time_zone=str(me.get("timezone_name") or "UTC"),
            user=user_of(me),
            findings=tuple(findings),
            limits=account_limits(plan, seats),
            details={
                "currency": str(me.get("default_currency") or ""),
                "users": str(seats),
                "domain": str(me.get("company_domain") or ""),
                "tokens_a_day": ceiling,
                "tokens_reserved_for_rollback": str(reserve(pool)) if pool is not None else "",
            },
        )

    async def users(self) -> list[User]:
        """Everybody, active or not."""
        return [user_of(row) for row in (await self._client.call("GET /api/v1/users")).rows() if row.get("id")]

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Invite somebody, which takes a paid seat; they choose their own name when they accept (FACTS 3.9)."""
        body: dict[str, Any] = {"email": email}
        if role.strip().lower() == "admin":
            body["access"] = [{"app": "sales", "admin": True}, {"app": "global", "admin": True}]
        try:
            made = (await self._client.call("POST /api/v1/users", body=body)).record
        except NotAuthorised:
            raise
        except VendorRefused as no:
            raise VendorRefused(
                f"pipedrive did not invite the user: {no.code} {no.words}.",
                status=no.status,
                code=no.code,
                words=no.words,
                next_step="Invite the person by hand in Settings > Manage users, or buy a seat; then plan again.",
            ) from None
        raw = {"name": f"{first_name} {last_name}".strip(), "active_flag": False, **made}
        return user_of({**raw, "email": made.get("email") or email})

    # Findings

    def _plan(self, seats: int) -> tuple[str, int | None]:
        """The plan as the settings say, else as the pool and the active users tell; and the day's pool."""
        budget, plan = self._client.pacer.budgets[TOKENS], self._metadata.plan
        told = budget.limit.ceiling
        if plan == UNKNOWN:
            plan = limits.plan_by_pool(told, seats)
        if told is None:  # the headers may be missing (FACTS 8): then the plan and its seats say it
            budget.limit = limits.pool_limit(plan, seats)
        return plan, budget.limit.ceiling

    def _plans(self, plan: str, pool: int | None, seats: int) -> Iterator[Finding]:
        if plan == UNKNOWN:
            yield Finding(
                "warning",
                "plan-unknown",
                f"Pipedrive tells no program which plan a company has, and {seats} active users do not explain its "
                f"pool of {pool or 'an unknown number of'} tokens. The smallest plan's speed and limits are assumed.",
                'Say it in gurney.toml: [destination] edition = "lite", "growth", "premium" or "ultimate".',
            )
        if pool is None:
            yield Finding(
                "warning",
                "pool-unknown",
                "Pipedrive did not say how many tokens a day the company has, so the forecast has no days.",
                "Say the plan in gurney.toml, and check again.",
            )
        else:
            yield Finding(
                "info",
                "tokens",
                f"{pool:,} tokens a day for the whole company, shared with every other program that uses its API. A "
                f"person, appointment or product costs 5 to write, a note or file 10; {reserve(pool):,} of each day "
                "are kept for a rollback. When they are spent the run pauses until midnight and goes on.",
            )

    async def _used(self) -> int | Finding:
        """How many custom fields exist already, of all objects together; or why nobody knows."""
        try:
            return sum([len(await self._metadata.custom_fields(kind)) for kind in RESOURCES])
        except VendorRefused as no:
            words = f"The custom fields cannot be read ({no.code}): {no.words}"
            return Finding("error", "fields-unreadable", words, no.next_step)

    async def _scopes(self) -> list[Finding]:
        """Scopes that an OAuth token lacks."""
        granted = await self._client.scopes()
        return [
            Finding(
                "error",
                "scope-missing",
                f"The app lacks the scope {scope['name']}, needed for {scope['use']}.",
                "Give the app the scope, install it again, then: gurney login pipedrive",
            )
            for scope in data()["scopes"]
            if granted and not granted & set(scope["any_of"])
        ]


def _room(plan: str, used: int | Finding) -> Finding:
    """What is left of the custom fields: the limit is the company's (FACTS 5.4).

    A company without room may be full of the fields that were made for us, so that is no reason to stop.
    """
    if isinstance(used, Finding):
        return used
    most = data()["plans"].get(plan, {}).get("custom_fields")
    full = most is not None and used >= most
    words = f"The company has {used} custom fields" + (f" of {most} that the plan allows." if most else ".")
    next_step = "Unless they were made for this migration: delete some, or upgrade." if full else ""
    return Finding("warning" if full else "info", "custom-fields", words, next_step)


def _rights(me: dict[str, Any]) -> Iterator[Finding]:
    if me.get("active_flag") is False:
        yield Finding("error", "user-inactive", "The user of the credentials is not active.", "Activate the user.")
    if not is_admin(me):
        yield Finding(
            "warning",
            "not-administrator",
            "The credentials belong to no administrator: notes cannot be kept under their authors, fields and activity "
            "types must be made by an administrator, and records that others hide stay unseen.",
            "Use an administrator's API token: gurney login pipedrive",
        )


def _what_to_know(me: dict[str, Any], users: list[User]) -> Iterator[Finding]:
    active = sum(user.active for user in users)
    yield Finding(
        "info",
        "owner-ids",
        f"{active} active users can own records. Practitioners without an active user must be decided on before "
        "anything is loaded.",
    )
    yield Finding(
        "info",
        "no-restore",
        "What is deleted cannot be restored through Pipedrive's API: a rollback deletes record by record, each for "
        "tokens, and nothing brings those records back but people, by hand, within 30 days.",
    )
    yield Finding(
        "info",
        "automations",
        "Automations that fire on new people or activities would run for every record that arrives.",
        "Switch them off in Automations, and calendar sync for the practitioners, while records arrive.",
    )
    if not me.get("default_currency"):
        yield Finding(
            "warning",
            "currency-unknown",
            "The user of the credentials has no default currency, in which amounts are written.",
            "Set it in Personal preferences.",
        )
