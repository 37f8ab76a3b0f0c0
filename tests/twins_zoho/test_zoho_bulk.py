"""Bulk write, bulk read, composite requests."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio


def zipped(text: str, name: str = "people.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def unzipped(body: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(archive.namelist()[0]).decode())))


async def upload(org: Org, content: bytes, **headers: str) -> Any:
    sent = {"feature": "bulk-write", "X-CRM-ORG": org.world.zgid, **headers}
    return await org.ask("POST", "upload", files={"file": ("people.zip", content, "application/zip")}, headers=sent)


async def order(org: Org, text: str, columns: list[dict[str, Any]], module: str = "Contacts", **more: Any) -> Any:
    file_id = (await upload(org, zipped(text))).json()["details"]["file_id"]
    find_by = {"find_by": more.pop("find_by")} if "find_by" in more else {}
    resource = {
        "type": "data",
        "module": {"api_name": module},
        "file_id": file_id,
        "field_mappings": columns,
        **find_by,
    }
    body = {"operation": "insert", "ignore_empty": True, "resource": [resource], **more}
    return await org.ask("POST", "/crm/bulk/v8/write", body)


async def status(org: Org, job: str) -> dict[str, Any]:
    body: dict[str, Any] = (await org.ask("GET", f"/crm/bulk/v8/write/{job}")).json()
    return body


async def finish(org: Org, text: str, columns: list[dict[str, Any]], **more: Any) -> list[dict[str, str]]:
    """Run a job to its end; the rows of its result."""
    answer = await order(org, text, columns, **more)
    assert answer.status_code == 201, answer.json()
    org.pass_time(30)
    path = (await status(org, answer.json()["details"]["id"]))["result"]["download_url"]
    return unzipped((await org.ask("GET", path)).content)


@pytest.mark.rule("zoho.bulk-upload")
async def test_the_upload_wants_a_zip_and_two_headers(org: Org) -> None:
    good = await upload(org, zipped("a,b\n1,2\n"))

    assert (good.status_code, good.json()["code"]) == (200, "FILE_UPLOAD_SUCCESS")
    assert (await upload(org, b"a,b\n")).json()["code"] == "INVALID_FILE_FORMAT"
    assert (await upload(org, zipped("a"), feature="other")).status_code == 400
    assert (await upload(org, zipped("a"), **{"X-CRM-ORG": "1"})).status_code == 400
    big = await upload(org, bytes(25 * 1024 * 1024 + 1))
    assert (big.status_code, big.json()["code"]) == (413, "FILE_TOO_LARGE")


@pytest.mark.rule("zoho.bulk-write", "zoho.bulk-write-time")
async def test_a_job_goes_through_its_states_and_writes_at_its_time(org: Org) -> None:
    answer = await order(org, "last,first\nLee,Ada\nNg,Bea\n", [{"api_name": "Last_Name", "index": 0}])
    job = answer.json()["details"]["id"]

    assert (await status(org, job))["status"] == "ADDED"
    org.pass_time(15)
    assert (await status(org, job))["status"] == "INPROGRESS"
    assert len(org.world.modules["Contacts"].table) == 0
    org.pass_time(15)
    done = await status(org, job)
    assert (done["status"], done["resource"][0]["file"]["added_count"]) == ("COMPLETED", 2)
    assert (await org.ask("GET", "/crm/bulk/v8/write/1")).json()["code"] == "RESOURCE_NOT_FOUND"


async def test_jobs_wait_for_each_other(org: Org) -> None:
    columns = [{"api_name": "Last_Name", "index": 0}]
    await order(org, "last\nLee\n", columns)
    second = (await order(org, "last\nNg\n", columns)).json()["details"]["id"]

    org.pass_time(30)
    assert (await status(org, second))["status"] == "ADDED"
    org.pass_time(30)
    assert (await status(org, second))["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"module": "Events"}, "MODULE_NOT_AVAILABLE"),
        ({"module": "Notes"}, "MODULE_NOT_AVAILABLE"),
        ({"operation": "upsert"}, "MANDATORY_NOT_FOUND"),
        ({"operation": "upsert", "find_by": "First_Name"}, "INVALID_FIELD"),
        ({"operation": "delete"}, "INVALID_DATA"),
        ({"callback": {"url": "ftp://x", "method": "post"}}, "INVALID_CALLBACK_URL"),
        ({"columns": [{"api_name": "Last_Name", "index": 9}]}, "COLUMN_INDEX_NOT_FOUND"),
        ({"columns": [{"api_name": "First_Name", "index": 0}]}, "MANDATORY_FIELDS_NOT_MAPPED"),
        ({"columns": [{"api_name": "Colour", "index": 0}]}, "INVALID_FIELD"),
        ({"columns": [{"api_name": "Account_Name", "index": 0}]}, "MANDATORY_NOT_FOUND"),
        ({"text": "last\n" + "x\n" * 25_001}, "LIMIT_EXCEEDED"),
        ({"text": ",".join(["c"] * 201)}, "HEADER_LIMIT_EXCEEDED"),
    ],
)
async def test_a_wrong_order_is_refused(org: Org, changes: dict[str, Any], code: str) -> None:
    text = changes.pop("text", "last\nLee\n")
    columns = changes.pop("columns", [{"api_name": "Last_Name", "index": 0}])

    answer = await order(org, text, columns, **changes)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.rule("zoho.bulk-result", "zoho.bulk-dates")
async def test_the_result_holds_three_columns_and_what_became_of_each_row(org: Org) -> None:
    key = await org.field("Contacts", "Cliniko ID", unique={"case_sensitive": False})
    old = await org.make("Contacts", **ADA, **{key: "1"})
    account = await org.make("Accounts", Account_Name="Lee Family")
    text = (
        "key;last;born;mail;family;phone\n"
        "1;Lee;02/29/1980;;Lee Family;\n"
        "2;Ng;12/31/1990;bad;;\n"
        "3;;1990-12-31;;;-1\n"
        "4;Wu;;w@x.au;Nobody;\n"
        "5;Yu;;;;0412\n"
    )
    columns = [
        {"api_name": key, "index": 0},
        {"api_name": "Last_Name", "index": 1},
        {"api_name": "Date_of_Birth", "index": 2},
        {"api_name": "Email", "index": 3},
        {"api_name": "Account_Name", "index": 4, "find_by": "Account_Name"},
        {"api_name": "Phone", "index": 5},
        {"api_name": "Lead_Source", "default_value": {"value": "Partner"}},
    ]

    rows = await finish(org, text, columns, operation="upsert", find_by=key)

    assert list(rows[0]) == [key, "Last_Name", "Date_of_Birth", "STATUS", "RECORD_ID", "ERRORS"]
    assert [row["STATUS"] for row in rows] == ["UPDATED", "SKIPPED", "SKIPPED", "SKIPPED", "ADDED"]
    assert [row["ERRORS"] for row in rows[:4]] == [
        "",
        "INVALID_DATA-Email",
        "INVALID_DATA-Date_of_Birth",
        "INVALID_DATA-Account_Name",
    ]
    record = await org.get("Contacts", old)
    assert (record["Date_of_Birth"], record["Account_Name"]["id"]) == ("1980-02-29", account)
    assert (record["Email"], record["Lead_Source"]) == (ADA["Email"], "Partner")


async def test_rows_that_exist_are_skipped_by_an_insert_and_others_by_an_update(org: Org) -> None:
    key = await org.field("Contacts", "Cliniko ID", unique={"case_sensitive": False})
    await org.make("Contacts", **ADA, **{key: "1"})
    text = "key,last,when\n1,Lee,\n2,Ng,03/02/2026 09:30\n"
    seen = await org.field("Contacts", "Seen", "datetime")
    columns = [
        {"api_name": key, "index": 0},
        {"api_name": "Last_Name", "index": 1},
        {"api_name": seen, "index": 2, "format": "dd/MM/yyyy HH:mm"},
    ]

    inserted = await finish(org, text, columns, operation="insert", find_by=key)
    updated = await finish(org, text, columns, operation="update", find_by=key)

    assert [row["STATUS"] for row in inserted] == ["SKIPPED", "ADDED"]
    assert [row["STATUS"] for row in updated] == ["UPDATED", "UPDATED"]
    assert (await org.get("Contacts", inserted[1]["RECORD_ID"]))[seen] == "2026-02-03T09:30:00+11:00"
    third = await finish(org, "key,last,when\n3,Wu,\n", columns, operation="update", find_by=key)
    assert third[0]["STATUS"] == "SKIPPED"


@pytest.mark.rule("zoho.bulk-read", "zoho.bulk-read-time")
async def test_a_bulk_read_gives_a_table_with_ids_in_lookup_columns(org: Org) -> None:
    account = await org.make("Accounts", Account_Name="Lee Family")
    await org.make("Contacts", **ADA, Account_Name={"id": account})
    bo = await org.make("Contacts", Last_Name="Ng", First_Name="Bo", Email_Opt_Out=True)

    async def read(criteria: Any, fields: list[str]) -> list[dict[str, str]]:
        query = {"module": {"api_name": "Contacts"}, "fields": fields, "criteria": criteria}
        made = await org.ask("POST", "/crm/bulk/v8/read", {"query": query, "file_type": "csv"})
        assert made.status_code == 201, made.json()
        job = made.json()["data"][0]["details"]["id"]
        states = []
        for _ in range(3):
            states.append((await org.ask("GET", f"/crm/bulk/v8/read/{job}")).json()["data"][0]["state"])
            org.pass_time(30)
        assert states == ["ADDED", "IN PROGRESS", "COMPLETED"]
        return unzipped((await org.ask("GET", f"/crm/bulk/v8/read/{job}/result")).content)

    def criterion(name: str, comparator: str, value: Any) -> dict[str, Any]:
        return {"field": {"api_name": name}, "comparator": comparator, "value": value}

    everyone = await read(None, ["id", "Last_Name", "Account_Name", "Email_Opt_Out", "Created_Time"])
    assert everyone[0]["Account_Name"] == account
    assert (everyone[1]["id"], everyone[1]["Email_Opt_Out"]) == (bo, "true")
    assert everyone[1]["Created_Time"] == "2026-02-03T10:00:00+11:00"
    group = {
        "group_operator": "and",
        "group": [criterion("Last_Name", "starts_with", "N"), criterion("Email", "equal", "${EMPTY}")],
    }
    assert [row["First_Name"] for row in await read(group, ["First_Name"])] == ["Bo"]
    assert await read(criterion("Modified_Time", "greater_than", "2027-01-01T00:00:00Z"), ["id"]) == []
    assert len(await read(criterion("Last_Name", "not_in", ["Ng"]), ["id"])) == 1


@pytest.mark.rule("zoho.bulk-downloads")
async def test_ten_results_are_downloaded_in_a_minute(org: Org) -> None:
    made = await org.ask("POST", "/crm/bulk/v8/read", {"query": {"module": {"api_name": "Contacts"}}})
    path = f"/crm/bulk/v8/read/{made.json()['data'][0]['details']['id']}/result"
    org.pass_time(60)

    answers = [await org.ask("GET", path) for _ in range(11)]
    org.pass_time(60)

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert (await org.ask("GET", path)).status_code == 200


def sub(id: str, method: str, uri: str, body: Any = None) -> dict[str, Any]:
    return {"sub_request_id": id, "method": method, "uri": f"/crm/v8/{uri}", **({"body": body} if body else {})}


async def together(org: Org, *subs: dict[str, Any], rollback: bool = False) -> Any:
    return await org.ask(
        "POST", "__composite_requests", {"rollback_on_fail": rollback, "__composite_requests": list(subs)}
    )


@pytest.mark.rule("zoho.composite")
async def test_a_contact_and_its_note_are_made_together_or_not_at_all(org: Org) -> None:
    contact = sub("1", "POST", "Contacts", {"data": [ADA]})
    note = sub("2", "POST", "Contacts/@{1:$.data[0].details.id}/Notes", {"data": [{"Note_Content": "hello"}]})
    bad = sub("3", "POST", "Contacts", {"data": [{"First_Name": "x"}]})

    good = await together(org, contact, note, rollback=True)
    undone = await together(org, contact, note, bad, rollback=True)
    mixed = await together(org, contact, bad)

    assert good.status_code == 200
    assert [one["details"]["response"]["status_code"] for one in good.json()["__composite_requests"]] == [201, 201]
    assert undone.status_code == 400
    assert [one["code"] for one in undone.json()["__composite_requests"]] == [
        "ROLLBACK_PERFORMED",
        "ROLLBACK_PERFORMED",
        "SUCCESS",
    ]
    assert mixed.status_code == 207
    state = (await org.admin("GET state")).json()
    assert (state["Contacts"], state["Notes"]) == (2, 1)


async def test_an_update_and_a_deletion_are_undone_too(org: Org) -> None:
    one, two = await org.make("Contacts", **ADA), await org.make("Contacts", **ADA)
    before = await org.get("Contacts", one)
    org.pass_time(60)

    await together(
        org,
        sub("1", "PUT", f"Contacts/{one}", {"data": [{"First_Name": "Bea", "Phone": "1"}]}),
        sub("2", "DELETE", f"Contacts/{two}"),
        sub("3", "POST", "Contacts", {"data": [{}]}),
        rollback=True,
    )

    assert await org.get("Contacts", one) == before
    assert (await org.ask("GET", f"Contacts/{two}")).status_code == 200


async def test_a_composite_takes_five_requests_of_one_record(org: Org) -> None:
    get = sub("1", "GET", "Contacts?fields=id")

    assert (await together(org, *[get] * 6)).json()["code"] == "LIMIT_EXCEEDED"
    assert (await together(org, sub("1", "POST", "Contacts", {"data": [ADA, ADA]}))).json()["code"] == "LIMIT_EXCEEDED"
    assert (await together(org, sub("1", "POST", "__composite_requests"))).status_code == 400
