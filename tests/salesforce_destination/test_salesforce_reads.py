"""Reading, finding, counting, deleting, and what would go along with a deletion."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import httpx2
import pytest
from salesforce_org import (
    KEY,
    Asked,
    Org,
    a_child,
    a_field,
    a_write,
    an_id,
    error,
    in_values,
    key_field,
    made,
    refused,
    rows,
)

from gurney.destinations.salesforce.destination import Salesforce
from gurney.errors import AnswerWrong, VendorRefused
from gurney.records import Kind, Link, Outcome
from gurney.schema import FieldType

pytestmark = pytest.mark.anyio
RETRIEVE = "POST /composite/sobjects/Contact"
DELETE = "DELETE /composite/sobjects"


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    org.object(
        "Contact",
        key_field(),
        a_field("LastName"),
        a_field("Email", "email"),
        a_field("Balance__c", "currency", precision=18, scale=2),
        a_field("Count__c", "double", precision=18, scale=0),
        a_field("Birthdate", "date"),
        a_field("Seen__c", "datetime"),
        a_field("Tags__c", "multipicklist"),
        a_field("AccountId", "reference", referenceTo=["Account"]),
        a_field("Active__c", "boolean"),
        a_field("MailingAddress", "address", createable=False, updateable=False),
        children=(
            a_child("Task", "WhoId"),
            a_child("Case", "ContactId", cascades=False, restricts=True),
            a_child("Opportunity", "Contact__c", cascades=False),
            a_child("ContactHistory", "ContactId"),
            a_child("ContentDocumentLink", "LinkedEntityId"),
            a_child("Asset", "ContactId"),
        ),
    )


def raw(number: int, **fields: object) -> dict[str, object]:
    return {
        "attributes": {"type": "Contact"},
        "Id": an_id(number),
        "SystemModstamp": "2026-02-03T09:00:01.000+0000",
        "LastModifiedById": "005B",
        **fields,
    }


async def test_values_come_back_as_they_left(org: Org, salesforce: Salesforce) -> None:
    record = raw(
        1,
        LastName="O'Brien",
        Balance__c=1234.5,
        Count__c=7.0,
        Birthdate="1985-04-03",
        Seen__c="2026-02-03T09:00:00.000+0000",
        Tags__c="Yoga;Pilates",
        AccountId="001A",
        Active__c=False,
        OwnerId="005B",
        Email=None,
    )
    org.on(RETRIEVE, [record])
    names = ["LastName", "Balance__c", "Count__c", "Birthdate", "Seen__c", "Tags__c", "AccountId", "Active__c"]

    found = (await salesforce.read("Contact", [an_id(1)], [*names, "OwnerId", "Email", "Nowhere__c"]))[an_id(1)]

    assert found.fields == {
        "LastName": "O'Brien",
        "Balance__c": Decimal("1234.5"),
        "Count__c": 7,
        "Birthdate": date(1985, 4, 3),
        "Seen__c": datetime(2026, 2, 3, 9, tzinfo=UTC),
        "Tags__c": ("Yoga", "Pilates"),
        "AccountId": Link("Account", "001A"),
        "Active__c": False,
        "OwnerId": Link("User", "005B"),
        "Email": None,
        "Nowhere__c": None,
    }
    assert (found.modified_at, found.modified_by) == (datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC), "005B")
    assert "Nowhere__c" not in org.calls(RETRIEVE)[0].body["fields"]


async def test_two_thousand_records_are_one_call_and_missing_ones_are_left_out(
    org: Org, salesforce: Salesforce
) -> None:
    def retrieve(asked: Asked) -> list[object]:
        return [None if id == an_id(7) else raw(int(id[3:15])) for id in asked.body["ids"]]

    org.on(RETRIEVE, retrieve)

    found = await salesforce.read("Contact", [an_id(number) for number in range(2000)], ["LastName"])

    assert len(org.calls(RETRIEVE)) == 1
    assert len(found) == 1999
    assert an_id(7) not in found


async def test_an_id_that_spoils_the_call_is_left_out_alone(org: Org, salesforce: Salesforce) -> None:
    def retrieve(asked: Asked) -> object:
        if "bad" in asked.body["ids"]:
            return error("MALFORMED_ID", "malformed id bad")
        return [raw(int(id[3:15])) for id in asked.body["ids"]]

    org.on(RETRIEVE, retrieve)

    found = await salesforce.read("Contact", [an_id(1), "bad", an_id(2)], ["LastName"])

    assert set(found) == {an_id(1), an_id(2)}


async def test_fewer_answers_than_ids_are_not_believed(org: Org, salesforce: Salesforce) -> None:
    org.on(RETRIEVE, [raw(1)])

    with pytest.raises(AnswerWrong):
        await salesforce.read("Contact", [an_id(1), an_id(2)], ["LastName"])


async def test_records_are_found_by_our_key_in_groups_that_fit_an_address(org: Org, salesforce: Salesforce) -> None:
    values = [f"patient:{number}" for number in range(1200)]
    org.on("GET /query", lambda asked: rows(*({"Id": f"id-{key}", KEY: key} for key in in_values(asked.query)[1:])))

    found = await salesforce.find("Contact", KEY, values)

    groups = [in_values(asked.query) for asked in org.calls("GET /query")]
    assert sum(map(len, groups)) == 1200
    assert len(found) == 1200 - len(groups)
    assert found["patient:7"] == "id-patient:7"


async def test_counting_never_asks_the_stale_counter(org: Org, salesforce: Salesforce) -> None:
    org.on("GET /query", {"totalSize": 41, "done": True, "records": []})

    assert await salesforce.count("Contact") == 41


# Deletions


async def test_a_thousand_deletions_are_one_call_and_what_is_gone_counts_as_gone(
    org: Org, salesforce: Salesforce
) -> None:
    def delete(asked: Asked) -> list[object]:
        ids = asked.params["ids"].split(",")
        assert asked.params["allOrNone"] == "false"
        return [
            refused("ENTITY_IS_DELETED", "entity is deleted") if id == an_id(5) else made(int(id[3:15])) for id in ids
        ]

    org.on(DELETE, delete)

    words = await salesforce.delete("Contact", [an_id(number) for number in range(1000)])

    assert len(org.calls("POST /composite")) == 1
    assert set(words.values()) == {""}
    assert len(words) == 1000


async def test_a_deletion_that_others_forbid_says_why_without_the_name(org: Org, salesforce: Salesforce) -> None:
    because = "could not be completed because it is associated with the following cases.: 00001001"
    why = f"Your attempt to delete Jo Ng {because}"
    org.on(DELETE, [refused("DELETE_FAILED", why), made(2)])

    words = await salesforce.delete("Contact", [an_id(1), an_id(2)])

    assert words[an_id(1)].startswith("DELETE_FAILED: The deletion could not be completed because it is associated")
    assert "Jo Ng" not in words[an_id(1)]
    assert words[an_id(2)] == ""


async def test_a_deletion_whose_answer_keeps_getting_lost_is_left_out(org: Org, salesforce: Salesforce) -> None:
    org.on(DELETE, httpx2.ReadError("cut"))

    assert await salesforce.delete("Contact", [an_id(1)]) == {}


async def test_a_locked_deletion_is_tried_again(org: Org, salesforce: Salesforce) -> None:
    answers = [[refused("UNABLE_TO_LOCK_ROW"), made(2)], [made(1)]]
    org.on(DELETE, lambda asked: answers.pop(0))

    words = await salesforce.delete("Contact", [an_id(1), an_id(2)])

    assert words == {an_id(1): "", an_id(2): ""}
    assert org.calls(DELETE)[1].params["ids"] == an_id(1)


async def test_children_that_a_deletion_would_take_or_that_forbid_it_are_told(org: Org, salesforce: Salesforce) -> None:
    tasks = [{"Id": "00T1", "WhoId": an_id(1)}, {"Id": "00T2", "WhoId": an_id(2)}]
    cases = [{"Id": "5001", "ContactId": an_id(2)}]
    asked_about: list[str] = []

    def query(asked: Asked) -> object:
        object = asked.query.split(" FROM ")[1].split()[0]
        asked_about.append(object)
        if object == "Asset":
            return error("INVALID_TYPE", "sObject type 'Asset' is not supported.")
        return rows(*({"Task": tasks, "Case": cases}.get(object, [])))

    org.on("GET /query", query)

    others = await salesforce.children_of_others("Contact", [an_id(1), an_id(2)], frozenset({"Task/00T1"}))

    assert others == {an_id(2): ["Task/00T2", "Case/5001"]}
    assert not {"Opportunity", "ContactHistory"} & set(asked_about)


async def test_objects_without_any_record_are_asked_about_once(org: Org, salesforce: Salesforce) -> None:
    org.on("GET /query", rows())

    for _ in range(3):
        await salesforce.children_of_others("Contact", [an_id(1)], frozenset())

    probes = [asked.query for asked in org.calls("GET /query") if "LIMIT 1" in asked.query]
    assert sorted(probes) == [
        "SELECT Id FROM Asset LIMIT 1",
        "SELECT Id FROM Case LIMIT 1",
        "SELECT Id FROM Task LIMIT 1",
    ]


# Comparing


async def test_values_compare_as_the_organisation_keeps_them(org: Org, salesforce: Salesforce) -> None:
    await salesforce.describe(["Contact"])

    def same(field: str, type: FieldType, left: object, right: object) -> bool:
        return salesforce.comparable("Contact", field, type, left) == salesforce.comparable(  # type: ignore[arg-type]
            "Contact",
            field,
            type,
            right,  # type: ignore[arg-type]
        )

    assert same("LastName", FieldType.TEXT, " Lee\r\n", "Lee")
    assert not same("LastName", FieldType.TEXT, "Lee", "lee")
    assert same("Email", FieldType.EMAIL, "Ada@Example.com", "ada@example.com")
    assert same("Balance__c", FieldType.MONEY, Decimal("1.005"), Decimal("1.01"))
    assert not same("Balance__c", FieldType.MONEY, Decimal("1.00"), Decimal("1.01"))
    assert same("Active__c", FieldType.BOOLEAN, None, False)
    assert same("Tags__c", FieldType.MULTI_PICKLIST, ("Yoga", "Pilates"), ("Pilates", "Yoga"))
    assert same("AccountId", FieldType.LOOKUP, Link("Account", "1"), Link("", "1"))
    assert same("Content", FieldType.RICH_TEXT, "<p>A &amp; B</p>", "<div>A &amp; B</div>")


async def test_an_object_that_we_may_not_see_cannot_be_read(org: Org, salesforce: Salesforce) -> None:
    org.on("GET /sobjects/Invoice__c/describe", error("NOT_FOUND", status=404))

    assert (await salesforce.describe(["Contact", "Invoice__c"])).objects.keys() == {"Contact"}
    with pytest.raises(VendorRefused):
        await salesforce.read("Invoice__c", [an_id(1)], ["Name"])


async def test_describe_shows_what_became_visible_meanwhile(org: Org, salesforce: Salesforce) -> None:
    await salesforce.describe(["Contact"])
    org.object("Contact", key_field(), a_field("Just_Opened__c"))

    schema = await salesforce.describe(["Contact"])

    assert "Just_Opened__c" in schema.objects["Contact"].fields


async def test_a_lost_deletion_is_done_when_the_record_is_gone(org: Org, salesforce: Salesforce) -> None:
    org.on(RETRIEVE, [None, raw(2)])
    writes = [a_write(id, kind=Kind.DELETE) for id in "12"]

    gone, there = await salesforce.settle(writes)

    assert gone == Outcome.done(writes[0].key, an_id(1), created=False)
    assert there is None


async def test_the_forecast_counts_calls_as_they_are_made(salesforce: Salesforce) -> None:
    assert salesforce.cost("Contact", "write", 10_000).calls == 10
    assert salesforce.cost("Contact", "read", 10_000).calls == 5
    assert salesforce.cost("Contact", "delete", 10_000).calls == 10
    assert salesforce.cost("ContentVersion", "write", 30).calls == 2 * 3
    assert salesforce.cost("ContentVersion", "delete", 300).calls == 1 + 2
    assert salesforce.cost("ContentNote", "write", 1_000).calls == 2
    assert salesforce.cost("Contact", "write", 0).calls == 0
    assert salesforce.cost("Appointment__c", "new_field", 40).calls == salesforce.cost("x", "new_object", 5).calls
