"""What changed at the clinic after the load comes over; what somebody typed into the CRM meanwhile stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crm import Crm, Row
from harbour import CRMS, dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

DESTINATIONS = [pytest.param(name, marks=pytest.mark.xdist_group(f"delta-{name}")) for name in CRMS]


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


@pytest.fixture(scope="module", params=DESTINATIONS)
def changes(request: pytest.FixtureRequest, spare_folder: Callable[[str], Path]) -> Iterator[Changes]:
    view = CRMS[request.param]
    with (
        running_twin("cliniko", "--clinic", "40", "--seed", "4", "--unlimited", "--scale", str(view.scale)) as clinic,
        running_twin(view.vendor, *view.twin_options, "--scale", str(view.scale)) as crm,
    ):
        yield changed(view, shell(spare_folder("delta"), clinic, crm), clinic, crm)


def test_a_change_comes_over(changes: Changes) -> None:
    there = changes.after.patients[changes.chosen.moved]

    assert (there["city"], there["occupation"]) == ("Newtown", "Ferry captain")


def test_a_new_patient_comes_over(changes: Changes) -> None:
    there = changes.after.patients[changes.created]

    assert (there["first_name"], there["last_name"], there["city"]) == ("Newly", "Arrived", "Carlton")


def test_an_archived_patient_is_marked(changes: Changes) -> None:
    assert changes.after.patients[changes.chosen.archived]["archived"] is True


def test_a_cancelled_appointment_says_so(changes: Changes) -> None:
    assert changes.after.meetings[changes.chosen.cancelled]["state"] == "Cancelled"


def test_a_merged_patient_is_gone_and_all_that_was_theirs_is_the_survivors(changes: Changes) -> None:
    survivor = changes.after.patients[changes.chosen.survivor]["id"]
    theirs = [changes.after.meetings[id]["patient"] for id in changes.chosen.losers_appointments]

    assert changes.chosen.loser not in changes.after.patients
    assert theirs
    assert set(theirs) == {survivor}


def test_what_was_typed_into_the_crm_stays_and_the_rest_comes_over(changes: Changes) -> None:
    for patient in (changes.chosen.kept, changes.chosen.beside):
        there = changes.after.patients[patient]
        assert (there["city"], there["occupation"]) == ("Oldtown", "Ferry captain")


def test_the_conflict_is_reported_alone_and_without_its_values(changes: Changes) -> None:
    conflicts = [(one["source_id"], one["field"]) for one in changes.delta["conflicts"]]

    assert conflicts == [(changes.chosen.kept, changes.after.place("patients", "city")[1])]
    assert "Oldtown" not in str(changes.delta)


def test_a_record_that_nobody_changed_is_not_touched(changes: Changes) -> None:
    id = changes.chosen.untouched

    assert changes.after.raw("patients")[id] == changes.before.raw("patients")[id]


def test_another_delta_changes_nothing(changes: Changes) -> None:
    assert {one["map"]: one["updated"] for one in changes.again["objects"]} == {
        one["map"]: one["updated"] for one in changes.delta["objects"]
    }


def test_it_reconciles_and_tells_edits_from_losses(changes: Changes) -> None:
    words = {one["name"]: one["words"] for one in changes.reconcile["criteria"]}

    assert changes.reconcile["ok"] is True
    assert "2 somebody changed" in words["fields"] or "2 more: somebody changed" in words["fields"]
