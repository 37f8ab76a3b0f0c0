"""Appointments ahead, and appointments near a clock change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gurney.migration.quality.links import link_id
from gurney.migration.quality.tally import Tally
from gurney.records import SourceRecord


class Diary:
    """The locations' zones, and the appointments that are still to come."""

    def __init__(self, found: Tally, as_of: datetime) -> None:
        self._found = found
        self._as_of = as_of
        self._zones: dict[str, ZoneInfo] = {}
        self._ahead: list[tuple[str, str, str | None, str | None]] = []

    def business(self, business: SourceRecord) -> None:
        try:
            self._zones[business["id"]] = ZoneInfo(business.get("time_zone_identifier") or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            self._found.add("unknown-time-zone", "businesses", business["id"])

    def appointment(self, object: str, appointment: SourceRecord) -> None:
        starts = _moment(appointment.get("starts_at"))
        if starts is None:
            return
        ends = _moment(appointment.get("ends_at")) or starts
        zone = self._zones.get(link_id(appointment.get("business")) or "")
        if zone is not None and _clock_changes(starts, ends, zone):
            self._found.add("clock-change", object, appointment["id"])
        if starts > self._as_of and not appointment.get("cancelled_at") and not appointment.get("archived_at"):
            patient, practitioner = link_id(appointment.get("patient")), link_id(appointment.get("practitioner"))
            self._ahead.append((object, appointment["id"], patient, practitioner))

    def finish(self, archived: set[str], inactive: set[str]) -> None:
        for object, id, _, practitioner in self._ahead:
            if practitioner in inactive:
                self._found.add("booked-with-inactive", object, id)
        booked = dict.fromkeys(patient for _, _, patient, _ in self._ahead if patient in archived)
        for patient in booked:
            self._found.add("archived-but-booked", "patients", str(patient))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _clock_changes(starts: datetime, ends: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock is changed within an hour of the appointment."""
    hour = timedelta(hours=1)
    return (starts - hour).astimezone(zone).utcoffset() != (ends + hour).astimezone(zone).utcoffset()
