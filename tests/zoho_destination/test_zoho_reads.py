"""Finding, settling and reading: nothing cut, nothing believed of a search index, nothing missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from zoho_org import (
    KEY,
    STAMP,
    Asked,
    Org,
    a_field,
    a_write,
    in_values,
    refused,
)

from gurney.destinations.zoho.destination import Zoho
from gurney.errors import NotAuthorised, VendorRefused
from gurney.records import File, Kind, Link, OperationKey, Outcome, Write
from gurney.schema import FieldType

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    org.module(
        "Contacts",
        KEY,
        a_field("Last_Name"),
        a_field("Balance", "currency"),
        a_field("Born", "date"),
        a_field("Seen_At", "datetime"),
        a_field("Interests", "multiselectpicklist"),
        a_field("Source", "picklist"),
        a_field("Big", "bigint"),
        a_field("Account_Name", "lookup", lookup={"module": {"api_name": "Accounts"}}),
        a_field("History", "textarea", textarea={"type": "rich_text"}, length=50000),
        a_field("Diagnosis", hipaa_compliance={"restricted": True, "restricted_in_export": True}),
        *(a_field(f"F{at}") for at in range(60)),
    )
    org.on("POST /coql", None)


def listing(rows: dict[str, dict[str, Any]]) -> Any:
    """A list call: the asked fields of the asked ids."""

    def reply(asked: Asked) -> Any:
        fields = asked.params["fields"].split(",")
        assert len(fields) <= 50
        ids = [id for id in asked.params["ids"].split(",") if id in rows]
        return {"data": [{"id": id, **{name: rows[id].get(name) for name in fields}} for id in ids]} if ids else None

    return reply


async def test_records_come_back_as_neutral_values(org: Org, zoho: Zoho) -> None:
    org.on(
        "GET /Contacts",
        listing(
            {
                "11": {
                    "Last_Name": "Lee",
                    "Balance": 1234567890123.45,
                    "Born": "1985-04-03",
                    "Seen_At": "2026-02-03T20:00:00+11:00",
                    "Interests": ["Yoga", "Pilates"],
                    "Source": "-None-",
                    "Big": "123456789012345678",
                    "Account_Name": {"name": "Acme", "id": "77"},
                    "Owner": {"name": "Admin", "id": "55", "email": "admin@clinic.test"},
                    "Modified_Time": STAMP,
                    "Modified_By": {"name": "Admin", "id": "55"},
                }
            }
        ),
    )
    fields = ["Last_Name", "Balance", "Born", "Seen_At", "Interests", "Source", "Big", "Account_Name", "Owner", "F1"]

    found = await zoho.read("Contacts", ["11"], fields)

    assert found["11"].fields == {
        "Last_Name": "Lee",
        "Balance": Decimal("1234567890123.45"),
        "Born": date(1985, 4, 3),
        "Seen_At": datetime(2026, 2, 3, 9, 0, tzinfo=UTC),
        "Interests": ("Yoga", "Pilates"),
        "Source": None,
        "Big": 123456789012345678,
        "Account_Name": Link("Accounts", "77"),
        "Owner": Link("Users", "55"),
        "F1": None,
    }
    assert found["11"].modified_at == datetime(2026, 2, 3, 9, 0, 1, tzinfo=UTC)
    assert found["11"].modified_by == "55"


async def test_more_than_fifty_fields_are_asked_for_in_parts_and_joined(org: Org, zoho: Zoho) -> None:
    names = [f"F{at}" for at in range(60)]
    org.on("GET /Contacts", listing({"11": dict.fromkeys(names, "x")}))

    found = await zoho.read("Contacts", ["11"], names)

    assert len(org.calls("GET /Contacts")) == 2
    assert set(found["11"].fields.values()) == {"x"}


async def test_a_thousand_records_cost_ten_calls(org: Org, zoho: Zoho) -> None:
    ids = [str(id) for id in range(1000)]
    org.on("GET /Contacts", listing({id: {"Last_Name": "Lee"} for id in ids}))

    found = await zoho.read("Contacts", ids, ["Last_Name"])

    assert len(found) == 1000
    assert len(org.calls("GET /Contacts")) == 10
    assert zoho.cost("Contacts", "read", 1000).calls >= 10


async def test_a_list_that_takes_fewer_ids_is_asked_in_halves(org: Org, zoho: Zoho) -> None:
    rows = listing({str(id): {} for id in range(200)})
    most = 50
    limit = (400, refused("LIMIT_EXCEEDED", "ids limit exceeded", limit=most))
    org.on("GET /Contacts", lambda asked: limit if asked.params["ids"].count(",") >= most else rows(asked))

    found = await zoho.read("Contacts", [str(id) for id in range(200)], ["Last_Name"])

    assert len(found) == 200


async def test_what_the_list_leaves_out_is_looked_for_once_more(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts", listing({"11": {"Last_Name": "Lee"}}))
    org.on("POST /coql", {"data": [{"id": "12", "Last_Name": "Chen"}], "info": {"count": 1, "more_records": False}})

    found = await zoho.read("Contacts", ["11", "12", "13"], ["Last_Name"])

    assert {id: back.fields["Last_Name"] for id, back in found.items()} == {"11": "Lee", "12": "Chen"}
    assert in_values(org.calls("POST /coql")[0].query) == ["12", "13"]


async def test_rich_text_that_a_list_may_have_cut_is_fetched_whole(org: Org, zoho: Zoho) -> None:
    whole = "<p>" + "x" * 3000 + "</p>"
    org.on("GET /Contacts", listing({"11": {"History": whole[:500]}, "12": {"History": "short"}}))
    org.on("GET /Contacts/actions/fetch_full_data", {"data": [{"id": "11", "History": whole}]})

    found = await zoho.read("Contacts", ["11", "12"], ["History"])

    assert found["11"].fields["History"] == whole
    assert found["12"].fields["History"] == "short"
    assert org.calls("GET /Contacts/actions/fetch_full_data")[0].params == {"ids": "11", "fields": "History"}


async def test_rich_text_comes_record_by_record_where_there_is_no_list_of_it(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts", listing({"11": {"History": "x" * 500}}))
    org.on("GET /Contacts/actions/fetch_full_data", (404, refused("INVALID_URL_PATTERN", "check the URL")))
    org.on("GET /Contacts/11/actions/fetch_full_data", {"data": [{"id": "11", "History": "x" * 900}]})

    found = await zoho.read("Contacts", ["11"], ["History"])

    assert found["11"].fields["History"] == "x" * 900


async def test_a_hidden_field_is_unreadable_not_empty(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts", listing({"11": {"Diagnosis": None, "Last_Name": None}}))

    found = await zoho.read("Contacts", ["11"], ["Diagnosis", "Last_Name"])

    assert found["11"].unreadable == {"Diagnosis"}


async def test_reading_a_module_that_is_not_there_is_an_error_not_an_absence(org: Org, zoho: Zoho) -> None:
    with pytest.raises(VendorRefused):
        await zoho.read("Locations", ["11"], ["Name"])


async def test_keys_are_found_by_whole_value_fifty_at_a_time(org: Org, zoho: Zoho) -> None:
    def reply(asked: Asked) -> Any:
        keys = in_values(asked.query)
        assert len(keys) <= 50
        return {"data": [{"id": f"9{key}", "Cliniko_ID": key} for key in keys if int(key) % 2], "info": {}}

    org.on("POST /coql", reply)

    found = await zoho.find("Contacts", "Cliniko_ID", [str(id) for id in range(120)])

    assert found == {str(id): f"9{id}" for id in range(120) if id % 2}
    assert len(org.calls("POST /coql")) == 3
    assert not [asked for asked in org.asked if "search" in asked.path]


async def test_a_query_with_more_rows_goes_on_after_the_last_id(org: Org, zoho: Zoho) -> None:
    org.on(
        "POST /coql",
        [
            {"data": [{"id": "5", "Cliniko_ID": "1"}], "info": {"more_records": True}},
            {"data": [{"id": "6", "Cliniko_ID": "2"}], "info": {"more_records": False}},
        ],
    )

    assert await zoho.find("Contacts", "Cliniko_ID", ["1", "2"]) == {"1": "5", "2": "6"}
    assert "id > '5'" in org.calls("POST /coql")[1].query


async def test_a_lost_creation_is_settled_by_our_key(org: Org, zoho: Zoho) -> None:
    org.on("POST /coql", {"data": [{"id": "11", "Cliniko_ID": "1"}], "info": {}})

    settled = await zoho.settle([a_write("1", Last_Name="A"), a_write("2", Last_Name="B")])

    assert settled == [Outcome.done(a_write("1").key, "11"), None]


async def test_a_lost_update_is_done_when_the_record_holds_its_values(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts", listing({"91": {"Balance": 12.5, "Last_Name": "Lee"}, "92": {"Balance": 0}}))
    writes = [a_write(id, kind=Kind.UPDATE, Balance=Decimal("12.50"), Last_Name="Lee ") for id in ("1", "2")]

    first, second = await zoho.settle(writes)

    assert first is not None
    assert first.destination_id == "91"
    assert second is None


def a_note(part: int, parent: str = "11") -> Write:
    reference = f"[cliniko:note:5 {part}/2]"
    return Write(
        OperationKey("Z12", "treatment_notes", "5", part),
        "Notes",
        "",
        reference,
        {"Note_Title": f"Consult {reference}", "Note_Content": "fine"},
        parent=Link("Contacts", parent),
    )


async def test_a_lost_note_is_known_by_the_reference_in_its_title(org: Org, zoho: Zoho) -> None:
    org.on(
        "GET /Contacts/11/Notes",
        {"data": [{"id": "31", "Note_Title": "Consult [cliniko:note:5 2/2]", "Note_Content": "fine"}], "info": {}},
    )

    first, second = await zoho.settle([a_note(1), a_note(2)])

    assert first is None
    assert second is not None
    assert second.destination_id == "31"


async def test_a_lost_file_is_known_by_name_and_size(org: Org, zoho: Zoho) -> None:
    file = Write(
        OperationKey("Z13", "patient_attachments", "5"),
        "Attachments",
        "",
        "5",
        {},
        parent=Link("Contacts", "11"),
        file=File("s", "scan.pdf", 4, "application/pdf", ""),
    )
    name = "scan_cliniko-5.pdf"
    org.on(
        "GET /Contacts/11/Attachments",
        {"data": [{"id": "40", "File_Name": name, "Size": "9"}, {"id": "41", "File_Name": name, "Size": "4"}]},
    )

    (settled,) = await zoho.settle([file])

    assert settled is not None
    assert settled.destination_id == "41"


async def test_notes_of_a_few_records_are_listed_by_record(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts/11/Notes", {"data": [{"id": "31", "Note_Title": "T", "Note_Content": "C"}], "info": {}})
    org.on("GET /Contacts/12/Notes", None)

    found = await zoho.read_children([Link("Contacts", "11"), Link("Contacts", "12")], "Notes")

    assert found["11"][0].fields == {"Note_Title": "T", "Note_Content": "C"}
    assert found["12"] == []


async def test_notes_of_many_records_are_walked_once(org: Org, zoho: Zoho) -> None:
    rows = [{"id": f"3{at}", "Note_Title": "T", "Parent_Id": {"id": str(at), "name": "x"}} for at in range(40)]
    first = {"data": rows[:20], "info": {"more_records": True, "next_page_token": "t2"}}
    last = {"data": rows[20:], "info": {"more_records": False}}
    org.on("GET /Notes", lambda asked: last if asked.params.get("page_token") == "t2" else first)
    parents = [Link("Contacts", str(at)) for at in range(30)]

    found = await zoho.read_children(parents, "Notes")
    await zoho.read_children(parents, "Notes")

    assert [found[str(at)][0].id for at in range(30)] == [f"3{at}" for at in range(30)]
    assert len(org.calls("GET /Notes")) == 2


async def test_notes_are_listed_by_record_where_only_administrators_may_walk(org: Org, zoho: Zoho) -> None:
    org.on("GET /Notes", (403, refused("NOT_SUPPORTED", "not supported")))
    for at in range(10):
        org.on(f"GET /Contacts/{at}/Notes", None)

    found = await zoho.read_children([Link("Contacts", str(at)) for at in range(10)], "Notes")

    assert found == {str(at): [] for at in range(10)}


async def test_files_tell_their_name_and_size_and_their_bytes(org: Org, zoho: Zoho) -> None:
    row = {"id": "41", "File_Name": "a.pdf", "Size": "4", "Modified_Time": STAMP}
    org.on("GET /Contacts/11/Attachments", {"data": [row], "info": {"more_records": False}})
    org.on("GET /Contacts/11/Attachments/41", (200, b"%PDF"))
    org.on("GET /Contacts/11/Attachments/42", None)

    found = await zoho.read_children([Link("Contacts", "11")], "Attachments")
    data = b"".join([chunk async for chunk in await zoho.read_file(Link("Contacts", "11"), "41")])

    assert found["11"][0].fields["File_Name"] == "a.pdf"
    assert found["11"][0].fields["size_bytes"] == len(data) == 4
    with pytest.raises(VendorRefused):
        [chunk async for chunk in await zoho.read_file(Link("Contacts", "11"), "42")]


async def test_counting_falls_back_on_coql(org: Org, zoho: Zoho) -> None:
    org.on("GET /Contacts/actions/count", {"count": 694})
    assert await zoho.count("Contacts") == 694

    org.on("GET /Contacts/actions/count", (401, refused("OAUTH_SCOPE_MISMATCH", "invalid oauth scope")))
    org.on("POST /coql", {"data": [{"COUNT(id)": 7}], "info": {"count": 1, "more_records": False}})
    assert await zoho.count("Contacts") == 7
    assert org.tokens_made == 1


async def test_a_missing_scope_is_named(org: Org, zoho: Zoho) -> None:
    org.on("POST /coql", (401, refused("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")))

    with pytest.raises(NotAuthorised) as no:
        await zoho.find("Contacts", "Cliniko_ID", ["1"])

    assert no.value.code == "OAUTH_SCOPE_MISMATCH"
    assert "ZohoCRM.coql.READ" in no.value.message


async def test_deleting_says_what_became_of_each(org: Org, zoho: Zoho) -> None:
    answers = [
        {"code": "SUCCESS", "details": {"id": "1"}, "message": "record deleted", "status": "success"},
        refused("INVALID_DATA", "record not deleted", id="2"),
        refused("RECORD_LOCKED", "the record is locked"),
    ]
    org.on("DELETE /Contacts", (207, {"data": answers}))

    found = await zoho.delete("Contacts", ["1", "2", "3"])

    assert found == {"1": "", "2": "", "3": "RECORD_LOCKED: the record is locked"}
    assert org.calls("DELETE /Contacts")[0].params == {"ids": "1,2,3", "wf_trigger": "false"}


async def test_files_are_deleted_through_their_record(org: Org, zoho: Zoho) -> None:
    answer = {"code": "SUCCESS", "details": {"id": "41"}, "message": "record deleted", "status": "success"}
    org.on("DELETE /Contacts/11/Attachments/41", {"data": [answer]})
    org.on("DELETE /Contacts/11/Attachments/42", (400, refused("INVALID_DATA", "invalid data")))
    org.module("Contacts", KEY)
    org.on("GET /Contacts", {"data": [{"id": "11"}], "info": {"more_records": False}})

    found = await zoho.delete("Attachments", ["41", "42"], parents=dict.fromkeys(["41", "42"], Link("Contacts", "11")))

    assert found == {"41": "", "42": ""}


async def test_what_others_hung_on_a_record_is_found(org: Org, zoho: Zoho) -> None:
    for name in ("Tasks", "Events"):
        org.module(name)
    org.on("GET /Contacts/11/Notes", {"data": [{"id": "31"}, {"id": "32"}], "info": {}})
    org.on("GET /Contacts/12/Notes", None)
    org.on("GET /Contacts/11/Attachments", None)
    org.on("GET /Contacts/12/Attachments", {"data": [{"id": "41", "File_Name": "a", "Size": "1"}], "info": {}})

    def reply(asked: Asked) -> Any:
        found = [{"id": "51", "Who_Id": {"id": "11"}}] if " Tasks " in asked.query else []
        return {"data": found, "info": {}} if found else None

    org.on("POST /coql", reply)

    assert await zoho.children_of_others("Contacts", ["11", "12"], frozenset({"31", "Attachments/41"})) == {
        "11": ["Notes/32", "Tasks/51"]
    }


async def test_both_sides_of_a_comparison_lose_what_zoho_does_not_keep(zoho: Zoho) -> None:
    def of(kind: FieldType, value: Any) -> Any:
        return zoho.comparable("Contacts", "F", kind, value)

    assert of(FieldType.MONEY, Decimal("12.349")) == of(FieldType.MONEY, Decimal("12.34"))
    assert of(FieldType.TEXT, " Lee\r\n") == "Lee"
    assert of(FieldType.MULTI_PICKLIST, ("b", "a")) == ("a", "b")
    assert zoho.comparable("Attachments", "File_Name", FieldType.TEXT, "a_cliniko-5.pdf") == "a.pdf"
    assert of(FieldType.LOOKUP, Link("Accounts", "7")) == of(FieldType.LOOKUP, Link("", "7"))


async def test_two_lost_notes_of_one_title_are_two_notes(org: Org, zoho: Zoho) -> None:
    twin = replace(a_note(1), key=OperationKey("Z12", "treatment_notes", "5", 7))
    org.on("GET /Contacts/11/Notes", {"data": [{"id": "31", "Note_Title": "[cliniko:note:5 1/2]"}], "info": {}})

    first, second = await zoho.settle([a_note(1), twin])

    assert first is not None
    assert second is None
