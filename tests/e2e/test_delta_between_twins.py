"""What changed at the clinic after the load comes over; what somebody typed into the CRM meanwhile stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from processes import RunningTwin, running_twin, shell, up_to_sample

pytestmark = pytest.mark.xdist_group("delta")


@dataclass
class Changes:
    """Who was changed how, by the clinic's ids, and what the delta said and left."""

    clinic: RunningTwin
    crm: RunningTwin
    moved: str
    archived: str
    kept: str
    """Changed in the CRM and, the same field, at the clinic."""
    beside: str
    """Changed in the CRM in one field and at the clinic in another."""
    loser: str
    survivor: str
    losers_appointments: set[str]
    cancelled: str
    created: str
    untouched: dict[str, Any]
    """A contact's record that nobody changed, as it was before."""
    delta: dict[str, Any]
    again: dict[str, Any]
    reconcile: dict[str, Any]


def contact(crm: RunningTwin, patient: str) -> dict[str, Any] | None:
    return next((one for one in crm.dump("Contacts") if one["Cliniko_Patient_ID"] == patient), None)


def id_in(relation: dict[str, Any] | None) -> str | None:
    return relation["links"]["self"].rpartition("/")[2] if relation else None


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quiet_patients(clinic: RunningTwin) -> list[str]:
    """Patients whose record went over as it is: neither archived nor merged, by id."""
    rows = clinic.dump("patients")
    return sorted(one["id"] for one in rows if not one.get("archived_at") and not one.get("merged_at"))


def edit(twin: RunningTwin, object: str, id: str, **fields: Any) -> None:
    twin.post("edit", {"object": object, "id": id, "fields": fields})


def in_crm(crm: RunningTwin, patient: str, **fields: Any) -> None:
    there = contact(crm, patient)
    assert there is not None
    edit(crm, "Contacts", there["id"], **fields)


@pytest.fixture(scope="module")
def changes(spare_folder: Callable[[str], Path]) -> Iterator[Changes]:
    with (
        running_twin("cliniko", "--clinic", "40", "--seed", "4", "--unlimited") as clinic,
        running_twin("zoho", "--unlimited") as crm,
    ):
        gurney = shell(spare_folder("delta"), clinic, crm)
        up_to_sample(gurney, "zoho")
        gurney("run")
        appointments = [one for one in clinic.dump("individual_appointments") if not one.get("archived_at")]
        busy = sorted({patient for one in appointments if (patient := id_in(one.get("patient")))})
        quiet = [id for id in quiet_patients(clinic) if contact(crm, id)]
        loser = next(id for id in busy if id in quiet)
        moved, archived, kept, beside, survivor, untouched = [id for id in quiet if id != loser][:6]
        theirs = {one["id"] for one in appointments if id_in(one.get("patient")) == loser}
        cancelled = next(one["id"] for one in appointments if not one.get("cancelled_at") and one["id"] not in theirs)
        before = contact(crm, untouched)
        assert before is not None

        edit(clinic, "patients", moved, city="Newtown", occupation="Ferry captain")
        edit(clinic, "patients", archived, archived_at=now())
        edit(clinic, "patients", kept, city="Newtown", occupation="Ferry captain")
        edit(clinic, "patients", beside, occupation="Ferry captain")
        edit(clinic, "individual_appointments", cancelled, cancelled_at=now(), cancellation_reason=50)
        clinic.post("merge", {"loser": loser, "survivor": survivor})
        made = clinic.post(
            "create",
            {"object": "patients", "record": {"first_name": "Newly", "last_name": "Arrived", "city": "Carlton"}},
        )
        in_crm(crm, kept, Mailing_City="Oldtown")
        in_crm(crm, beside, Mailing_City="Oldtown")

        told = gurney("delta", expect=4)
        again = gurney("delta")
        reconcile = gurney("reconcile")
        yield Changes(
            clinic, crm, moved, archived, kept, beside, loser, survivor, theirs, cancelled, made["id"], before,
            told, again, reconcile,
        )  # fmt: skip


def test_a_change_comes_over(changes: Changes) -> None:
    there = contact(changes.crm, changes.moved)

    assert there is not None
    assert (there["Mailing_City"], there["Occupation"]) == ("Newtown", "Ferry captain")


def test_a_new_patient_comes_over(changes: Changes) -> None:
    there = contact(changes.crm, changes.created)

    assert there is not None
    assert (there["First_Name"], there["Last_Name"], there["Mailing_City"]) == ("Newly", "Arrived", "Carlton")


def test_an_archived_patient_is_marked(changes: Changes) -> None:
    there = contact(changes.crm, changes.archived)

    assert there is not None
    assert there["Archived_In_Cliniko"] is True


def test_a_cancelled_appointment_says_so(changes: Changes) -> None:
    events = [one for one in changes.crm.dump("Events") if one["Cliniko_Appointment_ID"] == changes.cancelled]

    assert [one["Appointment_State"] for one in events] == ["Cancelled"]


def test_a_merged_patient_is_gone_and_all_that_was_theirs_is_the_survivors(changes: Changes) -> None:
    survivor = contact(changes.crm, changes.survivor)
    theirs = [one for one in changes.crm.dump("Events") if one["Cliniko_Appointment_ID"] in changes.losers_appointments]

    assert survivor is not None
    assert contact(changes.crm, changes.loser) is None
    assert theirs
    assert {one["Who_Id"]["id"] for one in theirs} == {survivor["id"]}


def test_what_was_typed_into_the_crm_stays_and_the_rest_comes_over(changes: Changes) -> None:
    for patient in (changes.kept, changes.beside):
        there = contact(changes.crm, patient)
        assert there is not None
        assert (there["Mailing_City"], there["Occupation"]) == ("Oldtown", "Ferry captain")


def test_the_conflict_is_reported_alone_and_without_its_values(changes: Changes) -> None:
    conflicts = changes.delta["conflicts"]

    assert [(one["source_id"], one["field"]) for one in conflicts] == [(changes.kept, "Mailing_City")]
    assert "Oldtown" not in str(changes.delta)


def test_a_record_that_nobody_changed_is_not_touched(changes: Changes) -> None:
    assert contact(changes.crm, changes.untouched["Cliniko_Patient_ID"]) == changes.untouched


def test_another_delta_changes_nothing(changes: Changes) -> None:
    assert {one["map"]: one["updated"] for one in changes.again["objects"]} == {
        one["map"]: one["updated"] for one in changes.delta["objects"]
    }


def test_it_reconciles_and_tells_edits_from_losses(changes: Changes) -> None:
    words = {one["name"]: one["words"] for one in changes.reconcile["criteria"]}

    assert changes.reconcile["ok"] is True
    assert "2 somebody changed" in words["fields"] or "2 more: somebody changed" in words["fields"]
