"""The audit finds what was planted in the sample clinic, and says nothing of what patients are called."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gurney.migration.quality import QualityAudit, QualityLimits
from gurney.reports.model import FoundRow

ORDER = (
    "users", "practitioners", "businesses", "appointment_types", "billable_items", "products", "contacts",
    "patients", "referral_sources", "relationships", "medical_alerts", "patient_cases", "individual_appointments",
    "group_appointments", "unavailable_blocks", "attendees", "treatment_notes", "patient_forms", "invoices",
    "invoice_items", "patient_attachments", "communications",
)  # fmt: skip
LIMITS = QualityLimits(
    file_bytes=20 * 2**20, file_name_chars=200, note_chars=30_000, long_text_chars=5_000, first_name_chars=40,
    last_name_chars=80,
)  # fmt: skip


def read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz") as file:
        for line in file.read().split(b"\n"):
            if line:
                yield json.loads(line)


@pytest.fixture(scope="module")
def clinic(shared: Path) -> Path:
    return shared / "data" / "clinic-harbour"


@pytest.fixture(scope="module")
def manifest(clinic: Path) -> dict[str, Any]:
    return json.loads((clinic / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def planted(manifest: dict[str, Any]) -> dict[str, set[str]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for oddity in manifest["planted"]:
        ids[oddity["key"]].update(oddity["ids"])
        ids[f"{oddity['key']}: {oddity['what']}"].update(oddity["ids"])
    return ids


@pytest.fixture(scope="module")
def found(clinic: Path, manifest: dict[str, Any]) -> dict[str, FoundRow]:
    """Findings by 'code object', with every id instead of a sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gurney.migration.quality.tally.SAMPLE", 10**6)
        as_of = datetime.fromisoformat(manifest["as_of"])
        audit = QualityAudit(as_of=as_of, country="AU", key=b"k" * 32, limits=LIMITS)
        audit.see("settings", json.loads((clinic / "settings_public.json").read_text("utf-8")))
        for object in ORDER:
            for record in read(clinic, object):
                audit.see(object, record)
        return {f"{row.code} {row.object}": row for row in merged(audit.finish())}


def merged(rows: list[FoundRow]) -> Iterator[FoundRow]:
    """One row for each code and object, whichever field it was found in."""
    by_place: dict[tuple[str, str], list[FoundRow]] = defaultdict(list)
    for row in rows:
        by_place[row.code, row.object].append(row)
    for same in by_place.values():
        yield same[0].model_copy(update={"ids": [id for row in same for id in row.ids]})


@pytest.mark.parametrize(
    ("finding", "oddity"),
    [
        ("no-email patients", "patient_no_email"),
        ("no-email patients", "patient_no_email_no_phone"),
        ("no-email patients", "patient_email_null"),
        ("no-phone patients", "patient_no_phone"),
        ("invalid-email patients", "email_invalid"),
        ("shared-email patients", "family_shares_email_and_phone"),
        ("shared-phone patients", "family_shares_email_and_phone"),
        ("probable-duplicate patients", "same_person_entered_twice"),
        ("archived-but-booked patients", "archived_patient_with_future_booking"),
        ("formula patients", "formula_cells"),
        ("name-too-long patients", "name_oddity: 41 and 81 characters"),
        ("name-too-long patients", "name_oddity: 255 characters each, two bytes per character"),
        ("odd-name patients", "name_oddity: zero-width space, soft hyphen"),
        ("odd-name patients", "name_oddity: bidi override"),
        ("odd-name patients", "name_oddity: single name, '.' as surname"),
        ("text-too-long patients", "custom_field_long_text"),
        ("text-too-long individual_appointments", "long_booking_note"),
        ("no-user practitioners", "practitioner_without_user"),
        ("user-gone practitioners", "practitioner_user_deleted"),
        ("user-inactive practitioners", "practitioner_user_inactive"),
        ("user-without-email practitioners", "practitioner_user_blank_email"),
        ("shared-user-email practitioners", "practitioners_shared_email"),
        ("same-user practitioners", "practitioner_returned"),
        ("source-orphan individual_appointments", "orphan_appointments"),
        ("source-orphan practitioners", "practitioner_user_deleted"),
        ("booked-with-inactive individual_appointments", "future_booking_of_inactive_practitioner"),
        ("contradictory-arrival individual_appointments", "contradictory_flags"),
        ("loop relationships", "relationship_loop"),
        ("loop referral_sources", "patients_refer_each_other"),
        ("message-without-patient communications", "communications_without_patient"),
        ("note-in-parts treatment_notes", "note_32001_characters"),
        ("note-in-parts treatment_notes", "note_131073_characters"),
        ("note-in-parts treatment_notes", "note_multibyte_emoji"),
        ("file-too-large patient_attachments", "attachment_25_mib"),
        ("file-too-large patient_attachments", "attachment_26_mib"),
        ("file-too-large patient_attachments", "attachment_51_mib"),
        ("file-empty patient_attachments", "attachment: 0 bytes"),
        ("file-unprocessed patient_attachments", "attachment_processing"),
        ("file-type patient_attachments", "attachment: content type invalid/invalid"),
        ("file-type patient_attachments", "attachment: no extension, type null"),
        ("file-name patient_attachments", "attachment: path traversal in the name"),
        ("file-name patient_attachments", "attachment: formula name and cell"),
        ("file-name patient_attachments", "attachment: 255-character name"),
        ("file-name patient_attachments", "attachment: quote and line break in the name"),
        ("file-name patient_attachments", "attachment: reserved Windows name"),
        ("file-runnable patient_attachments", "attachment: blocked extension at most destinations"),
        ("file-runnable patient_attachments", "attachment: active HTML"),
        ("file-runnable patient_attachments", "attachment: active SVG"),
        ("repeated-label custom fields", "custom_field_labels_repeated"),
    ],
)
def test_what_was_planted_is_found(
    finding: str, oddity: str, found: dict[str, FoundRow], planted: dict[str, set[str]]
) -> None:
    assert planted[oddity], "the sample clinic has no such oddity"
    assert planted[oddity] <= set(found[finding].ids)


def test_counts_agree_with_the_manifest(found: dict[str, FoundRow], manifest: dict[str, Any]) -> None:
    totals = manifest["totals"]

    assert found["no-email patients"].count == totals["patients_without_email"]
    assert found["no-phone patients"].count == totals["patients_without_phone"]
    assert found["no-location patients"].count == totals["patients_without_booking"]
    assert found["merged patients"].count == totals["patients_merged"]


def test_orphans_are_just_the_ones_that_the_manifest_lists(
    found: dict[str, FoundRow], manifest: dict[str, Any]
) -> None:
    listed = {(one["resource"], one["id"]) for one in manifest["deliberate_exceptions"] if "404" in one["why"]} | {
        ("attendees", "87682446"),
        ("attendees", "1861707061264397208"),
    }

    orphans = {(row.object, id) for row in found.values() if row.code == "source-orphan" for id in row.ids}

    assert orphans == listed


def test_duplicates_are_few_beside_the_planted_ones(found: dict[str, FoundRow], planted: dict[str, set[str]]) -> None:
    others = set(found["probable-duplicate patients"].ids) - planted["same_person_entered_twice"]

    assert len(others) <= 4


def test_undialable_and_implausible_values_are_found(
    found: dict[str, FoundRow], clinic: Path, planted: dict[str, set[str]]
) -> None:
    patients = {patient["id"]: patient for patient in read(clinic, "patients")}
    numbers = {"ask wife", "0000", "04XX XXX XXX", "0412 345 678 / 03 5550 1234", "", "1" * 25}
    hopeless = {
        id for id in planted["phone_invalid_or_odd"] if patients[id]["patient_phone_numbers"][0]["number"] in numbers
    }
    impossible = {id for id in planted["birth_dates"] if (patients[id]["date_of_birth"] or "2000") [:4] in
                  ("1899", "1900", "1904", "2027")}  # fmt: skip

    assert len(hopeless) == len(numbers)
    assert hopeless <= set(found["undialable-phone patients"].ids)
    assert set(found["undialable-phone patients"].ids) == hopeless
    assert impossible <= set(found["implausible-birth-date patients"].ids)
    assert len(found["no-birth-date patients"].ids) >= 1


def test_appointments_at_a_clock_change_are_found_and_new_year_is_not(
    found: dict[str, FoundRow], clinic: Path, planted: dict[str, set[str]]
) -> None:
    starts = {one["id"]: one["starts_at"] for one in read(clinic, "individual_appointments")}
    changing = {id for id in planted["clock_change"] if starts[id][5:7] not in ("12", "01")}

    assert set(found["clock-change individual_appointments"].ids) & planted["clock_change"] == changing
    assert len(changing) >= 6


def test_no_finding_holds_a_patients_value(found: dict[str, FoundRow], clinic: Path) -> None:
    said = "\n".join(f"{row.words} {row.next_step} {row.code}" for row in found.values())
    values = {
        patient[field]
        for patient in read(clinic, "patients")
        for field in ("last_name", "email", "medicare", "address_1", "date_of_birth")
        if len(str(patient.get(field) or "")) > 5
    }

    assert not [value for value in values if value in said]
