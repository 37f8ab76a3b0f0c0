"""What is deployed: valid by the vendor's own types, complete, and the same every time."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gurney.destinations.salesforce.blueprint import NAME, extended_body, misfit, relationship_name, unmakeable
from gurney.destinations.salesforce.deploy import options
from gurney.destinations.salesforce.mdapi import document
from gurney.destinations.salesforce.package import ZIP, Package, destruction, setup_package
from gurney.destinations.salesforce.rights import AUDIT_FIELDS, Rights, rights_to
from gurney.schema import FieldType, NewField, NewObject, NewOptions
from gurney.testing.wsdl import Wsdl

NS = {"m": "http://soap.sforce.com/2006/04/metadata"}
APPOINTMENT = NewObject("Appointment__c", "Appointment", "Appointments", reason='S3: Appointments & "types"')
KEY = NewField("Contact", "Cliniko_Id__c", "Cliniko ID", FieldType.TEXT, length=64, unique=True, help="Never <edit> it")
FIELDS = (
    KEY,
    NewField("ContentVersion", "Cliniko_Attachment_Id__c", "Cliniko ID", FieldType.TEXT, unique=True),
    NewField("Appointment__c", "ContactId__c", "Patient", FieldType.LOOKUP, lookup_to="Contact"),
    NewField("Appointment__c", "Attended_By__c", "Attended by", FieldType.LOOKUP, lookup_to="Contact"),
    NewField("Appointment__c", "Booked_By__c", "Booked by", FieldType.OWNER),
    *(
        NewField("Appointment__c", f"F_{type.value}__c", type.value, type, options=("A; b", "Ünï <c>", "d & e"))
        for type in FieldType
        if type not in (FieldType.LOOKUP, FieldType.FILE, FieldType.OTHER)
    ),
    NewField("Appointment__c", "Long_Words__c", "Words", FieldType.TEXT, length=2000),
    NewField("Appointment__c", "Few_Words__c", "Few", FieldType.LONG_TEXT, length=200),
    NewField("Appointment__c", "Very_Long__c", "Very long", FieldType.RICH_TEXT, length=9_000_000),
)
WHOLE = Package(
    (APPOINTMENT,),
    FIELDS,
    pick_lists={
        "Account.Kind__c": extended_body(
            {"name": "Kind__c", "label": "Kind", "type": "picklist", "restrictedPicklist": True, "picklistValues": []},
            ["New & old"],
        )
    },
    rights=Rights(user=frozenset({AUDIT_FIELDS})),
)


@pytest.fixture(scope="module")
def metadata_types(shared: Path) -> Wsdl:
    return Wsdl(shared / "vendors/salesforce/spec/wsdl/metadata-63.0.wsdl")


def _complaints(types: Wsdl, files: dict[str, bytes]) -> list[str]:
    return [f"{path}: {words}" for path, content in files.items() for words in types.complaints(content)]


def _field(package: Package, object: str, name: str) -> etree._Element:
    root = etree.fromstring(package.files()[f"objects/{object}.object"])
    return next(each for each in root.findall("m:fields", NS) if each.findtext("m:fullName", namespaces=NS) == name)


def _said(element: etree._Element, *paths: str) -> list[str | None]:
    return [element.findtext("/".join(f"m:{step}" for step in path.split("/")), namespaces=NS) for path in paths]


def test_every_file_is_of_the_vendors_types(metadata_types: Wsdl) -> None:
    files = WHOLE.files() | {
        "gone": destruction(["Contact.A__c", "B__c"], permission_set=True)["destructiveChanges.xml"]
    }

    assert _complaints(metadata_types, files) == []


def test_a_deployments_options_are_the_vendors(metadata_types: Wsdl) -> None:
    said = options(check_only=True)["deployOptions"]

    assert _complaints(metadata_types, {"options": document("DeployOptions", said)}) == []


def test_the_vendors_types_refuse_what_is_not_theirs(metadata_types: Wsdl) -> None:
    wrong = {"fields": {"fullName": "A__c", "type": "Texts"}, "sharing": "ReadWrite"}

    assert len(_complaints(metadata_types, {"objects/A__c.object": document("CustomObject", wrong)})) > 0


def test_files_of_the_vendors_own_pass_the_same_check(metadata_types: Wsdl, shared: Path) -> None:
    samples = shared / "vendors/salesforce/spec/mdapi-samples"

    assert _complaints(metadata_types, {path.name: path.read_bytes() for path in samples.iterdir()}) == []


def test_a_key_is_an_external_id_that_tells_letters_apart() -> None:
    key = _field(WHOLE, "Contact", "Cliniko_Id__c")

    assert _said(key, "type", "length", "externalId", "unique", "caseSensitive") == ["Text", "64", *["true"] * 3]


def test_a_pick_list_takes_no_other_value() -> None:
    field = _field(WHOLE, "Appointment__c", "F_picklist__c")

    values = field.findall("m:valueSet/m:valueSetDefinition/m:value", NS)
    assert _said(field, "valueSet/restricted") == ["true"]
    assert [_said(value, "fullName", "default") for value in values] == [
        ["A; b", "false"],
        ["Ünï <c>", "false"],
        ["d & e", "false"],
    ]


def test_a_lookup_is_emptied_when_its_target_goes_and_its_list_has_a_name_of_its_own() -> None:
    said = ("referenceTo", "relationshipName", "relationshipLabel", "deleteConstraint")

    one, other = (_said(_field(WHOLE, "Appointment__c", name), *said) for name in ("ContactId__c", "Attended_By__c"))

    assert one == ["Contact", "Appointment_ContactId", "Appointments (Patient)", "SetNull"]
    assert other == ["Contact", "Appointment_Attended_By", "Appointments (Attended by)", "SetNull"]


def test_long_texts_stay_within_what_the_vendor_holds() -> None:
    assert _said(_field(WHOLE, "Appointment__c", "Long_Words__c"), "type", "length") == ["LongTextArea", "2000"]
    assert _said(_field(WHOLE, "Appointment__c", "Few_Words__c"), "type", "length") == ["TextArea", None]
    assert _said(_field(WHOLE, "Appointment__c", "Very_Long__c"), "type", "length") == ["Html", "131072"]


def test_every_field_is_opened_and_every_object_but_those_that_nobody_can_open() -> None:
    root = etree.fromstring(WHOLE.files()["permissionsets/Gurney_Migration.permissionset"])

    fields = {each.text for each in root.findall("m:fieldPermissions/m:field", NS)}
    objects = {each.text for each in root.findall("m:objectPermissions/m:object", NS)}
    assert fields == {f"{field.object}.{field.name}" for field in FIELDS}
    assert objects == {"Appointment__c", "Contact", "Account"}  # Contact needs Account; files are not opened so
    assert {each.text for each in root.findall("m:userPermissions/m:name", NS)} == {"CreateAuditFields"}


def test_products_have_no_right_to_the_records_of_others() -> None:
    (rights,) = rights_to(["Product2.Stock__c"], ()).body()["objectPermissions"]  # type: ignore[misc,union-attr]

    assert (rights["modifyAllRecords"], rights["allowDelete"]) == (False, True)  # type: ignore[index,call-overload]


def test_an_object_that_is_left_out_takes_its_fields_and_lookups_to_it_along() -> None:
    pointing = NewField("Contact", "Last_Visit__c", "Last visit", FieldType.LOOKUP, lookup_to="Appointment__c")
    package = Package((APPOINTMENT,), (*FIELDS, pointing))

    left = package.without(["Appointment__c"])

    assert left.names == {"Contact.Cliniko_Id__c", "ContentVersion.Cliniko_Attachment_Id__c"}
    assert set(left.files()) == {
        "package.xml",
        "permissionsets/Gurney_Migration.permissionset",
        "objects/Contact.object",
        "objects/ContentVersion.object",
    }


def test_an_added_value_keeps_the_values_their_labels_and_the_default() -> None:
    raw = {
        "name": "Kind__c", "label": "Kind", "type": "picklist", "restrictedPicklist": True,
        "picklistValues": [{"value": "gp", "label": "Doctor", "active": True, "defaultValue": True}],
    }  # fmt: skip

    root = etree.fromstring(document("CustomObject", {"fields": [extended_body(raw, ["gp", "Friend"])]}))

    values = root.findall("m:fields/m:valueSet/m:valueSetDefinition/m:value", NS)
    assert [_said(value, "fullName", "label", "default") for value in values] == [
        ["gp", "Doctor", "true"],
        ["Friend", "Friend", "false"],
    ]


def test_the_admins_package_is_whole_and_leaves_out_what_no_package_can_make() -> None:
    odd = NewField("Contact", "Photo__c", "Photo", FieldType.FILE)
    changes = [APPOINTMENT, *FIELDS, odd, NewOptions("Contact", "LeadSource", ("GP",))]

    files = setup_package(changes)

    with zipfile.ZipFile(io.BytesIO(files[ZIP])) as archive:
        assert archive.read("package.xml") == files["package.xml"]
        assert "objects/Appointment__c.object" in archive.namelist()
        assert b"Photo__c" not in b"".join(archive.read(name) for name in archive.namelist())
        assert b"CreateAuditFields" not in archive.read("permissionsets/Gurney_Migration.permissionset")
    assert setup_package(changes) == files


@pytest.mark.parametrize(
    ("name", "type", "more"),
    [
        ("Photo__c", FieldType.FILE, {}),
        ("Nick", FieldType.TEXT, {}),
        ("Two__Words__c", FieldType.TEXT, {}),
        ("X" * 41 + "__c", FieldType.TEXT, {}),
        ("When__c", FieldType.DATE, {"unique": True}),
        ("Who__c", FieldType.LOOKUP, {}),
    ],
)
def test_what_no_package_can_make_is_told_before_anything_is_sent(
    name: str, type: FieldType, more: dict[str, bool]
) -> None:
    assert unmakeable(NewField("Contact", name, "X", type, **more)) != ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ({"type": "string", "length": 64, "unique": True, "externalId": True}, ""),
        ({"type": "string", "length": 18, "unique": True, "externalId": True}, "holds 18 characters"),
        ({"type": "string", "length": 64}, "is no key"),
        ({"type": "double"}, "exists as double"),
        ({"type": "string", "length": 64, "unique": True, "externalId": True, "calculated": True}, "computed"),
    ],
)
def test_a_field_that_is_there_must_be_able_to_hold_the_key(raw: dict[str, object], complaint: str) -> None:
    assert complaint in misfit(KEY, raw)
    assert bool(misfit(KEY, raw)) == bool(complaint)


NAMES = st.from_regex(NAME, fullmatch=True).map(lambda name: name[:40].rstrip("_"))


@given(object=NAMES, field=NAMES)
def test_relationship_names_are_names_and_differ_by_field(object: str, field: str) -> None:
    change = NewField(f"{object}__c", f"{field}__c", "x", FieldType.LOOKUP, lookup_to="Contact")
    other = NewField(f"{object}__c", f"{field}2__c", "x", FieldType.LOOKUP, lookup_to="Contact")

    assert NAME.fullmatch(relationship_name(change))
    assert len(relationship_name(change)) <= 40
    assert relationship_name(change) != relationship_name(other)


def test_fields_of_tasks_and_events_are_made_once_where_both_have_them() -> None:
    key = [NewField(object, "Cliniko_Id__c", "Cliniko ID", FieldType.TEXT, unique=True) for object in ("Task", "Event")]
    room = NewField("Event", "Room__c", "Room", FieldType.TEXT)

    files = Package(fields=(*key, room)).files()

    assert "objects/Activity.object" in files
    assert not {"objects/Task.object", "objects/Event.object"} & files.keys()
    activity = etree.fromstring(files["objects/Activity.object"])
    assert activity.xpath("m:fields/m:fullName/text()", namespaces=NS) == ["Cliniko_Id__c", "Room__c"]
    members = etree.fromstring(files["package.xml"]).xpath(
        "m:types[m:name='CustomField']/m:members/text()", namespaces=NS
    )
    assert sorted(members) == ["Activity.Cliniko_Id__c", "Activity.Room__c"]


def test_fields_of_activities_are_opened_for_tasks_and_for_events() -> None:
    rights = rights_to(["Activity.Room__c"], ())

    assert rights.fields == {"Task.Room__c", "Event.Room__c"}
    assert not rights.objects
