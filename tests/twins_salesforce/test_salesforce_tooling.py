"""Tooling: the schema as rows, and single fields."""

from __future__ import annotations

from typing import Any

import pytest
from salesforce_client import Org
from salesforce_package import custom_field, deployed, fields_of, object_package

pytestmark = pytest.mark.anyio

TEXT = {"type": "Text", "label": "Medicare number", "length": 20}


async def ask(org: Org, soql: str) -> list[dict[str, Any]]:
    answer = await org.ask("GET", "tooling/query", params={"q": soql})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["records"]
    return rows


async def make(org: Org, full_name: str, **metadata: Any) -> Any:
    return await org.ask("POST", "tooling/sobjects/CustomField", {"FullName": full_name, "Metadata": metadata or TEXT})


@pytest.mark.rule("salesforce.tooling-query")
async def test_fields_objects_and_limits_are_rows(org: Org) -> None:
    await deployed(org, object_package(custom_field("Kind__c")))
    await deployed(org, fields_of("Contact", custom_field("Medicare__c"), custom_field("Other__c", type="Date")))

    fields = await ask(org, "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE TableEnumOrId = 'Contact'")
    (kind,) = await ask(org, "SELECT Id, DeveloperName FROM CustomObject")
    own = await ask(org, f"SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = '{kind['Id']}'")
    (entity,) = await ask(org, "SELECT DurableId, Label FROM EntityDefinition WHERE QualifiedApiName = 'Visit__c'")

    assert [row["DeveloperName"] for row in fields] == ["Other", "Medicare"]
    assert fields[0]["attributes"]["url"].startswith("/services/data/v63.0/tooling/sobjects/CustomField/00N")
    assert (kind["DeveloperName"], kind["Id"][:3]) == ("Visit", "01I")
    assert [row["DeveloperName"] for row in own] == ["Kind"]
    assert (entity["DurableId"], entity["Label"]) == (kind["Id"][:15], "Visit")
    unknown = await org.ask("GET", "tooling/query", params={"q": "SELECT Id FROM Contact"})
    assert unknown.json()[0]["errorCode"] == "INVALID_TYPE"


async def test_the_field_cap_is_told_before_it_is_met(org: Org) -> None:
    by_name = "WHERE EntityDefinition.QualifiedApiName = 'Contact' AND Type = 'CustomFields'"
    soql = f"SELECT Type, Max, Remaining, EntityDefinition.QualifiedApiName FROM EntityLimit {by_name}"
    (before,) = await ask(org, soql)
    id = (await make(org, "Contact.Medicare__c")).json()["id"]
    (after,) = await ask(org, soql)
    await org.ask("DELETE", f"tooling/sobjects/CustomField/{id}")
    (deleted,) = await ask(org, soql)
    org.pass_time(16 * 86_400)
    org.token = ""
    (released,) = await ask(org, soql)

    counts = [(row["Max"], row["Remaining"]) for row in (before, after, deleted, released)]
    assert counts == [(500, 500), (500, 499), (500, 499), (500, 500)]
    assert before["EntityDefinition"]["QualifiedApiName"] == "Contact"


@pytest.mark.rule("salesforce.tooling-filter")
async def test_definitions_are_asked_for_by_object(org: Org) -> None:
    soql = "SELECT QualifiedApiName, DataType FROM FieldDefinition"
    refused = await org.ask("GET", "tooling/query", params={"q": soql})
    rows = await ask(
        org, f"{soql} WHERE EntityDefinitionId = 'Contact' AND QualifiedApiName IN ('LastName', 'AccountId')"
    )

    assert "A filter on a reified column is required" in refused.json()[0]["message"]
    assert {row["QualifiedApiName"]: row["DataType"] for row in rows} == {
        "LastName": "Text(80)",
        "AccountId": "Lookup(Account)",
    }
    assert await ask(Org(switches={"tooling_filter": "free"}), soql)


@pytest.mark.rule("salesforce.tooling-field")
async def test_a_single_field_is_made_read_and_removed(org: Org) -> None:
    made = await make(org, "Contact.Medicare__c")
    twice = await make(org, "Contact.Medicare__c")
    id = made.json()["id"]
    read = (await org.ask("GET", f"tooling/sobjects/CustomField/{id}")).json()
    gone = await org.ask("DELETE", f"tooling/sobjects/CustomField/{id}")

    assert (made.status_code, made.json()["success"], id[:3]) == (201, True, "00N")
    assert twice.json()[0]["message"] == "There is already a field named Medicare__c on Contact."
    assert (read["FullName"], read["Metadata"]["type"], read["Metadata"]["length"]) == (
        "Contact.Medicare__c",
        "Text",
        20,
    )
    assert gone.status_code == 204
    assert (await org.ask("GET", f"tooling/sobjects/CustomField/{id}")).status_code == 404
    assert (await org.ask("DELETE", f"tooling/sobjects/CustomField/{id}")).status_code == 404


@pytest.mark.parametrize(
    ("full_name", "metadata"),
    [
        ("Contact.X__c", {"type": "Text", "label": "X"}),
        ("Contact.X__c", {"type": "Text", "label": "X", "length": "9"}),
        ("Contact.X__c", {"type": "Text", "label": "X", "length": 9, "colour": "red"}),
        ("Contact.X__c", {"type": "Picklist", "label": "X", "valueSet": {"valueSetDefinition": {"value": "a"}}}),
        ("Nothing__c.X__c", TEXT),
        ("Event.X__c", TEXT),
    ],
)
async def test_what_cannot_be_made_is_refused(org: Org, full_name: str, metadata: dict[str, Any]) -> None:
    assert (await make(org, full_name, **metadata)).status_code == 400


async def test_tooling_needs_its_permissions(org: Org) -> None:
    bare = await org.ask("POST", "tooling/sobjects/CustomField", {"FullName": "Contact.X__c"})
    await org.as_user("anna@clinic.example")
    made = await make(org, "Contact.X__c")
    asked = await org.ask("GET", "tooling/query", params={"q": "SELECT Id FROM CustomField"})

    assert bare.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (made.status_code, asked.status_code) == (403, 403)
