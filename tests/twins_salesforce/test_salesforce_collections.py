"""Collections, composite, batch, graph, tree: many rows or calls in one request."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from salesforce_client import API, Org

pytestmark = pytest.mark.anyio


def contact(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, **fields}


async def send(org: Org, method: str, path: str, records: list[Any], **more: Any) -> Any:
    answer = await org.ask(method, f"composite/sobjects{path}", {"records": records, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("salesforce.collections")
@pytest.mark.rule("salesforce.status-code")
async def test_each_row_has_its_own_result_in_the_order_of_the_request(org: Org) -> None:
    good, bad = await send(org, "POST", "", [contact(LastName="Ng"), contact()])
    assert good == {"id": good["id"], "success": True, "errors": []}
    error = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [LastName]",
        "fields": ["LastName"],
    }
    assert bad == {"success": False, "errors": [error]}


@pytest.mark.rule("salesforce.collections")
async def test_too_many_rows_or_chunks_or_no_type_refuse_the_request(org: Org) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "x"}
    for records, code in (
        ([contact(LastName="x")] * 201, "EXCEEDED_ID_LIMIT"),
        ([contact(LastName="x"), account] * 6, "EXCEEDED_MAX_TYPES_LIMIT"),
        ([{"LastName": "x"}], "INVALID_INPUT"),
        ([{"attributes": {"type": "Nope"}}], "INVALID_TYPE"),
    ):
        answer = await org.ask("POST", "composite/sobjects", {"records": records})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert not org.world.table("Contact").rows


@pytest.mark.rule("salesforce.collection-errors")
async def test_an_unreadable_value_fails_all_rows_or_its_own(org: Org) -> None:
    records = [contact(LastName="Ng"), contact(LastName="Lee", Birthdate="31/1/2026")]
    answer = await org.ask("POST", "composite/sobjects", {"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert not org.world.table("Contact").rows
    mild = Org(switches={"collection_errors": "row"})
    results = await send(mild, "POST", "", [contact(LastName="Ng"), contact(LastName="Lee", Nope__c=1)])
    assert [result["success"] for result in results] == [True, False]


@pytest.mark.rule("salesforce.all-or-none")
@pytest.mark.rule("salesforce.created-lies")
async def test_all_or_none_takes_everything_back_and_still_says_created(org: Org) -> None:
    org.external_id("Contact")
    old = await org.make("Contact", LastName="Old", Cliniko_Id__c="1")
    records = [
        contact(LastName="New", Cliniko_Id__c="1"),
        contact(LastName="Ng", Cliniko_Id__c="2"),
        contact(Cliniko_Id__c="3"),
    ]
    results = await send(org, "PATCH", "/Contact/Cliniko_Id__c", records, allOrNone=True)
    assert [result["success"] for result in results] == [False] * 3
    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2 + ["REQUIRED_FIELD_MISSING"]
    assert [result.get("created") for result in results] == [False, True, None]
    assert (await org.get("Contact", old))["LastName"] == "Old"
    assert (await org.query("SELECT COUNT() FROM Contact"))["totalSize"] == 1


@pytest.mark.rule("salesforce.mixed-setup")
async def test_setup_rows_do_not_mix_with_data(org: Org) -> None:
    assignment = {"attributes": {"type": "PermissionSetAssignment"}}
    answer = await org.ask("POST", "composite/sobjects", {"records": [contact(LastName="x"), assignment]})
    assert answer.json()[0]["errorCode"] == "MIXED_DML_OPERATION"


@pytest.mark.rule("salesforce.upsert")
async def test_upsert_tells_created_and_repeats_harmlessly(org: Org) -> None:
    org.external_id("Contact")
    records = [contact(LastName=str(n), Cliniko_Id__c=str(n)) for n in range(3)]
    first = await send(org, "PATCH", "/Contact/Cliniko_Id__c", records)
    again = await send(org, "PATCH", "/Contact/Cliniko_Id__c", records)
    assert [one["created"] for one in first + again] == [True] * 3 + [False] * 3
    assert [one["id"] for one in first] == [one["id"] for one in again]
    (empty,) = await send(org, "PATCH", "/Contact/Cliniko_Id__c", [contact(LastName="x", Cliniko_Id__c="")])
    assert empty["errors"][0]["statusCode"] == "MISSING_ARGUMENT"


async def test_upsert_goes_by_id_and_by_email_too(org: Org) -> None:
    (made,) = await send(org, "PATCH", "/Contact/Id", [contact(Id=None, LastName="Ng", Email="a@b.org")])
    assert made["created"] is True
    (changed,) = await send(org, "PATCH", "/Contact/Email", [contact(LastName="Lee", Email="A@b.org")])
    assert (changed["created"], changed["id"]) == (False, made["id"])
    refused = await org.ask("PATCH", "composite/sobjects/Contact/Phone", {"records": [contact(LastName="x")]})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


@pytest.mark.rule("salesforce.doubles")
async def test_an_external_id_twice_fails_all_its_rows_or_the_later_ones(org: Org) -> None:
    records = [contact(LastName="a", Cliniko_Id__c="1"), contact(LastName="b", Cliniko_Id__c="1")]
    org.external_id("Contact")
    results = await send(org, "PATCH", "/Contact/Cliniko_Id__c", [dict(record) for record in records])
    assert [one["errors"][0]["statusCode"] for one in results] == ["DUPLICATE_VALUE"] * 2
    assert results[0]["errors"][0]["message"] == "Duplicate external id specified: 1"
    later = Org(switches={"doubles": "later"})
    later.external_id("Contact")
    results = await send(later, "PATCH", "/Contact/Cliniko_Id__c", records)
    assert [one["success"] for one in results] == [True, False]


@pytest.mark.rule("salesforce.retrieve")
async def test_many_rows_are_read_and_changed_by_id(org: Org) -> None:
    ids = [await org.make("Contact", LastName=name) for name in ("a", "b")]
    await send(org, "PATCH", "", [contact(id=id, LastName=id[-3:]) for id in ids])
    wanted = {"ids": [ids[1], "0035g00000ZZZZZ", ids[0][:15]], "fields": ["Id", "LastName"]}
    rows = (await org.ask("POST", "composite/sobjects/Contact", wanted)).json()
    assert [row and row["Id"] for row in rows] == [ids[1], None, ids[0]]
    by_get = await org.ask("GET", f"composite/sobjects/Contact?ids={','.join(ids)}&fields=LastName")
    assert [row["LastName"] for row in by_get.json()] == [id[-3:] for id in ids]
    too_many = await org.ask("POST", "composite/sobjects/Contact", {"ids": ids * 1_001, "fields": ["Id"]})
    assert too_many.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


@pytest.mark.rule("salesforce.second-delete")
async def test_many_rows_are_deleted_each_with_a_result(org: Org) -> None:
    id = await org.make("Contact", LastName="a")
    path = f"composite/sobjects?ids={id},{id},0035g00000ZZZZZ,zz&allOrNone=false"
    results = (await org.ask("DELETE", path)).json()
    assert results[0] == {"id": id, "success": True, "errors": []}
    codes = [one["errors"][0]["statusCode"] for one in results[1:]]
    assert codes == ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"]


async def test_a_partial_fault_writes_a_share_of_the_rows_and_answers_500(org: Org) -> None:
    org.twin.faults.add("partial", keep=0.5, path=f"{API}/composite", nth=1)
    answer = await org.ask("POST", "composite/sobjects", {"records": [contact(LastName="x")] * 4})
    assert answer.status_code == 500
    assert len(org.world.table("Contact").rows) == 2


def sub(method: str, path: str, reference: str, body: Any = None) -> dict[str, Any]:
    return {"method": method, "url": f"{API}/{path}", "referenceId": reference, "body": body}


@pytest.mark.rule("salesforce.composite")
async def test_sub_requests_refer_to_one_another(org: Org) -> None:
    orders = [
        sub("POST", "sobjects/Account", "acc", {"Name": "Clinic"}),
        sub("POST", "sobjects/Contact", "c1", {"LastName": "Ng", "AccountId": "@{acc.id}"}),
        sub("GET", "query/?q=select Id, AccountId from Contact", "q"),
        sub("GET", "sobjects/Account/@{q.records[0].AccountId}", "again"),
    ]
    before = org.world.limits.requests.used
    body = (await org.ask("POST", "composite", {"compositeRequest": orders})).json()["compositeResponse"]
    assert org.world.limits.requests.used == before + 1
    assert [one["httpStatusCode"] for one in body] == [201, 201, 200, 200]
    assert body[0]["httpHeaders"]["Location"].endswith(body[0]["body"]["id"])
    assert body[3]["body"]["Name"] == "Clinic"


@pytest.mark.rule("salesforce.halted")
async def test_all_or_none_halts_the_others_and_takes_them_back(org: Org) -> None:
    orders = [
        sub("POST", "sobjects/Account", "a", {"Name": "Clinic"}),
        sub("GET", "sobjects/Nope", "b"),
        sub("POST", "sobjects/Account", "c", {"Name": "Other"}),
    ]
    body = (await org.ask("POST", "composite", {"allOrNone": True, "compositeRequest": orders})).json()
    told = [one["body"][0]["errorCode"] for one in body["compositeResponse"]]
    assert told == ["PROCESSING_HALTED", "NOT_FOUND", "PROCESSING_HALTED"]
    assert not org.world.table("Account").rows


async def test_without_all_or_none_the_others_stay_and_dependants_fail(org: Org) -> None:
    orders = [
        sub("POST", "sobjects/Account", "a", {"Name": ""}),
        sub("POST", "sobjects/Contact", "b", {"LastName": "x", "AccountId": "@{a.id}"}),
        sub("POST", "sobjects/Account", "c", {"Name": "Other"}),
    ]
    body = (await org.ask("POST", "composite", {"compositeRequest": orders})).json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in body] == [400, 400, 201]
    assert "Invalid reference specified. No value for a.id found in a" in body[1]["body"][0]["message"]


@pytest.mark.rule("salesforce.composite")
async def test_the_limits_of_a_composite_request(org: Org) -> None:
    query = [sub("GET", "query?q=SELECT+Id+FROM+Contact", f"q{n}") for n in range(6)]
    many = [sub("GET", "sobjects", f"s{n}") for n in range(26)]
    twice = [sub("GET", "sobjects", "s")] * 2
    for orders in (query, many, twice, []):
        assert (await org.ask("POST", "composite", {"compositeRequest": orders})).status_code == 400
    nested = [sub("POST", "composite", "x", {"compositeRequest": many[:1]})]
    body = (await org.ask("POST", "composite", {"compositeRequest": nested})).json()["compositeResponse"]
    assert body[0]["httpStatusCode"] == 404


async def test_five_collections_go_into_one_composite_call(org: Org) -> None:
    org.external_id("Contact")
    orders = []
    for part in range(5):
        rows = [contact(LastName="x", Cliniko_Id__c=f"{part}-{n}") for n in range(200)]
        orders.append(sub("PATCH", "composite/sobjects/Contact/Cliniko_Id__c", f"p{part}", {"records": rows}))
    body = (await org.ask("POST", "composite", {"compositeRequest": orders})).json()["compositeResponse"]
    assert [len(one["body"]) for one in body] == [200] * 5
    assert len(org.world.table("Contact").rows) == 1_000


@pytest.mark.rule("salesforce.describe-304")
async def test_a_sub_request_may_carry_headers(org: Org) -> None:
    order = sub("GET", "sobjects/Contact/describe", "d")
    order["httpHeaders"] = {"If-Modified-Since": "Tue, 03 Feb 2026 00:00:00 GMT"}
    (told,) = (await org.ask("POST", "composite", {"compositeRequest": [order]})).json()["compositeResponse"]
    assert (told["httpStatusCode"], told["body"]) == (304, None)


@pytest.mark.rule("salesforce.batch")
async def test_a_batch_runs_independent_calls(org: Org) -> None:
    orders = [
        {"method": "POST", "url": "v63.0/sobjects/Account", "richInput": {"Name": "x"}},
        {"method": "GET", "url": "v63.0/sobjects/Nope"},
        {"method": "GET", "url": "v63.0/limits"},
    ]
    body = (await org.ask("POST", "composite/batch", {"batchRequests": orders})).json()
    assert (body["hasErrors"], [one["statusCode"] for one in body["results"]]) == (True, [201, 404, 200])
    halted = (await org.ask("POST", "composite/batch", {"haltOnError": True, "batchRequests": orders})).json()
    assert [one["statusCode"] for one in halted["results"]] == [201, 404, 412]


@pytest.mark.rule("salesforce.graph")
async def test_each_graph_is_a_transaction_of_its_own(org: Org) -> None:
    def graph(id: str, name: str) -> dict[str, Any]:
        account = sub("POST", "sobjects/Account", "a", {"Name": name})
        person = sub("POST", "sobjects/Contact", "c", {"LastName": name, "AccountId": "@{a.id}"})
        return {"graphId": id, "compositeRequest": [account, person]}

    wanted = {"graphs": [graph("1", "Ng"), graph("2", "x" * 200)]}
    one, two = (await org.ask("POST", "composite/graph", wanted)).json()["graphs"]
    assert (one["graphId"], one["isSuccessful"], two["isSuccessful"]) == ("1", True, False)
    codes = [part["body"][0]["errorCode"] for part in two["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "STRING_TOO_LONG"]
    assert len(org.world.table("Account").rows) == 1


@pytest.mark.rule("salesforce.graph")
async def test_graphs_halt_after_fourteen_failures_and_take_no_queries(org: Org) -> None:
    bad = [
        {"graphId": str(n), "compositeRequest": [sub("POST", "sobjects/Account", "a", {"Name": ""})]} for n in range(15)
    ]
    good = {"graphId": "good", "compositeRequest": [sub("POST", "sobjects/Account", "a", {"Name": "x"})]}
    graphs = (await org.ask("POST", "composite/graph", {"graphs": [*bad, good]})).json()["graphs"]
    assert graphs[-1]["isSuccessful"] is False
    query = {"graphId": "q", "compositeRequest": [sub("GET", "query?q=SELECT+Id+FROM+Contact", "q")]}
    assert (await org.ask("POST", "composite/graph", {"graphs": [query]})).status_code == 400
    big = {"graphId": "b", "compositeRequest": [sub("POST", "sobjects/Account", f"r{n}", {}) for n in range(501)]}
    assert (await org.ask("POST", "composite/graph", {"graphs": [big]})).status_code == 400


@pytest.mark.rule("salesforce.tree")
async def test_a_tree_is_planted_whole_or_not_at_all(org: Org) -> None:
    def tree(last_name: str) -> dict[str, Any]:
        child = {"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": last_name}
        account = {
            "attributes": {"type": "Account", "referenceId": "a1"},
            "Name": "X",
            "Contacts": {"records": [child]},
        }
        return {"records": [account]}

    bad = await org.ask("POST", "composite/tree/Account", tree(""))
    assert (bad.status_code, bad.json()["hasErrors"]) == (400, True)
    assert [one["referenceId"] for one in bad.json()["results"]] == ["c1"]
    assert not org.world.table("Account").rows
    good = (await org.ask("POST", "composite/tree/Account", tree("Y"))).json()
    ids = {one["referenceId"]: one["id"] for one in good["results"]}
    assert (await org.get("Contact", ids["c1"]))["AccountId"] == ids["a1"]


@pytest.mark.rule("salesforce.tree")
async def test_a_tree_takes_two_hundred_rows_with_distinct_names(org: Org) -> None:
    def record(reference: str) -> dict[str, Any]:
        return {"attributes": {"type": "Account", "referenceId": reference}, "Name": "x"}

    for records in ([record(str(n)) for n in range(201)], [record("a"), record("a")]):
        assert (await org.ask("POST", "composite/tree/Account", {"records": records})).status_code == 400


async def test_rows_with_files_come_as_multipart(org: Org) -> None:
    account = await org.make("Account", Name="x")
    told = {"type": "Attachment", "binaryPartName": "one", "binaryPartNameAlias": "Body"}
    record = {"attributes": told, "Name": "a.txt", "ParentId": account}
    files = {
        "collection": (None, orjson.dumps({"records": [record]}), "application/json"),
        "one": ("a.txt", b"words", "text/plain"),
    }
    answer = await org.ask("POST", "composite/sobjects", files=files)
    assert answer.json()[0]["success"], answer.text
    assert org.world.store.blobs[answer.json()[0]["id"]] == b"words"


@pytest.mark.rule("salesforce.inherited-headers")
async def test_headers_of_the_whole_count_for_its_parts_or_not() -> None:
    for value, status in (("no", 400), ("yes", 201)):
        org = Org(switches={"inherited_headers": value})
        jo = {"LastName": "Ng", "Phone": "1"}
        await org.make("Contact", **jo)
        orders = {"compositeRequest": [sub("POST", "sobjects/Contact", "c", jo)]}
        allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
        (told,) = (await org.ask("POST", "composite", orders, headers=allowed)).json()["compositeResponse"]
        assert told["httpStatusCode"] == status
        orders["compositeRequest"][0]["httpHeaders"] = allowed
        (told,) = (await org.ask("POST", "composite", orders)).json()["compositeResponse"]
        assert told["httpStatusCode"] == 201
