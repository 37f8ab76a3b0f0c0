"""What nobody knows of the vendor, or what differs between accounts: each doubt as a switch, tried both ways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from pipedrive_client import START, ZOE, Account

from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.kit.server import build

pytestmark = pytest.mark.anyio
HOUR_S = 3_600
TYPE = {"icon_key": "meeting"}


async def over_limit(body: str) -> httpx2.Response:
    account = Account(edition="lite", unlimited=False, switches={"over_limit_body": body})
    for _ in range(20):
        await account.ask("GET v1/users/me")
    return await account.ask("GET v1/users/me")


@pytest.mark.rule("pipedrive.over-limit-body")
@pytest.mark.parametrize(("body", "begins"), [("json", b'{"success":false'), ("html", b"<html>"), ("empty", b"")])
async def test_the_body_of_a_429_may_be_anything(body: str, begins: bytes) -> None:
    answer = await over_limit(body)

    assert answer.status_code == 429
    assert answer.content[: len(begins) or 1] == begins
    assert answer.headers["x-ratelimit-remaining"] == "0"


async def test_without_daily_headers_a_spent_pool_does_not_tell_itself_either() -> None:
    account = Account(edition="lite", unlimited=False, switches={"daily_headers": "never"})
    await account.ask("GET v1/users/me")
    await account.admin("POST spend", {"tokens": 29_998})

    spent = await account.ask("GET v1/users/me")

    assert spent.status_code == 429
    assert not [name for name in spent.headers if name.startswith("x-daily")]


async def test_the_gateways_page_tells_nothing_of_limits() -> None:
    account = Account(edition="lite", unlimited=False, switches={"block_after": "1"})
    for _ in range(21):
        await account.ask("GET v1/users/me")

    blocked = await account.ask("GET v1/users/me")

    assert blocked.status_code == 403
    assert not [name for name in blocked.headers if "ratelimit" in name]


@pytest.mark.rule("pipedrive.requests-left")
async def test_the_counter_of_old_counts_writes_of_an_api_token_down() -> None:
    account = Account(edition="ultimate", unlimited=False, switches={"requests_left": "10000"})
    await account.ask("GET v1/users/me")
    await account.ask("POST v2/persons", ZOE)
    told = await account.ask("POST v1/notes", {"content": "x", "person_id": 1})
    account.pass_time(2 * HOUR_S)  # past midnight: the clock starts at 23:00

    assert told.headers["x-daily-requests-left"] == "9998"
    assert (await account.ask("GET v1/users/me")).headers["x-daily-requests-left"] == "10000"
    assert "x-daily-requests-left" not in (await Account().ask("GET v1/users/me")).headers


@pytest.mark.rule("pipedrive.cursor-life")
async def test_a_cursor_may_age() -> None:
    account = Account(switches={"cursor_life_s": "60"})
    for _ in range(3):
        await account.person()
    first = (await account.ask("GET v2/persons?limit=1")).json()["additional_data"]["next_cursor"]
    account.pass_time(60)
    assert (await account.ask(f"GET v2/persons?limit=1&cursor={first}")).status_code == 200
    account.pass_time(1)

    assert "cursor" in await account.refused(f"GET v2/persons?limit=1&cursor={first}")


@pytest.mark.rule("pipedrive.expired-access")
@pytest.mark.parametrize(("mode", "words"), [("gateway", b"unauthorized access"), ("bare", b"")])
async def test_an_expired_access_token_is_401(mode: str, words: bytes) -> None:
    account = Account(switches={"auth": "oauth", "expired_access": mode})
    given = account.service.credentials()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    basic = httpx2.BasicAuth(given["client_id"], given["client_secret"])
    token = (await account.http.post("/oauth/token", data=form, auth=basic)).json()["access_token"]
    account.headers = {"Authorization": f"Bearer {token}"}
    assert (await account.ask("GET v1/users/me")).status_code == 200
    account.pass_time(HOUR_S)

    expired = await account.ask("GET v1/users/me")

    assert expired.status_code == 401
    assert words in expired.content
    assert bool(expired.content) == bool(words)


@pytest.mark.rule("pipedrive.user-agent")
async def test_a_user_agent_may_be_asked_for() -> None:
    strict, relaxed = Account(switches={"user_agent": "required"}), Account()
    for account in (strict, relaxed):
        del account.http.headers["user-agent"]

    assert (await strict.ask("GET v1/users/me")).status_code == 400
    assert (await strict.ask("GET v1/users/me", headers={"user-agent": "x"})).status_code == 200
    assert (await relaxed.ask("GET v1/users/me")).status_code == 200


@pytest.mark.rule("pipedrive.v1-errors")
async def test_v1_may_tell_errors_in_the_envelope_of_its_services() -> None:
    account = Account(switches={"v1_errors": "service"})

    told = (await account.ask("GET v1/notes/9")).json()
    modern = (await account.ask("GET v2/persons/9")).json()

    assert told == {"success": False, "error": "Entity was not found", "service": "api", "statusText": "404"}
    assert modern["code"] == "ERR_NOT_FOUND"


@pytest.mark.rule("pipedrive.patch-custom")
@pytest.mark.parametrize(("mode", "left"), [("keep", "one"), ("clear", None)])
async def test_patch_may_clear_what_it_does_not_name(mode: str, left: str | None) -> None:
    account = Account(switches={"patch_custom": mode})
    (first,) = await account.field("varchar")
    (second,) = await account.field("varchar")
    person = await account.person(custom_fields={first: "one"})

    changed = await account.told(f"PATCH v2/persons/{person}", {"custom_fields": {second: "two"}})

    assert changed["custom_fields"] == {first: left, second: "two"}


@pytest.mark.rule("pipedrive.linked-more")
@pytest.mark.parametrize("mode", ["no", "yes"])
async def test_an_activity_or_a_file_may_move_the_time_of_its_person(mode: str) -> None:
    account = Account(switches={"activities_and_files_move": mode})
    visited, filed = await account.person(), await account.person()

    await account.make("activities", participants=[{"person_id": visited, "primary": True}])
    await account.upload(person_id=filed)

    moved = [(await account.told(f"GET v2/persons/{id}"))["update_time"] is not None for id in (visited, filed)]
    assert moved == [mode == "yes"] * 2


@pytest.mark.rule("pipedrive.types-limit")
async def test_there_may_be_an_end_of_activity_types() -> None:
    account = Account(switches={"types_most": "7"})
    made = await account.told("POST v1/activityTypes", {"name": "A", **TYPE})

    assert "limit" in await account.refused("POST v1/activityTypes", {"name": "B", **TYPE}, status=403)
    await account.told(f"DELETE v1/activityTypes/{made['id']}")
    await account.told("POST v1/activityTypes", {"name": "B", **TYPE})


@pytest.mark.rule("pipedrive.product-codes")
async def test_product_codes_may_have_to_differ() -> None:
    strict = Account(switches={"duplicate_codes": "refuse"})
    first = await strict.make("products", name="P", code="ITEM-1")

    assert "code" in await strict.refused("POST v2/products", {"name": "Q", "code": "ITEM-1"})
    await strict.told(f"PATCH v2/products/{first['id']}", {"code": "ITEM-1", "name": "R"})
    relaxed = Account()
    for _ in range(2):
        await relaxed.make("products", name="P", code="ITEM-1")


@pytest.mark.rule("pipedrive.option-words")
async def test_labels_may_be_taken_for_options() -> None:
    strict, relaxed = Account(), Account(switches={"option_words": "accept"})
    enum, _ = await strict.field("enum", "Red")
    await strict.refused("POST v2/persons", {**ZOE, "custom_fields": {enum: "Red"}})
    enum, red = await relaxed.field("enum", "Red")

    made = await relaxed.make("persons", **ZOE, custom_fields={enum: "Red"})

    assert made["custom_fields"][enum] == red
    await relaxed.refused("POST v2/persons", {**ZOE, "custom_fields": {enum: "Blue"}})


@pytest.mark.rule("pipedrive.is-writable")
async def test_newer_answers_tell_which_fields_can_be_written() -> None:
    account = Account(switches={"is_writable": "shown"})
    await account.field("varchar")

    fields = {one["field_name"]: one for one in await account.told("GET v2/personFields?limit=500")}

    assert (fields["ID"]["is_writable"], fields["A field"]["is_writable"]) == (False, True)
    assert not any("is_writable" in one for one in await Account().told("GET v2/personFields"))


@pytest.mark.rule("pipedrive.invited-seat")
@pytest.mark.parametrize(("mode", "pool"), [("yes", 60_000), ("no", 30_000)])
async def test_an_invitation_may_cost_a_seat(mode: str, pool: int) -> None:
    account = Account(edition="lite", unlimited=False, switches={"invited_seat": mode})

    await account.told("POST v1/users", {"email": "new@clinic.example"})

    assert account.world.budget.limit == pool


@pytest.mark.parametrize("more", [{"clinic": "small"}, {"load_dir": Path()}])
def test_records_to_begin_with_are_refused_with_words(more: dict[str, object]) -> None:
    options = replace(TwinOptions("pipedrive", now=START), **more)  # type: ignore[arg-type]

    with pytest.raises(BadOption, match="begins empty"):
        build(options)
