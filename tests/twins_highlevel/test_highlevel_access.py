"""Gateway, versions, tokens, OAuth, scopes, locations, users, workflows."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from highlevel_client import ANA, Clinic

from gurney.twins.kit.options import BadOption

pytestmark = pytest.mark.anyio
DAY_S = 86_400
MISSING_SCOPE = "The token is not authorized for this scope."
WRONG_CLASS = (
    "This authClass type is not allowed to access this scope. "
    "Please verify your IAM configuration if this is not the case."
)


def agency(**switches: str) -> Clinic:
    return Clinic(edition="pro", switches=switches)


def form(clinic: Clinic, **more: str) -> dict[str, str]:
    tokens = clinic.world.tokens
    return {"client_id": tokens.client_id, "client_secret": tokens.client_secret, **more}


async def token(clinic: Clinic, **more: str) -> httpx2.Response:
    return await clinic.http.post("/oauth/token", data=form(clinic, **more))


# Gateway and versions


@pytest.mark.rule("highlevel.user-agent")
async def test_urllib_is_stopped_at_the_gateway(clinic: Clinic) -> None:
    answer = await clinic.ask("GET /contacts/", headers={"User-Agent": "Python-urllib/3.11"})

    assert answer.status_code == 403
    assert "1010" in answer.text


@pytest.mark.rule("highlevel.trace-id")
async def test_every_answer_has_its_own_trace_id(clinic: Clinic) -> None:
    answers = [await clinic.ask(call) for call in ("GET /workflows/", "GET /nothing", "GET /contacts/x")]

    assert len({answer.json()["traceId"] for answer in answers}) == 3


@pytest.mark.rule("highlevel.slashes")
@pytest.mark.parametrize("path", ["/contacts", "/contacts/"])
async def test_a_slash_at_the_end_does_not_matter(clinic: Clinic, path: str) -> None:
    assert (await clinic.ask(f"GET {path}?locationId={clinic.id}")).status_code == 200


@pytest.mark.rule("highlevel.version-header")
@pytest.mark.parametrize(
    ("version", "status", "words"),
    [
        ("", 401, "version header was not found."),
        ("2022-01-01", 401, "version header is invalid"),
        ("bogus-version", 400, "Invalid API version segment 'bogus-version' at position 0"),
    ],
)
async def test_each_fault_of_the_version_has_its_words(clinic: Clinic, version: str, status: int, words: str) -> None:
    assert await clinic.refused("GET /workflows/", status=status, headers={"Version": version}) == words


@pytest.mark.rule("highlevel.versions")
@pytest.mark.parametrize(("mode", "statuses"), [("any", [200, 200, 200, 200]), ("documented", [401, 200, 401, 200])])
async def test_any_published_version_will_do_unless_paths_insist(mode: str, statuses: list[int]) -> None:
    clinic = Clinic(switches={"versions": mode})
    versions = ("2021-04-15", "2021-07-28", "2023-02-21", "v3")

    asked = [
        await clinic.ask(f"GET /contacts/?locationId={clinic.id}", headers={"Version": version}) for version in versions
    ]

    assert [answer.status_code for answer in asked] == statuses


@pytest.mark.rule("highlevel.v3-only", "highlevel.unknown-route")
async def test_paths_of_v3_do_not_exist_under_the_dated_versions(clinic: Clinic) -> None:
    path = f"/calendars/services/catalog?locationId={clinic.id}"

    words = await clinic.refused(f"GET {path}", status=404)

    assert words == "Cannot GET /calendars/services/catalog"
    assert (await clinic.ask(f"GET {path}", headers={"Version": "v3"})).status_code == 200
    assert await clinic.refused("PATCH /contacts/", {}, status=404) == "Cannot PATCH /contacts/"


@pytest.mark.rule("highlevel.succeeded")
async def test_success_is_misspelt_and_mended_under_v3(clinic: Clinic) -> None:
    first, second = await clinic.contact(), await clinic.contact()

    old = await clinic.told(f"DELETE /contacts/{first}")
    new = await clinic.told(f"DELETE /contacts/{second}", headers={"Version": "v3"})

    assert (old["succeded"], "succeeded" in old) == (True, False)
    assert (new["succeded"], new["succeeded"]) == (True, True)


@pytest.mark.rule("highlevel.v3-names")
async def test_v3_has_its_own_names(clinic: Clinic) -> None:
    field = await clinic.field("Note")
    value = {"customFields": [{"id": field["id"], "fieldValue": "x"}]}
    off = {"status": "active", "message": ""}
    v3 = {"Version": "v3"}

    made = await clinic.told(
        "POST /contacts/", {"locationId": clinic.id, **value, "dndSettings": {"sms": off}}, headers=v3
    )

    assert made["contact"]["dndSettings"] == {"sms": off}
    assert (await clinic.read(made["contact"]["id"]))["dndSettings"] == {"SMS": off}
    words = await clinic.refused("POST /contacts/", {"locationId": clinic.id, **value}, status=422)
    assert words == ["customFields.0.property fieldValue should not exist"]
    words = await clinic.refused("POST /contacts/", {"locationId": clinic.id, "dndSettings": {"sms": off}}, status=422)
    assert words == ["dndSettings.property sms should not exist"]


# Private integration tokens


@pytest.mark.rule("highlevel.pit", "highlevel.bad-token")
async def test_a_token_opens_its_location_for_ever_and_a_wrong_one_nothing(clinic: Clinic) -> None:
    clinic.pass_time(80 * DAY_S)

    assert clinic.world.first_token.startswith("pit-")
    assert (await clinic.ask("GET /contacts/", params={"locationId": clinic.id})).status_code == 200
    bare = await clinic.ask(f"GET /locations/{clinic.id}", headers={"Authorization": clinic.world.first_token})
    assert bare.status_code == 200
    clinic.use("pit-00000000-0000-4000-8000-000000000000")
    assert await clinic.refused("GET /workflows/", status=401) == "Invalid Private Integration token"
    clinic.use("eyJnothing")
    assert await clinic.refused("GET /workflows/", status=401) == "Invalid JWT"


@pytest.mark.rule("highlevel.pit-rotation")
@pytest.mark.parametrize(("later", "statuses"), [(True, (200, 401)), (False, (401, 401))])
async def test_a_rotated_token_lives_on_for_seven_days_if_asked(later: bool, statuses: tuple[int, int]) -> None:
    clinic = Clinic()
    fresh = (await clinic.admin("POST rotate", {"later": later})).json()["token"]
    path = f"GET /locations/{clinic.id}"

    soon = (await clinic.ask(path)).status_code
    clinic.pass_time(7 * DAY_S)
    late = (await clinic.ask(path)).status_code
    clinic.use(fresh)

    assert (soon, late) == statuses
    assert (await clinic.ask(path)).status_code == 200


@pytest.mark.rule("highlevel.pit-scopes", "highlevel.missing-scope")
async def test_a_missing_scope_is_401_until_it_is_given(clinic: Clinic) -> None:
    await clinic.admin("POST scopes", {"scopes": "contacts.readonly"})
    path = f"POST /contacts/?locationId={clinic.id}"

    assert await clinic.refused(path, {"locationId": clinic.id}, status=401) == MISSING_SCOPE
    assert (await clinic.ask(f"GET /contacts/?locationId={clinic.id}")).status_code == 200
    await clinic.admin("POST scopes", {"scopes": "contacts.readonly contacts.write"})
    assert (await clinic.ask("POST /contacts/", {"locationId": clinic.id})).status_code == 201


@pytest.mark.rule("highlevel.agency-pit")
async def test_an_agency_token_reads_no_sub_account_and_mints_nothing() -> None:
    clinic = agency()
    clinic.use((await clinic.admin("POST token", {"agency": True})).json()["token"])
    exchange = {"companyId": clinic.world.company_id, "locationId": clinic.id}

    assert await clinic.refused("GET /contacts/x", status=401) == "Token's user type mismatch!"
    words = await clinic.refused("POST /oauth/locationToken", data=exchange, status=401)
    assert words == "route not supported by IAM Service"
    assert (await clinic.ask(f"GET /locations/{clinic.id}")).status_code == 200


@pytest.mark.rule("highlevel.plan-api")
async def test_smaller_plans_have_no_agency_api() -> None:
    clinic = Clinic(edition="starter")

    assert (await clinic.admin("POST token", {"agency": True})).status_code == 400
    assert (await clinic.admin("POST grant", {"company": True})).status_code == 400
    with pytest.raises(BadOption, match="agency"):
        Clinic(edition="unlimited", switches={"auth": "oauth_company"})
    with pytest.raises(BadOption, match="no edition"):
        Clinic(edition="diamond")


@pytest.mark.rule("highlevel.other-location")
async def test_another_location_is_forbidden(clinic: Clinic) -> None:
    other = (await clinic.admin("POST location", {"name": "Hill Clinic"})).json()
    words = "The token does not have access to this location."

    assert await clinic.refused(f"GET /locations/{other['id']}", status=403) == words
    assert await clinic.refused("POST /contacts/", {"locationId": other["id"]}, status=403) == words
    mine = await clinic.contact()
    clinic.use(other["token"])
    assert await clinic.refused(f"GET /contacts/{mine}") == f"Contact with id {mine} not found"


# OAuth


@pytest.mark.rule("highlevel.consent", "highlevel.oauth-code")
async def test_the_consent_page_hands_over_a_code_that_works_once() -> None:
    clinic = agency()
    asked = {
        "response_type": "code", "redirect_uri": "https://127.0.0.1:8765/callback",
        "client_id": clinic.world.tokens.client_id, "scope": "contacts.readonly contacts.write", "state": "s1",
    }  # fmt: skip

    page = await clinic.http.get("/v2/oauth/chooselocation", params=asked)
    link = re.findall('href="([^"]+)"', page.text)[0].replace("&amp;", "&")
    back = dict(parse_qsl(urlsplit(link).query))
    given = (await token(clinic, grant_type="authorization_code", code=back["code"])).json()
    again = await token(clinic, grant_type="authorization_code", code=back["code"])

    assert back["state"] == "s1"
    assert (given["userType"], given["locationId"]) == ("Location", clinic.id)
    assert (given["expires_in"], given["scope"]) == (86_399, "contacts.readonly contacts.write")
    assert again.status_code == 401
    plain = await clinic.http.get(
        "/v2/oauth/chooselocation", params=asked | {"redirect_uri": "http://localhost:1/callback"}
    )
    assert plain.status_code == 400


@pytest.mark.rule("highlevel.private-app")
async def test_a_private_app_needs_its_version_in_the_link() -> None:
    clinic = Clinic(switches={"private_app": "yes"})
    asked = {
        "response_type": "code", "redirect_uri": "https://x.test/", "client_id": clinic.world.tokens.client_id,
    }  # fmt: skip

    without = await clinic.http.get("/v2/oauth/chooselocation", params=asked)
    version = {"version_id": clinic.world.tokens.version_id}
    complete = await clinic.http.get("/v2/oauth/chooselocation", params=asked | version)

    assert (without.status_code, complete.status_code) == (400, 200)


@pytest.mark.rule("highlevel.oauth-rotates", "highlevel.oauth-bad-refresh")
@pytest.mark.parametrize(("mode", "status"), [("401", 401), ("400", 400)])
async def test_a_refresh_token_works_once(mode: str, status: int) -> None:
    clinic = Clinic(switches={"bad_refresh": mode})
    first = clinic.world.first_refresh

    given = (await token(clinic, grant_type="refresh_token", refresh_token=first)).json()
    again = await token(clinic, grant_type="refresh_token", refresh_token=first)
    next_pair = await token(clinic, grant_type="refresh_token", refresh_token=given["refresh_token"])

    assert given["refresh_token"] != first
    assert (again.status_code, next_pair.status_code) == (status, 200)
    clinic.use(given["access_token"])
    assert (await clinic.ask(f"GET /contacts/?locationId={clinic.id}")).status_code == 200


async def test_an_unused_refresh_token_dies_after_a_year(clinic: Clinic) -> None:
    clinic.pass_time(365 * DAY_S)

    answer = await token(clinic, grant_type="refresh_token", refresh_token=clinic.world.first_refresh)

    assert answer.status_code == 401


@pytest.mark.rule("highlevel.oauth-errors")
@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "code"])
async def test_nobody_can_tell_what_was_wrong(clinic: Clinic, wrong: str) -> None:
    code = (await clinic.admin("POST grant", {})).json()["code"]
    body = {**form(clinic, grant_type="authorization_code", code=code), wrong: "wrong"}

    answer = await clinic.http.post("/oauth/token", data=body)

    assert answer.status_code == 401
    told = answer.json()
    assert (told["error"], told["error_description"]) == ("UnAuthorized!", "Authorization code not found")


@pytest.mark.rule("highlevel.oauth-day", "highlevel.bad-token")
async def test_an_access_token_lives_a_day_and_the_fault_ends_it_sooner(clinic: Clinic) -> None:
    first = await token(clinic, grant_type="refresh_token", refresh_token=clinic.world.first_refresh)
    clinic.use(first.json()["access_token"])
    path = f"GET /locations/{clinic.id}"
    assert (await clinic.ask(path)).status_code == 200

    clinic.pass_time(DAY_S)
    assert await clinic.refused(path, status=401) == "Invalid token: access token is invalid"
    second = await token(clinic, grant_type="refresh_token", refresh_token=first.json()["refresh_token"])
    clinic.use(second.json()["access_token"])
    clinic.twin.faults.add("expire_token", nth=2)
    await clinic.told(path)
    clinic.headers["Authorization"] = f"Bearer {second.json()['access_token']}"
    assert await clinic.refused(path, status=401) == "Invalid token: access token is invalid"


@pytest.mark.rule("highlevel.oauth-location", "highlevel.oauth-installed")
@pytest.mark.parametrize(("path", "version"), [("locationToken", "2021-07-28"), ("location-token", "v3")])
async def test_the_agency_s_token_becomes_a_location_s(path: str, version: str) -> None:
    clinic = agency(auth="oauth_company")
    given = await token(clinic, grant_type="refresh_token", refresh_token=clinic.world.first_refresh)
    company = given.json()
    clinic.use(company["access_token"], version)
    wanted = {"companyId": company["companyId"], "locationId": clinic.id}

    assert (company["userType"], "locationId" in company) == ("Company", False)
    assert await clinic.refused("GET /contacts/x", status=401) == WRONG_CLASS
    found = await clinic.told(f"GET /oauth/installedLocations?companyId={company['companyId']}&appId=a")
    assert [one["_id"] for one in found["locations"]] == [clinic.id]
    answer = await clinic.ask(f"POST /oauth/{path}", data=wanted)
    assert answer.status_code == 201
    assert {"oauth.readonly", "oauth.write", "contacts.write"} <= set(answer.json()["scope"].split())
    clinic.use(answer.json()["access_token"])
    assert (await clinic.ask(f"GET /contacts/?locationId={clinic.id}")).status_code == 200
    assert await clinic.refused(f"POST /oauth/{path}", data=wanted, status=401, headers={"Version": version})


async def test_under_v3_the_token_endpoint_speaks_camel_case(clinic: Clinic) -> None:
    tokens = clinic.world.tokens
    body = {
        "clientId": tokens.client_id, "clientSecret": tokens.client_secret, "grantType": "refresh_token",
        "refreshToken": clinic.world.first_refresh,
    }  # fmt: skip

    answer = await clinic.http.post("/oauth/token", json=body, headers={"Version": "v3"})

    assert {"accessToken", "refreshToken", "expiresIn", "tokenType"} <= set(answer.json())


@pytest.mark.rule("highlevel.auth")
@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("pit", {"TOKEN", "LOCATION_ID", "BASE_URL"}),
        ("oauth", {"CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "LOCATION_ID", "BASE_URL", "OAUTH_URL"}),
        (
            "oauth_company",
            {"CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "LOCATION_ID", "COMPANY_ID", "BASE_URL", "OAUTH_URL"},
        ),
    ],
)
def test_the_ready_line_hands_out_what_was_asked(mode: str, names: set[str]) -> None:
    given = Clinic(edition="pro", switches={"auth": mode}).service.env("http://127.0.0.1:1")

    assert set(given) == {f"GURNEY_HIGHLEVEL_{name}" for name in names}


# The location, its users and workflows


@pytest.mark.rule("highlevel.location", "highlevel.country", "highlevel.time-zone")
async def test_a_location_tells_what_a_client_needs() -> None:
    clinic = Clinic(switches={"country": "NZ", "time_zone": "Pacific/Auckland"})

    location = (await clinic.told(f"GET /locations/{clinic.id}"))["location"]

    assert location["companyId"] == clinic.world.company_id
    assert (location["country"], location["timezone"]) == ("NZ", "Pacific/Auckland")
    assert location["settings"]["allowDuplicateContact"] is False
    with pytest.raises(BadOption, match="time zone"):
        Clinic(switches={"time_zone": "Mars/Olympus"})


@pytest.mark.rule("highlevel.location-settings")
async def test_only_the_agency_allows_duplicates() -> None:
    clinic = agency()
    body = {"companyId": clinic.world.company_id, "settings": {"allowDuplicateContact": True}}
    path = f"/locations/{clinic.id}"

    assert await clinic.refused(f"PUT {path}", body, status=401) == "Token's user type mismatch!"
    clinic.use((await clinic.admin("POST token", {"agency": True})).json()["token"])
    assert (await clinic.told(f"PUT {path}", body))["settings"]["allowDuplicateContact"] is True
    assert (await clinic.told(f"GET {path}"))["location"]["settings"]["allowDuplicateContact"] is True


@pytest.mark.rule("highlevel.location-search")
async def test_a_location_may_not_search_locations() -> None:
    clinic = agency()
    await clinic.refused("GET /locations/search", status=403)
    clinic.use((await clinic.admin("POST token", {"agency": True})).json()["token"])

    assert [one["id"] for one in (await clinic.told("GET /locations/search"))["locations"]] == [clinic.id]


@pytest.mark.rule("highlevel.users", "highlevel.personal-calendar")
async def test_users_are_found_and_made_with_a_calendar() -> None:
    clinic = agency()
    company = clinic.world.company_id
    body: dict[str, Any] = {
        "companyId": company, "firstName": "Bo", "lastName": "Lee", "email": "bo@clinic.example", "password": "x1!aB",
        "type": "account", "role": "user", "locationIds": [clinic.id],
    }  # fmt: skip

    made = await clinic.told("POST /users/", body)

    listed = (await clinic.told(f"GET /users/?locationId={clinic.id}"))["users"]
    assert [user["email"] for user in listed] == ["admin@example.com", "bo@clinic.example"]
    found = await clinic.told(f"GET /users/search?companyId={company}&query=bo@clinic")
    assert (found["count"], found["users"][0]["id"]) == (1, made["id"])
    calendars = (await clinic.told(f"GET /calendars/?locationId={clinic.id}"))["calendars"]
    assert [calendar["calendarType"] for calendar in calendars] == ["personal"] * 2
    assert calendars[1]["teamMembers"][0]["userId"] == made["id"]
    by_email = {"companyId": company, "emails": "bo@clinic.example,nobody@x.io"}
    await clinic.refused("POST /users/search/filter-by-email", by_email, status=401)
    clinic.use((await clinic.admin("POST token", {"agency": True})).json()["token"])
    assert (await clinic.told("POST /users/search/filter-by-email", by_email))["count"] == 1


@pytest.mark.rule("highlevel.users")
async def test_who_left_is_listed_as_deleted_and_gets_nothing_more() -> None:
    clinic = Clinic(users=("bo@clinic.example",))
    user = (await clinic.told(f"GET /users/?locationId={clinic.id}"))["users"][1]

    await clinic.admin("POST leave", {"email": "bo@clinic.example"})

    listed = (await clinic.told(f"GET /users/?locationId={clinic.id}"))["users"]
    assert [one["deleted"] for one in listed] == [False, True]
    body = {"locationId": clinic.id, "assignedTo": user["id"]}
    await clinic.refused("POST /contacts/", body, status=422)
    calendars = (await clinic.told(f"GET /calendars/?locationId={clinic.id}"))["calendars"]
    assert user["id"] not in [member["userId"] for one in calendars for member in one["teamMembers"]]


@pytest.mark.rule("highlevel.workflows")
async def test_published_workflows_run_on_import_and_only_pages_pause_them(clinic: Clinic) -> None:
    listed = (await clinic.told(f"GET /workflows/?locationId={clinic.id}"))["workflows"]
    await clinic.contact(**ANA)
    await clinic.admin("POST workflow", {"name": "Welcome new patient", "status": "draft"})
    await clinic.contact()

    assert [one["status"] for one in listed] == ["published", "published", "draft"]
    assert all("trigger" not in one for one in listed)
    assert await clinic.count("Automations") == 1
    await clinic.refused(f"PUT /workflows/{listed[0]['id']}", {"status": "draft"}, status=404)


async def test_a_reset_brings_back_the_first_day_and_the_same_secrets(clinic: Clinic) -> None:
    before = clinic.service.env("http://x")
    await clinic.contact(**ANA)

    await clinic.admin("POST reset")

    assert await clinic.count("contacts") == 0
    assert clinic.service.env("http://x") == before
