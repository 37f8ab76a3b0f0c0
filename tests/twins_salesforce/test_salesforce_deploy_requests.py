"""deployRequest: parts, states, rehearsal, rollback, cancelling, quick deployment, who may."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from salesforce_client import Org
from salesforce_package import (
    OPTIONS,
    VISIT,
    custom_field,
    custom_object,
    deploy,
    deployed,
    destruction,
    fields_of,
    manifest,
    object_package,
    post,
    problem,
    result,
    send,
    zipped,
)

pytestmark = pytest.mark.anyio

FIELD = fields_of("Contact", custom_field("Medicare__c"))
BROKEN = fields_of("Contact", custom_field("Good__c"), custom_field("Bad__c", type="Text"))


@pytest.mark.rule("salesforce.deploy-parts")
@pytest.mark.parametrize("name", ["json", "entity_content", "anything"])
async def test_the_parts_come_in_any_order_by_any_name(org: Org, name: str) -> None:
    options = (name, (None, orjson.dumps({"deployOptions": OPTIONS}), "application/json"))
    content = ("file", ("deploy.zip", zipped(FIELD), "application/zip"))

    first = await org.ask("POST", "metadata/deployRequest", files=[options, content])
    second = await org.ask("POST", "metadata/deployRequest", files=[content, options])
    neither = await org.ask("POST", "metadata/deployRequest", files=[content])

    assert (first.status_code, second.status_code, neither.status_code) == (201, 201, 400)
    assert first.json()["deployResult"]["status"] == "Pending"
    assert first.json()["deployOptions"] == OPTIONS
    assert first.json()["id"] == first.json()["deployResult"]["id"]
    assert first.json()["id"].startswith("0Af")


async def test_options_are_what_the_wsdl_names(org: Org) -> None:
    unknown = await post(org, zipped(FIELD), purgeNothing=True)
    text = await post(org, zipped(FIELD), checkOnly="true")
    level = await post(org, zipped(FIELD), testLevel="Some")

    assert [answer.status_code for answer in (unknown, text, level)] == [400, 400, 400]
    assert unknown.json()[0]["errorCode"] == "JSON_PARSER_ERROR"


@pytest.mark.rule("salesforce.deploy-states")
@pytest.mark.rule("salesforce.deploy-wait")
@pytest.mark.rule("salesforce.deploy-time")
async def test_one_deployment_at_a_time_and_each_takes_its_time(org: Org) -> None:
    first = await send(org, FIELD)
    second = await send(org, fields_of("Contact", custom_field("Other__c")))

    states = []
    for _ in range(4):
        states.append([(await result(org, id))["status"] for id in (first, second)])
        org.pass_time(5.5)

    assert states == [
        ["Pending", "Pending"],
        ["InProgress", "Pending"],
        ["Succeeded", "InProgress"],
        ["Succeeded", "InProgress"],
    ]
    assert (await result(org, second))["done"]


async def test_the_effect_comes_with_the_end_even_when_nobody_asks(org: Org) -> None:
    await send(org, FIELD)
    assert "Medicare__c" not in org.world.kind("Contact").fields
    org.pass_time(60)
    await org.ask("GET", "limits")

    assert "Medicare__c" in org.world.kind("Contact").fields


async def test_details_come_when_they_are_asked_for(org: Org) -> None:
    told = await deployed(org, FIELD)
    plain = (await org.ask("GET", f"metadata/deployRequest/{told['id']}")).json()["deployResult"]

    assert plain["details"] is None
    assert (told["numberComponentsTotal"], told["numberComponentsDeployed"], told["numberComponentErrors"]) == (1, 1, 0)
    made = told["details"]["componentSuccesses"][1]
    assert (made["fullName"], made["componentType"], made["fileName"]) == (
        "Contact.Medicare__c",
        "CustomField",
        "objects/Contact.object",
    )
    assert (made["created"], made["changed"], made["deleted"], made["id"][:3]) == (True, True, False, "00N")
    assert (await org.ask("GET", "metadata/deployRequest/0Af000000000000AAA")).status_code == 404


@pytest.mark.rule("salesforce.deploy-check-only")
async def test_a_rehearsal_says_everything_and_does_nothing(org: Org) -> None:
    files = {**object_package(custom_field("Kind__c")), **FIELD}
    files["package.xml"] = manifest(CustomObject=[VISIT], CustomField=["Contact.Medicare__c"])
    contact = await org.make("Contact", LastName="Ng")

    told = await deployed(org, files, checkOnly=True)

    assert (told["checkOnly"], told["numberComponentsDeployed"]) == (True, 3)
    assert org.world.schema.find(VISIT) is None
    assert "Medicare__c" not in org.world.kind("Contact").fields
    assert VISIT not in org.world.kind("ContentDocumentLink").fields["LinkedEntityId"].reference_to
    assert (await org.get("Contact", contact))["LastName"] == "Ng"
    await deployed(org, files)


@pytest.mark.rule("salesforce.deploy-rollback")
async def test_one_failure_takes_everything_back(org: Org) -> None:
    told = await deploy(org, BROKEN)
    production = await post(org, zipped(BROKEN), rollbackOnError=False)

    assert (told["status"], told["success"], told["numberComponentErrors"]) == ("Failed", False, 1)
    (failed,) = told["details"]["componentFailures"]
    assert failed["problem"] == "Must specify 'length' for a CustomField of type Text"
    assert (failed["problemType"], failed["success"], failed["lineNumber"]) == ("Error", False, 2)
    assert "Good__c" not in org.world.kind("Contact").fields
    assert (production.status_code, production.json()[0]["errorCode"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.rule("salesforce.deploy-partial")
@pytest.mark.parametrize("options", [{"edition": "developer"}, {"switches": {"sandbox": "yes"}}])
async def test_without_rollback_the_good_ones_stay(options: dict[str, Any]) -> None:
    org = Org(**options)
    told = await deploy(org, BROKEN, rollbackOnError=False)

    assert (told["status"], told["success"]) == ("SucceededPartial", True)
    assert "Good__c" in org.world.kind("Contact").fields


@pytest.mark.rule("salesforce.deploy-cancel")
async def test_a_deployment_is_cancelled_before_it_ends(org: Org) -> None:
    stop = {"deployResult": {"status": "Canceling"}}
    running, waiting = await send(org, FIELD), await send(org, FIELD)
    org.pass_time(5)

    first = await org.ask("PATCH", f"metadata/deployRequest/{running}", stop)
    second = await org.ask("PATCH", f"metadata/deployRequest/{waiting}", stop)
    org.pass_time(5)
    third = await org.ask("PATCH", f"metadata/deployRequest/{running}", stop)
    other = await org.ask("PATCH", f"metadata/deployRequest/{running}", {"deployResult": {"status": "Failed"}})

    assert (first.status_code, first.json()["deployResult"]["status"]) == (202, "Canceling")
    assert second.json()["deployResult"]["status"] == "Canceled"
    assert ((await result(org, running))["status"], (await result(org, waiting))["status"]) == ("Canceled", "Canceled")
    assert (third.json()[0]["errorCode"], other.status_code) == ("INVALID_ID_FIELD", 400)
    assert "Medicare__c" not in org.world.kind("Contact").fields


@pytest.mark.rule("salesforce.quick-deploy")
@pytest.mark.rule("salesforce.quick-deploy-tests")
async def test_a_validation_with_tests_is_deployed_by_its_id(org: Org) -> None:
    tested = await deployed(org, FIELD, checkOnly=True, testLevel="RunLocalTests")
    untested = await deployed(org, FIELD, checkOnly=True)

    quick = await org.ask("POST", "metadata/deployRequest", {"validatedDeployRequestId": tested["id"]})
    refused = await org.ask("POST", "metadata/deployRequest", {"validatedDeployRequestId": untested["id"]})
    unknown = await org.ask("POST", "metadata/deployRequest", {"validatedDeployRequestId": "0Af"})
    org.pass_time(60)

    assert (quick.status_code, quick.json()["validatedDeployRequestId"]) == (201, tested["id"])
    assert (await result(org, quick.json()["id"]))["status"] == "Succeeded"
    assert "Medicare__c" in org.world.kind("Contact").fields
    assert (refused.status_code, unknown.status_code) == (400, 400)
    again = await org.ask("POST", "metadata/deployRequest", {"validatedDeployRequestId": tested["id"]})
    assert again.json()[0]["errorCode"] == "INVALID_OPERATION"


async def test_a_validation_without_tests_is_taken_where_the_switch_says_so() -> None:
    org = Org(switches={"quick_deploy_without_tests": "yes"})
    validation = await deployed(org, FIELD, checkOnly=True)
    quick = await org.ask("POST", "metadata/deployRequest", {"validatedDeployRequestId": validation["id"]})
    assert quick.status_code == 201


@pytest.mark.rule("salesforce.deploy-permissions")
async def test_deploying_needs_its_permissions(org: Org) -> None:
    await org.as_user("anna@clinic.example")
    answer = await post(org, zipped(FIELD))

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert (await org.ask("GET", "metadata/deployRequest/0Af000000000000AAA")).status_code == 403


@pytest.mark.rule("salesforce.deploy-zip-limits")
async def test_a_zip_has_its_limits(org: Org) -> None:
    noise = org.world.random.randbytes(40 * 1024 * 1024)
    many: dict[str, str | bytes] = {f"objects/X{number}.object": b"" for number in range(10_001)}

    for content in (noise, zipped(many), b"no zip"):
        told = await deploy(org, content)
        assert told["status"] == "Failed"
        assert told["errorMessage"]
    assert (await deploy(org, {"objects/X.object": b""}))["errorMessage"] == "No package.xml found"


async def test_a_set_of_packages_lies_in_folders(org: Org) -> None:
    nested = {f"unpackaged/{name}": content for name, content in FIELD.items()}

    assert (await deploy(org, nested))["errorMessage"] == "No package.xml found"
    await deployed(org, nested, singlePackage=False)


@pytest.mark.rule("salesforce.deploy-missing-file")
async def test_what_package_xml_names_is_in_the_zip(org: Org) -> None:
    files = {**FIELD, "package.xml": manifest(CustomField=["Contact.Medicare__c", "Contact.Other__c"])}

    assert await problem(org, files) == (
        "An object 'Contact.Other__c' of type CustomField was named in package.xml, but was not found in zipped "
        "directory"
    )
    await deployed(org, files, allowMissingFiles=True, ignoreWarnings=True)


@pytest.mark.rule("salesforce.deploy-warnings")
async def test_a_warning_fails_unless_it_is_ignored() -> None:
    files = destruction(CustomField=["Contact.Nothing__c"])
    org, lenient = Org(), Org(switches={"deploy_warnings": "pass"})

    failed = await deploy(org, files)
    (warned,) = failed["details"]["componentFailures"]

    assert (failed["status"], warned["problemType"]) == ("Failed", "Warning")
    assert warned["problem"] == "No CustomField named: Contact.Nothing__c found"
    await deployed(org, files, ignoreWarnings=True)
    await deployed(lenient, files)


@pytest.mark.rule("salesforce.deploy-unlisted")
async def test_what_the_zip_holds_is_named_in_package_xml() -> None:
    files = fields_of("Contact", custom_field("One__c"), custom_field("Two__c"))
    files["package.xml"] = manifest(CustomField=["Contact.One__c"])

    assert await problem(Org(), files) == "Not in package.xml"
    org = Org(switches={"not_in_package": "warning"})
    await deployed(org, files)
    assert [name for name in ("One__c", "Two__c") if name in org.world.kind("Contact").fields] == ["One__c"]


async def test_a_star_means_custom_objects_only(org: Org) -> None:
    await deployed(org, {**object_package(custom_field("Kind__c")), "package.xml": manifest(CustomObject=["*"])})
    standard = {"package.xml": manifest(CustomObject=["*"]), "objects/Contact.object": FIELD["objects/Contact.object"]}

    assert await problem(org, standard) == "Not in package.xml"
    assert "was not found" in await problem(org, {"package.xml": manifest(CustomField=["*"])})


async def test_types_are_known_or_refused_by_name(org: Org) -> None:
    assert await problem(org, {"package.xml": manifest(Nonsense=["X"])}) == (
        "Unknown type name 'Nonsense' specified in package.xml"
    )
    assert "does not deploy the type Layout" in await problem(org, {"package.xml": manifest(Layout=["X"])})
    assert "Invalid version" in await problem(org, {"package.xml": manifest("99.0")})
    stray = {"package.xml": manifest(), "classes/A.cls": b""}
    assert "classes/A.cls" in await problem(org, stray)


@pytest.mark.rule("salesforce.deploy-elements")
@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"kind": "Text"}, "kind invalid at this location in type CustomField"),
        ({"type": "Words"}, "'Words' is not a valid value for the enum 'FieldType'"),
        ({"type": "Text", "length": "many"}, "'many' is not a valid value for the type xsd:int"),
        ({"type": "Text", "length": 5, "unique": "yes"}, "'yes' is not a valid value for the type xsd:boolean"),
        ({"type": "Picklist", "valueSet": {"valueSetDefinition": {}}}, "Required field is missing: sorted"),
        ({"type": "Summary", "summaryOperation": "count"}, "does not know the element summaryOperation"),
    ],
)
async def test_elements_and_values_are_those_of_the_wsdl(org: Org, field: dict[str, Any], words: str) -> None:
    files = fields_of("Contact", {"fullName": "X__c", "label": "X", **field})
    files["package.xml"] = manifest()
    assert words in await problem(org, files)


async def test_the_order_of_elements_is_free(org: Org) -> None:
    backwards = dict(reversed(list(custom_field("Medicare__c", type="Text", length=20).items())))
    await deployed(org, fields_of("Contact", backwards))


async def test_files_that_are_no_metadata_are_refused(org: Org) -> None:
    path = "objects/Contact.object"
    bombs = (
        '<!DOCTYPE x [<!ENTITY a "b">]><CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">&a;</CustomObject>'
    )
    for content in ("<CustomObject", "<CustomObject/>", bombs):
        words = await problem(org, {"package.xml": manifest(), path: content})
        assert words.startswith("Error parsing file")


@pytest.mark.rule("salesforce.deploy-scattered")
async def test_repeated_elements_stand_together() -> None:
    one, two = (f"<fields><fullName>{n}__c</fullName><label>{n}</label><type>Date</type></fields>" for n in "AB")
    body = (
        custom_object()
        .replace("</CustomObject>", two + "</CustomObject>")
        .replace("<label>Visit<", one + "<label>Visit<")
    )
    files: dict[str, str | bytes] = {"package.xml": manifest(CustomObject=[VISIT]), f"objects/{VISIT}.object": body}

    assert "fields is duplicated at this location in type CustomObject" in await problem(Org(), files)
    await deployed(Org(switches={"metadata_scattered": "accept"}), files)


async def test_a_name_comes_once(org: Org) -> None:
    files = fields_of("Contact", custom_field("Twice__c"), custom_field("TWICE__c"))
    assert (await problem(org, files)).startswith("Duplicate fullName")
