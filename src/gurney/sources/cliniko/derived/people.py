"""Facts about patients, practitioners and contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gurney.sources.cliniko.derived.reading import (
    Facts,
    Need,
    Record,
    Related,
    bookings,
    full_name,
    linked,
    live,
    money,
    of,
    text,
)
from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.merges import survivors
from gurney.sources.cliniko.objects import is_put_away

OPEN = 10
PAYER = 2
KINDS = {0: "Standard", 1: "Doctor", PAYER: "3rd Party Payer"}
PHONES = ("Mobile", "Home", "Work", "Fax", "Other")
FUNDED = ("medicare", "dva")
SEEN_FROM_THERE = {"Parent": "Child", "Child": "Parent"}
"""What a relation is called from its other end; the rest are the same from both (FACTS 6.1)."""

_OF_CASES = frozenset(
    {
        "insurer", "insurers", "insurer_names", "case_referral_type", "case_expiry_date", "case_max_sessions",
        "epc_expiry_date",
    }
)  # fmt: skip
_OF_REFERRERS = frozenset({"referrer_contact", "referrer_patient", "referrer_beside_clinic"})
_OF_REFERRALS = _OF_REFERRERS | {"referral_source", "referral_subcategory", "referral_notes"}
_RELATIONS, _NOTES = frozenset({"relationships"}), frozenset({"treatment_notes"})

PATIENT_NEEDS = (
    Need("patients", "merged_with_patient", children=True),
    Need("individual_appointments", "latest_booking"),
    Need("group_appointments", "latest_booking"),
    Need("individual_appointments", "patient", children=True),
    Need("attendees", "patient", children=True),
    Need("invoices", "patient", children=True),
    Need("medical_alerts", "patient", children=True, facts=frozenset({"medical_alerts"})),
    Need("patient_cases", "patient", children=True, facts=_OF_CASES),
    Need("contacts", "contact", facts=_OF_CASES),
    Need("referral_sources", "patient", children=True, facts=_OF_REFERRALS),
    Need("referral_source_types", "referral_source_type", facts=frozenset({"referral_source"})),
    Need("concession_types", "concession_type", facts=frozenset({"concession_name"})),
    Need("relationships", "patient", children=True, facts=_RELATIONS),
    Need("relationships", "related_patient", children=True, facts=_RELATIONS),
    Need("patients", "related_patient"),
    Need("group_appointments", "booking"),
    Need("treatment_notes", "patient", children=True, facts=_NOTES),
    Need("treatment_note_templates", "treatment_note_template", facts=_NOTES),
    Need("practitioners", "practitioner"),
    Need("appointment_types", "appointment_type"),
    Need("patient_forms", "patient", children=True, facts=frozenset({"form_submitted_at"})),
)
PRACTITIONER_NEEDS = (
    Need("users", "user"),
    Need("practitioner_reference_numbers", "practitioner", children=True, facts=frozenset({"reference_numbers"})),
    Need("individual_appointments", "practitioner", children=True),
    Need("group_appointments", "practitioner", children=True),
)

Children = Mapping[str, list[dict[str, Any]]]


def patients(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """A survivor of merges stands for its losers as well: their children hang on it."""
    families, everyone = families_of(records, related)

    def children(object: str) -> Children:
        return _gathered(related.children(object, "patient", everyone), families)

    invoices, alerts, cases = children("invoices"), children("medical_alerts"), children("patient_cases")
    referrals = children("referral_sources")
    contacts = linked(related, "contacts", _flat(cases), "contact")
    types = linked(related, "referral_source_types", _flat(referrals), "referral_source_type")
    concessions = linked(related, "concession_types", records, "concession_type")
    latest = _latest_appointments(records, families, related)
    found = []
    for record in records:
        id = record["id"]
        appointment = latest.get(id, {})
        found.append(
            {
                "state": _patient_state(record),
                "is_prospect": not appointment and not record.get("latest_booking") and not invoices.get(id),
                "practitioner": link_id(appointment, "practitioner"),
                "location": link_id(appointment, "business"),
                **_billing(invoices.get(id, [])),
                "medical_alerts": tuple(alert["name"] for alert in live(alerts.get(id, [])) if alert.get("name")),
                **_cases(cases.get(id, []), contacts),
                **_referral(record, referrals.get(id, []), types),
                **_phones(record.get("patient_phone_numbers")),
                "concession_name": text(of(concessions, record, "concession_type").get("name")),
                "full_name": full_name(record),
            }
        )
    return found


def relationships(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    families, _ = families_of(records, related)
    relatives = _relatives(families, related)
    return [{"relationships": relatives.get(record["id"], ())} for record in records]


def practitioners(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """The e-mail address is the user's (FACTS 0.3); without one the reason is named."""
    users = linked(related, "users", records, "user")
    numbers = related.children("practitioner_reference_numbers", "practitioner", [record["id"] for record in records])
    return [
        {
            "email": text(of(users, record, "user").get("email")),
            "user_active": _is_active(of(users, record, "user")),
            "user_id": link_id(record, "user"),
            "full_name": full_name(record),
            "reference_numbers": _reference_numbers(numbers.get(record["id"], [])),
            "unmatched_reason": _unmatched(link_id(record, "user"), of(users, record, "user")),
        }
        for record in records
    ]


def contacts(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    return [
        {
            "kind": KINDS.get(record.get("type_code") or 0, record.get("type")),
            "full_name": full_name(record) or text(record.get("company_name")),
            **_phones(record.get("phone_numbers")),
        }
        for record in records
    ]


def families_of(records: Sequence[Record], related: Related) -> tuple[dict[str, list[str]], list[str]]:
    """Each patient with everyone who was merged into it, chains included; and all of these."""
    families = {record["id"]: [record["id"]] for record in records}
    frontier = {id: [id] for id in families}
    while frontier:
        losers = related.children("patients", "merged_with_patient", sorted(frontier))
        fresh: dict[str, list[str]] = defaultdict(list)
        for winner, rows in losers.items():
            for row in rows:
                for head in frontier[winner]:
                    if row["id"] not in families[head]:
                        families[head].append(row["id"])
                        fresh[row["id"]].append(head)
        frontier = fresh
    return families, sorted({id for family in families.values() for id in family})


def _gathered(by_patient: Mapping[str, list[dict[str, Any]]], families: Mapping[str, list[str]]) -> Children:
    found: dict[str, list[dict[str, Any]]] = {}
    for head, family in families.items():
        rows = (
            by_patient.get(head, []) if len(family) == 1 else [row for id in family for row in by_patient.get(id, [])]
        )
        if rows:
            found[head] = rows
    return found


def _flat(children: Children) -> Iterable[dict[str, Any]]:
    return (row for rows in children.values() for row in rows)


def _latest_appointments(
    records: Sequence[Record], families: Mapping[str, list[str]], related: Related
) -> dict[str, dict[str, Any]]:
    """The latest booking of each patient; where the source names none, the most recent appointment that is there."""
    named = {record["id"]: link_id(record, "latest_booking") for record in records}
    there = bookings(related, [id for id in named.values() if id])
    latest = {patient: there[booking][0] for patient, booking in named.items() if booking in there}
    unnamed = [patient for patient in named if patient not in latest]
    return latest | _most_recent({patient: families[patient] for patient in unnamed}, related)


def _most_recent(families: Mapping[str, list[str]], related: Related) -> dict[str, dict[str, Any]]:
    everyone = sorted({id for family in families.values() for id in family})
    if not everyone:
        return {}
    alone = _gathered(related.children("individual_appointments", "patient", everyone), families)
    attending = _gathered(related.children("attendees", "patient", everyone), families)
    classes = bookings(related, [id for row in _flat(attending) if (id := link_id(row, "booking"))])
    found = {}
    for patient in families:
        attended = (classes.get(link_id(row, "booking") or "") for row in live(attending.get(patient, [])))
        rows = [*live(alone.get(patient, [])), *(entry[0] for entry in attended if entry is not None)]
        if rows:
            found[patient] = max(rows, key=lambda row: (not row.get("cancelled_at"), row.get("starts_at") or ""))
    return found


def _patient_state(record: Record) -> str:
    if record.get("merged_at") or record.get("merged_with_patient"):
        return "merged"
    if record.get("deleted_at"):
        return "deleted"
    return "archived" if record.get("archived_at") else "active"


def _billing(invoices: Sequence[dict[str, Any]]) -> Facts:
    """Sums over invoices that are not archived; credits count negative, as Cliniko writes them."""
    kept = live(invoices)
    return {
        "billed_total": sum((money(row.get("total_amount")) for row in kept), Decimal(0)),
        "open_total": sum((money(row.get("total_amount")) for row in kept if row.get("status") == OPEN), Decimal(0)),
        "invoice_count": len(kept),
        "last_invoice_date": max((row["issue_date"] for row in kept if row.get("issue_date")), default=None),
    }


def _cases(cases: Sequence[dict[str, Any]], contacts: Mapping[str, dict[str, Any]]) -> Facts:
    """Insurers are the payers that live cases name, open and newest first (FACTS 9)."""
    kept = sorted(live(cases), key=_newest_case_last, reverse=True)
    payers = [
        id
        for case in kept
        if (id := link_id(case, "contact")) is not None and contacts.get(id, {}).get("type_code") == PAYER
    ]
    insurers = tuple(dict.fromkeys(payers))
    names = (text(contacts[id].get("company_name")) or full_name(contacts[id]) for id in insurers)
    funded = next((case for case in kept if case.get("referral_type") in FUNDED), {})
    return {
        "insurer": insurers[0] if insurers else None,
        "insurers": insurers,
        "insurer_names": tuple(dict.fromkeys(name for name in names if name)),
        "case_referral_type": text(funded.get("referral_type")),
        "case_expiry_date": text(funded.get("expiry_date")),
        "case_max_sessions": funded.get("max_sessions"),
        "epc_expiry_date": next((text(case.get("expiry_date")) for case in kept if _is_medicare(case)), None),
    }


def _is_medicare(case: Record) -> bool:
    """Care plans under Medicare (EPC) are cases of that referral type (FACTS 9)."""
    return case.get("referral_type") == FUNDED[0]


def _newest_case_last(case: Record) -> tuple[bool, str, str]:
    created = case.get("created_at") or ""
    return not case.get("closed_at"), case.get("issue_date") or created[:10], created


def _referral(record: Record, sources: Sequence[dict[str, Any]], types: Mapping[str, dict[str, Any]]) -> Facts:
    """Of the newest referral source; the record's own label where there is none."""
    newest = _newest(sources)
    referrer, kind = link_id(newest, "referrer"), newest.get("referrer_type")
    return {
        "referral_source": text(of(types, newest, "referral_source_type").get("name"))
        or text(record.get("referral_source")),
        "referral_subcategory": text(newest.get("subcategory")),
        "referral_notes": text(newest.get("notes")),
        "referrer_contact": referrer if kind == "Contact" else None,
        "referrer_patient": referrer if kind == "Patient" else None,
    }


def referring_contacts(records: Sequence[Record], related: Related) -> list[str | None]:
    """The contact who referred each patient, None where it was nobody or a patient."""
    families, everyone = families_of(records, related)
    sources = _gathered(related.children("referral_sources", "patient", everyone), families)
    newest = (_newest(sources.get(record["id"], [])) for record in records)
    return [link_id(row, "referrer") if row.get("referrer_type") == "Contact" else None for row in newest]


def _newest(sources: Sequence[dict[str, Any]]) -> Record:
    return max(live(sources), key=lambda row: row.get("created_at") or "", default={})


def _relatives(families: Mapping[str, list[str]], related: Related) -> dict[str, tuple[str, ...]]:
    """Each patient's relatives, a line each: 'Parent: Ann Lee (4711)'. A relation stands for both of its ends."""
    everyone = sorted({id for family in families.values() for id in family})
    there = _gathered(related.children("relationships", "patient", everyone), families)
    back = _gathered(related.children("relationships", "related_patient", everyone), families)
    people = _survivors({id for row in (*_flat(there), *_flat(back)) for id in _ends(row)}, related)
    found: dict[str, tuple[str, ...]] = {}
    for head, family in families.items():
        rows = [(row, "related_patient") for row in there.get(head, [])]
        rows += [(row, "patient") for row in back.get(head, []) if link_id(row, "patient") not in family]
        lines = [
            f"{_relation(row, end)}: {_who(other, people)}"
            for row, end in sorted(rows, key=lambda entry: (entry[0].get("created_at") or "", entry[0]["id"]))
            if not is_put_away(row) and (other := link_id(row, end)) is not None and other not in family
        ]
        if lines:
            found[head] = tuple(dict.fromkeys(lines))
    return found


def _ends(relation: Record) -> Iterable[str]:
    return (id for end in ("patient", "related_patient") if (id := link_id(relation, end)) is not None)


def _survivors(ids: Iterable[str], related: Related) -> dict[str, dict[str, Any]]:
    """Patients by id; one that was merged is told of as the patient that it became."""
    rows: dict[str, dict[str, Any]] = {}
    merged: dict[str, str] = {}
    wanted = set(ids)
    while wanted:
        found = related.get("patients", sorted(wanted))
        rows |= found
        merged |= {id: into for id, row in found.items() if (into := link_id(row, "merged_with_patient"))}
        wanted = {merged[id] for id in found if id in merged} - rows.keys()
    became = survivors(merged)
    return {id: rows.get(became.get(id, id), row) for id, row in rows.items()}


def _relation(relation: Record, end: str) -> str:
    """What the person at this end is to the one at the other."""
    word = text(relation.get("relation_description")) or "Related"
    return word if end == "related_patient" else SEEN_FROM_THERE.get(word, word)


def _who(id: str, people: Mapping[str, dict[str, Any]]) -> str:
    row = people.get(id, {})
    name = full_name(row)
    return f"{name} ({row['id']})" if name else id


def _phones(numbers: Any) -> Facts:
    """The first number of each type as it was typed; the others in an overflow, with their type."""
    first: dict[str, str] = {}
    rest: list[str] = []
    for entry in numbers or []:
        kind = entry.get("phone_type") if entry.get("phone_type") in PHONES else "Other"
        number = (entry.get("number") or "").strip()
        if number and first.setdefault(kind, number) is not number:
            rest.append(f"{kind}: {number}")
    return {f"phone_{kind.lower()}": first.get(kind) for kind in PHONES} | {"phones_overflow": tuple(rest)}


def _is_active(user: Record) -> bool:
    return bool(user) and user.get("user_active") is not False and user.get("active") is not False


def _reference_numbers(rows: Sequence[dict[str, Any]]) -> str | None:
    lines = (f"{row.get('name') or 'Number'}: {row['reference_number']}" for row in rows if row.get("reference_number"))
    return "; ".join(dict.fromkeys(lines)) or None


def _unmatched(user_id: str | None, user: Record) -> str:
    """Why a practitioner cannot be matched with a user of the destination by address; '' when it can be tried."""
    if user_id is None:
        return "no-user"
    if not user:
        return "user-gone"
    if text(user.get("email")) is None:
        return "blank-email"
    return "" if _is_active(user) else "user-inactive"
