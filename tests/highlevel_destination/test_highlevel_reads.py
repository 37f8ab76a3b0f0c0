"""Reading back: right at once, a hundred a call where that is proven, missing ones left out; counting, deleting."""

from __future__ import annotations

import pytest
from highlevel_location import INVOICE, SINGLE, Location, a_note, a_patient, an_appointment, an_invoice, connect

from gurney.destinations.highlevel.destination import HighLevel
from gurney.records import Link, Write

pytestmark = pytest.mark.anyio


async def made(highlevel: HighLevel, *writes: Write) -> list[str]:
    return [one.destination_id or "" for one in await highlevel.write(writes, SINGLE)]


async def test_contacts_are_read_right_after_they_were_written(location: Location, highlevel: HighLevel) -> None:
    ids = await made(highlevel, a_patient("1", firstName="Ana"), a_patient("2"))

    read = await highlevel.read("contacts", [*ids, "id99999"], ["firstName", "cliniko_patient_id"])

    assert list(read) == ids
    assert read[ids[0]].fields == {"firstName": "Ana", "cliniko_patient_id": "1"}


async def test_many_records_come_by_pages_with_their_links(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    ids = await made(highlevel, *(an_invoice(f"i{number}", patient) for number in range(250)))
    before = len(location.asked)

    read = await highlevel.read(
        INVOICE, ids, ["name", "patient"], expected={id: {"patient": Link("contacts", patient)} for id in ids}
    )

    assert {record.fields["patient"] for record in read.values()} == {Link("contacts", patient)}
    assert len(read) == 250
    assert len(location.asked) - before <= 4


async def test_a_record_that_pages_do_not_show_is_read_by_itself(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    ids = await made(highlevel, *(an_invoice(f"i{number}", patient) for number in range(10)))
    await highlevel.read(INVOICE, ids, ["name"])
    location.records[INVOICE][ids[3]]["changed"] = location.clock.elapsed
    del location.records[INVOICE][ids[4]]
    await highlevel.delete(INVOICE, [ids[4]])
    location.records[INVOICE][ids[3]]["changed"] = location.clock.elapsed + 100

    read = await highlevel.read(INVOICE, ids, ["name"])

    assert set(ids) - set(read) == {ids[4]}


async def test_what_a_process_that_ended_had_deleted_is_not_read(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    ids = await made(highlevel, *(an_invoice(f"i{number}", patient) for number in range(10)))
    await location.clock.sleep(60)
    await highlevel.delete(INVOICE, ids[:2])
    successor = connect(location)

    read = await successor.read(INVOICE, ids, ["name"])
    await successor.close()

    assert set(read) == set(ids[2:])


async def test_appointments_come_by_calendar_and_month(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    writes = [an_appointment(f"a{number}", patient) for number in range(20)]
    ids = await made(highlevel, *writes)
    before = len(location.asked)
    expected = {id: write.fields for id, write in zip(ids, writes, strict=True)}

    read = await highlevel.read("appointments", ids, list(writes[0].fields), expected=expected)

    assert [read[id].fields for id in ids] == [dict(write.fields) for write in writes]
    assert len(location.asked) - before == 1


async def test_an_appointment_that_somebody_moved_is_found_by_its_id(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    writes = [an_appointment(f"a{number}", patient) for number in range(6)]
    ids = await made(highlevel, *writes)
    location.appointments[ids[2]]["startTime"] = "2025-06-03T09:30:00+10:00"
    expected = {id: write.fields for id, write in zip(ids, writes, strict=True)}

    read = await highlevel.read("appointments", ids, ["start"], expected=expected)

    assert len(read) == 6
    assert str(read[ids[2]].fields["start"]) == "2025-06-02 23:30:00+00:00"


async def test_counting_waits_for_the_search(location: Location, highlevel: HighLevel) -> None:
    await made(highlevel, a_patient("1"), a_patient("2"))

    assert await highlevel.count("contacts") == 2


async def test_deleting_twice_does_no_harm(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    objects = {"notes": a_note("1", patient), "appointments": an_appointment("2", patient)}
    objects[INVOICE] = an_invoice("3", patient)
    ids = {object: (await made(highlevel, write))[0] for object, write in objects.items()}
    ids["contacts"] = patient

    for _ in range(2):
        for object, id in ids.items():
            assert await highlevel.delete(object, [id]) == {id: ""}


async def test_what_others_hung_on_a_contact_is_named(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    (note,) = await made(highlevel, a_note("1", patient))
    location.notes[patient].append({"id": "theirs", "body": "call back"})
    location.tasks[patient] = [{"id": "todo"}]

    others = await highlevel.children_of_others("contacts", [patient], frozenset({f"notes/{note}"}))

    assert others == {patient: [f"notes/{patient}/theirs", f"tasks/{patient}/todo"]}


async def test_appointments_are_found_by_their_key_on_any_calendar(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    (id,) = await made(highlevel, an_appointment("5", patient, description="Knee"))

    found = await highlevel.find("appointments", "cliniko_appointment_id", ["5", "6"])

    assert found == {"5": id}


async def test_what_was_just_written_is_found_and_what_was_deleted_is_not(
    location: Location, highlevel: HighLevel
) -> None:
    one, other = await made(highlevel, a_patient("1"), a_patient("2"))

    found = await highlevel.find("contacts", "cliniko_patient_id", ["1", "2", "3"])
    await highlevel.delete("contacts", [other])
    left = await highlevel.find("contacts", "cliniko_patient_id", ["1", "2"])

    assert (found, left) == ({"1": one, "2": other}, {"1": one})


async def test_keys_that_this_process_never_wrote_are_looked_for_at_once(
    location: Location, highlevel: HighLevel
) -> None:
    await made(highlevel, a_patient("1"))
    before = location.clock.elapsed

    assert await highlevel.find("contacts", "cliniko_patient_id", ["2"]) == {}

    assert location.clock.elapsed < before + 1


async def test_who_reads_records_again_gets_them_by_pages_again(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    ids = await made(highlevel, *(an_invoice(str(number), patient) for number in range(150)))
    await highlevel.read(INVOICE, ids[:20], ["name"])
    await highlevel.read(INVOICE, ids, ["name"])

    assert len(location.calls("POST /objects/.*/search")) == 1 + 2
    assert not location.calls("GET /objects/.*/records/")


async def test_appointments_are_counted_by_their_calendars(location: Location, highlevel: HighLevel) -> None:
    (patient,) = await made(highlevel, a_patient("1"))
    await made(highlevel, *(an_appointment(str(number), patient) for number in range(3)))

    assert await highlevel.count("appointments") == 3
