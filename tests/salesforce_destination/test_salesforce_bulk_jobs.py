"""Bulk jobs: outcomes by our key whatever the order, and another way for what a job does not carry or do."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2
import pytest
from salesforce_org import KEY, Jobs, Org, Script, a_field, a_write, an_id, error, key_field, made, upserts

from gurney.destinations.protocol import Route
from gurney.destinations.salesforce.destination import Salesforce
from gurney.records import Kind, State

pytestmark = pytest.mark.anyio
BULK = Route("bulk", 10_000, 10)
UPSERT = f"PATCH /composite/sobjects/Contact/{KEY}"
JOB = f"/jobs/ingest/750{1:012d}AAA"


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    fields = (
        key_field(),
        a_field("LastName"),
        a_field("Notes__c", "textarea", length=131072),
        a_field("CreatedDate", "datetime", updateable=False),
    )
    org.object("Contact", *fields)


def by_number(line: dict[str, str]) -> tuple[str, bool]:
    return an_id(int(line[KEY])), True


async def test_outcomes_follow_our_key_though_both_files_are_shuffled(org: Org, salesforce: Salesforce) -> None:
    def judge(line: dict[str, str]) -> tuple[str, bool] | str:
        number = int(line[KEY])
        if number % 5 == 0:
            return f"STRING_TOO_LONG:Last Name: data value too large: {line['LastName']} (max length=3):LastName --"
        return an_id(number), number % 3 == 0

    Jobs(org, judge)

    outcomes = await salesforce.write([a_write(str(id), LastName=f"Name {id}") for id in range(60)], BULK)

    for number, outcome in enumerate(outcomes):
        assert outcome.key.id == str(number)
        if number % 5 == 0:
            assert (outcome.code, outcome.field) == ("STRING_TOO_LONG", "LastName")
            assert "Name 1" not in outcome.words
        else:
            assert (outcome.destination_id, outcome.created) == (an_id(number), number % 3 == 0)


async def test_a_job_upserts_on_our_key_and_costs_few_calls(org: Org, salesforce: Salesforce) -> None:
    jobs = Jobs(org, by_number)

    await salesforce.write([a_write(str(id), LastName='A\nB, "C"') for id in range(10)], BULK)

    order = jobs.orders[0]
    assert (order["operation"], order["externalIdFieldName"], order["lineEnding"]) == ("upsert", KEY, "LF")
    assert jobs.files[0][3] == {KEY: "3", "LastName": 'A\nB, "C"'}
    assert org.calls(f"GET {JOB}/failedResults/") == org.calls(f"GET {JOB}/unprocessedrecords/") == []


async def test_records_with_their_own_date_are_inserted_by_the_job(org: Org, salesforce: Salesforce) -> None:
    there = f"DUPLICATE_VALUE:duplicate value found: {KEY} duplicates value on record with id: {an_id(9)}:{KEY} --"
    jobs = Jobs(org, lambda line: there)
    dated = a_write("1", LastName="A", CreatedDate=datetime(2019, 5, 1, 9, tzinfo=UTC))

    (outcome,) = await salesforce.write([dated], BULK)

    assert jobs.orders[0]["operation"] == "insert"
    assert jobs.files[0][0]["CreatedDate"] == "2019-05-01T09:00:00Z"
    assert (outcome.state, outcome.destination_id, outcome.created) == (State.DONE, an_id(9), False)


async def test_what_a_bulk_file_cannot_carry_goes_by_collection_unasked(org: Org, salesforce: Salesforce) -> None:
    jobs = Jobs(org, by_number)
    org.on(UPSERT, upserts)
    long, null = "x" * 32_001, "#N/A"

    outcomes = await salesforce.write(
        [a_write("1", Notes__c=long), a_write("2", Notes__c="short"), a_write("3", Notes__c=null)], BULK
    )

    assert [line[KEY] for line in jobs.files[0]] == ["2"]
    assert [row["Notes__c"] for row in org.calls(UPSERT)[0].body["records"]] == [long, null]
    assert [outcome.destination_id for outcome in outcomes] == [an_id(1), an_id(2), an_id(3)]


async def test_a_job_that_failed_leaves_its_rows_to_collections(org: Org, salesforce: Salesforce) -> None:
    Jobs(org, by_number, state="Failed")
    org.on(UPSERT, upserts)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BULK)

    assert [outcome.destination_id for outcome in outcomes] == [an_id(1), an_id(2)]


async def test_an_organisation_without_batches_left_is_served_by_collections(org: Org, salesforce: Salesforce) -> None:
    org.on("POST /jobs/ingest", error("EXCEEDED_QUOTA", "ApiBatchItems Limit exceeded."))
    org.on(UPSERT, upserts)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BULK)

    assert {outcome.state for outcome in outcomes} == {State.DONE}


async def test_an_upload_whose_answer_was_lost_is_abandoned_for_a_new_job(org: Org, salesforce: Salesforce) -> None:
    jobs = Jobs(org, by_number)
    create, first = org.replies["POST /jobs/ingest"], [True]

    def creating(asked: object) -> object:
        made_job = create(asked)
        if first.pop() if first else False:
            org.on(f"PUT {JOB}/batches", httpx2.ReadError("cut"))
        return made_job

    org.on("POST /jobs/ingest", creating)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BULK)

    assert len(jobs.orders) == 2
    assert org.calls(f"PATCH {JOB}") == []
    assert {outcome.state for outcome in outcomes} == {State.DONE}


async def test_a_close_whose_answer_was_lost_is_looked_up_before_it_is_repeated(
    org: Org, salesforce: Salesforce
) -> None:
    Jobs(org, by_number)
    create = org.replies["POST /jobs/ingest"]

    def creating(asked: object) -> object:
        made_job = create(asked)
        org.on(f"PATCH {JOB}", Script([httpx2.ReadError("cut"), error("INVALIDJOBSTATE", "Job is not open")]))
        return made_job

    org.on("POST /jobs/ingest", creating)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BULK)

    assert {outcome.state for outcome in outcomes} == {State.DONE}


async def test_a_job_that_is_never_over_leaves_its_rows_to_settling(org: Org, salesforce: Salesforce) -> None:
    Jobs(org, by_number, polls=10**6)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BULK)

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert org.calls(UPSERT) == []


async def test_results_that_cannot_be_read_leave_their_rows_to_settling(org: Org, salesforce: Salesforce) -> None:
    Jobs(org, by_number)
    create = org.replies["POST /jobs/ingest"]

    def creating(asked: object) -> object:
        made_job = create(asked)
        org.on(f"GET {JOB}/successfulResults/", (200, f'"sf__Id","{KEY}"\n"003'.encode()))
        return made_job

    org.on("POST /jobs/ingest", creating)

    outcomes = await salesforce.write([a_write("1", LastName="A")], BULK)

    assert [outcome.state for outcome in outcomes] == [State.SENT]


async def test_rows_that_a_job_found_locked_are_tried_again_by_collection(org: Org, salesforce: Salesforce) -> None:
    locked = "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: 001:--"
    Jobs(org, lambda line: locked if line[KEY] == "2" else by_number(line))
    org.on(UPSERT, upserts)

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "123"], BULK)

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert [row[KEY] for row in org.calls(UPSERT)[0].body["records"]] == ["2"]


async def test_updates_by_a_job_are_told_apart_by_id(org: Org, salesforce: Salesforce) -> None:
    jobs = Jobs(
        org, lambda line: (line["Id"], False) if line["Id"] != an_id(2) else "ENTITY_IS_DELETED:entity is deleted:--"
    )

    first, second = await salesforce.write([a_write(id, kind=Kind.UPDATE, LastName=None) for id in "12"], BULK)

    assert jobs.orders[0]["operation"] == "update"
    assert jobs.files[0][0] == {"Id": an_id(1), "LastName": "#N/A"}
    assert (first.state, first.created, first.destination_id) == (State.DONE, False, an_id(1))
    assert second.code == "ENTITY_IS_DELETED"


async def test_every_route_gives_the_same_outcome(org: Org, salesforce: Salesforce) -> None:
    Jobs(org, by_number)
    org.on(UPSERT, lambda asked: [made(int(row[KEY]), created=True) for row in asked.body["records"]])
    writes = [a_write(str(id), LastName="O'Brien (x) 50%_") for id in range(3)]

    told = {}
    for route in salesforce.routes("Contact"):
        batches = [writes[at : at + route.batch_size] for at in range(0, len(writes), route.batch_size)]
        told[route.name] = [outcome for batch in batches for outcome in await salesforce.write(batch, route)]

    assert set(told) == {"single", "batch", "bulk"}
    assert told["single"] == told["batch"] == told["bulk"]
