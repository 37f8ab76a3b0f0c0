"""SOAP: undelete, sessions, faults, deployments."""

from __future__ import annotations

import base64
from typing import Any

import httpx2
import pytest
from lxml import etree
from salesforce_client import Org
from salesforce_package import OPTIONS, custom_field, deployed, fields_of, zipped

pytestmark = pytest.mark.anyio

PARTNER = "urn:partner.soap.sforce.com"
METADATA = "http://soap.sforce.com/2006/04/metadata"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


async def call(
    org: Org, operation: str, inside: str = "", *, door: str = "u", version: int = 63, header: str = "", **more: Any
) -> httpx2.Response:
    """One SOAP call with the client's session."""
    if not org.token:
        await org.sign_in()
    namespace = PARTNER if door == "u" else METADATA
    session = f"<n:SessionHeader><n:sessionId>{org.token}</n:sessionId></n:SessionHeader>"
    body = (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{ENVELOPE}" xmlns:n="{namespace}"><s:Header>{session}{header}'
        f"</s:Header><s:Body><n:{operation}>{inside}</n:{operation}></s:Body></s:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""', **more.pop("headers", {})}
    headers = {name: value for name, value in headers.items() if value}
    return await org.http.post(f"/services/Soap/{door}/{version}.0", content=body.encode(), headers=headers)


def read(answer: httpx2.Response) -> list[Any]:
    """The results of an answer, as dictionaries."""
    assert answer.status_code == 200, answer.text
    response = etree.fromstring(answer.content)[0][0]
    return [_value(result) for result in response]


def _value(element: Any) -> Any:
    if not len(element):
        return element.text
    found: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child).localname
        value = _value(child)
        if name in ("componentSuccesses", "componentFailures", "errors", "metadataObjects"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def fault(answer: httpx2.Response) -> tuple[str, str]:
    assert answer.status_code == 500, answer.text
    found = etree.fromstring(answer.content)[0][0]
    return str(found.findtext("faultcode")), str(found.findtext("faultstring"))


def ids(*values: str) -> str:
    return "".join(f"<n:ids>{value}</n:ids>" for value in values)


@pytest.mark.rule("salesforce.soap-undelete")
async def test_rows_come_back_out_of_the_bin(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", AccountId=account)
    await org.ask("DELETE", f"sobjects/Account/{account}")

    first, second, third = read(await call(org, "undelete", ids(account, contact, "nonsense")))

    assert first == {"id": account, "success": "true"}
    assert second["success"] == third["success"] == "false"
    assert third["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert (await org.get("Contact", contact))["AccountId"] == account
    many = await call(org, "undelete", ids(*[account] * 201))
    assert fault(many)[0] == "sf:EXCEEDED_ID_LIMIT"


async def test_all_or_none_of_them(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    await org.ask("DELETE", f"sobjects/Account/{account}")
    together = "<n:AllOrNoneHeader><n:allOrNone>true</n:allOrNone></n:AllOrNoneHeader>"

    results = read(await call(org, "undelete", ids(account, "nonsense"), header=together))

    assert results[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert (await org.ask("GET", f"sobjects/Account/{account}")).status_code == 404


async def test_the_bin_can_be_emptied(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", AccountId=account)
    await org.ask("DELETE", f"sobjects/Account/{account}")

    results = read(await call(org, "emptyRecycleBin", ids(account, account)))

    assert [result["success"] for result in results] == ["true", "false"]
    assert read(await call(org, "undelete", ids(contact)))[0]["success"] == "false"


@pytest.mark.rule("salesforce.soap-session")
@pytest.mark.rule("salesforce.soap-fault")
async def test_a_call_needs_a_session_and_costs_a_request(org: Org) -> None:
    (info,) = read(await call(org, "getUserInfo"))
    (now,) = read(await call(org, "getServerTimestamp"))
    used = org.world.limits.requests.used
    await call(org, "getServerTimestamp")

    assert (info["userName"], info["organizationId"]) == ("admin@example.com", org.world.org["Id"])
    assert now == {"timestamp": "2026-02-02T23:00:00.000Z"}
    assert org.world.limits.requests.used == used + 1
    read(await call(org, "logout"))
    refused = await call(org, "getUserInfo")
    assert fault(refused) == (
        "sf:INVALID_SESSION_ID",
        "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session",
    )
    assert b"exceptionCode>INVALID_SESSION_ID<" in refused.content


async def test_odd_requests_are_faults(org: Org) -> None:
    assert fault(await call(org, "fly"))[0] == "soapenv:Client"
    assert fault(await call(org, "getUserInfo", version=12))[0] == "sf:UNSUPPORTED_API_VERSION"
    headers = {"Content-Type": "text/xml", "SOAPAction": ""}
    broken = await org.http.post("/services/Soap/u/63.0", content=b"<oops", headers=headers)
    assert fault(broken)[0] == "soapenv:Client"
    other = await org.http.post("/services/Soap/u/63.0", content=b"<a/>", headers=headers)
    assert fault(other)[0] == "soapenv:VersionMismatch"
    assert (await org.http.get("/services/Soap/u/63.0")).status_code == 405
    assert (await org.http.post("/services/Soap/x/63.0")).status_code == 404
    closed = Org(edition="professional", switches={"api_addon": "yes"})
    await closed.sign_in()
    assert read(await call(closed, "getServerTimestamp"))


@pytest.mark.rule("salesforce.soap-action")
async def test_the_header_soap_action_is_needed(org: Org) -> None:
    bare = {"SOAPAction": None}
    assert fault(await call(org, "getUserInfo", headers=bare)) == ("soapenv:Client", "SoapAction HTTP header missing")
    lenient = Org(switches={"soap_action": "optional"})
    assert read(await call(lenient, "getUserInfo", headers=bare))


@pytest.mark.rule("salesforce.soap-login")
async def test_login_answers_up_to_version_64(org: Org) -> None:
    word = org.world.tokens.client_secret
    inside = f"<n:username>admin@example.com</n:username><n:password>{word}</n:password>"
    (told,) = read(await call(org, "login", inside, version=64))
    org.token = told["sessionId"]

    assert told["userInfo"]["userId"] == told["userId"] == org.world.admin["Id"]
    assert "/services/Soap/m/64.0/00D" in told["metadataServerUrl"]
    assert read(await call(org, "getUserInfo"))
    assert fault(await call(org, "login", inside, version=65))[0] == "sf:INVALID_OPERATION"
    wrong = await call(org, "login", inside.replace(word, "guess"), version=64)
    assert fault(wrong)[0] == "sf:INVALID_LOGIN"
    assert b"LoginFault" in wrong.content
    off = Org(switches={"soap_login": "off"})
    assert fault(await call(off, "login", inside, version=64))[0] == "sf:INVALID_OPERATION"


def order(files: dict[str, Any], **changes: Any) -> str:
    options = {**OPTIONS, **changes}
    inside = "".join(
        f"<n:{name}>{str(value).lower() if isinstance(value, bool) else value}</n:{name}>"
        for name, value in options.items()
        if value is not None
    )
    return (
        f"<n:ZipFile>{base64.b64encode(zipped(files)).decode()}</n:ZipFile><n:DeployOptions>{inside}</n:DeployOptions>"
    )


@pytest.mark.rule("salesforce.soap-deploy")
async def test_a_deployment_goes_over_soap(org: Org) -> None:
    files = fields_of("Contact", custom_field("Medicare__c"))
    (begun,) = read(await call(org, "deploy", order(files), door="m"))
    status = f"<n:asyncProcessId>{begun['id']}</n:asyncProcessId><n:includeDetails>true</n:includeDetails>"
    (waiting,) = read(await call(org, "checkDeployStatus", status, door="m"))
    org.pass_time(60)
    (done,) = read(await call(org, "checkDeployStatus", status, door="m"))

    assert begun["done"] == "false"
    assert waiting["status"] == "Pending"
    assert (done["status"], done["success"], done["numberComponentsDeployed"]) == ("Succeeded", "true", "1")
    assert done["details"]["componentSuccesses"][1]["fullName"] == "Contact.Medicare__c"
    assert list(done) == sorted(done)
    stop = f"<n:String>{begun['id']}</n:String>"
    assert fault(await call(org, "cancelDeploy", stop, door="m"))[0] == "sf:INVALID_ID_FIELD"
    unknown = status.replace(begun["id"], "0Af000000000000AAA")
    assert fault(await call(org, "checkDeployStatus", unknown, door="m"))[0] == "sf:INVALID_CROSS_REFERENCE_KEY"


async def test_a_deployment_is_cancelled_and_a_validation_repeated_over_soap(org: Org) -> None:
    files = fields_of("Contact", custom_field("Medicare__c"))
    (begun,) = read(await call(org, "deploy", order(files), door="m"))
    (stopped,) = read(await call(org, "cancelDeploy", f"<n:String>{begun['id']}</n:String>", door="m"))
    validation = await deployed(org, files, checkOnly=True, testLevel="RunLocalTests")
    inside = f"<n:validationId>{validation['id']}</n:validationId>"
    (id,) = read(await call(org, "deployRecentValidation", inside, door="m"))

    assert stopped == {"done": "true", "id": begun["id"]}
    assert id.startswith("0Af")
    partial = await call(org, "deploy", order(files, rollbackOnError=False), door="m")
    assert fault(partial)[0] == "sf:INVALID_PARAMETER_VALUE"
    await org.as_user("anna@clinic.example")
    assert fault(await call(org, "deploy", order(files), door="m"))[0] == "sf:INSUFFICIENT_ACCESS"


async def test_the_types_that_can_be_deployed_are_described(org: Org) -> None:
    (told,) = read(await call(org, "describeMetadata", "<n:asOfVersion>63.0</n:asOfVersion>", door="m"))
    assert [entry["xmlName"] for entry in told["metadataObjects"]] == ["CustomObject", "CustomTab", "PermissionSet"]
