"""The judge of Salesforce traffic knows the vendor's own samples for right, and wrong traffic for wrong."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from gurney.testing.recording import Exchange
from gurney.testing.salesforce_fields import recorded
from gurney.testing.salesforce_traffic import SalesforceValidator, load_salesforce_validator

API = "/services/data/v66.0"
ID = "0035g00000901XuAAI"
VISIT = b"""<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
  <fields><fullName>State__c</fullName><type>Picklist</type><valueSet><restricted>true</restricted>
    <valueSetDefinition><value><fullName>Booked</fullName></value></valueSetDefinition></valueSet></fields>
  <fields><fullName>At__c</fullName><type>DateTime</type></fields>
  <fields><fullName>Words__c</fullName><length>20</length><type>Text</type></fields>
  <nameField><label>Name</label><type>Text</type></nameField>
</CustomObject>"""
SAVED = {"id": ID, "success": True, "errors": []}
REFUSED = {"success": False, "errors": [{"statusCode": "STRING_TOO_LONG", "message": "x", "fields": ["LastName"]}]}


@pytest.fixture(scope="module")
def judge(shared: Path) -> SalesforceValidator:
    return load_salesforce_validator(shared / "vendors", [{"objects/Visit__c.object": VISIT}])


def exchange(method: str, path: str, sent: Any, got: Any, status: int = 200) -> Exchange:
    body = orjson.dumps(sent) if sent is not None else b""
    return Exchange(method, f"{API}{path}", {}, body, status, {}, orjson.dumps(got) if got is not None else b"")


def inserted(object: str, *results: Any, **fields: Any) -> Exchange:
    """One record, created by a collection."""
    sent = {"allOrNone": False, "records": [{"attributes": {"type": object}, **fields}]}
    return exchange("POST", "/composite/sobjects", sent, list(results or (SAVED,)))


def answered(object: str, **fields: Any) -> Exchange:
    """One record of a query."""
    record = {"attributes": {"type": object, "url": "/x"}, **fields}
    got = {"totalSize": 1, "done": True, "records": [record]}
    return exchange("GET", f"/query?q=SELECT+Id+FROM+{object}", None, got)


def test_a_recorded_describe_is_right(judge: SalesforceValidator, shared: Path) -> None:
    for told in recorded(shared / "vendors/salesforce/spec"):
        assert judge.validate(exchange("GET", f"/sobjects/{told['name']}/describe", None, told)) == []


def test_a_recorded_record_is_right(judge: SalesforceValidator, shared: Path) -> None:
    record = orjson.loads((shared / "vendors/salesforce/spec/describe/Organization_record.json").read_bytes())

    assert judge.validate(exchange("GET", f"/sobjects/Organization/{record['Id']}", None, record)) == []


@pytest.mark.parametrize(
    "right",
    [
        inserted("Contact", LastName="Ng", Birthdate="1985-04-03"),
        inserted("Contact", REFUSED, LastName="Ng"),
        inserted("Contact", LastName="Ng", Account={"Cliniko_Id__c": "1"}),
        inserted("Visit__c", Name="A", State__c="Booked", At__c="2026-01-31T10:00:00Z", Words__c="x" * 20),
        answered("Contact", Id=ID, LastName="Ng", AccountId=None, CreatedDate="2026-01-31T10:00:00.000+0000"),
        answered("Contact", Id=ID, Account={"attributes": {"type": "Account"}, "Name": "A"}),
        exchange("DELETE", f"/composite/sobjects?ids={ID}&allOrNone=false", None, [SAVED]),
        exchange("GET", "/limits", None, {"DailyApiRequests": {"Max": 100, "Remaining": 1}}),
        exchange("POST", "/sobjects/Contact", {"LastName": "Ng"}, SAVED, 201),
        exchange("GET", "/sobjects/Contact/x", None, [{"errorCode": "MALFORMED_ID", "message": "no"}], 400),
    ],
)
def test_right_traffic_is_right(judge: SalesforceValidator, right: Exchange) -> None:
    assert judge.validate(right) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (inserted("Contact", LastName="x" * 81), "81 characters, but the field takes 80"),
        (inserted("Contact", LastName=5), "a int that is no string"),
        (inserted("Contact", Lastname2="Ng"), "Contact has no such field"),
        (inserted("Contact", IsEmailBounced=True), "does not let this field be written by create"),
        (inserted("Contact", Birthdate="1985-04-03T00:00:00Z"), "no date"),
        (inserted("Contact", AccountId="123"), "no reference"),
        (inserted("Contact", Account={"A__c": "1", "B__c": "2"}), "named by one external id"),
        (inserted("Contact", Id=ID, LastName="Ng"), "an id that does not belong here"),
        (inserted("Visit__c", State__c="Lost"), "a value that the restricted list does not have"),
        (inserted("Visit__c", At__c="2026-01-31T10:00:00"), "no datetime"),
        (inserted("Visit__c", Nope__c="x"), "Visit__c has no such field"),
        (inserted("Contact", SAVED, SAVED, LastName="Ng"), "a result for each row"),
        (inserted("Contact", {"success": True, "id": None, "errors": []}, LastName="Ng"), "a success without an id"),
        (inserted("Contact", {**SAVED, "success": "true"}, LastName="Ng"), "is not of type boolean"),
        (inserted("Contact", {**SAVED, "word": 1}, LastName="Ng"), "has no such element"),
        (
            inserted("Contact", {"success": False, "errors": [{"statusCode": "NO", "message": "x"}]}, LastName="Ng"),
            "is no code of the vendor's",
        ),
        (answered("Contact", Id=ID, LastName=None), "the field is never empty"),
        (answered("Contact", Id=ID, IsDeleted="false"), "that is no boolean"),
        (answered("Contact", Id=ID, Nope=1), "Contact has no such field"),
        (exchange("GET", "/query?q=SELECT+Nope+FROM+Contact", None, {}), "Contact has no such field"),
        (exchange("GET", "/query?q=SELECT+Id+FROM+Contact", None, {"records": []}), "totalSize, done and records"),
        (exchange("DELETE", "/composite/sobjects?ids=1", None, [SAVED]), "1 to 200 ids"),
        (exchange("GET", "/sobjects/Contact/x", None, {"error": "no"}, 400), "a list of errors"),
        (exchange("GET", "/sobjects/Contact/x", None, [{"errorCode": "NO", "message": "x"}], 400), "is no code"),
        (exchange("PURGE", "/sobjects/Contact", None, None), "no such call is described"),
        (exchange("GET", "/everything", None, {}), "no such call is described"),
        (
            exchange("POST", "/metadata/deployRequest", None, {"id": "1", "deployResult": {"status": "Done"}}, 201),
            "'Done' is not a value of DeployStatus",
        ),
    ],
)
def test_wrong_traffic_is_wrong(judge: SalesforceValidator, wrong: Exchange, words: str) -> None:
    found = judge.validate(wrong)

    assert any(words in str(one) for one in found), found
    assert "Ng" not in str(found)


def test_more_rows_and_types_than_a_collection_takes_are_named(judge: SalesforceValidator) -> None:
    rows = [
        {"attributes": {"type": "Contact"}, "LastName": "A"},
        {"attributes": {"type": "Account"}, "Name": "B"},
    ] * 101
    sent, got = {"records": rows}, [SAVED] * len(rows)

    found = [one.words for one in judge.validate(exchange("POST", "/composite/sobjects", sent, got))]

    assert found == ["more than 200 records", "more than 10 chunks of types"]


def test_each_part_of_a_composite_call_is_judged(judge: SalesforceValidator) -> None:
    part = {"method": "POST", "url": f"{API}/sobjects/Contact", "referenceId": "a", "body": {"LastName": "x" * 81}}
    answer = {"referenceId": "a", "httpStatusCode": 201, "body": SAVED, "httpHeaders": {}}
    got = {"compositeResponse": [answer]}

    [found] = judge.validate(exchange("POST", "/composite", {"compositeRequest": [part]}, got))

    assert found.pointer == "/0/LastName"


def forget(told: Any) -> None:
    del told["fields"][1]["nillable"]


def retype(told: Any) -> None:
    told["fields"][1]["length"] = "18"


def shorten(told: Any) -> None:
    next(one for one in told["fields"] if one["name"] == "LastName")["length"] = 40


def add(told: Any) -> None:
    told["fields"][1]["colour"] = "red"


@pytest.mark.parametrize("spoil", [forget, retype, shorten, add])
def test_a_describe_that_differs_from_the_recorded_one_is_wrong(
    judge: SalesforceValidator, spoil: Callable[[Any], None]
) -> None:
    told = deepcopy(judge.describes["contact"])
    spoil(told)

    assert judge.validate(exchange("GET", "/sobjects/Contact/describe", None, told)) != []


def test_the_record_beside_a_text_file_is_judged(judge: SalesforceValidator) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="entity_content"\r\nContent-Type: application/json\r\n\r\n%s\r\n'
        b'--x\r\nContent-Disposition: form-data; name="VersionData"; filename="a.txt"\r\n\r\nwords\r\n--x--\r\n'
    )
    kind = {"content-type": "multipart/form-data; boundary=x"}

    def found(record: bytes) -> list[str]:
        path, saved = f"{API}/sobjects/Contact", orjson.dumps(SAVED)
        return [one.words for one in judge.validate(Exchange("POST", path, kind, form % record, 201, {}, saved))]

    assert found(b'{"LastName": "Example"}') == []
    assert found(b'{"LastName": "Example", "Colour": "red"}') == ["Contact has no such field"]
