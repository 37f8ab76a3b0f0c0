"""Custom fields, their options, and the values they take."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio
MONEY = {"value": 120.5, "currency": "AUD"}
TIME = {"value": "09:00:00", "timezone_name": "Europe/London"}
GOOD: list[tuple[str, Any, Any]] = [
    ("varchar", "x" * 255, "x" * 255),
    ("varchar_auto", "x", "x"),
    ("text", "x" * 65_000, "x" * 65_000),
    ("double", 1.5, 1.5),
    ("monetary", MONEY, MONEY),
    ("date", "1980-05-17", "1980-05-17"),
    ("daterange", {"value": "2024-01-01", "until": "2024-02-01"}, {"value": "2024-01-01", "until": "2024-02-01"}),
    ("time", TIME, TIME),
    ("timerange", {"value": "09:00", "until": "11:00"},
     {"value": "09:00:00", "until": "11:00:00", "timezone_name": None}),
    ("user", 4711, 4711),
    ("people", 1, 1),
    ("phone", "+61 400", "+61 400"),
]  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("varchar", 5),
    ("varchar", "x" * 256),
    ("text", "x" * 65_001),
    ("double", "123"),
    ("double", True),
    ("monetary", 5),
    ("monetary", {"value": 5}),
    ("monetary", {"value": 5, "currency": "XXX"}),
    ("date", "17.05.1980"),
    ("date", "1980-02-30"),
    ("date", "1980-05-17T00:00:00Z"),
    ("daterange", {"value": "2024-01-01"}),
    ("time", "09:00"),
    ("time", {"value": "25:00"}),
    ("time", {"value": "09:00", "timezone_name": "Mars"}),
    ("timerange", {"value": "09:00"}),
    ("user", 1),
    ("org", 99),
    ("people", 99),
    ("phone", 555),
    ("address", "1 Main St"),
    ("address", {"locality": "Hobart"}),
]


@pytest.mark.rule("pipedrive.value-types")
@pytest.mark.parametrize(("kind", "value", "read"), GOOD)
async def test_each_type_takes_its_own_shape(account: Account, kind: str, value: Any, read: Any) -> None:
    await account.person()
    code = (await account.field(kind))[0]

    made = await account.make("persons", **ZOE, custom_fields={code: value})
    got = await account.told(f"GET v2/persons/{made['id']}")

    assert made["custom_fields"][code] == got["custom_fields"][code] == read


@pytest.mark.rule("pipedrive.value-types", "pipedrive.strict-types", "pipedrive.long-text")
@pytest.mark.parametrize(("kind", "value"), BAD)
async def test_each_type_refuses_other_shapes_and_names_the_field(account: Account, kind: str, value: Any) -> None:
    code = (await account.field(kind))[0]

    words = await account.refused("POST v2/persons", {**ZOE, "custom_fields": {code: value}})

    assert words.startswith(f"Validation failed: custom_fields.{code}")
    assert len(account.world.shelves["persons"]) == 0


@pytest.mark.rule("pipedrive.long-text")
async def test_long_text_may_be_cut() -> None:
    account = Account(switches={"long_text": "cut"})
    code = (await account.field("varchar"))[0]

    made = await account.make("persons", **ZOE, custom_fields={code: "x" * 300})

    assert made["custom_fields"][code] == "x" * 255


async def test_an_address_needs_its_value_and_fills_up(account: Account) -> None:
    code = (await account.field("address"))[0]

    made = await account.make("persons", **ZOE, custom_fields={code: {"value": "1 Main St", "postal_code": "7000"}})

    assert made["custom_fields"][code]["postal_code"] == "7000"
    assert made["custom_fields"][code]["country"] is None


@pytest.mark.rule("pipedrive.field-keys")
async def test_keys_are_generated_and_options_share_one_sequence(account: Account) -> None:
    first, *one = await account.field("enum", "A", "B")
    second, *two = await account.field("set", "A", name="productFields")

    fields = {field["field_code"]: field for field in await account.told("GET v2/personFields?limit=500")}

    assert re.fullmatch("[0-9a-f]{40}", first)
    assert first != second
    assert [*one, *two] == list(range(one[0], one[0] + 3))
    assert (fields[first]["is_custom_field"], fields["name"]["is_custom_field"]) == (True, False)
    assert [option["label"] for option in fields[first]["options"]] == ["A", "B"]
    assert fields["notes_count"]["is_optional_response_field"] is True
    assert "ui_visibility" not in fields[first]
    with_more = await account.told(f"GET v2/personFields/{first}?include_fields=ui_visibility,required_fields")
    assert with_more["ui_visibility"]["details_visible_flag"] is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"field_name": "X"},
        {"field_name": "", "field_type": "text"},
        {"field_name": "x" * 256, "field_type": "text"},
        {"field_name": "X", "field_type": "boolean"},
        {"field_name": "X", "field_type": "enum"},
        {"field_name": "X", "field_type": "enum", "options": []},
        {"field_name": "X", "field_type": "enum", "options": ["A"]},
        {"field_name": "X", "field_type": "enum", "options": [{"label": ""}]},
        {"field_name": "X", "field_type": "enum", "options": [{"id": 1, "label": "A"}]},
        {"field_name": "X", "field_type": "text", "options": [{"label": "A"}]},
        {"field_name": "X", "field_type": "text", "description": "only deals have one"},
        {"field_name": "X", "field_type": "text", "ui_visibility": {"nonsense": True}},
    ],
)
async def test_a_field_is_described_completely(account: Account, body: dict[str, Any]) -> None:
    await account.refused("POST v2/personFields", body)

    assert not account.world.schemas["persons"].custom


@pytest.mark.rule("pipedrive.unknown-option")
async def test_option_ids_must_exist() -> None:
    account, lenient = Account(), Account(switches={"unknown_option": "accept"})
    for one in (account, lenient):
        await one.field("enum", "Red", title="Colour")
    code = next(iter(account.world.schemas["persons"].custom))
    other = next(iter(lenient.world.schemas["persons"].custom))

    for value in (999, "Red", "1", [1]):
        assert code in await account.refused("POST v2/persons", {**ZOE, "custom_fields": {code: value}})
    made = await lenient.make("persons", **ZOE, custom_fields={other: 999})
    assert made["custom_fields"][other] == 999


@pytest.mark.rule("pipedrive.empty-set")
async def test_a_set_is_cleared_with_null_not_with_nothing(account: Account) -> None:
    code, a, b = await account.field("set", "A", "B")
    made = await account.make("persons", **ZOE, custom_fields={code: [a, b]})

    assert code in await account.refused(f"PATCH v2/persons/{made['id']}", {"custom_fields": {code: []}})
    cleared = await account.told(f"PATCH v2/persons/{made['id']}", {"custom_fields": {code: None}})
    assert cleared["custom_fields"][code] is None


@pytest.mark.rule("pipedrive.options-atomic")
async def test_options_are_all_changed_or_none(account: Account) -> None:
    code, a, b = await account.field("enum", "A", "B")
    path = f"v2/personFields/{code}/options"

    added = await account.told(f"POST {path}", [{"label": "C"}])
    await account.refused(f"POST {path}", [{"label": "D"}, {"label": ""}])
    await account.refused(f"PATCH {path}", [{"id": a, "label": "Z"}, {"id": 999, "label": "Z"}])
    await account.refused(f"DELETE {path}", [{"id": a}, {"id": 999}])
    await account.refused(f"POST {path}", [])
    renamed = await account.told(f"PATCH {path}", [{"id": b, "label": "Bee"}])
    deleted = await account.told(f"DELETE {path}", [{"id": a}])

    assert (len(added), renamed, deleted) == (1, [{"id": b, "label": "Bee"}], [{"id": a, "label": "A"}])
    options = (await account.told(f"GET v2/personFields/{code}"))["options"]
    assert [option["label"] for option in options] == ["Bee", "C"]
    text = (await account.field("text"))[0]
    await account.refused(f"POST v2/personFields/{text}/options", [{"label": "X"}])


@pytest.mark.rule("pipedrive.field-gone")
async def test_a_deleted_field_takes_its_values_along(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    made = await account.make("persons", **ZOE, custom_fields={code: "x"})

    deleted = await account.told(f"DELETE v2/personFields/{code}")
    again = (await account.field("varchar"))[0]

    assert deleted["field_code"] == code
    answer = await account.ask(f"GET v2/personFields/{code}")
    assert (answer.status_code, answer.json()["error"]) == (410, "The field is not found")
    assert again != code
    assert (await account.told(f"GET v2/persons/{made['id']}"))["custom_fields"] == {again: None}
    assert code in await account.refused("POST v2/persons", {**ZOE, "custom_fields": {code: "x"}})
    await account.refused("GET v2/personFields/nothing", status=404)


async def test_a_field_is_renamed_but_keeps_key_and_type(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    path = f"v2/personFields/{code}"

    renamed = await account.told(f"PATCH {path}", {"field_name": "Other", "ui_visibility": {"add_visible_flag": True}})

    assert (renamed["field_name"], renamed["field_code"]) == ("Other", code)
    assert renamed["ui_visibility"]["add_visible_flag"] is True
    for body in ({}, {"field_type": "text"}, {"field_code": "x"}):
        await account.refused(f"PATCH {path}", body)
    await account.refused("PATCH v2/personFields/name", {"field_name": "X"})
    await account.refused("DELETE v2/personFields/name")


@pytest.mark.rule("pipedrive.field-clash")
async def test_names_of_fields_may_repeat() -> None:
    account, strict = Account(), Account(switches={"duplicate_fields": "refuse"})
    body = {"field_name": "Twice", "field_type": "text"}

    codes = {(await account.told("POST v2/personFields", body))["field_code"] for _ in range(2)}

    assert len(codes) == 2
    await strict.told("POST v2/personFields", body)
    assert "field_name" in await strict.refused("POST v2/personFields", body)


@pytest.mark.rule("pipedrive.fields-limit")
async def test_the_plan_limits_the_fields_of_all_objects_together() -> None:
    account = Account(edition="lite")
    for number in range(30):
        await account.field("text", name=("personFields", "productFields", "dealFields")[number % 3])
    body = {"field_name": "One more", "field_type": "text"}

    answer = await account.ask("POST v2/organizationFields", body)
    await account.told(f"DELETE v2/personFields/{next(iter(account.world.schemas['persons'].custom))}")

    assert (answer.status_code, answer.json()["code"]) == (403, "feature_capping_custom_fields_limit")
    await account.told("POST v2/organizationFields", body)


@pytest.mark.rule("pipedrive.activity-fields")
async def test_activity_fields_are_read_only(account: Account) -> None:
    fields = {field["field_code"]: field for field in await account.told("GET v2/activityFields?limit=500")}

    assert {option["id"] for option in fields["type"]["options"]} >= {"call", "meeting"}
    body = {"field_name": "X", "field_type": "text"}
    assert (await account.ask("POST v2/activityFields", body)).status_code == 405
    assert (await account.ask("DELETE v2/activityFields/note")).status_code == 405


@pytest.mark.rule("pipedrive.v1-fields")
async def test_v1_deletes_several_fields_by_number(account: Account) -> None:
    codes = [(await account.field("text"))[0] for _ in range(2)]
    numbers = {field["key"]: field["id"] for field in await account.told("GET v1/personFields?limit=500")}
    wanted = ",".join(str(numbers[code]) for code in codes)

    await account.refused(f"DELETE v1/personFields?ids={wanted},{numbers['name']}")
    deleted = await account.told(f"DELETE v1/personFields?ids={wanted}")

    assert deleted == {"id": [numbers[code] for code in codes]}
    assert not account.world.schemas["persons"].custom


async def test_fields_are_paged(account: Account) -> None:
    codes, cursor = [], ""
    while cursor is not None:
        body = (await account.ask(f"GET v2/personFields?limit=7&cursor={cursor}")).json()
        codes += [field["field_code"] for field in body["data"]]
        cursor = body["additional_data"]["next_cursor"]

    assert codes == [field["field_code"] for field in await account.told("GET v2/personFields?limit=500")]


async def test_product_and_deal_fields_work_alike(account: Account) -> None:
    product = (await account.field("varchar", name="productFields"))[0]
    deal, hot = await account.field("enum", "Hot", name="dealFields")
    described = {"field_name": "D", "field_type": "text", "description": "why"}

    made = await account.make("products", name="Consult", custom_fields={product: "x"})
    sold = await account.make("deals", title="D", custom_fields={deal: hot})

    assert (made["custom_fields"], sold["custom_fields"]) == ({product: "x"}, {deal: hot})
    assert (await account.told("POST v2/dealFields", described))["description"] == "why"
    assert product in await account.refused("POST v2/persons", {**ZOE, "custom_fields": {product: "x"}})
