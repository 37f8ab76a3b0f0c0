"""What `check` finds, who the users are, and what the recorded describes become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from salesforce_org import ME, Asked, Org, a_field, an_id, error, no_bytes, rows, runtime_of

from gurney.destinations.protocol import TokenCache
from gurney.destinations.salesforce.access import TokenInMemory
from gurney.destinations.salesforce.destination import Salesforce
from gurney.destinations.salesforce.limits import REQUESTS, is_derived
from gurney.destinations.salesforce.metadata import described
from gurney.destinations.vendor import Opening, vendor
from gurney.errors import Misused
from gurney.schema import FieldType

pytestmark = pytest.mark.anyio
ORGANISATION = {
    "Id": "00D000000000001EAA",
    "Name": "Harbour",
    "OrganizationType": "Enterprise Edition",
    "IsSandbox": False,
    "InstanceName": "AP99",
    "TimeZoneSidKey": "Australia/Sydney",
}
LIMITS = {
    "DailyApiRequests": {"Max": 101_000, "Remaining": 100_500},
    "DataStorageMB": {"Max": 10_240, "Remaining": 9_000},
    "FileStorageMB": {"Max": 10_240, "Remaining": 9_000},
}
AUDIT = a_field("CreatedDate", "datetime", updateable=False)


def a_user(id: str, email: str, *, active: bool = True, type: str = "Standard") -> dict[str, Any]:
    profile = {"attributes": {"type": "Profile"}, "Name": "System Administrator"}
    names = {"Id": id, "Email": email, "Username": email, "Name": "Ada Lee", "Profile": profile}
    return {**names, "IsActive": active, "UserType": type}


@pytest.fixture(autouse=True)
def harbour(org: Org) -> None:
    for name in ("Contact", "Account", "Product2", "ContentNote", "ContentVersion"):
        org.object(name, AUDIT)
    org.on("GET /limits", LIMITS)
    answer(org)


def answer(
    org: Org, *, users: list[dict[str, Any]] | None = None, permissions: Any = None, **organisation: Any
) -> None:
    everybody = users if users is not None else [a_user(ME, "Admin@Example.com")]

    def query(asked: Asked) -> Any:
        if "FROM Organization" in asked.query:
            return rows({**ORGANISATION, **organisation})
        if "FROM UserPermissionAccess" in asked.query:
            return permissions or rows()
        return rows(*everybody)

    org.on("GET /query", query)


async def codes(salesforce: Salesforce) -> set[str]:
    return {f"{finding.level} {finding.code}" for finding in (await salesforce.check()).findings}


async def test_a_fit_organisation_has_nothing_to_warn_of(salesforce: Salesforce) -> None:
    account = await salesforce.check()

    assert {finding.level for finding in account.findings} == {"info"}
    assert (account.edition, account.name, account.time_zone) == ("enterprise", "Harbour", "Australia/Sydney")
    assert (account.user.id, account.user.email, account.user.role) == (ME, "admin@example.com", "System Administrator")
    assert account.limits["custom_fields_per_object"].value == 500
    assert account.details["audit_fields"] == "true"


async def test_the_day_is_as_long_as_the_organisation_says(org: Org, salesforce: Salesforce) -> None:
    await salesforce.check()

    assert salesforce.pacer.budgets[REQUESTS].limit.ceiling == 101_000
    assert salesforce.spent().ceiling == 101_000


@pytest.mark.parametrize(
    ("organisation", "expected"),
    [
        ({"IsSandbox": True}, "info sandbox"),
        ({"OrganizationType": "Something New"}, "warning edition-unknown"),
        ({"OrganizationType": "Professional Edition"}, "warning edition-small"),
        ({"OrganizationType": "Team Edition"}, "warning edition-small"),
    ],
)
async def test_what_the_organisation_is_becomes_a_finding(
    org: Org, salesforce: Salesforce, organisation: dict[str, Any], expected: str
) -> None:
    answer(org, **organisation)

    assert expected in await codes(salesforce)


async def test_switches_and_rights_that_are_missing_become_findings(org: Org, salesforce: Salesforce) -> None:
    org.object("Contact", a_field("MailingStateCode"), a_field("CurrencyIsoCode"), deletable=False)
    org.object("Account", a_field("IsPersonAccount", "boolean"), createable=False)
    org.on("GET /sobjects/Product2/describe", error("NOT_FOUND", status=404))
    org.on("GET /sobjects/ContentNote/describe", error("NOT_FOUND", status=404))
    org.on("GET /limits", {**LIMITS, "DataStorageMB": {"Max": 5, "Remaining": 4}})
    answer(org, permissions=rows({"PermissionsApiEnabled": True, "PermissionsModifyAllData": False}))

    found = await codes(salesforce)

    assert {
        "warning audit-fields-off",
        "warning may-not-delete",
        "error object-missing",
        "warning object-missing",
        "warning notes-off",
        "warning storage-short",
        "warning state-picklists",
        "warning person-accounts",
        "warning multi-currency",
        "warning permission-missing",
    } <= found


async def test_an_organisation_that_does_not_tell_permissions_is_checked_all_the_same(
    org: Org, salesforce: Salesforce
) -> None:
    answer(org, permissions=error("INVALID_TYPE", "sObject type 'UserPermissionAccess' is not supported."))

    assert "warning permission-missing" not in await codes(salesforce)


async def test_users_of_a_sandbox_are_known_by_their_real_addresses(org: Org, salesforce: Salesforce) -> None:
    answer(
        org,
        users=[
            a_user("0051", "Jo@Example.com.invalid"),
            a_user("0052", "left@example.com", active=False),
            a_user("0053", "robot@example.com", type="AutomatedProcess"),
        ],
    )

    users = await salesforce.users()

    assert [(user.email, user.active) for user in users] == [
        ("jo@example.com", True),
        ("left@example.com", False),
        ("robot@example.com", False),
    ]


async def test_users_are_never_created(salesforce: Salesforce) -> None:
    with pytest.raises(Misused):
        await salesforce.create_user("a@example.com", "Ada", "Lee", "Standard User")


async def test_the_folder_opens_a_destination_from_what_a_login_gave(org: Org) -> None:
    names: list[str] = []

    def tokens(name: str) -> TokenCache:
        names.append(name)
        return TokenInMemory()

    told = vendor("salesforce")
    given = {"LOGIN_URL": "https://harbour.my.salesforce.com", "CLIENT_ID": "key", "CLIENT_SECRET": "secret"}
    destination = told.open(Opening(runtime_of(org), given, no_bytes, tokens, edition="developer", route="batch"))

    assert {one.name for one in told.credentials if one.required} == {"LOGIN_URL", "CLIENT_ID"}
    assert {one.name for one in told.credentials if not one.secret} == {"LOGIN_URL", "USERNAME"}
    assert destination.pacer.budgets[REQUESTS].limit.ceiling == 15_000
    assert [route.name for route in destination.routes("Contact")] == ["batch"]
    assert "key" not in names[0] and "secret" not in names[0]
    await destination.close()


@pytest.mark.parametrize("allowed", [True, False])
async def test_the_operator_says_whether_duplicates_are_saved(org: Org, allowed: bool) -> None:
    given = {"LOGIN_URL": "https://harbour.my.salesforce.com", "CLIENT_ID": "key", "CLIENT_SECRET": "secret"}
    opening = Opening(runtime_of(org), given, no_bytes, lambda _: TokenInMemory(), allow_duplicates=allowed)
    destination = vendor("salesforce").open(opening)
    org.on("DELETE /composite/sobjects", [])

    await destination.delete("Contact", [an_id(1)])
    await destination.close()

    (asked,) = org.calls("DELETE /composite/sobjects")
    assert ("Sforce-Duplicate-Rule-Header" in asked.headers) is allowed


# The vendor's recorded describes


def recorded(shared: Path, name: str) -> Any:
    return orjson.loads((shared / "vendors/salesforce/spec/describe" / f"{name}.json").read_bytes())


def test_a_recorded_contact_needs_a_last_name_and_no_account(shared: Path) -> None:
    contact = described(recorded(shared, "Contact"))
    fields = contact.schema.fields

    assert [name for name, field in fields.items() if field.required] == ["LastName"]
    assert (fields["LastName"].max_length, fields["Email"].max_length, fields["MailingStreet"].max_length) == (
        80,
        80,
        255,
    )
    assert fields["AccountId"].lookup_to == "Account"
    assert fields["OwnerId"].type is FieldType.OWNER
    assert (fields["MailingAddress"].type, fields["MailingAddress"].writable) == (FieldType.OTHER, False)
    assert fields["Salutation"].options
    assert "CreatedDate" not in contact.createable
    assert "Name" not in contact.createable | contact.updateable


def test_a_recorded_contact_names_what_a_deletion_takes_along(shared: Path) -> None:
    children = {child.object for child in described(recorded(shared, "Contact")).children if child.cascades}
    forbidding = {child.object for child in described(recorded(shared, "Contact")).children if child.restricts}

    assert {"Task", "Event", "Note", "Attachment", "ContentDocumentLink"} <= children
    assert "Case" in forbidding
    assert {"ContactHistory", "ContactShare", "ContactFeed", "ActivityHistory"} <= {
        child for child in children if is_derived(child)
    }
    assert not any(is_derived(child) for child in ("Task", "Event", "Note", "Case", "Opportunity"))


@pytest.mark.parametrize("name", ["Account", "Event", "Account_person_accounts", "Custom__c"])
def test_every_recorded_object_becomes_a_schema(shared: Path, name: str) -> None:
    found = described(recorded(shared, name))

    assert found.schema.fields
    assert found.createable <= found.schema.fields.keys()
    for field in found.schema.fields.values():
        assert field.writable is (
            field.name in found.createable | found.updateable and field.type is not FieldType.OTHER
        )
