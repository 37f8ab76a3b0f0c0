"""The sample clinic with facts derived by hand, just enough to build every record of it."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

Record = dict[str, Any]
AS_OF = "2026-11-16T00:00:00Z"
STATUS = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}


def linked(record: Record, name: str) -> str | None:
    relation = record.get(name)
    return relation["links"]["self"].split("?")[0].rsplit("/", 1)[-1] if relation else None


@cache
def rows(folder: Path, resource: str) -> list[Record]:
    with gzip.open(folder / f"{resource}.jsonl.gz", "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Harbour:
    """All records by object, each with `derived` and `_state`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records: dict[str, list[Record]] = {}
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        settings = json.loads((folder / "settings_public.json").read_text(encoding="utf-8"))
        self.definition = settings["patient_custom_fields_definition"]
        self._names = {
            kind: {row["id"]: row for row in rows(folder, kind)}
            for kind in ("practitioners", "appointment_types", "businesses", "group_appointments")
        }
        self._lines: dict[str, list[str]] = defaultdict(list)
        for item in rows(folder, "invoice_items"):
            words = f"{item['quantity']} × {item['name']}: {item['net_price']}"
            self._lines[linked(item, "invoice") or ""].append(words)
        self._alerts: dict[str, list[str]] = defaultdict(list)
        for alert in rows(folder, "medical_alerts"):
            self._alerts[linked(alert, "patient") or ""].append(alert["name"])
        self._cases = {linked(case, "patient"): case for case in rows(folder, "patient_cases")}
        self._sources = {linked(source, "patient"): source for source in rows(folder, "referral_sources")}
        self._numbers = {row["id"]: row["number"] for row in rows(folder, "invoices")}

    def records(self, object: str) -> list[Record]:
        if object not in self._records:
            derive = getattr(self, f"_{object}", lambda row: {})
            self._records[object] = [
                row | {"derived": {"archived": bool(row.get("archived_at"))} | derive(row), "_state": self._state(row)}
                for row in rows(self.folder, object)
            ]
        return self._records[object]

    def planted(self, key: str) -> list[Record]:
        return [entry for entry in self.manifest["planted"] if entry["key"] == key]

    def one(self, object: str, id: str) -> Record:
        return next(row for row in self.records(object) if row["id"] == id)

    def _state(self, row: Record) -> str:
        return "merged" if row.get("merged_at") else "archived" if row.get("archived_at") else "live"

    def _name(self, kind: str, id: str | None, field: str) -> str | None:
        row = self._names[kind].get(id or "")
        return row[field] if row else None

    def _patients(self, row: Record) -> Record:
        case, source = self._cases.get(row["id"]), self._sources.get(row["id"])
        kind = {"Contact": "referrer_contact", "Patient": "referrer_patient"}.get(
            (source or {}).get("referrer_type") or ""
        )
        return {
            **_phones(row["patient_phone_numbers"]),
            "state": "active",
            "is_prospect": "latest_booking" not in row,
            "medical_alerts": tuple(self._alerts.get(row["id"], ())),
            "insurer": linked(case, "contact") if case else None,
            "case_referral_type": case["referral_type"] if case else None,
            "case_expiry_date": case["expiry_date"] if case else None,
            "case_max_sessions": case["max_sessions"] if case else None,
            "referral_subcategory": source["subcategory"] if source else None,
            "billed_total": "121.0",
            "invoice_count": 3,
            "location": next(iter(self._names["businesses"])),
            "practitioner": next(iter(self._names["practitioners"])),
            **({kind: linked(source, "referrer")} if kind and source else {}),
        }

    def _contacts(self, row: Record) -> Record:
        return _phones(row["phone_numbers"]) | {"full_name": f"{row['first_name']} {row['last_name']}".strip()}

    def _individual_appointments(self, row: Record) -> Record:
        return self._booking(row) | {
            "state": _appointment_state(row),
            "contradictory": False,
            "duration_min": 30,
            "notes": row["notes"],
        }

    def _group_appointments(self, row: Record) -> Record:
        return self._booking(row) | {"state": "Booked" if row["starts_at"] > AS_OF else "Arrived", "attendee_count": 3}

    def _booking(self, row: Record) -> Record:
        return {
            "type_name": self._name("appointment_types", linked(row, "appointment_type"), "name"),
            "practitioner_name": self._name("practitioners", linked(row, "practitioner"), "display_name"),
            "location_name": self._name("businesses", linked(row, "business"), "display_name"),
        }

    def _attendees(self, row: Record) -> Record:
        group = self._names["group_appointments"].get(linked(row, "booking") or "")
        if group is None:
            return {"is_group": False}
        return {
            "is_group": True,
            "state": _attendee_state(row, group),
            "class_starts_at": group["starts_at"],
            "class_ends_at": group["ends_at"],
            "class_name": self._booking(group)["type_name"],
            "practitioner": linked(group, "practitioner"),
            "practitioner_name": self._booking(group)["practitioner_name"],
            "location": linked(group, "business"),
            "appointment_type": linked(group, "appointment_type"),
        }

    def _invoices(self, row: Record) -> Record:
        lines = self._lines.get(row["id"], [])
        return {
            "state_word": STATUS[row["status"]],
            "lines_text": "\n".join(lines) or None,
            "line_count": len(lines),
            "original_number": self._numbers.get(linked(row, "original_invoice") or ""),
            "currency": "AUD",
        }

    def _treatment_notes(self, row: Record) -> Record:
        name = self._name("practitioners", linked(row, "practitioner"), "display_name")
        return {"template_name": "SOAP", "practitioner_name": name, "appointment_starts_at": row["created_at"]}


def _appointment_state(row: Record) -> str:
    if row["cancelled_at"]:
        return "Cancelled"
    if row["did_not_arrive"]:
        return "Did Not Arrive"
    if row["patient_arrived"] or row["invoice_status"] or row["treatment_note_status"]:
        return "Arrived"
    return "Booked" if row["starts_at"] > AS_OF else "Unmarked"


def _attendee_state(row: Record, group: Record) -> str:
    if row["cancelled_at"]:
        return "Cancelled"
    if row["arrived"] is not None:
        return "Arrived" if row["arrived"] else "Did Not Arrive"
    return "Booked" if group["starts_at"] > AS_OF else "Unmarked"


def _phones(numbers: list[Record]) -> Record:
    first: Record = {}
    rest = []
    for entry in numbers:
        name = f"phone_{entry['phone_type'].lower()}"
        if name in first:
            rest.append(f"{entry['phone_type']}: {entry['number']}")
        else:
            first[name] = entry["number"] or None
    return first | {"phones_overflow": "\n".join(rest) or None}
