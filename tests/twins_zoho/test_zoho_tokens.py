"""OAuth, versions, scopes and the general manners of the API."""

from __future__ import annotations

import httpx2
import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio


@pytest.mark.rule("zoho.token-encodings")
@pytest.mark.parametrize("way", ["query", "form", "multipart"])
async def test_the_token_endpoint_reads_three_encodings(org: Org, way: str) -> None:
    values = {"grant_type": "refresh_token", **org.zoho.credentials()}
    more = {"query": {"params": values}, "form": {"data": values}, "multipart": {"files": as_parts(values)}}[way]

    answer = await org.http.post("/oauth/v2/token", **more)  # type: ignore[arg-type]

    body = answer.json()
    assert body["expires_in"] == 3600
    assert body["api_domain"] == "https://zoho.test"
    assert "refresh_token" not in body


def as_parts(values: dict[str, str]) -> dict[str, tuple[None, str]]:
    return {name: (None, value) for name, value in values.items()}


@pytest.mark.rule("zoho.token-errors")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("client_id", "invalid_client"),
        ("client_secret", "invalid_client_secret"),
        ("refresh_token", "invalid_code"),
    ],
)
async def test_wrong_credentials_are_told_with_status_200(org: Org, name: str, error: str) -> None:
    answer = await org.sign_in(**{name: "wrong"})

    assert (answer.status_code, answer.json()) == (200, {"error": error})


@pytest.mark.rule("zoho.token-throttle")
@pytest.mark.parametrize("status", ["400", "200"])
async def test_the_eleventh_access_token_in_ten_minutes_is_denied(status: str) -> None:
    org = Org(switches={"throttle_status": status})
    for _ in range(10):
        await org.sign_in()

    denied = await org.sign_in()
    org.pass_time(601)

    assert (denied.status_code, denied.json()["error"]) == (int(status), "Access Denied")
    assert "access_token" in (await org.sign_in()).json()


@pytest.mark.rule("zoho.token-count")
async def test_the_sixteenth_access_token_kills_the_oldest(org: Org) -> None:
    await org.sign_in()
    first = org.token
    for number in range(15):
        if number % 9 == 8:
            org.pass_time(601)
        await org.sign_in()

    assert (await org.ask("GET", "org")).status_code == 200
    org.token = first
    assert (await org.ask("GET", "org")).status_code == 401


@pytest.mark.rule("zoho.token-hour", "zoho.bad-token")
async def test_an_expired_and_a_wrong_token_look_the_same(org: Org) -> None:
    await org.sign_in()
    org.pass_time(3599)
    assert (await org.ask("GET", "org")).status_code == 200

    org.pass_time(1)
    expired = await org.ask("GET", "org")
    org.token = "1000.wrong.token"
    wrong = await org.ask("GET", "org")

    body = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
    assert (expired.status_code, expired.json()) == (401, body)
    assert (wrong.status_code, wrong.json()) == (401, body)


async def test_a_missing_token_is_an_authentication_failure(org: Org) -> None:
    answer = await org.http.get("/crm/v8/org")

    assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_FAILURE")


@pytest.mark.rule("zoho.grant-once")
async def test_a_grant_works_once_and_for_three_minutes(org: Org) -> None:
    async def exchange(code: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, **org.zoho.credentials()}
        return await org.http.post("/oauth/v2/token", data=form)

    code = (await org.admin("POST grant", {})).json()["code"]
    late = (await org.admin("POST grant", {})).json()["code"]

    assert "refresh_token" in (await exchange(code)).json()
    assert (await exchange(code)).json() == {"error": "invalid_code"}
    org.pass_time(180)
    assert (await exchange(late)).json() == {"error": "invalid_code"}


@pytest.mark.rule("zoho.refresh-token-count")
async def test_the_twenty_first_refresh_token_kills_the_first_and_its_access_tokens(org: Org) -> None:
    await org.sign_in()
    for _ in range(20):
        org.world.tokens.new_refresh(org.world.admin["id"], ("ZohoCRM.org.READ",))

    assert (await org.ask("GET", "org")).status_code == 401
    assert (await org.sign_in()).json() == {"error": "invalid_code"}


@pytest.mark.rule("zoho.revoke")
async def test_a_revoked_refresh_token_gives_no_more_access(org: Org) -> None:
    await org.sign_in()
    token = org.zoho.credentials()["refresh_token"]

    answer = await org.http.post("/oauth/v2/token/revoke", params={"token": token})

    assert answer.json() == {"status": "success"}
    assert (await org.ask("GET", "org")).status_code == 401
    assert (await org.sign_in()).json() == {"error": "invalid_code"}


@pytest.mark.rule("zoho.bearer")
@pytest.mark.parametrize("kind", ["Zoho-oauthtoken", "Bearer"])
async def test_both_words_before_the_token_are_accepted(org: Org, kind: str) -> None:
    await org.sign_in()

    answer = await org.http.get("/crm/v8/org", headers={"Authorization": f"{kind} {org.token}"})

    assert answer.status_code == 200


async def test_client_credentials_need_the_organisation(org: Org) -> None:
    form = {"grant_type": "client_credentials", **org.zoho.credentials()}

    assert (await org.http.post("/oauth/v2/token", data=form)).json() == {"error": "invalid_soid"}
    form["soid"] = f"ZohoCRM.{org.world.zgid}"
    assert "access_token" in (await org.http.post("/oauth/v2/token", data=form)).json()


@pytest.mark.rule("zoho.scope-mismatch")
@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        ("ZohoCRM.modules.contacts.READ", "Contacts?fields=id", 204),
        ("ZohoCRM.modules.READ", "Contacts?fields=id", 204),
        ("ZohoCRM.modules.leads.ALL", "Contacts?fields=id", 401),
        ("ZohoCRM.modules.ALL", "settings/modules", 401),
        ("ZohoCRM.settings.modules.READ", "settings/modules", 200),
        ("ZohoCRM.modules.ALL", "Contacts/search?word=ab", 401),
        ("ZohoCRM.modules.ALL ZohoSearch.securesearch.READ", "Contacts/search?word=ab", 204),
    ],
)
async def test_a_missing_scope_is_refused(org: Org, scopes: str, path: str, status: int) -> None:
    await org.admin("POST scopes", {"scopes": scopes})

    answer = await org.ask("GET", path)

    assert answer.status_code == status
    if status == 401:
        assert answer.json()["code"] == "OAUTH_SCOPE_MISMATCH"


@pytest.mark.rule("zoho.json-without-type")
async def test_json_is_read_without_a_content_type(org: Org) -> None:
    await org.sign_in()
    headers = {"Authorization": f"Zoho-oauthtoken {org.token}", "Content-Type": ""}

    answer = await org.http.post("/crm/v8/Contacts", content=b'{"data":[{"Last_Name":"Lee"}]}', headers=headers)

    assert answer.status_code == 201


@pytest.mark.rule("zoho.versions", "zoho.empty-204")
async def test_fields_are_mandatory_from_version_three(org: Org) -> None:
    for version in range(2, 9):
        answer = await org.ask("GET", f"/crm/v{version}/Contacts")
        assert answer.status_code == (204 if version == 2 else 400), version
    assert answer.json()["details"]["param_name"] == "fields"
    empty = await org.ask("GET", "Contacts?fields=id")
    assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.rule("zoho.user-time-zone", "zoho.time-zone")
async def test_moments_are_shown_in_the_zone_of_the_tokens_user() -> None:
    org = Org(switches={"time_zone": "Australia/Perth"}, users=("anna@clinic.example",))
    id = await org.make("Contacts", **ADA)
    assert (await org.get("Contacts", id))["Created_Time"] == "2026-02-03T07:00:00+08:00"
    assert (await org.ask("GET", "org")).json()["org"][0]["time_zone"] == "Australia/Perth"

    anna = org.world.users.by("email", "anna@clinic.example")
    assert anna
    await org.ask("PUT", f"users/{anna['id']}", {"users": [{"time_zone": "Australia/Sydney"}]})
    await org.as_user("anna@clinic.example")

    assert (await org.get("Contacts", id))["Created_Time"] == "2026-02-03T10:00:00+11:00"


@pytest.mark.rule("zoho.unknown-url")
async def test_an_unknown_url_and_an_unknown_module_are_told_apart(org: Org) -> None:
    url = await org.ask("GET", "/crm/v8/settings/nothing")
    module = await org.ask("GET", "Nothings?fields=id")
    version = await org.ask("GET", "/crm/v9/Contacts?fields=id")
    method = await org.ask("PATCH", "Contacts")

    assert (url.status_code, url.json()["code"]) in [(404, "INVALID_URL_PATTERN"), (400, "INVALID_MODULE")]
    assert (module.status_code, module.json()["code"]) == (400, "INVALID_MODULE")
    assert module.json()["details"] == {"resource_path_index": 0}
    assert (version.status_code, version.json()["code"]) == (404, "INVALID_URL_PATTERN")
    assert (method.status_code, method.json()["code"]) == (400, "INVALID_REQUEST_METHOD")


async def test_a_body_that_is_no_json_object_is_refused(org: Org) -> None:
    await org.sign_in()
    for body in (b"{", b"[]", b""):
        answer = await org.ask("POST", "Contacts", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")
    assert (await org.ask("POST", "Contacts", {})).json()["code"] == "MANDATORY_NOT_FOUND"
