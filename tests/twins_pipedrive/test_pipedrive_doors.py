"""What people do in the vendor's own pages: fields and options go, records are merged."""

from __future__ import annotations

import pytest
from pipedrive_client import Account

pytestmark = pytest.mark.anyio


async def test_a_field_goes_with_its_values(account: Account) -> None:
    (code,) = await account.field("varchar", title="Ward")
    id = await account.person(custom_fields={code: "North"})

    assert (await account.admin("POST drop_field", {"object": "personFields", "name": "Ward"})).status_code == 200

    assert code not in (await account.told(f"GET v2/persons/{id}"))["custom_fields"]
    assert (await account.admin("POST drop_field", {"object": "personFields", "name": "Ward"})).status_code == 404


async def test_an_option_goes_and_records_keep_its_id(account: Account) -> None:
    code, low, high = await account.field("enum", "Low", "High", title="Level")
    id = await account.person(custom_fields={code: high})
    order = {"object": "personFields", "name": "Level", "value": "High"}

    assert (await account.admin("POST drop_option", order)).status_code == 200

    assert (await account.told(f"GET v2/persons/{id}"))["custom_fields"][code] == high
    assert (await account.admin("POST drop_option", order)).status_code == 404
    shown = await account.told(f"GET v2/personFields/{code}")
    assert [one["id"] for one in shown["options"]] == [low]


async def test_after_a_merge_what_hung_on_one_hangs_on_the_other(account: Account) -> None:
    stays, goes = await account.person(), await account.person(name="Zoe again")
    note = await account.note(person_id=goes)

    assert (await account.admin("POST merge", {"object": "persons", "id": stays, "others": [goes]})).status_code == 200

    assert (await account.ask(f"GET v2/persons/{goes}")).status_code == 404
    assert (await account.told(f"GET v1/notes/{note['id']}"))["person_id"] == stays
