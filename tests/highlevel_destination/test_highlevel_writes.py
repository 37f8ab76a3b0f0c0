"""Writing: identity by our key alone, relatives who share an address, links, statuses, owners, guards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from highlevel_location import (
    INVOICE,
    SINGLE,
    START,
    Location,
    a_note,
    a_patient,
    an_appointment,
    an_invoice,
    an_update,
)
from ruamel.yaml import YAML

from gurney.destinations.highlevel.destination import HighLevel
from gurney.records import Kind, Link, Outcome, State, Write

pytestmark = pytest.mark.anyio


async def written(highlevel: HighLevel, *writes: Write) -> list[str]:
    outcomes = await highlevel.write(writes, SINGLE)
    assert [one.state for one in outcomes] == [State.DONE] * len(writes), outcomes
    return [one.destination_id or "" for one in outcomes]


async def one(highlevel: HighLevel, write: Write) -> Outcome:
    (outcome,) = await highlevel.write([write], SINGLE)
    return outcome


async def test_a_family_that_shares_its_address_and_number_stays_a_family(
    location: Location, highlevel: HighLevel
) -> None:
    shared = {"email": "Family@Example.org", "phone": "0491 570 156"}

    ids = await written(highlevel, *(a_patient(id, **shared) for id in "123"))

    assert len(set(ids)) == len(location.contacts) == 3
    assert sorted(str(row.get("email") or "") for row in location.contacts.values()) == ["", "", "family@example.org"]
    beside = [location.custom(row, "email_as_in_cliniko") for row in location.contacts.values()]
    assert beside.count("Family@Example.org") == 2
    assert not location.calls("upsert")


async def test_what_stands_beside_is_read_as_the_field_itself(location: Location, highlevel: HighLevel) -> None:
    ids = await written(highlevel, *(a_patient(id, email="family@example.org", phone="0491 570 156") for id in "12"))

    read = await highlevel.read("contacts", ids, ["email", "phone"])

    assert [read[id].fields["email"] for id in ids] == ["family@example.org"] * 2
    phones = [read[id].fields["phone"] for id in ids]
    assert {highlevel.comparable("contacts", "phone", None, phone) for phone in phones} == {"+61491570156"}  # type: ignore[arg-type]


async def test_a_new_address_of_ones_own_takes_the_place_of_what_stood_beside(
    location: Location, highlevel: HighLevel
) -> None:
    _, second = await written(highlevel, *(a_patient(id, email="family@example.org") for id in "12"))

    await highlevel.write([an_update(a_patient("2"), second, email="own@example.org")], SINGLE)

    assert location.contacts[second]["email"] == "own@example.org"
    assert location.custom(location.contacts[second], "email_as_in_cliniko") is None


async def test_where_duplicates_are_allowed_everybody_has_the_vendors_own_field(
    location: Location, highlevel: HighLevel
) -> None:
    location.allows_duplicates = True

    await written(highlevel, *(a_patient(id, email="family@example.org") for id in "12"))

    assert [row["email"] for row in location.contacts.values()] == ["family@example.org"] * 2


async def test_what_is_no_number_goes_beside_and_costs_no_refusal(location: Location, highlevel: HighLevel) -> None:
    (id,) = await written(highlevel, a_patient("1", phone="ask reception"))

    assert "phone" not in location.contacts[id]
    assert location.custom(location.contacts[id], "phone_as_in_cliniko") == "ask reception"
    assert len(location.calls("POST /contacts")) == 1


async def test_without_a_field_beside_the_vendors_refusal_is_told_without_the_address(
    location: Location, highlevel: HighLevel
) -> None:
    location.fields = [one for one in location.fields if "as_in_cliniko" not in one["fieldKey"]]
    await written(highlevel, a_patient("1", email="family@example.org"))

    outcome = await one(highlevel, a_patient("2", email="family@example.org"))

    assert (outcome.state, outcome.code) == (State.FAILED, "duplicate")
    assert "family" not in outcome.words


async def test_an_invoice_takes_option_keys_its_currency_and_a_link(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await written(highlevel, a_patient("1"))

    (id,) = await written(highlevel, an_invoice("9", patient, state="Paid", total=Decimal("90.50")))

    assert location.records[INVOICE][id]["properties"] | {"name": ""} == {
        "name": "", "cliniko_invoice_id": "9", "state": "paid", "total": {"currency": "default", "value": 90.5},
    }  # fmt: skip
    assert [(row["firstRecordId"], row["secondRecordId"]) for row in location.relations] == [(patient, id)]


async def test_a_record_whose_link_finds_its_side_full_is_there_all_the_same(
    location: Location, highlevel: HighLevel
) -> None:
    location.side = 1_000
    (patient,) = await written(highlevel, a_patient("1"))
    others = [{"id": f"r{number}", "associationId": "A1", "firstRecordId": patient, "secondRecordId": f"o{number}"}
              for number in range(1_000)]  # fmt: skip
    location.relations += others

    (id,) = await written(highlevel, an_invoice("9", patient))

    expected = {id: {"patient": Link("contacts", patient)}}
    read = await highlevel.read(INVOICE, [id], ["patient", "name"], expected=expected)
    assert read[id].fields == {"patient": None, "name": "Invoice 9"}
    assert read[id].unreadable == {"patient"}


async def test_a_side_that_was_full_stays_so_while_a_rollback_empties_it(
    location: Location, highlevel: HighLevel
) -> None:
    location.side = 1_000
    (patient,) = await written(highlevel, a_patient("1"))
    ids = await written(highlevel, *(an_invoice(f"i{number}", patient) for number in range(60)))
    told = [(f"r{number}", f"o{number}") for number in range(940)]
    location.relations += [
        {"id": id, "associationId": "A1", "firstRecordId": patient, "secondRecordId": other} for id, other in told
    ]
    (last,) = await written(highlevel, an_invoice("last", patient))
    expected = {id: {"patient": Link("contacts", patient)} for id in [*ids, last]}
    await highlevel.read(INVOICE, ids, ["patient"], expected=expected)
    location.relations.clear()

    read = await highlevel.read(INVOICE, [last], ["patient"], expected=expected)

    assert read[last].unreadable == {"patient"}


async def test_a_link_that_somebody_removed_is_no_full_side(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await written(highlevel, a_patient("1"))
    (id,) = await written(highlevel, an_invoice("9", patient))
    location.relations.clear()

    read = await highlevel.read(INVOICE, [id], ["patient"], expected={id: {"patient": Link("contacts", patient)}})

    assert read[id].fields == {"patient": None}
    assert not read[id].unreadable


async def test_changing_a_lookup_leads_it_elsewhere_and_nowhere_else(location: Location, highlevel: HighLevel) -> None:
    first, second = await written(highlevel, a_patient("1"), a_patient("2"))
    (id,) = await written(highlevel, an_invoice("9", first))

    await highlevel.write([an_update(an_invoice("9", first), id, patient=Link("contacts", second))], SINGLE)

    assert [row["firstRecordId"] for row in location.relations] == [second]


async def test_an_option_that_is_not_there_is_refused_before_anything_is_sent(
    location: Location, highlevel: HighLevel
) -> None:
    outcome = await one(highlevel, a_patient("1", choice="Up"))

    assert (outcome.code, outcome.field) == ("unknown-option", "choice")
    assert not location.contacts


async def test_an_unknown_field_fails_its_record_alone(location: Location, highlevel: HighLevel) -> None:
    outcomes = await highlevel.write([a_patient("1"), a_patient("2", nonsense="x")], SINGLE)

    assert [one.state for one in outcomes] == [State.DONE, State.FAILED]


async def test_nobody_is_told_of_an_appointment_and_no_slot_need_be_free(
    location: Location, highlevel: HighLevel
) -> None:
    (patient,) = await written(highlevel, a_patient("1"))

    await written(highlevel, an_appointment("5", patient))

    (asked,) = location.calls("POST /calendars/events/appointments")
    assert asked.headers["version"] == "2021-04-15"
    assert (asked.body["toNotify"], asked.body["ignoreFreeSlotValidation"]) == (False, True)
    assert asked.body["calendarId"] == "C1"


async def test_a_changed_appointment_keeps_its_status_and_its_key(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await written(highlevel, a_patient("1"))
    (id,) = await written(highlevel, an_appointment("5", patient, status="noshow", description="Knee"))

    await highlevel.write([an_update(an_appointment("5", patient), id, description="Hip")], SINGLE)

    row = location.appointments[id]
    assert row["appointmentStatus"] == "noshow"
    assert row["description"] == "Hip\nCliniko appointment: 5"


async def test_a_practitioner_who_is_not_in_the_team_joins_a_calendar_of_ours_once(
    location: Location, highlevel: HighLevel
) -> None:
    (patient,) = await written(highlevel, a_patient("1"))

    visits = [replace(an_appointment(id, patient), owner_id="U2") for id in "56"]
    await written(highlevel, *visits)

    assert [one["userId"] for one in location.calendars[0]["teamMembers"]] == ["U1", "U2"]
    assert len(location.calls("PUT /calendars/")) == 1


@pytest.mark.parametrize("stranger", ["somebody", "U3"])
async def test_a_stranger_and_one_who_left_join_no_team(
    location: Location, highlevel: HighLevel, stranger: str
) -> None:
    (patient,) = await written(highlevel, a_patient("1"))

    outcome = await one(highlevel, replace(an_appointment("5", patient), owner_id=stranger))

    assert outcome.state is State.FAILED
    assert not location.calls("PUT /calendars/")


async def test_a_note_has_its_author_and_is_known_with_its_contact(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await written(highlevel, a_patient("1"))

    (id,) = await written(highlevel, a_note("7", patient, owner_id="U2"))

    assert id == f"{patient}/{location.notes[patient][0]['id']}"
    assert location.notes[patient][0]["userId"] == "U2"
    read = await highlevel.read("notes", [id], ["title", "body"])
    assert read[id].fields["body"] == "<p>Fine.</p>"


async def test_an_update_that_minds_others_leaves_what_was_changed_meanwhile(
    location: Location, highlevel: HighLevel
) -> None:
    (id,) = await written(highlevel, a_patient("1"))
    guard = replace(an_update(a_patient("1"), id, city="Hobart"), unless_modified_since=START - timedelta(hours=1))

    outcome = await one(highlevel, guard)

    assert outcome.code == "changed-meanwhile"
    assert "city" not in location.contacts[id]


async def test_two_of_one_key_in_a_batch_make_one(location: Location, highlevel: HighLevel) -> None:
    outcomes = await highlevel.write([a_patient("1"), a_patient("1")], SINGLE)

    assert [one.state for one in outcomes] == [State.DONE, State.FAILED]
    assert len(location.contacts) == 1


async def test_a_birthday_is_read_as_a_day(location: Location, highlevel: HighLevel) -> None:
    (id,) = await written(highlevel, a_patient("1", dateOfBirth=date(1984, 2, 29)))
    location.contacts[id]["dateOfBirth"] += "T00:00:00.000Z"

    read = await highlevel.read("contacts", [id], ["dateOfBirth"])

    assert read[id].fields["dateOfBirth"] == date(1984, 2, 29)


async def test_do_not_disturb_is_set_for_one_channel(location: Location, highlevel: HighLevel) -> None:
    (id,) = await written(highlevel, a_patient("1", dnd_email=True, dnd_sms=False))

    assert location.contacts[id]["dndSettings"] == {"Email": {"status": "active"}, "SMS": {"status": "inactive"}}


async def test_a_link_sets_a_lookup_whose_target_came_later(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await written(highlevel, a_patient("1"))
    (id,) = await written(highlevel, replace(an_invoice("9", patient), fields={"cliniko_invoice_id": "9"}))

    link = an_update(an_invoice("9", patient), id, kind=Kind.LINK, patient=Link("contacts", patient))
    await written(highlevel, link)

    assert len(location.relations) == 1


async def test_a_record_whose_link_leads_nowhere_is_taken_away_again(location: Location, highlevel: HighLevel) -> None:
    outcome = await one(highlevel, an_invoice("9", "no-such-contact"))

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "link-gone", "patient")
    assert not location.records[INVOICE]


async def test_a_record_that_could_not_be_taken_away_again_is_settled_later(
    location: Location, highlevel: HighLevel
) -> None:
    for _ in range(10):
        location.disturb("DELETE /objects", "drop-before")
    write = an_invoice("9", "no-such-contact")

    first = await one(highlevel, write)
    location.calm()
    settled = await highlevel.settle([write])

    assert first.state is State.SENT
    assert settled == [None]
    assert not location.records[INVOICE]


async def test_changing_one_channel_keeps_what_another_said(location: Location, highlevel: HighLevel) -> None:
    (id,) = await written(highlevel, a_patient("1", dnd_email=True, dnd_sms=True))

    await highlevel.write([an_update(a_patient("1"), id, dnd_sms=False)], SINGLE)

    assert location.contacts[id]["dndSettings"] == {"Email": {"status": "active"}, "SMS": {"status": "inactive"}}


async def test_an_update_to_a_relatives_address_and_number_puts_both_beside(
    location: Location, highlevel: HighLevel
) -> None:
    shared = {"email": "family@example.org", "phone": "0491 570 156"}
    _, second = await written(highlevel, a_patient("1", **shared), a_patient("2"))

    outcome = await one(highlevel, an_update(a_patient("2"), second, **shared))

    assert outcome.state is State.DONE
    beside = [location.custom(location.contacts[second], f"{name}_as_in_cliniko") for name in ("email", "phone")]
    assert beside == ["family@example.org", "+61491570156"]


async def test_what_stays_with_its_contact_is_not_said_to_have_moved(location: Location, highlevel: HighLevel) -> None:
    one_of, other = await written(highlevel, a_patient("1"), a_patient("2"))
    (id,) = await written(highlevel, an_appointment("5", one_of))

    outcome = await one(highlevel, an_update(an_appointment("5", one_of), id, contact=Link("contacts", other)))

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "not-movable", "contact")
    same = await one(
        highlevel, an_update(an_appointment("5", one_of), id, contact=Link("contacts", one_of), title="Again")
    )
    assert same.state is State.DONE


def test_the_mapping_makes_anew_what_cannot_move() -> None:
    mapping = YAML(typ="safe").load(files("gurney.destinations.highlevel").joinpath("mapping.yaml").read_bytes())
    hung = [entry for entry in mapping["maps"] if entry["to"] in ("appointments", "tasks", "invoices")]

    assert [entry["map"] for entry in hung if not entry.get("parent")] == []
    assert len(hung) == 4
