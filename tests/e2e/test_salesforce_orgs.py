"""The sample in an organisation of its own: production is looked at, and not written to, before the full run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from crm import Dumps
from crm_salesforce import SalesforceCrm
from harbour import dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_plan

PREFIX = "GURNEY_SALESFORCE_"
RECORDS = ("Account", "Contact", "Appointment__c", "Invoice__c", "ContentNote", "ContentVersion")


@dataclass
class Orgs:
    """What stood in both organisations after each step, and what the verbs said."""

    staff: dict[str, str]
    """The practitioners who have a user in both, with their address."""
    production: dict[str, Dumps] = field(default_factory=dict)
    sandbox: dict[str, Dumps] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    """Writes that production had seen by then."""
    documents: dict[str, Any] = field(default_factory=dict)

    def keep(self, when: str, production: RunningTwin, sandbox: RunningTwin) -> None:
        self.production[when] = dumps(SalesforceCrm, production)
        self.sandbox[when] = dumps(SalesforceCrm, sandbox)
        writes = [SalesforceCrm.is_write(entry["method"], entry["path"]) for entry in production.journal()]
        self.written[when] = sum(writes)


def log_in(gurney: Gurney, sandbox: RunningTwin) -> None:
    """The second organisation's credentials, from a file as a person has them."""
    lines = [f"{name.removeprefix(PREFIX)}={value}\n" for name, value in sandbox.env.items()]
    file = gurney.home / "sandbox.txt"
    file.write_text("".join(lines), encoding="utf-8")
    gurney("login", "salesforce", "--sandbox", "--file", str(file))


def wants_a_sandbox(gurney: Gurney) -> None:
    settings = gurney.workspace / "gurney.toml"
    told = settings.read_text(encoding="utf-8")
    assert told.count("sandbox = false") == 1
    settings.write_text(told.replace("sandbox = false", "sandbox = true"), encoding="utf-8")


def move(gurney: Gurney, orgs: Orgs, production: RunningTwin, sandbox: RunningTwin) -> None:
    up_to_plan(gurney, "salesforce")
    wants_a_sandbox(gurney)
    log_in(gurney, sandbox)
    orgs.keep("new", production, sandbox)
    gurney("approve", "plan", "--by", "Test Admin")
    orgs.documents["sample"] = gurney("sample")
    orgs.keep("sample", production, sandbox)
    orgs.documents["unprovisioned"] = gurney("run", expect=3)
    orgs.keep("refused", production, sandbox)
    gurney("provision")
    orgs.documents["unsigned"] = gurney("run", expect=3)
    orgs.keep("provisioned", production, sandbox)
    gurney("approve", "sample", "--by", "Test Admin")
    gurney("run")
    orgs.documents["reconcile"] = gurney("reconcile")
    orgs.keep("run", production, sandbox)
    orgs.documents["cleared"] = gurney("rollback", "--sample", "--yes")
    orgs.keep("cleared", production, sandbox)
    orgs.documents["rollback"] = gurney("rollback", "--yes")
    orgs.keep("rollback", production, sandbox)


@pytest.fixture(scope="module")
def orgs(spare_folder: Callable[[str], Path]) -> Orgs:
    with running_twin("cliniko", "--clinic", "15", "--seed", "6", "--unlimited") as clinic:
        users = {user["id"]: user["email"] for user in clinic.dump("users") if user["active"]}
        people = {row["id"]: linked(row, "user") for row in clinic.dump("practitioners")}
        staff = {id: users[user] for id, user in people.items() if user in users}
        options = (*SalesforceCrm.twin_options, *(word for email in staff.values() for word in ("--user", email)))
        with (
            running_twin("salesforce", *options) as production,
            running_twin("salesforce", *options, "--switch", "sandbox=yes") as sandbox,
        ):
            told = Orgs(staff)
            move(shell(spare_folder("orgs"), clinic, production), told, production, sandbox)
            return told


def records(dumped: Dumps) -> int:
    return sum(len(dumped[object]) for object in RECORDS)


pytestmark = pytest.mark.xdist_group("orgs")


def test_the_sample_is_in_the_second_organisation_alone(orgs: Orgs) -> None:
    assert records(orgs.sandbox["new"]) == 0
    assert records(orgs.sandbox["sample"]) > 20
    assert orgs.production["sample"] == orgs.production["new"]
    assert orgs.written["sample"] == 0
    assert orgs.documents["sample"]["stage"] == "sampled"


def test_practitioners_are_matched_though_a_sandbox_marks_addresses(orgs: Orgs) -> None:
    dumped = orgs.sandbox["sample"]
    users = {row["Id"]: row["Email"] for row in dumped["User"]}
    matched = {row["Cliniko_Practitioner_Id__c"]: users.get(row["User__c"]) for row in dumped["Practitioner__c"]}

    assert matched.keys() & orgs.staff.keys()
    assert matched == {id: f"{orgs.staff[id]}.invalid" if id in orgs.staff else None for id in matched}
    assert {users[row["OwnerId"]] for row in dumped["Appointment__c"]} & set(matched.values())


def test_production_is_not_touched_before_it_is_provisioned(orgs: Orgs) -> None:
    assert "gurney provision" in orgs.documents["unprovisioned"]["next_step"]
    assert orgs.production["refused"] == orgs.production["new"]
    assert orgs.written["refused"] == 0
    assert "gurney approve sample" in orgs.documents["unsigned"]["next_step"]
    assert records(orgs.production["provisioned"]) == 0


def test_the_full_run_goes_into_production_whole_and_leaves_the_sample(orgs: Orgs) -> None:
    assert orgs.documents["reconcile"]["ok"] is True
    assert records(orgs.production["run"]) >= records(orgs.sandbox["sample"])
    assert orgs.sandbox["run"] == orgs.sandbox["sample"]


def test_the_sandbox_is_cleared_by_itself(orgs: Orgs) -> None:
    assert orgs.documents["cleared"]["kept"] == []
    assert records(orgs.sandbox["cleared"]) == 0
    assert orgs.production["cleared"] == orgs.production["run"]


def test_both_end_as_they_began(orgs: Orgs) -> None:
    assert orgs.documents["rollback"]["kept"] == []
    assert {name: rows for name, rows in orgs.production["rollback"].items() if rows} == {
        name: rows for name, rows in orgs.production["new"].items() if rows
    }
