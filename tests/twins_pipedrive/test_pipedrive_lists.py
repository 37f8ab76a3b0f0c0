"""Pages, orders, filters and what a list adds on request."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio


async def people(account: Account, count: int) -> list[int]:
    return [await account.person(name=f"Zoe Field{number}") for number in range(count)]


async def walk(account: Account, path: str) -> list[int]:
    """Ids of all pages of a v2 list."""
    ids, cursor = [], ""
    glue = "&" if "?" in path else "?"
    while cursor is not None:
        body = (await account.ask(f"GET {path}{glue}cursor={cursor}")).json()
        ids += [row["id"] for row in body["data"]]
        cursor = body["additional_data"]["next_cursor"]
    return ids


async def ids_of(account: Account, path: str) -> list[int]:
    return [row["id"] for row in await account.told(f"GET {path}")]


@pytest.mark.rule("pipedrive.cursor")
async def test_a_cursor_names_the_first_item_of_the_next_page(account: Account) -> None:
    ids = await people(account, 5)

    body = (await account.ask("GET v2/persons?limit=2")).json()
    cursor = body["additional_data"]["next_cursor"]

    assert orjson.loads(urlsafe_b64decode(cursor + "==")) == {
        "field": "id",
        "fieldValue": ids[2],
        "sortDirection": "asc",
        "id": ids[2],
    }
    assert await walk(account, "v2/persons?limit=2") == ids


@pytest.mark.rule("pipedrive.cursor")
async def test_a_walk_survives_deletions_and_new_records(account: Account) -> None:
    ids = await people(account, 6)
    body = (await account.ask("GET v2/persons?limit=2")).json()
    await account.ask(f"DELETE v2/persons/{ids[2]}")
    new = await account.person()

    rest = await walk_from(account, body["additional_data"]["next_cursor"])

    assert rest == [*ids[3:], new]


async def walk_from(account: Account, cursor: str | None) -> list[int]:
    ids = []
    while cursor:
        body = (await account.ask(f"GET v2/persons?limit=2&cursor={cursor}")).json()
        ids += [row["id"] for row in body["data"]]
        cursor = body["additional_data"]["next_cursor"]
    return ids


@pytest.mark.parametrize(
    "cursor",
    [
        "!!",
        "e30",
        urlsafe_b64encode(b'{"field":"name","fieldValue":1,"sortDirection":"asc","id":1}').decode(),
        urlsafe_b64encode(b'{"field":"id","fieldValue":1,"sortDirection":"asc","id":[]}').decode(),
        urlsafe_b64encode(b"[1]").decode(),
    ],
)
async def test_a_wrong_cursor_is_refused(account: Account, cursor: str) -> None:
    assert await account.refused(f"GET v2/persons?cursor={cursor}") == "Validation failed: cursor: Invalid cursor"


@pytest.mark.rule("pipedrive.limit")
async def test_limits_end_at_500() -> None:
    account, lenient = Account(), Account(switches={"over_limit": "cap"})

    assert "500" in await account.refused("GET v2/persons?limit=501")
    assert "greater" in await account.refused("GET v2/persons?limit=0")
    assert "number" in await account.refused("GET v2/persons?limit=many")
    assert await lenient.told("GET v2/persons?limit=501") == []


@pytest.mark.rule("pipedrive.sort")
async def test_the_newest_come_first_on_request(account: Account) -> None:
    ids = await people(account, 5)

    assert await ids_of(account, "v2/persons?sort_by=id&sort_direction=desc&limit=3") == ids[:1:-1]
    assert await walk(account, "v2/persons?sort_by=id&sort_direction=desc&limit=2") == ids[::-1]


@pytest.mark.rule("pipedrive.sort")
async def test_other_columns_sort_too_and_nulls_come_first(account: Account) -> None:
    ids = await people(account, 4)
    for id in (ids[2], ids[0]):
        account.pass_time(10)
        await account.ask(f"PATCH v2/persons/{id}", {"name": "New Name"})

    up = await walk(account, "v2/persons?sort_by=update_time&limit=1")
    down = await walk(account, "v2/persons?sort_by=update_time&sort_direction=desc&limit=1")

    assert up == [ids[1], ids[3], ids[2], ids[0]]
    assert down == up[::-1]
    assert "sort_by" in await account.refused("GET v2/persons?sort_by=name")
    assert "sort_direction" in await account.refused("GET v2/persons?sort_direction=up")


async def test_activities_sort_by_due_date_and_products_by_name(account: Account) -> None:
    late = (await account.make("activities", due_date="2026-03-01"))["id"]
    soon = (await account.make("activities", due_date="2026-02-01"))["id"]
    pear, apple = [(await account.make("products", name=name))["id"] for name in ("Pear", "Apple")]

    assert await ids_of(account, "v2/activities?sort_by=due_date") == [soon, late]
    assert await ids_of(account, "v2/products?sort_by=name") == [apple, pear]


@pytest.mark.rule("pipedrive.ids")
async def test_named_ids_are_read_and_unknown_ones_are_missing(account: Account) -> None:
    ids = await people(account, 4)

    found = await ids_of(account, f"v2/persons?ids={ids[3]},{ids[1]},999")

    assert found == [ids[1], ids[3]]
    many = ",".join(map(str, range(1, 102)))
    assert "100" in await account.refused(f"GET v2/persons?ids={many}")
    assert "ids" in await account.refused("GET v2/persons?ids=1,x")


@pytest.mark.rule("pipedrive.updated-window")
async def test_since_includes_and_until_excludes(account: Account) -> None:
    first = (await account.make("activities", subject="one"))["id"]
    account.pass_time(10)
    second = (await account.make("activities", subject="two"))["id"]

    assert await ids_of(account, "v2/activities?updated_since=2026-02-02T23:00:10Z") == [second]
    assert await ids_of(account, "v2/activities?updated_until=2026-02-02T23:00:10Z") == [first]
    assert "RFC" in await account.refused("GET v2/activities?updated_since=yesterday")
    assert "updated_until" in await account.refused("GET v2/products?updated_until=2026-02-02T23:00:10Z")


@pytest.mark.rule("pipedrive.null-update-time")
@pytest.mark.parametrize(("mode", "count"), [("hidden", 0), ("shown", 1)])
async def test_what_was_never_changed_is_not_updated_since(mode: str, count: int) -> None:
    account = Account(switches={"null_update_time": mode})
    await account.person()

    assert len(await ids_of(account, "v2/persons?updated_since=2020-01-01T00:00:00Z")) == count


@pytest.mark.rule("pipedrive.include-fields")
async def test_counts_come_with_the_list(account: Account) -> None:
    id, other = await people(account, 2)
    await account.note(person_id=id)
    await account.note(person_id=id)
    await account.upload(person_id=id)
    for done in (True, False):
        await account.make("activities", done=done, participants=[{"person_id": id}])
    fields = "activities_count,done_activities_count,notes_count,files_count,last_activity_id,next_activity_id"

    rows = await account.told(f"GET v2/persons?include_fields={fields},open_deals_count,smart_bcc_email")

    counts = {row["id"]: [row[name] for name in fields.split(",")] for row in rows}
    assert counts == {id: [2, 1, 2, 1, 1, 2], other: [0, 0, 0, 0, None, None]}
    assert "nothing" in await account.refused("GET v2/persons?include_fields=nothing")


@pytest.mark.rule("pipedrive.custom-keys")
async def test_a_list_is_narrowed_to_some_custom_keys(account: Account) -> None:
    one, two = [(await account.field("varchar"))[0] for _ in range(2)]
    await account.person(custom_fields={one: "a", two: "b"})

    narrowed = (await account.told(f"GET v2/persons?custom_fields={one}"))[0]["custom_fields"]

    assert narrowed == {one: "a"}
    keys = ",".join(f"{number:040x}" for number in range(16))
    assert "15" in await account.refused(f"GET v2/persons?custom_fields={keys}")


@pytest.mark.rule("pipedrive.option-labels")
async def test_options_are_named_on_request_and_deleted_ones_are_nameless(account: Account) -> None:
    enum, red, _ = await account.field("enum", "Red", "Blue")
    many, a, b = await account.field("set", "A", "B")
    label = (await account.told("GET v2/personFields/label_ids"))["options"][0]
    id = await account.person(custom_fields={enum: red, many: [a, b]}, label_ids=[label["id"]])
    await account.ask(f"DELETE v2/personFields/{many}/options", [{"id": b}])

    row = await account.told(f"GET v2/persons/{id}?include_option_labels=true&include_labels=true")

    assert row["custom_fields"][enum] == {"id": red, "label": "Red"}
    assert row["custom_fields"][many] == [{"id": a, "label": "A"}, {"id": b, "label": None}]
    assert row["labels"] == [{"id": label["id"], "label": "Customer"}]


@pytest.mark.rule("pipedrive.unknown-query")
@pytest.mark.parametrize(
    "call",
    [
        "GET v2/activities?type=call",
        "GET v2/persons?start=0",
        "GET v2/persons/1?limit=1",
        "GET v2/personFields?foo=1",
        "POST v2/persons?x=1",
        "GET v2/persons/search?term=zoe&foo=1",
        "GET v2/organizations/search?term=gym&include_fields=x",
        "GET v2/stages/1?x=1",
        "GET v2/pipelines/1?x=1",
    ],
)
async def test_unknown_query_parameters_are_refused(account: Account, call: str) -> None:
    words = await account.refused(call, ZOE if call.startswith("POST") else None)

    assert words.endswith("is not allowed for this request")


async def test_lists_are_narrowed_by_owner_and_relation(account: Account) -> None:
    await account.admin("POST user", {"email": "anna@clinic.example"})
    anna = account.world.company.by_email("anna@clinic.example")
    assert anna is not None
    org = (await account.make("organizations", name="Gym"))["id"]
    mine, hers = await account.person(org_id=org), await account.person(owner_id=anna["id"])
    deal = (await account.make("deals", title="D", person_id=mine, org_id=org))["id"]
    for person in (mine, hers):
        await account.make("activities", participants=[{"person_id": person}], done=person == mine, deal_id=deal)

    assert await ids_of(account, f"v2/persons?owner_id={anna['id']}") == [hers]
    assert await ids_of(account, f"v2/persons?org_id={org}") == [mine]
    assert await ids_of(account, f"v2/persons?deal_id={deal}") == [mine]
    assert await ids_of(account, f"v2/activities?person_id={hers}") == [2]
    assert await ids_of(account, f"v2/activities?deal_id={deal}&done=true") == [1]
    assert await ids_of(account, f"v2/deals?person_id={mine}&stage_id=1") == [deal]
    assert await ids_of(account, "v2/persons?org_id=999") == []


@pytest.mark.rule("pipedrive.offset")
async def test_v1_pages_by_start(account: Account) -> None:
    id = await account.person()
    notes = [(await account.note(person_id=id))["id"] for _ in range(5)]

    first = (await account.ask("GET v1/notes?limit=3")).json()
    second = (await account.ask("GET v1/notes?limit=3&start=3")).json()

    assert first["additional_data"]["pagination"] == {
        "start": 0,
        "limit": 3,
        "more_items_in_collection": True,
        "next_start": 3,
    }
    last = {"start": 3, "limit": 3, "more_items_in_collection": False}
    assert second["additional_data"]["pagination"] == last
    assert [row["id"] for body in (first, second) for row in body["data"]] == notes
    for path in ("v1/personFields", "v1/noteFields", "v1/leads", "v1/files"):
        body = (await account.ask(f"GET {path}")).json()
        assert body["additional_data"]["pagination"]["more_items_in_collection"] is False, path
    assert (await account.ask("GET v1/files?limit=500")).json()["additional_data"]["pagination"]["limit"] == 100


@pytest.mark.rule("pipedrive.notes-page")
@pytest.mark.parametrize("most", ["500", "100"])
async def test_a_page_of_notes_has_its_own_ceiling(most: str) -> None:
    account = Account(switches={"notes_page": most})

    told = (await account.ask("GET v1/notes?limit=1000")).json()["additional_data"]["pagination"]

    assert told["limit"] == int(most)


@pytest.mark.rule("pipedrive.unpaged")
async def test_some_lists_come_whole(account: Account) -> None:
    for path in ("v1/users", "v1/activityTypes", "v1/currencies", "v1/filters", "v1/leadLabels", "v1/leadSources"):
        assert "additional_data" not in (await account.ask(f"GET {path}?limit=1")).json(), path


@pytest.mark.rule("pipedrive.v1-sort")
async def test_v1_sorts_by_a_word_in_capitals(account: Account) -> None:
    id = await account.person()
    days = ("2021-01-02", "2021-01-03", "2021-01-01")
    notes = [(await account.note(person_id=id, add_time=f"{day} 00:00:00"))["id"] for day in days]
    files = [(await account.upload(person_id=id)).json()["data"]["id"] for _ in range(2)]

    assert await ids_of(account, "v1/notes?sort=add_time DESC") == [notes[1], notes[0], notes[2]]
    assert await ids_of(account, "v1/notes?sort=id DESC&limit=1") == [notes[2]]
    assert await ids_of(account, "v1/files?sort=id DESC") == files[::-1]
    assert await ids_of(account, f"v1/persons/{id}/files?sort=update_time") == files
    await account.refused("GET v1/notes?sort=nonsense DESC")
    await account.refused("GET v1/files?sort=name")


@pytest.mark.rule("pipedrive.list-lag")
async def test_lists_may_show_a_write_late() -> None:
    account = Account(switches={"list_lag_s": "5"})
    id = await account.person()
    note = (await account.note(person_id=id))["id"]

    hidden = await ids_of(account, "v2/persons"), await ids_of(account, "v1/notes")
    direct = await account.told(f"GET v2/persons/{id}")
    account.pass_time(5)

    assert hidden == ([], [])
    assert direct["id"] == id
    assert (await ids_of(account, "v2/persons"), await ids_of(account, "v1/notes")) == ([id], [note])


# Filters


def conditions(*lines: dict[str, Any], glue: str = "and") -> dict[str, Any]:
    return {"glue": "and", "conditions": [{"glue": glue, "conditions": list(lines)}]}


@pytest.mark.rule("pipedrive.filters", "pipedrive.ids")
async def test_a_filter_narrows_a_list_and_silences_ids(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    fields = {field["key"]: field["id"] for field in await account.told("GET v1/personFields?limit=500")}
    wanted = await account.person(custom_fields={code: "12345"})
    other = await account.person(name="Max Muster", custom_fields={code: "9"})
    line = {"object": "person", "field_id": str(fields[code]), "operator": "=", "value": "12345"}
    named = {"object": "person", "field_id": str(fields["name"]), "operator": "LIKE '$%'", "value": "max"}

    one = await account.told("POST v1/filters", {"name": "F", "type": "people", "conditions": conditions(line)})
    both = conditions(line, named, glue="or")
    two = await account.told("POST v1/filters", {"name": "G", "type": "people", "conditions": both})

    assert await ids_of(account, f"v2/persons?filter_id={one['id']}&ids={other}") == [wanted]
    assert await ids_of(account, f"v2/persons?filter_id={two['id']}") == [wanted, other]
    await account.refused("GET v2/persons?filter_id=99", status=404)


async def test_a_filter_of_deals_silences_the_status(account: Account) -> None:
    fields = {field["key"]: field["id"] for field in await account.told("GET v1/dealFields?limit=500")}
    line = {"object": "deal", "field_id": str(fields["title"]), "operator": "=", "value": "d"}
    filter = await account.told("POST v1/filters", {"name": "F", "type": "deals", "conditions": conditions(line)})
    deal = await account.make("deals", title="D")

    assert await ids_of(account, f"v2/deals?filter_id={filter['id']}&status=won") == [deal["id"]]
    assert await ids_of(account, "v2/deals?status=won") == []


@pytest.mark.rule("pipedrive.filters")
async def test_a_filter_holds_sixteen_conditions(account: Account) -> None:
    line = {"object": "person", "field_id": "1", "operator": "IS NOT NULL"}
    body = {"name": "F", "type": "people", "conditions": conditions(*[line] * 17)}

    assert await account.refused("POST v1/filters", body) == "Filter is allowed to have at most 16 conditions"
    made = await account.told("POST v1/filters", {**body, "conditions": conditions(*[line] * 16)})
    changed = await account.told(f"PUT v1/filters/{made['id']}", {"name": "G", "conditions": conditions(line)})
    read = await account.told(f"GET v1/filters/{made['id']}?include_field_code=true")
    assert (changed["name"], read["conditions"]["conditions"][0]["conditions"][0]["field_code"]) == ("G", "id")
    assert (await account.told("GET v1/filters?type=people"))[0].get("conditions") is None
    assert await account.told(f"DELETE v1/filters?ids={made['id']},99") == {"id": [made["id"]]}
    await account.refused(f"DELETE v1/filters/{made['id']}", status=404)
    await account.refused("POST v1/filters", {**body, "conditions": {"glue": "or"}})
