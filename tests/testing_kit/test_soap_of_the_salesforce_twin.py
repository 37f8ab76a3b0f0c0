"""What the Salesforce twin says in SOAP is what the vendor's WSDLs describe, and so is what it is asked here."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import httpx2
import pytest

from gurney.testing.recording import Exchange
from gurney.testing.salesforce_traffic import SalesforceValidator, load_salesforce_validator
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.salesforce import build

pytestmark = pytest.mark.anyio

PARTNER, METADATA = "urn:partner.soap.sforce.com", "http://soap.sforce.com/2006/04/metadata"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
OPTIONS = (
    "allowMissingFiles", "autoUpdatePackage", "checkOnly", "ignoreWarnings", "performRetrieve", "purgeOnDelete",
)  # fmt: skip


@pytest.fixture(scope="module")
def judge(shared: Path) -> SalesforceValidator:
    return load_salesforce_validator(shared / "vendors")


@pytest.fixture
def twin() -> Twin:
    return build(TwinOptions("salesforce", unlimited=True, switches={"deploy_s": "0", "deploy_pending_s": "0"}))


async def call(twin: Twin, door: str, inside: str, *, token: str = "") -> Exchange:
    """One SOAP message and its answer."""
    namespace = PARTNER if door == "u" else METADATA
    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as http:
        session = f"<n:SessionHeader><n:sessionId>{token or await sign_in(twin, http)}</n:sessionId></n:SessionHeader>"
        message = (
            f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:n="{namespace}"><s:Header>{session}</s:Header>'
            f"<s:Body>{inside}</s:Body></s:Envelope>"
        ).encode()
        headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
        path = f"/services/Soap/{door}/63.0"
        answer = await http.post(path, content=message, headers=headers)
    return Exchange("POST", path, {}, message, answer.status_code, {}, answer.content)


async def sign_in(twin: Twin, http: httpx2.AsyncClient) -> str:
    form = {"grant_type": "client_credentials", **twin.service.credentials()}
    return str((await http.post("/services/oauth2/token", data=form)).json()["access_token"])


async def deleted(twin: Twin) -> str:
    """The id of a contact in the bin."""
    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as http:
        headers = {"Authorization": f"Bearer {await sign_in(twin, http)}"}
        made = await http.post("/services/data/v63.0/sobjects/Contact", json={"LastName": "Ng"}, headers=headers)
        id = str(made.json()["id"])
        await http.delete(f"/services/data/v63.0/sobjects/Contact/{id}", headers=headers)
    return id


def package() -> str:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("package.xml", f'<Package xmlns="{METADATA}"><version>63.0</version></Package>')
    return base64.b64encode(held.getvalue()).decode()


async def test_undelete_answers_as_the_partner_wsdl_says(twin: Twin, judge: SalesforceValidator) -> None:
    id = await deleted(twin)

    restored = await call(twin, "u", f"<n:undelete><n:ids>{id}</n:ids></n:undelete>")
    again = await call(twin, "u", f"<n:undelete><n:ids>{id}</n:ids></n:undelete>")

    assert b"<success>true" in (restored.response_body or b"").replace(b"n:", b"").replace(b"p:", b"")
    assert [judge.validate(one) for one in (restored, again)] == [[], []]


async def test_a_fault_is_one_of_the_wsdls(twin: Twin, judge: SalesforceValidator) -> None:
    fault = await call(twin, "u", "<n:getUserInfo/>", token="wrong")

    assert fault.status == 500
    assert b"INVALID_SESSION_ID" in (fault.response_body or b"")
    assert judge.validate(fault) == []


async def test_who_is_asking_is_told_as_the_wsdl_says(twin: Twin, judge: SalesforceValidator) -> None:
    told = await call(twin, "u", "<n:getUserInfo/>")

    assert told.status == 200
    assert judge.validate(told) == []


async def test_a_deployment_is_told_as_the_metadata_wsdl_says(twin: Twin, judge: SalesforceValidator) -> None:
    flags = "".join(f"<n:{name}>false</n:{name}>" for name in OPTIONS)
    rest = "<n:rollbackOnError>true</n:rollbackOnError><n:singlePackage>true</n:singlePackage>"
    options = f"<n:DeployOptions>{flags}{rest}<n:testLevel>NoTestRun</n:testLevel></n:DeployOptions>"

    begun = await call(twin, "m", f"<n:deploy><n:ZipFile>{package()}</n:ZipFile>{options}</n:deploy>")
    id = (begun.response_body or b"").partition(b"0Af")[2][:15].decode()
    asked = f"<n:asyncProcessId>0Af{id}</n:asyncProcessId><n:includeDetails>true</n:includeDetails>"
    ended = await call(twin, "m", f"<n:checkDeployStatus>{asked}</n:checkDeployStatus>")

    assert b"Succeeded" in (ended.response_body or b"")
    assert [judge.validate(one) for one in (begun, ended)] == [[], []]


async def test_the_judge_refuses_what_no_wsdl_describes(twin: Twin, judge: SalesforceValidator) -> None:
    wrong = await call(twin, "u", "<n:undelete><n:names>x</n:names></n:undelete>")
    spoilt = Exchange("POST", "/services/Soap/u/63.0", {}, wrong.request_body, 200, {}, b"<html/>")

    assert "names" in str(judge.validate(wrong))
    assert "no envelope" in str(judge.validate(spoilt))
