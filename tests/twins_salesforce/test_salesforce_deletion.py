"""Deletion with what hangs on a row, the bin, row locks, and edits behind the API's back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import orjson
import pytest
from salesforce_client import Org

from gurney.twins.salesforce.schema import CASCADE, RESTRICT

pytestmark = pytest.mark.anyio


def lookup(org: Org, on_delete: str) -> None:
    """Visit__c with a lookup to Contact."""
    org.add_object("Visit__c")
    more = {"relationship": "Patient__r", "children": "Visits__r", "length": 18, "on_delete": on_delete}
    org.add_field("Visit__c", "Patient__c", "reference", reference_to=("Contact",), **more)


async def undelete(org: Org, id: str) -> None:
    assert (await org.admin("POST undelete", {"id": id})).status_code == 200


@pytest.mark.rule("salesforce.cascade")
async def test_an_account_takes_its_contacts_and_their_notes_along_and_back(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", AccountId=account)
    note = await org.make("Note", Title="n", ParentId=contact)
    task = await org.make("Task", Subject="Call", WhoId=contact)
    await org.ask("DELETE", f"sobjects/Account/{account}")
    for kind, id in (("Contact", contact), ("Note", note), ("Task", task)):
        assert (await org.ask("GET", f"sobjects/{kind}/{id}")).json()[0]["errorCode"] == "ENTITY_IS_DELETED"
    await undelete(org, account)
    assert (await org.get("Note", note))["ParentId"] == contact
    assert (await org.get("Contact", contact))["AccountId"] == account


@pytest.mark.rule("salesforce.restrict")
async def test_cases_and_restricting_lookups_forbid_deletion(org: Org) -> None:
    lookup(org, RESTRICT)
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", FirstName="Jo", AccountId=account)
    case = await org.make("Case", ContactId=contact)
    number = (await org.get("Case", case))["CaseNumber"]
    for path in (f"Contact/{contact}", f"Account/{account}"):
        refused = await org.ask("DELETE", f"sobjects/{path}")
        assert refused.json()[0]["errorCode"] == "DELETE_FAILED"
        assert refused.json()[0]["message"].startswith("Your attempt to delete Jo Ng could not be completed because")
        assert f"following cases.: {number}" in refused.json()[0]["message"]
    await org.ask("DELETE", f"sobjects/Case/{case}")
    visit = await org.make("Visit__c", Patient__c=contact)
    assert (await org.ask("DELETE", f"sobjects/Account/{account}")).status_code == 400
    assert (await org.get("Account", account))["IsDeleted"] is False
    await org.ask("DELETE", f"sobjects/Visit__c/{visit}")
    assert (await org.ask("DELETE", f"sobjects/Account/{account}")).status_code == 204


@pytest.mark.rule("salesforce.set-null")
async def test_a_plain_lookup_is_emptied_and_refilled(org: Org) -> None:
    lookup(org, "SetNull")
    contact, other = await org.make("Contact", LastName="Ng"), await org.make("Contact", LastName="Lee")
    visits = [await org.make("Visit__c", Patient__c=contact) for _ in range(2)]
    await org.ask("DELETE", f"sobjects/Contact/{contact}")
    assert (await org.get("Visit__c", visits[0]))["Patient__c"] is None
    await org.ask("PATCH", f"sobjects/Visit__c/{visits[1]}", {"Patient__c": other})
    await undelete(org, contact)
    assert [(await org.get("Visit__c", id))["Patient__c"] for id in visits] == [contact, other]


@pytest.mark.rule("salesforce.set-null")
async def test_a_lookup_to_what_went_along_points_there_again(org: Org) -> None:
    lookup(org, "SetNull")
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", AccountId=account)
    visit = await org.make("Visit__c", Patient__c=contact)
    await org.ask("DELETE", f"sobjects/Account/{account}")
    assert (await org.get("Visit__c", visit))["Patient__c"] is None

    await undelete(org, account)

    assert (await org.get("Visit__c", visit))["Patient__c"] == contact


@pytest.mark.rule("salesforce.cascade")
async def test_a_master_takes_its_details_along(org: Org) -> None:
    lookup(org, CASCADE)
    contact = await org.make("Contact", LastName="Ng")
    visit = await org.make("Visit__c", Patient__c=contact)
    await org.ask("DELETE", f"sobjects/Contact/{contact}")
    assert (await org.ask("GET", f"sobjects/Visit__c/{visit}")).status_code == 404


@pytest.mark.rule("salesforce.bin")
async def test_the_bin_forgets_after_fifteen_days(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng")
    await org.ask("DELETE", f"sobjects/Contact/{id}")
    org.pass_time(16 * 86_400)
    org.token = ""
    assert (await org.ask("GET", f"sobjects/Contact/{id}")).json()[0]["errorCode"] == "NOT_FOUND"
    assert (await org.admin("POST undelete", {"id": id})).status_code == 400


async def test_a_deleted_unique_value_is_free_and_blocks_undelete(org: Org) -> None:
    org.external_id("Contact")
    id = await org.make("Contact", LastName="Ng", Cliniko_Id__c="1")
    await org.ask("DELETE", f"sobjects/Contact/{id}")
    await org.make("Contact", LastName="Ng", Cliniko_Id__c="1")
    refused = await org.admin("POST undelete", {"id": id})
    assert refused.json()["errorCode"] == "DUPLICATE_VALUE"
    assert id in org.world.table("Contact").binned


async def together(org: Org, *calls: tuple[str, str, Any]) -> list[Any]:
    """Requests in flight at the same time."""
    org.twin.latency_s = 1
    answers = await asyncio.gather(*(org.ask(*call) for call in calls))
    org.twin.latency_s = 0
    return [answer.json()[0]["errorCode"] if answer.status_code >= 400 else "good" for answer in answers]


@pytest.mark.rule("salesforce.row-locks")
async def test_two_children_of_one_parent_at_a_time_collide(org: Org) -> None:
    account, other = await org.make("Account", Name="Clinic"), await org.make("Account", Name="Other")
    body = {"LastName": "Ng", "AccountId": account}
    calls = [("POST", "sobjects/Contact", {**body, "LastName": name}) for name in ("a", "b")]
    assert sorted(await together(org, *calls)) == ["UNABLE_TO_LOCK_ROW", "good"]
    calls[1] = ("POST", "sobjects/Contact", {"LastName": "b", "AccountId": other})
    assert await together(org, *calls) == ["good", "good"]
    assert await together(org, calls[0]) == ["good"]
    off = Org(switches={"row_locks": "off"})
    account = await off.make("Account", Name="Clinic")
    calls = [("POST", "sobjects/Contact", {"LastName": name, "AccountId": account}) for name in ("a", "b")]
    assert await together(off, *calls) == ["good", "good"]


@pytest.mark.rule("salesforce.row-locks")
async def test_one_row_changed_twice_at_a_time_collides(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng")
    change = ("PATCH", f"sobjects/Contact/{id}", {"LastName": "x"})
    assert sorted(await together(org, change, change)) == ["UNABLE_TO_LOCK_ROW", "good"]
    org.twin.faults.add("lock_rows", method="PATCH", nth=1)
    assert (await org.ask(*change)).json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert (await org.ask(*change)).status_code == 204


@pytest.mark.rule("salesforce.lookup-locks")
async def test_plain_lookups_lock_their_targets_or_not() -> None:
    for value, wanted in (("all", ["UNABLE_TO_LOCK_ROW", "good"]), ("strict", ["good", "good"])):
        org = Org(switches={"lookup_locks": value})
        lookup(org, "SetNull")
        contact = await org.make("Contact", LastName="Ng")
        visit = ("POST", "sobjects/Visit__c", {"Patient__c": contact})
        assert sorted(await together(org, visit, visit)) == wanted


@pytest.mark.rule("salesforce.long-requests")
async def test_a_sixth_long_request_is_refused_in_developer_edition() -> None:
    org = Org(edition="developer", scale=600)
    await org.sign_in()
    org.twin.latency_s = 60
    running = [asyncio.create_task(org.ask("GET", "limits")) for _ in range(5)]
    await asyncio.sleep(0)
    while org.world.locks.long_ones(org.world.clock.timestamp()) < 5:
        await asyncio.sleep(0.001)
    refused = await org.ask("GET", "limits")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused.json()[0]["message"].startswith("ConcurrentRequests")
    assert [answer.status_code for answer in await asyncio.gather(*running)] == [200] * 5


async def test_somebody_else_edits_deletes_and_merges(org: Org) -> None:
    first, second = await org.make("Contact", LastName="Ng"), await org.make("Contact", LastName="Lee")
    note = await org.make("Note", Title="n", ParentId=second)
    org.pass_time(5)
    edit = {"object": "Contact", "id": first, "fields": {"LastName": "Wu"}}
    assert (await org.admin("POST edit", edit)).status_code == 200
    row = await org.get("Contact", first)
    assert row["LastName"] == "Wu" and row["LastModifiedById"] != org.world.admin["Id"]
    await org.admin("POST merge", {"object": "Contact", "id": first, "others": [second]})
    assert (await org.get("Note", note))["ParentId"] == first
    gone = (
        await org.ask("GET", "queryAll", params={"q": f"SELECT MasterRecordId FROM Contact WHERE Id = '{second}'"})
    ).json()
    assert gone["records"] == [] or gone["records"][0]["MasterRecordId"] == first
    await org.admin("POST delete", {"object": "Contact", "id": first})
    made = (await org.admin("POST create", {"object": "Contact", "fields": {"LastName": "X"}})).json()["id"]
    assert (await org.ask("GET", f"sobjects/Contact/{first}")).status_code == 404
    by = {**edit, "id": made, "by": "anna@clinic.example"}
    await org.admin("POST edit", by)
    anna = org.world.table("User").by("Username", "anna@clinic.example")[0]["Id"]
    assert (await org.get("Contact", made))["LastModifiedById"] == anna
    assert (await org.admin("POST edit", {**edit, "id": made, "fields": {"Nope": 1}})).status_code == 400


async def test_dumps_are_whole_also_what_security_hides(org: Org) -> None:
    org.add_field("Contact", "Secret__c", seen=False)
    id = await org.make("Contact", LastName="Ng")
    await org.admin("POST edit", {"object": "Contact", "id": id, "fields": {"Phone": "1"}})
    org.world.table("Contact").change(org.world.table("Contact").rows[id], {"Secret__c": "s"})
    (row,) = (await org.admin("GET dump/Contact")).text.splitlines()
    assert '"Secret__c":"s"' in row and f'"Id":"{id}"' in row and '"MailingCity":null' in row
    state = (await org.admin("GET state")).json()
    assert (state["Contact"], state["CustomFields"]) == (1, 1)
    assert (await org.admin("GET dump/Nope")).status_code == 404
    await org.ask("DELETE", f"sobjects/Contact/{id}")
    assert id in (await org.admin("GET dump/RecycleBin")).text
    for name in ("Fields", "Objects", "Blobs", "Deployments", "User"):
        assert (await org.admin(f"GET dump/{name}")).status_code == 200


async def test_reset_gives_the_first_day_back_with_the_same_secrets(org: Org) -> None:
    before = org.service.credentials()
    await org.make("Contact", LastName="Ng")
    await org.admin("POST reset")
    assert org.service.credentials() == before
    assert (await org.admin("GET state")).json()["Contact"] == 0


async def test_dumps_tell_what_files_and_notes_hold(org: Org) -> None:
    text = "<p>Seen today</p>"
    await org.make("ContentNote", Title="Treatment", Content=base64.b64encode(text.encode()).decode())

    (note,) = map(orjson.loads, (await org.admin("GET dump/ContentNote")).text.splitlines())
    (version,) = map(orjson.loads, (await org.admin("GET dump/ContentVersion")).text.splitlines())

    assert note["text"] == text
    assert version["sha256"] == hashlib.sha256(text.encode()).hexdigest()


async def test_every_blob_can_be_verified_from_outside(org: Org) -> None:
    contact, content = await org.make("Contact", LastName="Ng"), b"scan \x00\xff"
    encoded = base64.b64encode(content).decode()
    version = await org.make("ContentVersion", PathOnClient="a.pdf", VersionData=encoded)
    attachment = await org.make("Attachment", Name="a.pdf", ParentId=contact, Body=encoded)

    blobs = list(map(orjson.loads, (await org.admin("GET dump/Blobs")).text.splitlines()))

    figures = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert blobs == [{"id": id, **figures} for id in (version, attachment)]
