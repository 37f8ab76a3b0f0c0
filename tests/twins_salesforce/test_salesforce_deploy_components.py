"""What a deployment makes: objects, fields by type, permission sets, tabs; and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from salesforce_client import Org
from salesforce_package import (
    VISIT,
    custom_field,
    custom_object,
    deploy,
    deployed,
    document,
    field_grant,
    fields_of,
    manifest,
    object_grant,
    object_package,
    partial,
    permission_set,
    problem,
)

pytestmark = pytest.mark.anyio

LOOKUP = {"type": "Lookup", "referenceTo": "Contact", "relationshipName": "Visits"}
MASTER = {"type": "MasterDetail", "referenceTo": "Contact", "relationshipName": "Visits"}
PICKS = {"sorted": False, "value": [{"fullName": "Arrived", "default": False}, {"fullName": "Left", "default": True}]}
LIST = {"type": "Picklist", "valueSet": {"restricted": True, "valueSetDefinition": PICKS}}


def with_set(**values: Any) -> dict[str, str | bytes]:
    return {
        "package.xml": manifest(PermissionSet=["Migration"]),
        "permissionsets/Migration.permissionset": permission_set(**values),
    }


async def assign(org: Org, user_id: str | None = None) -> None:
    found = await org.query("SELECT Id FROM PermissionSet WHERE Name = 'Migration'")
    user = user_id or org.world.admin["Id"]
    await org.make("PermissionSetAssignment", AssigneeId=user, PermissionSetId=found["records"][0]["Id"])


@pytest.mark.rule("salesforce.deploy-idempotent")
async def test_what_is_there_already_is_not_changed(org: Org) -> None:
    files = object_package(custom_field("Kind__c"), custom_field("State__c", **LIST))
    files["package.xml"] = manifest(CustomObject=[VISIT], PermissionSet=["Migration"])
    files["permissionsets/Migration.permissionset"] = permission_set(fieldPermissions=[field_grant("Visit__c.Kind__c")])
    await deployed(org, files)
    told = await deployed(org, files)
    files[f"objects/{VISIT}.object"] = custom_object(
        custom_field("Kind__c", type="Text", length=90), pluralLabel="Calls"
    )
    changed = await deployed(org, files)

    fates = {
        m["fullName"]: (m["created"], m["changed"]) for m in told["details"]["componentSuccesses"] if m["componentType"]
    }
    assert set(fates.values()) == {(False, False)}
    fates = {m["fullName"]: (m["created"], m["changed"]) for m in changed["details"]["componentSuccesses"]}
    assert (fates[VISIT], fates["Visit__c.Kind__c"], fates["Migration"]) == (
        (False, True),
        (False, True),
        (False, False),
    )
    assert org.world.kind(VISIT).fields["Kind__c"].length == 90
    assert "State__c" in org.world.kind(VISIT).fields, "a partial file removes nothing"


@pytest.mark.rule("salesforce.deploy-names")
@pytest.mark.parametrize("name", ["1st__c", "Two__Two__c", "End___c", "A b__c", "é__c", "X" * 41 + "__c"])
async def test_names_begin_with_a_letter_and_hold_single_underscores(org: Org, name: str) -> None:
    words = await problem(org, fields_of("Contact", custom_field(name)))
    assert name.removesuffix("__c") in words
    assert "Visit__c" not in org.world.schema.objects


async def test_names_have_a_suffix_and_no_case(org: Org) -> None:
    await deployed(org, fields_of("Contact", custom_field("ContactId__c"), custom_field("X" * 40 + "__c")))
    told = await deployed(org, fields_of("Contact", custom_field("CONTACTID__c")))

    assert "standard field" in await problem(org, fields_of("Contact", custom_field("Nickname")))
    assert told["details"]["componentSuccesses"][1]["created"] is False


@pytest.mark.rule("salesforce.deploy-object")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": None}, "Must specify a non-empty label for the CustomObject"),
        ({"pluralLabel": None}, "Must specify a non-empty plural label for the CustomObject"),
        ({"nameField": None}, "nameField"),
        ({"nameField": {"type": "AutoNumber", "label": "N"}}, "Invalid display format"),
        ({"nameField": {"type": "Number", "label": "N"}}, "Text or AutoNumber"),
        ({"deploymentStatus": None}, "Required field is missing: deploymentStatus"),
        ({"sharingModel": None}, "Required field is missing: sharingModel"),
        ({"sharingModel": "FullAccess"}, "Invalid sharing model"),
        ({"sharingModel": "ControlledByParent"}, "cannot be ControlledByParent"),
        ({"enableBulkApi": False}, "must all be true or all be false"),
        ({"label": "L" * 41}, "maximum length is:40"),
        ({"enableHistory": True}, "does not do enableHistory"),
    ],
)
async def test_a_custom_object_says_what_it_must(org: Org, changes: dict[str, Any], words: str) -> None:
    assert words in await problem(org, object_package(**changes))
    assert VISIT not in org.world.schema.objects


async def test_a_custom_object_can_be_used_at_once(org: Org) -> None:
    await deployed(org, object_package(enableActivities=True))
    id = await org.make(VISIT)
    other = await org.make(VISIT)

    assert [(await org.get(VISIT, each))["Name"] for each in (id, other)] == ["V-000001", "V-000002"]
    assert id.startswith("a0")
    described = (await org.ask("GET", f"sobjects/{VISIT}/describe")).json()
    assert (described["label"], described["labelPlural"], described["custom"]) == ("Visit", "Visits", True)
    await org.make("Task", WhatId=id, Subject="Call")


async def test_a_text_name_is_needed_and_standard_objects_stay_as_they_are(org: Org) -> None:
    await deployed(org, object_package(nameField={"type": "Text", "label": "Called"}))
    assert (await org.get(VISIT, await org.make(VISIT, Name="First")))["Name"] == "First"
    files = fields_of("Contact", custom_field("Kind__c"))
    files["package.xml"] = manifest(CustomObject=["Contact"])
    await deployed(org, files)
    files["objects/Contact.object"] = document("CustomObject", label="Patient")
    assert "does not change label of the standard object Contact" in await problem(org, files)
    assert "cannot be found" in await problem(org, fields_of("Nothing__c", custom_field("Kind__c")))
    assert "does not support custom fields" in await problem(org, fields_of("ContentNote", custom_field("Kind__c")))


async def test_activities_can_be_allowed_later(org: Org) -> None:
    await deployed(org, object_package())
    visit = await org.make(VISIT)
    assert (await org.refusal("Task", WhatId=visit, Subject="Call"))["fields"] == ["WhatId"]
    told = await deployed(org, object_package(enableActivities=True))
    await org.make("Task", WhatId=visit, Subject="Call")
    again = await deployed(org, object_package(enableActivities=True))
    assert [each["details"]["componentSuccesses"][1]["changed"] for each in (told, again)] == [True, False]


@pytest.mark.rule("salesforce.deploy-field-limit")
@pytest.mark.parametrize(("edition", "most"), [("professional", 100), ("enterprise", 500), ("unlimited", 800)])
async def test_an_object_takes_so_many_custom_fields(edition: str, most: int) -> None:
    org = Org(edition=edition, switches={"api_addon": "yes"})
    many = [custom_field(f"F{number}__c", type="Date") for number in range(most)]
    await deployed(org, fields_of("Contact", *many))

    words = await problem(org, fields_of("Contact", custom_field("More__c")))
    assert words == (
        f"CUSTOM_ENTITY_OR_FIELD_LIMIT: This Contact already has the maximum number of custom fields: {most}"
    )


async def test_an_organisation_takes_so_many_custom_objects() -> None:
    org = Org(edition="professional", switches={"api_addon": "yes"})
    names = [f"O{number}__c" for number in range(50)]
    files: dict[str, str | bytes] = {f"objects/{name}.object": custom_object() for name in names}
    await deployed(org, {"package.xml": manifest(CustomObject=names), **files})
    assert "CUSTOM_ENTITY_OR_FIELD_LIMIT" in await problem(org, object_package())


@pytest.mark.rule("salesforce.field-types")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Must specify 'type'"),
        ({"type": "Text"}, "Must specify 'length'"),
        ({"type": "Text", "length": 256}, "between 1 and 255"),
        ({"type": "Checkbox", "length": 5, "defaultValue": "false"}, "Can not specify 'length'"),
        ({"type": "Checkbox"}, "Must specify 'defaultValue'"),
        ({"type": "Checkbox", "defaultValue": "perhaps"}, "true or false"),
        ({"type": "LongTextArea", "length": 32000}, "Must specify 'visibleLines'"),
        ({"type": "LongTextArea", "length": 32000, "visibleLines": 1}, "visibleLines must be between 2 and 50"),
        ({"type": "LongTextArea", "length": 255, "visibleLines": 3}, "between 256 and 131072"),
        ({"type": "LongTextArea", "length": 256, "visibleLines": 3, "required": True}, "Can not specify 'required'"),
        ({"type": "Html", "length": 131073, "visibleLines": 25}, "between 256 and 131072"),
        ({"type": "Html", "length": 32768, "visibleLines": 9}, "visibleLines must be between 10 and 50"),
        ({"type": "Number"}, "Must specify 'precision'"),
        ({"type": "Number", "precision": 19, "scale": 0}, "Precision must be between 1 and 18"),
        ({"type": "Currency", "precision": 4, "scale": 5}, "Scale must be"),
        ({"type": "Picklist"}, "Must specify 'valueSet'"),
        ({"type": "MultiselectPicklist", "valueSet": {"valueSetDefinition": PICKS}}, "'visibleLines'"),
        ({"type": "Date", "externalId": True}, "Can not specify 'externalId'"),
        ({"type": "Phone", "unique": True}, "Can not specify 'unique'"),
        ({"type": "Text", "length": 9, "caseSensitive": True}, "'caseSensitive' for a CustomField that is not unique"),
        ({"type": "AutoNumber"}, "Must specify 'displayFormat'"),
        ({"type": "Text", "length": 9, "formula": "1+1"}, "does not make fields of type Formula"),
        ({"type": "Hierarchy", "referenceTo": "User"}, "does not make fields of type Hierarchy"),
        ({"type": "Date", "trackHistory": True}, "history"),
        ({"type": "Date", "inlineHelpText": "h" * 511}, "inlineHelpText maximum length is:510"),
        ({"type": "Date", "label": " "}, "Must specify a non-empty label"),
        ({"type": "Date", "label": "L" * 41}, "maximum length is:40"),
        ({"type": "Number", "precision": 4, "scale": 0, "defaultValue": "TODAY()"}, "does not calculate"),
    ],
)
async def test_each_type_says_what_it_must_and_nothing_else(org: Org, values: dict[str, Any], words: str) -> None:
    field = {"fullName": "X__c", "label": "X", **values}
    assert words in await problem(org, fields_of("Contact", field))


async def test_fields_of_every_type_take_values(org: Org) -> None:
    kinds: dict[str, tuple[dict[str, Any], Any]] = {
        "Text__c": ({"type": "Text", "length": 20}, "words"),
        "Area__c": ({"type": "TextArea"}, "two\nlines"),
        "Long__c": ({"type": "LongTextArea", "length": 131072, "visibleLines": 5}, "w" * 131072),
        "Rich__c": ({"type": "Html", "length": 32768, "visibleLines": 25}, "<p>words</p>"),
        "Number__c": ({"type": "Number", "precision": 18, "scale": 2}, 12.5),
        "Money__c": ({"type": "Currency", "precision": 10, "scale": 2}, 99.95),
        "Share__c": ({"type": "Percent", "precision": 5, "scale": 1}, 12.5),
        "Check__c": ({"type": "Checkbox", "defaultValue": "true"}, False),
        "Day__c": ({"type": "Date"}, "2026-01-31"),
        "Moment__c": ({"type": "DateTime"}, "2026-01-31T10:00:00.000+0000"),
        "Clock__c": ({"type": "Time"}, "10:00:00.000Z"),
        "Mail__c": ({"type": "Email"}, "a@example.org"),
        "Tel__c": ({"type": "Phone"}, "+61 2 9999 9999"),
        "Site__c": ({"type": "Url"}, "https://example.org"),
        "List__c": (LIST, "Left"),
        "Many__c": (
            {"type": "MultiselectPicklist", "visibleLines": 4, "valueSet": {"valueSetDefinition": PICKS}},
            "Arrived;Left",
        ),
        "Who__c": ({"type": "Lookup", "referenceTo": "User"}, org.world.admin["Id"]),
    }  # fmt: skip
    fields = [custom_field(name, **values) for name, (values, _) in kinds.items()]
    grants = [field_grant(f"Visit__c.{name}") for name in kinds]
    files = object_package(
        *fields,
        custom_field("Count__c", type="AutoNumber", displayFormat="{0}"),
        nameField={"type": "Text", "label": "Called"},
    )
    files["package.xml"] = manifest(CustomObject=[VISIT], PermissionSet=["Migration"])
    files["permissionsets/Migration.permissionset"] = permission_set(
        fieldPermissions=[*grants, field_grant("Visit__c.Count__c", edit=False)]
    )
    await deployed(org, files)
    await assign(org)

    values = {name: value for name, (_, value) in kinds.items()}
    row = await org.get(VISIT, await org.make(VISIT, **values))

    assert {name: row[name] for name in values} == values
    assert row["Count__c"] == "1"
    default = await org.get(VISIT, await org.make(VISIT))
    assert (default["Check__c"], default["List__c"]) == (True, "Left")


@pytest.mark.rule("salesforce.auto-numbers")
async def test_every_auto_number_counts_by_itself(org: Org) -> None:
    counting = {"type": "AutoNumber", "displayFormat": "F-{000}"}
    count = custom_field("Count__c", **counting, startingNumber=500)
    name = {"type": "AutoNumber", "label": "Number", "displayFormat": "V-{0000}", "startingNumber": 7}
    files = object_package(count, nameField=name)
    files |= {"package.xml": manifest(CustomObject=[VISIT], CustomField=["Contact.Nr__c"], PermissionSet=["Migration"])}
    files["objects/Contact.object"] = partial(custom_field("Nr__c", **counting))
    seen = [field_grant(field, edit=False) for field in (f"{VISIT}.Count__c", "Contact.Nr__c")]
    files["permissionsets/Migration.permissionset"] = permission_set(fieldPermissions=seen)
    await deployed(org, files)
    await assign(org)

    async def visits() -> list[tuple[str, str]]:
        rows = [await org.get(VISIT, await org.make(VISIT)) for _ in range(2)]
        return [(row["Name"], row["Count__c"]) for row in rows]

    assert await visits() == [("V-0007", "F-500"), ("V-0008", "F-501")]
    assert (await org.get("Contact", await org.make("Contact", LastName="Ng")))["Nr__c"] == "F-001"
    await deployed(org, fields_of(VISIT, {**count, "label": "How many"}))
    assert await visits() == [("V-0009", "F-502"), ("V-0010", "F-503")]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([{"fullName": "A", "default": True}, {"fullName": "B", "default": True}], "More than one value"),
        ([{"fullName": "A", "default": False}, {"fullName": "a", "default": False}], "Duplicate value: a"),
        (
            [{"fullName": "A", "default": False}, {"fullName": "B", "label": "A", "default": False}],
            "Duplicate label: A",
        ),
        ([{"fullName": "A" * 256, "default": False}], "maximum length is:255"),
        ([{"fullName": f"V{number}", "default": False} for number in range(1001)], "Too many picklist values"),
    ],
)
async def test_values_of_a_list_are_told_apart(org: Org, values: list[dict[str, Any]], words: str) -> None:
    field = {"type": "Picklist", "valueSet": {"valueSetDefinition": {"sorted": False, "value": values}}}
    assert words in await problem(org, fields_of("Contact", custom_field("State__c", **field)))


async def test_values_that_a_new_set_leaves_out_are_inactive(org: Org) -> None:
    await deployed(org, fields_of("Contact", custom_field("State__c", **LIST)))
    less = {"sorted": True, "value": [{"fullName": "Zoo", "default": False}, {"fullName": "Left", "default": False}]}
    field = {"type": "Picklist", "valueSet": {"restricted": True, "valueSetDefinition": less}}
    await deployed(org, fields_of("Contact", custom_field("State__c", **field)))

    values = [(pick.value, pick.active) for pick in org.world.kind("Contact").fields["State__c"].picklist]
    assert values == [("Left", True), ("Zoo", True), ("Arrived", False)]


@pytest.mark.rule("salesforce.field-lookup")
async def test_lookups_have_a_target_and_a_name_of_their_own(org: Org) -> None:
    required = custom_field("Patient__c", **LOOKUP, required=True)
    assert "must specify either cascade delete or restrict delete" in await problem(org, object_package(required))
    lost = {**LOOKUP, "referenceTo": "Nobody__c"}
    assert "'Nobody__c' does not resolve" in await problem(org, object_package(custom_field("Patient__c", **lost)))
    taken = {**LOOKUP, "relationshipName": "Two__Two"}
    assert "Two__Two" in await problem(org, object_package(custom_field("Patient__c", **taken)))
    twice = object_package(custom_field("Patient__c", **LOOKUP), custom_field("Carer__c", **LOOKUP))
    assert "already a Child Relationship named Visits on Contact" in await problem(org, twice)

    held = custom_field("Patient__c", **LOOKUP, required=True, deleteConstraint="Restrict")
    await deployed(org, object_package(held))
    contact = await org.make("Contact", LastName="Ng")
    await org.make(VISIT, Patient__c=contact)

    assert (await org.refusal(VISIT))["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (await org.ask("DELETE", f"sobjects/Contact/{contact}")).json()[0]["errorCode"] == "DELETE_FAILED"
    described = (await org.ask("GET", "sobjects/Contact/describe")).json()["childRelationships"]
    assert [child["relationshipName"] for child in described if child["childSObject"] == VISIT] == ["Visits__r"]


@pytest.mark.rule("salesforce.field-lookup-cascade")
async def test_a_lookup_cascades_only_where_support_has_enabled_it() -> None:
    files = object_package(custom_field("Patient__c", **LOOKUP, deleteConstraint="Cascade"))
    assert "not enabled" in await problem(Org(), files)
    await deployed(Org(switches={"lookup_cascade": "accept"}), files)


@pytest.mark.rule("salesforce.field-master")
async def test_a_detail_goes_with_its_master_and_has_no_owner(org: Org) -> None:
    detail = custom_field("Patient__c", **MASTER)
    assert "must be ControlledByParent" in await problem(org, object_package(detail))
    await deployed(org, object_package(detail, sharingModel="ControlledByParent"))
    contact = await org.make("Contact", LastName="Ng")
    id = await org.make(VISIT, Patient__c=contact)
    await org.ask("DELETE", f"sobjects/Contact/{contact}")

    assert "OwnerId" not in org.world.kind(VISIT).fields
    assert (await org.ask("GET", f"sobjects/{VISIT}/{id}")).status_code == 404
    on_standard = custom_field("Boss__c", type="MasterDetail", referenceTo="Account", relationshipName="Staff")
    assert "cannot be the detail" in await problem(org, fields_of("Contact", on_standard))


async def test_an_object_with_records_gets_no_master(org: Org) -> None:
    await deployed(org, object_package())
    await org.make(VISIT)
    told = await deploy(org, fields_of(VISIT, custom_field("Patient__c", **MASTER)))
    assert "already has records" in told["details"]["componentFailures"][0]["problem"]


@pytest.mark.rule("salesforce.field-indexes")
async def test_indexes_relationships_and_long_text_have_their_numbers(org: Org) -> None:
    ids = [custom_field(f"Id{n}__c", type="Text", length=9, externalId=True) for n in range(25)]
    lookups = [custom_field(f"To{n}__c", **{**LOOKUP, "relationshipName": f"R{n}"}) for n in range(40)]
    texts = [custom_field(f"T{n}__c", type="LongTextArea", length=131072, visibleLines=3) for n in range(12)]
    await deployed(org, object_package(*ids, *lookups, *texts))

    more_id = custom_field("Id__c", type="Text", length=9, unique=True)
    assert "CUSTOM_FIELD_INDEX_LIMIT_EXCEEDED" in await problem(org, fields_of(VISIT, more_id))
    more = custom_field("To__c", **{**LOOKUP, "relationshipName": "More"})
    assert "relationship fields: 40" in await problem(org, fields_of(VISIT, more))
    long = custom_field("T__c", type="LongTextArea", length=131072, visibleLines=3)
    assert "CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED" in await problem(org, fields_of(VISIT, long))
    await deployed(org, fields_of(VISIT, {**ids[0], "length": 20}))


@pytest.mark.rule("salesforce.field-type-change")
async def test_a_type_is_changed_only_where_every_value_stays_good(org: Org) -> None:
    before = (custom_field("A__c"), custom_field("B__c", type="Date"), custom_field("C__c", **LOOKUP))
    await deployed(org, fields_of("Contact", *before))
    org.world.table("Contact").change(
        org.world.table("Contact").get(await org.make("Contact", LastName="Ng")) or {}, {"A__c": "w" * 80}
    )

    assert "Cannot change the type of B__c" in await problem(org, fields_of("Contact", custom_field("B__c")))
    other = custom_field("C__c", **{**LOOKUP, "referenceTo": "Account"})
    assert "referenceTo" in await problem(org, fields_of("Contact", other))
    short = custom_field("A__c", type="Text", length=79)
    assert "Cannot decrease the length" in await problem(org, fields_of("Contact", short))
    await deployed(org, fields_of("Contact", custom_field("A__c", type="LongTextArea", length=256, visibleLines=2)))


@pytest.mark.rule("salesforce.field-unique")
async def test_a_field_with_doubles_cannot_become_unique(org: Org) -> None:
    org.add_field("Contact", "Card__c", length=9, metadata_type="Text")
    await org.make("Contact", LastName="Ng", Card__c="1")
    await org.make("Contact", LastName="Lee", Card__c="1")

    words = await problem(org, fields_of("Contact", custom_field("Card__c", type="Text", length=9, unique=True)))
    assert words.startswith("DUPLICATE_VALUE")
    assert not org.world.kind("Contact").fields["Card__c"].unique


@pytest.mark.rule("salesforce.deploy-security")
async def test_a_new_field_is_invisible_until_a_set_grants_it(org: Org) -> None:
    needed = custom_field("Needed__c", type="Text", length=9, required=True)
    files = object_package(
        custom_field("Kind__c"), custom_field("Flag__c", type="Checkbox", defaultValue="false"), needed
    )
    await deployed(org, files)

    hidden = (await org.ask("GET", f"sobjects/{VISIT}/describe")).json()["fields"]
    assert {field["name"] for field in hidden if field["custom"]} == {"Needed__c"}
    assert (await org.refusal(VISIT, Needed__c="n", Kind__c="x"))["errorCode"] == "INVALID_FIELD"

    await deployed(org, with_set(fieldPermissions=[field_grant("Visit__c.Kind__c"), field_grant("Visit__c.Flag__c")]))
    assert (await org.refusal(VISIT, Needed__c="n", Kind__c="x"))["errorCode"] == "INVALID_FIELD"
    await assign(org)
    await org.make(VISIT, Needed__c="n", Kind__c="x", Flag__c=True)


@pytest.mark.rule("salesforce.permission-set-fields")
@pytest.mark.parametrize("name", ["Needed__c", "Name", "Patient__c"])
async def test_required_master_and_name_fields_are_not_granted(org: Org, name: str) -> None:
    fields = (custom_field("Needed__c", type="Text", length=9, required=True), custom_field("Patient__c", **MASTER))
    await deployed(org, object_package(*fields, sharingModel="ControlledByParent"))
    words = await problem(org, with_set(fieldPermissions=[field_grant(f"Visit__c.{name}")]))
    assert words == f"You cannot deploy to a required field: Visit__c.{name}"


@pytest.mark.rule("salesforce.permission-set-read")
async def test_permissions_depend_on_others(org: Org) -> None:
    await deployed(org, object_package(custom_field("Patient__c", **MASTER), sharingModel="ControlledByParent"))
    await deployed(org, fields_of("Contact", custom_field("Kind__c")))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"fieldPermissions": [field_grant("Contact.Kind__c", read=False)]}, "must be readable"),
        ({"fieldPermissions": [field_grant("Contact.None__c")]}, "no CustomField named Contact.None__c found"),
        ({"fieldPermissions": [field_grant("Contact.Kind__c")] * 2}, "Duplicate fieldPermissions"),
        ({"objectPermissions": [object_grant("Contact", "allowEdit")]},
         "Edit Contact depends on permission(s): Read Contact"),
        ({"objectPermissions": [object_grant("None__c")]}, "no CustomObject named None__c found"),
        ({"objectPermissions": [object_grant(VISIT)]}, "Read Visit__c depends on permission(s): Read Contact"),
        ({"userPermissions": [{"enabled": True, "name": "Fly"}]}, "Unknown user permission: Fly"),
        ({"userPermissions": [{"enabled": True, "name": "QueryAllFiles"}]}, "depends on permission(s): ViewAllData"),
        ({"tabSettings": [{"tab": VISIT, "visibility": "Visible"}]}, "no CustomTab named Visit__c found"),
        ({"fieldPermissions": [{"field": "Contact.Kind__c", "readable": True}]}, "Required field is missing: editable"),
        ({"label": "L" * 81}, "Label"),
    ]  # fmt: skip
    for values, words in cases:
        assert words in await problem(org, with_set(**values))


@pytest.mark.rule("salesforce.permission-set-replaced")
@pytest.mark.parametrize(("mode", "left"), [("replace", ["Contact.B__c"]), ("merge", ["Contact.A__c", "Contact.B__c"])])
async def test_a_redeployed_set_holds_what_its_file_says(mode: str, left: list[str]) -> None:
    org = Org(switches={"permission_set_redeploy": mode})
    await deployed(org, fields_of("Contact", custom_field("A__c"), custom_field("B__c")))
    flags = [{"enabled": True, "name": "CreateAuditFields"}]
    await deployed(org, with_set(fieldPermissions=[field_grant("Contact.A__c")], userPermissions=flags))
    await deployed(org, with_set(fieldPermissions=[field_grant("Contact.B__c")]))

    found = await org.query("SELECT Field FROM FieldPermissions WHERE Parent.Name = 'Migration' ORDER BY Field")
    assert [row["Field"] for row in found["records"]] == left


async def test_a_set_grants_objects_and_permissions_to_an_ordinary_user(org: Org) -> None:
    await deployed(org, object_package(custom_field("Kind__c")))
    anna = (await org.query("SELECT Id FROM User WHERE Email = 'anna@clinic.example'"))["records"][0]["Id"]
    files = with_set(
        fieldPermissions=[field_grant("Visit__c.Kind__c", edit=False)],
        objectPermissions=[object_grant(VISIT, "allowRead allowCreate")],
    )
    await deployed(org, files)
    await assign(org, anna)
    await org.as_user("anna@clinic.example")

    id = await org.make(VISIT)
    assert (await org.get(VISIT, id))["Kind__c"] is None
    assert (await org.ask("PATCH", f"sobjects/{VISIT}/{id}", {"Name": "x"})).status_code in (400, 403)
    assert (await org.refusal(VISIT, Kind__c="x"))["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.rule("salesforce.deploy-tab")
async def test_with_a_tab_records_know_when_they_were_seen(org: Org) -> None:
    tab = document("CustomTab", customObject=True, motif="Custom20: Airplane")
    only: dict[str, str | bytes] = {"package.xml": manifest(CustomTab=[VISIT]), f"tabs/{VISIT}.tab": tab}
    assert "no CustomObject named Visit__c found" in await problem(org, only)
    await deployed(org, object_package())
    assert "LastViewedDate" not in org.world.kind(VISIT).fields
    await deployed(org, only)
    assert "LastViewedDate" in org.world.kind(VISIT).fields
    bare = {**only, f"tabs/{VISIT}.tab": document("CustomTab", customObject=True)}
    assert "motif" in await problem(org, bare)


@pytest.mark.rule("salesforce.activity-fields")
async def test_fields_of_activities_belong_to_tasks_and_events_together() -> None:
    org = Org()
    assert "belong to the object Activity" in await problem(org, fields_of("Event", custom_field("Kind__c")))
    await deployed(org, fields_of("Activity", custom_field("Kind__c")))
    await deployed(org, with_set(fieldPermissions=[field_grant("Task.Kind__c"), field_grant("Event.Kind__c")]))
    await assign(org)
    await org.make("Task", Subject="Call", Kind__c="x")

    ids = {org.world.kind(name).fields["Kind__c"].id for name in ("Task", "Event")}
    assert len(ids) == 1
    direct = Org(switches={"activity_fields": "direct"})
    await deployed(direct, fields_of("Event", custom_field("Kind__c")))
    assert "Kind__c" not in direct.world.kind("Task").fields
