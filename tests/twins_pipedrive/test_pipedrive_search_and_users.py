"""Search with its late index; users, rights, permission sets; reference data."""

from __future__ import annotations

from typing import Any

import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio
SEEN_AT_ONCE = {"search_lag_s": "0"}


async def found(account: Account, query: str, name: str = "persons") -> list[Any]:
    data = await account.told(f"GET v2/{name}/search?{query}")
    return [hit["item"]["id"] for hit in data["items"]]


@pytest.mark.rule("pipedrive.search")
async def test_search_ignores_case_and_finds_searchable_types() -> None:
    account = Account(switches=SEEN_AT_ONCE)
    text, date = (await account.field("varchar"))[0], (await account.field("date"))[0]
    zoe = await account.person(custom_fields={text: "CL-12345", date: "1980-05-17"})
    other = await account.person(name="Max Muster", emails=[{"value": "max@x.au"}], phones=[])
    await account.note(person_id=other, content="about Zoe")

    assert await found(account, "term=ZOE") == [zoe, other]
    assert await found(account, "term=zoe&fields=name") == [zoe]
    assert await found(account, "term=zoe@example.org&fields=email&exact_match=true") == [zoe]
    assert await found(account, "term=cl-123") == [zoe]
    assert await found(account, "term=cl-123&exact_match=true") == []
    assert await found(account, "term=1980-05-17") == []
    assert "2 characters" in await account.refused("GET v2/persons/search?term=z")
    assert await found(account, "term=z&exact_match=true") == []
    assert "fields" in await account.refused("GET v2/persons/search?term=zoe&fields=birthday")


async def test_a_hit_is_much_shortened() -> None:
    account = Account(switches=SEEN_AT_ONCE)
    org = (await account.make("organizations", name="Gym", address={"value": "1 Main St"}))["id"]
    zoe = await account.person(org_id=org)

    hit = (await account.told("GET v2/persons/search?term=zoe"))["items"][0]

    assert 0 < hit["result_score"] < 1
    assert hit["item"]["phones"] == ["555-0100"]
    assert hit["item"]["primary_email"] == "zoe@example.org"
    assert hit["item"]["organization"] == {"id": org, "name": "Gym", "address": "1 Main St"}
    assert await found(account, f"term=zoe&organization_id={org}") == [zoe]
    assert await found(account, "term=zoe&organization_id=99") == []


@pytest.mark.rule("pipedrive.search-lag")
async def test_the_index_hears_of_changes_late() -> None:
    account = Account(switches={"search_lag_s": "10"})
    id = await account.person()
    new = await found(account, "term=zoe")
    account.pass_time(11)
    known = await found(account, "term=zoe")
    await account.told(f"PATCH v2/persons/{id}", {"name": "Max Muster", "emails": []})
    renamed = await found(account, "term=zoe"), await found(account, "term=max")
    account.pass_time(11)
    later = await found(account, "term=zoe"), await found(account, "term=max")
    await account.told(f"DELETE v2/persons/{id}")
    deleted = await found(account, "term=max")
    account.pass_time(11)

    assert (new, known) == ([], [id])
    assert (renamed, later) == (([id], []), ([], [id]))
    assert (deleted, await found(account, "term=max")) == ([id], [])


async def test_a_fault_makes_the_index_later_still() -> None:
    account = Account(switches=SEEN_AT_ONCE)
    id = await account.person()
    await account.admin(
        "POST faults", [{"match": {"path": ".*/search", "nth": 1}, "do": "stale_search", "seconds": 60}]
    )

    assert await found(account, "term=zoe") == []
    assert await found(account, "term=zoe") == [id]


@pytest.mark.rule("pipedrive.search-paging", "pipedrive.search-limit")
async def test_search_pages_as_recorded_or_as_promised() -> None:
    recorded = Account(switches=SEEN_AT_ONCE)
    promised = Account(switches={**SEEN_AT_ONCE, "search_paging": "cursor", "search_limit": "500"})
    for account in (recorded, promised):
        for _ in range(3):
            await account.person()

    first = (await recorded.ask("GET v2/persons/search?term=zoe&limit=2")).json()["additional_data"]
    other = (await promised.ask("GET v2/persons/search?term=zoe&limit=2")).json()["additional_data"]

    assert first["pagination"]["next_start"] == 2
    assert len(await found(recorded, "term=zoe&limit=2&start=2")) == 1
    assert len(await found(promised, f"term=zoe&limit=2&cursor={other['next_cursor']}")) == 1
    assert "100" in await recorded.refused("GET v2/persons/search?term=zoe&limit=101")
    assert len(await found(promised, "term=zoe&limit=500")) == 3
    assert "start" in await promised.refused("GET v2/persons/search?term=zoe&start=2")


@pytest.mark.rule("pipedrive.field-search")
async def test_search_of_one_field_minds_case() -> None:
    account = Account(switches=SEEN_AT_ONCE)
    code, date = (await account.field("varchar"))[0], (await account.field("date"))[0]
    id = await account.person(custom_fields={code: "CL-12345"})
    path = f"GET v2/itemSearch/field?entity_type=person&field={code}"

    assert await account.told(f"{path}&match=exact&term=CL-12345") == [{"id": id, code: "CL-12345"}]
    assert await account.told(f"{path}&match=exact&term=cl-12345") == []
    assert await account.told(f"{path}&match=beginning&term=CL") == [{"id": id, code: "CL-12345"}]
    assert await account.told(f"{path}&match=middle&term=234") == [{"id": id, code: "CL-12345"}]
    assert "field" in await account.refused(f"GET v2/itemSearch/field?entity_type=person&field={date}&term=1980")
    assert "match" in await account.refused(f"{path}&match=fuzzy&term=CL")
    assert "entity_type" in await account.refused(f"GET v2/itemSearch/field?entity_type=cat&field={code}&term=CL")


async def test_search_over_everything() -> None:
    account = Account(switches=SEEN_AT_ONCE)
    person = await account.person(name="Sample Person")
    await account.make("organizations", name="Sample Gym", address={"value": "1 Main St"})
    await account.make("deals", title="Sample Deal", person_id=person)
    await account.make("products", name="Sample Product", code="SP")
    await account.told("POST v1/leads", {"title": "Sample Lead", "person_id": person})
    await account.upload("sample.txt", person_id=person)

    data = await account.told("GET v2/itemSearch?term=sample")
    some = await account.told("GET v2/itemSearch?term=sample&item_types=deal,lead")

    kinds = {hit["item"]["type"] for hit in data["items"]}
    assert kinds == {"person", "organization", "deal", "product", "lead", "file"}
    assert {hit["item"]["type"] for hit in some["items"]} == {"deal", "lead"}
    assert "item_types" in await account.refused("GET v2/itemSearch?term=sample&item_types=cat")
    assert await found(account, "term=sample", "deals") == [1]
    assert await found(account, "term=sp&fields=code", "products") == [1]
    assert await found(account, "term=main&fields=address", "organizations") == [1]
    assert len(await found(account, f"term=sample&person_id={person}", "leads")) == 1


# Users and rights


@pytest.mark.rule("pipedrive.users")
async def test_users_are_found_and_switched_off(account: Account) -> None:
    anna = (await account.told("GET v1/users/find?term=anna@clinic&search_by_email=1"))[0]
    by_name = await account.told("GET v1/users/find?term=ANNA")
    off = await account.told(f"PUT v1/users/{anna['id']}", {"active_flag": False, "name": "ignored"})

    assert [user["id"] for user in by_name] == [anna["id"]]
    assert (off["active_flag"], off["name"]) == (False, "Anna")
    assert {app["app"] for app in anna["access"]} == {"global", "sales", "account_settings"}
    assert (await account.told(f"GET v1/users/{anna['id']}"))["email"] == "anna@clinic.example"
    assert await account.refused("GET v1/users/9", status=404) == "User not found or not accessible."
    await account.refused(f"PUT v1/users/{anna['id']}", {})
    await account.refused("GET v1/users/find")


@pytest.mark.rule("pipedrive.users")
async def test_only_administrators_invite(account: Account) -> None:
    invited = await account.told("POST v1/users", {"email": "new@x.au", "access": [{"app": "sales"}]})
    admin = {"email": "boss@x.au", "access": [{"app": "global", "admin": True}]}
    boss = await account.told("POST v1/users", admin)
    await account.refused("POST v1/users", {"email": "NEW@x.au"})
    await account.refused("POST v1/users", {})
    await account.as_user("anna@clinic.example")

    assert (invited["activated"], invited["active_flag"]) == (False, True)
    assert [app["admin"] for app in boss["access"]] == [True] * 3
    await account.refused("POST v1/users", {"email": "x@x.au"}, status=403)
    await account.refused(f"PUT v1/users/{invited['id']}", {"active_flag": False}, status=403)


@pytest.mark.rule("pipedrive.time-zone")
async def test_users_have_a_time_zone() -> None:
    account = Account(switches={"time_zone": "Europe/Zurich"})

    me = await account.told("GET v1/users/me")

    assert (me["timezone_name"], me["timezone_offset"]) == ("Europe/Zurich", "+01:00")


@pytest.mark.rule("pipedrive.permissions")
async def test_permission_sets_decide(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    person, deal = await account.person(), (await account.make("deals", title="D"))["id"]
    await account.as_user("anna@clinic.example")
    field = {"field_name": "X", "field_type": "text"}

    for call, body in (
        ("POST v2/personFields", field),
        (f"PATCH v2/personFields/{code}", {"field_name": "X"}),
        (f"DELETE v2/personFields/{code}", None),
        (f"PUT v1/persons/{person}/merge", {"merge_with_id": 2}),
        (f"DELETE v2/deals/{deal}", None),
        (f"DELETE v2/persons/{person}", None),
    ):
        await account.refused(call, body, status=403)
    await account.admin(
        "POST permission", {"email": "anna@clinic.example", "name": "can_add_custom_fields", "on": True}
    )
    await account.admin("POST permission", {"email": "anna@clinic.example", "name": "can_add_products", "on": False})
    await account.told("POST v2/personFields", field)
    await account.refused("POST v2/products", {"name": "X"}, status=403)


@pytest.mark.rule("pipedrive.contacts-deletable")
async def test_regular_users_may_delete_persons_where_the_company_says_so() -> None:
    account = Account(switches={"contacts_deletable": "yes"})
    person = await account.person()
    await account.as_user("anna@clinic.example")

    assert await account.told(f"DELETE v2/persons/{person}") == {"id": person}


@pytest.mark.rule("pipedrive.permissions")
async def test_who_may_not_see_others_sees_none(account: Account) -> None:
    await account.admin("POST permission", {"email": "anna@clinic.example", "name": "can_see_other_users", "on": False})
    await account.as_user("anna@clinic.example")

    assert [user["email"] for user in await account.told("GET v1/users")] == ["anna@clinic.example"]
    await account.refused("GET v1/users/4711", status=404)


async def test_rights_are_read(account: Account) -> None:
    anna = account.world.company.by_email("anna@clinic.example")
    assert anna is not None
    mine = await account.told("GET v1/users/4711/permissions")
    hers = await account.told(f"GET v1/users/{anna['id']}/permissions")
    sets = await account.told("GET v1/permissionSets?app=global")

    assert (mine["can_add_custom_fields"], hers["can_add_custom_fields"]) == (True, False)
    assert {one["type"]: one["assignment_count"] for one in sets} == {"admin": 1, "regular": 1}
    one = (await account.ask(f"GET v1/permissionSets/{sets[1]['id']}")).json()
    assert "can_use_api" in one["contents"]
    await account.refused("GET v1/permissionSets/x", status=404)
    assert (await account.told("GET v1/roles"))[0]["assignment_count"] == "2"


async def test_changing_visibility_is_a_right(account: Account) -> None:
    name = "can_change_visibility_of_items"
    await account.admin("POST permission", {"email": "anna@clinic.example", "name": name, "on": False})
    await account.as_user("anna@clinic.example")

    await account.refused("POST v2/persons", {**ZOE, "visible_to": 1}, status=403)
    await account.make("persons", **ZOE)


async def test_reference_data_is_there(account: Account) -> None:
    codes = [row["code"] for row in await account.told("GET v1/currencies?term=dollar")]
    settings = await account.told("GET v1/userSettings")

    assert codes == ["AUD", "NZD", "USD"]
    assert settings["person_duplicate_condition"] == "name && (org_id || email || phone)"
    assert "API" in {row["name"] for row in await account.told("GET v1/leadSources")}
    assert {row["key"] for row in await account.told("GET v1/noteFields")} >= {"content", "add_time"}
