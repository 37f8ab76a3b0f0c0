"""The administrator deploys the plan's package; `gurney provision` finds all there, makes nothing, and goes on."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from crm import Dumps, Row
from crm_salesforce import SalesforceCrm
from harbour import dumps
from processes import RunningTwin, running_twin, shell, up_to_plan

VERSION = "/services/data/v64.0"
MADE = ("Fields", "Objects")
OPENED = ("PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions")
PACKAGE = "gurney-salesforce.zip"
OPTIONS = {"singlePackage": True, "rollbackOnError": True, "testLevel": "NoTestRun"}


class Administrator:
    """Somebody with the Metadata API and no program of ours."""

    def __init__(self, org: RunningTwin) -> None:
        self._base = org.base_url
        names = {"client_id": "CLIENT_ID", "client_secret": "CLIENT_SECRET"}
        form = {key: org.env[f"GURNEY_SALESFORCE_{name}"] for key, name in names.items()}
        body = urllib.parse.urlencode({"grant_type": "client_credentials", **form}).encode()
        told = self._call("POST", "/services/oauth2/token", body, "application/x-www-form-urlencoded")
        self._token = told["access_token"]
        self.user = self._call("GET", "/services/oauth2/userinfo")["user_id"]

    def deploy(self, package: bytes) -> Row:
        """Hand a package over and wait for its end."""
        parts = (
            b'name="json"\r\nContent-Type: application/json\r\n\r\n' + json.dumps({"deployOptions": OPTIONS}).encode(),
            b'name="file"; filename="deploy.zip"\r\nContent-Type: application/zip\r\n\r\n' + package,
        )
        body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
        place = f"{VERSION}/metadata/deployRequest"
        id = self._call("POST", place, body + b"--edge--\r\n", "multipart/form-data; boundary=edge")["id"]
        while not (result := self._call("GET", f"{place}/{id}?includeDetails=true")["deployResult"])["done"]:
            time.sleep(0.05)
        return result

    def assign(self, permission_set: str) -> None:
        query = urllib.parse.urlencode({"q": f"SELECT Id FROM PermissionSet WHERE Name = '{permission_set}'"})
        [found] = self._call("GET", f"{VERSION}/query?{query}")["records"]
        order = {"AssigneeId": self.user, "PermissionSetId": found["Id"]}
        body = json.dumps(order).encode()
        self._call("POST", f"{VERSION}/sobjects/PermissionSetAssignment", body, "application/json")

    def _call(self, method: str, path: str, body: bytes | None = None, type: str = "") -> Any:
        headers = {"Content-Type": type} if type else {}
        if token := getattr(self, "_token", ""):
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self._base}{path}", body, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())


@dataclass
class Deployed:
    """What the administrator did and what came of it."""

    deployment: Row
    user: str
    """Whose credentials the migration has."""
    is_assigned: bool
    """Whether the administrator gave the permission set to them, too."""
    dumped: dict[str, Dumps] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """What `gurney provision` asked the organisation for."""


WAYS = {"assigned": True, "deployed-only": False}


@pytest.fixture(scope="module")
def told() -> dict[str, Deployed]:
    """What was done already: each way takes a while, and no test changes it."""
    return {}


@pytest.fixture(params=[pytest.param(way, marks=pytest.mark.xdist_group(way)) for way in WAYS])
def deployed(
    request: pytest.FixtureRequest, told: dict[str, Deployed], spare_folder: Callable[[str], Path]
) -> Deployed:
    way = request.param
    if way not in told:
        told[way] = move(spare_folder(way), is_assigned=WAYS[way])
    return told[way]


def move(folder: Path, *, is_assigned: bool) -> Deployed:
    with (
        running_twin("cliniko", "--clinic", "10", "--seed", "8", "--unlimited") as clinic,
        running_twin("salesforce", *SalesforceCrm.twin_options) as org,
    ):
        gurney = shell(folder, clinic, org)
        up_to_plan(gurney, "salesforce")
        administrator = Administrator(org)
        deployment = administrator.deploy((gurney.workspace / "reports" / PACKAGE).read_bytes())
        if is_assigned:
            administrator.assign("Gurney_Migration")
        told = Deployed(deployment, administrator.user, is_assigned)
        told.dumped["deployed"] = dumps(SalesforceCrm, org)
        gurney("approve", "plan", "--by", "Test Admin")
        begun = len(org.journal())
        told.documents["provision"] = gurney("provision")
        told.asked = [(entry["method"], entry["path"]) for entry in org.journal(begun)]
        told.dumped["provisioned"] = dumps(SalesforceCrm, org)
        gurney("sample")
        gurney("approve", "sample", "--by", "Test Admin")
        told.documents["run"] = gurney("run")
        told.documents["reconcile"] = gurney("reconcile")
        told.documents["rollback"] = gurney("rollback", "--yes")
        told.dumped["rolled back"] = dumps(SalesforceCrm, org)
        return told


def test_the_plans_package_deploys_as_it_is(deployed: Deployed) -> None:
    assert deployed.deployment["status"] == "Succeeded"
    assert deployed.deployment["numberComponentErrors"] == 0


def test_provisioning_makes_nothing_that_is_there(deployed: Deployed) -> None:
    provisioned = deployed.documents["provision"]
    before, after = deployed.dumped["deployed"], deployed.dumped["provisioned"]

    assert provisioned["ok"] is True
    assert provisioned["already_there"] is deployed.is_assigned
    assert {row["state"] for row in provisioned["rows"]} == (set() if deployed.is_assigned else {"existing"})
    assert {name: after[name] for name in MADE} == {name: before[name] for name in MADE}


def test_it_only_looks_where_all_is_opened_and_opens_it_else(deployed: Deployed) -> None:
    writes = {method for method, path in deployed.asked if not path.endswith("/token")} - {"GET"}
    opened = [row["AssigneeId"] for row in deployed.dumped["provisioned"]["PermissionSetAssignment"]]

    assert bool(writes) is not deployed.is_assigned
    assert opened == [deployed.user]


def test_the_run_is_proven(deployed: Deployed) -> None:
    assert deployed.documents["run"]["failed"] == []
    assert deployed.documents["reconcile"]["ok"] is True


def test_a_rollback_leaves_what_the_administrator_made(deployed: Deployed) -> None:
    assert deployed.documents["rollback"]["kept"] == deployed.documents["rollback"]["impossible"] == []
    before, after = deployed.dumped["deployed"], deployed.dumped["rolled back"]
    assert {name: rows for name, rows in after.items() if name not in OPENED} == {
        name: rows for name, rows in before.items() if name not in OPENED
    }
