"""Alerts, relatives, referrers and payers: what ties people to others."""

from __future__ import annotations

from crm import Row
from harbour import Clinic, Story, linked
from planted import Case, Checks

CHECKS = Checks()


@CHECKS.of("medical_alert_text")
def alerts(case: Case) -> None:
    there = case.patient(linked(case.source(), "patient"))["medical_alerts"]

    assert case.source()["name"] in there.split("\n")


@CHECKS.of("relationship_loop")
def relatives(case: Case) -> None:
    for id in case.ids:
        row = case.source(id)
        one, other = linked(row, "patient"), linked(row, "related_patient")
        assert other in case.patient(one)["relationships"]
        assert f"{row['relation_description']}:" in case.patient(one)["relationships"]
    assert case.listed("loop")


@CHECKS.of("patients_refer_each_other")
def referrers(case: Case) -> None:
    for id in case.ids:
        row = case.source(id)
        told = case.patient(linked(row, "patient"))["referred_by_patient"]
        assert told == case.patient(linked(row, "referrer"))["id"]


@CHECKS.of("archived_referrer")
def archived_referrer(case: Case) -> None:
    doctor = case.crm.of("contacts")[case.id]

    assert doctor["archived"] is True
    for id in case.entry["patients"]:
        assert doctor["id"] in [case.patient(id)[name] for name in ("referring_doctor", "referred_by")]


@CHECKS.of("insurer_with_many_patients")
def insurer(case: Case) -> None:
    account = case.crm.of("payers")[case.id]["id"]
    linked_there = {id for id, row in case.crm.patients.items() if row["insurer"] == account}
    named = {linked(row, "patient") for row in case.clinic.of("patient_cases", "contact", case.id)}

    assert len(named) == case.entry["patients"]
    assert linked_there <= named
    elsewhere = {id for id in named - linked_there if id in case.crm.patients and not case.patient(id)["insurer"]}
    assert elsewhere == set(), "a patient lost the payer"


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
