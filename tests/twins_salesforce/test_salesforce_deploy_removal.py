"""destructiveChanges: fields, objects, permission sets and tabs go; what still counts, what forbids it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from salesforce_client import Org
from salesforce_package import (
    VISIT,
    custom_field,
    deploy,
    deployed,
    destruction,
    document,
    field_grant,
    fields_of,
    manifest,
    object_package,
    permission_set,
    problem,
)

from gurney.twins.salesforce import deploy_shapes
from gurney.twins.salesforce.deploy_shapes import Shape

pytestmark = pytest.mark.anyio

LOOKUP = {"type": "Lookup", "referenceTo": "Visit__c", "relationshipName": "Patients"}


@pytest.mark.rule("salesforce.destructive")
async def test_a_field_goes_with_its_data(org: Org) -> None:
    await deployed(org, fields_of("Contact", custom_field("Medicare__c")))
    row = org.world.table("Contact").rows[await org.make("Contact", LastName="Ng")]
    org.world.table("Contact").change(row, {"Medicare__c": "2345"})

    rehearsed = await deployed(org, destruction(CustomField=["Contact.Medicare__c"]), checkOnly=True)
    assert row["Medicare__c"] == "2345"
    told = await deployed(org, destruction(CustomField=["Contact.Medicare__c"]))

    assert "Medicare__c" not in row
    gone = told["details"]["componentSuccesses"][-1]
    assert (gone["fullName"], gone["deleted"], gone["fileName"]) == (
        "Contact.Medicare__c",
        True,
        "destructiveChanges.xml",
    )
    assert rehearsed["details"]["componentSuccesses"][-1]["deleted"] is True
    assert "Wildcards" in await problem(org, destruction(CustomObject=["*"]))
    assert "standard field" in await problem(org, destruction(CustomField=["Contact.LastName"]))
    assert "standard object" in await problem(org, destruction(CustomObject=["Contact"]))
    assert "does not delete the type ApexClass" in await problem(org, destruction(ApexClass=["A"]))


@pytest.mark.rule("salesforce.destructive-object")
async def test_an_object_goes_with_its_records_and_what_hangs_on_them(org: Org) -> None:
    await deployed(org, object_package(enableActivities=True))
    visit = await org.make(VISIT)
    task = await org.make("Task", Subject="Call", WhatId=visit)
    encoded = {"PathOnClient": "a.txt", "VersionData": "QUJD"}
    version = await org.make("ContentVersion", **encoded, FirstPublishLocationId=visit)
    used = org.world.store.data_kb

    failed = await deploy(org, destruction(CustomObject=[VISIT], CustomField=["Contact.None__c"]))
    assert failed["status"] == "Failed"
    assert (await org.get(VISIT, visit))["Name"] == "V-000001"
    assert (await org.get("Task", task))["WhatId"] == visit
    assert org.world.store.data_kb == used

    await deployed(org, destruction(CustomObject=[VISIT]))
    assert (await org.ask("GET", f"sobjects/{VISIT}/{visit}")).status_code == 404
    assert (await org.get("Task", task))["WhatId"] is None
    assert (await org.ask("GET", f"sobjects/ContentVersion/{version}")).status_code == 200
    assert len(org.world.table("ContentDocumentLink").rows) == 1
    assert org.world.store.data_kb == used - 2
    await deployed(org, object_package())
    assert org.world.kind(VISIT).key_prefix != visit[:3]


@pytest.mark.rule("salesforce.destructive-referenced")
async def test_an_object_that_is_pointed_to_stays() -> None:
    org, lenient = Org(), Org(switches={"object_delete_referenced": "accept"})
    for each in (org, lenient):
        await deployed(each, object_package())
        await deployed(each, fields_of("Contact", custom_field("Visit__c", **LOOKUP)))

    words = await problem(org, destruction(CustomObject=[VISIT]))
    assert words.startswith("This custom object is referenced elsewhere")
    assert "Contact.Visit__c" in words
    await deployed(org, destruction(CustomObject=[VISIT], CustomField=["Contact.Visit__c"]))
    await deployed(lenient, destruction(CustomObject=[VISIT]))
    assert "Visit__c" not in lenient.world.kind("Contact").fields


@pytest.mark.rule("salesforce.destructive-assigned")
async def test_a_permission_set_that_somebody_has_stays() -> None:
    org, lenient = Org(), Org(switches={"permission_set_delete_assigned": "accept"})
    files: dict[str, str | bytes] = {
        "package.xml": manifest(PermissionSet=["Migration"]),
        "permissionsets/Migration.permissionset": permission_set(fieldPermissions=[field_grant("Contact.Kind__c")]),
    }
    for each in (org, lenient):
        await deployed(each, fields_of("Contact", custom_field("Kind__c")))
        await deployed(each, files)
        found = await each.query("SELECT Id FROM PermissionSet WHERE Name = 'Migration'")
        rights = {"AssigneeId": each.world.admin["Id"], "PermissionSetId": found["records"][0]["Id"]}
        assigned = await each.make("PermissionSetAssignment", **rights)

    assert "assigned to 1 user" in await problem(org, destruction(PermissionSet=["Migration"]))
    await deployed(lenient, destruction(PermissionSet=["Migration"]))
    found = await org.query("SELECT Id FROM PermissionSetAssignment")
    for row in found["records"]:
        await org.ask("DELETE", f"sobjects/PermissionSetAssignment/{row['Id']}")
    await deployed(org, destruction(PermissionSet=["Migration"]))
    for each in (org, lenient):
        assert (await each.query("SELECT COUNT() FROM FieldPermissions"))["totalSize"] == 0
        assert (await each.ask("GET", f"sobjects/PermissionSetAssignment/{assigned}")).status_code == 404


async def test_a_tab_goes_and_its_dates_with_it(org: Org) -> None:
    files = object_package()
    files["package.xml"] = manifest(CustomObject=[VISIT], CustomTab=[VISIT])
    files[f"tabs/{VISIT}.tab"] = document("CustomTab", customObject=True, motif="Custom20: Airplane")
    await deployed(org, files)
    await deployed(org, destruction(CustomTab=[VISIT]))
    assert "LastViewedDate" not in org.world.kind(VISIT).fields


async def test_removal_goes_before_or_after_the_rest(org: Org) -> None:
    await deployed(org, fields_of("Contact", custom_field("Kind__c")))
    swap = fields_of("Contact", custom_field("Kind__c", type="Date"))
    before = {**swap, "destructiveChangesPre.xml": manifest(CustomField=["Contact.Kind__c"])}
    after = {**swap, "destructiveChangesPost.xml": manifest(CustomField=["Contact.Kind__c"])}

    await deployed(org, before)
    assert org.world.kind("Contact").fields["Kind__c"].type == "date"
    await deployed(org, after)
    assert "Kind__c" not in org.world.kind("Contact").fields


@pytest.mark.rule("salesforce.deleted-fields-count")
async def test_what_was_deleted_counts_for_fifteen_days_more() -> None:
    org = Org(edition="professional", switches={"api_addon": "yes"})
    many = [custom_field(f"F{number}__c", type="Date") for number in range(100)]
    await deployed(org, fields_of("Contact", *many))
    await deployed(org, destruction(CustomField=["Contact.F0__c"]), purgeOnDelete=True)

    assert "CUSTOM_ENTITY_OR_FIELD_LIMIT" in await problem(org, fields_of("Contact", custom_field("New__c")))
    org.pass_time(15 * 86_400)
    org.token = ""
    await deployed(org, fields_of("Contact", custom_field("New__c")))


@pytest.mark.rule("salesforce.purge-on-delete")
async def test_in_a_sandbox_purged_fields_do_not_count() -> None:
    org = Org(edition="professional", switches={"api_addon": "yes", "sandbox": "yes"})
    many = [custom_field(f"F{number}__c", type="Date") for number in range(100)]
    await deployed(org, fields_of("Contact", *many))
    await deployed(org, destruction(CustomField=["Contact.F0__c"]), purgeOnDelete=True)
    await deployed(org, fields_of("Contact", custom_field("New__c")))


def test_the_shapes_are_those_of_the_wsdl(shared: Path) -> None:
    text = (shared / "vendors/salesforce/spec/wsdl/metadata-63.0.wsdl").read_text()
    shapes = [value for value in vars(deploy_shapes).values() if isinstance(value, Shape)]
    base = {"CustomObject", "CustomField", "CustomValue", "ListView", "PermissionSet", "CustomTab", "Package"}
    assert len(shapes) > 15
    for shape in shapes:
        found = re.search(rf'<xsd:complexType name="{shape.name}">.*?</xsd:complexType>', text, re.DOTALL)
        assert found is not None, shape.name
        elements = dict(re.findall(r'<xsd:element name="(\w+)"([^>]*)>', found[0]))
        assert set(shape.elements) - ({"fullName"} if shape.name in base else set()) == set(elements), shape.name
        for name, element in shape.elements.items():
            told = elements.get(name, 'minOccurs="0"')
            assert element.required == ("minOccurs" not in told) or element.kind == "unknown", (shape.name, name)
            assert element.many == ("unbounded" in told) or element.kind == "unknown", (shape.name, name)


async def test_recorded_files_are_taken(org: Org, shared: Path) -> None:
    samples = shared / "vendors/salesforce/spec/mdapi-samples"
    files: dict[str, str | bytes] = {
        "package.xml": manifest(CustomObject=["BigTable__c", "UpsertTable__c"], PermissionSet=["JSforceTestPowerUser"])
    }
    for name in ("BigTable__c", "UpsertTable__c"):
        files[f"objects/{name}.object"] = (samples / f"{name}.object").read_bytes()
    files["permissionsets/JSforceTestPowerUser.permissionset"] = (
        samples / "JSforceTestPowerUser.permissionset"
    ).read_bytes()
    await deployed(org, files)
