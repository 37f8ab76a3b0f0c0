"""Who we are there and what the plan allows: logging in, checking, users."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from pipedrive_company import SINGLE, Asked, Company, Reply, a_person, connect, open_file, user

from gurney.destinations.pipedrive.access import PipedriveAccess, TokenInMemory, account_key
from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.destinations.pipedrive.vendor import VENDOR
from gurney.destinations.vendor import Opening
from gurney.errors import CheckFailed, NotAuthorised
from gurney.records import File, State

pytestmark = pytest.mark.anyio
APP = PipedriveAccess(client_id="app", client_secret="hush", refresh_token="rt-1")
ALL_SCOPES = "base,contacts:full,contact-fields:full,activities:full,admin,products:full,users:read"


def token(**more: Any) -> dict[str, Any]:
    told = {"access_token": "", "expires_in": 3600, "refresh_token": "rt-1", "scope": ALL_SCOPES}
    return {**told, "api_domain": "https://harbour.pipedrive.com", **more}


@pytest.fixture
async def app(company: Company) -> AsyncIterator[Pipedrive]:
    company.token = token()
    destination = connect(company, APP)
    yield destination
    await destination.close()


def codes(findings: tuple[Any, ...], level: str) -> set[str]:
    return {finding.code for finding in findings if finding.level == level}


async def test_a_sound_account_has_no_errors_and_tells_what_counts(company: Company) -> None:
    company.left, company.ceiling = 59_000, 60_000
    pipedrive = connect(company, edition=None, users=0)

    account = await pipedrive.check()

    assert not codes(account.findings, "error") | codes(account.findings, "warning")
    assert (account.id, account.name, account.edition) == ("1", "Harbour Clinic", "lite")
    assert (account.user.email, account.user.role, account.time_zone) == (
        "admin@example.com",
        "admin",
        "Australia/Hobart",
    )
    assert account.details["currency"] == "AUD"
    assert account.details["tokens_a_day"] == "60000"
    assert account.details["tokens_reserved_for_rollback"] == "1200"
    assert account.limits["custom_fields_per_object"].value == 30
    assert account.limits["daily_tokens"].value == 60_000
    assert {"tokens", "no-restore", "automations", "custom-fields"} <= codes(account.findings, "info")
    assert {"GET"} == {each.method for each in company.asked}
    await pipedrive.close()


async def test_a_plan_that_nothing_explains_is_said(company: Company) -> None:
    company.left = company.ceiling = 77_000
    pipedrive = connect(company, edition=None, users=0)

    account = await pipedrive.check()

    assert account.edition == "unknown"
    assert "plan-unknown" in codes(account.findings, "warning")
    await pipedrive.close()


async def test_the_plan_is_known_though_somebody_was_hired_meanwhile(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seats of the smallest plan have 60,000 tokens a day, three 90,000."""
    company.left = company.ceiling = 90_000
    listed = company._users

    def users(asked: Asked, rest: list[str]) -> Reply:
        status, told, *more = listed(asked, rest)
        if asked.name == "GET /v1/users" and len(company.users) == 2:
            told = {**told, "data": [*told["data"]]}
            company.users.append(user(4713, "lee@example.com"))
        return status, told, *more

    monkeypatch.setattr(company, "_users", users)
    pipedrive = connect(company, edition=None, users=0)

    account = await pipedrive.check()

    assert (account.edition, account.details["users"]) == ("lite", "3")
    await pipedrive.close()


async def test_somebody_who_is_no_administrator_is_warned(company: Company) -> None:
    company.is_admin = False
    company.users[0]["access"] = [{"app": "sales", "admin": False}]
    pipedrive = connect(company)

    account = await pipedrive.check()

    assert "not-administrator" in codes(account.findings, "warning")
    await pipedrive.close()


async def test_a_full_account_is_warned_of(company: Company) -> None:
    for number in range(30):
        company.a_field("products", f"Field {number}", "varchar")
    pipedrive = connect(company, edition="lite", users=1)

    account = await pipedrive.check()

    assert "custom-fields" in codes(account.findings, "warning")
    await pipedrive.close()


async def test_users_are_told_with_whether_they_are_active(company: Company, pipedrive: Pipedrive) -> None:
    company.users[1]["active_flag"] = False
    company.users[1]["email"] = "Ng@Example.com"

    admin, left = await pipedrive.users()

    assert (admin.active, left.active, left.email) == (True, False, "ng@example.com")
    made = await pipedrive.create_user("lee@example.com", "Ada", "Lee", "")
    assert (made.email, made.active) == ("lee@example.com", False)
    assert company.calls("POST /v1/users")[0].body == {"email": "lee@example.com"}


async def test_an_api_token_goes_in_its_header_to_the_companys_own_host(company: Company) -> None:
    pipedrive = connect(company, PipedriveAccess(api_token="s3cret", address="Harbour"))

    await pipedrive.users()

    (asked,) = company.asked
    assert asked.headers["x-api-token"] == "s3cret"
    assert asked.headers["host"] == "harbour.pipedrive.com"
    assert "api_token" not in asked.params
    assert "s3cret" not in repr(PipedriveAccess(api_token="s3cret"))
    await pipedrive.close()


@pytest.mark.parametrize(
    ("address", "url", "oauth"),
    [
        ("", "", "https://oauth.pipedrive.com"),
        ("acme", "https://acme.pipedrive.com", "https://oauth.pipedrive.com"),
        ("acme.pipedrive.com/persons", "https://acme.pipedrive.com", "https://oauth.pipedrive.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_company_is_found_however_its_address_is_pasted(address: str, url: str, oauth: str) -> None:
    access = PipedriveAccess(api_token="t", address=address)

    assert (access.base_url(), access.oauth_url()) == (url, oauth)


def test_an_address_without_encryption_is_refused() -> None:
    with pytest.raises(CheckFailed):
        PipedriveAccess(api_token="t", address="http://acme.pipedrive.com").base_url()


async def test_an_app_gets_one_token_for_all_and_asks_where_it_says(company: Company, app: Pipedrive) -> None:
    outcomes = await app.write([a_person(str(number)) for number in range(5)], SINGLE)

    assert {one.state for one in outcomes} == {State.DONE}
    assert company.tokens_made == 1
    assert company.form == {"grant_type": ["refresh_token"], "refresh_token": ["rt-1"]}
    assert company.asked[0].headers["authorization"] == "Bearer at-1"
    assert company.asked[0].headers["host"] == "harbour.pipedrive.com"


async def test_a_token_is_renewed_early_and_once_when_refused(company: Company, app: Pipedrive) -> None:
    await app.users()
    company.clock.elapsed += 3_600 - 200
    await app.users()
    assert company.tokens_made == 2

    company.disturb("GET /v1/users", "401")
    await app.users()

    assert company.tokens_made == 3
    assert company.asked[-1].headers["authorization"] == "Bearer at-3"


async def test_a_token_outlives_the_process_and_a_new_refresh_token_is_kept(company: Company) -> None:
    company.token = token(refresh_token="rt-2")
    cache = TokenInMemory()
    first = connect(company, APP, tokens=cache)
    await first.users()
    await first.close()

    second = connect(company, APP, tokens=cache)
    await second.users()
    assert company.tokens_made == 1
    company.clock.elapsed += 3_600
    await second.users()

    assert company.form["refresh_token"] == ["rt-2"]
    await second.close()


async def test_a_dead_refresh_token_says_what_to_do_and_tells_no_secret(company: Company) -> None:
    company.token = (400, {"success": False, "error": "Invalid grant: refresh_token is invalid"})
    pipedrive = connect(company, APP)

    with pytest.raises(NotAuthorised) as no:
        await pipedrive.users()

    words = f"{no.value} {no.value.next_step}"
    assert "install the app again" in words.lower()
    assert not any(secret in words for secret in ("hush", "rt-1"))
    await pipedrive.close()


async def test_scopes_that_are_missing_are_named(company: Company) -> None:
    company.token = token(scope="base,contacts:full,users:read")
    pipedrive = connect(company, APP)

    account = await pipedrive.check()

    missing = [finding.words for finding in account.findings if finding.code == "scope-missing"]
    assert len(missing) == 4
    assert any("activities:full" in words for words in missing)
    await pipedrive.close()


def test_accounts_are_told_apart_without_telling_a_credential() -> None:
    one, other = account_key(PipedriveAccess(api_token="a")), account_key(PipedriveAccess(api_token="b"))

    assert one != other
    assert one.startswith("pipedrive-")


async def test_the_engine_opens_it_with_a_token_or_an_app_and_with_nothing_less(company: Company) -> None:
    def opening(credentials: Mapping[str, str]) -> Opening:
        async def opened(file: File) -> AsyncIterator[bytes]:
            async for chunk in open_file(file):
                yield chunk

        runtime = connect(company)._client.runtime
        return Opening(runtime, credentials, opened, lambda key: TokenInMemory(), edition="growth", users=2)

    by_token = VENDOR.open(opening({"API_TOKEN": "t", "BASE_URL": "harbour"}))
    by_app = VENDOR.open(opening({"CLIENT_ID": "i", "CLIENT_SECRET": "s", "REFRESH_TOKEN": "r"}))

    assert by_token.spent().ceiling == by_app.spent().ceiling == 120_000
    with pytest.raises(CheckFailed):
        VENDOR.open(opening({"CLIENT_ID": "i"}))
    assert VENDOR.editions() == ("lite", "growth", "premium", "ultimate")
    assert {plan: VENDOR.limits(plan, 3)["daily_tokens"].value for plan in VENDOR.editions()} == {
        "lite": 90_000,
        "growth": 180_000,
        "premium": 450_000,
        "ultimate": 630_000,
    }
