"""Tokens: private ones, refresh tokens that work once, the agency's exchanged, and 401s that are not about tokens."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from highlevel_location import LOCATION, Location, connect

from gurney.destinations.highlevel.access import HighLevelAccess, TokenInMemory, account_key
from gurney.destinations.highlevel.destination import HighLevel
from gurney.destinations.vendor import vendor
from gurney.errors import CheckFailed, NotAuthorised, PausedForQuota
from gurney.runtime import Runtime

pytestmark = pytest.mark.anyio
APP = HighLevelAccess(LOCATION, client_id="app", client_secret="secret-1", refresh_token="r0")


async def test_the_agencys_token_becomes_the_locations_and_the_next_refresh_token_is_kept(location: Location) -> None:
    cache = TokenInMemory()
    highlevel = connect(location, APP, tokens=cache)

    await highlevel.users()

    await highlevel.close()
    kept = cache.load() or {}
    assert (kept["value"], kept["refresh_token"]) == ("location1", "r1")
    assert location.calls("POST /oauth/locationToken")[0].body == {"companyId": "Comp1", "locationId": LOCATION}


async def test_the_next_process_uses_the_kept_token(location: Location) -> None:
    cache = TokenInMemory()
    for _ in range(2):
        highlevel = connect(location, APP, tokens=cache)
        await highlevel.users()
        await highlevel.close()

    assert len(location.calls("POST /oauth/token")) == 1


async def test_a_token_that_ended_is_renewed_once_with_the_newest_refresh_token(location: Location) -> None:
    highlevel = connect(location, APP)
    await highlevel.users()
    location.token = "another"
    await location.clock.sleep(1)

    await highlevel.describe(["contacts"])

    await highlevel.close()
    assert [one.body["refresh_token"] for one in location.calls("POST /oauth/token")] == ["r0", "r1"]


async def test_a_missing_scope_is_told_by_name_and_renews_no_token(location: Location) -> None:
    location.lacks = {"/objects"}
    highlevel = connect(location, APP)
    await highlevel.users()

    with pytest.raises(NotAuthorised) as caught:
        await highlevel.describe(["custom_objects.cliniko_invoice"])

    await highlevel.close()
    assert caught.value.code == "scope-missing"
    assert "Private Integrations" in caught.value.next_step
    assert len(location.calls("POST /oauth/token")) == 1


async def test_every_group_of_scopes_that_is_missing_is_one_finding(location: Location, highlevel: HighLevel) -> None:
    location.lacks = {"/objects", "/associations", "/workflows"}

    account = await highlevel.check()

    missing = {one.level: one.words for one in account.findings if one.code == "scope-missing"}
    assert set(missing) == {"error", "warning"}
    assert sum(one.code == "scope-missing" for one in account.findings) == 3
    assert "workflows.readonly" in missing["warning"]


async def test_a_wrong_token_is_told_without_the_token(location: Location) -> None:
    highlevel = connect(location, HighLevelAccess(LOCATION, token="pit-wrong"))

    with pytest.raises(NotAuthorised) as caught:
        await highlevel.users()

    await highlevel.close()
    assert "pit-wrong" not in str(caught.value)


async def test_a_used_refresh_token_is_told_with_what_to_do(location: Location) -> None:
    location.made = 7
    highlevel = connect(location, APP)

    with pytest.raises(NotAuthorised) as caught:
        await highlevel.users()

    await highlevel.close()
    assert "gurney login highlevel" in caught.value.next_step


async def test_consent_names_all_scopes_and_the_code_becomes_a_refresh_token(location: Location) -> None:
    from highlevel_location import Transport

    login = vendor("highlevel").browser
    assert login is not None
    runtime = Runtime(clock=location.clock, transport=lambda base_url: Transport(location), environ={})
    given = {
        "LOCATION_ID": LOCATION, "CLIENT_ID": "app", "CLIENT_SECRET": "secret-1",
        "REDIRECT_URL": "https://clinic.example/back", "VERSION_ID": "v-1",
    }  # fmt: skip

    consent = login.begin(runtime, given, "http://localhost:8917/callback")
    kept = await login.finish(runtime, given, "code-1", "", "http://localhost:8917/callback")

    asked = parse_qs(urlsplit(consent.url).query)
    assert asked["redirect_uri"] == ["https://clinic.example/back"]
    assert {"contacts.write", "objects/record.write", "associations/relation.write"} <= set(asked["scope"][0].split())
    assert asked["version_id"] == ["v-1"]
    assert kept == {"REFRESH_TOKEN": "r1"}


def test_nothing_is_sent_over_plain_http_beyond_this_machine() -> None:
    with pytest.raises(CheckFailed):
        HighLevelAccess(LOCATION, token="pit-1", address="http://example.org").base_url()


def test_an_account_is_named_without_its_token() -> None:
    assert "pit-1" not in account_key(HighLevelAccess(LOCATION, token="pit-1"))


async def test_credentials_that_are_not_whole_are_refused_at_once() -> None:
    with pytest.raises(CheckFailed):
        HighLevelAccess(LOCATION, client_id="app").require_complete()


async def test_a_spent_day_pauses_until_the_vendor_says(location: Location, highlevel: HighLevel) -> None:
    location.left = 1
    await highlevel.users()

    with pytest.raises(PausedForQuota) as caught:
        await highlevel.describe(["contacts"])

    assert caught.value.until is not None
    assert 3_000 < (caught.value.until - location.clock.now()).total_seconds() <= 3_601
