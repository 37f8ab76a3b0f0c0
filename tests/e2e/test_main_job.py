"""The sample clinic, all the way and back, verb by verb as processes of their own."""

from __future__ import annotations

import base64
import json

from crm import Crm
from harbour import Story

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
    assert set(story.asked) == {"GET"}


def test_the_log_is_whole(story: Story) -> None:
    assert story.documents["log"]["ok"] is True


def test_a_rollback_leaves_the_crm_as_it_was_but_for_what_it_names(story: Story, view: type[Crm]) -> None:
    rollback = story.documents["rollback"]

    assert rollback["kept"] == []
    assert {one["what"] for one in rollback["impossible"]} == view.never_removed
    after, before = (view.prepared(dumps) for dumps in (story.after, story.before))
    assert {object: rows for object, rows in after.items() if rows} == {
        object: rows for object, rows in before.items() if rows
    }


def test_a_rollback_tells_how_long_the_bin_keeps_what_was_deleted(story: Story, view: type[Crm]) -> None:
    told = " ".join(story.documents["rollback"]["remains"])
    steps = story.documents["rollback"]["steps"]
    deleted = sum(step["deleted"] for step in steps if not view.in_the_bin or step["object"] in view.in_the_bin)

    assert f"{deleted:,} deleted records lie in the recycle bin" in told
    assert "recycle bin" in story.page("rollback")


def test_no_patients_name_lies_in_a_plain_file(story: Story) -> None:
    assert any(one["first_name"] == CANARY for one in story.there.patients.values())
    forms = [CANARY.encode(), base64.b64encode(CANARY.encode())[:-2], json.dumps(CANARY).encode()]

    found = [
        str(file)
        for file in [*story.gurney.workspace.rglob("*"), *story.gurney.home.rglob("*")]
        if file.is_file() and any(form in file.read_bytes() for form in forms)
    ]

    assert found == []
