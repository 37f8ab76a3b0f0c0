"""Bulk API 2.0: ingest and query jobs."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from salesforce_client import Org

pytestmark = pytest.mark.anyio


async def open_job(org: Org, **order: Any) -> str:
    wanted = {"object": "Contact", "operation": "insert", "contentType": "CSV", "lineEnding": "LF", **order}
    answer = await org.ask("POST", "jobs/ingest", wanted)
    assert answer.status_code == 200, answer.text
    id: str = answer.json()["id"]
    return id


async def upload(org: Org, job: str, text: str | bytes) -> Any:
    return await org.ask("PUT", f"jobs/ingest/{job}/batches", content=text, headers={"Content-Type": "text/csv"})


async def state(org: Org, job: str) -> dict[str, Any]:
    body: dict[str, Any] = (await org.ask("GET", f"jobs/ingest/{job}")).json()
    return body


async def start(org: Org, text: str | bytes, **order: Any) -> str:
    job = await open_job(org, **order)
    assert (await upload(org, job, text)).status_code == 201
    assert (await org.ask("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})).status_code == 200
    return job


async def finish(org: Org, text: str | bytes, **order: Any) -> dict[str, Any]:
    """Run a job to its end."""
    job = await start(org, text, **order)
    org.pass_time(3_600)
    return await state(org, job)


async def rows(org: Org, job: str, which: str) -> list[dict[str, str]]:
    answer = await org.ask("GET", f"jobs/ingest/{job}/{which}/")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.rule("salesforce.bulk")
async def test_a_job_goes_through_its_states_as_time_passes(org: Org) -> None:
    job = await open_job(org)
    made = await state(org, job)
    assert (made["state"], made["concurrencyMode"], made["apiVersion"]) == ("Open", "Parallel", 63.0)
    assert made["contentUrl"] == f"services/data/v63.0/jobs/ingest/{job}/batches"
    await upload(org, job, "LastName\n" + "Ng\n" * 600)
    assert not org.world.table("Contact").rows
    closed = (await org.ask("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})).json()
    assert closed["state"] == "UploadComplete"
    org.pass_time(6)
    halfway = await state(org, job)
    assert (halfway["state"], halfway["numberRecordsProcessed"]) == ("InProgress", 200)
    org.pass_time(60)
    done = await state(org, job)
    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ("JobComplete", 600, 0)
    assert done["jobType"] == "V2Ingest" and done["totalProcessingTime"] == 10_000


@pytest.mark.rule("salesforce.bulk-pace")
async def test_the_pace_is_a_switch() -> None:
    org = Org(switches={"bulk_rows_per_s": "200"})
    job = await start(org, "LastName\n" + "Ng\n" * 400)
    org.pass_time(3)
    assert (await state(org, job))["numberRecordsProcessed"] == 200


@pytest.mark.rule("salesforce.bulk-results")
async def test_results_echo_the_columns_and_name_the_error(org: Org) -> None:
    org.external_id("Account")
    text = "Cliniko_Id__c,Name\n1,Banksia\n2,\n"
    job = (await finish(org, text, object="Account", operation="upsert", externalIdFieldName="Cliniko_Id__c"))["id"]
    (good,) = await rows(org, job, "successfulResults")
    assert (good["Cliniko_Id__c"], good["Name"], good["sf__Created"]) == ("1", "Banksia", "true")
    assert good["sf__Id"] in org.world.table("Account").rows
    raw = (await org.ask("GET", f"jobs/ingest/{job}/failedResults/")).text
    assert raw.startswith('"sf__Id","sf__Error","Cliniko_Id__c","Name"\n')
    assert '"","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --","2",""' in raw
    again = (await finish(org, text, object="Account", operation="upsert", externalIdFieldName="Cliniko_Id__c"))["id"]
    assert [row["sf__Created"] for row in await rows(org, again, "successfulResults")] == ["false"]


@pytest.mark.rule("salesforce.bulk-results")
async def test_results_come_in_another_order_than_the_rows(org: Org) -> None:
    job = (await finish(org, "LastName\n" + "".join(f"n{n}\n" for n in range(50))))["id"]
    names = [row["LastName"] for row in await rows(org, job, "successfulResults")]
    assert names != sorted(names, key=lambda name: int(name[1:]))
    assert len(set(names)) == 50


@pytest.mark.rule("salesforce.bulk-cells")
async def test_empty_cells_change_nothing_and_na_empties(org: Org) -> None:
    id = await org.make("Contact", LastName="Ng", Phone="1", Title="Dr")
    await finish(org, f"Id,LastName,Phone,Title\n{id},Lee,,#N/A\n", operation="update")
    row = await org.get("Contact", id)
    assert (row["LastName"], row["Phone"], row["Title"]) == ("Lee", "1", None)


async def test_quotes_newlines_and_other_delimiters_survive(org: Org) -> None:
    text = 'LastName;Description;IsEmailBounced\r\n"O""Brien";"two\r\nlines; and more";\r\n'
    job = await finish(
        org,
        text.replace(";IsEmailBounced", "").replace(";\r\n", "\r\n"),
        lineEnding="CRLF",
        columnDelimiter="SEMICOLON",
    )
    assert job["numberRecordsFailed"] == 0, job
    (row,) = org.world.table("Contact").rows.values()
    assert (row["LastName"], row["Description"]) == ('O"Brien', "two\r\nlines; and more")


async def test_typed_cells_are_read_by_their_fields(org: Org) -> None:
    text = "LastName,Birthdate\nNg,2001-02-03\nLee,3/2/2001\n"
    job = (await finish(org, text))["id"]
    (bad,) = await rows(org, job, "failedResults")
    assert bad["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type")


async def test_parents_are_named_by_their_external_id_in_the_header(org: Org) -> None:
    org.external_id("Account")
    org.external_id("Contact")
    account = await org.make("Account", Name="x", Cliniko_Id__c="b1")
    contact = await org.make("Contact", LastName="x", Cliniko_Id__c="p1")
    job = (await finish(org, "LastName,Account.Cliniko_Id__c\nNg,b1\nLee,zz\n"))["id"]
    assert org.world.table("Contact").by("AccountId", account)
    (bad,) = await rows(org, job, "failedResults")
    assert bad["sf__Error"].startswith("INVALID_FIELD:Foreign key external ID: zz not found for field Cliniko_Id__c")
    await finish(org, "Subject,Contact:Who.Cliniko_Id__c\nCall,p1\n", object="Task")
    assert org.world.table("Task").by("WhoId", contact)


@pytest.mark.rule("salesforce.bulk-header")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LastName,Foo__c\nNg,1\n", "InvalidBatch : Field name not found : Foo__c"),
        ("LastName,Phone\nNg\n", "InvalidBatch : Row 2 has 1 columns"),
        ("", "InvalidBatch : The batch is empty"),
        ('LastName\n"Ng\n', "ClientInputError : Failed to parse CSV"),
        (b"LastName\n\xff\n", "ClientInputError : Failed to parse CSV header"),
    ],
)
async def test_a_bad_file_fails_the_whole_job(org: Org, text: str | bytes, words: str) -> None:
    job = await finish(org, text)
    assert job["state"] == "Failed"
    assert job["errorMessage"].startswith(words)
    assert not org.world.table("Contact").rows


@pytest.mark.rule("salesforce.bulk-line-ending")
async def test_lines_must_end_as_the_job_says(org: Org) -> None:
    job = await finish(org, "LastName\r\nNg\r\n")
    assert (
        job["errorMessage"] == "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
    )


@pytest.mark.rule("salesforce.bulk-cell")
async def test_a_long_cell_fails_its_row() -> None:
    org = Org()
    text = f"LastName,Description\nNg,{'x' * 32_001}\nLee,short\n"
    job = await finish(org, text)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    wide = Org(switches={"bulk_cell": "131072"})
    wide.add_field("Contact", "Story__c", "textarea", length=131_072)
    assert (await finish(wide, f"LastName,Story__c\nNg,{'x' * 32_001}\n"))["numberRecordsFailed"] == 0


@pytest.mark.rule("salesforce.bulk-one-put")
async def test_a_job_takes_one_upload(org: Org) -> None:
    job = await open_job(org)
    json = await org.ask("PUT", f"jobs/ingest/{job}/batches", {"LastName": "x"})
    assert json.status_code == 415
    first, second = await upload(org, job, "LastName\nNg\n"), await upload(org, job, "LastName\nNg\n")
    assert (first.status_code, first.content) == (201, b"")
    assert (second.status_code, second.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


@pytest.mark.rule("salesforce.doubles")
async def test_doubles_within_a_chunk_fail(org: Org) -> None:
    org.external_id("Contact")
    text = "Cliniko_Id__c,LastName\n1,a\n1,b\n2,c\n"
    job = await finish(org, text, operation="upsert", externalIdFieldName="Cliniko_Id__c")
    assert job["numberRecordsFailed"] == 2


@pytest.mark.rule("salesforce.bulk-duplicates")
async def test_the_duplicate_header_counts_or_not_in_bulk() -> None:
    for value, failed in (("ignored", 1), ("heeded", 0)):
        org = Org(switches={"bulk_duplicate_header": value})
        await org.make("Contact", LastName="Ng", Phone="1")
        header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
        order = {"object": "Contact", "operation": "insert"}
        job = (await org.ask("POST", "jobs/ingest", order, headers=header)).json()["id"]
        await upload(org, job, "LastName,Phone\nNg,1\n")
        await org.ask("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})
        org.pass_time(60)
        assert (await state(org, job))["numberRecordsFailed"] == failed


@pytest.mark.rule("salesforce.bulk-locks")
async def test_parallel_batches_collide_on_a_shared_parent() -> None:
    for value, failed in (("on", 400), ("off", 0)):
        org = Org(switches={"bulk_locks": value, "bulk_rows_per_s": "6000"})
        account = await org.make("Account", Name="Clinic")
        lines = "".join(f"n{n},{account}\n" for n in range(10_400))
        job = await finish(org, "LastName,AccountId\n" + lines)
        assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", failed)
        if failed:
            errors = {row["sf__Error"].split(":")[0] for row in await rows(org, job["id"], "failedResults")}
            assert errors == {"UNABLE_TO_LOCK_ROW"}
            assert len(org.world.table("Contact").rows) == 10_000


@pytest.mark.rule("salesforce.bulk-locks")
async def test_two_jobs_at_a_time_collide_as_well(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    one = await start(org, f"LastName,AccountId\na,{account}\n")
    two = await start(org, f"LastName,AccountId\nb,{account}\n")
    org.pass_time(60)
    assert (await state(org, one))["numberRecordsFailed"] + (await state(org, two))["numberRecordsFailed"] == 1
    await finish(org, f"LastName,AccountId\nb,{account}\n")
    assert len(org.world.table("Contact").rows) == 2


async def test_an_aborted_job_keeps_what_it_wrote_and_tells_the_rest(org: Org) -> None:
    job = await start(org, "LastName\n" + "Ng\n" * 600)
    org.pass_time(6)
    early = await org.ask("GET", f"jobs/ingest/{job}/successfulResults")
    assert early.json()[0]["errorCode"] == "INVALIDJOBSTATE"
    assert (await org.ask("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"})).json()["state"] == "Aborted"
    org.pass_time(600)
    assert len(await rows(org, job, "successfulResults")) == 200
    assert len(await rows(org, job, "unprocessedrecords")) == 400
    assert len(await rows(org, job, "unprocessedRecords")) == 400
    assert (await org.ask("DELETE", f"jobs/ingest/{job}")).status_code == 204
    assert (await org.ask("GET", f"jobs/ingest/{job}")).status_code == 404


async def test_an_open_job_is_listed_and_not_deleted(org: Org) -> None:
    job = await open_job(org)
    listed = (await org.ask("GET", "jobs/ingest?jobType=V2Ingest")).json()
    assert (listed["done"], [one["id"] for one in listed["records"]]) == (True, [job])
    assert (await org.ask("DELETE", f"jobs/ingest/{job}")).json()[0]["errorCode"] == "INVALIDJOBSTATE"
    await org.as_user("anna@clinic.example")
    stranger = await org.ask("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"})
    assert stranger.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS"


@pytest.mark.rule("salesforce.bulk-objects")
async def test_what_is_not_bulkable_is_refused(org: Org) -> None:
    orders = [
        ({"object": "ContentNote", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Nope__c", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Contact", "operation": "hardDelete"}, "FEATURENOTENABLED"),
        ({"object": "Contact", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Phone"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "merge"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "insert", "columnDelimiter": "DOT"}, "INVALIDJOB"),
    ]
    for order, code in orders:
        assert (await org.ask("POST", "jobs/ingest", order)).json()[0]["errorCode"] == code


async def test_bulk_deletes_softly_or_for_good(org: Org) -> None:
    soft, hard = await org.make("Contact", LastName="a"), await org.make("Contact", LastName="b")
    extra = await finish(org, f"Id,LastName\n{soft},a\n", operation="delete")
    assert extra["errorMessage"] == "InvalidBatch : The 'delete' batch must contain only ids"
    await finish(org, f"Id\n{soft}\n", operation="delete")
    await org.admin("POST grant", {"permission": "BulkApiHardDelete"})
    job = await finish(org, f"Id\n{hard}\n{soft}\n", operation="hardDelete")
    assert soft in org.world.table("Contact").binned and hard not in org.world.table("Contact").binned
    (bad,) = await rows(org, job["id"], "failedResults")
    assert bad["sf__Error"].startswith("ENTITY_IS_DELETED") and bad["sf__Id"] == soft


@pytest.mark.rule("salesforce.bulk-multipart")
async def test_job_and_file_come_in_one_call(org: Org) -> None:
    order = '{"object":"Contact","operation":"insert","contentType":"CSV","lineEnding":"LF"}'
    files = {"job": (None, order, "application/json"), "content": ("content", "LastName\nNg\n", "text/csv")}
    made = (await org.ask("POST", "jobs/ingest", files=files)).json()
    assert made["state"] == "UploadComplete"
    org.pass_time(60)
    assert (await state(org, made["id"]))["state"] == "JobComplete"
    files["content"] = ("content", "LastName\n" + "x" * 100_001, "text/csv")
    assert (await org.ask("POST", "jobs/ingest", files=files)).status_code == 400


async def test_results_are_gone_after_a_week_and_batches_are_counted(org: Org) -> None:
    job = (await finish(org, "LastName\nNg\n"))["id"]
    assert (await org.ask("GET", "limits")).json()["DailyBulkApiBatches"]["Remaining"] == 14_999
    org.pass_time(8 * 86_400)
    org.token = ""
    assert (await org.ask("GET", f"jobs/ingest/{job}/successfulResults")).status_code == 404


@pytest.mark.rule("salesforce.bulk-query")
@pytest.mark.rule("salesforce.bulk-query-time")
async def test_a_bulk_query_is_read_in_pages() -> None:
    org = Org(switches={"bulk_query_s": "30"})
    account = await org.make("Account", Name="Banksia, West")
    for name in ("a", "b", "c"):
        await org.make("Contact", LastName=name, AccountId=account)
    order = {
        "operation": "query",
        "query": "SELECT LastName, Account.Name, CreatedDate, Email FROM Contact ORDER BY LastName",
    }
    job = (await org.ask("POST", "jobs/query", order)).json()["id"]
    org.pass_time(20)
    assert (await org.ask("GET", f"jobs/query/{job}")).json()["state"] == "InProgress"
    assert (await org.ask("GET", f"jobs/query/{job}/results")).status_code == 400
    org.pass_time(20)
    assert (await org.ask("GET", f"jobs/query/{job}")).json()["numberRecordsProcessed"] == 3
    first = await org.ask("GET", f"jobs/query/{job}/results?maxRecords=2")
    assert first.text.splitlines()[:2] == [
        '"LastName","Account.Name","CreatedDate","Email"',
        '"a","Banksia, West","2026-02-02T23:00:00.000Z",""',
    ]
    assert first.headers["sforce-numberofrecords"] == "2"
    last = await org.ask("GET", f"jobs/query/{job}/results", params={"locator": first.headers["sforce-locator"]})
    assert (last.headers["sforce-locator"], last.headers["sforce-numberofrecords"]) == ("null", "1")


@pytest.mark.rule("salesforce.bulk-query")
@pytest.mark.parametrize(
    "soql",
    [
        "SELECT COUNT(Id) FROM Contact",
        "SELECT Id FROM Contact LIMIT 1 OFFSET 1",
        "SELECT MailingAddress FROM Contact",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT Nope FROM Contact",
    ],
)
async def test_bulk_queries_are_plain(org: Org, soql: str) -> None:
    answer = await org.ask("POST", "jobs/query", {"operation": "query", "query": soql})
    assert answer.status_code == 400
