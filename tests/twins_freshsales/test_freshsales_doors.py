"""What administrators do in the vendor's own pages: fields and choices go."""

from __future__ import annotations

import pytest
from freshsales_client import Account

pytestmark = pytest.mark.anyio


async def test_a_field_goes_with_its_values_and_comes_back_empty(account: Account) -> None:
    name = await account.field("Ward")
    id = await account.contact(custom_field={name: "North"})

    await account.done("POST drop_field", {"object": "contacts", "name": "Ward"})

    assert name not in (await account.read(f"contacts/{id}", "contact"))["custom_field"]
    assert await account.field("Ward") == name
    assert (await account.read(f"contacts/{id}", "contact"))["custom_field"][name] is None
    assert (await account.admin("POST drop_field", {"object": "contacts", "name": "None"})).status_code == 404


async def test_a_unique_field_goes_and_its_values_are_free(account: Account) -> None:
    name = await account.field("Ward", unique=True)
    await account.contact(custom_field={name: "North"})
    await account.done("POST drop_field", {"object": "contacts", "name": "Ward"})
    await account.field("Ward", unique=True)

    other = {"emails": "moe@example.org", "external_id": "2", "custom_field": {name: "North"}}

    assert await account.contact(**other)


async def test_a_choice_goes_and_records_keep_it(account: Account) -> None:
    name = await account.field("Level", "dropdown", choices=["Low", "High"])
    id = await account.contact(custom_field={name: "High"})
    order = {"object": "contacts", "name": "Level", "value": "High"}

    await account.done("POST drop_option", order)

    fields = (await account.told("GET settings/contacts/fields"))["fields"]
    assert [one["value"] for one in next(one for one in fields if one["name"] == name)["choices"]] == ["Low"]
    assert (await account.read(f"contacts/{id}", "contact"))["custom_field"][name] == "High"
    await account.refused(f"PUT contacts/{id}", {"contact": {"custom_field": {name: "High"}}})
    assert (await account.admin("POST drop_option", order)).status_code == 404
    await account.done("POST add_option", order)
    await account.told(f"PUT contacts/{id}", {"contact": {"custom_field": {name: "High"}}})
    assert (await account.admin("POST add_option", order)).status_code == 404
