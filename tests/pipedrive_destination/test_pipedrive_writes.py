"""Sending records: strict bodies, lists that are merged, refusals found before a token is spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pipedrive_company import KEY, SINGLE, Company, a_file, a_note, a_person, an_appointment, an_update, connect

from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.records import Link, Outcome, State, Write

pytestmark = pytest.mark.anyio


async def made(pipedrive: Pipedrive, write: Write) -> str:
    (outcome,) = await pipedrive.write([write], SINGLE)
    assert outcome.state is State.DONE, f"{outcome.code} {outcome.words}"
    return outcome.destination_id or ""


async def test_a_person_is_sent_in_the_vendors_form_and_seen_by_whom_it_should(
    company: Company, pipedrive: Pipedrive
) -> None:
    referral = company.a_field("persons", "Referral source", "enum", "GP", "Friend")
    interests = company.a_field("persons", "Interests", "set", "Yoga", "Pilates")
    billed = company.a_field("persons", "Total billed", "monetary")
    born = company.a_field("persons", "Date of birth", "date")
    consents = company.a_field("persons", "Consents", "enum", "Yes", "No")

    write = a_person(
        "7",
        name="Zoe O'Field",
        email="zoe@example.org",
        phone_mobile="+61 400 000 001",
        phone_home="02 9999 0000",
        org_id=Link("organizations", "9"),
        add_time=datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC),
        **{
            referral: "Friend",
            interests: ("Pilates", "Yoga"),
            billed: Decimal("1234567890123.45"),
            born: date(1980, 5, 17),
            consents: True,
        },
    )
    outcomes = await pipedrive.write([replace(write, owner_id="4712")], SINGLE)

    (sent,) = company.calls("POST /v2/persons")
    assert sent.body == {
        "name": "Zoe O'Field",
        "emails": [{"value": "zoe@example.org", "primary": True, "label": "work"}],
        "phones": [
            {"value": "+61 400 000 001", "primary": True, "label": "mobile"},
            {"value": "02 9999 0000", "primary": False, "label": "home"},
        ],
        "org_id": 9,
        "add_time": "2021-03-04T05:06:07Z",
        "owner_id": 4712,
        "visible_to": 7,
        "custom_fields": {
            KEY: "7",
            referral: 102,
            interests: [104, 103],
            billed: {"value": 1234567890123.45, "currency": "AUD"},
            born: "1980-05-17",
            consents: 105,
        },
    }
    assert b'"value":1234567890123.45' in sent.raw
    assert outcomes == [Outcome.done(write.key, "1", modified_at=datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("edition", "words", "number"),
    [
        ("ultimate", "Owner only", 1),
        ("premium", "Owner's group", 3),
        ("lite", "Whole company", 3),
        ("growth", None, 3),
        (None, "Owner only", 1),
        ("Professional", None, 7),
    ],
)
async def test_who_sees_a_record_is_said_in_the_plans_own_numbers(
    company: Company, edition: str | None, words: str | None, number: int
) -> None:
    pipedrive = connect(company, edition=edition)

    await made(pipedrive, a_person("1", visible_to=words))

    assert company.calls("POST /v2/persons")[0].body["visible_to"] == number
    await pipedrive.close()


async def test_a_group_that_the_plan_does_not_know_is_refused_and_nobody_else_sees_the_record(company: Company) -> None:
    pipedrive = connect(company, edition="lite")

    (outcome,) = await pipedrive.write([a_person("1", visible_to="Owner's group")], SINGLE)

    assert (outcome.state, outcome.field) == (State.FAILED, "visible_to")
    assert not company.live("persons")
    await pipedrive.close()


async def test_what_would_be_refused_costs_no_token_and_its_neighbours_arrive(
    company: Company, pipedrive: Pipedrive
) -> None:
    referral = company.a_field("persons", "Referral source", "enum", "GP")
    note = company.a_field("persons", "Note", "varchar")
    bad = [
        a_person("1", **{referral: "Unheard of"}),
        a_person("2", **{note: "x" * 256}),
        a_person("3", Kit_No_Such_Field="lost"),
        replace(a_person("4"), owner_id="somebody"),
    ]

    outcomes = await pipedrive.write([*bad, a_person("5")], SINGLE)

    assert [(one.state, one.field) for one in outcomes] == [
        (State.FAILED, referral),
        (State.FAILED, note),
        (State.FAILED, "Kit_No_Such_Field"),
        (State.FAILED, "owner_id"),
        (State.DONE, ""),
    ]
    assert all(one.words and one.code for one in outcomes[:4])
    assert len(company.calls("POST /v2/persons")) == 1


async def test_a_refusal_names_its_field_and_repeats_no_value(company: Company, pipedrive: Pipedrive) -> None:
    company.users[1]["active_flag"] = False
    code = company.a_field("persons", "Code", "enum", "A")
    await pipedrive.describe(["persons"])
    company.fields["personFields"][-1]["options"] = []

    outcomes = await pipedrive.write([replace(a_person("1"), owner_id="4712"), a_person("2", **{code: "A"})], SINGLE)

    assert (outcomes[0].code, outcomes[0].field) == ("ERR_SCHEMA_VALIDATION_FAILED", "owner_id")
    assert outcomes[1].field == code
    assert "User not found" in outcomes[0].words


async def test_two_of_one_key_in_a_batch_are_not_both_made(company: Company, pipedrive: Pipedrive) -> None:
    outcomes = await pipedrive.write([a_person("1"), a_person("1", name="Again")], SINGLE)

    assert [one.state for one in outcomes] == [State.DONE, State.FAILED]
    assert outcomes[1].code == "duplicate-key"
    assert len(company.live("persons")) == 1


async def test_a_record_without_our_key_is_not_sent(company: Company, pipedrive: Pipedrive) -> None:
    write = replace(a_person("1"), key_field="", key_value="")

    (outcome,) = await pipedrive.write([write], SINGLE)

    assert (outcome.state, outcome.code) == (State.FAILED, "no-key")
    assert not company.live("persons")


async def test_an_appointment_is_in_utc_with_its_length_its_person_and_no_attendees(
    company: Company, pipedrive: Pipedrive
) -> None:
    sydney = datetime.fromisoformat("2026-02-04T08:30:00+11:00")
    write = an_appointment(
        "4711",
        type="Initial Consultation",
        start=sydney,
        duration_minutes=95,
        done=True,
        person_id=Link("persons", "10"),
        location="1 Main St",
        note="<p>Did not arrive</p>",
    )

    id = await made(pipedrive, write)

    (sent,) = company.calls("POST /v2/activities")
    assert sent.body == {
        "subject": "Initial Consultation",
        "type": "initial_consultation",
        "due_date": "2026-02-03",
        "due_time": "21:30",
        "duration": "01:35",
        "done": True,
        "participants": [{"person_id": 10, "primary": True}],
        "location": {"value": "1 Main St"},
        "note": "<p>Did not arrive</p><p>Cliniko appointment: 4711</p>",
    }
    back = await pipedrive.read("activities", [id], [*write.fields, "owner_id"])
    assert back[id].fields == {**write.fields, "start": sydney, "owner_id": Link("users", "4711")}


async def test_a_patch_of_one_number_keeps_those_of_others(company: Company, pipedrive: Pipedrive) -> None:
    id = await made(pipedrive, a_person("1", phone_mobile="0400 111 222", email="old@example.org"))
    company.rows["persons"][int(id)]["phones"] += [{"value": "0299990000", "primary": False, "label": "office"}]
    company.rows["persons"][int(id)]["emails"] += [{"value": "hers@example.org", "primary": False, "label": "work"}]

    update = an_update(a_person("1"), id, phone_mobile="0400 333 444", phone_home="0311112222", email=None)
    outcomes = await pipedrive.write([update], SINGLE)

    assert outcomes[0].state is State.DONE
    row = company.rows["persons"][int(id)]
    assert row["phones"] == [
        {"value": "0400 333 444", "primary": True, "label": "mobile"},
        {"value": "0299990000", "primary": False, "label": "office"},
        {"value": "0311112222", "primary": False, "label": "home"},
    ]
    assert row["emails"] == [{"value": "hers@example.org", "primary": True, "label": "work"}]


async def test_an_update_sends_only_what_changes_and_null_empties(company: Company, pipedrive: Pipedrive) -> None:
    born = company.a_field("persons", "Date of birth", "date")
    id = await made(pipedrive, a_person("1", **{born: date(1980, 5, 17)}))
    before = len(company.asked)

    await pipedrive.write([an_update(a_person("1"), id, **{"name": "New", born: None})], SINGLE)

    (patch,) = company.asked[before:]
    assert patch.body == {"name": "New", "custom_fields": {born: None}}


async def test_what_a_person_changed_since_is_left_alone(company: Company, pipedrive: Pipedrive) -> None:
    ids = [await made(pipedrive, a_person(id)) for id in "12"]
    left = (await pipedrive.read("persons", ids, ["name"]))[ids[0]].modified_at
    company.clock.elapsed += 60
    company.rows["persons"][int(ids[0])] |= {"name": "Edited", "update_time": "2026-02-03T09:01:00Z"}

    updates = [
        replace(an_update(a_person(key), id, name="Ours"), unless_modified_since=left)
        for key, id in zip("12", ids, strict=True)
    ]
    outcomes = await pipedrive.write(updates, SINGLE)

    assert [one.state for one in outcomes] == [State.FAILED, State.DONE]
    assert outcomes[0].code == "changed-meanwhile"
    assert [company.rows["persons"][int(id)]["name"] for id in ids] == ["Edited", "Ours"]


async def test_an_update_of_what_is_gone_fails_by_itself(company: Company, pipedrive: Pipedrive) -> None:
    ids = [await made(pipedrive, a_person(id)) for id in "12"]
    await pipedrive.delete("persons", ids[:1])

    plain = [an_update(a_person(key), id, name="New") for key, id in zip("12", ids, strict=True)]
    listed = [an_update(a_person(key), id, email="n@example.org") for key, id in zip("12", ids, strict=True)]

    for updates in (plain, listed):
        assert [one.state for one in await pipedrive.write(updates, SINGLE)] == [State.FAILED, State.DONE]


async def test_other_currencies_and_other_participants_stay(company: Company, pipedrive: Pipedrive) -> None:
    product = replace(a_person("1"), object="products", key_field=company.a_field("products", "ID", "varchar"))
    product = replace(product, fields={"name": "Consult", product.key_field: "1", "price": Decimal("90.5")})
    id = await made(pipedrive, product)
    row = company.rows["products"][int(id)]
    assert row["prices"] == [{"price": 90.5, "currency": "AUD"}]
    row["prices"].append({"product_id": 1, "price": 60, "currency": "EUR", "cost": 1, "notes": ""})

    await pipedrive.write([an_update(product, id, price=Decimal(95))], SINGLE)

    assert row["prices"] == [{"price": 95, "currency": "AUD"}, {"price": 60, "currency": "EUR", "cost": 1}]
    visit = await made(pipedrive, an_appointment("1", person_id=Link("persons", "10")))
    company.rows["activities"][int(visit)]["participants"].append({"person_id": 11, "primary": False})

    await pipedrive.write([an_update(an_appointment("1"), visit, person_id=Link("persons", "12"))], SINGLE)

    participants = company.rows["activities"][int(visit)]["participants"]
    assert participants == [{"person_id": 12, "primary": True}, {"person_id": 11, "primary": False}]


async def test_a_note_keeps_author_and_time_and_its_title_is_its_first_line(
    company: Company, pipedrive: Pipedrive
) -> None:
    then = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
    write = a_note("5", "<p>S: knee &lt; hip</p>", Link("persons", "10"), owner_id="4712", add_time=then)

    id = await made(pipedrive, write)

    (sent,) = company.calls("POST /v1/notes")
    assert sent.body == {
        "content": "<p><b>Note [cliniko:treatment_notes:5 1/1]</b></p><p>S: knee &lt; hip</p>",
        "add_time": "2021-03-04 05:06:07",
        "user_id": 4712,
        "person_id": 10,
    }
    back = (await pipedrive.read("notes", [id], ["title", "content", "add_time", "owner_id"]))[id].fields
    assert back == {**write.fields, "owner_id": Link("users", "4712")}


async def test_a_note_without_an_administrators_token_is_kept_under_the_tokens_own_user(company: Company) -> None:
    company.is_admin = False
    pipedrive = connect(company)
    notes = [a_note(id, "<p>x</p>", Link("persons", "1"), owner_id="4712") for id in "12"]

    outcomes = await pipedrive.write(notes[:1], SINGLE) + await pipedrive.write(notes[1:], SINGLE)

    assert [one.state for one in outcomes] == [State.DONE] * 2
    assert ["user_id" in each.body for each in company.calls("POST /v1/notes")] == [True, False, False]
    assert len(company.live("notes")) == 2
    await pipedrive.close()


async def test_a_notes_text_is_changed_in_place_and_its_title_stays(company: Company, pipedrive: Pipedrive) -> None:
    write = a_note("5", "<p>before</p>", Link("persons", "10"))
    id = await made(pipedrive, write)
    company.rows["notes"][int(id)]["content"] = company.rows["notes"][int(id)]["content"].replace("b>", "strong>")

    await pipedrive.write([an_update(write, id, content="<p>after</p>")], SINGLE)

    content = company.rows["notes"][int(id)]["content"]
    assert content == "<p><b>Note [cliniko:treatment_notes:5 1/1]</b></p><p>after</p>"


async def test_a_note_on_nothing_is_refused(company: Company, pipedrive: Pipedrive) -> None:
    (outcome,) = await pipedrive.write([replace(a_note("5", "x", Link("persons", "1")), parent=None)], SINGLE)

    assert (outcome.state, outcome.code) == (State.FAILED, "no-parent")


async def test_a_file_goes_to_its_person_and_its_name_holds_the_sources_id(
    company: Company, pipedrive: Pipedrive
) -> None:
    id = await made(pipedrive, a_file("77", Link("persons", "10"), "O'Neill & Söhne.pdf"))

    row = company.rows["files"][int(id)]
    assert (row["person_id"], row["bytes"]) == (10, b"%PDF-1.7")
    assert row["name"] == "O'Neill & Söhne_cliniko-77.pdf"
    (file,) = (await pipedrive.read_children([Link("persons", "10")], "files"))["10"]
    assert file.fields["size_bytes"] == 8


async def test_a_file_over_the_limit_is_left_to_a_person_without_a_call(company: Company, pipedrive: Pipedrive) -> None:
    write = a_file("77", Link("persons", "10"))
    assert write.file
    large = replace(write, file=replace(write.file, size_bytes=50 * 1024 * 1024 + 1))

    (outcome,) = await pipedrive.write([large], SINGLE)

    assert (outcome.state, outcome.code) == (State.MANUAL, "file-too-large")
    assert not company.asked


@pytest.mark.parametrize("order", [("phone_home", "phone_mobile"), ("phone_mobile", "phone_home")])
async def test_the_primary_number_is_the_same_in_whatever_order_fields_come(
    company: Company, pipedrive: Pipedrive, order: tuple[str, str]
) -> None:
    """A write that comes back from the ledger has its fields by name."""
    await pipedrive.write([a_person("1", **dict.fromkeys(order, "03 5550 0001"))], SINGLE)

    (person,) = company.live("persons")
    assert [(one["label"], one["primary"]) for one in person["phones"]] == [("mobile", True), ("home", False)]
