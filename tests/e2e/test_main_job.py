"""The sample clinic, all the way and back, verb by verb as processes of their own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conftest import Gurney, RunningTwin, running_twin, shell, up_to_sample

OBJECTS = (
    "Contacts", "Accounts", "Leads", "Products", "Events", "Tasks", "Notes", "Attachments", "Locations",
    "Appointment_Types", "Invoice_History",
)  # fmt: skip
MODULES = {"Locations", "Appointment_Types", "Invoice_History"}
CANARY = "Sukarno"
"""A patient's first name in the sample clinic: it must be nowhere but in the CRM."""


@dataclass
class Story:
    """What was there before, after the load, and after the rollback."""

    gurney: Gurney
    clinic: RunningTwin
    crm: RunningTwin
    before: dict[str, list[dict[str, Any]]]
    documents: dict[str, Any] = field(default_factory=dict)
    loaded: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    after: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def dumps(crm: RunningTwin) -> dict[str, list[dict[str, Any]]]:
    there = crm.state()
    return {object: crm.dump(object) for object in OBJECTS if object in there}


@pytest.fixture(scope="module")
def story(shared: Path, spare_folder: Callable[[str], Path]) -> Iterator[Story]:
    """The clinic moved and taken back, once for all tests of this file."""
    with (
        running_twin("cliniko", "--load", str(shared / "data" / "clinic-harbour"), "--unlimited") as clinic,
        running_twin("zoho", "--unlimited", "--user", "emily.jones@harbour.example.org") as crm,
    ):
        gurney = shell(spare_folder("harbour"), clinic, crm)
        told = Story(gurney, clinic, crm, dumps(crm))
        up_to_sample(gurney)
        told.documents["run"] = gurney("run")
        told.documents["reconcile"] = gurney("reconcile")
        told.documents["status"] = gurney("status")
        told.loaded = dumps(crm)
        told.documents["log"] = gurney("log", "verify")
        told.documents["rollback"] = gurney("rollback", "--yes")
        told.after = dumps(crm)
        yield told


def test_the_clinic_reconciles(story: Story) -> None:
    assert story.documents["reconcile"]["ok"] is True


def test_status_has_the_fields_that_others_rely_on(story: Story) -> None:
    status = story.documents["status"]

    assert {"stage", "gates", "objects", "budget", "eta_s"} <= status.keys()
    assert {"map", "source", "destination", "source_count", "created", "updated", "linked", "skipped", "failed",
            "manual", "verified", "different", "unverifiable"} <= status["objects"][0].keys()  # fmt: skip


def test_nothing_failed(story: Story) -> None:
    assert [one for one in story.documents["run"]["failed"]] == []


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
