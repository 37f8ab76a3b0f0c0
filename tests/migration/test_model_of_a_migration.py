"""Whatever answers get lost, whenever the process dies, whatever people do: once, nothing clobbered, a way back.

The real load, delta, rollback, sender and ledger against a CRM of dictionaries; a plain model says what must hold.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from migration_clock import VirtualClock
from mortal_crm import CONTACTS, FATES, KEY, NOTES, Died, Held, MortalCrm, Mortality
from sqlalchemy import Connection, event

from gurney.destinations.protocol import Destination
from gurney.errors import AnswerLost
from gurney.mapping import document
from gurney.mapping.compile import compile_mapping
from gurney.mapping.steps import Context
from gurney.migration import delta, load, rollback
from gurney.migration.build import Builder
from gurney.migration.delta import Delta
from gurney.migration.engine import Program, run_inline
from gurney.migration.load import Load
from gurney.migration.progress import Nobody
from gurney.migration.rollback import Rollback
from gurney.migration.send import Sender
from gurney.migration.verify import Verifier
from gurney.records import Kind, Link, OperationKey, State, Value
from gurney.runtime import Runtime
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema
from gurney.store.database import Database
from gurney.store.effects import Effect
from gurney.store.keys import MasterKey
from gurney.store.snapshot import Staged
from gurney.store.store import open_store

MAPPING = """
version: 1
destination: zoho
maps:
  - map: P
    row: P
    from: patients
    to: Contacts
    key: Key
    fields:
      - {to: Last_Name, from: last_name}
      - {to: City, from: city, create: {type: text, label: City, length: 50}}
      - {to: Nick, from: preferred_first_name, create: {type: text, label: Nick, length: 50}}
      - {to: Key, from: id, create: {type: text, label: Key, length: 50, unique: true}}
      - to: Friend
        lookup: {map: P, by: friend, deferred: true}
        create: {type: lookup, label: Friend, lookup_to: Contacts}
  - map: N
    row: N
    from: treatment_notes
    to: Notes
    marker: Note_Title
    parent: {map: P, by: patient, required: true}
    fields:
      - {to: Note_Title, from: title}
      - {to: Note_Content, from: text}
"""
STANDARD = {CONTACTS: ("Last_Name", "City", "Nick", "Friend", KEY), NOTES: ("Note_Title", "Note_Content")}
SCHEMA = Schema(
    {
        object: ObjectSchema(object, object, {name: FieldSchema(name, name, FieldType.TEXT) for name in names})
        for object, names in STANDARD.items()
    }
)
EXAMPLES = int(os.environ.get("GURNEY_EXAMPLES", "30"))
MOST_PATIENTS = 7
OLD: dict[str, Value] = {
    KEY: "1",
    "Last_Name": "As It Was",
    "City": "Oldtown",
    "Nick": "Old Nick",
    "Friend": Link(CONTACTS, "c0"),
}
"""A contact that held our key before us."""
VERBS = ("load", "delta", "rollback")
STAMP = "2026-01-01T00:00:00Z"
SEEN = {"load": "full"}
"""What the verbs' runs are called."""


@pytest.fixture(scope="module", autouse=True)
def small_strides() -> Iterator[None]:
    """So that a few records take several strides, and no power is cut: nothing here waits for a disk."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (load, delta, rollback):
            patch.setattr(module, "STRIDE", 2)
        patch.setattr(Database, "_wait_for_disk", lambda *_: None)
        yield


def link_to(patient: str) -> dict[str, Any]:
    """As Cliniko writes it."""
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/patients/{patient}"}}


class Migrating(RuleBasedStateMachine):
    """One clinic and one CRM; each rule that names a verb is one life of a process."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.mortality = VirtualClock(), Mortality()
        self.crm = MortalCrm(self.clock, self.mortality)
        self.patients: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.thrown_away: set[OperationKey] = set()
        """What people deleted at the CRM: ours to report, not to bring back."""
        self.loaded = False
        self.refused: set[str] = set()
        """Verbs under way of which a call was refused: what fails is tried again by the next run, not by this one."""
        self.delta_waits = self.is_behind = False
        """Whether a delta is to be resumed, and whether news came since that it may have passed: the next one's."""
        self.words = 0
        self.compiled = compile_mapping(
            document.load(MAPPING, "mapping.yaml"), SCHEMA, {}, {}, Context(self.clock.now(), zone="UTC")
        )
        self.open()

    def open(self) -> None:
        """A new process on the same workspace."""
        self.mortality.left = None
        self.runtime = Runtime(clock=self.clock, environ={})
        location = str(Path(self.folder.name) / "store.sqlite")
        self.store = open_store(location, self.runtime, MasterKey(b"m" * 32, "test"), create=True)
        event.listen(self.store.database._engine, "commit", self.commit)

    def commit(self, _: Connection) -> None:
        self.mortality.step()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def word(self, kind: str) -> str:
        """Another one each time."""
        self.words += 1
        return f"{kind} {self.words}"

    # What happens at the clinic

    @initialize(old=st.booleans(), count=st.integers(1, 5))
    def begin(self, old: bool, count: int) -> None:
        self.before_us = dict(OLD)
        self.old = self.crm.was_there(OLD) if old else None
        self.patients_come(count)

    @rule(count=st.integers(1, 3))
    def patients_come(self, count: int) -> None:
        for number in range(len(self.patients) + 1, min(len(self.patients) + count, MOST_PATIENTS) + 1):
            self.put_patient(str(number), friend=link_to(str(max(1, number - 2))) if number % 2 else None)

    def put_patient(self, id: str, **but: Any) -> None:
        body: dict[str, Any] = {"id": id, "last_name": self.word("Name"), "city": self.word("City")}
        body |= {"preferred_first_name": None, "friend": None}
        self.patients[id] = {**body, **self.patients.get(id, {}), **but}
        self.is_behind |= self.delta_waits
        self.store.snapshot.put("patients", [Staged(id, STAMP, STAMP, "live", self.patients[id])])

    @rule(data=st.data())
    def a_note_is_written(self, data: st.DataObject) -> None:
        self.put_note(str(len(self.notes) + 1), data.draw(st.sampled_from(sorted(self.patients))))

    def put_note(self, id: str, patient: str) -> None:
        body = {"id": id, "title": f"Note {id}", "text": self.word("Text"), "patient": link_to(patient)}
        self.notes[id] = {**body, "of": patient}
        self.is_behind |= self.delta_waits
        staged = Staged(id, STAMP, STAMP, "live", body, [("patient", "patients", patient)])
        self.store.snapshot.put("treatment_notes", [staged])

    @rule(data=st.data(), name=st.sampled_from(["last_name", "city", "preferred_first_name"]), empty=st.booleans())
    def a_patient_is_edited(self, data: st.DataObject, name: str, empty: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.patients)))
        self.put_patient(id, **{name: None if empty and name != "last_name" else self.word("New")})

    @rule(data=st.data(), none=st.booleans())
    def a_patient_has_another_friend(self, data: st.DataObject, none: bool) -> None:
        id, friend = (data.draw(st.sampled_from(sorted(self.patients))) for _ in range(2))
        self.put_patient(id, friend=None if none else link_to(friend))

    @precondition(lambda self: self.notes)
    @rule(data=st.data())
    def a_note_is_edited(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.notes)))
        self.put_note(id, self.notes[id]["of"])

    # What people do at the CRM

    def ours(self, object: str) -> list[str]:
        return [id for id, one in self.crm.records.items() if one.object == object and (one.born or id == self.old)]

    @precondition(lambda self: self.ours(CONTACTS))
    @rule(data=st.data(), name=st.sampled_from(["City", "Nick", "Friend"]))
    def a_person_types_into_a_contact(self, data: st.DataObject, name: str) -> None:
        id, word = data.draw(st.sampled_from(self.ours(CONTACTS))), self.word("Typed")
        value = Link(CONTACTS, word) if name == "Friend" else word
        if id == self.old and (not self.is_held(id) or self.is_to_come(name)):
            self.before_us[name] = value
            self.crm.records[id].fields[name] = value
            self.crm.records[id].stamp = self.crm.now()
        else:
            self.crm.type(id, name, value)

    def is_held(self, id: str) -> bool:
        """Whether we stand for what the contact holds that was there before us."""
        return bool(self.store.effects.get("P", "patients", ["1"])) and id not in self.crm.handed_back

    def is_to_come(self, name: str) -> bool:
        """Whether the load that took that contact up has still to come to this field of it."""
        key, run = OperationKey("P", "patients", "1"), self.store.runs.latest("full")
        effect = self.store.effects.of([key])[key]
        return name not in effect.written and run is not None and (run.id, run.state != "done") == (effect.run, True)

    @precondition(lambda self: self.ours(NOTES))
    @rule(data=st.data())
    def a_person_edits_a_note(self, data: st.DataObject) -> None:
        self.crm.type(data.draw(st.sampled_from(self.ours(NOTES))), "Note_Content", self.word("Typed"))

    @precondition(lambda self: self.ours(CONTACTS))
    @rule(data=st.data())
    def a_person_hangs_a_note_on_a_contact(self, data: st.DataObject) -> None:
        self.crm.hang_a_note(data.draw(st.sampled_from(self.ours(CONTACTS))))

    @precondition(lambda self: self.ours(CONTACTS) + self.ours(NOTES))
    @rule(data=st.data())
    def a_person_deletes_a_record(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(self.ours(CONTACTS) + self.ours(NOTES)))
        before = dict(self.crm.records)
        self.crm.throw_away(id)
        for gone in before.keys() - self.crm.records.keys():
            self.thrown_away.add(self.key_of(gone, before[gone]))

    def key_of(self, id: str, held: Held) -> OperationKey:
        return held.born or OperationKey("P", "patients", "1")

    # What we do

    @rule(
        verb=st.sampled_from(VERBS),
        fates=st.lists(st.sampled_from(FATES), max_size=5),
        dies_after=st.none() | st.integers(0, 40),
    )
    def a_verb_lives(self, verb: str, fates: list[str], dies_after: int | None) -> None:
        if verb == "delta" and not self.loaded:
            return
        self.crm.fates, self.crm.refused = list(fates), 0
        self.mortality.left = dies_after
        self.loaded = self.loaded and verb != "rollback"
        self.delta_waits |= verb == "delta"
        if self.old is not None and not self.is_held(self.old):
            self.is_nobody_s_now()
        try:
            done = asyncio.run(self.work(verb))
        except (Died, AnswerLost):
            return
        finally:
            if self.crm.refused:
                self.refused.add(verb)
            self.store.close()
            self.open()
        if done:
            self.came_to_its_end(verb)

    @rule(verb=st.sampled_from(VERBS))
    def a_verb_is_repeated_in_peace(self, verb: str) -> None:
        self.a_verb_lives(verb, [], None)

    async def work(self, verb: str) -> bool:
        store, crm, watcher = self.store, cast(Destination, self.crm), Nobody()
        builder = Builder(store, self.compiled, {}, self.clock.now())
        run = store.runs.open(SEEN.get(verb, verb), "ada")
        sender, verifier = Sender(store, crm, run, self.runtime), Verifier(store, crm, SCHEMA, builder)
        way = Load(
            store, None, crm, self.compiled, builder, sender, verifier, run, watcher,
            keys_before_us=frozenset({CONTACTS}), file_bytes=None, gated=False,
        )  # fmt: skip
        back = Rollback(store, crm, SCHEMA, self.compiled, sender, verifier, run, watcher)
        programs: dict[str, Program] = {
            "load": way,
            "rollback": back,
            "delta": Delta(store, crm, SCHEMA, self.compiled, builder, sender, way, back, run),
        }
        ended = await run_inline(programs[verb])
        store.runs.close(run, "done" if ended.done else "paused")
        return ended.done

    def came_to_its_end(self, verb: str) -> None:
        assert not self.store.ledger.unsettled(10)
        if verb == "rollback":
            self.all_is_taken_back()
            self.loaded = False
            return
        if verb not in self.refused:
            self.everything_is_there()
            if verb == "delta" and not self.is_behind:
                self.it_says_what_the_clinic_says()
        if verb == "delta":
            self.delta_waits = self.is_behind = False
        self.refused.discard(verb)
        if verb == "load":
            self.loaded = True

    # What must hold

    def everything_is_there(self) -> None:
        for key in self.expected():
            effect = self.store.effects.of([key]).get(key)
            assert effect is not None and not effect.removed, f"{key} was not brought"
            is_there = effect.destination_id in self.crm.records
            assert is_there or key in self.thrown_away, f"{key} is lost"

    def expected(self) -> Iterator[OperationKey]:
        """Patients, and notes whose patient's record nobody deleted."""
        yield from (OperationKey("P", "patients", id) for id in self.patients)
        for id, note in self.notes.items():
            if OperationKey("P", "patients", note["of"]) not in self.thrown_away:
                yield OperationKey("N", "treatment_notes", id)

    def it_says_what_the_clinic_says(self) -> None:
        for id, body in self.patients.items():
            wanted = {"Last_Name": body["last_name"], "City": body["city"], "Nick": body["preferred_first_name"]}
            if (friend := self.friend_of(body)) != Link(CONTACTS, ""):
                wanted["Friend"] = friend
            self.says(OperationKey("P", "patients", id), wanted)
        for id, body in self.notes.items():
            self.says(OperationKey("N", "treatment_notes", id), {"Note_Content": body["text"]})

    def friend_of(self, body: dict[str, Any]) -> Link | None:
        """Whom the clinic says; one without an id where that one's contact is gone."""
        if body["friend"] is None:
            return None
        id = body["friend"]["links"]["self"].rpartition("/")[2]
        there = self.store.effects.get("P", "patients", [id]).get(id, "")
        return Link(CONTACTS, there if there in self.crm.records else "")

    def says(self, key: OperationKey, wanted: dict[str, Value]) -> None:
        effect = self.store.effects.of([key]).get(key)
        held = self.crm.records.get(effect.destination_id) if effect else None
        if effect is None or held is None:
            return
        for name, value in wanted.items():
            if name not in effect.written and (value is None or self.was_before_us(effect, name)):
                continue  # what was there before us stays where the clinic has none, or had none at the load
            assert (effect.destination_id, name) in self.crm.typed or held.fields.get(name) == value, (key, name)

    def was_before_us(self, effect: Effect, name: str) -> bool:
        """Whether a record that is not of our making holds in this field what nobody touched since."""
        there = self.crm.records[effect.destination_id].fields.get(name)
        return not effect.created and there is not None and there == self.before_us.get(name)

    def all_is_taken_back(self) -> None:
        """Nothing of ours is left but what is named, and that for a person's sake."""
        kept = {one.destination_id for one in self.store.ledger.in_state(State.SKIPPED) if one.kind is Kind.DELETE}
        failed = [one for one in self.store.ledger.in_state(State.FAILED) if one.kind in (Kind.DELETE, Kind.RESTORE)]
        touched = {id for id, _ in self.crm.typed}
        touched |= {str(self.crm.records[id].parent) for id in touched if id in self.crm.records}
        for id, held in self.crm.records.items():
            if held.born is not None:
                assert id in kept, f"{held.born} is left and not named"
                assert id in touched, f"{held.born} was kept, though nobody touched it"
        if self.old in self.crm.records and not failed:
            for name, value in self.before_us.items():
                is_typed = (self.old, name) in self.crm.typed
                assert is_typed or self.crm.records[str(self.old)].fields.get(name) == value, name
            self.is_nobody_s_now()

    def is_nobody_s_now(self) -> None:
        """The contact that was there before us: what people typed into it is what the next load finds there."""
        for (id, name), value in list(self.crm.typed.items()):
            if id == self.old:
                self.before_us[name] = value
                del self.crm.typed[id, name]

    @invariant()
    def nothing_is_there_twice(self) -> None:
        born = Counter(held.born for held in self.crm.records.values() if held.born is not None)
        assert not born or max(born.values()) == 1, born
        keys = Counter(held.fields[KEY] for held in self.crm.records.values() if KEY in held.fields)
        assert not keys or max(keys.values()) == 1, keys

    @invariant()
    def the_ledger_explains_every_record(self) -> None:
        born = {held.born: id for id, held in self.crm.records.items() if held.born is not None}
        effects = self.store.effects.of(list(born))
        under_way = {write.key for write in self.store.ledger.unsettled(100)}
        for key, id in born.items():
            effect = effects.get(key)
            stands = effect is not None and not effect.removed and effect.destination_id == id
            assert stands or key in under_way, f"nothing explains {id} ({key})"

    @invariant()
    def what_people_did_stands(self) -> None:
        assert not self.crm.wrongs, self.crm.wrongs

    @invariant()
    def the_log_is_whole(self) -> None:
        found = self.store.ledger.verify()
        assert found.ok, found


Migrating.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=15, deadline=None)
TestMigrating = Migrating.TestCase
