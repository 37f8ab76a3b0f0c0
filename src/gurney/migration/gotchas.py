"""What a reader of the audit should know about both vendors (contract, section 17), and steps done by hand."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.gotchas import gotchas
from gurney.reports.audit import LocationOption, ReadingNote

OVERSIZE_STEPS = [
    "Open the patient in Cliniko (the patient's id stands in the table) and choose Files.",
    "Download the file, and check its size against the table.",
    "Keep it where the clinic keeps large files, with the patient's id in its name.",
    "In the CRM, open the patient's record and put a link or a note to that place.",
]


def reading_notes(destination: str) -> list[ReadingNote]:
    """Notes about the source and this destination."""
    return [ReadingNote(id=one.id, words=one.words) for one in gotchas(destination)]


def location_options(counts: Mapping[str, int]) -> list[LocationOption]:
    """How several locations can be carried over (AUD13)."""
    if sum(counts.values()) < 2:
        return []
    return [
        LocationOption(
            title="One account, a location on each record",
            words="Locations become records that patients, appointments and invoices refer to.",
            suits="One business with several places",
            chosen=True,
        ),
        LocationOption(
            title="One account for each location",
            words="One workspace for each location, each with its own mapping and its own account.",
            suits="Separate businesses that share nothing",
        ),
    ]
