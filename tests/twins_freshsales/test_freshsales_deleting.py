"""The recycle bin, forgetting, and what goes along."""

from __future__ import annotations

import pytest
from freshsales_client import ZOE, Account

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.mark.rule("freshsales.bin")
async def test_the_bin_is_a_view_and_only_pages_restore(account: Account) -> None:
    id = await account.contact()
    note = await account.note(id)
    await account.told(f"DELETE contacts/{id}")
    binned = (await account.view("contacts", "Recycle Bin"))["contacts"]
    everyone = (await account.view("contacts", "All Contacts"))["contacts"]

    assert [(one["id"], one["is_deleted"]) for one in binned] == [(id, True)]
    assert everyone == []
    assert (await account.ask(f"PUT contacts/{id}/restore")).status_code == 404
    await account.done("POST restore", {"object": "contacts", "id": id})
    told = await account.told(f"GET contacts/{id}?include=notes")
    assert (told["contact"]["is_deleted"], told["contact"]["note_ids"]) == (False, [note])


@pytest.mark.rule("freshsales.bin")
async def test_the_bin_is_emptied_after_90_days(account: Account) -> None:
    id = await account.contact()
    await account.told(f"DELETE contacts/{id}")
    account.pass_time(90 * DAY_S)
    assert len((await account.view("contacts", "Recycle Bin"))["contacts"]) == 1

    account.pass_time(1)

    assert (await account.view("contacts", "Recycle Bin"))["contacts"] == []
    assert (await account.admin("POST restore", {"object": "contacts", "id": id})).status_code == 400


@pytest.mark.rule("freshsales.reserved")
@pytest.mark.parametrize(("reserves", "status"), [("yes", 400), ("no", 200)])
async def test_whether_the_bin_keeps_identities_is_not_sure(reserves: str, status: int) -> None:
    account = Account(switches={"bin_reserves": reserves})
    id = await account.contact()
    await account.told(f"DELETE contacts/{id}")

    assert (await account.ask("POST contacts", ZOE)).status_code == status
    restored = await account.admin("POST restore", {"object": "contacts", "id": id})

    assert restored.status_code == (200 if reserves == "yes" else 400)


@pytest.mark.rule("freshsales.forget")
async def test_forgetting_takes_everything_along_and_frees_the_identity(account: Account) -> None:
    id = await account.contact()
    deal = await account.deal(contacts_added_list=[id])
    await account.note(id)
    await account.task(id)
    await account.upload(id)

    await account.told(f"DELETE contacts/{id}/forget")

    state = (await account.admin("GET state")).json()
    assert [state[name] for name in ("contacts", "notes", "tasks", "documents", "Recycled", "deals")] == [0] * 5 + [1]
    assert (await account.told(f"GET deals/{deal}?include=contacts"))["deal"]["contact_ids"] == []
    assert await account.contact() != id


@pytest.mark.rule("freshsales.forget-binned", "freshsales.read-deleted")
async def test_what_is_in_the_bin_may_be_forgotten_or_read() -> None:
    account, other = Account(), Account(switches={"forget_binned": "no", "get_deleted": "shown"})
    for one in (account, other):
        id = await one.contact()
        await one.told(f"DELETE contacts/{id}")

    read = [(await one.ask(f"GET contacts/{id}")).status_code for one in (account, other)]
    forgotten = [(await one.ask(f"DELETE contacts/{id}/forget")).status_code for one in (account, other)]

    assert (read, forgotten) == ([404, 200], [200, 404])
    assert (await account.ask(f"DELETE contacts/{id}")).status_code == 404


@pytest.mark.rule("freshsales.account-cut")
async def test_a_deleted_account_loses_its_links_for_ever(account: Account) -> None:
    gym = await account.sales_account("Gym")
    child = await account.sales_account("Gym South", parent_sales_account_id=gym)
    deal, contact = await account.deal(sales_account_id=gym), await account.contact(sales_accounts=[{"id": gym}])

    await account.told(f"DELETE sales_accounts/{gym}")
    hidden = await account.read(f"contacts/{contact}", "contact")
    await account.done("POST restore", {"object": "sales_accounts", "id": gym})

    assert hidden["sales_accounts"] == []
    assert (await account.told(f"GET deals/{deal}?include=sales_account"))["deal"]["sales_account_id"] is None
    assert (await account.read(f"sales_accounts/{child}", "sales_account"))["parent_sales_account_id"] is None
    assert len((await account.read(f"contacts/{contact}", "contact"))["sales_accounts"]) == 1


@pytest.mark.rule("freshsales.hidden-children", "freshsales.orphans")
@pytest.mark.parametrize(("orphans", "status"), [("kept", 200), ("gone", 404)])
async def test_children_of_a_deleted_record_are_in_no_list(orphans: str, status: int) -> None:
    account = Account(switches={"orphans": orphans})
    id = await account.contact()
    task = await account.task(id)
    await account.told(f"DELETE contacts/{id}")

    assert (await account.told("GET tasks"))["tasks"] == []
    assert (await account.ask(f"GET tasks/{task['id']}")).status_code == status


@pytest.mark.rule("freshsales.forget", "freshsales.account-cut")
async def test_forgetting_an_account_takes_its_links_everywhere(account: Account) -> None:
    gym = await account.sales_account("Gym")
    deal, contact = await account.deal(sales_account_id=gym), await account.contact(sales_accounts=[{"id": gym}])
    list_id = (await account.told("POST lists", {"name": "Run"}))["list"]["id"]
    await account.told(f"PUT lists/{list_id}/add_contacts", {"ids": [contact]})

    await account.told(f"DELETE sales_accounts/{gym}/forget")
    kept = (await account.dump("contacts"))[0]["sales_accounts"]
    await account.told(f"DELETE contacts/{contact}/forget")

    assert kept == [] and (await account.dump("lists"))[0]["contacts"] == []
    assert next(row for row in await account.dump("deals") if row["id"] == deal)["sales_account_id"] is None
