"""The kinds of data-quality findings: how grave, in what words, and what a person can do about them.

One place for the words, so that the audit, its report and the documentation say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from gurney.reports.model import Level


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. `{field}` in the words is the source field's name."""

    level: Level
    words: str
    next_step: str = ""


_MERGE = "Merge or correct them in the source, or leave them: each migrates as a record of its own."
_OWNER = "Link a user with an e-mail address in the source, or name a fallback owner in the plan."

KINDS: dict[str, Kind] = {
    "archived-but-booked": Kind(
        "warning",
        "Archived patients who still have an appointment ahead.",
        "Restore the patient or cancel the appointment in the source.",
    ),
    "booked-with-inactive": Kind(
        "warning",
        "Appointments ahead with a practitioner who is no longer active.",
        "Move them to another practitioner in the source, or name an owner in the plan.",
    ),
    "clock-change": Kind("info", "Appointments within an hour of a clock change. Their instants are kept."),
    "contradictory-arrival": Kind(
        "warning",
        "Appointments marked both as arrived and as not arrived; 'did not arrive' wins.",
        "Correct the mark in the source if the patient came.",
    ),
    "default-birth-date": Kind(
        "info",
        "Birth dates that programs write for 'no date', or that are today's.",
        "Look at them; they migrate as they are.",
    ),
    "file-empty": Kind("info", "Files without content."),
    "file-name": Kind(
        "info", "File names that another system may refuse or change; they are made safe, the bytes stay the same."
    ),
    "file-runnable": Kind(
        "warning",
        "Files of a type that runs when opened. The destination may refuse them.",
        "If it does, they are listed for manual handling.",
    ),
    "file-too-large": Kind(
        "warning",
        "Files larger than the destination takes.",
        "Download and attach them by hand, as the audit describes.",
    ),
    "file-type": Kind("info", "Files whose declared type is missing, invalid or not what they are."),
    "file-unprocessed": Kind(
        "info",
        "Files that the source has not finished processing: they cannot be downloaded yet.",
        "They are tried again in the delta.",
    ),
    "formula": Kind(
        "info",
        "Texts that a spreadsheet would run as a formula. They migrate as they are and are neutralised in CSV files.",
    ),
    "implausible-birth-date": Kind(
        "warning",
        "Birth dates in the future, unreadable, or more than 120 years ago.",
        "Correct them in the source; they migrate as they are.",
    ),
    "invalid-email": Kind(
        "warning",
        "E-mail addresses that no mail service takes.",
        "Correct them in the source, or leave them: the text is kept in another field.",
    ),
    "loop": Kind("info", "Links that lead in a circle, such as two people who are each the other's parent."),
    "merged": Kind("info", "Patients that were merged into another: what belongs to them goes to the survivor."),
    "message-without-patient": Kind("info", "Messages that belong to no patient. They reach no patient's record."),
    "name-too-long": Kind(
        "warning", "Names longer than the destination holds ({field}). They are shortened, and kept whole elsewhere."
    ),
    "no-birth-date": Kind("info", "No birth date."),
    "no-email": Kind("info", "No e-mail address."),
    "no-location": Kind("info", "Patients without any booking, hence without a location."),
    "no-phone": Kind("info", "No telephone number."),
    "no-user": Kind("warning", "Practitioners without a user.", _OWNER),
    "note-in-parts": Kind("info", "Notes longer than one note of the destination. They go out in numbered parts."),
    "odd-name": Kind("info", "Names with invisible characters or without a letter ({field})."),
    "probable-duplicate": Kind(
        "warning", "Patients who were probably entered twice: alike names with the same birth date, e-mail or "
        "telephone.", _MERGE,
    ),
    "repeated-label": Kind(
        "info", "Custom fields with the same label (ids are their tokens). Each becomes a field of its own."
    ),
    "same-user": Kind("info", "Practitioners with one and the same user. Their records go to one owner."),
    "shared-email": Kind("info", "Patients who share an e-mail address, as families do. None is merged."),
    "shared-phone": Kind("info", "Patients who share a telephone number. None is merged."),
    "shared-user-email": Kind(
        "warning",
        "Practitioners whose different users have the same e-mail address. Their records go to one owner.",
        "Give each user an address of their own in the source, if they are to own records apart.",
    ),
    "source-orphan": Kind(
        "warning",
        "Links to a record that the source no longer has ({field}).",
        "Nothing to do: the record migrates without the link, or is reported as skipped.",
    ),
    "text-too-long": Kind(
        "warning",
        "Texts longer than the destination's field holds ({field}).",
        "Nothing is cut: the whole text goes to a note.",
    ),
    "undialable-phone": Kind(
        "warning",
        "Telephone numbers that cannot be dialled.",
        "Correct them in the source, or leave them: the text is kept as it is.",
    ),
    "unknown-time-zone": Kind("warning", "Locations with a time zone that is unknown.", "Set it in the source."),
    "user-gone": Kind("warning", "Practitioners whose user was deleted.", _OWNER),
    "user-inactive": Kind("warning", "Active practitioners whose user is inactive.", _OWNER),
    "user-without-email": Kind("warning", "Practitioners whose user has no e-mail address.", _OWNER),
}  # fmt: skip
