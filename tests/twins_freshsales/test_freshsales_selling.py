"""Accounts and deals: names, links, stages, money, products on deals, workflows."""

from __future__ import annotations

import pytest
from freshsales_client import ZOE, Account

pytestmark = pytest.mark.anyio


@pytest.mark.rule("freshsales.account-name")
@pytest.mark.parametrize(("unique", "status"), [("yes", 400), ("no", 200)])
async def test_the_name_of_an_account_is_unique_unless_an_admin_unset_it(unique: str, status: int) -> None:
    account = Account(switches={"account_name_unique": unique})
    await account.sales_account("Gym")

    answer = await account.ask("POST sales_accounts", {"name": " GYM "})

    assert answer.status_code == status
    assert status == 200 or answer.json() == {"errors": {"code": 400, "message": ["Name has already been taken"]}}


@pytest.mark.rule("freshsales.required")
async def test_accounts_and_deals_need_what_their_fields_say(account: Account) -> None:
    deal = await account.deal()

    assert await account.refused("POST sales_accounts", {"sales_account": {}}) == ["Name can't be blank"]
    assert await account.refused("POST deals", {"deal": {"name": "x"}}) == ["Amount can't be blank"]
    assert await account.refused(f"PUT deals/{deal}", {"deal": {"amount": None}}) == ["Amount can't be blank"]


@pytest.mark.rule("freshsales.money")
async def test_amounts_go_in_as_numbers_and_out_as_texts(account: Account) -> None:
    contact, gym = (
        await account.contact(),
        await account.sales_account(annual_revenue=1_000_000, number_of_employees=11),
    )
    deal = await account.deal(amount=5600, sales_account_id=gym, contacts_added_list=[contact])

    shown = await account.read(f"deals/{deal}", "deal")
    assert (shown["amount"], shown["expected_deal_value"]) == ("5600.0", "5600.0")
    assert (await account.read(f"contacts/{contact}", "contact"))["open_deals_amount"] == "5600.0"
    theirs = await account.read(f"sales_accounts/{gym}", "sales_account")
    assert (theirs["open_deals_amount"], theirs["open_deals_count"]) == ("5600.0", 1)
    assert (theirs["annual_revenue"], theirs["number_of_employees"]) == (1_000_000, 11)


@pytest.mark.rule("freshsales.deal-links")
async def test_a_deal_is_linked_by_lists_and_makes_an_account_by_name(account: Account) -> None:
    ids = [await account.contact(external_id=str(n), emails=[]) for n in range(3)]
    first = await account.deal(sales_account={"name": "Gym"}, contacts_added_list=ids[:2])
    second = await account.deal("INV-2", sales_account={"name": "gym"})
    await account.told(f"PUT deals/{first}", {"contacts_added_list": [ids[2]], "contacts_removed_list": [ids[0]]})

    told = await account.told(f"GET deals/{first}?include=contacts,sales_account")

    assert told["deal"]["contact_ids"] == ids[1:]
    assert [one["name"] for one in told["sales_accounts"]] == ["Gym"]
    assert len(await account.dump("sales_accounts")) == 1
    assert (await account.dump("deals"))[1]["id"] == second
    assert await account.refused("POST deals", {"name": "x", "amount": 1, "contacts_added_list": [5]}) == [
        "Contacts is invalid"
    ]


@pytest.mark.rule("freshsales.stages")
async def test_a_stage_is_one_of_its_pipeline_and_closing_is_dated(account: Account) -> None:
    second = (await account.done("POST pipeline", {"name": "Second"}))["id"]
    stages = (await account.told("GET selector/deal_stages"))["deal_stages"]
    won = next(row for row in stages if row["name"] == "Won")
    told = await account.told(f"GET selector/deal_pipelines/{second}/deal_stages")

    deal = await account.deal()
    first = await account.read(f"deals/{deal}", "deal")
    closed = (await account.told(f"PUT deals/{deal}", {"deal_stage_id": won["id"]}))["deal"]
    body = {"name": "x", "amount": 1, "deal_pipeline_id": second, "deal_stage_id": won["id"]}

    assert (first["deal_stage_id"], first["closed_date"]) == (stages[0]["id"], None)
    assert closed["closed_date"] == "2026-02-03"
    assert await account.refused("POST deals", body) == ["Deal stage is invalid"]
    moved = (await account.told(f"PUT deals/{deal}", {"deal_pipeline_id": second}))["deal"]
    assert moved["deal_stage_id"] == told["deal_stages"][0]["id"]


@pytest.mark.rule("freshsales.closed-date")
async def test_a_deal_may_be_closed_without_a_day() -> None:
    account = Account(switches={"closed_date": "null"})
    stages = (await account.told("GET selector/deal_stages"))["deal_stages"]
    won = next(row["id"] for row in stages if row["name"] == "Won")

    made = await account.make("deals", "deal", name="INV-1", amount=1, deal_stage_id=won)

    assert made["closed_date"] is None


async def test_a_refused_deal_makes_no_account(account: Account) -> None:
    await account.refused("POST deals", {"name": "INV-1", "sales_account": {"name": "Gym"}})

    assert await account.dump("sales_accounts") == []


@pytest.mark.rule("freshsales.deal-products")
async def test_products_on_a_deal_recompute_its_amount(account: Account) -> None:
    tape = (await account.make("cpq/products", "product", name="Tape"))["id"]
    deal = await account.deal(amount=500)
    lines = {"deal": {"products": [{"id": tape, "quantity": 2, "unit_price": 40}]}}

    told = (await account.told(f"PUT deals/{deal}?include=products", lines))["deal"]
    cleared = (await account.told(f"PUT deals/{deal}?include=products", {"deal": {"products": []}}))["deal"]
    last = (await account.told(f"PUT deals/{deal}", {"deal": {"amount": 500}}))["deal"]

    assert (told["amount"], told["products"][0]["quantity"], told["products"][0]["name"]) == ("80.0", 2, "Tape")
    assert (cleared["amount"], cleared["products"], last["amount"]) == ("80.0", [], "500.0")
    assert "products" not in last


@pytest.mark.rule("freshsales.workflows")
async def test_workflows_fire_on_every_creation(account: Account) -> None:
    anna = account.world.people.by_email("anna@clinic.example")
    assert anna is not None
    order = {"object": "contacts", "name": "Round robin", "set": {"owner_id": anna["id"]}}
    await account.done("POST workflow", order)
    id = await account.contact()
    await account.told(f"PUT contacts/{id}", {"city": "Hobart"})

    assert [(one["kind"], one["id"]) for one in await account.dump("notifications")] == [("workflow", id)]
    assert (await account.dump("contacts"))[0]["owner_id"] == anna["id"]


async def test_the_pages_change_what_the_api_made(account: Account) -> None:
    id = await account.contact()
    made = await account.done("POST create", {"object": "deals", "fields": {"name": "Theirs", "amount": 5}})

    await account.done("POST edit", {"object": "contacts", "id": id, "fields": {"city": "Hobart"}})
    await account.done("POST delete", {"object": "deals", "id": made["id"]})

    (row,) = await account.dump("contacts")
    assert row["city"] == "Hobart" and row["updater_id"] != row["creater_id"]
    assert [(one["object"], one["id"]) for one in await account.dump("recycled")] == [("deals", made["id"])]
    assert (await account.admin("POST edit", {"object": "contacts", "id": 5, "fields": {}})).status_code == 400
    again = {"object": "contacts", "fields": {**ZOE}}
    assert (await account.admin("POST create", again)).json()["errors"]["code"] == 400
