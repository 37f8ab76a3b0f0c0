"""Single rows: create, read, change, upsert, delete."""

from __future__ import annotations

import pytest
from salesforce_client import START, Org

pytestmark = pytest.mark.anyio


async def test_a_new_row_tells_its_id_and_place(org: Org) -> None:
    answer = await org.ask("POST", "sobjects/Contact/", {"LastName": "Ng"})
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    assert body["id"].startswith("003") and len(body["id"]) == 18
    assert answer.headers["location"] == f"/services/data/v63.0/sobjects/Contact/{body['id']}"


async def test_a_row_is_read_whole_or_by_fields(org: Org) -> None:
    id = await org.make("Contact", FirstName="Jo", LastName="Ng", MailingCity="Perth")
    row = await org.get("Contact", id)
    assert row["attributes"] == {"type": "Contact", "url": f"/services/data/v63.0/sobjects/Contact/{id}"}
    assert (row["Name"], row["OwnerId"], row["IsDeleted"]) == ("Jo Ng", org.world.admin["Id"], False)
    assert row["MailingAddress"]["city"] == "Perth"
    assert row["CreatedDate"] == "2026-02-02T23:00:00.000+0000"
    few = await org.get("Contact", id[:15], "Id,LastName")
    assert set(few) == {"attributes", "Id", "LastName"}


async def test_a_change_is_204_and_null_empties(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng", Phone="1")
    org.pass_time(60)
    answer = await org.ask("PATCH", f"sobjects/Contact/{id}", {"Phone": None, "LastName": "Lee"})
    assert (answer.status_code, answer.content) == (204, b"")
    row = await org.get("Contact", id)
    assert (row["Phone"], row["Name"]) == (None, "Lee")
    assert row["LastModifiedDate"] > row["CreatedDate"]


@pytest.mark.rule("salesforce.second-delete")
async def test_deleting_twice_is_404_entity_is_deleted(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng")
    assert (await org.ask("DELETE", f"sobjects/Contact/{id}")).status_code == 204
    for method in ("DELETE", "GET"):
        answer = await org.ask(method, f"sobjects/Contact/{id}")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


async def test_unknown_objects_ids_and_methods_are_told_apart(org: Org) -> None:
    assert (await org.ask("GET", "sobjects/Nope/001")).json()[0]["errorCode"] == "NOT_FOUND"
    bogus = (await org.ask("GET", "sobjects/Contact/bogus")).json()[0]
    assert bogus["message"] == "Provided external ID field does not exist or is not accessible: bogus"
    wrong = await org.ask("PUT", "sobjects/Contact", {})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.json()[0]["message"] == "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,POST"
    assert (await org.ask("HEAD", "limits")).status_code == 200
    assert (await org.ask("GET", "nowhere")).status_code == 404


@pytest.mark.rule("salesforce.upsert")
async def test_upsert_by_external_id_creates_then_updates(org: Org) -> None:
    org.external_id("Contact")
    path = "sobjects/Contact/Cliniko_Id__c/patient%3A1"
    first = await org.ask("PATCH", path, {"LastName": "Ng"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    second = await org.ask("PATCH", path, {"LastName": "Lee"})
    assert (second.status_code, second.json()) == (200, {**first.json(), "created": False})
    old = await org.ask("PATCH", f"/services/data/v45.0/{path}", {"LastName": "Wu"})
    assert (old.status_code, old.content) == (204, b"")
    assert (await org.ask("GET", path)).json()["Cliniko_Id__c"] == "patient:1"


@pytest.mark.rule("salesforce.upsert")
async def test_upsert_does_not_take_the_key_twice_and_can_be_kept_to_updates(org: Org) -> None:
    org.external_id("Contact")
    path = "sobjects/Contact/Cliniko_Id__c/1"
    twice = await org.ask("PATCH", path, {"LastName": "Ng", "Cliniko_Id__c": "1"})
    assert (twice.status_code, twice.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    only = await org.ask("PATCH", f"{path}?updateOnly=true", {"LastName": "Ng"})
    assert (only.status_code, only.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    hidden = await org.ask("PATCH", "sobjects/Contact/LastName/Ng", {})
    assert hidden.json()[0]["message"].endswith("does not exist or is not accessible: LastName")


@pytest.mark.rule("salesforce.multiple-choices")
async def test_an_external_id_of_several_rows_is_300(org: Org) -> None:
    org.add_field("Contact", "Old_Id__c", external_id=True)
    ids = [await org.make("Contact", LastName=name, Old_Id__c="7") for name in ("Ng", "Lee")]
    for method, body in (("GET", None), ("PATCH", {"LastName": "x"})):
        answer = await org.ask(method, "sobjects/Contact/Old_Id__c/7", body)
        assert answer.status_code == 300
        assert answer.json() == [f"/services/data/v63.0/sobjects/Contact/{id}" for id in ids]


async def test_the_upsert_form_on_id_always_creates(org: Org) -> None:
    answer = await org.ask("POST", "sobjects/Contact/Id", {"LastName": "Ng"})
    assert (answer.status_code, answer.json()["created"]) == (201, True)


@pytest.mark.rule("salesforce.unique")
async def test_a_unique_value_is_refused_naming_the_other_row(org: Org) -> None:
    org.external_id("Contact")
    id = await org.make("Contact", LastName="Ng", Cliniko_Id__c="A")
    told = await org.refusal("Contact", LastName="Lee", Cliniko_Id__c="A")
    assert told["errorCode"] == "DUPLICATE_VALUE"
    assert told["message"] == f"duplicate value found: Cliniko_Id__c duplicates value on record with id: {id[:15]}"
    await org.make("Contact", LastName="Lee", Cliniko_Id__c="a")


@pytest.mark.rule("salesforce.replication-window")
async def test_what_was_changed_and_deleted_is_listed_by_minutes(org: Org) -> None:
    first, second = await org.make("Contact", LastName="Ng"), await org.make("Contact", LastName="Lee")
    org.pass_time(120)
    await org.ask("DELETE", f"sobjects/Contact/{second}")
    window = {"start": "2026-02-02T22:59:00Z", "end": "2026-02-02T23:10:00Z"}
    changed = (await org.ask("GET", "sobjects/Contact/updated/", params=window)).json()
    assert changed["ids"] == [first] and changed["latestDateCovered"].endswith("+0000")
    gone = (await org.ask("GET", "sobjects/Contact/deleted/", params=window)).json()["deletedRecords"]
    assert gone == [{"deletedDate": "2026-02-02T23:02:00.000+0000", "id": second}]
    for start, end in (("2025-12-01T00:00:00Z", window["end"]), (window["start"], window["start"])):
        bad = await org.ask("GET", "sobjects/Contact/updated", params={"start": start, "end": end})
        assert bad.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
    longer = Org(switches={"replication_days": "90"})
    old = {"start": "2025-12-01T00:00:00Z", "end": window["end"]}
    assert (await longer.ask("GET", "sobjects/Contact/updated", params=old)).status_code == 200


@pytest.mark.rule("salesforce.preconditions")
async def test_a_row_changed_since_is_412_and_one_not_changed_since_is_304(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng")
    before, after = (f"{START.replace(hour=hour):%a, %d %b %Y %H:%M:%S} GMT" for hour in (22, 23))
    path = f"sobjects/Contact/{id}"
    stale = await org.ask("PATCH", path, {"LastName": "x"}, headers={"If-Unmodified-Since": before})
    assert stale.status_code == 412
    good = await org.ask("PATCH", path, {"LastName": "x"}, headers={"If-Unmodified-Since": after})
    assert good.status_code == 204
    assert (await org.ask("GET", path, headers={"If-Modified-Since": after})).status_code == 304


@pytest.mark.rule("salesforce.limit-header")
async def test_every_answer_tells_the_use_of_the_day(org: Org) -> None:
    answer = await org.ask("GET", "limits")
    assert answer.headers["sforce-limit-info"] == "api-usage=1/110000"


async def test_odd_bodies_are_parser_errors(org: Org) -> None:
    for content in (b"", b"[]", b"{", b'"x"'):
        answer = await org.ask(
            "POST", "sobjects/Contact", content=content, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    xml = await org.ask("POST", "sobjects/Contact", content=b"<a/>", headers={"Content-Type": "application/xml"})
    assert xml.status_code == 415
