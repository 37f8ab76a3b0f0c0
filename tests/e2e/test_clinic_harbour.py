"""Every oddity planted in the sample clinic, and what a right migration makes of it (its manifest's `expect`)."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatch
from typing import Any

import pytest
from harbour import FALLBACK, FOLDER, Clinic, Crm, Row, Story, linked

pytestmark = pytest.mark.xdist_group("harbour")

PHONES = ("Mobile", "Home_Phone", "Phone", "Other_Phone", "Fax", "Cliniko_Phones_Raw", "Cliniko_Other_Phones")
STANDARD = {"Email", "Status", "Lead_Source", "Owner", "id"}
MANIFEST = FOLDER / "manifest.json"
PLANTED: list[Row] = json.loads(MANIFEST.read_bytes())["planted"] if MANIFEST.exists() else []


@dataclass(frozen=True)
class Case:
    """One planted entry with both sides."""

    entry: Row
    clinic: Clinic
    story: Story

    @property
    def ids(self) -> list[str]:
        return self.entry["ids"]

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def crm(self) -> Crm:
        return self.story.there

    def source(self, id: str = "", resource: str = "") -> Row:
        return self.clinic.rows(resource or self.entry["resource"])[id or self.id]

    def patient(self, id: str = "") -> Row:
        return self.crm.patients[id or self.id]

    def finding(self, code: str, object: str = "") -> Row:
        """The audit's finding of this kind."""
        object = object or self.entry["resource"]
        rows = [row for row in self.story.report("audit")["quality"] if (row["code"], row["object"]) == (code, object)]
        assert rows, f"the audit does not say {code} of {object}"
        return {"count": sum(row["count"] for row in rows), "ids": [id for row in rows for id in row["ids"]]}

    def listed(self, code: str, object: str = "", ids: Iterable[str] = ()) -> bool:
        """Whether the audit lists these records; it names at most 50 ids and counts all."""
        found = self.finding(code, object)
        return set(ids or self.ids) <= set(found["ids"]) or found["count"] > len(found["ids"])

    def left(self, what: str) -> int:
        """How many the reconciliation says stayed behind for this reason."""
        return sum(row["count"] for row in self.story.report("reconcile")["not_migrated"] if row["what"] == what)

    def owner_row(self, id: str) -> Row:
        return next(row for row in self.story.report("plan")["owners"] if row["practitioner_id"] == id)

    def field_of(self, token: str) -> list[Row]:
        """The field maps of one of the clinic's own patient fields."""
        maps = {row["map"]: row for row in self.story.report("plan")["maps"]}
        return [row for row in maps["Z1"]["fields"] if row["source"] == f"custom_fields.{token}"]


Check = Callable[[Case], None]
CHECKS: dict[str, Check] = {}


def of(*patterns: str) -> Callable[[Check], Check]:
    """Register a check for keys of the manifest; `*` stands for any words."""

    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(patterns, check))
        return check

    return register


def check_of(key: str) -> Check:
    if key in CHECKS:
        return CHECKS[key]
    found = [check for pattern, check in CHECKS.items() if fnmatch(key, pattern)]
    assert len(found) == 1, f"the expectation {key} has {len(found)} checks"
    return found[0]


@pytest.mark.parametrize("entry", PLANTED, ids=lambda entry: f"{entry['key']}-{entry['ids'][0]}")
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    check_of(entry["key"])(Case(entry, clinic, story))


def test_every_check_has_something_to_check(clinic: Clinic) -> None:
    keys = {entry["key"] for entry in clinic.manifest["planted"]}

    assert [pattern for pattern in CHECKS if not any(fnmatch(key, pattern) for key in keys)] == []


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cents(amount: object) -> int:
    return int((Decimal(str(amount)) * 100).to_integral_exact())


# ------------------------------------------------------------------------------------------------ totals


def test_the_audit_counts_what_the_manifest_counts(clinic: Clinic, story: Story) -> None:
    counts = clinic.manifest["counts"]

    for row in story.report("audit")["inventory"]:
        assert row["total"] == counts[row["object"]]["total"], row["object"]


def test_every_record_is_in_the_crm_or_counted_as_left(clinic: Clinic, story: Story) -> None:
    counts = {name: count["total"] for name, count in clinic.manifest["counts"].items()}
    crm = story.there

    assert len(crm.patients) == counts["patients"] - clinic.manifest["totals"]["patients_merged"]
    assert len(crm.contacts) + len(crm.payers) == counts["contacts"]
    assert len(crm.locations) == counts["businesses"]
    assert len(crm.types) == counts["appointment_types"]
    assert len(crm.rows("Products")) == counts["products"] + counts["billable_items"]
    assert len(crm.rows("Events")) == counts["individual_appointments"] - 4 - 2 + counts["group_appointments"]
    assert len(crm.invoices) == counts["invoices"] - 1
    assert len(crm.noted("treatment_notes")) == counts["treatment_notes"] - 1
    assert len(crm.noted("patient_forms")) == counts["patient_forms"]
    assert len(crm.files) == len(crm.rows("Attachments")) == counts["patient_attachments"] - 3


def test_invoices_add_up_to_the_cent(clinic: Clinic, story: Story) -> None:
    totals = clinic.manifest["totals"]
    there = list(story.there.invoices.values())
    statuses = Counter(row["Invoice_Status"] for row in there)

    assert sum(cents(row["Total_Amount"]) for row in there) == totals["invoice_total_cents_not_archived"]
    assert sum(cents(row["Tax_Amount"]) for row in there) == totals["invoice_tax_cents"]
    assert sum(cents(row["Lifetime_Billed"] or 0) for row in story.there.patients.values()) == sum(
        cents(row["Total_Amount"]) for row in there
    )
    assert (statuses["Open"], statuses["Closed"]) == (totals["invoices_status_10"], totals["invoices_status_30"])
    assert (statuses["Paid"], statuses["Open credit"]) == (
        totals["invoices_status_20"] - 1,
        totals["invoices_status_40"],
    )


def test_each_invoice_has_its_amount(clinic: Clinic, story: Story) -> None:
    wrong = [
        id
        for id, row in story.there.invoices.items()
        if cents(row["Total_Amount"]) != cents(clinic.rows("invoices")[id]["total_amount"])
    ]

    assert wrong == []


def test_states_of_appointments_add_up(clinic: Clinic, story: Story) -> None:
    totals = clinic.manifest["totals"]
    single = [row for id, row in story.there.meetings.items() if id in clinic.rows("individual_appointments")]
    states = Counter(row["Appointment_State"] for row in single)
    came_but_gone = Counter(
        {"Arrived": len(next(row["ids"] for row in PLANTED if row["key"] == "orphan_appointments"))}
    )

    assert states + came_but_gone == Counter(
        {
            "Arrived": totals["individual_appointments_arrived"]
            + totals["individual_appointments_arrived_by_evidence"],
            "Did Not Arrive": totals["individual_appointments_did_not_arrive"],
            "Cancelled": totals["individual_appointments_cancelled"],
            "Booked": totals["individual_appointments_booked_future"],
            "Unmarked": totals["individual_appointments_past_unmarked"],
        }
    )


def test_every_appointment_has_its_instants(clinic: Clinic, story: Story) -> None:
    wrong = [
        id
        for id, row in story.there.meetings.items()
        for source in [clinic.rows("individual_appointments").get(id) or clinic.rows("group_appointments")[id]]
        if moment(row["Start_DateTime"]) != moment(source["starts_at"])
        or moment(row["End_DateTime"]) != moment(source["ends_at"])
    ]

    assert wrong == []


def test_every_file_has_its_bytes(clinic: Clinic, story: Story) -> None:
    files = {row["id"]: row for row in clinic.manifest["files"] + clinic.manifest["files_generated"]}

    assert {id: (row["sha256"], row["size"]) for id, row in story.there.files.items()} == {
        id: (files[id]["sha256"], files[id]["size"]) for id in story.there.files
    }


# ------------------------------------------------------------------------------------------------ practitioners


def meetings_of(case: Case, practitioner: str) -> list[Row]:
    return [row for row in case.crm.rows("Events") if row["Practitioner_ID"] == practitioner]


@of(
    "practitioner_without_user",
    "practitioner_user_blank_email",
    "practitioner_user_deleted",
    "practitioner_user_inactive",
)
def unmatched_practitioner(case: Case) -> None:
    codes = {
        "practitioner_without_user": "no-user",
        "practitioner_user_blank_email": "user-without-email",
        "practitioner_user_deleted": "user-gone",
        "practitioner_user_inactive": "user-inactive",
    }
    unmatched = {row["id"]: row for row in case.story.report("audit")["unmatched"]}
    meetings = meetings_of(case, case.id)

    assert unmatched[case.id]["active"] is case.source()["active"]
    assert case.listed(codes[case.entry["key"]])
    assert (case.owner_row(case.id)["how"], case.owner_row(case.id)["owner"]) == ("fallback", FALLBACK)
    assert {row["Owner"]["email"] for row in meetings} == {FALLBACK}
    assert {row["Practitioner_Name"] for row in meetings} == {case.owner_row(case.id)["name"]}


def owned_by(case: Case, practitioner: str) -> set[str]:
    return {row["Owner"]["email"] for row in meetings_of(case, practitioner)}


@of("practitioners_shared_email")
def shared_email(case: Case) -> None:
    names = {name for id in case.ids for name in {row["Practitioner_Name"] for row in meetings_of(case, id)}}

    assert [owned_by(case, id) for id in case.ids] == [{"frontdesk@harbour.example.org"}] * 2
    assert case.listed("shared-user-email")
    assert len(names) == 2


@of("practitioner_returned")
def returned(case: Case) -> None:
    for id in case.ids:
        expected = Counter(
            linked(row, "practitioner")
            for kind in ("individual_appointments", "group_appointments")
            for row in case.clinic.rows(kind).values()
            if row["id"] in case.crm.meetings
        )
        assert owned_by(case, id) == {"grace.jones@harbour.example.org"}
        assert len(meetings_of(case, id)) == expected[id] > 0


@of("practitioner_accents")
def accents(case: Case) -> None:
    assert case.owner_row(case.id)["how"] == "matched"
    assert owned_by(case, case.id) == {"jose.oconnell+physio@harbour.example.org"}
    assert {row["Practitioner_Name"] for row in meetings_of(case, case.id)} == {"José-María O’Connell y Núñez"}


@of("practitioners_inactive")
def inactive(case: Case) -> None:
    roster = {row["id"]: row["active"] for row in case.story.report("audit")["practitioners"]}
    for id in case.ids:
        assert roster[id] is False
        assert case.owner_row(id)["how"] in ("matched", "fallback")
        for resource, there in (
            ("individual_appointments", case.crm.meetings),
            ("invoices", case.crm.invoices),
            ("treatment_notes", case.crm.noted("treatment_notes")),
        ):
            live = {row["id"] for row in case.clinic.of(resource, "practitioner", id) if not row["archived_at"]}
            gone = {row for row in live if linked(case.source(row, resource), "patient") == "27182818"}
            assert live - gone <= set(there), resource


# ------------------------------------------------------------------------------------------------ patients


def same_name(case: Case, id: str) -> None:
    source, there = case.source(id, "patients"), case.patient(id)
    for name, most in (("first_name", 40), ("last_name", 80)):
        value, whole = there[name.title()] or "", source[name].strip()
        if len(whole) <= most:
            assert unicodedata.normalize("NFC", value) == unicodedata.normalize("NFC", whole)
        else:
            assert value == whole[: most - 1] + "…"
            assert case.crm.text("patients", id, name.title()) == whole
            assert case.listed("name-too-long", "patients", [id])


@of("names_*", "name_oddity")
def names(case: Case) -> None:
    for id in case.ids:
        same_name(case, id)


@of("unicode_normal_forms")
def normal_forms(case: Case) -> None:
    names(case)

    assert len({case.patient(id)["id"] for id in case.ids}) == 2
    assert case.story.report("reconcile")["ok"]


@of("family_shares_email_and_phone", "same_person_entered_twice")
def separate_people(case: Case) -> None:
    assert len({case.patient(id)["id"] for id in case.ids}) == len(case.ids)
    for id in case.ids:
        assert case.patient(id)["Email"] == case.source(id)["email"].strip()
        same_name(case, id)
    assert case.listed("shared-email")
    if case.entry["key"] == "same_person_entered_twice":
        assert case.listed("probable-duplicate")


@of("patient_no_email", "patient_email_null", "patient_no_phone", "patient_no_email_no_phone")
def nothing_invented(case: Case) -> None:
    for id in case.ids:
        if "email" in case.entry["key"]:
            assert (case.patient(id)["Email"], case.patient(id)["Cliniko_Email_Raw"]) == (None, None)
            assert case.finding("no-email")["count"] == case.clinic.manifest["totals"]["patients_without_email"]
        if "phone" in case.entry["key"]:
            assert [case.patient(id)[name] for name in PHONES] == [None] * len(PHONES)
            assert case.finding("no-phone")["count"] == case.clinic.manifest["totals"]["patients_without_phone"]


@of("email_invalid")
def refused_email(case: Case) -> None:
    for id, raw in zip(case.ids, case.entry["values"], strict=True):
        there = case.patient(id)
        if there["Email"] is None:
            assert there["Cliniko_Email_Raw"] == raw.strip()
            assert case.listed("invalid-email", ids=[id])
        else:
            assert there["Email"] == raw.strip()
            assert there["Cliniko_Email_Raw"] in (None, raw.strip())


@of("email_unusual_but_valid")
def unusual_email(case: Case) -> None:
    assert [case.patient(id)["Email"] for id in case.ids] == [case.source(id)["email"] for id in case.ids]


@of("phone_invalid_or_odd")
def odd_phone(case: Case) -> None:
    for id, raw in zip(case.ids, case.entry["values"], strict=True):
        kept = [case.patient(id)[name] or "" for name in PHONES]
        assert any(raw in value for value in kept), "the number as typed is gone"
        assert raw.startswith("+") or not any("+" in value for value in kept), "a country was guessed"


@of("nine_phones")
def nine_phones(case: Case) -> None:
    first: dict[str, str] = {}
    for entry in case.source()["patient_phone_numbers"]:
        first.setdefault(entry["phone_type"], entry["number"])
    rest = [row["number"] for row in case.source()["patient_phone_numbers"] if row["number"] not in first.values()]
    fields = {"Mobile": "Mobile", "Home": "Home_Phone", "Work": "Phone", "Fax": "Fax", "Other": "Other_Phone"}

    assert {kind: case.patient()[fields[kind]] for kind in first} == first
    assert all(number in case.patient()["Cliniko_Other_Phones"] for number in rest)


@of("formula_cells")
def formulas(case: Case) -> None:
    for id, value in zip(case.ids, case.entry["values"], strict=True):
        there = case.patient(id)
        assert {there[name].strip() for name in ("Description", "Occupation", "Emergency_Contact")} == {value.strip()}
    assert case.listed("formula")


@of("patient_notes_markup")
def verbatim_notes(case: Case) -> None:
    assert case.patient()["Description"] == case.source()["notes"].replace("\r\n", "\n")


@of("birth_dates")
def birth_dates(case: Case) -> None:
    assert [case.patient(id)["Date_of_Birth"] for id in case.ids] == case.entry["values"]
    flagged = {*case.finding("implausible-birth-date")["ids"], *case.finding("default-birth-date")["ids"]}
    odd = {"1899-12-30", "1900-01-01", "1904-02-29", "1970-01-01", "2027-12-21", "2026-11-16"}
    assert {id for id, day in zip(case.ids, case.entry["values"], strict=True) if day in odd} <= flagged


@of("foreign_addresses")
def foreign(case: Case) -> None:
    countries = ["New Zealand", "United Kingdom", None]

    assert [case.patient(id)["Mailing_Country"] for id in case.ids] == countries


@of("archived_patient_with_future_booking")
def archived_but_booked(case: Case) -> None:
    assert case.patient()["Archived_In_Cliniko"] is True
    assert case.crm.meetings[case.entry["appointment"]]["Who_Id"]["id"] == case.patient()["id"]
    assert case.listed("archived-but-booked")


@of("merged_chain")
def merged(case: Case) -> None:
    survivor = case.entry["survivor"]
    losers = set(case.ids) - {survivor}
    children = {
        resource: [row["id"] for row in case.clinic.rows(resource).values() if linked(row, "patient") in losers]
        for resource in ("individual_appointments", "invoices", "treatment_notes")
    }
    parents = [
        *(case.crm.meetings[id]["Who_Id"]["id"] for id in children["individual_appointments"]),
        *(case.crm.invoices[id]["Patient"]["id"] for id in children["invoices"]),
        *(case.crm.pieces("treatment_notes", id)[0]["Parent_Id"]["id"] for id in children["treatment_notes"]),
    ]

    assert losers.isdisjoint(case.crm.patients)
    assert parents
    assert set(parents) == {case.patient(survivor)["id"]}
    assert case.left("Z1: merged") == len(losers)
    assert case.listed("merged", ids=losers)


@of("ids_equal_as_floats", "id_just_above_2_53", "same_second_burst")
def ids_are_text(case: Case) -> None:
    assert len({case.patient(id)["id"] for id in case.ids}) == len(set(case.ids))
    for id in case.ids:
        same_name(case, id)


@of("medical_alert_text")
def alerts(case: Case) -> None:
    there = case.patient(linked(case.source(), "patient"))["Medical_Alerts"]

    assert case.source()["name"] in there.split("\n")


@of("relationship_loop")
def relatives(case: Case) -> None:
    for id in case.ids:
        row = case.source(id)
        one, other = linked(row, "patient"), linked(row, "related_patient")
        assert other in case.patient(one)["Relationships"]
        assert f"{row['relation_description']}:" in case.patient(one)["Relationships"]
    assert case.listed("loop")


@of("patients_refer_each_other")
def referrers(case: Case) -> None:
    for id in case.ids:
        row = case.source(id)
        told = case.patient(linked(row, "patient"))["Referred_By_Patient"]
        assert told["id"] == case.patient(linked(row, "referrer"))["id"]


@of("archived_referrer")
def archived_referrer(case: Case) -> None:
    doctor = case.crm.contacts[case.id]

    assert doctor["Archived_In_Cliniko"] is True
    for id in case.entry["patients"]:
        links = [case.patient(id)[name] for name in ("Referring_Doctor", "Referred_By")]
        assert doctor["id"] in [link["id"] for link in links if link]


@of("insurer_with_many_patients")
def insurer(case: Case) -> None:
    account = case.crm.payers[case.id]["id"]
    linked_there = {id for id, row in case.crm.patients.items() if row["Insurer"] and row["Insurer"]["id"] == account}
    named = {linked(row, "patient") for row in case.clinic.of("patient_cases", "contact", case.id)}

    assert len(named) == case.entry["patients"]
    assert linked_there <= named
    elsewhere = {id for id in named - linked_there if id in case.crm.patients and not case.patient(id)["Insurer"]}
    assert elsewhere == set(), "a patient lost the payer"


# ------------------------------------------------------------------------------------------------ appointments


@of("orphan_appointments")
def orphans(case: Case) -> None:
    assert set(case.ids).isdisjoint(case.crm.meetings)
    assert case.left("Z6: source-orphan") == len(case.ids)
    assert case.listed("source-orphan")


@of("archived_appointments")
def archived_appointments(case: Case) -> None:
    assert set(case.ids).isdisjoint(case.crm.meetings)
    assert case.left("Z6: archived") == len(case.ids)


@of("archived_appointment_type")
def archived_type(case: Case) -> None:
    for id in case.ids:
        type = case.source(linked(case.source(id), "appointment_type"), "appointment_types")
        meeting = case.crm.meetings[id]
        assert meeting["Event_Title"] == type["name"]
        assert meeting["Appointment_Type"]["id"] == case.crm.types[type["id"]]["id"]
        assert case.crm.types[type["id"]]["Colour"] == type["color"]
        assert case.crm.types[type["id"]]["Archived_In_Cliniko"] is True


@of("archived_location")
def archived_location(case: Case) -> None:
    for id in case.ids:
        location = case.crm.locations[linked(case.source(id), "business")]
        assert location["Archived_In_Cliniko"] is True
        assert case.crm.meetings[id]["Clinic_Location"]["id"] == location["id"]


@of("future_booking_of_inactive_practitioner")
def booked_with_inactive(case: Case) -> None:
    owner = case.owner_row(case.entry["practitioner"])

    assert {case.crm.meetings[id]["Owner"]["email"] for id in case.ids} == {owner["owner"]}
    assert {case.crm.meetings[id]["Appointment_State"] for id in case.ids} == {"Booked"}
    assert case.listed("booked-with-inactive")


@of("clock_change")
def clock_change(case: Case) -> None:
    there = [case.crm.meetings[id] for id in case.ids]

    assert [moment(row["Start_DateTime"]) for row in there] == [moment(text) for text in case.entry["starts_at"]]
    assert {moment(row["End_DateTime"]) - moment(row["Start_DateTime"]) for row in there} == {timedelta(minutes=30)}
    assert case.finding("clock-change")["count"] >= 4


@of("contradictory_flags")
def contradictory(case: Case) -> None:
    """The one planted was cancelled beforehand, and a cancellation goes before either mark."""
    states = {True: "Cancelled", False: "Did Not Arrive"}

    assert case.crm.meetings[case.id]["Appointment_State"] == states[case.source()["cancelled_at"] is not None]
    assert case.crm.meetings[case.id]["Contradictory_Marks"] is True
    assert case.listed("contradictory-arrival")


@of("long_booking_note")
def booking_note(case: Case) -> None:
    text = case.crm.meetings[case.id]["Description"]

    assert case.source()["notes"].replace("\r\n", "\n") in text
    assert "END-BOOKING-NOTE" in text


@of("group_of_twelve")
def group_of_twelve(case: Case) -> None:
    tasks = [case.crm.attendances[id] for id in case.entry["attendees"]]
    patients = [case.patient(linked(case.source(id, "attendees"), "patient"))["id"] for id in case.entry["attendees"]]

    assert case.crm.meetings[case.id]["Attendee_Count"] in (10, 12)
    assert Counter(row["Appointment_State"] for row in tasks) == {
        "Arrived": 7, "Did Not Arrive": 2, "Unmarked": 1, "Cancelled": 2,
    }  # fmt: skip
    assert {row["Cliniko_Class_ID"] for row in tasks} == {case.id}
    assert sum(row["Cliniko_Class_ID"] == case.id for row in case.crm.rows("Tasks")) == 12
    assert [row["Who_Id"]["id"] for row in tasks] == patients


@of("patient_with_400_appointments")
def many_children(case: Case) -> None:
    contact = case.patient()["id"]
    meetings = [row for row in case.crm.rows("Events") if row["Who_Id"] and row["Who_Id"]["id"] == contact]
    notes = {row["id"] for row in case.clinic.of("treatment_notes", "patient", case.id)}
    source = {row["id"]: row["starts_at"] for row in case.clinic.of("individual_appointments", "patient", case.id)}
    by_time = sorted(meetings, key=lambda row: (moment(row["Start_DateTime"]), row["Cliniko_Appointment_ID"]))

    assert [row["Cliniko_Appointment_ID"] for row in by_time] == sorted(source, key=lambda id: (moment(source[id]), id))
    assert len(meetings) == case.entry["appointments"]
    assert len(notes) == case.entry["notes"]
    assert notes <= case.crm.noted("treatment_notes")
    assert {case.crm.pieces("treatment_notes", id)[0]["Parent_Id"]["id"] for id in notes} == {contact}


# ------------------------------------------------------------------------------------------------ notes


def answers(note: Row) -> list[Row]:
    return [question for section in note["content"]["sections"] for question in section["questions"]]


@of("note_*_characters", "note_multibyte_*")
def whole_note(case: Case) -> None:
    [answer] = [row["answer"] for row in answers(case.source()) if row.get("answer")]
    pieces = case.crm.pieces("treatment_notes", case.id)

    assert len(answer) == case.entry["characters"]
    assert answer in case.crm.text("treatment_notes", case.id)
    assert case.crm.text("treatment_notes", case.id).endswith("— end —")
    assert all(len(piece["Note_Content"]) <= 30_000 for piece in pieces)
    assert len({piece["Parent_Id"]["id"] for piece in pieces}) == 1
    assert all(case.source()["author_name"] in piece["Note_Title"] for piece in pieces)
    for piece in pieces[1:]:
        first = piece["Note_Content"][0]
        assert not unicodedata.combining(first)
        assert first not in "\u200d\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


@of("note_markup")
def markup(case: Case) -> None:
    text = case.crm.text("treatment_notes", case.id)

    assert "Pain <3/10 & stable." in text
    assert "javascript:" not in text
    assert "<p>" not in text
    assert "nested" in text
    assert answers(case.source())[1]["answer"] in text


@of("note_null_content", "note_no_sections", "note_unanswered_questions", "note_unknown_question_type")
def empty_note(case: Case) -> None:
    [note] = case.crm.pieces("treatment_notes", case.id)
    content = case.source()["content"] or {"sections": []}

    assert case.source()["title"] in note["Note_Title"]
    assert case.source()["author_name"] in note["Note_Title"]
    assert case.source()["created_at"][:10] in note["Note_Title"]
    for question in (row for section in content["sections"] for row in section["questions"]):
        assert f"{question['name']}\n{question.get('answer', '(not answered)')}" in note["Note_Content"]


@of("note_archived_note")
def archived_note(case: Case) -> None:
    assert case.id not in case.crm.noted("treatment_notes")
    assert case.left("Z12: archived") == 1


@of("note_draft")
def draft(case: Case) -> None:
    assert case.crm.pieces("treatment_notes", case.id)[0]["Note_Title"].startswith("DRAFT ")
    drafts = [row for row in case.crm.rows("Notes") if row["Note_Title"].startswith("DRAFT ")]
    assert len(drafts) == case.clinic.manifest["totals"]["treatment_note_drafts"]


# ------------------------------------------------------------------------------------------------ files


def by_hand(case: Case) -> dict[str, str]:
    return {row["source_id"]: row["reason"] for row in case.story.report("run")["manual"]}


TOLD_OF_FILES = {
    "content type invalid/invalid": "file-type",
    "no extension, type null": "file-type",
    "active HTML": "file-runnable",
    "active SVG": "file-runnable",
    "blocked extension at most destinations": "file-runnable",
    "path traversal in the name": "file-name",
    "formula name and cell": "file-name",
    "255-character name": "file-name",
    "quote and line break in the name": "file-name",
    "reserved Windows name": "file-name",
}
"""What the audit says about an odd file, so that nobody is surprised afterwards."""


@of("attachment")
def odd_file(case: Case) -> None:
    if case.entry["what"] == "0 bytes":
        assert by_hand(case)[case.id] == "file-empty"
        assert case.left("Z13: file-empty") == 1
        return
    file = case.crm.files[case.id]
    wanted = next(row for row in case.clinic.manifest["files"] if row["id"] == case.id)
    assert (file["sha256"], file["size"]) == (wanted["sha256"], wanted["size"])
    assert not set(file["File_Name"]) & set('\r\n/\\"')
    assert len(file["File_Name"]) <= 255
    suffix = case.entry["filename"].rpartition(".")[2] if "." in case.entry["filename"].rpartition("/")[2] else ""
    assert not suffix or file["File_Name"].endswith(f".{suffix}")
    assert case.entry["filename"] in case.crm.text("patient_attachments", case.id), "the full name is nowhere"
    if code := TOLD_OF_FILES.get(case.entry["what"]):
        assert case.listed(code)
    assert file["Parent_Id"]["id"] == case.patient(linked(case.source(), "patient"))["id"]


@of("attachment_processing")
def unfinished_file(case: Case) -> None:
    assert by_hand(case)[case.id] == "not-ready"
    assert case.id not in case.crm.files
    assert case.listed("file-unprocessed")


@of("attachment_archived")
def archived_file(case: Case) -> None:
    assert case.id not in case.crm.files
    assert case.left("Z13: archived") == 1


@of("attachment_*_mib")
def big_file(case: Case) -> None:
    wanted = next(row for row in case.clinic.manifest["files_generated"] if row["id"] == case.id)

    assert case.crm.files[case.id]["size"] == case.entry["size"]
    assert case.crm.files[case.id]["sha256"] == wanted["sha256"]


# ------------------------------------------------------------------------------------------------ invoices


@of(
    "invoice_60_lines", "invoice_zero", "invoice_free_line", "invoice_negative_line", "invoice_huge",
    "invoice_fraction", "invoice_no_lines", "invoice_text_lines",
)  # fmt: skip
def invoice(case: Case) -> None:
    there, source = case.crm.invoices[case.id], case.source()
    lines = case.clinic.of("invoice_items", "invoice", case.id)

    for field, name in (("Total_Amount", "total_amount"), ("Tax_Amount", "tax_amount"), ("Net_Amount", "net_amount")):
        assert cents(there[field]) == cents(source[name])
    assert cents(there["Total_Amount"]) == cents(case.entry["total"])
    assert there["Line_Count"] == len(lines)
    text = there["Invoice_Lines"] or ""
    assert all(" ".join(line["name"].split()) in " ".join(text.split()) for line in lines)


@of("invoice_full_reversal", "invoice_partial_credit")
def credit(case: Case) -> None:
    original, reversal = (case.crm.invoices[id] for id in case.ids)

    assert [cents(row["Total_Amount"]) for row in (original, reversal)] == [
        cents(case.source(id)["total_amount"]) for id in case.ids
    ]
    assert reversal["Original_Invoice"]["id"] == original["id"]
    assert reversal["Original_Invoice_No"] == original["Invoice_Number"]
    assert reversal["Invoice_Status"] == "Open credit"
    assert cents(reversal["Total_Amount"]) < 0
    if case.entry["key"] == "invoice_full_reversal":
        assert cents(original["Total_Amount"]) + cents(reversal["Total_Amount"]) == 0


@of("invoice_archived")
def archived_invoice(case: Case) -> None:
    assert case.id not in case.crm.invoices
    assert case.left("Z8: archived") == 1


# ------------------------------------------------------------------------------------------------ own fields


def answers_of(patient: Row) -> dict[str, Row]:
    return {field["token"]: field for section in patient["custom_fields"]["sections"] for field in section["fields"]}


def chosen(answer: Row) -> list[str]:
    names = [option["name"] for option in answer["options"] if option.get("selected")]
    return names + (["Other"] if answer["other"].get("selected") else [])


def answered(case: Case, answer: Row, there: Row) -> None:
    fields = case.field_of(answer["token"])
    value = there[fields[0]["to"]]
    if "options" in answer:
        assert (value if isinstance(value, list) else [value]) == chosen(answer)
        if answer["other"].get("selected"):
            assert there[fields[1]["to"]] == answer["other"]["value"]
    else:
        assert value == answer["value"].replace("\r\n", "\n")


@of("all_custom_fields")
def own_fields(case: Case) -> None:
    given = answers_of(case.source())

    assert len(given) == len(case.story.report("audit")["custom_fields"])
    for answer in given.values():
        answered(case, answer, case.patient())


@of("custom_field_other")
def own_field_other(case: Case) -> None:
    for answer in answers_of(case.source()).values():
        answered(case, answer, case.patient())


@of("custom_field_long_text")
def own_long_text(case: Case) -> None:
    [(token, text)] = [
        (token, field["value"])
        for token, field in answers_of(case.source()).items()
        if len(field.get("value") or "") == case.entry["characters"]
    ]
    [field] = case.field_of(token)

    assert case.patient()[field["to"]].endswith("…")
    assert case.crm.text("patients", case.id, field["to"]) == text
    assert any(
        row["code"] == "text-shortened" and case.id in row["ids"] for row in case.story.report("plan")["findings"]
    )
    assert case.listed("text-too-long", "patients")


@of("custom_field_labels_repeated", "custom_field_equal_*", "custom_field_collide_*", "custom_field_label_*")
def own_field_names(case: Case) -> None:
    names = [field["to"] for token in case.ids for field in case.field_of(token)]
    labels = [row["label"] for row in case.story.report("audit")["custom_fields"] if row["token"] in case.ids]
    others = [
        field["to"]
        for row in case.story.report("plan")["maps"]
        if row["map"] == "Z1"
        for field in row["fields"]
        if field["source"].removeprefix("custom_fields.") not in case.ids
    ]

    assert len(names) == len(set(names)) >= len(case.ids)
    assert not set(names) & {*STANDARD, *others}
    assert all(name.isascii() and name[0].isalpha() for name in names)
    notes = [field["note"] for token in case.ids for field in case.field_of(token)]
    assert all(any(label in note for note in notes) for label in labels)


# ------------------------------------------------------------------------------------------------ messages, the rest


@of("communications_without_patient", "email_120k", "empty_sms")
def messages(case: Case) -> None:
    counts = {row["object"]: row["total"] for row in case.story.report("audit")["inventory"]}
    left = {row["what"] for row in case.story.report("reconcile")["not_migrated"]}

    assert set(case.ids) <= set(case.clinic.rows("communications"))
    assert counts["communications"] == case.clinic.manifest["counts"]["communications"]["total"]
    assert "communications" in left
    assert case.crm.noted("communications") == set()
    without = sum(not linked(row, "patient") for row in case.clinic.rows("communications").values())
    assert case.finding("message-without-patient", "communications")["count"] == without


@of("expected_gone_links")
def gone_links(case: Case) -> None:
    quality: list[dict[str, Any]] = case.story.report("audit")["quality"]
    told = {row["object"] for row in quality if row["code"] == "source-orphan"}

    assert {"practitioners", "individual_appointments", "attendees"} <= told
    assert case.story.report("run")["failed"] == []
