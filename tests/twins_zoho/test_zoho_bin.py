"""The recycle bin, and changes by other people."""

from __future__ import annotations

from typing import Any

import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio
DAY_S = 86_400


async def binned(org: Org) -> list[str]:
    answer = await org.ask("GET", "settings/recycle_bin")
    return [entry["id"] for entry in answer.json()["recycle_bin"]] if answer.status_code == 200 else []


async def restored(org: Org, body: dict[str, Any]) -> Any:
    return await org.ask("POST", "settings/recycle_bin/actions/restore", body)


@pytest.mark.rule("zoho.bin")
async def test_a_record_waits_is_restored_with_its_id_and_purged(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    await org.ask("DELETE", f"Contacts/{id}")
    entry = (await org.ask("GET", f"settings/recycle_bin?ids={id}")).json()["recycle_bin"][0]
    assert (entry["display_name"], entry["module"]["api_name"]) == ("Ada Lee", "Contacts")
    assert (await org.ask("GET", "settings/recycle_bin/actions/count")).json() == {"count": 1}

    back = await restored(org, {"ids": [id, "1"]})
    assert [result["status"] for result in back.json()["recycle_bin"]] == ["success", "error"]
    assert (await org.get("Contacts", id))["Last_Name"] == "Lee"
    await org.ask("DELETE", f"Contacts/{id}")
    await org.ask("POST", f"settings/recycle_bin/{id}/actions/restore")
    assert await binned(org) == []

    await org.ask("DELETE", f"Contacts/{id}")
    purged = await org.ask("DELETE", f"settings/recycle_bin?ids={id}")
    assert purged.json()["recycle_bin"][0]["message"] == "record deleted"
    assert (await restored(org, {"ids": [id]})).status_code == 400


async def test_after_sixty_days_a_deleted_record_is_gone(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    await org.ask("DELETE", f"Contacts/{id}")

    org.pass_time(60 * DAY_S - 1)
    await org.sign_in()
    assert await binned(org) == [id]
    org.pass_time(1)
    assert await binned(org) == []


async def test_the_bin_is_filtered_restored_as_a_whole_and_emptied(org: Org) -> None:
    contact, lead = await org.make("Contacts", **ADA), await org.make("Leads", Last_Name="Ng")
    await org.ask("DELETE", f"Contacts/{contact}")
    await org.ask("DELETE", f"Leads/{lead}")
    only_leads = {"field": {"api_name": "module"}, "comparator": "equal", "value": "Leads"}

    scheduled = await restored(org, {"filters": {"group_operator": "AND", "group": [only_leads]}})
    assert (scheduled.status_code, scheduled.json()["recycle_bin"][0]["code"]) == (202, "SCHEDULED")
    assert await binned(org) == [contact]
    assert (await restored(org, {"restore_all_records": True})).status_code == 200
    assert await binned(org) == []
    await org.ask("DELETE", f"Contacts/{contact}")
    assert (await org.ask("POST", "settings/recycle_bin/actions/empty")).json()["status"] == "success"
    assert await binned(org) == []


async def test_only_administrators_restore(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    await org.ask("DELETE", f"Contacts/{id}")
    await org.as_user("anna@clinic.example")

    assert (await restored(org, {"ids": [id]})).status_code == 403


@pytest.mark.rule("zoho.bin-cascade")
async def test_notes_and_attachments_go_and_come_back_with_their_parent(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    for number in range(3):
        await org.ask("POST", f"Contacts/{id}/Notes", {"data": [{"Note_Content": str(number)}]})
    await org.ask("POST", f"Contacts/{id}/Attachments", files={"file": ("a.pdf", b"x")})

    await org.ask("DELETE", f"Contacts/{id}")
    state = (await org.admin("GET state")).json()
    assert (state["Contacts"], state["Notes"], state["Attachments"], state["RecycleBin"]) == (0, 0, 0, 1)
    assert len((await org.admin("GET dump/RecycleBin")).json()["followers"]) == 4
    await restored(org, {"ids": [id]})

    state = (await org.admin("GET state")).json()
    assert (state["Contacts"], state["Notes"], state["Attachments"], state["RecycleBin"]) == (1, 3, 1, 0)


@pytest.mark.rule("zoho.bin-lookups")
@pytest.mark.parametrize(("what", "left"), [("keep", 1), ("cascade", 0)])
async def test_who_pointed_to_a_deleted_record_survives_with_an_empty_lookup(what: str, left: int) -> None:
    org = Org(switches={"contact_delete": what})
    account = await org.make("Accounts", Account_Name="Lee")
    contact = await org.make("Contacts", **ADA, Account_Name={"id": account})
    await org.make("Tasks", Subject="x", Who_Id={"id": contact})

    await org.ask("DELETE", f"Accounts/{account}")
    assert (await org.get("Contacts", contact))["Account_Name"] is None
    await restored(org, {"ids": [account]})
    assert (await org.get("Contacts", contact))["Account_Name"]["id"] == account
    await org.ask("DELETE", f"Contacts/{contact}")

    assert (await org.admin("GET state")).json()["Tasks"] == left


async def test_a_restored_record_does_not_take_a_unique_value_back_from_another(org: Org) -> None:
    key = await org.field("Contacts", "Cliniko ID", unique={"case_sensitive": False})
    first = await org.make("Contacts", **ADA, **{key: "1"})
    await org.ask("DELETE", f"Contacts/{first}")
    await org.make("Contacts", **ADA, **{key: "1"})

    refused = await restored(org, {"ids": [first]})

    assert refused.json()["recycle_bin"][0]["code"] == "DUPLICATE_DATA"
    assert await binned(org) == [first]


async def test_other_people_edit_create_and_delete_behind_the_api(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    org.pass_time(60)

    await org.admin("POST edit", {"object": "Contacts", "id": id, "fields": {"First_Name": "Adele"}})
    record = await org.get("Contacts", id)
    made = (await org.admin("POST create", {"object": "Contacts", "fields": {"Last_Name": "Ng"}})).json()["id"]
    await org.admin("POST delete", {"object": "Contacts", "id": made})

    assert (record["First_Name"], record["Modified_By"]["email"]) == ("Adele", "anna@clinic.example")
    assert record["Modified_Time"] == "2026-02-03T10:01:00+11:00"
    assert (await org.ask("GET", f"settings/recycle_bin?ids={made}")).status_code == 200
    wrong = await org.admin("POST edit", {"object": "Contacts", "id": id, "fields": {"Email": "x"}})
    assert wrong.status_code == 400
    lonely = Org()
    kept = await lonely.make("Contacts", **ADA)
    await lonely.admin("POST edit", {"object": "Contacts", "id": kept, "fields": {"Phone": "1"}})
    assert (await lonely.get("Contacts", kept))["Modified_By"]["email"] == "reception@example.com"


async def test_a_reset_is_the_first_day_with_the_same_secrets(org: Org) -> None:
    await org.make("Contacts", **ADA)
    before = org.zoho.credentials()

    await org.admin("POST reset")

    assert (await org.admin("GET state")).json()["Contacts"] == 0
    assert org.zoho.credentials() == before
    assert (await org.ask("GET", "org")).status_code == 401
    await org.sign_in()
    assert await org.make("Contacts", **ADA) == "5725767000000411" + "859"
