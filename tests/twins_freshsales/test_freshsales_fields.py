"""Fields of one's own: names, values, limits, creation; custom modules."""

from __future__ import annotations

from typing import Any

import pytest
from freshsales_client import ZOE, Account

pytestmark = pytest.mark.anyio
MODULE = {"entity_name": "treatment", "singular_name": "Treatment", "plural_name": "Treatments", "icon": "heart"}


async def form_of(account: Account, name: str) -> int:
    return int((await account.told(f"GET settings/{name}/forms"))["forms"][0]["id"])


@pytest.mark.rule("freshsales.field-names", "freshsales.own-fields")
async def test_a_field_is_named_by_its_label_and_null_until_set(account: Account) -> None:
    labels = {"Insurance Carrier": "cf_insurance_carrier", "No-go truck types": "cf_no-go_truck_types"}
    names = [await account.field(label) for label in labels]
    made = await account.make("contacts", "contact", **ZOE, custom_field={names[0]: "Bupa"})

    assert names == list(labels.values())
    assert made["custom_field"] == {names[0]: "Bupa", names[1]: None}
    again = {"object": "contacts", "label": "insurance carrier", "type": "text"}
    assert (await account.admin("POST field", again)).status_code == 400


@pytest.mark.rule("freshsales.numbers", "freshsales.labels", "freshsales.unknown-choice")
@pytest.mark.parametrize(
    ("type", "policy", "given", "kept"),
    [
        ("number", "refuse", 12_345_678_901.1234, 12_345_678_901.1234),
        ("number", "refuse", "12.5", 12.5),
        ("number", "refuse", 123_456_789_012, None),
        ("number", "refuse", 1.23456, None),
        ("checkbox", "refuse", False, False),
        ("checkbox", "refuse", "yes", None),
        ("date", "refuse", "1984-02-09", "1984-02-09"),
        ("date", "refuse", "1984-02-08T20:00:00Z", "1984-02-09"),
        ("date", "refuse", "09/02/1984", None),
        ("dropdown", "refuse", "Active", "Active"),
        ("dropdown", "refuse", "active", None),
        ("dropdown", "accept", "Unheard", "Unheard"),
        ("radio", "refuse", "Expired", "Expired"),
        ("multi_select_dropdown", "refuse", "Active;Expired", "Active;Expired"),
        ("multi_select_dropdown", "refuse", "Active;Unheard", None),
        ("multi_select_dropdown", "refuse", ["Active"], None),
        ("text", "refuse", 5, "5"),
        ("text", "refuse", True, None),
    ],
)
async def test_each_type_takes_its_own_values(type: str, policy: str, given: Any, kept: Any) -> None:
    account = Account(switches={"unknown_choice": policy})
    name = await account.field("Own", type, choices=["Active", "Expired"])

    answer = await account.ask("POST contacts", {**ZOE, "custom_field": {name: given}})

    assert (answer.json()["contact"]["custom_field"][name] if kept is not None else answer.status_code) == (
        400 if kept is None else kept
    )


@pytest.mark.rule("freshsales.unknown-choice")
async def test_an_unknown_choice_may_vanish() -> None:
    account = Account(switches={"unknown_choice": "drop"})
    name = await account.field("Status", "dropdown", choices=["Active"])
    id = await account.contact(custom_field={name: "Active"})

    changed = (await account.told(f"PUT contacts/{id}", {"custom_field": {name: "Unheard"}}))["contact"]
    cleared = (await account.told(f"PUT contacts/{id}", {"custom_field": {name: None}}))["contact"]

    assert (changed["custom_field"], cleared["custom_field"]) == ({name: "Active"}, {name: None})


@pytest.mark.rule("freshsales.fields-limit", "freshsales.free-fields", "freshsales.enterprise-fields")
@pytest.mark.parametrize(
    ("edition", "switches", "most"),
    [
        ("free", {}, 0),
        ("free", {"free_fields": "2"}, 2),
        ("growth", {}, 150),
        ("pro", {}, 250),
        ("enterprise", {"enterprise_fields": "3"}, 3),
    ],
)
async def test_a_plan_has_so_many_fields_for_each_object(edition: str, switches: dict[str, str], most: int) -> None:
    account = Account(edition=edition, switches=switches)
    for number in range(most):
        await account.field(f"Own {number}")

    refused = await account.admin("POST field", {"object": "contacts", "label": "More", "type": "text"})
    other = await account.admin("POST field", {"object": "deals", "label": "More", "type": "text"})

    assert (refused.status_code, other.status_code) == (400, 200 if most else 400)


@pytest.mark.rule("freshsales.options-limit", "freshsales.unique-limit")
async def test_options_and_unique_fields_have_limits(account: Account) -> None:
    order: dict[str, Any] = {"object": "contacts", "label": "Pick", "type": "dropdown"}
    labels = [str(n) for n in range(301)]

    assert (await account.admin("POST field", {**order, "choices": labels})).status_code == 400
    await account.done("POST field", {**order, "choices": labels[:300]})
    unique = await account.field("Key one", unique=True)
    await account.field("Key two", "number", unique=True)
    assert (
        await account.admin("POST field", {**order, "label": "Key", "type": "text", "unique": True})
    ).status_code == 400
    await account.contact(custom_field={unique: "a"})
    words = await account.refused("POST contacts", {"external_id": "2", "custom_field": {unique: "A"}})
    assert words == ["Key one has already been taken"]


@pytest.mark.rule("freshsales.field-list")
async def test_fields_and_forms_tell_type_and_choices(account: Account) -> None:
    name = await account.field("Carrier", "dropdown", choices=["Bupa"])
    rows = {
        row["name"]: row for row in (await account.told("GET settings/contacts/fields?include=field_group"))["fields"]
    }
    (form,) = (await account.told("GET settings/contacts/forms"))["forms"]
    formed = {row["name"]: row for row in form["fields"][0]["fields"]}

    assert (rows[name]["default"], rows[name]["choices"][0]["value"]) == (False, "Bupa")
    assert isinstance(rows["lifecycle_stage_id"]["choices"][0]["id"], str)
    assert isinstance(rows["lead_source_id"]["choices"][0]["id"], int)
    assert "field_group" in rows["external_id"]
    assert (formed[name]["custom"], formed["external_id"]["field_options"]["unique"]) == (True, "true")
    assert await account.refused("GET settings/notes/forms", status=404)


@pytest.mark.rule("freshsales.standard-fields", "freshsales.field-codes")
async def test_fields_of_contacts_are_made_by_api_only_perhaps() -> None:
    account = Account()
    lax = Account(edition="growth", switches={"standard_fields": "accept", "field_codes": "dropdown,text"})
    body = {"label": "Carrier", "field_type": 1, "required": False, "choices": [{"value": "Bupa"}, "Medibank"]}
    path = f"POST settings/contacts/forms/{await form_of(account, 'contacts')}/fields"

    await account.refused(path, body, status=403)
    made = (await lax.told(path, body))["field"]

    assert (made["name"], made["type"]) == ("cf_carrier", "dropdown")
    assert [choice["value"] for choice in made["choices"]] == ["Bupa", "Medibank"]
    assert await lax.refused(path, {**body, "label": "X", "field_type": 9}) == ["Field type is invalid"]
    await lax.refused("POST settings/contacts/forms/5/fields", body, status=404)


@pytest.mark.rule("freshsales.modules")
async def test_a_custom_module_has_records_without_bulk_upsert(account: Account) -> None:
    module = (await account.told("POST settings/module_customizations", {"module_customization": MODULE}))[
        "module_customization"
    ]
    path = f"POST settings/treatment/forms/{await form_of(account, 'treatment')}/fields"
    field = (await account.told(path, {"label": "Body part", "field_type": 1}))["field"]["name"]
    made = (await account.told("POST custom_module/treatment", {"name": "T1", "custom_field": {field: "Knee"}}))[
        "treatment"
    ]
    one = f"custom_module/treatment/{made['id']}"
    copy = (await account.told(f"POST {one}/clone", {"treatment": {"name": "T2"}}))["treatment"]
    await account.told(f"PUT {one}", {"treatment": {"name": "T3"}})

    rules = {"filter_rule": [{"attribute": field, "operator": "is", "value": "knee"}]}
    found = (await account.told("POST filtered_search/treatment", rules))["treatment"]

    assert (await account.read(one, "treatment"))["name"] == "T3"
    assert {row["id"] for row in found} == {made["id"], copy["id"]}
    assert (await account.ask("POST custom_module/treatment/bulk_upsert", {})).status_code == 404
    await account.told("POST custom_module/treatment/bulk_destroy", {"selected_ids": [copy["id"]]})
    account.pass_time(60)
    assert await account.told(f"DELETE {one}") is True
    assert await account.told(f"DELETE {one}/forget") is True
    assert [row["id"] for row in await account.dump("recycled")] == [copy["id"]]
    settings = f"settings/module_customizations/{module['id']}"
    await account.told(f"PUT {settings}", {"module_customization": {"plural_name": "Care"}})
    assert (await account.read(settings, "module_customization"))["plural_name"] == "Care"
    assert len((await account.told("GET settings/module_customizations"))["module_customizations"]) == 1
    await account.told(f"DELETE {settings}")
    assert (await account.ask("POST custom_module/treatment", {"name": "x"})).status_code == 404
