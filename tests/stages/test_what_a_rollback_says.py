"""A rollback's plan and its report: what went, what stays and why, what is left to do by hand, and the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from stage_scene import Scene, until_sampled

from gurney.destinations.protocol import Route
from gurney.errors import GateRefused
from gurney.migration.compiled import made_so_far
from gurney.migration.engine import run_inline
from gurney.migration.run import run
from gurney.migration.stages import Stage, current
from gurney.migration.topup import delta
from gurney.migration.undo import plan, undo
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.schema import FieldSchema, FieldType, NewField, NewObject, Provisioned

pytestmark = pytest.mark.anyio


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.migration.drive = run_inline
    return scene


def with_schema(scene: Scene, states: dict[str, str], words: str = "") -> list[str]:
    """The CRM takes made objects and fields away as told by their names; returns what it is asked for."""
    asked: list[str] = []

    async def unprovision(made: Sequence[Provisioned]) -> list[Provisioned]:
        asked.extend(name_of(one) for one in made)
        return [replace(one, state=states.get(name_of(one), "deleted"), words=words) for one in made]

    scene.crm.unprovision = unprovision  # type: ignore[method-assign]
    return asked


def there_before(scene: Scene, rows: Mapping[str, Mapping[str, Value]]) -> None:
    """Contacts with our key that the CRM has before the migration, by id."""
    key = FieldSchema("Cliniko_Patient_ID", "Cliniko Patient ID", FieldType.TEXT, unique=True, custom=True)
    contacts = scene.crm.objects["Contacts"]
    scene.crm.objects["Contacts"] = replace(contacts, fields={**contacts.fields, key.name: key})
    scene.crm.records["Contacts"] = {id: dict(fields) for id, fields in rows.items()}
    for id in rows:
        scene.crm._touch(id)


def patients_of(scene: Scene) -> list[str]:
    """Ids of patients that are nobody's double."""
    return [str(row["id"]) for row in scene.clinic_rows("patients") if not row.get("merged_at")]


async def taken_up(scene: Scene, fields: Mapping[str, Value]) -> None:
    """Everything loaded, over a contact 7 of a patient that was there before with these fields."""
    there_before(scene, {"7": {"Cliniko_Patient_ID": patients_of(scene)[0], **fields}})
    await until_sampled(scene)
    await run(scene.migration)


def deleted_by(scene: Scene) -> list[str]:
    """The ids that the CRM is asked to delete from now on."""
    asked: list[str] = []
    remove = scene.crm.delete

    async def delete(object: str, ids: Sequence[str], **more: Any) -> dict[str, str]:
        asked.extend(ids)
        return await remove(object, ids, **more)

    scene.crm.delete = delete  # type: ignore[method-assign]
    return asked


def name_of(one: Provisioned) -> str:
    change = one.change
    return change.name if isinstance(change, NewObject) else f"{change.object}.{getattr(change, 'name', '')}"


async def test_nothing_can_be_taken_back_before_something_was_made(scene: Scene) -> None:
    with pytest.raises(GateRefused) as refused:
        plan(scene.migration)
    with pytest.raises(GateRefused, match="gurney rollback"):
        await undo(scene.migration)

    assert refused.value.next_step == "First: gurney provision, gurney sample or gurney run"
    assert "gurney rollback" in refused.value.message


async def test_the_plan_counts_and_the_report_says_what_became_of_it(loaded: Scene) -> None:
    there = {object: len(rows) for object, rows in loaded.crm.records.items() if rows}
    intended = plan(loaded.migration)
    assert (intended.deletes, intended.restores) == (sum(there.values()), 0)
    assert f"{intended.deletes:,} records that the migration created will be deleted, 0 that it" in intended.words

    report = await undo(loaded.migration)

    gone: dict[str, int] = {}
    for step in report.steps:
        gone[step.object] = gone.get(step.object, 0) + step.deleted
        assert (step.to_delete, step.to_restore, step.restored) == (step.deleted, 0, 0)
    assert {object: count for object, count in gone.items() if count} == there
    assert [step.order for step in report.steps] == list(range(1, len(report.steps) + 1))
    assert [step.map for step in report.steps][-1] == next(iter(loaded.migration.mapping().active())).map
    assert (report.scope, report.kept, report.impossible, report.remains) == ("everything", [], [], [])
    assert len(report.criteria) == 3
    assert current(loaded.migration.store) is Stage.ROLLED_BACK
    assert plan(loaded.migration).deletes == 0
    assert loaded.migration.destination().pacer.into_reserve is True


async def test_a_repeated_rollback_counts_anew_and_tells_of_what_it_still_keeps(loaded: Scene) -> None:
    contact = next(iter(loaded.crm.records["Contacts"]))
    loaded.crm.edit("Contacts", contact, {"Mailing_City": "Elsewhere"})
    [effect] = loaded.migration.store.effects.by_destination("Contacts", [contact]).values()

    first, again = await undo(loaded.migration), await undo(loaded.migration)

    assert sum(step.deleted for step in first.steps) > 0
    assert sum(step.deleted for step in again.steps) == 0
    for report in (first, again):
        [kept] = report.kept
        assert (kept.map, kept.object, kept.source_id, kept.destination_id) == (
            effect.key.map, "Contacts", effect.key.id, contact,
        )  # fmt: skip
        assert kept.why == "a person changed Mailing_City"
        assert kept.next_step.endswith(f"gurney rollback --force {effect.key.id}")

    forced = await undo(loaded.migration, force=frozenset({effect.key.id}))
    assert (forced.kept, loaded.crm.records["Contacts"]) == ([], {})


async def test_a_repeated_rollback_asks_for_nothing_that_is_gone(loaded: Scene) -> None:
    await undo(loaded.migration)
    asked = deleted_by(loaded)

    await undo(loaded.migration)

    assert asked == []


async def test_what_was_there_before_is_restored_and_what_is_gone_of_it_is_named(scene: Scene) -> None:
    owner = {"Owner": Link("Users", scene.crm.members[0].id)}
    old = {
        str(number): {"Cliniko_Patient_ID": patient, "Last_Name": f"Old {number}", "Mailing_City": "Oldtown", **owner}
        for number, patient in enumerate(patients_of(scene)[:4])
    }
    there_before(scene, old)
    await until_sampled(scene)
    await run(scene.migration)
    assert plan(scene.migration).restores == 4
    effects = scene.migration.store.effects.by_destination("Contacts", list(old))
    gone, typed, undone, plain = sorted(old, key=lambda id: effects[id].seq)  # so that others come after each
    del scene.crm.records["Contacts"][gone]
    scene.crm.edit("Contacts", typed, {"Mailing_City": "Typed"})
    scene.crm.edit("Contacts", undone, {"Last_Name": old[undone]["Last_Name"]})

    report = await undo(scene.migration)

    there = scene.crm.records["Contacts"]
    assert sorted(there) == sorted({typed, undone, plain})
    for id in (undone, plain):
        assert {name: there[id][name] for name in old[id]} == old[id]
    assert (there[typed]["Mailing_City"], there[typed]["Last_Name"]) == ("Typed", old[typed]["Last_Name"])
    [lost] = [one for one in report.impossible if one.source_id]
    assert (lost.destination_id, lost.why) == (gone, "the record is gone; it was there before the migration")
    assert (lost.what, lost.object, lost.by_hand) == ("record", "Contacts", "Look at it in the CRM.")
    [kept] = report.kept
    assert (kept.destination_id, kept.why) == (typed, "a person changed Mailing_City")
    assert sum(step.restored for step in report.steps) == 2


async def test_what_a_person_types_after_the_look_is_not_written_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken_up(scene, {"Last_Name": "Old", "Mailing_City": "Oldtown"})
    write = scene.crm.write

    async def a_moment_later(batch: Sequence[Write], route: Route) -> list[Outcome]:
        if any(one.kind is Kind.RESTORE for one in batch):
            scene.clock.pass_by(60)
            scene.crm.edit("Contacts", "7", {"Mailing_City": "Typed just now"})
        return await write(batch, route)

    monkeypatch.setattr(scene.crm, "write", a_moment_later)

    report = await undo(scene.migration)

    assert scene.crm.records["Contacts"]["7"]["Mailing_City"] == "Typed just now"
    [lost] = [one for one in report.impossible if one.source_id]
    assert (lost.destination_id, lost.why) == ("7", "changed meanwhile")


async def test_who_changed_a_record_is_told_where_the_crm_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken_up(scene, {"Last_Name": "Old"})
    made = next(id for id in scene.crm.records["Contacts"] if id != "7")
    for id in ("7", made):
        scene.crm.edit("Contacts", id, {"Mailing_City": "Typed", "Last_Name": "Also"})
    read = scene.crm.read

    async def signed(object: str, ids: Sequence[str], fields: Sequence[str], **more: Any) -> dict[str, ReadBack]:
        found = await read(object, ids, fields, **more)
        return {id: replace(one, modified_by="Front Desk") for id, one in found.items()}

    monkeypatch.setattr(scene.crm, "read", signed)

    report = await undo(scene.migration)

    why = {one.destination_id: one.why for one in report.kept}
    assert why == dict.fromkeys(("7", made), "a person changed Last_Name, Mailing_City (Front Desk)")


async def test_a_record_that_holds_its_old_values_already_is_written_down_and_not_written(scene: Scene) -> None:
    owner = Link("Users", scene.crm.members[0].id)
    await taken_up(scene, {"Last_Name": "Old", "Owner": owner})
    [effect] = scene.migration.store.effects.by_destination("Contacts", ["7"]).values()
    assert effect.before
    scene.crm.edit("Contacts", "7", {name: effect.before.get(name) for name in effect.written})
    stamp = scene.crm.stamps["7"]

    report = await undo(scene.migration)

    assert (report.kept, sum(step.restored for step in report.steps)) == ([], 1)
    assert scene.crm.stamps["7"] == stamp
    assert plan(scene.migration).restores == 0


async def test_a_value_in_the_vendors_own_form_is_no_person_s_change(scene: Scene) -> None:
    def comparable(object: str, field: str, type: FieldType, value: Value) -> Value:
        is_own = object == "Contacts" and type is FieldType.DATE and isinstance(value, str)
        return datetime.strptime(value, "%d.%m.%Y").date() if is_own else value

    scene.crm.comparable = comparable  # type: ignore[method-assign]
    await taken_up(scene, {"Last_Name": "Old", "Date_of_Birth": date(1970, 1, 1)})
    told = {id: row["Date_of_Birth"] for id, row in scene.crm.records["Contacts"].items() if row.get("Date_of_Birth")}
    assert "7" in told and len(told) > 1
    for id, value in told.items():
        scene.crm.edit("Contacts", id, {"Date_of_Birth": f"{value:%d.%m.%Y}"})

    report = await undo(scene.migration)

    assert report.kept == []
    assert scene.crm.records["Contacts"].keys() == {"7"}
    assert scene.crm.records["Contacts"]["7"]["Date_of_Birth"] == date(1970, 1, 1)


async def test_an_owner_whom_a_person_took_away_is_told(scene: Scene) -> None:
    owner = Link("Users", scene.crm.members[0].id)
    await taken_up(scene, {"Last_Name": "Old", "Owner": owner})
    scene.crm.edit("Contacts", "7", {"Owner": None})

    report = await undo(scene.migration)

    [kept] = report.kept
    assert (kept.destination_id, kept.why) == ("7", "a person changed Owner")
    assert (scene.crm.records["Contacts"]["7"]["Last_Name"], scene.crm.records["Contacts"]["7"]["Owner"]) == (
        "Old",
        None,
    )


async def test_what_a_delta_wrote_into_a_record_that_was_there_before_goes_back_too(scene: Scene) -> None:
    """The load had left the field alone, for the clinic had nothing in it then; what others had in it would stand."""
    patient = next(
        str(row["id"])
        for row in scene.clinic_rows("patients")
        if not row.get("merged_at") and not row["archived_at"] and not row["preferred_first_name"]
    )
    there_before(scene, {"7": {"Cliniko_Patient_ID": patient, "Last_Name": "Old"}})
    await until_sampled(scene)
    await run(scene.migration)
    await scene.staff("edit", object="patients", id=patient, fields={"preferred_first_name": "Newly"})
    await delta(scene.migration)
    assert scene.crm.records["Contacts"]["7"]["Preferred_Name"] == "Newly"

    report = await undo(scene.migration)

    assert report.kept == []
    there = scene.crm.records["Contacts"]["7"]
    assert (there["Last_Name"], there["Preferred_Name"]) == ("Old", None)


async def test_made_objects_and_fields_go_but_those_of_a_made_object_are_not_asked_for(loaded: Scene) -> None:
    made = [one.change for one in made_so_far(loaded.migration) if one.state == "created"]
    objects = {change.name for change in made if isinstance(change, NewObject)}
    fields = {f"{change.object}.{change.name}" for change in made if isinstance(change, NewField)}
    apart = {name for name in fields if name.partition(".")[0] not in objects}
    assert objects and apart and apart < fields
    asked = with_schema(loaded, {}, "look at the layout")

    report = await undo(loaded.migration)

    assert set(asked) == objects | apart
    assert set(report.schema_removed) == objects | apart
    assert report.schema_removed == sorted(report.schema_removed)
    assert set(report.remains) == {"look at the layout"}
    assert report.impossible == []
    gone = {entry["what"] for entry in loaded.migration.store.ledger.export() if entry.get("event") == "unprovision"}
    assert gone == objects | apart
    assert not {name_of(one) for one in made_so_far(loaded.migration)} & gone


@pytest.mark.parametrize("words", ["Remove it under Set-up.", ""])
async def test_what_no_call_takes_away_is_left_to_a_person_and_remembered(loaded: Scene, words: str) -> None:
    [name, *_] = [name_of(one) for one in made_so_far(loaded.migration) if isinstance(one.change, NewObject)]
    with_schema(loaded, {name: "by_hand"}, words)

    report = await undo(loaded.migration)

    assert [(one.what, one.why, one.by_hand) for one in report.impossible] == [(name, words or "by_hand", words)]
    assert name not in report.schema_removed
    assert name in {name_of(one) for one in made_so_far(loaded.migration)}


async def test_while_a_record_is_kept_its_fields_stay(loaded: Scene) -> None:
    loaded.crm.edit("Contacts", next(iter(loaded.crm.records["Contacts"])), {"Mailing_City": "Elsewhere"})
    asked = with_schema(loaded, {})

    report = await undo(loaded.migration)

    assert asked == []
    [fields] = report.impossible
    assert fields.what == "created objects and fields" and "hold values in them" in fields.why
    assert fields.by_hand


async def test_fields_stay_where_the_settings_keep_them(loaded: Scene) -> None:
    loaded.migration.workspace.settings.options.rollback_fields = False
    asked = with_schema(loaded, {})

    report = await undo(loaded.migration)

    assert (asked, report.schema_removed, report.impossible) == ([], [], [])


async def test_the_sample_alone_goes_and_the_schema_stays(scene: Scene) -> None:
    await until_sampled(scene)
    asked = with_schema(scene, {})
    taken = {object: len(rows) for object, rows in scene.crm.records.items() if rows}
    assert plan(scene.migration, only_sample=True).deletes == sum(taken.values())

    report = await undo(scene.migration, only_sample=True)

    assert report.scope == "sample"
    assert sum(step.deleted for step in report.steps) == sum(taken.values())
    assert not any(scene.crm.records.values())
    assert asked == []
    assert current(scene.migration.store) is Stage.PROVISIONED


async def test_a_rollback_of_the_sample_leaves_what_the_run_brought(loaded: Scene) -> None:
    whole, some = plan(loaded.migration).deletes, plan(loaded.migration, only_sample=True).deletes
    assert 0 < some < whole

    report = await undo(loaded.migration, only_sample=True)

    assert 0 < sum(step.deleted for step in report.steps) <= some
    assert plan(loaded.migration).deletes == whole - sum(step.deleted for step in report.steps)


async def test_a_sample_without_records_of_an_object_leaves_those_of_it(loaded: Scene) -> None:
    sample = loaded.migration.document("sample", "gurney sample")
    patients = {"patients": sample["chosen"]["patients"]}
    loaded.migration.store.documents.put("sample", {**sample, "chosen": patients}, sealed=True)
    others = {object: set(rows) for object, rows in loaded.crm.records.items() if object != "Contacts"}
    assert any(others.values())

    await undo(loaded.migration, only_sample=True)

    left = {object: set(rows) for object, rows in loaded.crm.records.items() if object != "Contacts"}
    assert left == others


@pytest.mark.parametrize(
    ("days", "objects", "words"),
    [
        (None, frozenset(), []),
        (60, frozenset(), ["bin of the CRM for 60 days", "or empty the bin"]),
        (30, frozenset({"Contacts"}), ["24 deleted records", "goes for Contacts alone"]),
        (30, frozenset({"Nothing"}), []),
    ],
)
async def test_the_report_tells_of_the_bin(
    loaded: Scene, days: int | None, objects: frozenset[str], words: list[str]
) -> None:
    can = loaded.crm.capabilities
    loaded.crm.capabilities = replace(can, bin_days=days, bin_objects=objects)
    contacts = len(loaded.crm.records["Contacts"])

    report = await undo(loaded.migration)

    assert len(report.remains) == (1 if words else 0)
    for one in words:
        assert one.replace("24", str(contacts)) in report.remains[0]


async def test_a_note_of_ours_that_stays_keeps_what_it_hangs_on(loaded: Scene) -> None:
    note, parent = next((id, one) for id, one in loaded.crm.parents.items() if one.object == "Contacts")
    loaded.crm.edit("Notes", note, {"Note_Content": "What the doctor added"})

    report = await undo(loaded.migration)

    why = {one.destination_id: one.why for one in report.kept}
    assert why[note] == "a person changed Note_Content"
    assert "hang" in why[parent.id]


async def test_a_link_that_went_empty_with_what_it_led_to_is_no_person_s_change(loaded: Scene) -> None:
    """Vendors empty a lookup when its target is deleted; the record itself goes later."""
    pointing = [
        (object, id, name, value)
        for object, rows in loaded.crm.records.items()
        for id, row in rows.items()
        for name, value in row.items()
        if isinstance(value, Link) and value.object != "Users" and name not in ("Owner",)
    ]
    remove = loaded.crm.delete

    async def delete(object: str, ids: Sequence[str], **more: object) -> dict[str, str]:
        for rows in loaded.crm.records.values():
            for row in rows.values():
                for name, value in row.items():
                    if isinstance(value, Link) and value.id in ids and value.object == object:
                        row[name] = None
        return await remove(object, ids)

    loaded.crm.delete = delete  # type: ignore[method-assign]
    assert pointing

    report = await undo(loaded.migration)

    assert report.kept == []
    assert not any(loaded.crm.records.values())
