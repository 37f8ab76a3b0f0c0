"""Facts that compare many records: where a person mostly goes, and who lives together.

The main clinic is the location that most of a person's appointments and classes name, of those that were neither
cancelled nor put away; where several are as frequent, the one with the appointment that was booked last. Nothing is
opened for it: the snapshot counts relations.

A household is everyone with the same last name at the same full address, told without regard to case and blanks. It
is known by its first patient: the earliest made, then the smallest id. Whoever has no street lives alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from gurney.sources.cliniko.derived.people import families_of, referring_contacts
from gurney.sources.cliniko.derived.reading import Facts, Record, Related, Tally

_ADDRESS = ("last_name", "address_1", "address_2", "address_3", "city", "post_code", "state", "country_code")


def patients_clinic(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    families, everyone = families_of(records, related)
    alone = related.tally("individual_appointments", "patient", everyone, "business")
    classes = related.tally("attendees", "patient", everyone, "business", ("booking", "group_appointments"))
    return [{"main_clinic": _most(families[record["id"]], alone, classes)} for record in records]


def referrers_beside_clinic(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """The contact who referred a patient that has a main clinic: for CRMs where the first link is always the main one,
    so that who has one link alone cannot have it as the second."""
    clinics, referrers = patients_clinic(records, related, as_of), referring_contacts(records, related)
    return [
        {"referrer_beside_clinic": referrer if fact["main_clinic"] else None}
        for fact, referrer in zip(clinics, referrers, strict=True)
    ]


def practitioners_clinic(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    ids = [record["id"] for record in records]
    alone = related.tally("individual_appointments", "practitioner", ids, "business")
    classes = related.tally("group_appointments", "practitioner", ids, "business")
    return [{"main_clinic": _most([id], alone, classes)} for id in ids]


def households(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    heads = related.once("households", lambda: _heads(related))
    homes = ((record["id"], heads.get(record["id"], record["id"])) for record in records)
    return [{"household": head, "household_head": head == id} for id, head in homes]


def _most(ids: Sequence[str], *tallies: Tally) -> str | None:
    counts: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ""))
    for tally in tallies:
        for id in ids:
            for place, (count, newest) in tally.get(id, {}).items():
                counts[place] = counts[place][0] + count, max(counts[place][1], newest)
    return max(counts, key=lambda place: (*counts[place], place)) if counts else None


def _heads(related: Related) -> Mapping[str, str]:
    """Each member's first patient, of households with more than one."""
    homes: dict[tuple[str, ...], list[tuple[str, int, str]]] = defaultdict(list)
    for record in related.every("patients"):
        if (home := _home(record)) and not record.get("merged_at") and not record.get("deleted_at"):
            homes[home].append((record.get("created_at") or "", len(record["id"]), record["id"]))
    shared = (members for members in homes.values() if len(members) > 1)
    return {id: min(members)[-1] for members in shared for _, _, id in members}


def _home(record: Record) -> tuple[str, ...]:
    said = tuple(" ".join(str(record.get(name) or "").casefold().split()) for name in _ADDRESS)
    return said if said[0] and said[1] else ()
