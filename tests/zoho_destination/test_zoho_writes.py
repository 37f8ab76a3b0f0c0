"""Sending records: batches, mixed answers, duplicates that mean success, lost answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import orjson
import pytest
from zoho_org import BATCH, KEY, STAMP, Org, a_field, a_write, connect, in_values, refused, success

from gurney.destinations.zoho.destination import Zoho
from gurney.errors import NotAuthorised, PausedForQuota
from gurney.records import File, Kind, Link, OperationKey, Outcome, State, Write

pytestmark = pytest.mark.anyio


def there(ids: Mapping[str, str]) -> dict[str, Any]:
    """Records that can be read, by our key."""
    rows = [{"id": id, "Cliniko_ID": key} for key, id in ids.items()]
    return {"data": rows, "info": {"count": len(rows), "more_records": False}}


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    org.module(
        "Contacts",
        KEY,
        a_field("Last_Name"),
        a_field("Email", "email"),
        a_field("Balance", "currency"),
        a_field("Date_of_Birth", "date"),
        a_field("Seen_At", "datetime"),
        a_field("Interests", "multiselectpicklist"),
        a_field("Account_Name", "lookup", lookup={"module": {"api_name": "Accounts"}}),
        a_field("Email_Opt_Out", "boolean"),
    )
    org.module("Tasks", KEY, a_field("Subject"), a_field("Who_Id", "lookup"), a_field("What_Id", "lookup"))


async def test_creations_go_by_upsert_on_our_key_alone_and_fire_nothing(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("11", action="insert", duplicate_field=None)]})

    outcomes = await zoho.write([a_write("1", Last_Name="Lee", Email="family@example.org")], BATCH)

    sent = org.calls("POST /Contacts/upsert")[0].body
    assert sent["duplicate_check_fields"] == ["Cliniko_ID"]
    assert sent["trigger"] == []
    assert outcomes == [Outcome.done(a_write("1").key, "11", modified_at=datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC))]


async def test_values_travel_in_zohos_form_and_money_digit_by_digit(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("11")]})
    write = a_write(
        "1",
        Last_Name="O'Brien",
        Balance=Decimal("1234567890123.45"),
        Date_of_Birth=date(1985, 4, 3),
        Seen_At=datetime(2026, 2, 3, 9, 0, tzinfo=UTC),
        Interests=("Yoga", "Pilates"),
        Account_Name=Link("Accounts", "77"),
        Email_Opt_Out=False,
        Email=None,
    )

    await zoho.write([replace(write, owner_id="55")], BATCH)

    raw = org.calls("POST /Contacts/upsert")[0].raw
    assert b'"Balance":1234567890123.45' in raw
    assert orjson.loads(raw)["data"] == [
        {
            "Cliniko_ID": "1",
            "Last_Name": "O'Brien",
            "Balance": 1234567890123.45,
            "Date_of_Birth": "1985-04-03",
            "Seen_At": "2026-02-03T09:00:00+00:00",
            "Interests": ["Yoga", "Pilates"],
            "Account_Name": {"id": "77"},
            "Email_Opt_Out": False,
            "Owner": {"id": "55"},
        }
    ]


async def test_a_mixed_answer_is_read_element_by_element(org: Org, zoho: Zoho) -> None:
    answers = [
        success("11", action="insert"),
        refused(
            "MANDATORY_NOT_FOUND", "required field not found", api_name="Last_Name", json_path="$.data[1].Last_Name"
        ),
        success("13", action="update", duplicate_field="Cliniko_ID"),
    ]
    org.on("POST /Contacts/upsert", (207, {"data": answers}))

    first, second, third = await zoho.write(
        [a_write("1", Last_Name="A"), a_write("2"), a_write("3", Last_Name="C")], BATCH
    )

    assert (first.state, first.destination_id, first.created) == (State.DONE, "11", True)
    assert (second.state, second.code, second.field) == (State.FAILED, "MANDATORY_NOT_FOUND", "Last_Name")
    assert (third.state, third.destination_id, third.created) == (State.DONE, "13", False)


async def test_a_refusal_never_repeats_a_value_of_the_record(org: Org, zoho: Zoho) -> None:
    answer = refused("INVALID_DATA", "ada lee@example is no address", api_name="Email", expected_data_type="email")
    org.on("POST /Contacts/upsert", (400, {"data": [answer]}))

    (outcome,) = await zoho.write([a_write("1", Email="ada lee@example")], BATCH)

    assert outcome.state is State.FAILED
    assert "ada" not in outcome.words
    assert "expected_data_type email" in outcome.words
    assert outcome.field == "Email"


async def test_several_errors_of_one_record_are_all_told(org: Org, zoho: Zoho) -> None:
    errors = [
        refused("INVALID_DATA", api_name="Email", expected_data_type="email"),
        refused("INVALID_DATA", api_name="Last_Name", maximum_length=80),
    ]
    answer = refused("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request", errors=errors)
    org.on("POST /Contacts/upsert", (400, {"data": [answer]}))

    (outcome,) = await zoho.write([a_write("1", Last_Name="x" * 90)], BATCH)

    assert outcome.code == "MULTIPLE_OR_MULTI_ERRORS"
    assert "maximum_length 80" in outcome.words
    assert "expected_data_type email" in outcome.words
    assert outcome.field == "Email"


async def test_a_task_that_is_there_already_counts_as_done(org: Org, zoho: Zoho) -> None:
    duplicate = refused("DUPLICATE_DATA", "duplicate data", api_name="Cliniko_ID", duplicate_record={"id": "4711"})
    older = refused("DUPLICATE_DATA", "duplicate data", api_name="Cliniko_ID", id="4712")
    org.on("POST /Tasks", (207, {"data": [duplicate, older, success("4713")]}))
    org.on("POST /coql", there({"1": "4711", "2": "4712"}))

    outcomes = await zoho.write([a_write(id, "Tasks", Subject="Initial consult") for id in ("1", "2", "3")], BATCH)

    assert [(outcome.destination_id, outcome.created) for outcome in outcomes] == [
        ("4711", False),
        ("4712", False),
        ("4713", True),
    ]
    assert "duplicate_check_fields" not in org.calls("POST /Tasks")[0].body
    (asked,) = org.calls("POST /coql")
    assert in_values(asked.query) == ["1", "2"]


@pytest.mark.parametrize("told", [{"duplicate_record": {"id": "4711"}}, {"id": "4711"}, {}])
async def test_a_key_that_only_the_recycle_bin_holds_is_a_failure(org: Org, zoho: Zoho, told: dict[str, Any]) -> None:
    duplicate = refused("DUPLICATE_DATA", "duplicate data", api_name="Cliniko_ID", **told)
    org.on("POST /Contacts/upsert", (207, {"data": [duplicate, success("12")]}))
    org.on("POST /coql", None)

    binned, made = await zoho.write([a_write("1", Last_Name="Lee"), a_write("2", Last_Name="Ng")], BATCH)

    assert (binned.state, binned.code, binned.field) == (State.FAILED, "in-recycle-bin", "Cliniko_ID")
    assert binned.destination_id is None
    assert "recycle bin" in binned.words
    assert (made.state, made.created) == (State.DONE, True)


async def test_a_key_that_could_not_be_looked_up_is_unknown_and_its_neighbours_are_kept(org: Org, zoho: Zoho) -> None:
    duplicate = refused("DUPLICATE_DATA", "duplicate data", api_name="Cliniko_ID", id="4711")
    org.on("POST /Contacts/upsert", (207, {"data": [duplicate, success("12")]}))
    org.on("POST /coql", (400, refused("INVALID_QUERY")))

    outcomes = await zoho.write([a_write("1", Last_Name="Lee"), a_write("2", Last_Name="Ng")], BATCH)

    assert [outcome.state for outcome in outcomes] == [State.SENT, State.DONE]


async def test_a_value_that_another_field_holds_already_is_a_failure(org: Org, zoho: Zoho) -> None:
    duplicate = refused("DUPLICATE_DATA", "duplicate data", api_name="Email", id="4711")
    org.on("POST /Contacts/upsert", (400, {"data": [duplicate]}))

    (outcome,) = await zoho.write([a_write("1", Email="family@example.org")], BATCH)

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "DUPLICATE_DATA", "Email")


async def test_a_unique_field_that_no_record_fills_does_not_hinder_an_upsert(org: Org, zoho: Zoho) -> None:
    org.module("Leads", KEY, a_field("Other_ID", unique={"case_sensitive": False}))
    org.on("POST /Leads/upsert", {"data": [success("11")]})

    (outcome,) = await zoho.write([a_write("1", "Leads")], BATCH)

    assert outcome.state is State.DONE


async def test_records_that_fill_another_unique_field_are_plainly_inserted(org: Org, zoho: Zoho) -> None:
    org.module("Leads", KEY, a_field("Email", "email", unique={"case_sensitive": False}))
    org.on("POST /Leads", (201, {"data": [success("11")]}))

    (outcome,) = await zoho.write([a_write("1", "Leads", Email="family@example.org")], BATCH)

    assert outcome.state is State.DONE


async def test_an_upsert_that_hit_another_record_is_not_called_done(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("99", action="update", duplicate_field="Email")]})

    (outcome,) = await zoho.write([a_write("1", Email="family@example.org")], BATCH)

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "matched-other-record", "Email")
    assert "99" in outcome.words


async def test_a_lost_answer_leaves_every_record_of_the_batch_unknown(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", httpx2.ReadTimeout("gone"))

    outcomes = await zoho.write([a_write("1", Last_Name="A"), a_write("2", Last_Name="B")], BATCH)

    assert [outcome.state for outcome in outcomes] == [State.SENT, State.SENT]
    assert len(org.calls("POST /Contacts/upsert")) == 1


async def test_a_500_after_a_write_is_unknown_too(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", (500, {"code": "INTERNAL_ERROR", "message": "Internal Server Error"}))

    (outcome,) = await zoho.write([a_write("1", Last_Name="A")], BATCH)

    assert outcome.state is State.SENT


async def test_records_without_an_element_in_the_answer_are_unknown(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("11")]})

    first, second = await zoho.write([a_write("1", Last_Name="A"), a_write("2", Last_Name="B")], BATCH)

    assert (first.state, second.state) == (State.DONE, State.SENT)


async def test_a_refused_call_fails_each_of_its_records(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", (400, refused("INVALID_MODULE", "the module name given seems to be invalid")))

    outcomes = await zoho.write([a_write("1", Last_Name="A"), a_write("2", Last_Name="B")], BATCH)

    assert [outcome.code for outcome in outcomes] == ["INVALID_MODULE", "INVALID_MODULE"]


async def test_a_refusal_of_the_call_inside_data_is_no_element(org: Org, zoho: Zoho) -> None:
    element = refused("NOT_SUPPORTED", "not supported", resource_path_index=0)
    org.on("POST /Contacts/upsert", (400, {"data": [element]}))

    outcomes = await zoho.write([a_write("1", Last_Name="A"), a_write("2", Last_Name="B")], BATCH)

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.FAILED]


async def test_an_error_with_status_200_is_still_an_error(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", refused("INVALID_MODULE", "the module name given seems to be invalid"))

    (outcome,) = await zoho.write([a_write("1", Last_Name="A")], BATCH)

    assert (outcome.state, outcome.code) == (State.FAILED, "INVALID_MODULE")


async def test_one_record_without_a_right_fails_alone(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", (400, {"data": [refused("AUTHORIZATION_FAILED", "not allowed")]}))

    (outcome,) = await zoho.write([a_write("1", Last_Name="A")], BATCH)

    assert (outcome.state, outcome.code) == (State.FAILED, "AUTHORIZATION_FAILED")


async def test_a_record_without_a_key_is_not_sent(org: Org, zoho: Zoho) -> None:
    (outcome,) = await zoho.write([replace(a_write("1", Last_Name="A"), key_field="", key_value="")], BATCH)

    assert (outcome.state, outcome.code) == (State.FAILED, "no-key")


async def test_a_missing_right_stops_the_run(org: Org, zoho: Zoho) -> None:
    denied = refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Create_Contacts"])
    org.on("POST /Contacts/upsert", (403, denied))

    with pytest.raises(NotAuthorised) as no:
        await zoho.write([a_write("1", Last_Name="A")], BATCH)

    assert "Crm_Implied_Create_Contacts" in no.value.message


async def test_a_field_that_zoho_would_drop_in_silence_fails_its_record(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("13")]})

    unknown, fixed, fine = await zoho.write(
        [a_write("1", Nickname="A"), a_write("2", Created_Time=STAMP), a_write("3", Last_Name="C")], BATCH
    )

    assert (unknown.code, unknown.field) == ("unknown-field", "Nickname")
    assert (fixed.code, fixed.field) == ("not-writable", "Created_Time")
    assert fine.destination_id == "13"


async def test_a_key_goes_only_once_in_a_batch(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/upsert", {"data": [success("11")]})
    again = replace(a_write("1", Last_Name="B"), key=OperationKey("Z1", "patients", "1", 2))

    first, second = await zoho.write([a_write("1", Last_Name="A"), again], BATCH)

    assert first.state is State.DONE
    assert (second.state, second.code) == (State.FAILED, "duplicate-key")


async def test_what_id_brings_the_name_of_its_module(org: Org, zoho: Zoho) -> None:
    org.on("POST /Tasks", (201, {"data": [success("11")]}))

    await zoho.write([a_write("1", "Tasks", What_Id=Link("Accounts", "7"), Who_Id=Link("Contacts", "8"))], BATCH)

    sent = org.calls("POST /Tasks")[0].body["data"][0]
    assert sent["$se_module"] == "Accounts"
    assert sent["Who_Id"] == {"id": "8"}


async def test_an_update_empties_what_has_no_value(org: Org, zoho: Zoho) -> None:
    org.on("PUT /Contacts", {"data": [success("91", message="record updated")]})

    (outcome,) = await zoho.write([a_write("1", kind=Kind.UPDATE, Email=None, Interests=None, Last_Name="Lee")], BATCH)

    sent = org.calls("PUT /Contacts")[0].body
    assert sent == {"data": [{"Email": None, "Interests": [], "Last_Name": "Lee", "id": "91"}], "trigger": []}
    assert (outcome.state, outcome.created) == (State.DONE, False)


async def test_a_guarded_update_goes_alone_and_yields_to_a_person(org: Org, zoho: Zoho) -> None:
    org.on("PUT /Contacts/91", (412, refused("ALREADY_MODIFIED", "the record is already modified")))
    org.on("PUT /Contacts", {"data": [success("92")]})
    moment = datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC)
    guarded = replace(a_write("1", kind=Kind.RESTORE, Last_Name="Lee"), unless_modified_since=moment)

    first, second = await zoho.write([guarded, a_write("2", kind=Kind.RESTORE, Last_Name="Chen")], BATCH)

    assert (first.state, first.code) == (State.FAILED, "ALREADY_MODIFIED")
    assert second.state is State.DONE
    assert org.calls("PUT /Contacts/91")[0].headers["If-Unmodified-Since"] == "2026-02-03T09:00:01+00:00"


async def test_notes_name_their_parent_and_its_module(org: Org, zoho: Zoho) -> None:
    org.on("POST /Notes", (201, {"data": [success("31")]}))
    note = Write(
        OperationKey("Z12", "treatment_notes", "5"),
        "Notes",
        "",
        "[cliniko:note:5 1/1]",
        {"Note_Title": "Initial consult [cliniko:note:5 1/1]", "Note_Content": "fine"},
        parent=Link("Contacts", "11"),
    )

    (outcome,) = await zoho.write([note], BATCH)

    sent = org.calls("POST /Notes")[0].body
    assert list(sent) == ["data"]
    assert sent["data"][0]["Parent_Id"] == {"module": {"api_name": "Contacts"}, "id": "11"}
    assert outcome.destination_id == "31"


def a_file(id: str, size: int = 4) -> Write:
    return Write(
        OperationKey("Z13", "patient_attachments", id),
        "Attachments",
        "",
        id,
        {},
        parent=Link("Contacts", "11"),
        file=File(f"store-{id}", "../scan knee.pdf", size, "application/pdf", "00"),
    )


async def test_a_file_is_uploaded_under_a_name_that_holds_its_source_id(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/11/Attachments", {"data": [success("41", message="attachment uploaded successfully")]})

    (outcome,) = await zoho.write([a_file("5")], BATCH)

    raw = org.calls("POST /Contacts/11/Attachments")[0].raw
    assert re.search(rb'name="file"; filename="scan knee_cliniko-5.pdf"', raw)
    assert b"%PDF" in raw
    assert outcome.destination_id == "41"


async def test_a_file_over_the_limit_is_left_to_a_person(org: Org, zoho: Zoho) -> None:
    (outcome,) = await zoho.write([a_file("5", size=104_857_601)], BATCH)

    assert (outcome.state, outcome.code) == (State.MANUAL, "file-too-large")


async def test_files_that_went_before_a_pause_keep_their_outcome(org: Org, zoho: Zoho) -> None:
    org.on("POST /Contacts/11/Attachments", {"data": [success("41")]})
    zoho.pacer.learn("credits", 1)

    outcomes = await zoho.write([a_file("5"), a_file("6")], BATCH)

    assert sorted(outcome.state for outcome in outcomes) == [State.DONE, State.SENT]
    with pytest.raises(PausedForQuota):
        await zoho.write([a_file("6")], BATCH)


async def test_credits_are_counted_by_tens_of_records(org: Org) -> None:
    org.on(
        "POST /Contacts/upsert", lambda asked: {"data": [success(str(at)) for at, _ in enumerate(asked.body["data"])]}
    )
    zoho = connect(org)

    await zoho.describe(["Contacts"])
    before = zoho.spent().units
    await zoho.write([a_write(str(id), Last_Name="A") for id in range(95)], BATCH)

    assert zoho.spent().units - before == 10
    assert zoho.cost("Contacts", "write", 1000).units == 100
    assert zoho.cost("Contacts", "write", 1000).calls == 10
    await zoho.close()


async def test_what_zoho_says_is_left_is_believed(org: Org, zoho: Zoho) -> None:
    headers = {"X-API-CREDITS-REMAINING": "123"}
    org.on("POST /Contacts/upsert", (200, {"data": [success("1")]}, headers))

    await zoho.write([a_write("1", Last_Name="A")], BATCH)

    assert zoho.spent().remaining == 123
