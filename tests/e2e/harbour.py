"""The sample clinic on both sides: its files as the vendor would answer them, and what stands in a CRM."""

from __future__ import annotations

import gzip
import html
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from crm import Crm, Dumps, Row
from crm_freshsales import FreshsalesCrm
from crm_highlevel import HighLevelCrm
from crm_pipedrive import PipedriveCrm
from crm_salesforce import SalesforceCrm
from crm_zoho import ZohoCrm
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

CRMS: dict[str, type[Crm]] = {
    view.vendor: view for view in (ZohoCrm, SalesforceCrm, PipedriveCrm, HighLevelCrm, FreshsalesCrm)
}
"""Every destination that can be shown."""
VENDORS = {name: pytest.param(name, marks=pytest.mark.xdist_group(f"harbour-{name}")) for name in CRMS}
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "clinic-harbour"
STAFF = ("grace.jones", "frontdesk", "jose.oconnell+physio", "david.brown", "john.smith")
"""Who of the clinic has a user in the CRM, at harbour.example.org: a practitioner who came back, two who share an
address, one with a plus in it, one who left, and an ordinary one. All others go to the fallback owner."""
FALLBACK = "admin@example.com"
CLINICS_FILES = "patient_attachments"
"""Also told to the views: a file's id in a CRM may be made from the clinic's, and tell it to nobody else."""


def only(vendor: str) -> pytest.MarkDecorator:
    """Tests of one destination alone."""
    return pytest.mark.parametrize("vendor", [VENDORS[vendor]], indirect=True)


def linked(row: Row, name: str) -> str:
    """The id that a relation of the source points to; '' where there is none."""
    relation = row.get(name)
    return relation["links"]["self"].split("?")[0].rsplit("/", 1)[-1] if relation else ""


@dataclass
class Clinic:
    """The clinic's files. Lines end with a line feed alone: values may hold other separators."""

    folder: Path

    @cached_property
    def manifest(self) -> Row:
        return json.loads((self.folder / "manifest.json").read_bytes())

    @cached_property
    def settings(self) -> Row:
        return json.loads((self.folder / "settings_public.json").read_bytes())

    @cached_property
    def _read(self) -> dict[str, dict[str, Row]]:
        return {}

    def rows(self, resource: str) -> dict[str, Row]:
        if resource not in self._read:
            lines = gzip.decompress((self.folder / f"{resource}.jsonl.gz").read_bytes()).split(b"\n")
            self._read[resource] = {row["id"]: row for row in map(json.loads, filter(None, lines))}
        return self._read[resource]

    def of(self, resource: str, relation: str, id: str) -> list[Row]:
        return [row for row in self.rows(resource).values() if linked(row, relation) == id]

    def contacts(self, type_code: int) -> dict[str, Row]:
        """The clinic's contacts of a type: 0 other, 1 doctor, 2 insurer."""
        return {id: row for id, row in self.rows("contacts").items() if row["type_code"] == type_code}

    @cached_property
    def survivors(self) -> dict[str, str]:
        """Merged patients with whom they were merged into in the end."""
        chain = self.entry("merged_chain")
        return dict.fromkeys(chain["ids"], chain["survivor"])

    def of_patients(self, resource: str) -> dict[str, list[Row]]:
        """Live records by the patient who has them now."""
        found = defaultdict(list)
        for row in self.rows(resource).values():
            if not row.get("archived_at"):
                patient = linked(row, "patient")
                found[self.survivors.get(patient, patient)].append(row)
        return found

    def entry(self, key: str) -> Row:
        """The only planted entry with this key."""
        [found] = [entry for entry in self.manifest["planted"] if entry["key"] == key]
        return found


@dataclass
class Story:
    """What was there before, after the load, and after the rollback."""

    view: type[Crm]
    gurney: Gurney
    before: Dumps
    documents: dict[str, Any] = field(default_factory=dict)
    loaded: Dumps = field(default_factory=dict)
    after: Dumps = field(default_factory=dict)
    sampled: Dumps = field(default_factory=dict)
    """After the sample, before the run."""
    calls: list[Row] = field(default_factory=list)
    """The run's requests at the CRM."""
    asked: Counter[str] = field(default_factory=Counter)
    """Requests at the source by method."""

    @cached_property
    def there(self) -> Crm:
        return self.view(self.loaded)

    @cached_property
    def _reports(self) -> dict[str, Any]:
        return {}

    def report(self, name: str) -> Any:
        """A stage's report as the workspace keeps it."""
        if name not in self._reports:
            self._reports[name] = json.loads((self.gurney.workspace / "reports" / f"{name}.json").read_bytes())
        return self._reports[name]

    def page(self, name: str) -> str:
        return (self.gurney.workspace / "reports" / f"{name}.html").read_text(encoding="utf-8")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def planned(story: Story, object: str) -> dict[str, Row]:
    """The fields that the plan wants, by the labels that people read."""
    return {field["label"]: field for field in story.report("plan")["setup"]["fields"] if field["object"] == object}


def deviation(story: Story, row: str) -> str:
    """What the plan tells its signer about a row, and that the page he reads says the same."""
    told = [map["deviation"] for map in story.report("plan")["maps"] if map["row"] == row]
    assert told, f"the plan has no row {row}"
    assert all(told), f"a map of {row} hides its deviation"
    page = " ".join(html.unescape(story.page("plan")).split())
    assert all(words.strip() in page for words in told)
    return " ".join(told)


def dumps(view: type[Crm], crm: RunningTwin) -> Dumps:
    """What stands in a CRM now."""
    return {object: crm.dump(object) for object in view.objects}


def tell(view: type[Crm], clinic_folder: Path, folder: Path, *options: str) -> Story:
    """Move the clinic verb by verb, each a process, and take everything back. `options` are for the CRM's twin."""
    users = [word for name in STAFF for word in ("--user", f"{name}@harbour.example.org")]
    with (
        running_twin("cliniko", "--load", str(clinic_folder), "--unlimited") as clinic,
        running_twin(view.vendor, *view.twin_options, *users, *options) as crm,
    ):
        gurney = shell(folder, clinic, crm)
        told = Story(view, gurney, dumps(view, crm))
        up_to_sample(gurney, view.vendor, fallback=FALLBACK)
        told.sampled, begun = dumps(view, crm), len(crm.journal())
        told.documents["run"] = gurney("run")
        told.calls = crm.journal(begun)
        told.documents["reconcile"] = gurney("reconcile")
        told.documents["status"] = gurney("status")
        told.loaded = dumps(view, crm) | {CLINICS_FILES: clinic.dump(CLINICS_FILES)}
        told.documents["log"] = gurney("log", "verify")
        told.documents["rollback"] = gurney("rollback", "--yes")
        told.after = dumps(view, crm)
        told.asked = Counter(entry["method"] for entry in clinic.journal())
        return told
