"""Tokens, the daily pool, bursts, and the gateway that loses patience."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from pipedrive_client import ZOE, Account

from gurney.twins.pipedrive.service import prices

pytestmark = pytest.mark.anyio
DAY_S = 86_400
HOUR_S = 3_600
REMAINING = "x-daily-ratelimit-token-remaining"


def limited(edition: str = "lite", **options: object) -> Account:
    """A company with its limits on, and the daily headers always there unless a test says otherwise."""
    switches = {"daily_headers": "always", **options.pop("switches", {})}  # type: ignore[dict-item]
    return Account(edition=edition, unlimited=False, switches=switches, **options)


async def slowly(account: Account, call: str, times: int, json: object = None) -> httpx2.Response:
    """A call several times, without ever meeting the burst limit; the last answer."""
    for _ in range(times):
        account.pass_time(1)
        answer = await account.ask(call, json)
    return answer


@pytest.mark.rule("pipedrive.token-cost")
async def test_each_call_costs_its_own_number_of_tokens() -> None:
    account = limited()
    spent = []
    for call, body in (
        ("POST v2/persons", ZOE),
        ("GET v2/persons", None),
        ("GET v2/persons/1", None),
        ("POST v1/notes", {"content": "x", "person_id": 1}),
        ("GET v2/persons/search?term=zoe", None),
        ("DELETE v1/notes/1", None),
        ("DELETE v2/persons/1", None),
        ("GET v1/users/me", None),
    ):
        before = account.world.budget.used
        await account.ask(call, body)
        spent.append(account.world.budget.used - before)

    assert spent == [5, 10, 1, 10, 20, 6, 3, 2]
    assert [entry.cost for entry in account.twin.journal] == spent


@pytest.mark.rule("pipedrive.token-cost")
async def test_the_price_list_is_the_vendors(shared: Path) -> None:
    told = json.loads((shared / "vendors" / "pipedrive" / "spec" / "token-costs.json").read_text())
    theirs = {
        f"{row['method']} {row['path'].removeprefix('/api')}": (row["token_cost"], set(row["oauth_scopes_any_of"]))
        for row in told
    }

    assert {key: theirs[key] for key in prices()} == {
        key: (cost, set(scopes)) for key, (cost, scopes) in prices().items()
    }


@pytest.mark.rule("pipedrive.daily-pool")
@pytest.mark.parametrize(
    ("edition", "seats", "pool"),
    [("lite", "1", 30_000), ("growth", "5", 300_000), ("premium", "5", 750_000), ("ultimate", "2", 420_000)],
)
async def test_the_pool_follows_plan_and_seats(edition: str, seats: str, pool: int) -> None:
    account = limited(edition, switches={"seats": seats})

    answer = await account.ask("GET v1/users/me")

    assert answer.headers["x-daily-ratelimit-token-limit"] == str(pool)
    assert answer.headers[REMAINING] == str(pool - 2)


@pytest.mark.rule("pipedrive.seats")
async def test_every_active_user_has_a_seat() -> None:
    account = limited(users=("a@x.au", "b@x.au"), switches={"seats": "2"})
    three = (await account.ask("GET v1/users/me")).headers["x-daily-ratelimit-token-limit"]
    await account.admin("POST user", {"email": "a@x.au", "active": False})

    two = (await account.ask("GET v1/users/me")).headers["x-daily-ratelimit-token-limit"]

    assert (three, two) == ("90000", "60000")


@pytest.mark.rule("pipedrive.daily-pool", "pipedrive.reset")
@pytest.mark.parametrize(("zone", "hours"), [("UTC", 1), ("Australia/Hobart", 14)])
async def test_an_empty_pool_refuses_until_midnight(zone: str, hours: int) -> None:
    account = limited(switches={"reset_time_zone": zone})  # the clock starts at 23:00 UTC, 10:00 in Hobart
    await account.ask("GET v1/users/me")
    await account.admin("POST spend", {"tokens": 29_995})

    full = await account.ask("POST v2/persons", ZOE)
    account.pass_time(hours * HOUR_S - 1)
    still = await account.ask("POST v2/persons", ZOE)
    account.pass_time(1)
    again = await account.ask("POST v2/persons", ZOE)

    assert (full.status_code, still.status_code, again.status_code) == (429, 429, 200)
    assert full.headers[REMAINING] == "0"
    assert full.json() == {"success": False, "error": "request over limit", "errorCode": 429}
    assert again.headers[REMAINING] == str(30_000 - 5)
    assert len(account.world.shelves["persons"]) == 1


async def test_the_pool_belongs_to_the_company_not_to_a_token() -> None:
    account = limited(users=("a@x.au",))
    await account.ask("GET v1/users/me")
    await account.admin("POST spend", {"tokens": 59_998})
    await account.as_user("a@x.au")

    assert (await account.ask("GET v1/users/me")).status_code == 429
    await account.admin("POST top_up", {"tokens": 1_000})
    assert (await account.ask("GET v1/users/me")).status_code == 200


@pytest.mark.rule("pipedrive.charge-errors")
@pytest.mark.parametrize(("charge", "spent"), [("yes", 5), ("no", 0)])
async def test_refused_calls_cost_too(charge: str, spent: int) -> None:
    account = limited(switches={"charge_errors": charge})

    await account.refused("POST v2/persons", {"name": ""})
    account.headers = {}
    await account.ask("POST v2/persons", ZOE)

    assert account.world.budget.used == spent


@pytest.mark.rule("pipedrive.daily-headers")
async def test_after_idling_the_first_answers_lack_the_daily_headers() -> None:
    account = limited(switches={"daily_headers": "late"})
    told = [REMAINING in (await account.ask("GET v1/users/me")).headers for _ in range(4)]
    account.pass_time(601)
    after = REMAINING in (await account.ask("GET v1/users/me")).headers
    never = limited(switches={"daily_headers": "never"})

    assert told == [False, False, False, True]
    assert not after
    assert REMAINING not in (await never.ask("GET v1/users/me")).headers


@pytest.mark.rule("pipedrive.burst", "pipedrive.burst-headers")
@pytest.mark.parametrize(("edition", "burst"), [("lite", 20), ("growth", 40), ("premium", 100), ("ultimate", 120)])
async def test_so_many_calls_fit_into_two_seconds(edition: str, burst: int) -> None:
    account = limited(edition)
    statuses = [(await account.ask("GET v1/users/me")).status_code for _ in range(burst)]
    account.pass_time(1)

    over = await account.ask("GET v1/users/me")
    account.pass_time(1)

    assert set(statuses) == {200}
    assert over.status_code == 429
    assert (over.headers["x-ratelimit-limit"], over.headers["x-ratelimit-remaining"]) == (str(burst), "0")
    assert over.headers["x-ratelimit-reset"] == "1"
    assert (await account.ask("GET v1/users/me")).status_code == 200


@pytest.mark.rule("pipedrive.burst")
async def test_each_token_has_a_burst_of_its_own_and_oauth_four_times_as_much() -> None:
    account = limited(users=("a@x.au",))
    for _ in range(20):
        await account.ask("GET v1/users/me")
    await account.as_user("a@x.au")
    other = await account.ask("GET v1/users/me")

    given = account.world.tokens
    basic = httpx2.BasicAuth(given.client_id, given.client_secret)
    form = {"grant_type": "refresh_token", "refresh_token": given.first.token}
    token = (await account.http.post("/oauth/token", data=form, auth=basic)).json()["access_token"]
    account.headers = {"Authorization": f"Bearer {token}"}
    oauth = await account.ask("GET v1/users/me")

    assert other.headers["x-ratelimit-remaining"] == "19"
    assert oauth.headers["x-ratelimit-limit"] == "80"


@pytest.mark.rule("pipedrive.search-burst")
async def test_search_has_a_ceiling_of_its_own() -> None:
    account = limited("ultimate")
    for _ in range(10):
        assert (await account.ask("GET v2/persons/search?term=zoe")).status_code == 200

    over = await account.ask("GET v2/itemSearch?term=zoe")

    assert over.status_code == 429
    assert over.headers["x-ratelimit-limit"] == "10"
    assert (await account.ask("GET v2/persons")).status_code == 200


@pytest.mark.rule("pipedrive.retry-after")
@pytest.mark.parametrize(("mode", "daily", "burst"), [("daily", "2", None), ("both", "2", "2"), ("none", None, None)])
async def test_retry_after_is_small_and_misleading(mode: str, daily: str | None, burst: str | None) -> None:
    account = limited(switches={"retry_after": mode})
    for _ in range(20):
        await account.ask("GET v1/users/me")
    quick = await account.ask("GET v1/users/me")
    account.pass_time(10)
    await account.admin("POST spend", {"tokens": 29_960})

    empty = await account.ask("GET v1/users/me")

    assert (empty.headers.get("retry-after"), quick.headers.get("retry-after")) == (daily, burst)


@pytest.mark.rule("pipedrive.block-after", "pipedrive.block-time")
async def test_going_on_against_429_ends_in_html() -> None:
    account = limited(switches={"block_after": "5", "block_s": "60"})
    for _ in range(25):
        last = await account.ask("GET v1/users/me")
    assert last.status_code == 429

    blocked = await account.ask("GET v1/users/me")
    account.pass_time(30)
    still = await account.ask("GET v1/users/me")
    account.pass_time(31)

    assert (blocked.status_code, still.status_code) == (403, 403)
    assert blocked.headers["content-type"].startswith("text/html")
    assert b"Cloudflare" in blocked.content
    assert (await account.ask("GET v1/users/me")).status_code == 200


async def test_without_limits_tokens_are_counted_all_the_same(account: Account) -> None:
    for _ in range(300):
        assert (await account.ask("POST v2/persons", ZOE)).status_code == 200

    assert (await account.admin("GET state")).json()["TokensUsed"] == 1_500


async def test_a_long_day_below_the_limit_is_never_refused() -> None:
    account = limited()
    last = await slowly(account, "GET v1/users/me", 500)

    assert (last.status_code, last.headers[REMAINING]) == (200, str(30_000 - 1_000))
