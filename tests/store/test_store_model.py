"""Whatever the order of intents, outcomes and crashes, ledger and id map say what a plain model says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sent_examples import key

from gurney.records import Kind, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store.database import Database
from gurney.store.keys import MasterKey
from gurney.store.store import open_store

KEYS = [key("1"), key("1", part=1)]
FIELDS = st.dictionaries(st.sampled_from("ABC"), st.none() | st.sampled_from("xyz"), min_size=1)
Fields = Mapping[str, Value]
EXAMPLES = int(os.environ.get("GURNEY_EXAMPLES", "30"))


@pytest.fixture(scope="module", autouse=True)
def no_power_is_cut() -> Iterator[None]:
    """So nothing has to wait for a disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_wait_for_disk", lambda *_: None)
        yield


@dataclass(frozen=True, slots=True)
class Standing:
    """A destination record as the model knows it."""

    id: str
    created: bool
    written: Fields
    before: Fields | None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """An operation as the model knows it, with what it needs while it is under way."""

    write: Write
    state: State
    attempt: int
    before: Fields | None = None


class LedgerModel(RuleBasedStateMachine):
    """One migration: records are created or taken up, changed, removed, and now and then the process dies."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.entries = 0
        self.operations: dict[OperationKey, Known] = {}
        self.standing: dict[OperationKey, Standing] = {}
        self.open()

    def open(self) -> None:
        location = str(Path(self.folder.name) / "store.sqlite")
        self.store = open_store(location, Runtime(environ={}), MasterKey(b"m" * 32, "test"), create=True)
        self.run = self.store.runs.open("run", "ada")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def stands(self, of: OperationKey) -> bool:
        return of in self.standing and not self.standing[of].removed

    def free(self, *, standing: bool, created: bool | None = None) -> list[OperationKey]:
        """Keys with nothing under way, whose record stands or does not."""
        return [
            of
            for of in KEYS
            if (of not in self.operations or self.operations[of].state is not State.SENT)
            and self.stands(of) is standing
            and (created is None or self.standing[of].created is created)
        ]

    def intend(self, of: OperationKey, kind: Kind, fields: Fields, before: Fields | None = None) -> None:
        to = None if kind is Kind.CREATE else self.standing[of].id if self.stands(of) else f"there-{of.id}-{of.part}"
        write = Write(of, "Contacts", "Key", of.id, fields, kind=kind, destination_id=to)
        self.store.ledger.intend(self.run, [write], None if before is None else {of: before})
        attempt = self.operations[of].attempt + 1 if of in self.operations else 1
        self.operations[of] = Known(write, State.SENT, attempt, before)
        self.entries += 1

    @precondition(lambda self: self.free(standing=False))
    @rule(data=st.data(), fields=FIELDS)
    def create(self, data: st.DataObject, fields: Fields) -> None:
        self.intend(data.draw(st.sampled_from(self.free(standing=False))), Kind.CREATE, fields)

    @precondition(lambda self: self.free(standing=False))
    @rule(data=st.data(), fields=FIELDS, old=st.none() | st.sampled_from("pq"))
    def take_up_what_was_there(self, data: st.DataObject, fields: Fields, old: str | None) -> None:
        of = data.draw(st.sampled_from(self.free(standing=False)))
        self.intend(of, Kind.UPDATE, fields, dict.fromkeys(fields, old))

    @precondition(lambda self: self.free(standing=True))
    @rule(data=st.data(), fields=FIELDS, kind=st.sampled_from([Kind.UPDATE, Kind.LINK]))
    def change(self, data: st.DataObject, fields: Fields, kind: Kind) -> None:
        self.intend(data.draw(st.sampled_from(self.free(standing=True))), kind, fields)

    @precondition(lambda self: self.free(standing=True, created=True))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.intend(data.draw(st.sampled_from(self.free(standing=True, created=True))), Kind.DELETE, {})

    @precondition(lambda self: self.free(standing=True, created=False))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        of = data.draw(st.sampled_from(self.free(standing=True, created=False)))
        self.intend(of, Kind.RESTORE, self.standing[of].before or {})

    @precondition(lambda self: self.under_way())
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        of = data.draw(st.sampled_from(self.under_way()))
        known = self.operations[of]
        self.store.ledger.intend(self.run, [known.write])
        self.operations[of] = Known(known.write, State.SENT, known.attempt + 1, known.before)
        self.entries += 1

    @precondition(lambda self: self.under_way())
    @rule(data=st.data(), took_effect=st.booleans())
    def conclude(self, data: st.DataObject, took_effect: bool) -> None:
        of = data.draw(st.sampled_from(self.under_way()))
        known = self.operations[of]
        id = known.write.destination_id or f"new-{of.id}-{of.part}-{known.attempt}"
        outcome = Outcome.done(of, id) if took_effect else Outcome.failed(of, code="NO", words="refused")
        self.store.ledger.conclude(self.run, [outcome])
        self.operations[of] = Known(known.write, outcome.state, known.attempt)
        self.entries += 1
        if took_effect:
            self.standing[of] = self.after(known, id)

    def after(self, known: Known, id: str) -> Standing:
        """The rules of the id map, in plain words."""
        write = known.write
        if write.kind is Kind.CREATE:
            return Standing(id, True, write.fields, None)
        if not self.stands(write.key):
            return Standing(id, False, write.fields, known.before)
        last = self.standing[write.key]
        if write.kind is Kind.DELETE:
            return Standing(last.id, last.created, last.written, last.before, removed=True)
        written = {**last.written, **write.fields}
        return Standing(last.id, last.created, written, last.before, removed=write.kind is Kind.RESTORE)

    @precondition(lambda self: self.free(standing=False))
    @rule(data=st.data(), state=st.sampled_from([State.SKIPPED, State.MANUAL]))
    def leave_out(self, data: st.DataObject, state: State) -> None:
        of = data.draw(st.sampled_from(self.free(standing=False)))
        self.store.ledger.record(self.run, "Contacts", [Outcome(of, state, code="why", words="because")])
        attempt = self.operations[of].attempt if of in self.operations else 0
        self.operations[of] = Known(Write(of, "Contacts", "", "", {}), state, attempt)
        self.entries += 1

    @rule()
    def crash(self) -> None:
        self.store.close()
        self.open()

    def under_way(self) -> list[OperationKey]:
        return [of for of, known in self.operations.items() if known.state is State.SENT]

    @invariant()
    def operations_stand_as_told(self) -> None:
        found = self.store.ledger.states("Z1", KEYS)
        assert {of: (one.state, one.attempt, one.kind) for of, one in found.items()} == {
            of: (known.state, known.attempt, known.write.kind) for of, known in self.operations.items()
        }

    @invariant()
    def what_is_unsettled_can_be_sent_again_exactly(self) -> None:
        left = {write.key: write for write in self.store.ledger.unsettled(100)}
        assert left == {of: self.operations[of].write for of in self.under_way()}

    @invariant()
    def the_id_map_holds_what_took_effect(self) -> None:
        found = self.store.effects.of(KEYS)
        assert {
            of: Standing(one.destination_id, one.created, one.written, one.before, one.removed)
            for of, one in found.items()
        } == self.standing

    @invariant()
    def records_are_finished_when_all_their_parts_are(self) -> None:
        undone = (Kind.DELETE, Kind.RESTORE)
        parts: dict[str, list[bool]] = {}
        for of, known in self.operations.items():
            wanted = State.SKIPPED if known.write.kind in undone else State.DONE
            finished = known.state is wanted
            parts.setdefault(of.id, []).append(finished)
        expected = {id for id, finished in parts.items() if all(finished)}
        assert self.store.ledger.finished_ids("Z1", "patients", ["1", "2"]) == expected

    @invariant()
    def the_log_is_whole(self) -> None:
        found = self.store.ledger.verify()
        assert (found.ok, found.entries) == (True, self.entries), found


LedgerModel.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=30, deadline=None)
TestLedgerModel = LedgerModel.TestCase
