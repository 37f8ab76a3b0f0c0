"""Saved views, pages, side-loading, and the three searches with their lag."""

from __future__ import annotations

from typing import Any

import pytest
from freshsales_client import VISIT, Account, on

pytestmark = pytest.mark.anyio


async def many(account: Account, count: int) -> list[int]:
    return [await account.contact(external_id=str(n), emails=[], first_name=f"N{n}") for n in range(count)]


async def filtered(account: Account, attribute: str, operator: str, value: Any, kind: str = "contact") -> list[int]:
    rules = {"filter_rule": [{"attribute": attribute, "operator": operator, "value": value}]}
    told = await account.told(f"POST filtered_search/{kind}?sort=id&sort_type=asc", rules)
    return [one["id"] for name, rows in told.items() if name != "meta" for one in rows]


@pytest.mark.rule("freshsales.views")
async def test_views_stand_in_for_lists_and_deals_have_none_of_all(account: Account) -> None:
    names = {
        name: [one["name"] for one in (await account.told(f"GET {name}/filters"))["filters"]]
        for name in ("contacts", "sales_accounts", "deals")
    }
    stages = {row["name"]: row["id"] for row in (await account.told("GET selector/deal_stages"))["deal_stages"]}
    deals = [await account.deal(name, deal_stage_id=stages[name]) for name in ("New", "Won", "Lost")]

    assert (await account.ask("GET contacts")).status_code == 404
    assert "All Contacts" in names["contacts"] and "All Accounts" in names["sales_accounts"]
    assert not any(name.startswith("All") for name in names["deals"])
    pages = [await account.view("deals", title) for title in ("Open Deals", "Won Deals", "Lost Deals")]
    assert [one["id"] for page in pages for one in page["deals"]] == deals
    assert len((await account.view("deals", "This month's sales"))["deals"]) == 2
    assert len((await account.view("deals", "My Deals"))["deals"]) == 3
    assert (await account.view("deals", "Hot Deals"))["deals"] == []
    await account.done("POST view", {"object": "contacts", "name": "All Contacts", "to": "Alle contacten"})
    assert (await account.view("contacts", "Alle contacten"))["meta"]["total"] == 0
    await account.done("POST view", {"object": "contacts", "name": "Alle contacten", "to": None})
    assert await account.refused("GET contacts/view/5", status=404)


@pytest.mark.rule("freshsales.pages")
async def test_pages_have_25_and_at_most_100(account: Account) -> None:
    ids = await many(account, 110)
    page = await account.view("contacts", "All Contacts")
    whole = await account.view("contacts", "All Contacts", "?per_page=500&sort=id&sort_type=desc")
    second = await account.view("contacts", "All Contacts", "?per_page=100&page=2&sort=id&sort_type=asc")

    assert len(page["contacts"]) == 25
    assert page["meta"] | {"avatar_data": None} == {"total_pages": 5, "total": 110, "avatar_data": None}
    assert [one["id"] for one in whole["contacts"]] == ids[:-101:-1]
    assert [one["id"] for one in second["contacts"]] == ids[100:]


@pytest.mark.rule("freshsales.page-cap")
async def test_the_index_ends_somewhere() -> None:
    account = Account(switches={"page_cap": "30"})
    await many(account, 40)

    page = await account.view("contacts", "All Contacts", "?page=2")
    beyond = await account.view("contacts", "All Contacts", "?page=3")

    assert (len(page["contacts"]), beyond["contacts"], beyond["meta"]["total"]) == (5, [], 40)


@pytest.mark.rule("freshsales.default-order")
@pytest.mark.parametrize(("order", "first"), [("updated_at", 0), ("id", 2)])
async def test_who_does_not_ask_for_an_order_gets_the_newest_first(order: str, first: int) -> None:
    account = Account(switches={"default_sort": order})
    ids = await many(account, 3)
    account.pass_time(10)
    await account.told(f"PUT contacts/{ids[0]}", {"city": "Hobart"})

    page = await account.view("contacts", "All Contacts")

    assert page["contacts"][0]["id"] == ids[first]


@pytest.mark.rule("freshsales.include", "freshsales.included-most")
async def test_include_puts_what_is_asked_for_beside_the_records() -> None:
    account, capped = Account(), Account(switches={"included_most": "1"})
    for one in (account, capped):
        gym = await one.sales_account()
        sources = (await one.told("GET selector/lead_sources"))["lead_sources"]
        contact = await one.contact(sales_accounts=[{"id": gym}], lead_source_id=sources[0]["id"])
        await one.deal(contacts_added_list=[contact], sales_account_id=gym)
        await one.note(contact)
        await one.note(contact, "Second")
        await one.task(contact)
        await one.make("appointments", "appointment", **VISIT, **on(contact))
    words = "owner,creater,source,tasks,appointments,notes,deals,sales_accounts,nonsense"

    page = await account.view("contacts", "All Contacts", f"?include={words}")
    less = await capped.view("contacts", "All Contacts", "?include=notes")
    gyms = await account.told(f"GET sales_accounts/{gym}?include=contacts,deals,owner")
    deal = await account.view("deals", "Open Deals", "?include=sales_account,contacts,deal_stage,owner,products")

    (one,) = page["contacts"]
    for name, field in (("notes", "note_ids"), ("tasks", "task_ids"), ("appointments", "appointment_ids"),
                        ("deals", "deal_ids")):  # fmt: skip
        assert [row["id"] for row in page[name]] == one[field], name
    assert one["lead_source_id"] == page["lead_sources"][0]["id"] and one["sales_accounts"][0]["id"] == gym
    assert len(page["notes"]) == 2 and len(less["notes"]) == 1
    assert gyms["sales_account"]["contact_ids"] == [contact] and len(gyms["deals"]) == 1
    assert deal["deals"][0]["contact_ids"] == [contact] and deal["deals"][0]["products"] == []
    assert deal["deals"][0]["sales_account_id"] == gym
    plain = await account.view("contacts", "All Contacts")
    assert set(plain) == {"contacts", "meta"} and "note_ids" not in plain["contacts"][0]


@pytest.mark.rule("freshsales.lookup")
async def test_lookup_is_exact_and_doubly_nested(account: Account) -> None:
    own = await account.field("Medicare no")
    id = await account.contact(custom_field={own: "22"}, mobile_number="0400")
    gym = await account.sales_account("Gym")
    asked = (
        ("q=ZOE@example.org&f=email&entities=contact", "contacts", id),
        ("q=cliniko:patient:1&f=external_id&entities=contact", "contacts", id),
        ("q=0400&f=mobile_number&entities=contact", "contacts", id),
        (f"q=22&f={own}&entities=contact", "contacts", id),
        ("q=zoe field&f=name&entities=contact", "contacts", id),
        ("q=gym&f=name&entities=sales_account,deal", "sales_accounts", gym),
    )
    for query, name, expected in asked:
        assert [one["id"] for one in (await account.told(f"GET lookup?{query}"))[name][name]] == [expected], query

    assert (await account.told("GET lookup?q=zoe&f=email&entities=contact"))["contacts"]["contacts"] == []
    assert await account.refused("GET lookup?q=zoe@example.org&entities=contact") == ["f is missing"]
    assert await account.refused("GET lookup?q=x&f=email") == ["entities is missing"]


@pytest.mark.rule("freshsales.search")
async def test_search_is_fuzzy_and_gives_texts_for_ids(account: Account) -> None:
    id, gym = await account.contact(), await account.sales_account("Fieldhouse")

    hits = await account.told("GET search?q=field&include=contact,sales_account,deal")

    assert [(hit["id"], hit["type"]) for hit in hits] == [(str(id), "contact"), (str(gym), "sales_account")]
    assert [hit["type"] for hit in await account.told("GET search?q=anna&include=user")] == ["user"]


@pytest.mark.rule("freshsales.operators")
async def test_rules_of_filtered_search_all_hold(account: Account) -> None:
    own = await account.field("Suburb")
    born = await account.field("Born", "date")
    first = await account.contact(external_id="a1", custom_field={own: "North Hobart", born: "1984-02-09"})
    account.pass_time(3_600)
    second = await account.contact(external_id="a2", emails=[], custom_field={own: "Sandy Bay"})
    stage = (await account.told("GET selector/lifecycle_stages"))["lifecycle_stages"][0]["id"]
    asked: tuple[tuple[str, str, Any, list[int]], ...] = (
        ("external_id", "is", "a2", [second]), ("external_id", "is_not", "a2", [first]),
        (own, "contains", "hobart", [first]), (own, "starts_with", "sandy", [second]),
        ("external_id", "is_in", ["a1", "a2"], [first, second]),
        ("lifecycle_stage_id", "is_in", [stage], [first, second]),
        ("updated_at", "is_after", "2026-02-02T23:30:00Z", [second]), ("email", "is", "zoe@example.org", [first]),
        (born, "is_after", "1984-01-01", [first]), (born, "is", "1984-02-09", [first]),
    )  # fmt: skip
    for attribute, operator, value, ids in asked:
        assert await filtered(account, attribute, operator, value) == ids, (attribute, operator)

    both = [
        {"attribute": own, "operator": "is", "value": "Sandy Bay"},
        {"attribute": "email", "operator": "is", "value": "x"},
    ]
    assert (await account.told("POST filtered_search/contact", {"filter_rule": both}))["meta"] == {"total": 0}
    wrong = [{"attribute": "nothing", "operator": "is", "value": 1}]
    assert await account.refused("POST filtered_search/contact", {"filter_rule": wrong}) == ["The attribute is invalid"]
    wrong = [{"attribute": "city", "operator": "is_like", "value": 1}]
    assert await account.refused("POST filtered_search/contact", {"filter_rule": wrong}) == ["The operator is invalid"]


@pytest.mark.rule("freshsales.partial")
async def test_hits_of_filtered_search_are_partial(account: Account) -> None:
    await account.contact()

    rules = {"filter_rule": [{"attribute": "city", "operator": "is_not", "value": "x"}]}
    (hit,) = (await account.told("POST filtered_search/contact", rules))["contacts"]

    assert hit["partial"] is True and not {"external_id", "custom_field", "emails"} & set(hit)


@pytest.mark.rule("freshsales.index-lag")
async def test_searches_lag_and_ids_do_not() -> None:
    account = Account(switches={"index_lag_s": "30"})
    lookup = "GET lookup?q=cliniko:patient:1&f=external_id&entities=contact"
    id = await account.contact()

    async def known() -> list[int]:
        """What view, lookup and filtered_search know."""
        return [
            len((await account.view("contacts", "All Contacts"))["contacts"]),
            len((await account.told(lookup))["contacts"]["contacts"]),
            len(await filtered(account, "city", "is_not", "Hobart")),
        ]

    at_once = await known()
    await account.read(f"contacts/{id}", "contact")
    assert await account.refused("POST contacts", {"external_id": "cliniko:patient:1"})
    account.pass_time(31)
    later = await known()
    await account.told(f"PUT contacts/{id}", {"city": "Hobart", "external_id": "other"})
    stale = await known()
    await account.told(f"DELETE contacts/{id}/forget")
    gone = await known()
    account.pass_time(31)

    assert (at_once, later, stale, gone, await known()) == ([0, 0, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0])


async def test_a_fault_makes_the_index_later_still(account: Account) -> None:
    await account.contact()
    account.pass_time(30)
    account.twin.faults.add("stale_search", seconds=60, method="GET", path="/crm/sales/api/contacts/view", nth=1)

    stale = await account.view("contacts", "All Contacts")
    fresh = await account.view("contacts", "All Contacts")

    assert (len(stale["contacts"]), len(fresh["contacts"])) == (0, 1)


@pytest.mark.rule("freshsales.selectors")
async def test_selectors_have_what_admins_added(account: Account) -> None:
    made = await account.done("POST choice", {"selector": "lead_sources", "name": "GP referral"})
    kind = await account.done(
        "POST choice", {"selector": "sales_activity_entity_types", "name": "Visit", "type": "Task"}
    )
    contact = await account.contact(lead_source_id=made["id"])

    task = await account.task(contact, task_type_id=kind["id"])

    assert task["task_type_id"] == kind["id"]
    names = (await account.told("GET selector/lead_sources"))["lead_sources"]
    assert names[-1]["name"] == "GP referral"
