"""From what a client or the staff sends to a record in wire shape: relations, derived attributes, stamps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gurney.twins.cliniko.filters import linked_id, stamped
from gurney.twins.cliniko.listing import PLACEHOLDER
from gurney.twins.cliniko.resources import Resource
from gurney.twins.cliniko.store import Record, Store

API = PLACEHOLDER.decode()
TARGETS = {
    "booking": "bookings",
    "business": "businesses",
    "contact": "contacts",
    "related_patient": "patients",
    "referring_doctor": "contacts",
    "tax": "taxes",
    "merged_with_patient": "patients",
    "original_invoice": "invoices",
    "appointment": "appointments",
    "default_appointment_type": "appointment_types",
    "patient_case": "patient_cases",
    "repeated_from": "individual_appointments",
    "latest_booking": "bookings",
}
"""Resources that a relation points into, where the plural of its name does not say it."""
STAMPS = ("starts_at", "ends_at")
WORDS: dict[str, dict[int, str]] = {
    "relation": {10: "Parent", 20: "Child", 30: "Sibling", 40: "Spouse", 50: "Partner", 60: "Relative", 70: "Other"},
    "cancellation_reason": {
        10: "Feeling Better",
        20: "Condition Worse",
        30: "Sick",
        31: "COVID-19 related",
        40: "Away",
        50: "Other",
        60: "Work",
    },
    "direction_code": {1: "Sent", 2: "Received"},
    "status": {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"},
    "calculation_method": {1: "Legacy", 2: "Tax exclusive", 3: "Tax inclusive"},
}
CONTACT_TYPES = {0: "Standard", 1: "Doctor", 2: "3rd Party Payer"}
MESSAGE_TYPES = {1: "SMS", 2: "Email", 3: "Phone call", 4: "Other"}


def target_of(relation: str, store: Store) -> str:
    """The resource that a relation points into. Raises KeyError for a relation that nothing is known of."""
    name = TARGETS.get(relation, f"{relation}s")
    if name not in store.tables:
        raise KeyError(relation)
    return name


def new_record(resource: Resource, id: str, now: str) -> Record:
    """A record before anything is said of it."""
    record: Record = {
        "id": id,
        "created_at": now,
        "updated_at": now,
        "links": {"self": f"{API}/{resource.name}/{id}"},
        **resource.shape,
    }
    return record | {name: _link(path.format(id=id)) for name, path in resource.links.items()}


def relate(record: Record, relation: str, target: str, id: str | None) -> None:
    """Set a relation, or take it away: one that does not exist is left out (FACTS 0.6)."""
    if id is None:
        record.pop(relation, None)
    else:
        record[relation] = _link(f"{target}/{id}")


def write(record: Record, fields: Mapping[str, Any], store: Store) -> None:
    """Put values into a record. NAME_id sets the relation NAME; stamps with an offset become UTC."""
    for name, value in fields.items():
        if name.endswith("_id") and name != "old_reference_id":
            relation = name.removesuffix("_id")
            relate(record, relation, target_of(relation, store), str(value) if value is not None else None)
        elif value is not None and name in STAMPS:
            record[name] = stamped(str(value))
        elif name.endswith("_ids"):
            record[name] = [str(id) for id in value or ()]
        elif name == "unsubscribe_sms_marketing":
            record["accepted_sms_marketing"] = not value
        else:
            record[name] = value


def derive(resource: str, record: Record, store: Store) -> None:
    """Attributes that follow from others: labels, words of codes, normalised phones, ends of appointments."""
    for code, words in WORDS.items():
        described = {"relation": "relation_description", "direction_code": "direction_description"}.get(
            code, f"{code}_description"
        )
        if code in record and (code != "status" or resource == "invoices"):
            record[described] = words.get(record[code], "")
    if resource == "contacts":
        record["type"] = CONTACT_TYPES.get(record["type_code"])
    if resource == "communications":
        record["type"] = MESSAGE_TYPES.get(record.get("type_code", 4))
    if resource in ("patients", "practitioners"):
        record["label"] = f"{record.get('first_name', '')} {record.get('last_name', '')}".strip()
    if resource == "practitioners":
        record["display_name"] = record["display_name"] or record["label"]
    if resource == "individual_appointments":
        patient = store.find("patients", str(linked_id(record.get("patient"))))
        record["patient_name"] = patient["label"] if patient else ""
    supplier = linked_id(record.get("product_supplier"))
    if supplier is not None:
        record["product_supplier_id"] = str(supplier)
        record["product_supplier_name"] = (store.find("product_suppliers", str(supplier)) or {}).get("name")
    for phones in ("patient_phone_numbers", "phone_numbers"):
        for phone in record.get(phones) or ():
            phone["normalized_number"] = _normalised(phone.get("number", ""))
    _end(record, store)


def _end(record: Record, store: Store) -> None:
    """`ends_at` defaults to the duration of the type (FACTS 12)."""
    if "starts_at" not in record or record.get("ends_at"):
        return
    kind = store.find("appointment_types", str(linked_id(record.get("appointment_type"))))
    minutes = kind["duration_in_minutes"] if kind else 30
    starts = datetime.fromisoformat(record["starts_at"])
    record["ends_at"] = stamped((starts + timedelta(minutes=minutes)).isoformat())


def _normalised(number: str) -> str:
    """Digits with country code and no plus sign; an Australian number is assumed where none is given."""
    digits = "".join(mark for mark in number if mark.isdigit())
    return f"61{digits[1:]}" if digits.startswith("0") else digits


def _link(path: str) -> Record:
    return {"links": {"self": f"{API}/{path}"}}
