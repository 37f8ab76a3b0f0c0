"""Insert, update, upsert, delete."""

from __future__ import annotations

from typing import Any

import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio
UNIQUE = {"unique": {"case_sensitive": False}}


def names(results: list[dict[str, Any]]) -> list[str]:
    return [result["code"] for result in results]


@pytest.mark.rule("zoho.positional", "zoho.mandatory", "zoho.mixed-status", "zoho.all-failed-status")
@pytest.mark.parametrize(
    ("switches", "mixed", "failed"),
    [({}, 207, 400), ({"mixed_status": "200", "all_failed_status": "202"}, 201, 202)],
)
async def test_every_element_has_its_answer_and_the_status_tells_how_many_failed(
    switches: dict[str, str], mixed: int, failed: int
) -> None:
    org = Org(switches=switches)
    nobody = {"First_Name": "No last name"}

    good = await org.ask("POST", "Contacts", {"data": [ADA]})
    some = await org.ask("POST", "Contacts", {"data": [nobody, ADA, nobody]})
    none = await org.ask("POST", "Contacts", {"data": [nobody]})

    assert (good.status_code, some.status_code, none.status_code) == (201, mixed, failed)
    assert names(some.json()["data"]) == ["MANDATORY_NOT_FOUND", "SUCCESS", "MANDATORY_NOT_FOUND"]
    assert some.json()["data"][2] == {
        "code": "MANDATORY_NOT_FOUND",
        "details": {"api_name": "Last_Name", "json_path": "$.data[2].Last_Name"},
        "message": "required field not found",
        "status": "error",
    }
    assert len(org.world.modules["Contacts"].table) == 2


@pytest.mark.rule("zoho.hundred")
async def test_a_write_takes_a_hundred_records(org: Org) -> None:
    hundred = [{"Last_Name": str(number)} for number in range(100)]

    assert (await org.ask("POST", "Contacts", {"data": hundred})).status_code == 201
    answer = await org.ask("POST", "Contacts", {"data": [*hundred, ADA]})
    assert (answer.status_code, answer.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert (await org.ask("POST", "Contacts", {"data": []})).json()["code"] == "INVALID_DATA"


@pytest.mark.rule("zoho.multi-errors")
async def test_several_errors_of_one_record_come_together(org: Org) -> None:
    refused = await org.refusal("Contacts", Email="x", Phone="-1")

    assert refused["code"] == "MULTIPLE_OR_MULTI_ERRORS"
    assert [error["details"]["api_name"] for error in refused["details"]["errors"]] == ["Email", "Phone", "Last_Name"]


@pytest.mark.rule("zoho.unknown-fields", "zoho.system-fields")
@pytest.mark.parametrize("what", ["ignore", "refuse"])
async def test_fields_that_cannot_be_written(what: str) -> None:
    org = Org(switches={"unknown_fields": what, "system_fields": what})
    created = "2001-01-01T00:00:00Z"

    results = await org.insert("Contacts", {**ADA, "Favourite_Colour": "red"}, {**ADA, "Created_Time": created})

    if what == "refuse":
        assert names(results) == ["INVALID_DATA", "INVALID_DATA"]
    else:
        record = await org.get("Contacts", results[1]["details"]["id"])
        assert record["Created_Time"] == "2026-02-03T10:00:00+11:00"
        assert "Favourite_Colour" not in await org.get("Contacts", results[0]["details"]["id"])


@pytest.mark.rule("zoho.layout")
async def test_a_layout_makes_its_mandatory_fields_checked(org: Org) -> None:
    layout = {"id": org.world.modules["Leads"].layout_id}

    assert (await org.insert("Leads", {"Last_Name": "Lee"}))[0]["status"] == "success"
    refused = await org.refusal("Leads", Last_Name="Lee", Layout=layout)
    await org.make("Leads", Last_Name="Lee", Company="Lee & Co", Layout=layout, Tag=[{"name": "vip"}])
    assert refused["details"]["api_name"] == "Company"
    assert (await org.refusal("Leads", **ADA, Company="x", Layout={"id": "1"}))["details"]["api_name"] == "Layout"


@pytest.mark.rule("zoho.append-values")
async def test_values_are_appended_when_asked(org: Org) -> None:
    tastes = await org.field("Contacts", "Tastes", "multiselectpicklist", pick_list_values=[{"display_value": "Sweet"}])
    id = await org.make("Contacts", **ADA, **{tastes: ["Sweet"]})

    await org.ask("PUT", f"Contacts/{id}", {"data": [{tastes: ["Sour"], "$append_values": {tastes: True}}]})
    assert (await org.get("Contacts", id))[tastes] == ["Sweet", "Sour"]
    await org.ask("PUT", f"Contacts/{id}", {"data": [{tastes: ["Salt"]}]})
    assert (await org.get("Contacts", id))[tastes] == ["Salt"]


@pytest.mark.rule("zoho.unique")
@pytest.mark.parametrize(("version", "told"), [(8, {"duplicate_record", "more_records"}), (2, set())])
async def test_a_unique_value_is_refused_and_the_first_record_named(org: Org, version: int, told: set[str]) -> None:
    key = await org.field("Tasks", "Cliniko Ref", external={"type": "org", "show": True})
    first = await org.make("Tasks", Subject="Visit", **{key: "Appt-1"})

    answer = await org.ask("POST", f"/crm/v{version}/Tasks", {"data": [{"Subject": "Again", key: "appt-1"}]})

    (refused,) = answer.json()["data"]
    assert (answer.status_code, refused["code"]) == (400, "DUPLICATE_DATA")
    assert (refused["details"]["id"], refused["details"]["api_name"]) == (first, key)
    assert refused["details"]["json_path"] == f"$.data[0].{key}"
    assert {"duplicate_record", "more_records"} & set(refused["details"]) == told


async def test_a_case_sensitive_unique_field_tells_cases_apart(org: Org) -> None:
    key = await org.field("Contacts", "Code", unique={"case_sensitive": True})
    await org.make("Contacts", **ADA, **{key: "a"})

    results = await org.insert("Contacts", {**ADA, key: "A"}, {**ADA, key: "a"})

    assert names(results) == ["SUCCESS", "DUPLICATE_DATA"]


@pytest.mark.rule("zoho.unique-in-bin")
@pytest.mark.parametrize("blocks", ["no", "yes"])
async def test_whether_a_deleted_record_holds_its_unique_value(blocks: str) -> None:
    org = Org(switches={"binned_blocks_unique": blocks})
    key = await org.field("Contacts", "Cliniko ID", **UNIQUE)
    first = await org.make("Contacts", **ADA, **{key: "1"})
    await org.ask("DELETE", f"Contacts/{first}")

    (again,) = await org.insert("Contacts", {**ADA, key: "1"})

    assert again["code"] == ("DUPLICATE_DATA" if blocks == "yes" else "SUCCESS")
    await org.ask("DELETE", f"settings/recycle_bin?ids={first}")
    (after_purge,) = await org.insert("Contacts", {**ADA, key: "1"})
    assert after_purge["code"] == ("SUCCESS" if blocks == "yes" else "DUPLICATE_DATA")


async def upsert(
    org: Org, *records: dict[str, Any], check: list[str] | None = None, **more: Any
) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"data": list(records)}
    if check is not None:
        body["duplicate_check_fields"] = check
    answer = await org.ask("POST", "Contacts/upsert", body, **more)
    results: list[dict[str, Any]] = answer.json()["data"]
    return results


@pytest.mark.rule("zoho.upsert-order")
@pytest.mark.parametrize(
    ("check", "hits"),
    [
        (["U1"], "U1"),
        (["U2"], "U2"),
        (["U1", "U2"], "U1"),
        (["U2", "U1"], "U2"),
        (["Email"], "Email"),
        (None, "Email"),
    ],
)
async def test_upsert_looks_by_the_named_fields_then_by_every_unique_one(
    org: Org, check: list[str] | None, hits: str
) -> None:
    for label in ("U1", "U2"):
        await org.field("Contacts", label, **UNIQUE)
    held = {name: await org.make("Contacts", Last_Name=name, **{name: "x@y.au"}) for name in ("Email", "U1", "U2")}
    mail = {"Email": "x@y.au"} if hits == "Email" else {}

    # values of the other fields are left out: they belong to other records, and would clash
    (done,) = await upsert(org, {"Last_Name": "Found", hits: "x@y.au", **mail}, check=check)

    assert (done["action"], done["duplicate_field"]) == ("update", hits)
    assert done["details"]["id"] == held[hits]


async def test_upsert_finds_by_an_unnamed_unique_field_when_the_named_one_is_new(org: Org) -> None:
    for label in ("U1", "U2"):
        await org.field("Contacts", label, **UNIQUE)
    first = await org.make("Contacts", Last_Name="Lee", U2="b")

    (done,) = await upsert(org, {"Last_Name": "Lee", "U1": "a", "U2": "b"}, check=["U1"])

    assert (done["duplicate_field"], done["details"]["id"]) == ("U2", first)


@pytest.mark.rule("zoho.upsert-system-field")
async def test_a_family_with_one_email_is_merged_unless_our_own_field_is_named(org: Org) -> None:
    await org.field("Contacts", "U1", **UNIQUE)
    mother = await org.make("Contacts", **ADA, U1="1")
    child = {**ADA, "First_Name": "Ben", "U1": "2"}

    (kept,) = await upsert(org, child, check=["U1"])
    assert kept["action"] == "insert"
    await org.ask("DELETE", f"Contacts/{kept['details']['id']}")
    (merged,) = await upsert(org, child)

    assert (merged["action"], merged["duplicate_field"], merged["details"]["id"]) == ("update", "Email", mother)
    assert (await org.get("Contacts", mother))["First_Name"] == "Ben"


@pytest.mark.rule("zoho.upsert-twice")
async def test_the_second_element_updates_what_the_first_made(org: Org) -> None:
    await org.field("Contacts", "U1", **UNIQUE)

    first, second = await upsert(org, {**ADA, "U1": "1"}, {**ADA, "First_Name": "Bea", "U1": "1"}, check=["U1"])

    assert (first["action"], first["message"], first["duplicate_field"]) == ("insert", "record added", None)
    assert (second["action"], second["message"]) == ("update", "record updated")
    assert first["details"]["id"] == second["details"]["id"]


@pytest.mark.rule("zoho.check-fields-in-body")
async def test_a_header_does_not_name_the_check_fields(org: Org) -> None:
    await org.field("Contacts", "U1", **UNIQUE)
    await org.make("Contacts", **ADA, U1="1")

    (done,) = await upsert(org, {**ADA, "U1": "2"}, headers={"duplicate_check_fields": "U1"})

    assert done["duplicate_field"] == "Email"


async def test_only_system_and_unique_fields_may_be_named(org: Org) -> None:
    answer = await org.ask("POST", "Contacts/upsert", {"data": [ADA], "duplicate_check_fields": ["Phone"]})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


@pytest.mark.rule("zoho.upsert-modules")
@pytest.mark.parametrize("code", ["INVALID_MODULE", "NOT_SUPPORTED"])
async def test_activities_and_notes_have_no_upsert(code: str) -> None:
    org = Org(switches={"upsert_unsupported": code})

    for module in ("Tasks", "Events", "Calls", "Notes"):
        answer = await org.ask("POST", f"{module}/upsert", {"data": [{"Subject": "x"}]})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.rule("zoho.se-module")
async def test_a_task_relates_to_a_record_of_a_named_module(org: Org) -> None:
    account, contact = await org.make("Accounts", Account_Name="Lee"), await org.make("Contacts", **ADA)
    task = {"Subject": "Visit", "What_Id": {"id": account}}

    assert (await org.refusal("Tasks", **task))["details"]["api_name"] == "$se_module"
    wrong = await org.refusal("Tasks", Subject="x", What_Id={"id": contact}, **{"$se_module": "Contacts"})
    assert wrong["details"]["api_name"] == "What_Id"
    id = await org.make("Tasks", **task, Who_Id={"id": contact}, **{"$se_module": "Accounts"})

    record = await org.get("Tasks", id)
    assert (record["What_Id"], record["$se_module"]) == ({"name": "Lee", "id": account}, "Accounts")
    assert record["Who_Id"] == {"name": "Ada Lee", "id": contact}


@pytest.mark.rule("zoho.event-participants")
async def test_an_event_takes_fifty_participants(org: Org) -> None:
    event = {"Event_Title": "Class", "Start_DateTime": "2026-02-03T09:00:00Z", "End_DateTime": "2026-02-03T10:00:00Z"}
    people = [{"type": "email", "participant": f"p{number}@x.au"} for number in range(51)]

    await org.make("Events", **event, Participants=people[:50])
    refused = await org.refusal("Events", **event, Participants=people)

    assert (refused["code"], refused["details"]["limit"]) == ("LIMIT_EXCEEDED", 50)


@pytest.mark.rule("zoho.unmodified-since")
async def test_a_record_changed_later_is_not_overwritten(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    read_at = (await org.get("Contacts", id))["Modified_Time"]
    org.pass_time(60)
    await org.admin("POST edit", {"object": "Contacts", "id": id, "fields": {"First_Name": "Adele"}})

    answer = await org.ask(
        "PUT", f"Contacts/{id}", {"data": [{"First_Name": "Ada"}]}, headers={"If-Unmodified-Since": read_at}
    )

    assert (answer.status_code, answer.json()["data"][0]["code"]) == (412, "ALREADY_MODIFIED")
    now = (await org.get("Contacts", id))["Modified_Time"]
    again = await org.ask(
        "PUT", "Contacts", {"data": [{"id": id, "First_Name": "Ada"}]}, headers={"If-Unmodified-Since": now}
    )
    assert again.status_code == 200


async def test_an_update_names_its_record_and_changes_who_and_when(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    org.pass_time(60)

    answer = await org.ask(
        "PUT", "Contacts", {"data": [{"id": id, "Phone": "1"}, {"Phone": "1"}, {"id": "9", "Phone": "1"}]}
    )

    assert names(answer.json()["data"]) == ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA"]
    details = answer.json()["data"][0]["details"]
    assert (details["Created_Time"], details["Modified_Time"]) == (
        "2026-02-03T10:00:00+11:00",
        "2026-02-03T10:01:00+11:00",
    )
    assert (await org.ask("PUT", f"Contacts/{id}", {"data": [{"Last_Name": None}]})).json()["data"][0]["code"] == (
        "MANDATORY_NOT_FOUND"
    )


@pytest.mark.rule("zoho.external")
async def test_an_external_value_stands_in_for_the_id(org: Org) -> None:
    key = await org.field("Tasks", "Cliniko Ref", external={"type": "org", "show": True})
    id = await org.make("Tasks", Subject="Visit", **{key: "appt-1"})
    header = {"X-EXTERNAL": f"Tasks.{key}"}

    assert (await org.ask("GET", "Tasks/appt-1", headers=header)).json()["data"][0]["id"] == id
    assert (await org.ask("GET", "Tasks/nothing", headers=header)).status_code == 400
    assert (await org.ask("GET", "Tasks/appt-1", headers={"X-EXTERNAL": "Tasks.Subject"})).status_code == 400
    await org.ask("PUT", "Tasks/appt-1", {"data": [{"Subject": "Moved"}]}, headers=header)
    await org.ask("PUT", "Tasks", {"data": [{key: "appt-1", "Priority": "High"}]}, headers=header)
    assert (await org.get("Tasks", id, "Subject,Priority")) == {"id": id, "Subject": "Moved", "Priority": "High"}
    gone = await org.ask("DELETE", "Tasks?ids=appt-1", headers=header)
    assert gone.json()["data"][0]["details"] == {key: "appt-1", "id": id}


@pytest.mark.rule("zoho.external-lookup")
async def test_a_lookup_is_written_by_external_value(org: Org) -> None:
    key = await org.field("Accounts", "Cliniko Ref", external={"type": "org", "show": True})
    account = await org.make("Accounts", Account_Name="Lee", **{key: "c7"})
    header = {"X-EXTERNAL": f"Contacts.Account_Name.{key}"}

    good, bad = await org.insert(
        "Contacts", {**ADA, "Account_Name": {key: "c7"}}, {**ADA, "Account_Name": {key: "c8"}}, headers=header
    )
    (without,) = await org.insert("Contacts", {**ADA, "Account_Name": {key: "c7"}})

    assert (await org.get("Contacts", good["details"]["id"]))["Account_Name"]["id"] == account
    assert bad["code"] == without["code"] == "INVALID_DATA"


async def test_an_events_relation_is_written_by_external_value(org: Org) -> None:
    key = await org.field("Accounts", "Cliniko Ref", external={"type": "org", "show": True})
    account = await org.make("Accounts", Account_Name="Lee", **{key: "c7"})

    (made,) = await org.insert(
        "Tasks",
        {"Subject": "x", "What_Id": {key: "c7"}, "$se_module": "Accounts"},
        headers={"X-EXTERNAL": f"Tasks.What_Id->Accounts.{key}"},
    )

    assert (await org.get("Tasks", made["details"]["id"]))["What_Id"]["id"] == account


@pytest.mark.rule("zoho.delete")
async def test_a_second_deletion_is_refused(org: Org) -> None:
    one, two = await org.make("Contacts", **ADA), await org.make("Contacts", **ADA)
    await org.ask("DELETE", f"Contacts/{one}?wf_trigger=false")

    answer = await org.ask("DELETE", f"Contacts?ids={one},{two}&wf_trigger=false")

    refused, done = answer.json()["data"]
    assert answer.status_code == 207
    assert (refused["code"], refused["message"]) == ("INVALID_DATA", "record not deleted")
    assert (done["message"], done["details"]) == ("record deleted", {"id": two})
    assert (await org.ask("GET", f"Contacts/{one}")).status_code == 204
    too_many = await org.ask("DELETE", "Contacts?ids=" + ",".join(["1"] * 101))
    assert too_many.json()["code"] == "LIMIT_EXCEEDED"


@pytest.mark.rule("zoho.mass-delete")
async def test_mass_deletion_takes_five_hundred_ids(org: Org) -> None:
    id = await org.make("Contacts", **ADA)

    done = await org.ask("POST", "Contacts/actions/mass_delete", {"ids": [id]})

    assert done.json()["data"][0]["message"] == "record is deleted"
    assert (await org.ask("POST", "Contacts/actions/mass_delete", {"ids": ["1"] * 501})).status_code == 400
    assert (await org.ask("POST", "Contacts/actions/mass_delete", {"cvid": "1"})).status_code == 400


async def test_half_a_batch_is_done_when_a_fault_says_so(org: Org) -> None:
    await org.sign_in()
    org.twin.faults.add("partial", method="POST", path="/crm/v8/Contacts", nth=1)

    answer = await org.ask("POST", "Contacts", {"data": [ADA, ADA, ADA, ADA]})

    assert answer.status_code == 500
    assert len(org.world.modules["Contacts"].table) == 2


async def test_a_token_dies_when_a_fault_says_so(org: Org) -> None:
    await org.sign_in()
    org.twin.faults.add("expire_token", path="/crm/", nth=1)

    assert (await org.ask("GET", "org")).json()["code"] == "INVALID_TOKEN"
    await org.sign_in()
    assert (await org.ask("GET", "org")).status_code == 200


async def test_an_invoice_needs_items_that_exist(org: Org) -> None:
    product = await org.make("Products", Product_Name="Consult", Unit_Price=90)
    invoice = {"Subject": "Visit"}

    assert (await org.refusal("Invoices", **invoice))["details"]["api_name"] == "Invoiced_Items"
    await org.refusal("Invoices", **invoice, Invoiced_Items=[{"Product_Name": {"id": "1"}}])
    id = await org.make("Invoices", **invoice, Invoiced_Items=[{"Product_Name": {"id": product}, "Quantity": 2}])

    assert (await org.get("Invoices", id))["Invoiced_Items"][0]["Quantity"] == 2


async def test_an_appointment_names_whom_it_is_for(org: Org) -> None:
    contact = await org.make("Contacts", **ADA)
    service = await org.make("Services__s", Service_Name="Consult", Duration=30)
    appointment = {
        "Appointment_Name": "First visit",
        "Service_Name": {"id": service},
        "Appointment_Start_Time": "2026-02-03T09:00:00+11:00",
        "Location": "Business Address",
    }

    id = await org.make(
        "Appointments__s", **appointment, Appointment_For={"module": {"api_name": "Contacts"}, "id": contact}
    )
    refused = await org.refusal("Appointments__s", **appointment, Appointment_For={"id": contact})

    assert (await org.get("Appointments__s", id))["Appointment_For"]["name"] == "Ada Lee"
    assert refused["details"]["api_name"] == "Appointment_For"
