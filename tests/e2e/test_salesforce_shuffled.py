"""By bulk jobs, whose files of successes and failures come in any order, every record gets its own outcome."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from crm import Row
from crm_salesforce import SalesforceCrm
from harbour import dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

from gurney.testing.salesforce_records import record_problems
from gurney.testing.salesforce_traffic import load_salesforce_validator

pytestmark = pytest.mark.xdist_group("shuffled")
TOWNS = {"Northbank": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Southbank": "CANNOT_EXECUTE_FLOW_TRIGGER"}
"""Rules of the organisation's own refuse the people of two towns, each with a code of its own."""
FILE = re.compile(r".*/jobs/ingest/(\w+)/(batches|successfulResults|failedResults)/?")
KEY = re.compile(r"(?i)(Cliniko_\w+_Id|source_system_id)__c")


@dataclass
class Job:
    """What a job was given and what it gave."""

    object: str
    operation: str
    columns: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    """Our keys in the order of each file."""


@dataclass(frozen=True)
class Moved:
    """A clinic after a full run by bulk jobs."""

    clinic: dict[str, dict[str, Row]]
    crm: SalesforceCrm
    sampled: frozenset[str]
    """Patients who arrived before the rules were there."""
    run: Row
    reconcile: Row
    jobs: list[Job]
    deployed: list[dict[str, bytes]]

    def refused(self) -> dict[str, str]:
        """Who had to be refused, and with which code."""
        merged = {id for id, row in self.clinic["patients"].items() if row.get("merged_at")}
        return {
            id: TOWNS[row["city"]]
            for id, row in self.clinic["patients"].items()
            if row["city"] in TOWNS and id not in self.sampled | merged
        }


def people_two_towns(clinic: RunningTwin) -> None:
    for at, id in enumerate(sorted(row["id"] for row in clinic.dump("patients"))):
        if at % 3:
            clinic.post("edit", {"object": "patients", "id": id, "fields": {"city": list(TOWNS)[at % 3 - 1]}})


def forbid_two_towns(crm: RunningTwin) -> None:
    for town, code in TOWNS.items():
        rule = {"object": "Contact", "field": "MailingCity", "equals": town}
        crm.post("rule", {**rule, "code": code, "message": f"Refused by {code}."})


def by_bulk(gurney: Gurney) -> None:
    settings = gurney.workspace / "gurney.toml"
    told = settings.read_text(encoding="utf-8")
    assert told.count('route = ""') == 1
    settings.write_text(told.replace('route = ""', 'route = "bulk"'), encoding="utf-8")


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def jobs_of(journal: list[Row]) -> dict[str, Job]:
    """Every job of the journal, by its id."""
    jobs: dict[str, Job] = {}
    for entry in journal:
        if (entry["method"], entry["path"].rstrip("/")[-12:]) == ("POST", "/jobs/ingest"):
            order = json.loads(entry["request"]["body"])
            jobs[json.loads(entry["answer"]["body"])["id"]] = Job(order["object"], order["operation"])
        elif found := FILE.fullmatch(entry["path"]):
            job, file = jobs[found[1]], found[2]
            rows = csv.DictReader(io.StringIO(entry["request" if file == "batches" else "answer"]["body"]))
            columns = list(rows.fieldnames or ())
            job.columns = columns if file == "batches" else job.columns
            job.files[file] = [next((row[name] for name in columns if KEY.fullmatch(name)), "") for row in rows]
    return jobs


@pytest.fixture(scope="module")
def moved(spare_folder: Callable[[str], Path]) -> Moved:
    fast = ("--switch", "bulk_rows_per_s=1000000", "--record-bodies")
    with (
        running_twin("cliniko", "--clinic", "60", "--seed", "3", "--unlimited") as clinic,
        running_twin("salesforce", *SalesforceCrm.twin_options, *fast) as crm,
    ):
        people_two_towns(clinic)
        gurney = shell(spare_folder("shuffled"), clinic, crm)
        up_to_sample(gurney, "salesforce")
        sampled = SalesforceCrm(dumps(SalesforceCrm, crm)).patients
        forbid_two_towns(crm)
        by_bulk(gurney)
        run: Any = gurney("run", expect=4)
        return Moved(
            {name: {row["id"]: row for row in clinic.dump(name)} for name in ("patients", "individual_appointments")},
            SalesforceCrm(dumps(SalesforceCrm, crm)),
            frozenset(sampled),
            run,
            gurney("reconcile", expect=4),
            [*jobs_of(crm.journal()).values()],
            [unzipped(base64.b64decode(one["zip"])) for one in crm.dump("Deployments")],
        )


def test_both_files_came_in_another_order_than_the_rows(moved: Moved) -> None:
    for file in ("successfulResults", "failedResults"):
        given = [job.files for job in moved.jobs if len(job.files.get(file, ())) > 3]
        sent = [[key for key in files["batches"] if key in files[file]] for files in given]
        assert given
        assert any(files[file] != keys for files, keys in zip(given, sent, strict=True))


def test_every_failure_names_its_own_record_and_reason(moved: Moved) -> None:
    failed = {one["source_id"]: one["code"] for one in moved.run["failed"] if one["map"] == "S1"}

    assert failed == moved.refused()
    assert set(failed.values()) == set(TOWNS.values())
    for one in moved.run["failed"]:
        assert one["map"] != "S1" or f"Refused by {one['code']}." in one["words"]


def test_every_success_has_its_own_id_so_that_children_find_their_parents(moved: Moved) -> None:
    contacts = moved.crm.raw("patients")
    for id, row in moved.crm.raw("meetings").items():
        patient = linked(moved.clinic["individual_appointments"].get(id, {}), "patient")
        if patient in contacts:
            assert row["ContactId__c"] == contacts[patient]["Id"]

    merged = {id for id, row in moved.clinic["patients"].items() if row.get("merged_at")}
    assert contacts.keys() == moved.clinic["patients"].keys() - merged - moved.refused().keys()
    assert {one["broken"] for one in moved.reconcile["relations"]} == {0}
    assert sum(one["different"] for one in moved.run["objects"]) == 0
    assert sum(one["created"] for one in moved.run["objects"] if one["map"] == "S1") == len(contacts)


def test_every_column_of_a_job_is_a_field_that_it_may_write(moved: Moved, shared: Path) -> None:
    judge = load_salesforce_validator(shared / "vendors", moved.deployed)
    ways = {"insert": "create", "upsert": "create", "update": "update"}

    complaints = [
        problem
        for job in moved.jobs
        for problem in record_problems(
            judge.fields, job.object, dict.fromkeys({*job.columns} - {"Id"}), ways[job.operation], job.object
        )
    ]

    assert {job.object for job in moved.jobs} >= {"Contact", "Appointment__c", "Invoice__c", "Invoice_Line__c"}
    assert all(job.columns for job in moved.jobs)
    assert {words for _, words in complaints} <= {"null, but the field is never empty"}, "columns alone are judged"
