"""Messages, which stay behind, and links to what is gone."""

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

    assert set(case.ids) <= set(case.clinic.rows("communications"))
    assert counts["communications"] == case.clinic.manifest["counts"]["communications"]["total"]
    assert "communications" in left
    assert case.crm.noted("communications") == set()
    without = sum(not linked(row, "patient") for row in case.clinic.rows("communications").values())
    assert case.finding("message-without-patient", "communications")["count"] == without


@CHECKS.of("expected_gone_links")
def gone_links(case: Case) -> None:
    quality: list[dict[str, Any]] = case.story.report("audit")["quality"]
    told = {row["object"] for row in quality if row["code"] == "source-orphan"}

    assert {"practitioners", "individual_appointments", "attendees"} <= told
    assert case.story.report("run")["failed"] == []


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
