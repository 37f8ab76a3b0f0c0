"""The sample clinic, all the way and back, verb by verb as processes of their own."""

from __future__ import annotations

import base64
import json

import pytest
from harbour import Story

pytestmark = pytest.mark.xdist_group("harbour")

MODULES = {"Locations", "Appointment_Types", "Invoice_History"}
CANARY = "Sukarno"
"""A patient's first name in the sample clinic: it must be nowhere but in the CRM."""


def test_the_clinic_reconciles(story: Story) -> None:
    assert story.documents["reconcile"]["ok"] is True


def test_status_has_the_fields_that_others_rely_on(story: Story) -> None:
    status = story.documents["status"]

    assert {"stage", "gates", "objects", "budget", "eta_s"} <= status.keys()
    assert {"map", "source", "destination", "source_count", "created", "updated", "linked", "skipped", "failed",
            "manual", "verified", "different", "unverifiable"} <= status["objects"][0].keys()  # fmt: skip


def test_nothing_failed(story: Story) -> None:
    assert story.documents["run"]["failed"] == []


def test_cliniko_was_only_read(story: Story) -> None:
    assert {entry["method"] for entry in story.clinic.journal()} == {"GET"}


def test_the_log_is_whole(story: Story) -> None:
    assert story.documents["log"]["ok"] is True


def test_a_rollback_leaves_the_crm_as_it_was_but_for_what_it_names(story: Story) -> None:
    named = {one["object"] for one in story.documents["rollback"]["impossible"]}

    assert story.documents["rollback"]["kept"] == []
    assert named == MODULES
    assert {object: rows for object, rows in story.after.items() if rows} == {
        object: rows for object, rows in story.before.items() if rows
    }


def test_no_patients_name_lies_in_a_plain_file(story: Story) -> None:
    assert any(one["First_Name"] == CANARY for one in story.loaded["Contacts"])
    forms = [CANARY.encode(), base64.b64encode(CANARY.encode())[:-2], json.dumps(CANARY).encode()]

    found = [
        str(file)
        for file in [*story.gurney.workspace.rglob("*"), *story.gurney.home.rglob("*")]
        if file.is_file() and any(form in file.read_bytes() for form in forms)
    ]

    assert found == []
