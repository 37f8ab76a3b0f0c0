"""Paths, API tokens, OAuth, scopes and the general manners of both versions."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from pipedrive_client import ZOE, Account

from gurney.twins.kit.options import BadOption
from gurney.twins.pipedrive.tokens import CALLBACK

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.mark.rule("pipedrive.paths")
async def test_v1_has_two_prefixes_and_v2_one(account: Account) -> None:
    statuses = [
        (await account.ask(f"GET {path}")).status_code
        for path in ("/v1/users/me", "/api/v1/users/me", "/api/v2/persons", "/v2/persons", "/api/v3/persons")
    ]

    assert statuses == [200, 200, 200, 404, 404]


@pytest.mark.rule("pipedrive.old-v1")
@pytest.mark.parametrize("status", ["410", "404"])
async def test_v1_endpoints_that_v2_replaced_are_silent(status: str) -> None:
    account = Account(switches={"old_v1": status})

    for path in ("v1/persons", "v1/persons/1", "v1/activities", "v1/deals", "v1/itemSearch"):
        assert (await account.ask(f"GET {path}")).status_code == int(status), path


@pytest.mark.rule("pipedrive.wrong-method")
async def test_a_method_that_the_path_does_not_know_is_405(account: Account) -> None:
    assert (await account.ask("PUT v2/persons/1", {})).status_code == 405
    assert (await account.ask("PATCH v1/notes", {})).status_code == 405
    assert (await account.ask("POST v2/activityFields", {})).status_code == 405


@pytest.mark.rule("pipedrive.json-only")
async def test_only_v1_takes_forms(account: Account) -> None:
    person = await account.person()
    form = await account.ask("POST v1/notes", data={"content": "x", "person_id": str(person)})
    refused = await account.ask("POST v2/persons", data={"name": "Zoe"})
    plain = await account.ask("POST v2/persons", content=b'{"name":"Zoe"}', headers={"content-type": "text/plain"})

    assert form.json()["data"]["person_id"] == person
    assert (refused.status_code, plain.status_code) == (400, 400)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
async def test_a_body_that_is_no_object_is_refused(account: Account, body: bytes) -> None:
    for path in ("v2/persons", "v1/notes"):
        answer = await account.ask(f"POST {path}", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, path


@pytest.mark.rule("pipedrive.api-token")
async def test_a_new_api_token_kills_the_old_one(account: Account) -> None:
    old = account.headers["x-api-token"]
    assert re.fullmatch("[0-9a-f]{40}", old)

    new = (await account.admin("POST token", {"regenerate": True})).json()["api_token"]

    assert (await account.ask("GET v1/users/me")).status_code == 401
    account.headers = {"x-api-token": new}
    assert (await account.ask("GET v1/users/me")).status_code == 200


@pytest.mark.rule("pipedrive.token-in-query")
async def test_a_token_in_the_query_opens_both_versions(account: Account) -> None:
    token = account.headers.pop("x-api-token")

    assert (await account.ask(f"GET v1/users/me?api_token={token}")).status_code == 200
    assert (await account.ask(f"GET v2/persons?api_token={token}&limit=1")).status_code == 200


@pytest.mark.rule("pipedrive.bad-token")
@pytest.mark.parametrize("headers", [{}, {"x-api-token": "0" * 40}, {"Authorization": "Bearer x"}])
async def test_without_a_token_the_gateway_answers(account: Account, headers: dict[str, str]) -> None:
    account.headers = headers

    answer = await account.ask("GET v2/persons")

    assert answer.status_code == 401
    assert answer.headers["x-401-by-gw"] == "true"
    body = {"success": False, "error": "unauthorized access", "errorCode": 401}
    assert answer.json() == {**body, "error_info": "Please check developers.pipedrive.com"}


@pytest.mark.rule("pipedrive.use-api")
async def test_a_permission_set_can_close_the_api(account: Account) -> None:
    await account.admin("POST permission", {"name": "can_use_api", "on": False})

    words = await account.refused("GET v1/users/me", status=403)

    assert words == "You do not have permissions to do this."


@pytest.mark.rule("pipedrive.company-domain")
async def test_the_caller_learns_the_company_domain(account: Account) -> None:
    me = await account.told("GET v1/users/me")

    assert re.fullmatch(r"harbour-clinic-[0-9a-f]{6}", me["company_domain"])
    assert (me["email"], me["is_you"]) == ("admin@example.com", True)


# OAuth


class App:
    """An OAuth app of a company."""

    def __init__(self, **options: Any) -> None:
        self.account = Account(switches={"auth": "oauth"}, **options)
        self.given = self.account.service.credentials()
        self.basic = httpx2.BasicAuth(self.given["client_id"], self.given["client_secret"])

    async def post(self, path: str = "token", **form: str) -> httpx2.Response:
        return await self.account.http.post(f"/oauth/{path}", data=form, auth=self.basic)

    async def sign_in(self) -> dict[str, Any]:
        answer = await self.post(grant_type="refresh_token", refresh_token=self.given["refresh_token"])
        told: dict[str, Any] = answer.json()
        self.account.headers = {"Authorization": f"Bearer {told.get('access_token')}"}
        return told


@pytest.mark.rule("pipedrive.oauth-refresh")
async def test_refreshing_keeps_the_refresh_token() -> None:
    app = App()

    told = await app.sign_in()

    assert told["refresh_token"] == app.given["refresh_token"]
    assert (told["token_type"], told["expires_in"], told["api_domain"]) == ("Bearer", 3600, "https://clinic.test")
    assert (await app.account.ask("GET v2/persons")).status_code == 200


@pytest.mark.rule("pipedrive.oauth-hour")
async def test_an_access_token_lives_an_hour() -> None:
    app = App()
    await app.sign_in()

    app.account.pass_time(3599)
    assert (await app.account.ask("GET v2/persons")).status_code == 200
    app.account.pass_time(1)
    assert (await app.account.ask("GET v2/persons")).status_code == 401


@pytest.mark.rule("pipedrive.oauth-sixty-days")
async def test_a_refresh_token_lives_as_long_as_it_is_used() -> None:
    app = App()
    for _ in range(2):
        app.account.pass_time(59 * DAY_S)
        assert "access_token" in await app.sign_in()

    app.account.pass_time(60 * DAY_S)

    assert (await app.sign_in())["message"] == "Invalid grant: refresh_token is invalid"


@pytest.mark.rule("pipedrive.oauth-code")
async def test_a_person_allows_the_app_and_the_code_works_once() -> None:
    app = App()
    params = {"client_id": app.given["client_id"], "redirect_uri": CALLBACK, "state": "abc"}
    page = await app.account.http.get("/oauth/authorize", params=params)
    target = httpx2.URL(re.findall('href="([^"]+)"', page.text)[0])
    code = target.params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}

    first, second = await app.post(**form), await app.post(**form)

    assert target.params["state"] == "abc"
    assert first.status_code == 200
    assert (second.status_code, second.json()["message"]) == (400, "Invalid grant: authorization_code is invalid")


@pytest.mark.rule("pipedrive.oauth-code", "pipedrive.oauth-errors")
async def test_a_code_dies_after_five_minutes_and_belongs_to_its_address() -> None:
    app = App()
    early = (await app.account.admin("POST grant", {})).json()["code"]
    late = (await app.account.admin("POST grant", {})).json()["code"]

    elsewhere = await app.post(grant_type="authorization_code", code=early, redirect_uri="https://x.test")
    app.account.pass_time(300)
    expired = await app.post(grant_type="authorization_code", code=late, redirect_uri=CALLBACK)

    assert elsewhere.status_code == 400
    assert expired.json()["message"] == "Invalid grant: authorization_code has expired"


@pytest.mark.rule("pipedrive.oauth-errors")
async def test_the_token_endpoint_says_what_is_wrong() -> None:
    app = App()
    nothing = await app.post()
    app.basic = httpx2.BasicAuth(app.given["client_id"], "wrong")
    stranger = await app.sign_in()

    assert (nothing.status_code, nothing.json()["message"]) == (400, "Missing parameter: grant_type")
    assert stranger["message"] == "Invalid client: client is invalid"


@pytest.mark.rule("pipedrive.oauth-revoke")
async def test_a_revoked_refresh_token_is_dead_and_its_access_too() -> None:
    app = App()
    await app.sign_in()

    await app.post("revoke", token=app.given["refresh_token"], token_type_hint="refresh_token")

    assert (await app.account.ask("GET v2/persons")).status_code == 401
    assert "access_token" not in await app.sign_in()


@pytest.mark.rule("pipedrive.scopes")
async def test_a_missing_scope_is_told_apart_from_a_missing_right() -> None:
    app = App()
    await app.account.admin("POST scopes", {"scopes": "base,contacts:read"})
    await app.sign_in()

    assert (await app.account.ask("GET v2/persons")).status_code == 200
    assert await app.account.refused("POST v2/persons", ZOE, status=403) == "Scope and URL mismatch"
    assert await app.account.refused("GET v2/activityFields", status=403) == "Scope and URL mismatch"


@pytest.mark.rule("pipedrive.auth")
async def test_the_ready_line_names_what_a_client_needs(account: Account) -> None:
    with_token = account.service.env("http://127.0.0.1:1")
    with_oauth = App().account.service.env("http://127.0.0.1:1")

    assert set(with_token) == {"GURNEY_PIPEDRIVE_API_TOKEN", "GURNEY_PIPEDRIVE_BASE_URL"}
    assert set(with_oauth) == {
        "GURNEY_PIPEDRIVE_CLIENT_ID",
        "GURNEY_PIPEDRIVE_CLIENT_SECRET",
        "GURNEY_PIPEDRIVE_REFRESH_TOKEN",
        "GURNEY_PIPEDRIVE_BASE_URL",
        "GURNEY_PIPEDRIVE_OAUTH_URL",
    }


# Envelopes


@pytest.mark.rule("pipedrive.envelopes")
async def test_lists_and_single_records_have_their_envelopes(account: Account) -> None:
    person = (await account.ask("POST v2/persons", ZOE)).json()
    product = (await account.ask("POST v2/products", {"name": "Consult"})).json()
    listed = (await account.ask("GET v2/persons")).json()

    assert set(person) == {"success", "data"}
    assert product["additional_data"] is None
    assert listed["additional_data"] == {"next_cursor": None}


@pytest.mark.rule("pipedrive.not-found")
async def test_each_version_says_in_its_own_way_that_nothing_is_there(account: Account) -> None:
    v2 = (await account.ask("GET v2/deals/99")).json()
    v1 = await account.ask("GET v1/notes/99")

    assert v2 == {"success": False, "error": "Deal not found", "code": "ERR_NOT_FOUND"}
    assert v1.status_code == 404
    assert v1.json() == {
        "success": False,
        "error": "Entity was not found",
        "error_info": "Object was not found.",
        "data": None,
        "additional_data": None,
    }


@pytest.mark.rule("pipedrive.correlation")
async def test_every_answer_can_be_quoted(account: Account) -> None:
    ids = {(await account.ask(f"GET {path}")).headers["x-correlation-id"] for path in ("v2/persons", "v2/nothing")}

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"edition": "gold"}, "no edition"),
        ({"switches": {"nonsense": "1"}}, "no switch"),
        ({"switches": {"seats": "many"}}, "no number"),
        ({"switches": {"reset_time_zone": "Mars"}}, "no time zone"),
        ({"switches": {"currency": "XXX"}}, "currency"),
    ],
)
async def test_impossible_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        Account(**options)
