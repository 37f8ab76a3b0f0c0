"""Logging in: the flow follows from the credentials, the host from the token, and no secret is ever told."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from salesforce_org import ACCESS, LOGIN, START, TOKEN, Org, client_of, error, rows, runtime_of

from gurney.destinations.salesforce.access import (
    SalesforceAccess,
    Token,
    TokenInMemory,
    assertion,
    authorisation,
    exchange,
)
from gurney.errors import AnswerWrong, CheckFailed, NotAuthorised

pytestmark = pytest.mark.anyio
REFRESHING = replace(ACCESS, refresh_token="5Aep.first")


async def asked_once(org: Org, access: SalesforceAccess, cache: TokenInMemory | None = None) -> None:
    org.on("GET /query", rows())
    client = client_of(org, access, tokens=cache)
    await client.rows("SELECT Id FROM Contact")
    await client.aclose()


async def test_without_a_refresh_token_the_app_logs_in_as_itself(org: Org) -> None:
    await asked_once(org, ACCESS)

    assert org.forms[0]["grant_type"] == ["client_credentials"]
    assert org.forms[0]["client_secret"] == ["consumer-secret"]
    assert org.asked[0].headers["Authorization"] == "Bearer 00D1!token.1"


async def test_a_refresh_token_is_used_without_a_secret_where_there_is_none(org: Org) -> None:
    await asked_once(org, replace(REFRESHING, client_secret=""))

    assert org.forms[0]["grant_type"] == ["refresh_token"]
    assert org.forms[0]["refresh_token"] == ["5Aep.first"]
    assert "client_secret" not in org.forms[0]


async def test_a_replaced_refresh_token_is_kept_for_the_next_command(org: Org) -> None:
    cache = TokenInMemory()
    org.token = {**TOKEN, "refresh_token": "5Aep.second"}
    await asked_once(org, REFRESHING, cache)
    org.token = dict(TOKEN)
    org.on("GET /query", rows())
    client = client_of(org, REFRESHING, tokens=cache)
    refusals = [error("INVALID_SESSION_ID", "Session expired or invalid", status=401)]
    org.on("GET /query", lambda asked: refusals.pop() if refusals else rows())

    await client.rows("SELECT Id FROM Contact")
    await client.aclose()

    assert org.forms[1]["refresh_token"] == ["5Aep.second"]
    assert Token.from_json(cache.load() or {}).refresh_token == "5Aep.second"


async def test_a_replaced_token_that_fails_gives_way_to_the_one_that_was_pasted(org: Org) -> None:
    cache = TokenInMemory()
    cache.save(Token("00D1!old", LOGIN, "", "5Aep.stale").to_json())
    refusals = [error("INVALID_SESSION_ID", "Session expired or invalid", status=401)]
    org.on("GET /query", lambda asked: refusals.pop() if refusals else rows())
    client = client_of(org, REFRESHING, tokens=cache)
    expired = (400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})
    org.token = lambda form: expired if form["refresh_token"] == ["5Aep.stale"] else TOKEN

    await client.rows("SELECT Id FROM Contact")
    await client.aclose()

    assert [form["refresh_token"] for form in org.forms] == [["5Aep.stale"], ["5Aep.first"]]


async def test_a_private_key_signs_an_assertion_that_its_certificate_verifies(org: Org) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    await asked_once(org, SalesforceAccess(LOGIN, "consumer.key", username="ada@harbour.example", private_key=pem))

    form = org.forms[0]
    head, claims, signature = form["assertion"][0].split(".")
    key.public_key().verify(unbase64(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    told = orjson.loads(unbase64(claims))
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert (told["iss"], told["sub"], told["aud"]) == ("consumer.key", "ada@harbour.example", LOGIN)
    assert 0 < told["exp"] - START.timestamp() <= 300


def test_a_key_that_is_none_is_told_without_its_text() -> None:
    with pytest.raises(CheckFailed) as refusal:
        assertion(SalesforceAccess(LOGIN, "k", username="ada", private_key="-----BEGIN SECRET"), 0)

    assert "SECRET" not in f"{refusal.value} {refusal.value.next_step}".replace("-----BEGIN PRIVATE KEY-----", "")


def test_a_certificate_without_a_user_is_not_enough() -> None:
    with pytest.raises(CheckFailed, match="username"):
        assertion(SalesforceAccess(LOGIN, "k", private_key="-----BEGIN PRIVATE KEY-----"), 0)


async def test_a_wrong_credential_is_told_in_the_vendors_words_without_it(org: Org) -> None:
    org.token = (400, {"error": "invalid_client", "error_description": "invalid client credentials"})

    with pytest.raises(NotAuthorised) as refusal:
        await asked_once(org, ACCESS)

    assert refusal.value.code == "invalid_client"
    assert "consumer-secret" not in str(refusal.value)
    assert "gurney login salesforce" in refusal.value.next_step


async def test_a_token_that_would_lead_to_plain_http_is_refused(org: Org) -> None:
    org.token = {**TOKEN, "instance_url": "http://harbour.example.com"}

    with pytest.raises(AnswerWrong):
        await asked_once(org, ACCESS)


async def test_nothing_to_log_in_with_is_told_before_any_call(org: Org) -> None:
    with pytest.raises(CheckFailed):
        await asked_once(org, SalesforceAccess(LOGIN, "consumer.key"))

    assert org.forms == []


async def test_the_api_lives_where_the_token_says(org: Org) -> None:
    org.token = {**TOKEN, "instance_url": "https://ap99.my.salesforce.com"}
    org.on("GET /query", rows())
    client = client_of(org)

    await client.rows("SELECT Id FROM Contact")

    assert org.asked[0].headers["Host"] == "ap99.my.salesforce.com"
    await client.aclose()


async def test_a_browser_login_keeps_its_verifier_to_itself_until_the_code_is_exchanged(org: Org) -> None:
    runtime = runtime_of(org)
    org.token = {**TOKEN, "refresh_token": "5Aep.browser"}
    access = SalesforceAccess(LOGIN, "consumer.key")

    url, verifier, state = authorisation(runtime, access, "http://localhost:1717/OauthRedirect")
    token = await exchange(
        runtime, access, "code.1", verifier, "http://localhost:1717/OauthRedirect", user_agent="gurney/test"
    )

    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{LOGIN}/services/oauth2/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert verifier not in url
    assert asked["state"] == [state]
    assert org.forms[0]["code_verifier"] == [verifier]
    assert token.refresh_token == "5Aep.browser"


async def test_a_browser_login_without_a_refresh_token_says_what_to_tick(org: Org) -> None:
    with pytest.raises(NotAuthorised) as refusal:
        await exchange(runtime_of(org), ACCESS, "code.1", "v", "http://localhost:1717/", user_agent="gurney/test")

    assert "at any time" in refusal.value.next_step


@pytest.mark.parametrize("pasted", ["harbour.my.salesforce.com", f"{LOGIN}/", f"{LOGIN}/lightning/page/home"])
def test_any_pasted_form_of_the_domain_becomes_its_host(pasted: str) -> None:
    assert SalesforceAccess(pasted, "k").login_host() == LOGIN


@pytest.mark.parametrize("pasted", ["http://harbour.my.salesforce.com", "", "ftp://x"])
def test_an_address_without_encryption_is_refused(pasted: str) -> None:
    with pytest.raises(CheckFailed):
        SalesforceAccess(pasted, "k").login_host()


def unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
