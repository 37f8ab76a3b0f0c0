"""CPU per record of the mapping: one patient built again and again, and a made-up clinic derived and built whole.

Run: .venv/bin/python -m benchmarks.mapping [--records N] [--to DESTINATION] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import keep
from gurney.mapping.compile import CompiledMapping, Context, compile_mapping
from gurney.mapping.document import default
from gurney.mapping.schema_changes import changes
from gurney.migration.build import Builder
from gurney.migration.compiled import with_changes
from gurney.migration.dry import dry_run
from gurney.migration.progress import Nobody
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema
from gurney.sources.cliniko.keep import staged
from gurney.sources.cliniko.objects import objects
from gurney.store.keys import MasterKey
from gurney.store.store import Store, open_store
from gurney.twins.clinic.generate import generate

ROUNDS = 20_000
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
PAGE = 100
RICH = FieldSchema("Content", "Content", FieldType.RICH_TEXT, 200_000)
TITLE = FieldSchema("Title", "Title", FieldType.TEXT, 255)
NOTES = Schema({"ContentNote": ObjectSchema("ContentNote", "Notes", {"Title": TITLE, "Content": RICH})})
"""What no mapping makes by itself: notes whose text is rich."""
PATIENT: dict[str, Any] = {
    "id": "1865226902306821785",
    "created_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-02-03T04:05:06Z",
    "first_name": "Ada",
    "last_name": "Lee",
    "title": "Ms",
    "preferred_first_name": "Addie",
    "old_reference_id": "H-0001",
    "date_of_birth": "1985-10-27",
    "sex": "Female",
    "gender": "Female",
    "gender_identity": "Woman",
    "pronouns": None,
    "occupation": "Baker",
    "email": "ada@example.org",
    "address_1": "Unit 4",
    "address_2": "5 Elm Street",
    "address_3": "",
    "city": "Geelong",
    "state": "VIC",
    "post_code": "3220",
    "country_code": "AU",
    "country": "Australia",
    "time_zone": None,
    "emergency_contact": "Sam Lee 0491 570 156",
    "notes": "Prefers mornings",
    "appointment_notes": None,
    "medicare": "2123456701",
    "medicare_reference_number": "1",
    "dva_card_number": "",
    "invoice_default_to": "",
    "invoice_email": "",
    "invoice_extra_information": "",
    "accepted_email_marketing": True,
    "accepted_sms_marketing": False,
    "accepted_privacy_policy": True,
    "reminder_type": "SMS & Email",
    "receives_confirmation_emails": True,
    "receives_cancellation_emails": True,
    "custom_fields": None,
    "derived": {
        "archived": False,
        "state": "active",
        "phone_mobile": "0491 570 156",
        "phone_home": "03 7010 0180",
        "phone_work": "03 7010 0181",
        "medical_alerts": ("Allergy: nuts",),
        "case_referral_type": "medicare",
        "case_expiry_date": "2027-01-01",
        "case_max_sessions": 5,
        "referral_source": "Doctor",
        "referral_subcategory": "Hospital",
        "location": "25443887",
        "practitioner": "26713190",
        "billed_total": "1210.0",
        "open_total": "0.0",
        "invoice_count": 10,
        "last_invoice_date": "2026-01-01",
    },
    "_state": "live",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=16_000)
    options.add_argument("--to", default="zoho", help="the destination whose mapping is measured (default: zoho)")
    options.add_argument("--profile", action="store_true", help="show where the time of the clinic goes")
    given = options.parse_args()
    collect_garbage_rarely()
    mapping = default(given.to)
    ready = with_changes(NOTES, changes(mapping, NOTES))
    compiled = compile_mapping(mapping, ready, {}, {}, Context(AS_OF, zone="Australia/Melbourne"))
    one_patient(compiled)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(
            str(Path(folder) / "store.sqlite"), Runtime(), MasterKey(b"m" * 32, "benchmark"), create=True
        )
        whole_clinic(compiled, store, stage(store, given.records), given.profile)
        store.close()


def one_patient(compiled: CompiledMapping) -> None:
    """A patient with all fields filled."""
    patients = next(one for one in compiled.maps if one.object == "patients" and one.key_field)
    ids: dict[tuple[str, str], str] = dict.fromkeys(patients.references(PATIENT), "57257670000")
    owners = {"26713190": "5725767000000411001"}
    fields = len(patients.build(PATIENT, ids, owners).writes[0].fields)
    spent = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(ROUNDS):
            patients.build(PATIENT, ids, owners)
        spent.append((time.process_time() - start) / ROUNDS * 1e6)
    print(
        f"{fields} fields of {len(patients.field_names)} filled: {statistics.median(spent):.1f} µs CPU a patient",
        end="",
    )
    print(f" (best {min(spent):.1f}), {os.cpu_count()} cores")


def stage(store: Store, records: int) -> int:
    """A made-up clinic in the snapshot; returns how many records it has."""
    extraction = store.snapshot.begin("full")
    clinic = generate(20, 5, AS_OF, records=records).resources
    for name, rows in clinic.items():
        if name in objects() and name != "services":  # services have neither ids nor stamps
            for start in range(0, len(rows), PAGE):
                page = [staged(objects()[name], row, "") for row in rows[start : start + PAGE]]
                store.snapshot.put(name, page, extraction=extraction)
    return sum(len(rows) for rows in clinic.values())


def whole_clinic(compiled: CompiledMapping, store: Store, records: int, profile: bool) -> None:
    """Every record derived and built, as the plan does."""
    spent = []
    with profiled(profile):
        for _ in range(1 if profile else 5):
            start = time.process_time()
            tried = dry_run(store, compiled, Builder(store, compiled, {}, AS_OF), Nobody())
            spent.append((time.process_time() - start) / records * 1e6)
    print(f"{records:,} source records, {sum(tried.selected.values()):,} selected: ", end="")
    print(f"{statistics.median(spent):.0f} µs CPU a source record to open, derive and build (best {min(spent):.0f})")
    keep("mapping", what="a source record: opened, derived, built", cpu_us=statistics.median(spent), records=records)


@contextmanager
def profiled(on: bool) -> Iterator[None]:
    if not on:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
