"""What must hold in the end, whatever happened on the way (docs/reliability.md says it at length)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from gurney.store.store import Store
from gurney.testing.campaign.people import HERS, facts
from gurney.testing.campaign.picture import Key, Picture, Rows, ours, picture, standing
from gurney.testing.campaign.staged import unread
from gurney.testing.campaign.world import World

SHOWN = 3
NOT_EMPTIED = "not-emptied"
"""The failure of a change that would empty a field which the vendor's API leaves filled (HighLevel's FACTS 4.1)."""

UP_TO_DATE = "up to date"


@dataclass
class Seen:
    """What stood in the CRM at moments of the story, and what was wrong with it."""

    before: set[Key] = field(default_factory=set)
    pictures: dict[str, Picture] = field(default_factory=dict)
    edited: dict[Key, str] = field(default_factory=dict)
    """What people had typed into records before anything was taken back."""
    broken: list[str] = field(default_factory=list)
    """The invariants that do not hold, in words."""

    def wrong(self, invariant: str, words: str) -> None:
        self.broken.append(f"{invariant}: {words}")


class Judge:
    """Looks at the world after the verbs that matter. `calm` is what an undisturbed life looked like."""

    def __init__(self, seen: Seen, calm: Seen | None) -> None:
        self.seen, self._calm = seen, calm

    def look(self, world: World, verb: str, report: Any) -> None:
        if verb == "check":
            self.seen.before = set(standing(world)) - world.strangers
        if verb not in ("run", "reconcile", "rollback"):
            return
        store, there = world.open().store, standing(world)
        try:
            known = ours(store)
            self._explained(world, there, known, verb)
            if verb == "reconcile":
                self._all_read(world, store)
                self._proven(world, store, report)
                self._persons_words_stand(world, there, verb)
                self.seen.edited = dict(world.edited)
            if verb == "rollback":
                self._taken_back(world, there, report)
                self._persons_words_stand(world, there, verb)
                self._whole_log(store)
            if verb == "run":
                self._no_false_alarm(world, store)
            if not world.touched and not world.edited and not world.deleted and not world.reshaped:
                self._as_undisturbed(world, there, known, verb)
        finally:
            store.close()

    def _explained(self, world: World, there: Rows, known: Mapping[Key, str], verb: str) -> None:
        """No record stands there that the ledger does not explain, and none that it claims is missing."""
        along = set(facts(world.vendor).get("along", ()))
        unexplained = [
            key
            for key in there
            if key not in known and key not in self.seen.before | world.strangers and key[0] not in along
        ]
        if unexplained:
            self.seen.wrong(
                "explained", f"after {verb} nobody knows {sorted(unexplained)[:SHOWN]} of {len(unexplained)}"
            )
        lost = [key for key in known if key not in there and key not in world.deleted and key[0] in world.objects]
        if lost and not world.deleted:
            self.seen.wrong("nothing lost", f"after {verb} the ledger claims {sorted(lost)[:SHOWN]} of {len(lost)}")
        if missing := [key for key in world.strangers - world.deleted if key not in there]:
            self.seen.wrong("nothing clobbered", f"after {verb} other people's {missing} are gone")

    def _no_false_alarm(self, world: World, store: Store) -> None:
        """Nobody was told that records or links are missing, where nobody had taken any away."""
        alarms = [entry["broken"] for entry in store.ledger.export() if entry.get("event") == "phase-gate"]
        if alarms and not (world.deleted or world.edited or world.reshaped):
            self.seen.wrong("no false alarm", f"a gate was shut: {alarms[0]}")

    def _as_undisturbed(self, world: World, there: Rows, known: Mapping[Key, str], verb: str) -> None:
        """Nothing lost, nothing twice, nothing different: the same records as without any misfortune."""
        now = picture(world, there, known, frozenset(world.strangers))
        self.seen.pictures[verb] = now
        if self._calm is None:
            return
        calm = self._calm.pictures[verb]
        for words, difference in (("too many", now - calm), ("missing", calm - now)):
            if difference:
                shown = "; ".join(one[:900] for one in sorted(difference)[:SHOWN])
                self.seen.wrong("as undisturbed", f"after {verb} {difference.total()} {words}: {shown}")

    def _all_read(self, world: World, store: Store) -> None:
        """Every record of the clinic is in the snapshot, in its latest state."""
        if wrong := unread(world, store):
            self.seen.wrong("all read", f"{'; '.join(wrong[:SHOWN])} of {len(wrong)}")

    def _proven(self, world: World, store: Store, report: Any) -> None:
        """Both sides agree; where people changed the CRM meanwhile, or a field that the vendor lets nobody empty lost
        its value at the clinic, what differs is named. What was written is what the clinic says, whoever did what."""
        codes = {code for _, state, code, _, _ in store.ledger.reasons() if state == "failed"}
        named = {"no record failed", "fields"} if codes == {NOT_EMPTIED} else set()
        missed = [f"{one.name}: {one.words}" for one in report.criteria if not one.ok and one.name not in named]
        behind = any(one.startswith(UP_TO_DATE) for one in missed)
        if missed and not world.reshaped and (behind or not (world.edited or world.deleted)):
            self.seen.wrong("proven", f"reconcile: {missed}")

    def _persons_words_stand(self, world: World, there: Rows, verb: str) -> None:
        for key, name in world.edited.items():
            if key in there and (there[key] | there[key].get("properties", {})).get(name) != HERS:
                self.seen.wrong("nothing clobbered", f"after {verb} what a person typed into {key[0]}.{name} is gone")
        if gone := [key for key in self.seen.edited if key not in there and key not in world.deleted]:
            self.seen.wrong("nothing clobbered", f"after {verb} {gone}, into which a person typed, are gone")

    def _taken_back(self, world: World, there: Rows, report: Any) -> None:
        """As it was before, but for what the report names."""
        left = Counter(object for object, _ in there.keys() - world.strangers - self.seen.before)
        named = len(report.kept) + len(report.impossible)
        if report.kept:  # what a vendor itself makes along with a record, stays with it
            left = Counter({name: left[name] for name in left.keys() - set(facts(world.vendor).get("along", ()))})
        if left.total() > named:
            self.seen.wrong("taken back", f"{dict(left)} are left, {named} are named")
        if lost := self.seen.before - there.keys() - world.deleted:
            self.seen.wrong("taken back", f"{sorted(lost)[:SHOWN]} were there before")

    def _whole_log(self, store: Store) -> None:
        """The log verifies, and any changed byte in it is found."""
        if not (verified := store.ledger.verify()).ok:
            self.seen.wrong("whole log", verified.why)
        rows = store.database.rows(text("SELECT seq, entry FROM ledger"))
        seq, entry = rows[len(rows) // 2]
        put = text("UPDATE ledger SET entry = :entry WHERE seq = :seq")
        when = entry.index('"at":"') + len('"at":"')
        digits = [at for at, mark in enumerate(entry) if mark.isdigit()]  # another digit, and it is JSON as before
        middle = min(digits, key=lambda at: abs(at - len(entry) // 2))
        for forged, wanted in (
            (_changed(entry, middle), False),
            (_changed(entry, when), False),
            (entry, True),
        ):
            with store.database.transaction() as connection:
                connection.execute(put, {"seq": seq, "entry": forged})
            if store.ledger.verify().ok is not wanted:
                self.seen.wrong("whole log", f"a changed byte in entry {seq} was not found")


def _changed(entry: str, at: int) -> str:
    return entry[:at] + ("1" if entry[at] != "1" else "2") + entry[at + 1 :]
