"""Describe against the recorded bodies; limits and counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from salesforce_client import Org

pytestmark = pytest.mark.anyio
FREE = ("picklistValues", "referenceTo", "label")
"""Keys whose content belongs to the organisation that was recorded."""
KNOWN_DIFFERENCES = {
    ("Account", "Name", "compoundFieldName"),  # only with person accounts, which the recorded organisation has
    ("Event", "ActivityDate", "aggregatable"),
    ("Event", "OwnerId", "namePointing"),  # the twin has no public calendars
    ("Event", "OwnerId", "polymorphicForeignKey"),
}


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "vendors" / "salesforce" / "spec" / "describe" / f"{name}.json").read_text())


def kind_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.rule("salesforce.describe")
@pytest.mark.parametrize("name", ["Account", "Contact", "Event"])
async def test_describe_has_every_recorded_key_with_its_type(org: Org, shared: Path, name: str) -> None:
    wanted = recorded(shared, name)
    shown = (await org.ask("GET", f"sobjects/{name}/describe")).json()
    assert {key: kind_of(shown.get(key, "absent")) for key in wanted} == {key: kind_of(wanted[key]) for key in wanted}
    fields = {field["name"]: field for field in shown["fields"]}
    for field in wanted["fields"]:
        mine = fields.get(field["name"])
        if mine is not None:
            assert field.keys() <= mine.keys()
            differing = {key for key in field if key not in FREE and field[key] != mine[key]}
            assert {(name, field["name"], key) for key in differing} <= KNOWN_DIFFERENCES


@pytest.mark.rule("salesforce.describe")
async def test_children_are_told_as_recorded(org: Org, shared: Path) -> None:
    for name in ("Account", "Contact"):
        shown = (await org.ask("GET", f"sobjects/{name}/describe")).json()["childRelationships"]
        mine = {(child["childSObject"], child["field"]): child for child in shown}
        for child in recorded(shared, name)["childRelationships"]:
            key = (child["childSObject"], child["field"])
            if key in mine and key != ("Contract", "AccountId"):
                assert mine[key] == child


@pytest.mark.rule("salesforce.describe")
async def test_the_list_of_objects_has_the_recorded_keys(org: Org, shared: Path) -> None:
    wanted, shown = recorded(shared, "_global"), (await org.ask("GET", "sobjects")).json()
    assert wanted.keys() <= shown.keys()
    assert all(wanted["sobjects"][0].keys() <= one.keys() for one in shown["sobjects"])
    org.add_object("Visit__c")
    names = [one["name"] for one in (await org.ask("GET", "sobjects")).json()["sobjects"]]
    assert "Visit__c" in names


async def test_the_organisations_own_record_has_the_recorded_shape(org: Org, shared: Path) -> None:
    row = await org.get("Organization", org.world.org["Id"])
    wanted = recorded(shared, "Organization_record")
    for key in ("Name", "OrganizationType", "IsSandbox", "InstanceName", "DefaultContactAccess", "Address"):
        assert kind_of(row[key]) == kind_of(wanted[key])


async def test_a_custom_field_is_described_with_what_matters(org: Org) -> None:
    org.external_id("Contact")
    org.add_object("Visit__c")
    org.add_field(
        "Visit__c", "Patient__c", "reference", reference_to=("Contact",), relationship="Patient__r", length=18
    )
    shown = (await org.ask("GET", "sobjects/Contact/describe")).json()["fields"]
    (key,) = (field for field in shown if field["name"] == "Cliniko_Id__c")
    for flag in ("custom", "externalId", "unique", "caseSensitive", "idLookup", "createable", "updateable"):
        assert key[flag] is True
    visit = (await org.ask("GET", "sobjects/visit__c/describe")).json()
    (patient,) = (field for field in visit["fields"] if field["name"] == "Patient__c")
    assert (patient["referenceTo"], patient["relationshipName"], patient["type"]) == (
        ["Contact"],
        "Patient__r",
        "reference",
    )
    assert visit["keyPrefix"].startswith("a")


@pytest.mark.rule("salesforce.describe-304")
async def test_describe_is_304_until_something_changes(org: Org) -> None:
    first = await org.ask("GET", "sobjects/Contact/describe")
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert (await org.ask("GET", "sobjects/Contact/describe", headers=since)).status_code == 304
    org.pass_time(5)
    org.external_id("Contact")
    assert (await org.ask("GET", "sobjects/Contact/describe", headers=since)).status_code == 200


async def test_a_standard_user_sees_no_custom_object_without_permission(org: Org) -> None:
    org.add_object("Visit__c")
    await org.as_user("anna@clinic.example")
    assert (await org.ask("GET", "sobjects/Visit__c/describe")).status_code == 404
    refused = await org.ask("GET", "query", params={"q": "SELECT Id FROM Visit__c"})
    assert refused.json()[0]["errorCode"] == "INVALID_TYPE"


async def test_permissions_given_by_rows_of_the_api_take_effect(org: Org) -> None:
    org.add_object("Visit__c")
    org.add_field("Visit__c", "Fee__c", seen=False)
    grant = await org.make("PermissionSet", Name="Gurney", Label="Gurney")
    rights = {"ParentId": grant, "SobjectType": "Visit__c", "PermissionsRead": True, "PermissionsCreate": True}
    assert (await org.refusal("ObjectPermissions", **{**rights, "PermissionsRead": False}))["status"] == 400
    await org.make("ObjectPermissions", **rights)
    sees = {"ParentId": grant, "SobjectType": "Visit__c", "Field": "Visit__c.Fee__c", "PermissionsRead": True}
    await org.make("FieldPermissions", **sees, PermissionsEdit=True)
    assert (await org.refusal("FieldPermissions", **sees))["errorCode"] == "DUPLICATE_VALUE"
    anna = org.world.table("User").by("Username", "anna@clinic.example")[0]["Id"]
    await org.make("PermissionSetAssignment", AssigneeId=anna, PermissionSetId=grant)
    await org.as_user("anna@clinic.example")
    id = await org.make("Visit__c", Fee__c="80")
    assert (await org.get("Visit__c", id))["Fee__c"] == "80"
    refused = await org.ask("PATCH", f"sobjects/Visit__c/{id}", {"Fee__c": "81"})
    assert refused.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"


@pytest.mark.rule("salesforce.limits")
async def test_limits_tell_what_is_left(org: Org) -> None:
    shown = (await org.ask("GET", "limits")).json()
    assert shown["DailyApiRequests"] == {"Max": 110_000, "Remaining": 109_999}
    assert shown["DataStorageMB"]["Max"] == 10 * 1_024 + 200
    assert {"FileStorageMB", "DailyBulkApiBatches", "DailyBulkV2QueryJobs"} <= shown.keys()


@pytest.mark.rule("salesforce.licences")
async def test_requests_grow_with_licences() -> None:
    org = Org(switches={"licences": "50"})
    assert (await org.ask("GET", "limits")).json()["DailyApiRequests"]["Max"] == 150_000


@pytest.mark.rule("salesforce.record-count")
async def test_record_counts_are_of_yesterday(org: Org) -> None:
    await org.make("Account", Name="x")
    path = "limits/recordCount?sObjects=Account"
    assert (await org.ask("GET", path)).json() == {"sObjects": []}
    org.pass_time(86_400)
    org.token = ""
    assert (await org.ask("GET", path)).json() == {"sObjects": [{"count": 1, "name": "Account"}]}


@pytest.mark.rule("salesforce.daily-requests")
async def test_the_days_requests_end_and_come_back() -> None:
    org = Org(edition="developer")
    org.world.limits.requests.use(org.world.clock.timestamp(), 14_999)
    assert (await org.ask("GET", "limits")).status_code == 200
    over = await org.ask("GET", "limits")
    assert (over.status_code, over.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert over.json()[0]["message"] == "TotalRequests Limit exceeded."
    assert "retry-after" not in over.headers
    assert over.headers["sforce-limit-info"] == "api-usage=15000/15000"
    org.pass_time(86_400 + 60)
    org.token = ""
    assert (await org.ask("GET", "limits")).status_code == 200
    free = Org(edition="developer", unlimited=True)
    free.world.limits.requests.use(free.world.clock.timestamp(), 15_000)
    assert (await free.ask("GET", "limits")).status_code == 200


@pytest.mark.rule("salesforce.limit-header")
async def test_known_users_are_told_what_is_used_of_the_last_day(org: Org) -> None:
    await org.ask("GET", "limits")
    org.pass_time(86_399)
    org.token = ""
    assert (await org.ask("GET", "limits")).headers["sforce-limit-info"] == "api-usage=2/110000"
    org.pass_time(1)
    assert (await org.ask("GET", "nothing")).headers["sforce-limit-info"] == "api-usage=2/110000", "one came back"
    org.pass_time(2 * 86_400)
    assert (await org.admin("GET state")).json()["ApiRequests"] == 0

    expired = await org.ask("GET", "limits")
    nameless = await org.http.get("/services/data/v63.0/limits")

    assert (expired.status_code, nameless.status_code) == (401, 401)
    assert "sforce-limit-info" not in expired.headers and "sforce-limit-info" not in nameless.headers


@pytest.mark.rule("salesforce.storage")
async def test_a_developer_organisation_is_full_after_5_mb() -> None:
    org = Org(edition="developer")
    records = [{"attributes": {"type": "Account"}, "Name": "x"} for _ in range(200)]
    for _ in range(12):
        await org.ask("POST", "composite/sobjects", {"records": records})
    results = (await org.ask("POST", "composite/sobjects", {"records": records})).json()
    assert [one["success"] for one in results].count(True) == 5 * 512 - 2_400
    assert results[-1]["errors"][0]["statusCode"] == "STORAGE_LIMIT_EXCEEDED"
    assert (await org.ask("GET", "limits")).json()["DataStorageMB"] == {"Max": 5, "Remaining": 0}
    await org.make("Product2", Name="takes no room")


async def test_the_resources_of_a_version_are_listed(org: Org) -> None:
    listed = (await org.ask("GET", "/services/data/v63.0/")).json()
    assert listed["sobjects"] == "/services/data/v63.0/sobjects"
