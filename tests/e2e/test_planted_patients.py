"""Names, addresses, numbers and birth dates as people type them; families, doubles, merges; odd ids."""

from __future__ import annotations

import unicodedata

from crm import PHONES, Row
from harbour import Clinic, Story, linked
from planted import Case, Checks, moment

CHECKS = Checks()


def same_name(case: Case, id: str) -> None:
    source, there = case.source(id, "patients"), case.patient(id)
    parts = {name: source[name].strip() for name in ("first_name", "last_name")}
    parts["name"] = " ".join(filter(None, parts.values()))
    for name, most in case.crm.names_most.items():
        value, whole = there[name], parts[name]
        if len(whole) <= most:
            assert unicodedata.normalize("NFC", value) == unicodedata.normalize("NFC", whole)
        else:
            assert value == whole[: most - 1] + "…"
            assert case.crm.text("patients", id, name) == whole
            assert case.listed("name-too-long", "patients", [id])


@CHECKS.of("names_*", "name_oddity")
def names(case: Case) -> None:
    for id in case.ids:
        same_name(case, id)


@CHECKS.of("unicode_normal_forms")
def normal_forms(case: Case) -> None:
    names(case)

    assert len({case.patient(id)["id"] for id in case.ids}) == 2
    assert case.story.report("reconcile")["ok"]


@CHECKS.of("family_shares_email_and_phone", "same_person_entered_twice")
def separate_people(case: Case) -> None:
    assert len({case.patient(id)["id"] for id in case.ids}) == len(case.ids)
    for id in case.ids:
        assert case.patient(id)["email"] == case.crm.address(case.source(id)["email"].strip())
        same_name(case, id)
    assert case.listed("shared-email")
    if case.entry["key"] == "same_person_entered_twice":
        assert case.listed("probable-duplicate")


@CHECKS.of("patient_no_email", "patient_email_null", "patient_no_phone", "patient_no_email_no_phone")
def nothing_invented(case: Case) -> None:
    for id in case.ids:
        if "email" in case.entry["key"]:
            assert (case.patient(id)["email"], case.patient(id)["email_as_typed"]) == ("", "")
            assert case.finding("no-email")["count"] == case.clinic.manifest["totals"]["patients_without_email"]
        if "phone" in case.entry["key"]:
            assert [case.patient(id)[name] for name in PHONES] == [""] * len(PHONES)
            assert case.finding("no-phone")["count"] == case.clinic.manifest["totals"]["patients_without_phone"]


@CHECKS.of("email_invalid")
def refused_email(case: Case) -> None:
    for id, raw in zip(case.ids, case.entry["values"], strict=True):
        there = case.patient(id)
        if there["email"] == "":
            assert there["email_as_typed"] == raw.strip()
            assert case.listed("invalid-email", ids=[id])
        else:
            assert there["email"] == case.crm.address(raw.strip())
            assert there["email_as_typed"] in ("", raw.strip())


@CHECKS.of("email_unusual_but_valid")
def unusual_email(case: Case) -> None:
    emails = [case.crm.address(case.source(id)["email"]) for id in case.ids]
    assert [case.patient(id)["email"] for id in case.ids] == emails


@CHECKS.of("phone_invalid_or_odd")
def odd_phone(case: Case) -> None:
    for id, raw in zip(case.ids, case.entry["values"], strict=True):
        kept = [case.patient(id)[name] for name in PHONES]
        assert any(raw in value for value in kept), "the number as typed is gone"
        assert raw.startswith("+") or not any("+" in value for value in kept), "a country was guessed"


@CHECKS.of("nine_phones")
def nine_phones(case: Case) -> None:
    first: dict[str, str] = {}
    for entry in case.source()["patient_phone_numbers"]:
        first.setdefault(entry["phone_type"], entry["number"])
    rest = [row["number"] for row in case.source()["patient_phone_numbers"] if row["number"] not in first.values()]

    assert {kind: case.patient()[f"phone_{kind.lower()}"] for kind in first} == first
    assert all(number in case.patient()["phones_further"] for number in rest)


@CHECKS.of("formula_cells")
def formulas(case: Case) -> None:
    for id, value in zip(case.ids, case.entry["values"], strict=True):
        there = case.patient(id)
        assert {there[name].strip() for name in ("notes", "occupation", "emergency_contact")} == {value.strip()}
    assert case.listed("formula")


@CHECKS.of("patient_notes_markup")
def verbatim_notes(case: Case) -> None:
    assert case.patient()["notes"] == case.source()["notes"].replace("\r\n", "\n")


@CHECKS.of("birth_dates")
def birth_dates(case: Case) -> None:
    assert [case.patient(id)["born_on"] or None for id in case.ids] == case.entry["values"]
    flagged = {*case.finding("implausible-birth-date")["ids"], *case.finding("default-birth-date")["ids"]}
    odd = {"1899-12-30", "1900-01-01", "1904-02-29", "1970-01-01", "2027-12-21", "2026-11-16"}
    assert {id for id, day in zip(case.ids, case.entry["values"], strict=True) if day in odd} <= flagged


@CHECKS.of("foreign_addresses")
def foreign(case: Case) -> None:
    countries = ["New Zealand", "United Kingdom", ""]

    assert [case.patient(id)["country"] for id in case.ids] == countries


@CHECKS.of("archived_patient_with_future_booking")
def archived_but_booked(case: Case) -> None:
    assert case.patient()["archived"] is True
    assert case.crm.meetings[case.entry["appointment"]]["patient"] == case.patient()["id"]
    assert case.listed("archived-but-booked")


@CHECKS.of("merged_chain")
def merged(case: Case) -> None:
    survivor = case.entry["survivor"]
    losers = set(case.ids) - {survivor}
    children = {
        resource: [row["id"] for row in case.clinic.rows(resource).values() if linked(row, "patient") in losers]
        for resource in ("individual_appointments", "invoices", "treatment_notes")
    }
    parents = [
        *(case.crm.meetings[id]["patient"] for id in children["individual_appointments"]),
        *(case.crm.invoices[id]["patient"] for id in children["invoices"]),
        *(case.crm.pieces("treatment_notes", id)[0].parent for id in children["treatment_notes"]),
    ]

    assert losers.isdisjoint(case.crm.patients)
    assert parents
    assert set(parents) == {case.patient(survivor)["id"]}
    assert case.left("patients", "merged") == len(losers)
    assert case.listed("merged", ids=losers)


@CHECKS.of("ids_equal_as_floats", "id_just_above_2_53", "same_second_burst")
def ids_are_text(case: Case) -> None:
    assert len({case.patient(id)["id"] for id in case.ids}) == len(set(case.ids))
    for id in case.ids:
        same_name(case, id)


@CHECKS.of("patient_with_400_appointments")
def many_children(case: Case) -> None:
    contact = case.patient()["id"]
    meetings = {id: row for id, row in case.crm.meetings.items() if row["patient"] == contact}
    notes = {row["id"] for row in case.clinic.of("treatment_notes", "patient", case.id)}
    source = {row["id"]: row["starts_at"] for row in case.clinic.of("individual_appointments", "patient", case.id)}
    by_time = sorted(meetings, key=lambda id: (meetings[id]["starts_at"], id))

    assert by_time == sorted(source, key=lambda id: (moment(source[id]), id))
    assert len(meetings) == case.entry["appointments"]
    assert len(notes) == case.entry["notes"]
    assert notes <= case.crm.noted("treatment_notes")
    assert {case.crm.pieces("treatment_notes", id)[0].parent for id in notes} == {contact}


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
