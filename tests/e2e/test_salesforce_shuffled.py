"""By bulk jobs, whose files of successes and failures come in any order, every record gets its own outcome."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from crm import Row
from crm_salesforce import SalesforceCrm
from harbour import dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

pytestmark = pytest.mark.xdist_group("shuffled")
TOWNS = {"Northbank": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Southbank": "CANNOT_EXECUTE_FLOW_TRIGGER"}
"""Rules of the organisation's own refuse the people of two towns, each with a code of its own."""
JOB = re.compile(r".*/jobs/ingest/(\w+)/(batches|successfulResults|failedResults)/?")
KEY = re.compile(r"(?i)(Cliniko_\w+_Id|source_system_id)__c")


@dataclass(frozen=True)
class Moved:
    """A clinic after a full run by bulk jobs."""

    clinic: dict[str, dict[str, Row]]
    crm: SalesforceCrm
    sampled: frozenset[str]
    """Patients who arrived before the rules were there."""
    run: Row
    reconcile: Row
    files: dict[str, dict[str, list[str]]]
    """Our keys in the order of each file, by file of each job."""

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


def files_of(journal: list[Row]) -> Iterator[tuple[str, str, list[str]]]:
    """(job, file, our keys in its order) of everything that jobs were given and gave."""
    for entry in journal:
        if found := JOB.fullmatch(entry["path"]):
            job, file = found.groups()
            side = entry["request"] if file == "batches" else entry["answer"]
            rows = list(csv.DictReader(io.StringIO(side["body"])))
            keys = [name for name in (rows[0] if rows else {}) if KEY.fullmatch(name)]
            yield job, file, [row[keys[0]] for row in rows] if keys else []


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
        files: dict[str, dict[str, list[str]]] = {}
        for job, file, keys in files_of(crm.journal()):
            files.setdefault(job, {})[file] = keys
        return Moved(
            {name: {row["id"]: row for row in clinic.dump(name)} for name in ("patients", "individual_appointments")},
            SalesforceCrm(dumps(SalesforceCrm, crm)),
            frozenset(sampled),
            run,
            gurney("reconcile", expect=4),
            files,
        )


def test_both_files_came_in_another_order_than_the_rows(moved: Moved) -> None:
    for file in ("successfulResults", "failedResults"):
        given = [job for job in moved.files.values() if len(job.get(file, ())) > 3]
        sent = [[key for key in job["batches"] if key in job[file]] for job in given]
        assert given
        assert any(job[file] != keys for job, keys in zip(given, sent, strict=True))


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
