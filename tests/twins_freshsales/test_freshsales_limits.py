"""Calls an hour for the account, the minute, and the headers that tell of them."""

from __future__ import annotations

import pytest
from freshsales_client import Account

pytestmark = pytest.mark.anyio
LEFT, RESET, LIMIT = "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-limit"
PROBE = "GET selector/owners"


def limited(edition: str = "growth", **switches: str) -> Account:
    """An account with its limits on, and no cap for the minute unless a test says otherwise."""
    return Account(edition=edition, unlimited=False, switches={"per_minute": "0", **switches})


@pytest.mark.rule("freshsales.hour", "freshsales.quota-headers", "freshsales.limit-header")
@pytest.mark.parametrize(
    ("edition", "calls"), [("free", 1_000), ("growth", 1_000), ("pro", 2_000), ("enterprise", 5_000)]
)
async def test_the_hour_follows_the_plan(edition: str, calls: int) -> None:
    account = limited(edition)

    answer = await account.ask(PROBE)

    assert (answer.headers[LIMIT], answer.headers[LEFT]) == (str(calls), str(calls - 1))


@pytest.mark.rule("freshsales.hour", "freshsales.no-retry-after")
async def test_the_quota_is_one_for_all_keys_and_errors_count() -> None:
    account = limited()
    await account.done("POST spend", {"calls": 997})
    await account.as_user("anna@clinic.example")
    statuses = [(await account.ask(call)).status_code for call in (PROBE, "GET contacts/1", "GET nothing", PROBE)]
    refused = await account.ask(PROBE)

    assert statuses == [200, 404, 404, 429]
    assert "retry-after" not in refused.headers
    assert (refused.headers[LEFT], refused.headers[RESET]) == ("0", "3600")
    assert [entry.cost for entry in account.twin.journal] == [1, 1, 1, 0, 0]


@pytest.mark.rule("freshsales.window")
@pytest.mark.parametrize(("window", "wait_s"), [("fixed", 3_600), ("clock", 1_800), ("sliding", 3_000)])
async def test_the_hour_ends_by_its_kind(window: str, wait_s: int) -> None:
    account = limited(window=window)
    account.pass_time(1_800)
    await account.done("POST spend", {"calls": 1})
    account.pass_time(600)
    await account.done("POST spend", {"calls": 999})
    account.pass_time({"fixed": -600, "clock": -600, "sliding": 0}[window])
    assert (await account.ask(PROBE)).status_code == 429

    account.pass_time(wait_s - 1)
    assert (await account.ask(PROBE)).status_code == 429
    account.pass_time(1)

    assert (await account.ask(PROBE)).status_code == 200


@pytest.mark.rule("freshsales.minute")
async def test_a_minute_has_its_own_cap() -> None:
    account = Account(edition="growth", unlimited=False, switches={"per_minute": "3"})
    statuses = [(await account.ask(PROBE)).status_code for _ in range(4)]
    account.pass_time(60)

    assert statuses == [200, 200, 200, 429]
    assert (await account.ask(PROBE)).status_code == 200


@pytest.mark.rule("freshsales.minute")
async def test_the_cap_of_the_minute_is_400_by_default() -> None:
    account = Account(edition="growth", unlimited=False)
    await account.done("POST spend", {"calls": 399})

    assert [(await account.ask(PROBE)).status_code for _ in range(2)] == [200, 429]


@pytest.mark.rule("freshsales.refused-calls")
async def test_refused_calls_may_count() -> None:
    kind, harsh = limited(window="sliding"), limited(window="sliding", count_refused="yes")
    for account in (kind, harsh):
        await account.done("POST spend", {"calls": 1_000})
        account.pass_time(1_000)
        assert (await account.ask(PROBE)).status_code == 429
        account.pass_time(2_600)

    assert (await kind.ask(PROBE)).headers[LEFT] == "999"
    assert (await harsh.ask(PROBE)).headers[LEFT] == "998"


@pytest.mark.rule("freshsales.quota-headers", "freshsales.limit-header", "freshsales.reset-unit")
async def test_headers_may_be_few_and_reset_a_moment() -> None:
    account = limited(quota_headers="refused", limit_header="no", reset_unit="epoch")
    first = await account.ask(PROBE)
    await account.done("POST spend", {"calls": 999})
    refused = await account.ask(PROBE)

    assert LEFT not in first.headers
    assert LIMIT not in refused.headers
    assert int(refused.headers[RESET]) == int(account.world.clock.timestamp()) + 3_600


@pytest.mark.rule("freshsales.quota-body")
@pytest.mark.parametrize(("body", "begins"), [("empty", b""), ("errors", b'{"errors"'), ("html", b"<!DOCTYPE")])
async def test_what_429_says_is_not_known(body: str, begins: bytes) -> None:
    account = limited(over_limit_body=body)
    await account.done("POST spend", {"calls": 1_000})

    content = (await account.ask(PROBE)).content

    assert content.startswith(begins) and bool(content) == bool(begins)


@pytest.mark.rule("freshsales.plans", "freshsales.plan-refusal")
async def test_what_a_plan_lacks_is_refused() -> None:
    product = {"product": {"name": "Tape"}}
    module: dict[str, dict[str, str]] = {"module_customization": {}}
    growth, pro, other = Account(edition="growth"), Account(edition="pro"), Account(
        edition="growth", switches={"plan_refusal": "404"}
    )  # fmt: skip

    await growth.refused("POST cpq/products", product, status=403)
    await other.refused("POST cpq/products", product, status=404)
    await pro.told("POST cpq/products", product)
    await pro.refused("POST settings/module_customizations", module, status=403)
    await pro.refused("POST custom_module/treatment", {"name": "x"}, status=403)
    assert (await pro.admin("POST activity_type", {"name": "Visit"})).status_code == 400
    assert (await growth.admin("POST pipeline", {"name": "Second"})).status_code == 400
    await pro.done("POST pipeline", {"name": "Second"})
    assert len((await pro.told("GET selector/deal_pipelines"))["deal_pipelines"]) == 2
    deal = {"name": "INV-1", "amount": 1, "products": []}
    assert await growth.refused("POST deals", deal) == ["Products are not available in your plan"]
