"""CPU per record of building destination records from source records, patients with 45 filled fields.

Run: .venv/bin/python benchmarks/mapping.py
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import UTC, datetime
from typing import Any

from gurney.mapping.compile import Context, compile_mapping
from gurney.mapping.document import default
from gurney.schema import Schema

ROUNDS = 20_000
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
    context = Context(as_of=datetime(2026, 11, 16, tzinfo=UTC), zone="Australia/Melbourne")
    patients = compile_mapping(default("zoho"), Schema({}), {}, {}, context).by_id["Z1"]
    ids = {("Z9", "25443887"): "5725767000000524157"}
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


if __name__ == "__main__":
    main()
