"""Products, deals, deal products, leads."""

from __future__ import annotations

from typing import Any

import pytest
from pipedrive_client import Account

pytestmark = pytest.mark.anyio


@pytest.mark.rule("pipedrive.default-price", "pipedrive.currency")
@pytest.mark.parametrize("currency", ["AUD", "NZD"])
async def test_a_product_without_prices_costs_nothing(currency: str) -> None:
    account = Account(switches={"currency": currency})

    answer = await account.ask("POST v2/products", {"name": "Consult"})
    made = answer.json()["data"]

    assert answer.status_code == 201
    assert made["prices"] == [
        {"product_id": 1, "price": 0, "currency": currency, "cost": 0, "direct_cost": None, "notes": ""}
    ]
    assert (made["description"], made["category"], made["billing_frequency"]) == ("", None, "one-time")
    assert (made["code"], made["tax"], made["is_linkable"]) == (None, 0, True)


@pytest.mark.rule("pipedrive.one-price")
async def test_a_product_has_one_price_for_each_currency(account: Account) -> None:
    prices = [{"price": 90, "currency": "AUD", "cost": 0}, {"price": 95.5, "currency": "NZD"}]
    made = await account.make("products", name="Consult", code="ITEM-1", unit="piece", tax=10, prices=prices)

    assert [price["price"] for price in made["prices"]] == [90, 95.5]
    for wrong in ([*prices, {"price": 1, "currency": "AUD"}], [{"price": 1}], [{"price": "1", "currency": "AUD"}]):
        assert "prices" in await account.refused("POST v2/products", {"name": "X", "prices": wrong})
    twice = await account.make("products", name="Consult", code="ITEM-1")
    assert twice["id"] != made["id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "X", "tax": "10"},
        {"name": "X", "category": 5},
        {"name": "X", "visible_to": 9},
        {"name": "X", "billing_frequency": "monthly", "billing_frequency_cycles": 209},
    ],
)
async def test_wrong_products_are_refused(account: Account, body: dict[str, Any]) -> None:
    await account.refused("POST v2/products", body)


@pytest.mark.rule("pipedrive.recurring")
async def test_recurring_products_need_growth() -> None:
    lite, growth = Account(edition="lite"), Account(edition="growth")
    body = {"name": "Plan", "billing_frequency": "monthly"}

    await lite.refused("POST v2/products", body, status=403)
    assert (await growth.make("products", **body))["billing_frequency"] == "monthly"
    assert "cycles" in await growth.refused("POST v2/products", {"name": "X", "billing_frequency_cycles": 3})
    assert "cycles" in await growth.refused("POST v2/products", {"name": "X", "billing_frequency": "weekly"})


# Deals


@pytest.mark.rule("pipedrive.deal-times")
async def test_closing_a_deal_needs_the_matching_status(account: Account) -> None:
    for body in ({"won_time": "2025-01-01T00:00:00Z"}, {"lost_reason": "x"}, {"close_time": "2025-01-01T00:00:00Z"}):
        assert next(iter(body)) in await account.refused("POST v2/deals", {"title": "D", **body})

    won = await account.make("deals", title="D", status="won", won_time="2025-01-01T00:00:00Z")
    lost = await account.told(f"PATCH v2/deals/{won['id']}", {"status": "lost", "lost_reason": "price"})
    reopened = await account.told(f"PATCH v2/deals/{won['id']}", {"status": "open"})

    assert (won["won_time"], won["close_time"]) == ("2025-01-01T00:00:00Z",) * 2
    assert (lost["won_time"], lost["lost_time"], lost["lost_reason"]) == (None, "2026-02-02T23:00:00Z", "price")
    assert (reopened["lost_time"], reopened["close_time"], reopened["lost_reason"]) == (None, None, None)
    assert "status" in await account.refused("POST v2/deals", {"title": "D", "status": "deleted"})


@pytest.mark.rule("pipedrive.deal-restore")
async def test_only_a_deal_comes_back(account: Account) -> None:
    deal, person = (await account.make("deals", title="D"))["id"], await account.person()
    await account.told(f"DELETE v2/deals/{deal}")
    await account.told(f"DELETE v2/persons/{person}")

    deleted = await account.told("GET v2/deals?status=deleted")
    back = await account.told(f"PATCH v2/deals/{deal}", {"is_deleted": False})

    assert [(row["id"], row["is_deleted"]) for row in deleted] == [(deal, True)]
    assert back["is_deleted"] is False
    assert [row["id"] for row in await account.told("GET v2/deals")] == [deal]
    await account.refused(f"PATCH v2/persons/{person}", {"is_deleted": False}, status=404)
    gone = await account.told(f"PATCH v2/deals/{deal}", {"is_deleted": True})
    assert gone["is_deleted"] is True
    assert await account.told("GET v2/deals") == []


async def test_archived_deals_have_a_list_of_their_own(account: Account) -> None:
    deal = (await account.make("deals", title="D"))["id"]

    archived = await account.told(f"PATCH v2/deals/{deal}", {"is_archived": True})

    assert archived["archive_time"] == "2026-02-02T23:00:00Z"
    assert await account.told("GET v2/deals") == []
    assert [row["id"] for row in await account.told("GET v2/deals/archived")] == [deal]


async def test_stages_and_pipelines_are_known(account: Account) -> None:
    stages = await account.told("GET v2/stages?pipeline_id=1")
    deal = await account.make("deals", title="D", stage_id=stages[1]["id"])
    account.pass_time(5)
    moved = await account.told(f"PATCH v2/deals/{deal['id']}", {"stage_id": stages[2]["id"]})

    assert (deal["stage_change_time"], moved["stage_change_time"]) == (None, "2026-02-02T23:00:05Z")
    assert (await account.told("GET v2/pipelines"))[0]["id"] == deal["pipeline_id"]
    assert (await account.told("GET v2/stages/2"))["name"] == "Contact Made"
    down = "v2/stages?sort_by=order_nr&sort_direction=desc&limit=3"
    upper = await account.ask(f"GET {down}")
    lower = await account.told(f"GET {down}&cursor={upper.json()['additional_data']['next_cursor']}")
    assert [stage["id"] for stage in (*upper.json()["data"], *lower)] == [5, 4, 3, 2, 1]
    await account.refused("GET v2/stages/9", status=404)
    await account.refused("GET v2/pipelines/2", status=404)
    assert "stage_id" in await account.refused("POST v2/deals", {"title": "D", "stage_id": 99})


@pytest.mark.rule("pipedrive.deals-limit")
async def test_leads_and_open_deals_share_a_limit() -> None:
    account = Account(edition="lite")
    person = await account.person()
    for _ in range(2_499):
        account.world.shelves["deals"].add({"id": account.world.next("deals"), "status": "open", "owner_id": 4711})
    await account.told("POST v1/leads", {"title": "L", "person_id": person})

    answer = await account.ask("POST v2/deals", {"title": "D"})
    lead = await account.ask("POST v1/leads", {"title": "L", "person_id": person})

    assert answer.status_code == lead.status_code == 403
    assert answer.json()["error"] == "Couldn't add the deal. Open deals limit reached."
    assert answer.json()["code"] == "feature_capping_deals_limit"


@pytest.mark.rule("pipedrive.deal-products")
async def test_products_are_attached_to_deals_in_bulk(account: Account) -> None:
    product = (await account.make("products", name="Consult"))["id"]
    deal = (await account.make("deals", title="D"))["id"]
    line = {"product_id": product, "item_price": 90, "quantity": 2, "discount": 10}

    many = await account.ask(f"POST v2/deals/{deal}/products/bulk", {"data": [line] * 100})
    one = await account.ask(f"POST v2/deals/{deal}/products", line)
    await account.refused(f"POST v2/deals/{deal}/products/bulk", {"data": [line] * 101})
    wrong = {"data": [line, {**line, "product_id": 99}]}
    assert "data.1.product_id" in await account.refused(f"POST v2/deals/{deal}/products/bulk", wrong)

    assert (many.status_code, len(many.json()["data"]), one.status_code) == (201, 100, 201)
    made = one.json()["data"]
    assert (made["name"], made["sum"], made["currency"], made["order_nr"]) == ("Consult", 162, "AUD", 101)
    row = await account.told(f"PATCH v2/deals/{deal}/products/{made['id']}", {"quantity": 1})
    assert row["sum"] == 81
    assert len(await account.told(f"GET v2/deals/{deal}/products?limit=500")) == 101
    assert await account.told(f"DELETE v2/deals/{deal}/products/{made['id']}") == {"id": made["id"]}
    assert len((await account.told(f"DELETE v2/deals/{deal}/products"))["ids"]) == 100
    assert (await account.told(f"GET v2/deals/{deal}?include_fields=products_count"))["products_count"] == 0


# Leads


@pytest.mark.rule("pipedrive.leads")
async def test_leads_are_of_another_kind(account: Account) -> None:
    person = await account.person()
    code, a, b = await account.field("set", "A", "B", name="dealFields")
    body = {"title": "L", "person_id": person, "visible_to": "3", "value": {"amount": 9, "currency": "AUD"}}

    answer = await account.ask("POST v1/leads", {**body, code: f"{a},{b}"})
    made = answer.json()["data"]
    listed = (await account.ask("GET v1/leads")).json()

    assert answer.status_code == 201
    assert len(made["id"]) == 36
    assert (made["visible_to"], made[code], made["add_time"]) == ("3", f"{a},{b}", "2026-02-02T23:00:00.000Z")
    assert "custom_fields" not in made
    assert [row["id"] for row in listed["data"]] == [made["id"]]
    assert listed["additional_data"]["pagination"]["more_items_in_collection"] is False
    activity = await account.make("activities", lead_id=made["id"])
    assert activity["lead_id"] == made["id"]


async def test_leads_are_changed_archived_and_deleted(account: Account) -> None:
    person = await account.person()
    label = (await account.told("GET v1/leadLabels"))[0]["id"]
    made = await account.told("POST v1/leads", {"title": "L", "person_id": person, "label_ids": [label]})
    path = f"v1/leads/{made['id']}"

    changed = await account.told(f"PATCH {path}", {"title": "M", "label_ids": []})
    await account.refused(f"PATCH {path}", {"person_id": None})
    await account.told(f"PATCH {path}", {"is_archived": True})

    assert (changed["title"], changed["label_ids"]) == ("M", [])
    assert await account.told("GET v1/leads") == []
    assert len(await account.told("GET v1/leads/archived")) == 1
    assert await account.told(f"DELETE {path}") == {"id": made["id"]}
    assert await account.refused(f"GET {path}", status=404) == "requested lead not found"


@pytest.mark.parametrize(
    "body",
    [
        {"title": "L"},
        {"title": "", "person_id": 1},
        {"title": "L", "person_id": 9},
        {"title": "L", "person_id": 1, "visible_to": 3},
        {"title": "L", "person_id": 1, "value": {"amount": 5}},
        {"title": "L", "person_id": 1, "nonsense": 1},
        {"title": "L", "person_id": 1, "label_ids": ["x"]},
    ],
)
async def test_wrong_leads_are_refused(account: Account, body: dict[str, Any]) -> None:
    await account.person()

    await account.refused("POST v1/leads", body)
