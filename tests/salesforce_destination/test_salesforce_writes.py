"""Sending records by collections: mixed answers, duplicates that mean success, locks, lost answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from salesforce_org import (
    KEY,
    Asked,
    Org,
    Script,
    a_field,
    a_write,
    an_id,
    connect,
    error,
    key_field,
    made,
    refused,
    rows,
    upserts,
)

from gurney.destinations.protocol import Route
from gurney.destinations.salesforce.destination import Salesforce
from gurney.errors import NotAuthorised, PausedForQuota
from gurney.records import File, Kind, Link, Outcome, State

pytestmark = pytest.mark.anyio
BATCH = Route("batch", 1000, 4)
UPSERT = f"PATCH /composite/sobjects/Contact/{KEY}"
UPDATE = "PATCH /composite/sobjects"
INSERT = "POST /composite/sobjects"
LOCKED = refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 001")


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    fields = (
        key_field(),
        a_field("LastName", nillable=False),
        a_field("Email", "email"),
        a_field("AccountId", "reference", referenceTo=["Account"]),
        a_field("CreatedDate", "datetime", updateable=False),
        a_field("Computed__c", createable=False, updateable=False),
    )
    org.object("Contact", *fields)
    org.object("Appointment__c", *fields)


async def test_a_creation_is_an_upsert_on_our_key(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, [made(1, created=True)])

    outcomes = await salesforce.write([replace(a_write("1", LastName="Lee"), owner_id="005B")], BATCH)

    assert org.calls(UPSERT)[0].body == {
        "allOrNone": False,
        "records": [{"attributes": {"type": "Contact"}, KEY: "1", "LastName": "Lee", "OwnerId": "005B"}],
    }
    assert outcomes == [Outcome.done(a_write("1").key, an_id(1))]


async def test_a_thousand_records_are_one_call(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, upserts)

    outcomes = await salesforce.write([a_write(str(id), LastName="Lee") for id in range(1000)], BATCH)

    assert len(org.calls("POST /composite")) == 1
    assert [len(asked.body["records"]) for asked in org.calls(UPSERT)] == [200] * 5
    assert [outcome.destination_id for outcome in outcomes] == [an_id(id) for id in range(1000)]
    assert all(asked.headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true" for asked in org.calls(UPSERT))


async def test_a_mixed_answer_is_read_row_by_row(org: Org, salesforce: Salesforce) -> None:
    lost_name = refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName")
    org.on(UPSERT, [made(1, created=True), lost_name, made(3, created=False)])

    first, second, third = await salesforce.write([a_write(id, LastName="A") for id in "123"], BATCH)

    assert (first.state, first.destination_id, first.created) == (State.DONE, an_id(1), True)
    assert (second.state, second.code, second.field) == (State.FAILED, "REQUIRED_FIELD_MISSING", "LastName")
    assert (third.state, third.destination_id, third.created) == (State.DONE, an_id(3), False)


async def test_a_row_that_was_rolled_back_is_not_believed_to_be_created(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, [{**refused("ALL_OR_NONE_OPERATION_ROLLED_BACK"), "created": True, "id": an_id(1)}])

    (outcome,) = await salesforce.write([a_write("1", LastName="A")], BATCH)

    assert outcome.state is State.FAILED


async def test_a_refusal_never_repeats_a_value_of_the_record(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, [refused("INVALID_EMAIL_ADDRESS", "Email: invalid email address: ada lee@example", "Email")])

    (outcome,) = await salesforce.write([a_write("1", Email="ada lee@example")], BATCH)

    assert "ada" not in outcome.words
    assert (outcome.code, outcome.field) == ("INVALID_EMAIL_ADDRESS", "Email")


async def test_a_creation_with_its_own_date_is_an_insert_and_a_duplicate_of_our_key_is_adopted(
    org: Org, salesforce: Salesforce
) -> None:
    holder = f"duplicate value found: {KEY} duplicates value on record with id: {an_id(2)[:15]}"
    org.on(INSERT, [made(1), refused("DUPLICATE_VALUE", holder)])
    seen = datetime(2019, 5, 1, 9, tzinfo=UTC)

    first, second = await salesforce.write([a_write(id, LastName="A", CreatedDate=seen) for id in "12"], BATCH)

    assert org.calls(INSERT)[0].body["records"][0]["CreatedDate"] == "2019-05-01T09:00:00+00:00"
    assert (first.destination_id, first.created) == (an_id(1), True)
    assert (second.state, second.destination_id, second.created) == (State.DONE, an_id(2), False)


async def test_a_duplicate_of_another_field_is_a_failure(org: Org, salesforce: Salesforce) -> None:
    holder = f"duplicate value found: Email duplicates value on record with id: {an_id(2)}"
    org.on(UPSERT, [refused("DUPLICATE_VALUE", holder)])

    (outcome,) = await salesforce.write([a_write("1", Email="a@example.com")], BATCH)

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "DUPLICATE_VALUE", "Email")


async def test_a_date_of_creation_in_some_records_sends_each_its_own_way(org: Org, salesforce: Salesforce) -> None:
    org.on(INSERT, [made(2)])
    org.on(UPSERT, upserts)
    dated = a_write("2", LastName="B", CreatedDate=datetime(2019, 5, 1, tzinfo=UTC))

    outcomes = await salesforce.write([a_write("1", LastName="A"), dated, a_write("3", LastName="C")], BATCH)

    assert [outcome.destination_id for outcome in outcomes] == [an_id(1), an_id(2), an_id(3)]


@pytest.mark.parametrize("single", [False, True], ids=["several collections", "one collection"])
async def test_a_lost_answer_is_sent_for_every_record_of_it(org: Org, salesforce: Salesforce, single: bool) -> None:
    org.on("POST /composite", httpx2.ReadError("cut"))
    org.on(UPSERT, httpx2.ReadError("cut"))

    outcomes = await salesforce.write([a_write(str(id), LastName="A") for id in range(1 if single else 201)], BATCH)

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert len(org.calls("POST /composite")) + len(org.calls(UPSERT)) == 1


async def test_one_lost_collection_of_a_composite_leaves_the_others_known(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, Script([(500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]), upserts]))

    outcomes = await salesforce.write([a_write(str(id), LastName="A") for id in range(400)], BATCH)

    assert [outcome.state for outcome in outcomes] == [State.SENT] * 200 + [State.DONE] * 200


async def test_a_short_answer_leaves_the_rest_unknown(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, [made(1, created=True)])

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BATCH)

    assert [outcome.state for outcome in outcomes] == [State.DONE, State.SENT]


async def test_an_organisation_that_takes_no_composite_gets_its_collections_one_by_one(
    org: Org, salesforce: Salesforce
) -> None:
    org.on("POST /composite", error("LIMIT_EXCEEDED", "too many collections"))
    org.on(UPSERT, upserts)

    first = await salesforce.write([a_write(str(id), LastName="A") for id in range(400)], BATCH)
    second = await salesforce.write([a_write(str(id), LastName="A") for id in range(400)], BATCH)

    assert {outcome.state for outcome in (*first, *second)} == {State.DONE}
    assert len(org.calls("POST /composite")) == 1
    assert len(org.calls(UPSERT)) == 4


async def test_a_row_that_spoils_its_collection_fails_alone(org: Org, salesforce: Salesforce) -> None:
    def judge(asked: Asked) -> object:
        if any(row[KEY] == "7" for row in asked.body["records"]):
            return error("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value 31/01/2026")
        return upserts(asked)

    org.on(UPSERT, judge)

    outcomes = await salesforce.write([a_write(str(id), LastName="A") for id in range(20)], BATCH)

    assert [at for at, outcome in enumerate(outcomes) if outcome.state is State.FAILED] == [7]
    assert outcomes[7].code == "JSON_PARSER_ERROR"


async def test_an_object_that_is_refused_as_a_whole_fails_every_record_in_one_call(
    org: Org, salesforce: Salesforce
) -> None:
    org.on(UPSERT, error("INVALID_TYPE", "sObject type 'Contact' is not supported."))

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "123"], BATCH)

    assert [outcome.code for outcome in outcomes] == ["INVALID_TYPE"] * 3
    assert len(org.calls(UPSERT)) == 1


async def test_a_missing_right_ends_the_run(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, error("INSUFFICIENT_ACCESS", "no", status=403))

    with pytest.raises(NotAuthorised):
        await salesforce.write([a_write("1", LastName="A")], BATCH)


async def test_a_spent_day_before_the_first_call_pauses(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403))

    with pytest.raises(PausedForQuota):
        await salesforce.write([a_write("1", LastName="A")], BATCH)


# What is not sent


async def test_fields_that_cannot_be_written_fail_before_any_call(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, upserts)
    stamped = a_write("3", kind=Kind.UPDATE, CreatedDate=datetime(2019, 5, 1, tzinfo=UTC))

    unknown, computed, good = await salesforce.write(
        [a_write("1", Nowhere__c="x"), a_write("2", Computed__c="x"), a_write("4", LastName="D")], BATCH
    )
    (late,) = await salesforce.write([stamped], BATCH)

    assert (unknown.code, unknown.field) == ("unknown-field", "Nowhere__c")
    assert (computed.code, computed.field) == ("not-writable", "Computed__c")
    assert (late.code, late.field) == ("not-writable", "CreatedDate")
    assert good.state is State.DONE


async def test_two_records_with_one_key_are_never_sent_together(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, upserts)

    first, second = await salesforce.write([a_write("1", LastName="A"), a_write("1", LastName="B")], BATCH)

    assert (first.state, second.code) == (State.DONE, "duplicate-key")


async def test_a_record_without_our_key_is_not_sent(org: Org, salesforce: Salesforce) -> None:
    (outcome,) = await salesforce.write([replace(a_write("1", LastName="A"), key_field="")], BATCH)

    assert outcome.code == "no-key"


async def test_an_object_that_is_not_there_is_told_as_every_records_failure(org: Org, salesforce: Salesforce) -> None:
    org.on("GET /sobjects/Invoice__c/describe", error("NOT_FOUND", "The requested resource does not exist", status=404))

    (outcome,) = await salesforce.write([a_write("1", "Invoice__c")], BATCH)

    assert "gurney provision" in outcome.words


# Locks


async def test_locked_rows_are_tried_again_fewer_at_a_time_after_a_pause(org: Org, salesforce: Salesforce) -> None:
    def crowded(asked: Asked) -> list[object]:
        many = len(asked.body["records"]) > 10
        return [
            LOCKED if many and int(row[KEY]) % 2 else made(int(row[KEY]), created=True) for row in asked.body["records"]
        ]

    org.on(f"PATCH /composite/sobjects/Appointment__c/{KEY}", crowded)

    outcomes = await salesforce.write([a_write(str(id), "Appointment__c", LastName="A") for id in range(200)], BATCH)

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert [outcome.destination_id for outcome in outcomes] == [an_id(id) for id in range(200)]
    assert org.clock.elapsed > 1.0


async def test_rows_that_stay_locked_fail_and_are_the_next_runs(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, lambda asked: [LOCKED for _ in asked.body["records"]])

    outcomes = await salesforce.write([a_write(id, LastName="A") for id in "12"], BATCH)

    assert [outcome.code for outcome in outcomes] == ["UNABLE_TO_LOCK_ROW"] * 2
    assert [outcome.state for outcome in outcomes] == [State.FAILED] * 2


async def test_a_file_whose_record_is_locked_is_sent_again(org: Org, salesforce: Salesforce) -> None:
    org.object("ContentVersion", key_field(), a_field("Title"), a_field("PathOnClient"))
    locked = error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    org.on("POST /sobjects/ContentVersion", Script([locked, (201, {"id": an_id(1, "068"), "success": True})]))
    links = {"Id": "06A", "ContentDocumentId": an_id(1, "069"), "LinkedEntityId": an_id(7)}
    version = {"Id": an_id(1, "068"), "ContentDocumentId": an_id(1, "069")}
    org.on("GET /query", lambda asked: rows(links if "FROM ContentDocumentLink" in asked.query else version))
    file = File("f1", "letter.pdf", 4, "application/pdf", "00")
    write = replace(a_write("1", "ContentVersion"), file=file, parent=Link("Contact", an_id(7)))

    [outcome] = await salesforce.write([write], BATCH)

    assert (outcome.state, outcome.destination_id) == (State.DONE, an_id(1, "068"))
    assert len(org.calls("POST /sobjects/ContentVersion")) == 2


async def test_a_note_that_meets_a_lock_is_sent_again(org: Org, salesforce: Salesforce) -> None:
    org.object("ContentNote", a_field("Title"), a_field("Content", "base64"))
    answers = [[made(1), LOCKED], [made(1)], [made(2)], [made(2)]]  # notes and their links in turn
    org.on(INSERT, lambda asked: answers.pop(0))
    writes = [replace(a_write(id, "ContentNote", Content=id), parent=Link("Contact", an_id(7))) for id in "12"]
    writes = [replace(write, fields={"Content": write.key_value}) for write in writes]

    outcomes = await salesforce.write(writes, BATCH)

    assert [(one.state, one.destination_id) for one in outcomes] == [(State.DONE, an_id(1)), (State.DONE, an_id(2))]
    assert not answers


async def test_contacts_of_one_account_are_never_written_side_by_side(org: Org, salesforce: Salesforce) -> None:
    writing: set[str] = set()
    met: list[str] = []

    original = org.answer

    async def slowly(request: httpx2.Request) -> httpx2.Response:
        body = (await request.aread()).decode()
        accounts = {one for one in ("001A", "001B") if one in body}
        met.extend(accounts & writing)
        writing.update(accounts)
        for _ in range(5):
            await asyncio.sleep(0)
        writing.difference_update(accounts)
        return await original(request)

    org.answer = slowly  # type: ignore[method-assign]
    org.on(UPSERT, upserts)
    await salesforce.describe(["Contact"])

    def batch(start: int, *accounts: str) -> list[object]:
        return [
            a_write(str(start + at), LastName="A", AccountId=Link("Account", account))
            for at, account in enumerate(accounts)
        ]

    await asyncio.gather(
        salesforce.write(batch(10, "001A", "001B"), BATCH),  # type: ignore[arg-type]
        salesforce.write(batch(20, "001B", "001A"), BATCH),  # type: ignore[arg-type]
        salesforce.write(batch(30, "001A"), BATCH),  # type: ignore[arg-type]
        salesforce.write(batch(40, "001B"), BATCH),  # type: ignore[arg-type]
    )

    assert met == []
    assert len(org.calls(UPSERT)) == 4


# Updates


async def test_an_update_goes_by_id_and_empties_what_is_empty(org: Org, salesforce: Salesforce) -> None:
    org.on(UPDATE, [made(1)])

    (outcome,) = await salesforce.write([a_write("1", kind=Kind.UPDATE, Email=None, LastName="B")], BATCH)

    assert org.calls(UPDATE)[0].body["records"] == [
        {"attributes": {"type": "Contact"}, "Id": an_id(1), "Email": None, "LastName": "B"}
    ]
    assert (outcome.state, outcome.created, outcome.destination_id) == (State.DONE, False, an_id(1))


async def test_an_update_stands_back_when_somebody_changed_the_record(org: Org, salesforce: Salesforce) -> None:
    stamp = datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC)
    org.on(f"PATCH /sobjects/Contact/{an_id(1)}", None)
    org.on(f"PATCH /sobjects/Contact/{an_id(2)}", (412, []))
    org.on(
        f"PATCH /sobjects/Contact/{an_id(3)}",
        error("STRING_TOO_LONG", "Last Name: data value too large: B (max length=0)", "LastName"),
    )
    writes = [replace(a_write(id, kind=Kind.RESTORE, LastName="B"), unless_modified_since=stamp) for id in "123"]

    first, second, third = await salesforce.write(writes, BATCH)

    asked = org.calls(f"PATCH /sobjects/Contact/{an_id(1)}")[0]
    assert asked.headers["If-Unmodified-Since"] == "Tue, 03 Feb 2026 09:00:01 GMT"
    assert asked.body == {"LastName": "B"}
    assert (first.state, first.destination_id) == (State.DONE, an_id(1))
    assert (second.state, second.code) == (State.FAILED, "PRECONDITION_FAILED")
    assert (third.code, third.field) == ("STRING_TOO_LONG", "LastName")
    assert len(org.calls("POST /composite")) == 1


async def test_an_update_that_stands_back_and_meets_a_lock_is_sent_again(org: Org, salesforce: Salesforce) -> None:
    path = f"PATCH /sobjects/Contact/{an_id(1)}"
    org.on(path, Script([error("UNABLE_TO_LOCK_ROW"), None]))
    stamp = datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC)

    [outcome] = await salesforce.write(
        [replace(a_write("1", kind=Kind.RESTORE, LastName="B"), unless_modified_since=stamp)], BATCH
    )

    assert outcome.state is State.DONE
    assert {asked.headers["If-Unmodified-Since"] for asked in org.calls(path)} == {"Tue, 03 Feb 2026 09:00:01 GMT"}


# Settling


async def test_a_lost_creation_is_found_by_our_key_however_it_is_spelt(org: Org, salesforce: Salesforce) -> None:
    asked: list[str] = []

    def found(request: Asked) -> object:
        asked.append(request.query)
        return {"totalSize": 1, "done": True, "records": [{"Id": an_id(1), KEY: "it's \\1"}]}

    org.on("GET /query", found)

    there, absent = await salesforce.settle([replace(a_write("1"), key_value="it's \\1"), a_write("2")])

    assert asked == [f"SELECT Id, {KEY} FROM Contact WHERE {KEY} IN ('it\\'s \\\\1', '2')"]
    assert there == Outcome.done(a_write("1").key, an_id(1))
    assert absent is None


async def test_a_lost_update_is_done_when_the_record_holds_its_values(org: Org, salesforce: Salesforce) -> None:
    record = {"Id": an_id(1), "LastName": "Lee", "Email": None, "SystemModstamp": "2026-02-03T09:00:01.000+0000"}
    other = {**record, "Id": an_id(2), "LastName": "Other"}
    org.on("POST /composite/sobjects/Contact", [record, other, None])
    writes = [a_write(id, kind=Kind.UPDATE, LastName=" Lee ", Email=None) for id in "123"]

    done, not_done, gone = await salesforce.settle(writes)

    assert done is not None
    assert done.modified_at == datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC)
    assert (not_done, gone) == (None, None)


async def test_the_operators_route_is_kept(org: Org) -> None:
    destination = connect(org, route="single")

    assert destination.route("Contact", Kind.CREATE, 5_000).name == "single"
    await destination.close()
