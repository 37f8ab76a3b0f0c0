"""Practitioners without a user, with a strange one, or no longer active: whose are their records?"""

from __future__ import annotations

from collections import Counter

from crm import Row
from harbour import FALLBACK, Clinic, Story, linked
from planted import Case, Checks

CHECKS = Checks()


def meetings_of(case: Case, practitioner: str) -> list[Row]:
    return [row for row in case.crm.meetings.values() if row["practitioner_id"] == practitioner]


@CHECKS.of(
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
    assert {row["owner"] for row in meetings} == {FALLBACK}
    assert {row["practitioner_name"] for row in meetings} == {case.owner_row(case.id)["name"]}


def owned_by(case: Case, practitioner: str) -> set[str]:
    return {row["owner"] for row in meetings_of(case, practitioner)}


@CHECKS.of("practitioners_shared_email")
def shared_email(case: Case) -> None:
    names = {name for id in case.ids for name in {row["practitioner_name"] for row in meetings_of(case, id)}}

    assert [owned_by(case, id) for id in case.ids] == [{"frontdesk@harbour.example.org"}] * 2
    assert case.listed("shared-user-email")
    assert len(names) == 2


@CHECKS.of("practitioner_returned")
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


@CHECKS.of("practitioner_accents")
def accents(case: Case) -> None:
    assert case.owner_row(case.id)["how"] == "matched"
    assert owned_by(case, case.id) == {"jose.oconnell+physio@harbour.example.org"}
    assert {row["practitioner_name"] for row in meetings_of(case, case.id)} == {"José-María O’Connell y Núñez"}


@CHECKS.of("practitioners_inactive")
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


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
