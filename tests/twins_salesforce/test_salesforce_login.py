"""Sessions: the flows of the login host, and what ends a session."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from salesforce_client import Org

from gurney.twins.kit.options import BadOption
from gurney.twins.salesforce.tokens import challenge_of

pytestmark = pytest.mark.anyio
CALLBACK = "http://127.0.0.1:8123/callback"


async def token(org: Org, **form: str) -> Any:
    return await org.http.post("/services/oauth2/token", data=form)


async def code(org: Org, **more: str) -> str:
    asked = {"response_type": "code", "redirect_uri": CALLBACK, "client_id": org.world.tokens.client_id, **more}
    answer = await org.http.get("/services/oauth2/authorize", params=asked)
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


@pytest.mark.rule("salesforce.client-credentials")
@pytest.mark.rule("salesforce.no-expiry")
async def test_client_credentials_give_a_session_without_expiry_and_without_refresh_token(org: Org) -> None:
    body = (await org.sign_in()).json()
    assert body["token_type"] == "Bearer"
    assert body["instance_url"] == "https://acme.test"
    assert "!" in body["access_token"]
    assert "expires_in" not in body and "refresh_token" not in body


async def test_the_identity_address_and_userinfo_name_the_user(org: Org) -> None:
    body = (await org.sign_in()).json()
    identity = (await org.ask("GET", urlsplit(body["id"]).path)).json()
    assert identity["username"] == "admin@example.com"
    told = (await org.ask("GET", "/services/oauth2/userinfo")).json()
    assert told["organization_id"] == identity["organization_id"] == org.world.org["Id"]


async def test_wrong_client_is_told_which_part_is_wrong(org: Org) -> None:
    wrong_id = await org.sign_in(client_id="x")
    assert (wrong_id.status_code, wrong_id.json()["error"]) == (400, "invalid_client_id")
    wrong_secret = await org.sign_in(client_secret="x")
    assert wrong_secret.json() == {"error": "invalid_client", "error_description": "invalid client credentials"}
    assert (await token(org, grant_type="magic")).json()["error"] == "unsupported_grant_type"
    assert (await token(org, grant_type="password")).json()["error_description"] == "authentication failure"


@pytest.mark.rule("salesforce.bad-session")
async def test_a_wrong_token_and_none_at_all_are_401(org: Org) -> None:
    org.token = "nonsense"
    answer = await org.ask("GET", "limits")
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    bare = await org.http.get("/services/data/v63.0/limits")
    assert (bare.status_code, bare.json()[0]["errorCode"]) == (401, "INVALID_AUTH_HEADER")


@pytest.mark.rule("salesforce.session-timeout")
async def test_a_session_ends_two_hours_after_its_last_use() -> None:
    org = Org()
    short = Org(switches={"session_minutes": "15"})
    await short.sign_in()
    short.pass_time(16 * 60)
    assert (await short.ask("GET", "limits")).status_code == 401
    for _ in range(3):
        org.pass_time(100 * 60) if org.token else await org.sign_in()
        assert (await org.ask("GET", "limits")).status_code == 200
    org.pass_time(121 * 60)
    assert (await org.ask("GET", "limits")).json()[0]["errorCode"] == "INVALID_SESSION_ID"


async def test_a_session_ends_with_the_fault_and_when_its_user_is_switched_off(org: Org) -> None:
    await org.as_user("anna@clinic.example")
    await org.admin("POST deactivate", {"email": "anna@clinic.example"})
    assert (await org.ask("GET", "limits")).status_code == 401
    await org.sign_in()
    org.twin.faults.add("expire_token", nth=1)
    assert (await org.ask("GET", "limits")).status_code == 401
    refused = await token(org, grant_type="client_credentials", **org.service.credentials())
    assert refused.status_code == 200


async def test_an_inactive_user_cannot_refresh(org: Org) -> None:
    refresh = await org.as_user("anna@clinic.example")
    await org.admin("POST deactivate", {"email": "anna@clinic.example"})
    form = {"grant_type": "refresh_token", "refresh_token": refresh, **org.service.credentials()}
    assert (await token(org, **form)).json()["error_description"] == "inactive user"


async def test_refresh_gives_a_new_session_until_revoked(org: Org) -> None:
    refresh = await org.as_user("anna@clinic.example")
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": org.world.tokens.client_id}
    body = (await token(org, **form)).json()
    assert "refresh_token" not in body
    org.token = body["access_token"]
    assert (await org.http.post("/services/oauth2/revoke", data={"token": refresh})).status_code == 200
    assert (await token(org, **form)).json() == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }
    assert (await org.ask("GET", "limits")).status_code == 401


@pytest.mark.rule("salesforce.refresh-rotation")
async def test_a_rotating_refresh_token_works_once() -> None:
    org = Org(switches={"refresh_rotation": "yes"})
    refresh = await org.as_user("admin@example.com")
    form = {"grant_type": "refresh_token", "refresh_token": refresh, **org.service.credentials()}
    renewed = (await token(org, **form)).json()["refresh_token"]
    assert (await token(org, **form)).json()["error"] == "invalid_grant"
    assert (await token(org, **{**form, "refresh_token": renewed})).status_code == 200


@pytest.mark.rule("salesforce.approvals")
async def test_the_sixth_approval_kills_the_first(org: Org) -> None:
    few = Org(switches={"approvals": "1"})
    await few.as_user("admin@example.com")
    await few.as_user("admin@example.com")
    assert len(few.world.tokens.approvals) == 1
    refreshes = [await org.as_user("admin@example.com") for _ in range(6)]
    forms = [
        {"grant_type": "refresh_token", "refresh_token": one, **org.service.credentials()} for one in refreshes[:2]
    ]
    assert [(await token(org, **form)).status_code for form in forms] == [400, 200]


@pytest.mark.rule("salesforce.pkce")
async def test_an_authorization_code_works_once_with_its_verifier(org: Org) -> None:
    verifier = "v" * 64
    asked = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256", "scope": "api refresh_token"}
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": org.world.tokens.client_id}
    bad = await token(org, **form, code=await code(org, **asked), code_verifier="w" * 64)
    assert bad.json()["error_description"] == "invalid code verifier"
    one = await code(org, **asked)
    good = await token(org, **form, code=one, code_verifier=verifier)
    assert good.json()["refresh_token"]
    again = await token(org, **form, code=one, code_verifier=verifier)
    assert again.json()["error_description"] == "expired authorization code"


async def test_the_redirect_goes_to_this_machine_only_and_carries_the_state(org: Org) -> None:
    asked = {"response_type": "code", "client_id": org.world.tokens.client_id, "state": "s1"}
    elsewhere = await org.http.get("/services/oauth2/authorize", params={**asked, "redirect_uri": "https://evil.test"})
    assert elsewhere.json()["error"] == "redirect_uri_mismatch"
    here = await org.http.get("/services/oauth2/authorize", params={**asked, "redirect_uri": CALLBACK})
    assert parse_qs(urlsplit(here.headers["location"]).query)["state"] == ["s1"]


def _jwt(key: rsa.RSAPrivateKey, **claims: Any) -> str:
    parts = [orjson.dumps({"alg": "RS256"}), orjson.dumps(claims)]
    head = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = base64.urlsafe_b64encode(key.sign(head.encode(), PKCS1v15(), SHA256())).rstrip(b"=").decode()
    return f"{head}.{signature}"


@pytest.mark.rule("salesforce.jwt")
async def test_a_jwt_is_checked_before_it_gives_a_session(org: Org) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    await org.admin("POST certificate", {"pem": pem})
    now = org.world.now()
    claims = {"iss": org.world.tokens.client_id, "sub": "anna@clinic.example", "aud": "https://acme.test"}

    async def tried(signer: rsa.RSAPrivateKey = key, **changes: Any) -> Any:
        assertion = _jwt(signer, **{**claims, "exp": now + 180, **changes})
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return (await token(org, grant_type=grant, assertion=assertion)).json()

    assert "access_token" in await tried()
    assert "refresh_token" not in await tried()
    assert (await tried(rsa.generate_private_key(public_exponent=65537, key_size=2048)))["error"] == "invalid_grant"
    assert (await tried(exp=now - 1))["error"] == "invalid_grant"
    assert (await tried(exp=now + 3_600))["error"] == "invalid_grant"
    assert (await tried(aud="https://other.test"))["error_description"] == "audience is invalid"
    assert (await tried(iss="x"))["error"] == "invalid_client_id"


@pytest.mark.rule("salesforce.versions")
async def test_versions_31_to_67_answer_and_older_ones_are_gone(org: Org) -> None:
    listed = (await org.http.get("/services/data/")).json()
    assert listed[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert (await org.ask("GET", "/services/data/v31.0/limits")).status_code == 200
    gone = await org.ask("GET", "/services/data/v30.0/limits")
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (410, "UNSUPPORTED_API_VERSION")
    assert (await org.ask("GET", "/services/data/v68.0/limits")).status_code == 404


@pytest.mark.rule("salesforce.uri-length")
async def test_a_long_address_is_refused_without_json(org: Org) -> None:
    answer = await org.ask("GET", "query?q=" + "x" * 17_000)
    assert answer.status_code == 414
    assert answer.headers["content-type"].startswith("text/html")
    long_header = await org.ask("GET", "limits", headers={"X-Long": "x" * 17_000})
    assert long_header.status_code == 431


@pytest.mark.rule("salesforce.api-addon")
async def test_small_editions_have_no_api_unless_bought() -> None:
    refused = await Org(edition="professional").ask("GET", "limits")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "API_DISABLED_FOR_ORG")
    assert (await Org(edition="starter").ask("GET", "limits")).status_code == 403
    assert (await Org(edition="professional", switches={"api_addon": "yes"}).ask("GET", "limits")).status_code == 200


@pytest.mark.rule("salesforce.sandbox")
async def test_a_sandbox_says_so_and_mangles_the_users_addresses() -> None:
    org = Org(users=("anna@clinic.example",), switches={"sandbox": "yes"})
    (told,) = (await org.query("SELECT IsSandbox FROM Organization"))["records"]
    assert told["IsSandbox"] is True
    users = (await org.query("SELECT Email FROM User ORDER BY Email"))["records"]
    assert [user["Email"] for user in users] == ["admin@example.com", "anna@clinic.example.invalid"]
    assert (await org.ask("GET", "limits")).json()["DailyApiRequests"]["Max"] == 5_000_000


def test_an_unknown_edition_or_switch_is_refused() -> None:
    with pytest.raises(BadOption):
        Org(edition="gold")
    with pytest.raises(BadOption):
        Org(switches={"nonsense": "1"})
