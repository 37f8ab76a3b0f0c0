"""Sees each record once and tells what it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from gurney.migration.quality.diary import Diary
from gurney.migration.quality.likeness import in_a_circle, keyed
from gurney.migration.quality.links import Links, link_id
from gurney.migration.quality.people import People
from gurney.migration.quality.staff import Staff
from gurney.migration.quality.tally import Tally
from gurney.migration.quality.values import (
    RUNNABLE,
    answers,
    custom_fields,
    dialled_number,
    is_email,
    is_formula,
    is_odd_name,
    is_risky_file_name,
    type_fits,
)
from gurney.records import SourceRecord
from gurney.reports.model import FoundRow

OLDEST_YEARS = 120
EPOCHS = frozenset(date(*day) for day in ((1900, 1, 1), (1904, 1, 1), (1970, 1, 1)))
"""What spreadsheets and programs write for 'no date'."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What the destination holds at most; None where it is unknown or has no limit."""

    file_bytes: int | None = None
    file_name_chars: int | None = None
    note_chars: int | None = None
    long_text_chars: int | None = None
    first_name_chars: int | None = None
    last_name_chars: int | None = None


class QualityAudit:
    """Sees each record of the source once and tells what it found."""

    def __init__(self, *, as_of: datetime, country: str, key: bytes, limits: QualityLimits) -> None:
        """`country` (ISO 3166) is where numbers without a country code are dialled; `key` hides compared values."""
        self._as_of = as_of
        self._country = country
        self._key = key[:64]
        self._limits = limits
        self._found = Tally()
        self._links = Links(self._found)
        self._people = People(self._found)
        self._staff = Staff(self._found)
        self._diary = Diary(self._found, as_of)
        self._circles: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._detectors: dict[str, Callable[[SourceRecord], None]] = {
            "patients": self._patient,
            "users": self._staff.user,
            "practitioners": self._staff.practitioner,
            "businesses": self._diary.business,
            "individual_appointments": self._appointment,
            "group_appointments": partial(self._diary.appointment, "group_appointments"),
            "relationships": self._relationship,
            "referral_sources": self._referral,
            "medical_alerts": self._alert,
            "treatment_notes": self._note,
            "patient_attachments": self._attachment,
            "communications": self._communication,
        }

    def see(self, object: str, record: SourceRecord) -> None:
        """Look at one record; the settings, as an object of any name, tell the custom fields' labels."""
        if "patient_custom_fields_definition" in record:
            self._labels(record["patient_custom_fields_definition"])
        id = record.get("id")
        if not isinstance(id, str):
            return
        self._links.see(object, id, record)
        self._formulas(object, id, record)
        detector = self._detectors.get(object)
        if detector is not None:
            detector(record)

    def finish(self) -> list[FoundRow]:
        """The findings, the gravest first. Call once, after the last record."""
        self._links.finish()
        self._people.finish()
        self._staff.finish()
        self._diary.finish(self._people.archived, self._staff.inactive)
        for object, edges in self._circles.items():
            around = in_a_circle((start, end) for start, end, _ in edges)
            for start, end, id in edges:
                if start in around and end in around:
                    self._found.add("loop", object, id)
        order = {"error": 0, "warning": 1, "info": 2}
        return sorted(self._found.findings(), key=lambda row: (order[row.level], row.object, row.code))

    def _patient(self, patient: SourceRecord) -> None:
        id = patient["id"]
        self._people.add(patient)
        self._email(id, (patient.get("email") or "").strip("\r\n"))
        self._phones(id, patient.get("patient_phone_numbers") or ())
        self._birth(id, patient.get("date_of_birth"))
        self._names(id, patient)
        if not patient.get("latest_booking"):
            self._found.add("no-location", "patients", id)
        if patient.get("merged_at"):
            self._found.add("merged", "patients", id)
        self._long_text("patients", id, "notes", patient.get("notes"))
        for field in custom_fields(patient.get("custom_fields")):
            self._long_text("patients", id, "custom fields", field.get("value"))

    def _email(self, id: str, email: str) -> None:
        if not email.strip():
            self._found.add("no-email", "patients", id)
        elif is_email(email):
            self._people.shares("email", keyed(email.casefold(), self._key))
        else:
            self._found.add("invalid-email", "patients", id)

    def _phones(self, id: str, phones: Iterable[Mapping[str, Any]]) -> None:
        numbers = [str(phone.get("number") or "") for phone in phones]
        if not numbers:
            self._found.add("no-phone", "patients", id)
        for number in numbers:
            dialled = dialled_number(number, self._country)
            if dialled is None:
                self._found.add("undialable-phone", "patients", id)
                continue
            self._people.shares("phone", keyed(dialled, self._key))

    def _birth(self, id: str, text: str | None) -> None:
        if not text:
            self._found.add("no-birth-date", "patients", id)
            return
        try:
            born = date.fromisoformat(text[:10])
        except ValueError:
            self._found.add("implausible-birth-date", "patients", id)
            return
        self._people.shares("birth", keyed(text[:10], self._key))
        today = self._as_of.date()
        if born > today + timedelta(days=1) or born.year < today.year - OLDEST_YEARS:
            self._found.add("implausible-birth-date", "patients", id)
        elif born in EPOCHS or born >= today:
            self._found.add("default-birth-date", "patients", id)

    def _names(self, id: str, patient: SourceRecord) -> None:
        limits = {"first_name": self._limits.first_name_chars, "last_name": self._limits.last_name_chars}
        for field, most in limits.items():
            name = patient.get(field) or ""
            if most is not None and len(name) > most:
                self._found.add("name-too-long", "patients", id, field)
            if is_odd_name(name):
                self._found.add("odd-name", "patients", id, field)

    def _appointment(self, appointment: SourceRecord) -> None:
        self._diary.appointment("individual_appointments", appointment)
        if appointment.get("patient_arrived") and appointment.get("did_not_arrive"):
            self._found.add("contradictory-arrival", "individual_appointments", appointment["id"])
        self._long_text("individual_appointments", appointment["id"], "notes", appointment.get("notes"))

    def _alert(self, alert: SourceRecord) -> None:
        self._long_text("medical_alerts", alert["id"], "name", alert.get("name"))

    def _note(self, note: SourceRecord) -> None:
        most = self._limits.note_chars
        if most is not None and sum(map(len, answers(note.get("content")))) > most:
            self._found.add("note-in-parts", "treatment_notes", note["id"])

    def _long_text(self, object: str, id: str, field: str, text: Any) -> None:
        most = self._limits.long_text_chars
        if most is not None and isinstance(text, str) and len(text) > most:
            self._found.add("text-too-long", object, id, field)

    def _attachment(self, file: SourceRecord) -> None:
        id, name, size = file["id"], file.get("filename") or "", file.get("size")
        if not file.get("processing_completed", True):
            self._found.add("file-unprocessed", "patient_attachments", id)
            return
        if size == 0:
            self._found.add("file-empty", "patient_attachments", id)
        if self._limits.file_bytes is not None and (size or 0) > self._limits.file_bytes:
            self._found.add("file-too-large", "patient_attachments", id)
        most = self._limits.file_name_chars
        if is_risky_file_name(name) or (most is not None and len(name) > most):
            self._found.add("file-name", "patient_attachments", id)
        if name.rpartition(".")[2].lower() in RUNNABLE:
            self._found.add("file-runnable", "patient_attachments", id)
        if not type_fits(file.get("content_type"), name):
            self._found.add("file-type", "patient_attachments", id)

    def _communication(self, message: SourceRecord) -> None:
        if not message.get("patient"):
            self._found.add("message-without-patient", "communications", message["id"])

    def _relationship(self, relationship: SourceRecord) -> None:
        one, other = link_id(relationship.get("patient")), link_id(relationship.get("related_patient"))
        if one and other and relationship.get("relation") in (10, 20):  # parent, child: FACTS 6
            edge = (one, other) if relationship["relation"] == 10 else (other, one)
            self._circles["relationships"].append((*edge, relationship["id"]))

    def _referral(self, referral: SourceRecord) -> None:
        one, other = link_id(referral.get("patient")), link_id(referral.get("referrer"))
        if one and other and referral.get("referrer_type") == "Patient":
            self._circles["referral_sources"].append((one, other, referral["id"]))

    def _labels(self, definition: Mapping[str, Any] | None) -> None:
        tokens: dict[str, list[str]] = defaultdict(list)
        for field in custom_fields(definition):
            tokens[str(field.get("name") or "").strip().casefold()].append(str(field.get("token")))
        for same in tokens.values():
            for token in same if len(same) > 1 else ():
                self._found.add("repeated-label", "custom fields", token)

    def _formulas(self, object: str, id: str, record: SourceRecord) -> None:
        texts = [*record.values(), *(field.get("value") for field in custom_fields(record.get("custom_fields")))]
        for text in texts:
            if type(text) is str and is_formula(text):
                self._found.add("formula", object, id)
                return
