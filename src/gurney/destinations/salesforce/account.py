"""What a migration must know before it starts: who we are there, what we may, what the organisation allows (FACTS 0-2).

Read-only. Everything that is wrong becomes a finding, so that a person sees all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gurney.destinations.protocol import Account, User
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.limits import UNKNOWN, account_limits, daily_requests, data, edition_of
from gurney.destinations.salesforce.metadata import CREATED_AT, FILES, NOTES, Described, Metadata
from gurney.destinations.salesforce.rules import own_email
from gurney.destinations.salesforce.soql import select
from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import Finding

USER_FIELDS = ("Id", "Email", "Username", "Name", "IsActive", "UserType", "Profile.Name")
ORGANISATION_FIELDS = ("Id", "Name", "OrganizationType", "IsSandbox", "InstanceName", "TimeZoneSidKey")
STANDARD_OBJECTS = ("Contact", "Account", "Product2")
OWNERS = "Standard"
"""The type of users who may own records of a clinic; others are portals, bots and the like (FACTS 2)."""
LITTLE_STORAGE_MB = 100
WITH_ADD_ON = "professional"


def user_of(raw: Mapping[str, Any]) -> User:
    """One user. Only an active one of the standard type may own records (FACTS 2)."""
    profile = raw.get("Profile")
    return User(
        id=str(raw["Id"]),
        email=own_email(str(raw.get("Email") or "")),
        name=str(raw.get("Name") or raw["Id"]),
        active=bool(raw.get("IsActive")) and raw.get("UserType", OWNERS) == OWNERS,
        role=str(profile.get("Name") or "") if isinstance(profile, dict) else "",
    )


class Accounts:
    """The organisation, its users and their rights."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata

    async def check(self) -> Account:
        """The organisation with everything that should be known before a plan is signed."""
        organisation = (await self._client.rows(select(ORGANISATION_FIELDS, "Organization")))[0]
        users = await self.users()
        me = await self._me(users)
        edition = edition_of(str(organisation.get("OrganizationType") or ""))
        seats = sum(user.active for user in users)
        left = (await self._client.get("/limits", label="limits")).document
        objects = {name: await self._metadata.described(name) for name in (*STANDARD_OBJECTS, NOTES, FILES)}
        findings = [
            *_editions(edition, organisation),
            *_requests(left),
            *_storage(left),
            *await self._permissions(),
            *_objects(objects),
            *_options(objects),
            *_owners(users),
        ]
        return Account(
            id=str(organisation["Id"]),
            name=str(organisation.get("Name") or ""),
            edition=edition,
            time_zone=str(organisation.get("TimeZoneSidKey") or ""),
            user=me,
            findings=tuple(findings),
            limits=account_limits(edition, seats),
            details={
                "users": str(seats),
                "sandbox": str(bool(organisation.get("IsSandbox"))).lower(),
                "instance": str(organisation.get("InstanceName") or ""),
                "audit_fields": str(_sets_audit(objects)).lower(),
                "requests_a_day": str(_maximum(left, "DailyApiRequests") or daily_requests(edition, seats) or ""),
            },
        )

    async def users(self) -> list[User]:
        """Everybody, active or not."""
        return [user_of(row) for row in await self._client.rows(select(USER_FIELDS, "User"))]

    async def _me(self, users: Sequence[User]) -> User:
        id = (await self._client.token()).user_id
        return next((user for user in users if user.id[:15] == id[:15]), User(id, "", id, True))

    async def _permissions(self) -> list[Finding]:
        """Our own permissions, as far as the organisation tells them."""
        wanted = data()["permissions"]
        try:
            rows = await self._client.rows(select([one["field"] for one in wanted], "UserPermissionAccess"))
        except (NotAuthorised, VendorRefused):
            rows = []
        if not rows:
            return []  # what is missing shows when the objects are described and the package is checked
        return [
            Finding(
                one["level"],
                "permission-missing",
                f"The user lacks the permission '{one['name']}', needed for {one['use']}.",
                "Give it to the user by a permission set or the profile in Setup > Users.",
            )
            for one in wanted
            if rows[0].get(one["field"]) is False
        ]


def _editions(edition: str, organisation: Mapping[str, Any]) -> Iterator[Finding]:
    told = str(organisation.get("OrganizationType") or "nothing")
    if organisation.get("IsSandbox"):
        yield Finding(
            "info", "sandbox", "This is a sandbox: what is loaded here reaches no patient's production record."
        )
    if edition == UNKNOWN:
        yield Finding("warning", "edition-unknown", f"The organisation calls itself '{told}'; its limits are unknown.")
    elif edition == WITH_ADD_ON or daily_requests(edition, 0) is None:
        yield Finding(
            "warning",
            "edition-small",
            f"This is '{told}': the API is an add-on there, and custom fields are few.",
            "See the limits in the audit; Enterprise and above have the API.",
        )


def _requests(left: Mapping[str, Any]) -> Iterator[Finding]:
    most, remaining = _maximum(left, "DailyApiRequests"), _remaining(left, "DailyApiRequests")
    if most is not None:
        yield Finding(
            "info",
            "requests-a-day",
            f"{most} API requests in 24 hours, {remaining} of them left. A request costs one whatever it carries.",
        )


def _storage(left: Mapping[str, Any]) -> Iterator[Finding]:
    for name, what in (("DataStorageMB", "records"), ("FileStorageMB", "files and notes")):
        remaining = _remaining(left, name)
        if remaining is not None and remaining < LITTLE_STORAGE_MB:
            yield Finding(
                "warning",
                "storage-short",
                f"{remaining} MB are left for {what}. A record takes about 2 KB, a file its own size.",
                "Compare with the audit's counts; free storage or buy more before the load.",
            )


def _objects(objects: Mapping[str, Described | None]) -> Iterator[Finding]:
    """Objects that the migration uses and this user cannot see, create or delete."""
    for name in STANDARD_OBJECTS:
        described = objects[name]
        if described is None or not described.may_create:
            yield Finding(
                "warning" if name == "Product2" else "error",
                "object-missing",
                f"The user may not {'see' if described is None else 'create'} {name}.",
                "Give the user create, read, edit and delete on it by a permission set.",
            )
        elif not described.may_delete:
            words = f"The user may not delete {name}: a rollback would leave what was created."
            yield Finding("warning", "may-not-delete", words, "Give the user 'delete' on it by a permission set.")
    if objects[NOTES] is None:
        yield Finding(
            "warning",
            "notes-off",
            "Notes are switched off.",
            "Switch them on in Setup > Notes Settings, or leave notes out.",
        )
    if not _sets_audit(objects):
        yield Finding(
            "warning",
            "audit-fields-off",
            f"{CREATED_AT} cannot be set here: records will show the day of the migration, and keep the original "
            "day in a field of their own.",
            "In Setup > User Interface enable 'Set Audit Fields upon Record Creation'; provisioning then gives the "
            "user that permission.",
        )


def _options(objects: Mapping[str, Described | None]) -> Iterator[Finding]:
    """Options of the organisation that change what its fields take."""
    contact, account = (_fields(objects[name]) for name in ("Contact", "Account"))
    if "MailingStateCode" in contact:
        yield Finding(
            "warning",
            "state-picklists",
            "State and country are pick-lists here: an address whose state is spelled otherwise is refused.",
            "Map states and countries to the organisation's words in the mapping.",
        )
    if "IsPersonAccount" in account:
        words = "Person accounts are on: patients still become contacts, each with the account that the mapping says."
        yield Finding("warning", "person-accounts", words)
    if "CurrencyIsoCode" in contact:
        yield Finding(
            "warning",
            "multi-currency",
            "The organisation has several currencies: amounts are written in the user's own.",
            "Check that the clinic's amounts are in that currency.",
        )
    yield Finding(
        "info",
        "duplicate-rules",
        "Duplicate rules that warn are passed over: families share names, phones and e-mails. Rules that block still "
        "do.",
    )


def _owners(users: Sequence[User]) -> Iterator[Finding]:
    active = sum(user.active for user in users)
    yield Finding(
        "info",
        "owner-ids",
        f"{active} active users can own records. Owners are set by user id: practitioners without an active user must "
        "be decided on before anything is loaded. Users are never created: each takes a licence.",
    )


def _sets_audit(objects: Mapping[str, Described | None]) -> bool:
    contact = objects["Contact"]
    return contact is not None and CREATED_AT in contact.createable


def _fields(described: Described | None) -> frozenset[str]:
    return frozenset(described.schema.fields) if described is not None else frozenset()


def _maximum(left: Mapping[str, Any], name: str) -> int | None:
    found = left.get(name)
    return int(found["Max"]) if isinstance(found, dict) and "Max" in found else None


def _remaining(left: Mapping[str, Any], name: str) -> int | None:
    found = left.get(name)
    return int(found["Remaining"]) if isinstance(found, dict) and "Remaining" in found else None
