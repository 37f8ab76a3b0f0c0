"""Which records of an object an object map takes, and why the others stay behind (contract, REC4)."""

from __future__ import annotations

from dataclasses import dataclass

from gurney.mapping.paths import Record, Test, view

_STATES = {
    "merged": "The patient was merged into another one; that one is migrated.",
    "gone": "The record was deleted at the source.",
}


class Skipped(Exception):
    """Why a record is not migrated. Raised and caught in this room alone."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule of the mapping by which records stay behind."""

    test: Test
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The conditions of an object map, compiled."""

    skips_archived: bool = False
    applies: Test | None = None
    yields_to: tuple[Test | None, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def is_choosy(self) -> bool:
        """Whether some of the object's records are left to other maps."""
        return self.applies is not None or bool(self.yields_to)

    def concern(self, record: Record) -> bool:
        """Whether the record is not one that the map's own conditions leave to others."""
        return self._kept_back(record) is not None or self._chosen(view(record))

    def reason(self, seen: Record) -> Skipped | None:
        """Why the record, a `view`, stays behind; None when it goes over."""
        if reason := self._kept_back(seen):
            return reason
        if self.is_choosy and not self._chosen(seen):
            return Skipped("not-applicable", "The conditions of this object map do not hold, or another takes it.")
        for rule in self.left_out:
            if rule.test(seen):
                return Skipped(rule.code, rule.words)
        return None

    def _kept_back(self, record: Record) -> Skipped | None:
        """Why a record of its state is not migrated, whatever the conditions say."""
        state = record.get("_state")
        if state in _STATES:
            return Skipped(state, _STATES[state])
        if state == "archived" and self.skips_archived:
            return Skipped("archived", "Archived records of this kind are left out by the mapping.")
        return None

    def _chosen(self, seen: Record) -> bool:
        if self.applies is not None and not self.applies(seen):
            return False
        return not any(test is None or test(seen) for test in self.yields_to)


def is_away(record: Record) -> bool:
    """Whether the source itself has the record no longer: merged into another, or deleted for good."""
    return record.get("_state") in _STATES
