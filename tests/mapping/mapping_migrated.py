"""The sample clinic after it was built."""

from __future__ import annotations

from dataclasses import dataclass, field

from mapping_harbour import Harbour

from gurney.mapping.build import Built
from gurney.mapping.compile import CompiledMapping
from gurney.records import Write


@dataclass
class Migrated:
    """Every record of the clinic as it was built, and the ids that stand for what was written."""

    clinic: Harbour
    compiled: CompiledMapping
    built: dict[tuple[str, str], Built] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def write(self, map_id: str, source_id: str) -> Write:
        return self.built[map_id, source_id].writes[0]

    def all(self, map_id: str) -> dict[str, Built]:
        return {source_id: built for (one, source_id), built in self.built.items() if one == map_id}

    def skipped(self, map_id: str, code: str) -> set[str]:
        return {source_id for source_id, built in self.all(map_id).items() if built.skipped == code}
