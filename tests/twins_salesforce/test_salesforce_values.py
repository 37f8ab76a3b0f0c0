"""What fields take: lengths, formats, references, audit fields, duplicate rules."""

from __future__ import annotations

from typing import Any

import pytest
from salesforce_client import Org

from gurney.twins.salesforce.schema import PickValue

pytestmark = pytest.mark.anyio


@pytest.mark.rule("salesforce.required")
async def test_required_fields_are_named(org: Org) -> None:
    told = await org.refusal("Contact", FirstName="Jo")
    assert told == {
        "status": 400,
        "message": "Required fields are missing: [LastName]",
        "errorCode": "REQUIRED_FIELD_MISSING",
        "fields": ["LastName"],
    }
    id = await org.make("Contact", LastName="Ng")
    emptied = await org.ask("PATCH", f"sobjects/Contact/{id}", {"LastName": "  "})
    assert emptied.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


@pytest.mark.rule("salesforce.text-length")
async def test_long_text_fails_its_row(org: Org) -> None:
    told = await org.refusal("Contact", LastName="Ng", FirstName="x" * 41)
    assert told["errorCode"] == "STRING_TOO_LONG"
    assert told["message"] == f"First Name: data value too large: {'x' * 41} (max length=40)"
    assert told["fields"] == ["FirstName"]


@pytest.mark.rule("salesforce.email")
@pytest.mark.parametrize("address", ["foo", "a@b", "a b@c.org", "jo@x.", "jö@x.org", "a@@b.org"])
async def test_bad_addresses_are_refused(org: Org, address: str) -> None:
    told = await org.refusal("Contact", LastName="Ng", Email=address)
    assert (told["errorCode"], told["message"]) == ("INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {address}")


@pytest.mark.rule("salesforce.trim")
async def test_blanks_are_trimmed_and_empty_text_is_null(org: Org) -> None:
    id = await org.make("Contact", LastName="  Ng ", FirstName="", Phone="   ")
    row = await org.get("Contact", id)
    assert (row["LastName"], row["FirstName"], row["Phone"], row["Name"]) == ("Ng", None, None, "Ng")
    kept = Org(switches={"trim": "no"})
    assert (await kept.get("Contact", await kept.make("Contact", LastName=" Ng")))["LastName"] == " Ng"


@pytest.mark.rule("salesforce.picklists")
async def test_only_restricted_lists_refuse_unknown_values(org: Org) -> None:
    values = [PickValue(value, value) for value in ("Booked", "Arrived")]
    org.add_field("Contact", "Status__c", "picklist", picklist=values, restricted=True)
    org.add_field("Contact", "Tags__c", "multipicklist", picklist=values, restricted=True)
    told = await org.refusal("Contact", LastName="Ng", Status__c="Gone")
    assert told["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert "bad value for restricted picklist field: Gone" in told["message"]
    assert (await org.refusal("Contact", LastName="Ng", Tags__c="Booked;Gone"))["fields"] == ["Tags__c"]
    id = await org.make("Contact", LastName="Ng", Salutation="Mx.", Status__c="Booked", Tags__c="Arrived;Booked")
    row = await org.get("Contact", id)
    assert (row["Salutation"], row["Tags__c"]) == ("Mx.", "Booked;Arrived")


@pytest.mark.rule("salesforce.numbers")
async def test_numbers_are_rounded_and_bounded(org: Org) -> None:
    org.add_field("Contact", "Fee__c", "currency", precision=6, scale=2)
    id = await org.make("Contact", LastName="Ng", Fee__c=80.555)
    assert (await org.get("Contact", id))["Fee__c"] == 80.56
    told = await org.refusal("Contact", LastName="Ng", Fee__c=10_000)
    assert (told["errorCode"], told["fields"]) == ("NUMBER_OUTSIDE_VALID_RANGE", ["Fee__c"])
    assert (await org.refusal("Account", Name="x", NumberOfEmployees=1.5))["errorCode"] == "JSON_PARSER_ERROR"


@pytest.mark.rule("salesforce.dates")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Birthdate", "31/01/2026"),
        ("Birthdate", "2026-01-31T10:00:00Z"),
        ("Birthdate", "2026-02-30"),
        ("Birthdate", "1699-12-31"),
        ("EmailBouncedDate", "2026-01-31"),
        ("EmailBouncedDate", "2026-01-31T10:00:00"),
    ],
)
async def test_dates_of_another_form_are_parser_errors(org: Org, field: str, value: str) -> None:
    told = await org.refusal("Contact", LastName="Ng", **{field: value})
    assert told["errorCode"] == "JSON_PARSER_ERROR"
    assert f"from VALUE_STRING value {value} or request may be missing a required field" in told["message"]


@pytest.mark.rule("salesforce.dates")
@pytest.mark.parametrize("value", ["2026-01-31T10:00:00+10:00", "2026-01-31T00:00:00.123Z", "2026-01-31T00:00Z"])
async def test_moments_come_back_in_utc_without_fractions(org: Org, value: str) -> None:
    id = await org.make("Contact", LastName="Ng", EmailBouncedDate=value)
    assert (await org.get("Contact", id))["EmailBouncedDate"] == "2026-01-31T00:00:00.000+0000"


@pytest.mark.rule("salesforce.loose-types")
async def test_json_types_must_be_the_fields_types(org: Org) -> None:
    for value in (1, True, {"a": 1}):
        assert (await org.refusal("Contact", LastName=value))["errorCode"] == "JSON_PARSER_ERROR"
    assert (await org.refusal("Account", Name="x", AnnualRevenue="12"))["errorCode"] == "JSON_PARSER_ERROR"
    loose = Org(switches={"loose_types": "yes"})
    id = await loose.make("Account", Name=7, AnnualRevenue="12")
    assert ((await loose.get("Account", id))["Name"], (await loose.get("Account", id))["AnnualRevenue"]) == ("7", 12)


@pytest.mark.rule("salesforce.references")
async def test_references_must_be_of_the_right_object_and_alive(org: Org) -> None:
    contact, account = await org.make("Contact", LastName="Ng"), await org.make("Account", Name="Clinic")
    wrong = await org.refusal("Contact", LastName="x", AccountId=contact)
    assert wrong["message"] == f"Account ID: id value of incorrect type: {contact}"
    assert (wrong["errorCode"], wrong["fields"]) == ("MALFORMED_ID", ["AccountId"])
    assert (await org.refusal("Contact", LastName="x", AccountId="zz"))["errorCode"] == "MALFORMED_ID"
    unknown = await org.refusal("Contact", LastName="x", AccountId="0015g00000ZZZZZ")
    assert unknown["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"
    await org.ask("DELETE", f"sobjects/Account/{account}")
    assert (await org.refusal("Contact", LastName="x", AccountId=account))["errorCode"] == "ENTITY_IS_DELETED"


@pytest.mark.rule("salesforce.parent-by-external-id")
async def test_a_parent_is_named_by_its_external_id(org: Org) -> None:
    org.external_id("Account")
    account = await org.make("Account", Name="Clinic", Cliniko_Id__c="b1")
    id = await org.make("Contact", LastName="Ng", Account={"Cliniko_Id__c": "b1"})
    assert (await org.get("Contact", id))["AccountId"] == account
    told = await org.refusal("Contact", LastName="Ng", Account={"Cliniko_Id__c": "zz"})
    assert told["message"] == "Foreign key external ID: zz not found for field Cliniko_Id__c in entity Account"
    assert told["errorCode"] == "INVALID_FIELD"
    assert (await org.refusal("Contact", LastName="Ng", Account={"Name": "Clinic"}))["errorCode"] == "INVALID_FIELD"
    assert (await org.refusal("Task", Who={"Cliniko_Id__c": "b1"}))["errorCode"] == "INVALID_FIELD"


@pytest.mark.rule("salesforce.parent-by-external-id")
async def test_polymorphic_parents_need_their_type(org: Org) -> None:
    org.external_id("Contact")
    contact = await org.make("Contact", LastName="Ng", Cliniko_Id__c="p1")
    who = {"attributes": {"type": "Contact"}, "Cliniko_Id__c": "p1"}
    id = await org.make("Task", Subject="Call", Who=who)
    assert (await org.get("Task", id))["WhoId"] == contact


@pytest.mark.rule("salesforce.compound")
@pytest.mark.parametrize("body", [{"Name": "Jo Ng"}, {"MailingAddress": {"city": "x"}}, {"SystemModstamp": "x"}])
async def test_compound_and_system_fields_are_not_written(org: Org, body: dict[str, Any]) -> None:
    told = await org.refusal("Contact", LastName="Ng", **body)
    assert told["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert told["message"].startswith(f"Unable to create/update fields: {next(iter(body))}.")


@pytest.mark.rule("salesforce.field-security")
async def test_a_field_without_security_does_not_exist(org: Org) -> None:
    org.add_field("Contact", "Secret__c", seen=False)
    told = await org.refusal("Contact", LastName="Ng", Secret__c="x")
    assert told["errorCode"] == "INVALID_FIELD"
    assert told["message"] == "No such column 'Secret__c' on sobject of type Contact"
    fields = (await org.ask("GET", "sobjects/Contact/describe")).json()["fields"]
    assert "Secret__c" not in [field["name"] for field in fields]
    answer = await org.ask("GET", "query", params={"q": "SELECT Secret__c FROM Contact"})
    assert "No such column 'Secret__c' on entity 'Contact'" in answer.json()[0]["message"]
    await org.admin("POST grant", {"field": "Contact.Secret__c"})
    await org.make("Contact", LastName="Ng", Secret__c="x")


@pytest.mark.rule("salesforce.audit-fields")
async def test_created_date_needs_the_switch_and_the_permission(org: Org) -> None:
    when = "2019-05-06T07:08:09.000+0000"
    told = await org.refusal("Contact", LastName="Ng", CreatedDate=when)
    assert told["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    await org.admin("POST grant", {"permission": "CreateAuditFields"})
    assert (await org.refusal("Contact", LastName="Ng", CreatedDate=when))["fields"] == ["CreatedDate"]
    await org.admin("POST switch", {"name": "audit_fields", "value": "on"})
    id = await org.make("Contact", LastName="Ng", CreatedDate=when)
    row = await org.get("Contact", id)
    assert row["CreatedDate"] == when < row["SystemModstamp"]
    later = await org.ask("PATCH", f"sobjects/Contact/{id}", {"CreatedDate": when})
    assert later.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert (await org.refusal("Product2", Name="x", CreatedDate=when))["fields"] == ["CreatedDate"]
    fields = (await org.ask("GET", "sobjects/Contact/describe")).json()["fields"]
    assert next(field for field in fields if field["name"] == "CreatedDate")["createable"] is True


@pytest.mark.rule("salesforce.inactive-owner")
async def test_an_inactive_owner_is_refused_without_the_permission(org: Org) -> None:
    gone = (await org.admin("POST user", {"email": "old@clinic.example", "active": False})).json()["id"]
    assert (await org.refusal("Contact", LastName="Ng", OwnerId=gone))["errorCode"] == "INACTIVE_OWNER_OR_USER"
    await org.admin("POST grant", {"permission": "UpdateWithInactiveOwner"})
    await org.make("Contact", LastName="Ng", OwnerId=gone)


@pytest.mark.rule("salesforce.duplicate-rules")
async def test_a_look_alike_is_blocked_unless_the_header_allows_it(org: Org) -> None:
    jo = {"FirstName": "Jo", "LastName": "Ng", "Email": "jo@example.org"}
    id = await org.make("Contact", **jo)
    told = await org.refusal("Contact", **{**jo, "LastName": "NG"})
    assert (told["errorCode"], told["message"]) == ("DUPLICATES_DETECTED", "Use one of these records?")
    (match,) = told["duplicateResult"]["matchResults"]
    assert match["matchRecords"][0]["record"]["Id"] == id
    await org.make("Contact", **{**jo, "FirstName": "Ann"})
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert (await org.ask("POST", "sobjects/Contact", jo, headers=allowed)).status_code == 201
    off = Org(switches={"duplicate_rules": "off"})
    await off.make("Contact", **jo)
    await off.make("Contact", **jo)


@pytest.mark.rule("salesforce.validation-rules")
async def test_the_clinics_own_rules_run_on_api_writes(org: Org) -> None:
    rule = {"object": "Contact", "field": "Phone", "equals": None, "message": "A phone number is needed"}
    await org.admin("POST rule", rule)
    told = await org.refusal("Contact", LastName="Ng")
    assert (told["errorCode"], told["message"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A phone number is needed")
    await org.make("Contact", LastName="Ng", Phone="1")
    flow = {"object": "Account", "every": 2, "code": "CANNOT_EXECUTE_FLOW_TRIGGER", "message": "The flow failed"}
    await org.admin("POST rule", flow)
    await org.make("Account", Name="a")
    assert (await org.refusal("Account", Name="b"))["errorCode"] == "CANNOT_EXECUTE_FLOW_TRIGGER"


@pytest.mark.rule("salesforce.private")
async def test_a_contact_without_account_is_seen_by_its_owner_only(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    private = await org.make("Contact", LastName="Ng")
    shared = await org.make("Contact", LastName="Lee", AccountId=account)
    await org.as_user("anna@clinic.example")
    assert [row["Id"] for row in (await org.query("SELECT Id FROM Contact"))["records"]] == [shared]
    assert (await org.ask("GET", f"sobjects/Contact/{private}")).status_code == 404
    open_one = Org(users=("anna@clinic.example",), switches={"private_contacts": "no"})
    await open_one.make("Contact", LastName="Ng")
    await open_one.as_user("anna@clinic.example")
    assert (await open_one.query("SELECT COUNT() FROM Contact"))["totalSize"] == 1


@pytest.mark.rule("salesforce.state-picklists")
async def test_strict_addresses_take_listed_names_and_codes_only(org: Org) -> None:
    await org.make("Contact", LastName="Ng", MailingState="NSW")
    strict = Org(switches={"state_picklists": "on"})
    for address in (
        {"MailingState": "NSW"},
        {"MailingState": "New South Wales"},
        {"MailingState": "NSW", "MailingCountry": "Australia"},
        {"MailingCountry": "Oz"},
    ):
        told = await strict.refusal("Contact", LastName="Ng", **address)
        assert told["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert told["message"].startswith("There's a problem with this country, even though it may appear correct.")
    by_code = await strict.make("Contact", LastName="Ng", MailingStateCode="NSW", MailingCountryCode="AU")
    row = await strict.get("Contact", by_code)
    assert (row["MailingState"], row["MailingCountry"]) == ("New South Wales", "Australia")
    by_name = await strict.make("Contact", LastName="Lee", MailingState="Victoria", MailingCountry="Australia")
    assert (await strict.get("Contact", by_name))["MailingStateCode"] == "VIC"


async def test_a_check_box_is_never_null(org: Org) -> None:
    assert (await org.refusal("Product2", Name="x", IsActive=None))["errorCode"] == "JSON_PARSER_ERROR"
    assert (await org.get("Product2", await org.make("Product2", Name="x")))["IsActive"] is False


@pytest.mark.rule("salesforce.body-size")
async def test_a_body_takes_fifty_megabytes(org: Org) -> None:
    content = b" " * (50 * 1024 * 1024 + 1)
    answer = await org.ask("POST", "sobjects/Contact", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
