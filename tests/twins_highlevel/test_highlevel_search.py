"""Searching contacts: late, filtered, paged, in lower case."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import ANA, Clinic

pytestmark = pytest.mark.anyio


def eq(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": "eq", "value": value}


async def cities(clinic: Clinic) -> list[str]:
    return [one.get("city", "") for one in await clinic.search()]


@pytest.mark.rule("highlevel.search-lag", "highlevel.search-lag-s", "highlevel.search-gap")
async def test_searches_show_the_old_then_nothing_then_the_new() -> None:
    clinic = Clinic(switches={"search_lag_s": "8", "search_gap_s": "2"})
    id = await clinic.contact(city="Old")
    seen = [await cities(clinic)]
    clinic.pass_time(8)
    seen.append(await cities(clinic))
    await clinic.told(f"PUT /contacts/{id}", {"city": "New"})
    at_once = (await clinic.read(id))["city"]
    for wait in (0, 5, 1.5, 1.5):
        clinic.pass_time(wait)
        seen.append(await cities(clinic))

    assert at_once == "New"
    assert seen == [[], ["Old"], ["Old"], ["Old"], [], ["New"]]


@pytest.mark.rule("highlevel.search-lag")
async def test_a_deleted_contact_is_found_a_while_longer(clinic: Clinic) -> None:
    id = await clinic.contact(email="a@example.org")
    clinic.pass_time()
    await clinic.told(f"DELETE /contacts/{id}")

    soon = await clinic.search(eq("email", "a@example.org"))
    clinic.pass_time()

    assert (len(soon), await clinic.search(eq("email", "a@example.org"))) == (1, [])


async def test_the_fault_makes_a_search_later_still(clinic: Clinic) -> None:
    await clinic.contact(city="Hobart")
    clinic.pass_time(10)
    clinic.twin.faults.add("stale_search", path="/contacts/search", nth=1, seconds=60)

    assert [await cities(clinic), await cities(clinic)] == [[], ["Hobart"]]


async def test_without_a_lag_a_search_knows_at_once() -> None:
    clinic = Clinic(switches={"search_lag_s": "0"})
    field = (await clinic.field("Key"))["id"]
    await clinic.contact(customFields=[{"id": field, "value": "17"}])

    assert len(await clinic.search(eq(f"customFields.{field}", "17"))) == 1


@pytest.mark.rule("highlevel.duplicate-lookup")
@pytest.mark.parametrize(("mode", "found"), [("late", False), ("at_once", True)])
async def test_the_duplicate_lookup(mode: str, found: bool) -> None:
    clinic = Clinic(switches={"duplicate_lookup": mode, "allow_duplicate_contact": "yes"})
    first = await clinic.contact(email="a@example.org")
    second = await clinic.contact(phone="+61400000001")
    path = f"GET /contacts/search/duplicate?locationId={clinic.id}"

    soon = (await clinic.told(f"{path}&email=A@example.org"))["contact"]
    clinic.pass_time()
    by_email = (await clinic.told(f"{path}&email=a@example.org&number=%2B61400000001"))["contact"]
    by_phone = (await clinic.told(f"{path}&email=x@example.org&number=%2B61400000001"))["contact"]

    assert (soon is not None) is found
    assert (by_email["id"], by_phone["id"]) == (first, second)
    assert (await clinic.told(f"{path}&email=nobody@example.org"))["contact"] is None


@pytest.mark.rule("highlevel.search-names")
@pytest.mark.parametrize(("mode", "first"), [("lower", None), ("both", "Ana")])
async def test_lists_have_names_in_lower_case(mode: str, first: str | None) -> None:
    clinic = Clinic(switches={"search_names": mode})
    await clinic.contact(**ANA)
    clinic.pass_time()

    (hit,) = await clinic.search()
    (listed,) = (await clinic.told(f"GET /contacts/?locationId={clinic.id}"))["contacts"]

    assert (hit.get("firstName"), hit["firstNameLowerCase"], hit["lastNameLowerCase"]) == (first, "ana", "mcreyes")
    assert hit["contactName"] == ("ana mcreyes" if mode == "lower" else "Ana McReyes")
    assert listed.get("firstName") == first


@pytest.mark.rule("highlevel.search-filters")
async def test_filters_join_with_and_and_groups_with_either(clinic: Clinic) -> None:
    field = (await clinic.field("Key"))["id"]
    one = await clinic.contact(email="a@example.org", tags=["x"], customFields=[{"id": field, "value": "A-1"}])
    two = await clinic.contact(firstName="Bo", tags=["x", "y"])
    clinic.pass_time()
    some = {"group": "OR", "filters": [eq("email", "A@example.org"), {**eq("tags", "y"), "operator": "contains"}]}
    cases: list[tuple[list[dict[str, Any]], set[str]]] = [
        ([eq(f"customFields.{field}", "A-1")], {one}),
        ([eq(f"customFields.{field}", "a-1")], set()),
        ([some], {one, two}),
        ([some, eq("firstNameLowerCase", "bo")], {two}),
        ([{**eq("tags", "y"), "operator": "not_contains"}], {one}),
        ([{"field": "email", "operator": "exists"}], {one}),
        ([{"field": "email", "operator": "not_exists"}], {two}),
        ([{**eq("id", one), "operator": "not_eq"}], {two}),
        ([eq("id", one)], {one}),
        ([{"field": "dateAdded", "operator": "range", "value": {"gte": "2026-02-02", "lt": "2026-02-03"}}], {one, two}),
        ([{"field": "dateUpdated", "operator": "range", "value": {"gt": "2026-02-03T00:00:00Z"}}], set()),
    ]

    for filters, wanted in cases:
        assert {hit["id"] for hit in await clinic.search(*filters)} == wanted, filters
    assert [hit["id"] for hit in await clinic.search(query="BO")] == [two]


@pytest.mark.rule("highlevel.operators")
@pytest.mark.parametrize("operator", ["gte", "gt", "like", "nested", "in"])
async def test_other_operators_are_invalid(clinic: Clinic, operator: str) -> None:
    body = {"locationId": clinic.id, "pageLimit": 10, "filters": [{**eq("dateAdded", "x"), "operator": operator}]}

    assert await clinic.refused("POST /contacts/search", body, status=422) == ["Invalid Operator"]


@pytest.mark.rule("highlevel.search-filters")
@pytest.mark.parametrize(
    "more",
    [
        {"filters": [eq("email", "x" * 76)]}, {"query": "x" * 76}, {"filters": [eq("nonsense", "x")]},
        {"filters": {}}, {"filters": [7]}, {"filters": [{"group": "XOR", "filters": []}]}, {"sort": [{"field": "x"}]},
    ],
)  # fmt: skip
async def test_long_and_odd_searches_are_refused(clinic: Clinic, more: dict[str, Any]) -> None:
    await clinic.refused("POST /contacts/search", {"locationId": clinic.id, "pageLimit": 10, **more}, status=422)


@pytest.mark.rule("highlevel.search-pages")
async def test_pages_go_by_number_or_on_from_the_last_hit(clinic: Clinic) -> None:
    for number in range(7):
        await clinic.contact(city=str(number))
        clinic.pass_time(1)
    clinic.pass_time()
    sort = [{"field": "dateUpdated", "direction": "asc"}]

    pages = [await clinic.search(page=page, pageLimit=3, sort=sort) for page in (1, 2, 3, 4)]
    walked: list[str] = []
    after: Any = None
    for _ in range(4):
        more = {"searchAfter": after} if after else {}
        body = {"locationId": clinic.id, "pageLimit": 3, "sort": sort, **more}
        hits = (await clinic.told("POST /contacts/search", body))["contacts"]
        walked += [hit["city"] for hit in hits]
        after = hits[-1]["searchAfter"] if hits else after

    assert [[hit["city"] for hit in page] for page in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6"], []]
    assert walked == list("0123456")
    newest = [hit["city"] for hit in await clinic.search(pageLimit=2)]
    assert newest == ["6", "5"]


@pytest.mark.rule("highlevel.search-pages")
@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"pageLimit": 501}, 422),
        ({}, 422),
        ({"pageLimit": 500, "page": 21}, 400),
        ({"pageLimit": 500, "page": 20}, 200),
    ],
)
async def test_pages_hold_500_and_end_at_10_000(clinic: Clinic, more: dict[str, int], status: int) -> None:
    answer = await clinic.ask("POST /contacts/search", {"locationId": clinic.id, **more})

    assert answer.status_code == status


@pytest.mark.rule("highlevel.contact-list")
async def test_the_old_list_goes_on_from_moment_and_id(clinic: Clinic) -> None:
    for number in range(5):
        await clinic.contact(city=str(number))
        clinic.pass_time(number % 2)
    clinic.pass_time()

    seen: list[str] = []
    more = ""
    while True:
        page = await clinic.told(f"GET /contacts/?locationId={clinic.id}&limit=2{more}")
        seen += [one["city"] for one in page["contacts"]]
        meta = page["meta"]
        if meta["nextPage"] is None:
            break
        more = f"&startAfter={meta['startAfter']}&startAfterId={meta['startAfterId']}"

    assert (page["count"], meta["total"], sorted(seen), len(seen)) == (5, 5, list("01234"), 5)
    assert (await clinic.ask(f"GET /contacts/?locationId={clinic.id}", headers={"Version": "v3"})).status_code == 200
    await clinic.refused(f"GET /contacts/?locationId={clinic.id}&limit=101", status=422)
