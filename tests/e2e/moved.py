"""A made-up clinic that works on after it was moved: what delta, traffic and the way back are looked at by."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crm import Crm, Row
from harbour import CRMS, dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

DESTINATIONS = {name: pytest.param(name, marks=pytest.mark.xdist_group(f"moved-{name}")) for name in CRMS}


@dataclass(frozen=True)
class Chosen:
    """Who is changed how, by the clinic's ids."""

    moved: str
    archived: str
    kept: str
    """Changed in the CRM and, the same field, at the clinic."""
    beside: str
    """Changed in the CRM in one field and at the clinic in another."""
    loser: str
    survivor: str
    untouched: str
    losers_appointments: frozenset[str]
    cancelled: str


@dataclass(frozen=True)
class Changes:
    """What stood in the CRM before and after, and what the delta said."""

    chosen: Chosen
    created: str
    before: Crm
    after: Crm
    delta: Row
    again: Row
    reconcile: Row


Files = dict[str, bytes]


@dataclass(frozen=True)
class Traffic:
    """The journals of both sides after the whole way, bodies included, and what was deployed."""

    crm: str
    journals: dict[str, list[Row]]
    deployed: list[Files]
    planned: Files
    """The package that the plan wrote for the administrator, where the vendor has such packages."""


@dataclass(frozen=True)
class Move:
    """There, with a delta after people had worked on, and back."""

    changes: Changes
    traffic: Traffic


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def choose(clinic: RunningTwin, before: Crm) -> Chosen:
    """Patients whose record went over as it is, and among them one with appointments to lose."""
    appointments = [one for one in clinic.dump("individual_appointments") if not one.get("archived_at")]
    rows = clinic.dump("patients")
    quiet = sorted(one["id"] for one in rows if not one.get("archived_at") and not one.get("merged_at"))
    quiet = [id for id in quiet if id in before.patients]
    busy = sorted({linked(one, "patient") for one in appointments} & set(quiet))
    loser = busy[0]
    moved, archived, kept, beside, survivor, untouched = [id for id in quiet if id != loser][:6]
    theirs = frozenset(one["id"] for one in appointments if linked(one, "patient") == loser)
    cancelled = next(one["id"] for one in appointments if not one.get("cancelled_at") and one["id"] not in theirs)
    return Chosen(moved, archived, kept, beside, loser, survivor, untouched, theirs, cancelled)


def edit(twin: RunningTwin, object: str, id: str, **fields: Any) -> None:
    twin.post("edit", {"object": object, "id": id, "fields": fields})


def at_the_clinic(clinic: RunningTwin, chosen: Chosen) -> str:
    """What the clinic's people do after the load; the new patient's id."""
    for patient in (chosen.moved, chosen.kept):
        edit(clinic, "patients", patient, city="Newtown", occupation="Ferry captain")
    edit(clinic, "patients", chosen.beside, occupation="Ferry captain")
    edit(clinic, "patients", chosen.archived, archived_at=now())
    edit(clinic, "individual_appointments", chosen.cancelled, cancelled_at=now(), cancellation_reason=50)
    clinic.post("merge", {"loser": chosen.loser, "survivor": chosen.survivor})
    record = {"first_name": "Newly", "last_name": "Arrived", "city": "Carlton"}
    return str(clinic.post("create", {"object": "patients", "record": record})["id"])


def in_the_crm(crm: RunningTwin, before: Crm, chosen: Chosen) -> None:
    """What somebody types into the CRM meanwhile."""
    for patient in (chosen.kept, chosen.beside):
        crm.post("edit", before.typed("patients", patient, "city", "Oldtown"))


def changed(view: type[Crm], gurney: Gurney, clinic: RunningTwin, crm: RunningTwin) -> Changes:
    up_to_sample(gurney, view.vendor)
    gurney("run")
    before = view(dumps(view, crm))
    chosen = choose(clinic, before)
    created = at_the_clinic(clinic, chosen)
    in_the_crm(crm, before, chosen)
    told, again, reconcile = gurney("delta", expect=4), gurney("delta"), gurney("reconcile")
    return Changes(chosen, created, before, view(dumps(view, crm)), told, again, reconcile)


def taken_back(view: type[Crm], gurney: Gurney, clinic: RunningTwin, crm: RunningTwin, edited: list[str]) -> Traffic:
    """All of it, what people edited too, so that every way of removing is seen."""
    gurney("rollback", "--yes", *(word for patient in edited for word in ("--force", patient)))
    planned = gurney.workspace / "reports" / "gurney-salesforce.zip"
    return Traffic(
        view.vendor,
        {"cliniko": clinic.journal(), view.vendor: crm.journal()},
        [unzipped(base64.b64decode(one["zip"])) for one in crm.dump("Deployments")],
        unzipped(planned.read_bytes()) if planned.exists() else {},
    )


def unzipped(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def moved(view: type[Crm], folder: Path) -> Move:
    """A made-up clinic moved by processes."""
    pace = ("--scale", str(view.scale), "--record-bodies")
    with (
        running_twin("cliniko", "--clinic", "40", "--seed", "4", "--unlimited", *pace) as clinic,
        running_twin(view.vendor, *view.twin_options, *pace) as crm,
    ):
        gurney = shell(folder, clinic, crm)
        changes = changed(view, gurney, clinic, crm)
        return Move(changes, taken_back(view, gurney, clinic, crm, [changes.chosen.kept, changes.chosen.beside]))
