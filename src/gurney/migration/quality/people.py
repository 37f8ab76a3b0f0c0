"""Patients who share something, probable duplicates, and who is archived."""

from __future__ import annotations

from gurney.migration.quality.likeness import Groups, folded, probable_pairs
from gurney.migration.quality.tally import Tally
from gurney.records import SourceRecord


class People:
    """What is remembered of each patient: id, folded name, keyed hashes of what may be shared."""

    def __init__(self, found: Tally) -> None:
        self._found = found
        self._ids: list[str] = []
        self._names: list[str] = []
        self._same: dict[str, Groups] = {kind: Groups() for kind in ("email", "phone", "birth")}
        self.archived: set[str] = set()

    def add(self, patient: SourceRecord) -> None:
        self._ids.append(patient["id"])
        first, last = (folded(patient.get(field) or "") for field in ("first_name", "last_name"))
        self._names.append(f"{first}\t{last}")
        if patient.get("archived_at") and not patient.get("merged_at"):
            self.archived.add(patient["id"])

    def shares(self, kind: str, hash: int) -> None:
        """The patient added last has this value."""
        self._same[kind].add(hash, len(self._ids) - 1)

    def finish(self) -> None:
        pairs: dict[tuple[int, int], None] = {}
        for kind, groups in self._same.items():
            for group in groups.repeated():
                pairs.update((pair, None) for pair in probable_pairs(group, self._names))
                for member in group if kind != "birth" else ():
                    self._found.add(f"shared-{kind}", "patients", self._ids[member])
        for member in dict.fromkeys(member for pair in pairs for member in pair):
            self._found.add("probable-duplicate", "patients", self._ids[member])
