"""What people do in the vendor's own pages: fields and pick-list values go, records are merged."""

from __future__ import annotations

import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio
LEVELS = [{"display_value": word, "actual_value": word} for word in ("Low", "High")]


async def test_a_field_goes_with_its_values_and_comes_back_empty(org: Org) -> None:
    name = await org.field("Contacts", "Ward")
    id = await org.make("Contacts", **ADA, **{name: "North"})

    answer = await org.admin("POST drop_field", {"object": "Contacts", "name": name})

    assert answer.status_code == 200
    assert name not in await org.get("Contacts", id)
    assert await org.field("Contacts", "Ward") == name
    assert (await org.get("Contacts", id))[name] is None
    assert (await org.admin("POST drop_field", {"object": "Contacts", "name": "None"})).status_code == 404


async def test_a_pick_list_value_goes_and_records_keep_it(org: Org) -> None:
    name = await org.field("Contacts", "Level", "picklist", pick_list_values=LEVELS)
    id = await org.make("Contacts", **ADA, **{name: "High"})

    await org.admin("POST drop_option", {"object": "Contacts", "name": name, "value": "High"})

    fields = (await org.ask("GET", "settings/fields?module=Contacts")).json()["fields"]
    shown = next(one for one in fields if one["api_name"] == name)["pick_list_values"]
    assert "High" not in [one["actual_value"] for one in shown] and "Low" in [one["actual_value"] for one in shown]
    assert (await org.get("Contacts", id))[name] == "High"
    assert (await org.get("Contacts", await org.make("Contacts", Last_Name="Moe", **{name: "High"})))[name] == "High"
    again = await org.admin("POST drop_option", {"object": "Contacts", "name": name, "value": "High"})
    assert again.status_code == 404


async def test_after_a_merge_what_hung_on_one_hangs_on_the_other(org: Org) -> None:
    stays, goes = await org.make("Contacts", **ADA), await org.make("Contacts", Last_Name="Lee again")
    task = await org.make("Tasks", Subject="Call", Who_Id={"id": goes})
    note = {"Note_Title": "N", "Note_Content": "C", "Parent_Id": {"module": {"api_name": "Contacts"}, "id": goes}}
    await org.insert("Notes", note)

    answer = await org.admin("POST merge", {"object": "Contacts", "id": stays, "others": [goes]})

    assert answer.status_code == 200, answer.text
    assert (await org.ask("GET", f"Contacts/{goes}")).status_code == 204
    assert (await org.get("Contacts", stays))["Last_Name"] == "Lee"
    assert (await org.get("Tasks", task))["Who_Id"]["id"] == stays
    notes = (await org.ask("GET", f"Contacts/{stays}/Notes?fields=Note_Title")).json()["data"]
    assert [one["Note_Title"] for one in notes] == ["N"]
