"""Appointments and classes: orphans, deleted ones, retired types, clock changes, marks that contradict."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from crm import Row
from harbour import Clinic, Story, linked
from planted import Case, Checks, moment

CHECKS = Checks()


@CHECKS.of("orphan_appointments")
def orphans(case: Case) -> None:
    assert set(case.ids).isdisjoint(case.crm.meetings)
    assert case.left("meetings", "source-orphan") == len(case.ids)
    assert case.listed("source-orphan")


@CHECKS.of("archived_appointments")
def archived_appointments(case: Case) -> None:
    assert set(case.ids).isdisjoint(case.crm.meetings)
    assert case.left("meetings", "archived") == len(case.ids)


@CHECKS.of("archived_appointment_type")
def archived_type(case: Case) -> None:
    for id in case.ids:
        type = case.source(linked(case.source(id), "appointment_type"), "appointment_types")
        meeting = case.crm.meetings[id]
        assert meeting["title"] == type["name"]
        assert meeting["type"] == case.crm.of("types")[type["id"]]["id"]
        assert case.crm.of("types")[type["id"]]["colour"] == type["color"]
        assert case.crm.of("types")[type["id"]]["archived"] is True


@CHECKS.of("archived_location")
def archived_location(case: Case) -> None:
    for id in case.ids:
        location = case.crm.of("locations")[linked(case.source(id), "business")]
        assert location["archived"] is True
        assert case.crm.meetings[id]["location"] == location["id"]


@CHECKS.of("future_booking_of_inactive_practitioner")
def booked_with_inactive(case: Case) -> None:
    owner = case.owner_row(case.entry["practitioner"])

    assert {case.crm.meetings[id]["owner"] for id in case.ids} == {owner["owner"]}
    assert {case.crm.meetings[id]["state"] for id in case.ids} == {"Booked"}
    assert case.listed("booked-with-inactive")


@CHECKS.of("clock_change")
def clock_change(case: Case) -> None:
    there = [case.crm.meetings[id] for id in case.ids]

    assert [row["starts_at"] for row in there] == [moment(text) for text in case.entry["starts_at"]]
    assert {row["ends_at"] - row["starts_at"] for row in there} == {timedelta(minutes=30)}
    assert case.finding("clock-change")["count"] >= 4


@CHECKS.of("contradictory_flags")
def contradictory(case: Case) -> None:
    """The one planted was cancelled beforehand, and a cancellation goes before either mark."""
    states = {True: "Cancelled", False: "Did Not Arrive"}

    assert case.crm.meetings[case.id]["state"] == states[case.source()["cancelled_at"] is not None]
    assert case.crm.meetings[case.id]["contradictory"] is True
    assert case.listed("contradictory-arrival")


@CHECKS.of("long_booking_note")
def booking_note(case: Case) -> None:
    text = case.crm.meetings[case.id]["notes"]

    assert case.source()["notes"].replace("\r\n", "\n") in text
    assert "END-BOOKING-NOTE" in text


@CHECKS.of("group_of_twelve")
def group_of_twelve(case: Case) -> None:
    tasks = [case.crm.of("attendances")[id] for id in case.entry["attendees"]]
    patients = [case.patient(linked(case.source(id, "attendees"), "patient"))["id"] for id in case.entry["attendees"]]

    assert case.crm.meetings[case.id]["attendee_count"] in (10, 12)
    assert Counter(row["state"] for row in tasks) == {
        "Arrived": 7, "Did Not Arrive": 2, "Unmarked": 1, "Cancelled": 2,
    }  # fmt: skip
    assert {row["class_id"] for row in tasks} == {case.id}
    assert sum(row["class_id"] == case.id for row in case.crm.of("attendances").values()) == 12
    assert [row["patient"] for row in tasks] == patients


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
