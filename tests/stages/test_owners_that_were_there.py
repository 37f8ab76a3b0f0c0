"""Whose a record was that was there before us: a rollback gives it back, and a delta takes it from nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stage_scene import Scene, until_sampled

from gurney.migration.run import run
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.records import Link, Value
from gurney.schema import FieldSchema, FieldType

pytestmark = pytest.mark.anyio
OTHER = "900"
"""A user of the CRM who is no practitioner."""


def owned_patients(scene: Scene) -> list[tuple[str, str]]:
    """(patient, contact) of those that we gave to a practitioner's user."""
    rows = scene.crm.records["Contacts"].items()
    return [(str(row["Cliniko_Patient_ID"]), id) for id, row in rows if row.get("Owner") and row["Cliniko_Patient_ID"]]


async def a_patient_of_a_practitioner(scene: Scene) -> str:
    """Found out by a migration that is taken back again."""
    await until_sampled(scene)
    await run(scene.migration)
    patient, _ = owned_patients(scene)[0]
    await undo(scene.migration)
    return patient


async def there_before(scene: Scene, patient: str, owner: Value) -> None:
    """The same patient stands in the CRM as somebody's, with our key, when it is loaded again."""
    member = scene.crm.members[0]
    scene.crm.members.append(replace(member, id=OTHER, email="desk@example.com", active=True))
    scene.crm.records["Contacts"]["7"] = {"Cliniko_Patient_ID": patient, "Last_Name": "As It Was", "Owner": owner}
    scene.crm._touch("7")


@pytest.fixture
async def taken_up(scene: Scene, request: pytest.FixtureRequest) -> Scene:
    """A loaded clinic of which a patient had been there, owned by the parameter."""
    key = FieldSchema("Cliniko_Patient_ID", "Cliniko Patient ID", FieldType.TEXT, unique=True, custom=True)
    contacts = scene.crm.objects["Contacts"]
    scene.crm.objects["Contacts"] = replace(contacts, fields={**contacts.fields, key.name: key})
    patient = await a_patient_of_a_practitioner(scene)
    await there_before(scene, patient, request.param)
    await until_sampled(scene)
    await run(scene.migration)
    owner = scene.crm.records["Contacts"]["7"]["Owner"]
    assert isinstance(owner, Link) and owner.id not in ("", OTHER)
    return scene


@pytest.mark.parametrize("taken_up", [Link("Users", OTHER)], indirect=True)
async def test_a_record_that_was_there_before_gets_its_owner_back(taken_up: Scene) -> None:
    report = await undo(taken_up.migration)

    there = taken_up.crm.records["Contacts"]["7"]
    assert (there["Owner"], there["Last_Name"]) == (Link("Users", OTHER), "As It Was")
    assert not report.kept and not report.impossible


@pytest.mark.parametrize("taken_up", [Link("Users", OTHER)], indirect=True)
async def test_an_owner_whom_a_person_named_since_stays_and_is_told(taken_up: Scene) -> None:
    third = next(
        one.id for one in taken_up.crm.members if Link("Users", one.id) != _owner(taken_up) and one.id != OTHER
    )
    taken_up.crm.edit("Contacts", "7", {"Owner": Link("Users", third)})

    report = await undo(taken_up.migration)

    assert _owner(taken_up) == Link("Users", third)
    assert taken_up.crm.records["Contacts"]["7"]["Last_Name"] == "As It Was"
    assert [(one.destination_id, "Owner" in one.why) for one in report.kept] == [("7", True)]


@pytest.mark.parametrize("taken_up", [Link("Users", OTHER)], indirect=True)
async def test_an_owner_who_left_meanwhile_is_told_and_the_values_go_back(taken_up: Scene) -> None:
    taken_up.crm.members[-1] = replace(taken_up.crm.members[-1], active=False)
    ours = _owner(taken_up)

    report = await undo(taken_up.migration)

    assert _owner(taken_up) == ours
    assert taken_up.crm.records["Contacts"]["7"]["Last_Name"] == "As It Was"
    assert [(one.destination_id, "not active" in one.why) for one in report.impossible] == [("7", True)]


@pytest.mark.parametrize("taken_up", [None], indirect=True)
async def test_a_record_that_was_nobodys_before_is_told(taken_up: Scene) -> None:
    report = await undo(taken_up.migration)

    assert taken_up.crm.records["Contacts"]["7"]["Last_Name"] == "As It Was"
    assert [(one.destination_id, "nobody" in one.why) for one in report.impossible] == [("7", True)]


async def test_a_delta_takes_a_record_from_nobody_to_whom_a_person_gave_it(loaded: Scene) -> None:
    patient, contact = owned_patients(loaded)[0]
    rows = loaded.crm.records["Contacts"]
    ours = rows[contact]["Owner"]
    other = next(pair for pair in owned_patients(loaded)[1:] if rows[pair[1]]["Owner"] == ours)
    third, fourth = [one for member in loaded.crm.members if (one := Link("Users", member.id)) != ours][:2]
    assert isinstance(ours, Link)
    loaded.crm.edit("Contacts", contact, {"Owner": third})
    owners = loaded.migration.document("owners", "gurney plan")
    new = {id: fourth.id if user == ours.id else user for id, user in owners["owners"].items()}
    loaded.migration.store.documents.put("owners", {**owners, "owners": new}, sealed=True)
    for one in (patient, other[0]):
        await loaded.staff("edit", object="patients", id=one, fields={"city": "Newtown"})

    report = await delta(loaded.migration)

    assert (rows[contact]["Owner"], rows[contact]["Mailing_City"]) == (third, "Newtown")
    assert rows[other[1]]["Owner"] == fourth
    assert [(one.source_id, one.field) for one in report.conflicts] == [(patient, "Owner")]


def _owner(scene: Scene) -> Value:
    return scene.crm.records["Contacts"]["7"]["Owner"]
