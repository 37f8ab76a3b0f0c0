"""A part of the sample clinic: every patient, but few with what happened to them.

A CRM that takes one record a call spends minutes on the whole clinic, most of them on ordinary visits. Who is planted,
who is named by whom and whom an insurer covers can be told of patients alone, so they all stay. Appointments, notes,
invoices, forms, files and messages stay where one of them is planted, and with some ordinary patients. So every
expectation of the manifest holds for the part as it does for the whole; its counts and totals are told anew.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from crm import Crm, Row
from harbour import Clinic, linked

LONG = "GURNEY_LONG"
ONE_A_CALL = frozenset({"pipedrive", "highlevel", "freshsales"})
"""Destinations that take one record a call."""
ORDINARY, SEED = 30, 4242
"""So many patients of whom nothing is planted keep what happened to them."""
ODD_BY_HISTORY = frozenset({"merged_chain", "patient_with_400_appointments"})
"""Planted patients who are odd by what hangs on them."""
OF_A_PATIENT = (
    "individual_appointments", "attendees", "treatment_notes", "patient_forms", "invoices", "patient_attachments",
    "communications",
)  # fmt: skip
"""What happened to a patient. A record that names none stays."""


def moves_a_part(vendor: str) -> bool:
    """Whether a destination's tests move the part instead of the whole clinic."""
    return vendor in ONE_A_CALL and LONG not in os.environ


def pace(view: type[Crm]) -> tuple[str, ...]:
    """How its twin runs besides. In a move of the whole clinic, what is read ahead would grow old at this pace."""
    return ("--scale", str(view.scale)) if moves_a_part(view.vendor) and view.scale > 1 else ()


def part_of(whole: Clinic, folder: Path) -> Clinic:
    """The part, in a folder of the same shape. What is the same in both is linked."""
    rows = thinned(whole)
    for path in whole.folder.iterdir():
        if path.name.partition(".")[0] not in {*rows, "manifest"}:
            (folder / path.name).symlink_to(path)
    for name, kept in rows.items():
        lines = "".join(f"{json.dumps(row)}\n" for row in kept)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 1))
    part = Clinic(folder)
    (folder / "manifest.json").write_text(json.dumps(retold(whole.manifest, part, rows)), encoding="utf-8")
    return part


def thinned(whole: Clinic) -> dict[str, list[Row]]:
    """The rows that stay, of every resource that loses some or a reference to some."""
    whose = with_history(whole)
    stay = {
        name: [row for row in whole.rows(name).values() if linked(row, "patient") in {"", *whose}]
        for name in OF_A_PATIENT
    }
    classes = [
        row | {"patient_ids": [id for id in row["patient_ids"] if id in whose]}
        for row in whole.rows("group_appointments").values()
    ]
    booked = {row["id"] for row in (*stay["individual_appointments"], *classes)}
    booked.update(whole.rows("unavailable_blocks"))
    billed, came = ({row["id"] for row in stay[name]} for name in ("invoices", "attendees"))
    return stay | {
        "group_appointments": classes,
        "bookings": [row for id, row in whole.rows("bookings").items() if id in booked],
        "invoice_items": [row for row in whole.rows("invoice_items").values() if linked(row, "invoice") in billed],
        "patient_cases": [
            row | {"attendee_ids": [id for id in row["attendee_ids"] if id in came]}
            for row in whole.rows("patient_cases").values()
        ],
        "patients": [without_gone(row, booked) for row in whole.rows("patients").values()],
    }


def without_gone(patient: Row, booked: set[str]) -> Row:
    if linked(patient, "latest_booking") in {"", *booked}:
        return patient
    return {name: value for name, value in patient.items() if name != "latest_booking"}


def with_history(whole: Clinic) -> set[str]:
    """Patients who keep what happened to them, also one who is gone from the clinic."""
    patients, kept = whole.rows("patients"), set[str]()
    for entry in whole.manifest["planted"]:
        if entry["key"] in ODD_BY_HISTORY:
            kept.update(entry["ids"])
        for name in OF_A_PATIENT:
            rows = whole.rows(name)
            kept.update(linked(rows[word], "patient") for word in words_of(entry) if word in rows)
    return kept | set(Random(SEED).sample(sorted(patients.keys() - kept), ORDINARY))


def words_of(value: Any) -> Iterator[str]:
    """Every text in a value, of any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from words_of(part)


def retold(manifest: Row, part: Clinic, names: Iterable[str]) -> Row:
    """The manifest with the part's totals, and its counts of these resources."""
    counts = {name: {"total": len(part.rows(name))} for name in names}
    told = {name: manifest["totals"][name] for name in SAME}
    told |= totals(part, datetime.fromisoformat(manifest["as_of"]))
    return manifest | {"counts": manifest["counts"] | counts, "totals": told}


SAME = ("patients_merged", "patients_without_email", "patients_without_phone", "users_active")
"""Totals that are the same in the part."""


def totals(clinic: Clinic, as_of: datetime) -> dict[str, int]:
    """The manifest's totals that depend on what happened, by its rules."""
    invoices, notes = clinic.rows("invoices").values(), clinic.rows("treatment_notes").values()
    live = [row for row in invoices if not row["archived_at"]]
    statuses = Counter(row["status"] for row in invoices)
    states = Counter(states_of(clinic, as_of))
    return {
        "invoice_total_cents_not_archived": cents(row["total_amount"] for row in live),
        "invoice_tax_cents": cents(row["tax_amount"] for row in invoices),
        "treatment_note_drafts": sum(row["draft"] and not row["archived_at"] for row in notes),
        **{f"invoices_status_{status}": statuses[status] for status in (10, 20, 30, 40)},
        **{f"individual_appointments_{state}": states[state] for state in STATES},
    }


STATES = (
    "deleted", "cancelled", "did_not_arrive", "arrived", "booked_future", "arrived_by_evidence", "past_unmarked",
)  # fmt: skip
"""Of an appointment; the first that is true."""


def states_of(clinic: Clinic, as_of: datetime) -> Iterator[str]:
    proven = {
        linked(row, name)
        for resource, name in (("invoices", "appointment"), ("treatment_notes", "booking"))
        for row in clinic.rows(resource).values()
    }
    for id, row in clinic.rows("individual_appointments").items():
        true = (
            row["archived_at"],
            row["cancelled_at"],
            row["did_not_arrive"],
            row["patient_arrived"],
            datetime.fromisoformat(row["starts_at"]) > as_of,
            id in proven,
            True,
        )
        yield next(state for state, holds in zip(STATES, true, strict=True) if holds)


def cents(amounts: Iterable[str]) -> int:
    return int(sum(map(Decimal, amounts)) * 100)
