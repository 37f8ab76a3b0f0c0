"""Credits, concurrency, and the switches that lift them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from zoho_client import ADA, Org

from gurney.twins.zoho.credits import Credits
from gurney.twins.zoho.editions import EDITIONS

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.mark.rule("zoho.credits")
@pytest.mark.parametrize(
    ("edition", "users", "credits"),
    [
        ("free", 3, 5_000),
        ("standard", 5, 51_250),
        ("standard", 1_000, 100_000),
        ("professional", 5, 52_500),
        ("enterprise", 5, 55_000),
        ("enterprise", 10_000, 5_000_000),
        ("ultimate", 10_000, 20_050_000),
    ],
)
def test_credits_by_edition_and_users(edition: str, users: int, credits: int) -> None:
    assert Credits(EDITIONS[edition], users, unlimited=False).limit == credits


async def test_the_purse_is_empty_and_fills_again_a_day_after_each_call() -> None:
    org = Org(edition="free")
    await org.sign_in()
    org.world.credits.spend(org.world.clock.timestamp(), 4_998)
    org.pass_time(100)
    await org.sign_in()

    statuses = [(await org.ask("GET", "org")).status_code for _ in range(3)]
    org.pass_time(DAY_S - 100)
    await org.sign_in()

    assert statuses == [200, 200, 429]
    assert org.world.credits.used == 4_998 + 2
    assert (await org.ask("GET", "org")).status_code == 200
    assert org.world.credits.used == 3


async def test_a_call_that_costs_more_than_is_left_does_nothing() -> None:
    org = Org(edition="free")
    org.world.credits.spend(org.world.clock.timestamp(), 4_995)

    refused = await org.ask("POST", "Contacts", {"data": [ADA] * 60})

    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert len(org.world.modules["Contacts"].table) == 0


@pytest.mark.rule("zoho.costs")
async def test_what_calls_cost(org: Org) -> None:
    fields = [{"field_label": "A", "data_type": "text"}]
    module = {
        "singular_label": "L",
        "plural_label": "Ls",
        "api_name": "L",
        "profiles": [{"id": org.world.profiles[0].id}],
    }
    query = "select id from Contacts where id is not null limit {}"
    calls: list[tuple[int, str, str, Any]] = [
        (1, "GET", "org", None),
        (1, "POST", "Contacts", {"data": [ADA] * 10}),
        (2, "POST", "Contacts", {"data": [ADA] * 11}),
        (10, "POST", "Contacts/upsert", {"data": [ADA] * 100}),
        (10, "PUT", "Contacts", {"data": [{"id": "1"}] * 100}),
        (10, "POST", "Notes", {"data": [{}] * 100}),
        (1, "GET", "Contacts?fields=id", None),
        (3, "GET", "Contacts?fields=id&cvid=1", None),
        (2, "GET", "Contacts/deleted?type=all", None),
        (1, "POST", "coql", {"select_query": query.format(200)}),
        (2, "POST", "coql", {"select_query": query.format(1000)}),
        (3, "POST", "coql", {"select_query": query.format(2000)}),
        (1, "DELETE", "Contacts?ids=" + ",".join(["1"] * 100), None),
        (1, "DELETE", "Notes?ids=" + ",".join(["1"] * 100), None),
        (1, "DELETE", "Contacts/1", None),
        (1, "POST", "Contacts/actions/mass_delete", {"ids": ["1"] * 100}),
        (5, "POST", "Contacts/actions/mass_delete", {"ids": ["1"] * 500}),
        (1, "GET", f"settings/profiles/{org.world.profiles[0].id}", None),
        (1, "POST", "settings/fields?module=Contacts", {"fields": fields}),
        (500, "POST", "settings/modules", {"modules": [module]}),
        (500, "POST", "/crm/bulk/v8/write", {}),
        (50, "POST", "/crm/bulk/v8/read", {"query": {"module": {"api_name": "Contacts"}}}),
    ]
    for cost, method, path, body in calls:
        await org.ask(method, path, body)
        entry = list(org.twin.journal)[-1]
        assert entry.cost == cost, (method, path)

    assert org.world.credits.used == sum(cost for cost, *_ in calls)
    assert sum(entry.cost for entry in org.twin.journal) == org.world.credits.used


@pytest.mark.rule("zoho.credits-header")
async def test_the_header_appears_once_half_is_spent() -> None:
    org = Org(edition="free")
    org.world.credits.spend(org.world.clock.timestamp(), 2_498)

    headers = [(await org.ask("GET", "org")).headers.get("x-api-credits-remaining") for _ in range(3)]

    assert headers == [None, "2500", "2499"]


async def at_once(org: Org, count: int, method: str, path: str, body: Any = None) -> list[int]:
    """Statuses of so many calls in flight together."""
    await org.sign_in()
    org.twin.latency_s = 1
    return sorted(
        answer.status_code for answer in await asyncio.gather(*(org.ask(method, path, body) for _ in range(count)))
    )


@pytest.mark.rule("zoho.concurrency")
@pytest.mark.parametrize(
    ("edition", "limit"), [("free", 5), ("standard", 10), ("professional", 15), ("enterprise", 20), ("ultimate", 25)]
)
async def test_calls_in_flight_are_limited_by_edition(edition: str, limit: int) -> None:
    assert await at_once(Org(edition=edition), limit + 2, "GET", "org") == [200] * limit + [429] * 2


@pytest.mark.rule("zoho.sub-concurrency")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "Contacts", {"data": [ADA] * 11}),
        ("POST", "coql", {"select_query": "select id from Contacts where id is not null"}),
        ("GET", "Contacts/search?word=ab", None),
        ("GET", "Contacts?fields=id&sort_by=Modified_Time", None),
    ],
)
async def test_ten_heavy_calls_are_in_flight_in_every_edition(method: str, path: str, body: Any) -> None:
    statuses = await at_once(Org(), 12, method, path, body)

    assert statuses.count(429) == 2


async def test_small_writes_are_not_heavy_and_limits_are_released(org: Org) -> None:
    assert 429 not in await at_once(org, 15, "POST", "Contacts", {"data": [ADA] * 10})
    assert 429 not in await at_once(org, 20, "GET", "org")


async def test_an_unlimited_twin_refuses_nothing() -> None:
    org = Org(edition="free", unlimited=True)
    org.world.credits.spend(org.world.clock.timestamp(), 1_000_000)

    assert await at_once(org, 40, "GET", "org") == [200] * 40


@pytest.mark.rule("zoho.retry-after")
@pytest.mark.parametrize(("switch", "header"), [("no", None), ("yes", "60")])
async def test_whether_a_429_says_when_to_come_back(switch: str, header: str | None) -> None:
    org = Org(edition="free", switches={"retry_after": switch})
    org.world.credits.spend(org.world.clock.timestamp(), 5_000)

    answer = await org.ask("GET", "org")

    assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
    assert set(answer.json()) == {"code", "details", "message", "status"}
