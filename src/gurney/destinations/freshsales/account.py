"""What a migration must know before it starts: who we are, what we may, what the plan allows (FACTS 1, 5, 6, 8).

Read-only. Everything that is wrong becomes a finding, so that a person sees all of it at once. No endpoint tells the
plan or whose key it is: the plan comes from the hour's quota, which the answers' headers tell where they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gurney.destinations.freshsales.access import account_key
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.limits import (
    CALLS,
    UNKNOWN,
    account_limits,
    data,
    entry,
    plan_of,
    quota_limit,
    reserve,
)
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import RESOURCES, VIEWED
from gurney.destinations.protocol import Account, User
from gurney.errors import CheckFailed, NotAuthorised, VendorRefused
from gurney.records import Finding

ASIDE = "email"


def user_of(raw: dict[str, Any]) -> User:
    """One user as the selector tells it. Roles are not told (FACTS 3)."""
    email = str(raw.get("email") or "").strip().lower()
    name = str(raw.get("display_name") or email or raw["id"])
    return User(id=str(raw["id"]), email=email, name=name, active=raw.get("is_active") is not False)


class Accounts:
    """The account, its users and what it lets us do."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata

    async def check(self) -> Account:
        """The account with everything that should be known before a plan is signed."""
        self._metadata.forget()
        users = await self.users()  # first: a wrong key ends here
        plan = self._plan()
        self._metadata.plan = plan
        findings = [
            *_plans(plan, self._client.pacer.budgets[CALLS].limit.ceiling),
            *[finding for object in VIEWED for finding in await self._object(object, plan)],
            *await self._addresses(),
            *await self._products(plan),
            _storage(plan, len(users)),
            *self._what_to_know(users),
        ]
        ceiling = self._client.pacer.budgets[CALLS].limit.ceiling
        return Account(
            id=account_key(self._client.access),
            name=self._client.access.base_url().partition("://")[2],
            edition=plan,
            time_zone="UTC",
            user=User("", "", "the API key's user", active=True),
            findings=tuple(findings),
            limits=account_limits(plan, len(users)),
            details={
                "currency": await self._currency(),
                "users": str(sum(user.active for user in users)),
                "calls_an_hour": str(ceiling) if ceiling is not None else "",
                "calls_reserved_for_rollback": str(reserve(ceiling)) if ceiling is not None else "",
                "fields_by_api": "yes" if self._client.access.codes() else "no",
            },
        )

    async def users(self) -> list[User]:
        """Everybody that the key sees."""
        return [user_of(raw) for raw in await self._metadata.users()]

    # Findings

    def _plan(self) -> str:
        """The plan as the settings say, else as the hour's quota tells it."""
        budget = self._client.pacer.budgets[CALLS]
        plan = plan_of(self._metadata.plan)
        if plan == UNKNOWN:
            plan = self._client.plan_told
        if budget.limit.ceiling is None:
            budget.limit = quota_limit(plan)
        return plan

    async def _object(self, object: str, plan: str) -> list[Finding]:
        """Whether an object can be listed, and how much room it has for fields."""
        try:
            views = await self._metadata.list_views(object)
            used = len(await self._metadata.own_fields(object))
            has_bin = await self._metadata.bin_view(object)
        except CheckFailed as no:
            return [Finding("error", "view-missing", no.message, no.next_step)]
        except VendorRefused as no:
            words = f"{RESOURCES[object].label} cannot be read ({no.code}): {no.words}"
            return [Finding("error", "object-unreadable", words, no.next_step)]
        found = [] if views else [Finding("error", "view-missing", f"{object} have no view.")]
        if not has_bin:
            words = f"There is no view named {data()['views']['bin']} of {object}: a rollback deletes them one by one."
            found.append(Finding("warning", "bin-unseen", words, "Set the user's language to English."))
        most = int(entry(plan)["custom_fields"])
        level = "error" if used >= most else "info"
        words = (
            f"{RESOURCES[object].label} have {used} fields of the clinic's own of about {most} that the plan allows."
        )
        return [*found, Finding(level, "custom-fields", words, "Delete some, or upgrade." if used >= most else "")]

    async def _addresses(self) -> list[Finding]:
        shared = await self._metadata.shared_addresses()
        label = str(data()["aside"][ASIDE])
        if shared:
            words = "Several contacts may have one e-mail address, as families do."
        else:
            words = (
                "Only one contact may have an e-mail address. Of relatives who share one the first has it; for the "
                f"others it stands in the field {label!r}."
            )
        next_step = "" if shared else "Or make the e-mail field of contacts not unique before the load."
        return [Finding("info", "shared-addresses", words, next_step)]

    async def _products(self, plan: str) -> list[Finding]:
        try:
            there, listed = await self._metadata.has_products(), await self._metadata.lists_products()
        except NotAuthorised:
            there, listed = False, False
        if not there:
            words = (
                f"The plan ({plan}) has no product catalogue: products, items and appointment types stay behind (F7)."
            )
            return [Finding("warning", "no-products", words, "Nothing, or upgrade to Pro before the plan is made.")]
        if not listed:
            words = "Products cannot be listed: one whose answer gets lost is left to a person."
            return [Finding("info", "products-unlisted", words)]
        return []

    async def _currency(self) -> str:
        try:
            return (await self._metadata.choices()).currency
        except VendorRefused:
            return ""

    def _what_to_know(self, users: list[User]) -> Iterator[Finding]:
        active = sum(user.active for user in users)
        yield Finding(
            "info",
            "owner-ids",
            f"{active} active users can own records. Practitioners without one must be decided on before the load.",
        )
        if not self._client.access.codes():
            yield Finding(
                "info",
                "fields-by-hand",
                "Freshsales' documentation names no way to make fields of contacts, accounts and deals by program: an "
                "administrator makes them from the setup plan, and Gurney verifies them before anything is loaded.",
            )
        yield self._removal()
        yield Finding(
            "info",
            "automations",
            "Workflows, assignment rules and mails that fire on new records would run for every record that arrives.",
            "Pause them in Admin Settings, and sequences for the practitioners, while records arrive.",
        )
        yield Finding(
            "info",
            "sample-records",
            "New accounts hold sample records, which count along: delete them before the load.",
        )

    def _removal(self) -> Finding:
        if self._client.access.forgets:
            words = (
                "FORGET is on: what a rollback deletes is forgotten, with all that hangs on it, and nothing brings it "
                "back."
            )
            return Finding("warning", "forgets", words, "Leave GURNEY_FRESHSALES_FORGET empty to use the recycle bin.")
        words = (
            "A rollback puts contacts, accounts and deals into the recycle bin, where a person can restore them for 90 "
            "days. Files cannot be deleted by a program: they go out of sight with their contact."
        )
        return Finding("info", "recycle-bin", words)


def _storage(plan: str, users: int) -> Finding:
    """Room for files goes by plan and users (GOT15). What is taken of it already no answer tells (FACTS 0.4)."""
    each = int(entry(plan)["storage_gb"])
    if not each:
        words = f"The plan ({plan}) has no file storage: the clinic's attached files may find no room."
        return Finding("warning", "file-storage", words, "Switch the files off in the mapping, or upgrade.")
    return Finding(
        "info",
        "file-storage",
        f"The plan ({plan}) has {each} GB of file storage for each user, {each * users} GB for {users}; what of it is "
        "taken Freshsales does not tell. The plan compares it with the clinic's files.",
    )


def _plans(plan: str, ceiling: int | None) -> Iterator[Finding]:
    if plan == UNKNOWN:
        yield Finding(
            "warning",
            "plan-unknown",
            f"{ceiling or 'An unknown number of'} calls an hour do not tell the plan. Growth's limits are assumed.",
            'Say it in gurney.toml: [destination] edition = "growth", "pro" or "enterprise".',
        )
    elif plan == "free":
        yield Finding("error", "plan-too-small", "The plan Free has no fields of one's own.", "Upgrade to Growth.")
    if ceiling is None:
        yield Finding(
            "warning",
            "quota-unknown",
            "Freshsales did not say how many calls an hour the account has, so the forecast assumes Growth's.",
            "Say the plan in gurney.toml, and check again.",
        )
    else:
        yield Finding(
            "info",
            "quota",
            f"{ceiling:,} calls an hour for the whole account, shared with every other program that uses its API; "
            f"{reserve(ceiling):,} of each hour are kept for a rollback. When they are spent the run pauses until the "
            "hour is over and goes on. Freshsales' support raises the quota for a while when asked.",
        )
