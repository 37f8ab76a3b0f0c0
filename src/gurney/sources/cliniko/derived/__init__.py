"""The one place of facts that the source does not store but the product needs (FACTS 7): states, sums, names.

`derive` is pure: it reads nothing but the records and what `Related` gives. Dates and moments are texts in the
source's own spelling, amounts are Decimal, ids are text, several values are tuples, nothing is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from gurney.schema import FieldType
from gurney.sources.cliniko.derived import appointments, clinical, money, people, places
from gurney.sources.cliniko.derived.reading import SETTINGS, Facts, Need, Part, Related, Rule, Tally
from gurney.sources.cliniko.objects import is_put_away

__all__ = ["EVERYWHERE", "FACTS", "NEEDS", "Need", "Related", "Tally", "derive", "made_from"]


def _whole(object: str, rule: Rule, *apart: Part) -> tuple[Part, ...]:
    """The parts of an object's facts: those of `rule` are all that no other part gives."""
    named = frozenset[str]().union(*(part.facts for part in apart))
    return (Part(frozenset(FACTS[object]) - named, rule), *apart)


NEEDS: Mapping[str, tuple[Need, ...]] = {
    "patients": people.PATIENT_NEEDS,
    "practitioners": people.PRACTITIONER_NEEDS,
    "individual_appointments": appointments.INDIVIDUAL_NEEDS,
    "group_appointments": appointments.GROUP_NEEDS,
    "attendees": appointments.ATTENDEE_NEEDS,
    "invoices": money.INVOICE_NEEDS,
    "invoice_items": money.ITEM_NEEDS,
    "appointment_types": money.TYPE_NEEDS,
    "products": money.PRODUCT_NEEDS,
    "treatment_notes": clinical.NOTE_NEEDS,
    "patient_forms": clinical.FORM_NEEDS,
    "patient_attachments": clinical.ATTACHMENT_NEEDS,
}
"""Which related rows the facts of an object are derived from; objects without an entry need none."""

_TEXT, _FLAG, _WHOLE = FieldType.TEXT, FieldType.BOOLEAN, FieldType.INTEGER
_STATE, _LOOKUP, _MOMENT, _MONEY = FieldType.PICKLIST, FieldType.LOOKUP, FieldType.DATETIME, FieldType.MONEY
_PHONES = {
    **{f"phone_{kind.lower()}": FieldType.PHONE for kind in people.PHONES},
    "phones_overflow": FieldType.MULTI_PICKLIST,
}

FACTS: Mapping[str, Mapping[str, FieldType]] = {
    "patients": {
        "state": _STATE,
        "is_prospect": _FLAG,
        "practitioner": _LOOKUP,
        "location": _LOOKUP,
        "billed_total": _MONEY,
        "open_total": _MONEY,
        "invoice_count": _WHOLE,
        "last_invoice_date": FieldType.DATE,
        "medical_alerts": FieldType.MULTI_PICKLIST,
        "insurer": _LOOKUP,
        "insurers": FieldType.MULTI_PICKLIST,
        "insurer_names": FieldType.MULTI_PICKLIST,
        "case_referral_type": _STATE,
        "case_expiry_date": FieldType.DATE,
        "case_max_sessions": _WHOLE,
        "epc_expiry_date": FieldType.DATE,
        "referral_source": _TEXT,
        "referral_subcategory": _TEXT,
        "referral_notes": FieldType.LONG_TEXT,
        "referrer_contact": _LOOKUP,
        "referrer_patient": _LOOKUP,
        "referrer_beside_clinic": _LOOKUP,
        **_PHONES,
        "concession_name": _TEXT,
        "relationships": FieldType.MULTI_PICKLIST,
        "full_name": _TEXT,
        "main_clinic": _LOOKUP,
        "household": _LOOKUP,
        "household_head": _FLAG,
        "treatment_notes": FieldType.OTHER,
        "form_submitted_at": _MOMENT,
    },
    "practitioners": {
        "email": FieldType.EMAIL,
        "user_active": _FLAG,
        "user_id": _LOOKUP,
        "full_name": _TEXT,
        "reference_numbers": _TEXT,
        "unmatched_reason": _STATE,
        "main_clinic": _LOOKUP,
    },
    "contacts": {"kind": _STATE, "full_name": _TEXT, **_PHONES},
    "individual_appointments": {
        "state": _STATE,
        "arrived_by_evidence": _FLAG,
        "contradictory": _FLAG,
        "duration_min": _WHOLE,
        "type_name": _TEXT,
        "type_telehealth": _FLAG,
        "practitioner_name": _TEXT,
        "location_name": _TEXT,
        "time_zone": _TEXT,
        "attendee": _LOOKUP,
        "notes": FieldType.LONG_TEXT,
        "cancellation": FieldType.LONG_TEXT,
    },
    "group_appointments": {
        "state": _STATE,
        "type_name": _TEXT,
        "practitioner_name": _TEXT,
        "location_name": _TEXT,
        "time_zone": _TEXT,
        "duration_min": _WHOLE,
        "attendee_count": _WHOLE,
        "patients": FieldType.MULTI_PICKLIST,
    },
    "attendees": {
        "is_group": _FLAG,
        "state": _STATE,
        "class_starts_at": _MOMENT,
        "class_ends_at": _MOMENT,
        "class_name": _TEXT,
        "practitioner": _LOOKUP,
        "location": _LOOKUP,
        "appointment_type": _LOOKUP,
        "practitioner_name": _TEXT,
        "time_zone": _TEXT,
    },
    "invoices": {
        "state_word": _STATE,
        "paid_at": _MOMENT,
        "lines_text": FieldType.LONG_TEXT,
        "line_count": _WHOLE,
        "original_number": _TEXT,
        "practitioner_name": _TEXT,
        "location_name": _TEXT,
        "currency": _TEXT,
    },
    "invoice_items": {"invoice_archived": _FLAG},
    "appointment_types": {
        "billing_code": _TEXT,
        "price": _MONEY,
        "template_name": _TEXT,
        "billable_item": _LOOKUP,
    },
    "products": {"tax_name": _TEXT, "supplier_name": _TEXT},
    "treatment_notes": {
        "template_name": _TEXT,
        "practitioner_name": _TEXT,
        "appointment_starts_at": _MOMENT,
        "appointment_name": _TEXT,
    },
    "patient_forms": {"patient": _LOOKUP, "location_name": _TEXT, "appointment_starts_at": _MOMENT},
    "patient_attachments": {"uploader_name": _TEXT},
    "businesses": {"state": _STATE},
}
"""Every derived fact with its type, by object; those of every object stand in EVERYWHERE."""

EVERYWHERE: Mapping[str, FieldType] = {"archived": _FLAG, "account": _LOOKUP}
"""Whether somebody put the record away, and the account's own record, to which everything belongs."""

LOOKUPS: Mapping[str, str] = {
    "practitioner": "practitioners",
    "location": "businesses",
    "insurer": "contacts",
    "referrer_contact": "contacts",
    "referrer_patient": "patients",
    "referrer_beside_clinic": "contacts",
    "user_id": "users",
    "attendee": "attendees",
    "appointment_type": "appointment_types",
    "patient": "patients",
    "main_clinic": "businesses",
    "household": "patients",
    "account": "settings",
    "billable_item": "billable_items",
}
"""Which object a fact of type LOOKUP leads to."""
OPTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("patients", "state"): ("active", "archived", "merged", "deleted"),
    ("patients", "case_referral_type"): people.FUNDED,
    ("practitioners", "unmatched_reason"): ("no-user", "user-gone", "blank-email", "user-inactive"),
    ("contacts", "kind"): tuple(people.KINDS.values()),
    ("individual_appointments", "state"): appointments.STATES,
    ("group_appointments", "state"): appointments.STATES,
    ("attendees", "state"): appointments.STATES,
    ("invoices", "state_word"): tuple(money.STATUS.values()),
    ("businesses", "state"): ("active", "archived"),
}
"""The values of facts of type PICKLIST."""


PARTS: Mapping[str, tuple[Part, ...]] = {
    "patients": _whole(
        "patients",
        people.patients,
        Part(frozenset({"relationships"}), people.relationships),
        Part(frozenset({"main_clinic"}), places.patients_clinic),
        Part(frozenset({"referrer_beside_clinic"}), places.referrers_beside_clinic),
        Part(frozenset({"household", "household_head"}), places.households),
        Part(frozenset({"treatment_notes"}), clinical.patients_notes),
        Part(frozenset({"form_submitted_at"}), clinical.patients_forms),
    ),
    "practitioners": _whole(
        "practitioners", people.practitioners, Part(frozenset({"main_clinic"}), places.practitioners_clinic)
    ),
    "contacts": _whole("contacts", people.contacts),
    "individual_appointments": _whole("individual_appointments", appointments.individual_appointments),
    "group_appointments": _whole("group_appointments", appointments.group_appointments),
    "attendees": _whole("attendees", appointments.attendees, Part(frozenset({"is_group"}), appointments.attends_class)),
    "invoices": _whole("invoices", money.invoices),
    "invoice_items": _whole("invoice_items", money.invoice_items),
    "appointment_types": _whole("appointment_types", money.appointment_types),
    "products": _whole("products", money.products),
    "treatment_notes": _whole("treatment_notes", clinical.treatment_notes),
    "patient_forms": _whole("patient_forms", clinical.patient_forms),
    "patient_attachments": _whole("patient_attachments", clinical.patient_attachments),
    "businesses": _whole("businesses", clinical.businesses),
}
"""Which rule finds which facts; objects without an entry have none of their own."""


def made_from(object: str, facts: Set[str] | None) -> frozenset[str]:
    """The objects from whose rows these facts of an object are made, itself apart; None stands for all facts."""
    needs = NEEDS.get(object, ())
    if facts is None:
        return frozenset(need.object for need in needs)
    needed = facts & FACTS.get(object, {}).keys()
    return frozenset(need.object for need in needs if (need.facts & facts if need.facts else needed))


def derive(
    object: str,
    records: Sequence[Mapping[str, Any]],
    related: Related,
    as_of: datetime,
    wanted: Set[str] | None = None,
) -> list[dict[str, Any]]:
    """The facts of each record, in order: all of them, or at least the `wanted` ones.

    `as_of` parts past from future.
    """
    facts: list[Facts] = [{"archived": is_put_away(record), "account": SETTINGS} for record in records]
    if not records:
        return facts
    for part in PARTS.get(object, ()):
        if wanted is None or part.facts & wanted:
            for fact, found in zip(facts, part.rule(records, related, as_of), strict=True):
                fact.update(found)
    return facts
