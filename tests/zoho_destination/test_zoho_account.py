"""Before a migration: credentials, rights, edition, privacy, users; and what each trouble is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from zoho_org import KEY, START, Asked, Org, a_field, connect, refused

from gurney.destinations.protocol import Account
from gurney.destinations.zoho.access import Token
from gurney.destinations.zoho.destination import Zoho
from gurney.errors import CheckFailed, NotAuthorised, PausedForQuota, VendorRefused

pytestmark = pytest.mark.anyio

ORG = {
    "zgid": "808232144",
    "company_name": "Harbour Clinic",
    "time_zone": "Australia/Sydney",
    "iso_code": "AUD",
    "hipaa_compliance_enabled": False,
    "type": "production",
    "license_details": {"paid": True, "paid_type": "enterprise", "users_license_purchased": 5, "trial_type": None},
}
ADMIN = {
    "id": "55",
    "email": "Admin@Clinic.test",
    "full_name": "Ada Admin",
    "status": "active",
    "profile": {"name": "Administrator", "id": "26011"},
    "role": {"name": "CEO", "id": "26005"},
}


def well(org: Org, **changes: Any) -> None:
    org.on("GET /org", {"org": [ORG | changes]})
    org.on("GET /users", {"users": [ADMIN], "info": {"more_records": False}})
    permission = {"name": "Crm_Implied_Customize_Zoho_CRM", "enabled": True}
    org.on("GET /settings/profiles/26011", {"profiles": [{"id": "26011", "permissions_details": [permission]}]})
    org.on("GET /org/currencies", {"currencies": [{"iso_code": "AUD", "is_active": True}]})
    for name in ("Contacts", "Accounts", "Products", "Tasks", "Events"):
        org.module(name, KEY)


def codes(account: Account, level: str = "") -> set[str]:
    return {finding.code for finding in account.findings if not level or finding.level == level}


async def test_a_fit_account_has_no_complaints(org: Org, zoho: Zoho) -> None:
    well(org)

    account = await zoho.check()

    assert (account.id, account.name, account.edition) == ("808232144", "Harbour Clinic", "enterprise")
    assert account.user.email == "admin@clinic.test"
    assert account.limits["daily_credits"].value == 55_000
    assert account.limits["custom_fields_per_object"].value == 300
    assert codes(account) == {"credits-not-linear", "owner-ids"}
    assert {asked.method for asked in org.asked} == {"GET"}


async def test_hidden_health_data_is_warned_of(org: Org, zoho: Zoho) -> None:
    well(org, hipaa_compliance_enabled=True)

    assert "hipaa-restriction" in codes(await zoho.check(), "warning")


async def test_a_unique_email_is_warned_of(org: Org, zoho: Zoho) -> None:
    well(org)
    email = a_field("Email", "email", custom_field=False, unique={"case_sensitive": False})
    org.fields["Contacts"].append(email)

    assert "unique-contact-field" in codes(await zoho.check(), "warning")


async def test_small_editions_and_many_currencies_are_warned_of(org: Org, zoho: Zoho) -> None:
    well(org, license_details={"paid": True, "paid_type": "standard", "users_license_purchased": 2})
    org.on("GET /org/currencies", {"currencies": [{"iso_code": "AUD"}, {"iso_code": "NZD"}]})

    account = await zoho.check()

    assert {"edition-small", "multi-currency"} <= codes(account, "warning")
    assert account.limits["daily_credits"].value == 50_500
    assert zoho.spent().ceiling == 50_500


async def test_missing_scopes_are_named(org: Org, zoho: Zoho) -> None:
    well(org)
    org.token = {**org.token, "scope": "ZohoCRM.modules.ALL,ZohoCRM.org.READ,ZohoCRM.users.READ,ZohoCRM.coql.READ"}

    account = await zoho.check()

    missing = {finding.words for finding in account.findings if finding.code == "scope-missing"}
    assert any("ZohoCRM.settings.ALL" in words for words in missing)
    assert codes(account, "error") == {"scope-missing"}


async def test_scopes_are_probed_where_the_token_does_not_tell(org: Org, zoho: Zoho) -> None:
    well(org)
    org.token = {**org.token, "scope": None}
    mismatch = (401, refused("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"))
    org.on("POST /coql", mismatch)
    org.on("GET /Contacts", None)
    org.on("GET /settings/profiles", {"profiles": []})
    org.on("GET /Contacts/actions/count", {"count": 0})

    account = await zoho.check()

    (finding,) = [finding for finding in account.findings if finding.code == "scope-missing"]
    assert "ZohoCRM.coql.READ" in finding.words


async def test_a_user_without_rights_is_refused(org: Org, zoho: Zoho) -> None:
    well(org)
    denied = {"name": "Crm_Implied_Customize_Zoho_CRM", "enabled": False}
    org.on("GET /users", {"users": [ADMIN | {"profile": {"name": "Standard", "id": "26014"}}]})
    org.on("GET /settings/profiles/26014", {"profiles": [{"id": "26014", "permissions_details": [denied]}]})

    account = await zoho.check()

    assert codes(account, "error") == {"may-not-customise"}
    assert "not-administrator" in codes(account, "warning")


async def test_all_users_are_listed_page_by_page(org: Org, zoho: Zoho) -> None:
    def page(asked: Asked) -> Any:
        at = asked.params.get("page", "1")
        users = [ADMIN | {"id": at, "status": "active" if at == "1" else "disabled"}]
        return {"users": users, "info": {"more_records": at == "1"}}

    org.on("GET /users", page)

    assert [(user.id, user.active) for user in await zoho.users()] == [("1", True), ("2", False)]


async def test_a_user_is_invited_with_a_role_and_a_profile(org: Org, zoho: Zoho) -> None:
    org.on("GET /settings/roles", {"roles": [{"id": "7", "name": "Practitioner"}]})
    org.on("GET /settings/profiles", {"profiles": [{"id": "8", "name": "Standard"}]})
    org.on("POST /users", (201, {"users": [{"code": "SUCCESS", "details": {"id": "99"}, "status": "success"}]}))
    org.on("GET /users/99", {"users": [ADMIN | {"id": "99", "status": "disabled", "confirm": False}]})

    user = await zoho.create_user("p@clinic.test", "Pat", "Lee", "practitioner")

    (sent,) = org.calls("POST /users")[0].body["users"]
    assert (sent["role"], sent["profile"]) == ("7", "8")
    assert (user.id, user.active) == ("99", False)
    with pytest.raises(CheckFailed, match="role 'Owner'"):
        await zoho.create_user("p@clinic.test", "Pat", "Lee", "Owner")
    org.on("POST /users", (403, {"users": [refused("LICENSE_LIMIT_EXCEEDED", "licence limit")]}))
    with pytest.raises(VendorRefused, match="LICENSE_LIMIT_EXCEEDED"):
        await zoho.create_user("p@clinic.test", "Pat", "Lee", "Practitioner")


async def test_many_calls_share_one_token(org: Org, zoho: Zoho) -> None:
    import asyncio

    org.on("POST /coql", None)

    await asyncio.gather(*(zoho.find("Contacts", "Cliniko_ID", [str(at)]) for at in range(20)))

    assert org.tokens_made == 1
    assert org.form["grant_type"] == ["refresh_token"]


async def test_an_expired_token_is_renewed_once_for_all(org: Org, zoho: Zoho) -> None:
    import asyncio

    expired = (401, refused("INVALID_TOKEN", "invalid oauth token"))

    def reply(asked: Asked) -> Any:
        return expired if asked.headers["Authorization"].endswith("token.1") else None

    org.on("POST /coql", reply)

    await asyncio.gather(*(zoho.find("Contacts", "Cliniko_ID", [str(at)]) for at in range(5)))

    assert org.tokens_made == 2


async def test_a_token_near_its_end_is_renewed_before_it_is_used(org: Org, zoho: Zoho) -> None:
    org.on("POST /coql", None)
    await zoho.find("Contacts", "Cliniko_ID", ["1"])
    org.clock.elapsed += 3590

    await zoho.find("Contacts", "Cliniko_ID", ["1"])

    assert org.tokens_made == 2


async def test_a_token_outlives_the_process_where_it_is_kept(org: Org) -> None:
    class Kept:
        kept: dict[str, Any] | None = None

        def load(self) -> dict[str, Any] | None:
            return self.kept

        def save(self, token: Mapping[str, Any]) -> None:
            self.kept = dict(token)

    org.on("POST /coql", None)
    cache = Kept()
    for _ in range(3):
        zoho = connect(org, tokens=cache)
        await zoho.find("Contacts", "Cliniko_ID", ["1"])
        await zoho.close()

    assert org.tokens_made == 1
    kept = cache.load()
    assert kept is not None
    assert "1000.token" not in repr(Token.from_json(kept))


async def test_a_fresh_token_that_the_api_refuses_points_to_the_data_centre(org: Org, zoho: Zoho) -> None:
    org.on("POST /coql", (401, refused("INVALID_TOKEN", "invalid oauth token")))

    with pytest.raises(NotAuthorised) as no:
        await zoho.find("Contacts", "Cliniko_ID", ["1"])

    assert "data centre" in no.value.next_step
    assert no.value.code == "INVALID_TOKEN"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("error", ["invalid_code", "invalid_client", "invalid_client_secret", "other"])
async def test_refused_credentials_are_told_apart_whatever_the_status(
    org: Org, zoho: Zoho, status: int, error: str
) -> None:
    org.token = (status, {"error": error})

    with pytest.raises(NotAuthorised) as no:
        await zoho.check()

    assert no.value.code == error
    assert "client-secret" not in no.value.message + no.value.next_step


async def test_too_many_tokens_are_waited_for(org: Org, zoho: Zoho) -> None:
    words = "You have made too many requests continuously. Please try again after some time."
    org.token = (400, {"error": "Access Denied", "error_description": words, "status": "failure"})

    with pytest.raises(PausedForQuota) as paused:
        await zoho.check()

    assert paused.value.until == START + timedelta(minutes=10)


async def test_reads_are_repeated_and_429_is_waited_out(org: Org, zoho: Zoho) -> None:
    busy = (429, refused("TOO_MANY_REQUESTS", "too many requests"), {"Retry-After": "2"})
    answer = {"data": [{"id": "11", "Cliniko_ID": "1"}], "info": {}}
    org.on("POST /coql", [httpx2.ReadTimeout("slow"), busy, answer])

    assert await zoho.find("Contacts", "Cliniko_ID", ["1"]) == {"1": "11"}
    assert zoho.spent().refused == 1
