"""A migration whose mapping makes a list of each patient's invoices: for the CRM in memory and for Pipedrive's twin."""

from __future__ import annotations

import csv
import io
from typing import Any

from stage_scene import Scene

from gurney.mapping.document import default, dump, load
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.records import Link

NAME = "the-invoices.csv"
LIST = f"""\
destination: zoho
maps:
  - map: LIST
    row: Z8
    from: invoices
    to: Attachments
    cardinality: "1:many"
    archived: skip
    parent: {{map: Z1, by: patient, required: true}}
    describes: A list.
    deviation: None.
    fields:
      - {{to: File_Name, value: {NAME}}}
    table:
      oldest_first: issue_date
      columns:
        - {{name: Number, from: number}}
        - {{name: Total, from: total_amount, transform: [money]}}
        - {{name: Notes, from: notes}}
        - {{name: Id, from: id}}
"""


async def with_lists(scene: Scene) -> Scene:
    """The whole way to the end of the run: contacts, and a list on each who has invoices."""
    migration = scene.migration
    mapping = default("zoho")
    for entry in mapping.maps:
        entry.enabled = entry.map in ("Z1", "Z3")
    mapping.maps.append(load(LIST, "the list").maps[0])
    migration.workspace.mapping_file.write_text(dump(mapping), "utf-8")
    assert (await check(migration)).ok
    await audit(migration)
    await plan(migration, fallback_owner="unassigned")
    await signed_and_run(migration)
    return scene


async def signed_and_run(migration: Migration) -> None:
    """From the plan to the end of the run."""
    approve(migration, "plan", "Test Admin")
    assert (await provision(migration)).ok
    await sample(migration)
    approve(migration, "sample", "Test Admin")
    await run(migration)


def patient_of(record: dict[str, Any]) -> str:
    relation = record.get("patient") or {}
    return str(relation["links"]["self"]).rsplit("/", 1)[-1] if relation else ""


def lists(scene: Scene) -> dict[str, str]:
    """The ids of the lists at the CRM by the patient on whose contact they hang."""
    contacts = {id: str(one.get("Cliniko_Patient_ID")) for id, one in scene.crm.records["Contacts"].items()}
    files = scene.crm.records.get("Attachments", {})
    ids = [id for id, one in files.items() if one["File_Name"] == NAME]
    found = {contacts[scene.crm.parents[id].id]: id for id in ids}
    assert len(found) == len(ids), "no patient has two"
    return found


def numbers(scene: Scene, patient: str) -> list[str]:
    """The ids of the invoices that stand in a patient's list."""
    return [line["Id"] for line in lines(scene.crm.bytes_of[lists(scene)[patient]])]


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def live_invoices(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """The invoices that belong in lists, by patient."""
    found: dict[str, list[dict[str, Any]]] = {}
    survivors = {str(one["id"]): merged_into(one) for one in scene.clinic_rows("patients")}
    for row in scene.clinic_rows("invoices"):
        if not row.get("archived_at"):
            patient = patient_of(row)
            while survivors.get(patient):
                patient = survivors[patient]
            found.setdefault(patient, []).append(row)
    return found


def merged_into(patient: dict[str, Any]) -> str:
    relation = patient.get("merged_with_patient")
    return str(relation["links"]["self"]).rsplit("/", 1)[-1] if relation else ""


def log_of(migration: Migration, patient: str) -> list[tuple[str, str]]:
    """What the log says of a patient's list: (operation, state), oldest first."""
    entries = [one for one in migration.store.ledger.export() if one.get("map") in ("LIST", "P5")]
    return [(one["op"], one["state"]) for one in entries if one["id"] == patient]


def hangs_on(scene: Scene, id: str) -> Link:
    return scene.crm.parents[id]
