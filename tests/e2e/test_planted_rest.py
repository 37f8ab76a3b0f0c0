"""Messages, which stay behind or become lists, and links to what is gone."""

from __future__ import annotations

from typing import Any

from crm import Row
from harbour import Clinic, Story, linked
from planted import Case, Checks

CHECKS = Checks()


@CHECKS.of("communications_without_patient", "email_120k", "empty_sms")
def messages(case: Case) -> None:
    counts = {row["object"]: row["total"] for row in case.story.report("audit")["inventory"]}
    left = {row["what"] for row in case.story.report("reconcile")["not_migrated"]}
    without = sum(not linked(row, "patient") for row in case.clinic.rows("communications").values())

    assert set(case.ids) <= set(case.clinic.rows("communications"))
    assert counts["communications"] == case.clinic.manifest["counts"]["communications"]["total"]
    assert case.crm.noted("communications") == set()
    assert case.finding("message-without-patient", "communications")["count"] == without
    if "messages" not in case.crm.maps:
        assert "communications" in left
        return
    assert case.left("messages", "no-patient") == without
    for id in case.ids:
        listed_messages(case, id)


def listed_messages(case: Case, id: str) -> None:
    """Where messages become lists: a line on the patient, with every word."""
    source = case.source(id)
    patient = linked(source, "patient")
    there = case.crm.raw("messages").get(id)

    assert (there is not None) is bool(patient)
    if there is not None:
        assert there["person_id"] == case.patient(patient)["id"]
        assert there["Message"] == (source["content"] or "").replace("\r\n", "\n").strip()
        assert there["Subject"] == (source.get("content_subject") or "").strip()


@CHECKS.of("expected_gone_links")
def gone_links(case: Case) -> None:
    quality: list[dict[str, Any]] = case.story.report("audit")["quality"]
    told = {row["object"] for row in quality if row["code"] == "source-orphan"}

    assert {"practitioners", "individual_appointments", "attendees"} <= told
    assert case.story.report("run")["failed"] == []


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
