"""Every write comes to one outcome, and none is made twice, whatever happens to the answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from migration_clock import VirtualClock
from wobbly_crm import WobblyCrm

from gurney.destinations.protocol import Destination
from gurney.errors import AnswerLost, PausedForQuota
from gurney.migration.send import ATTEMPTS, Sender
from gurney.records import Kind, Link, OperationKey, Outcome, State, Value, Write
from gurney.runtime import Runtime
from gurney.store.store import Store

pytestmark = pytest.mark.anyio


def create(number: int, object: str = "Contacts") -> Write:
    key = OperationKey("Z1", "patients", str(number))
    return Write(key, object, "Key", f"p{number}", {"Last_Name": f"Name {number}"})


def change(number: int, id: str, value: str) -> Write:
    key = OperationKey("Z1", "patients", str(number))
    return Write(key, "Contacts", "Key", f"p{number}", {"Last_Name": value}, Kind.UPDATE, id)


def deletion(number: int, id: str) -> Write:
    key = OperationKey("Z1", "patients", str(number))
    return Write(key, "Contacts", "", "", {}, Kind.DELETE, id)


class Scene:
    """A store, a CRM and a sender between them."""

    def __init__(self, store: Store, runtime: Runtime, *fates: str) -> None:
        self.store, self.runtime, self.crm = store, runtime, WobblyCrm(list(fates))
        self.take_over()

    def take_over(self) -> None:
        """As the next process does, after this one was killed or gave up."""
        self.sender = Sender(self.store, cast(Destination, self.crm), self.store.runs.open("full", "ada"), self.runtime)

    def states(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for counts in self.store.ledger.counts().values():
            for (_, state), count in counts.items():
                found[state] += count
        return found

    def ids(self, *numbers: int) -> dict[str, str]:
        return self.store.effects.get("Z1", "patients", [str(number) for number in numbers])


@pytest.fixture
def scene(store: Store, runtime: Runtime) -> Scene:
    return Scene(store, runtime)


async def test_writes_go_in_batches_of_one_object_and_kind(scene: Scene) -> None:
    sent = await scene.sender.send([*(create(number) for number in range(4)), create(9, "Leads")])

    assert sorted(scene.crm.batches) == [
        ("Contacts", Kind.CREATE, 1), ("Contacts", Kind.CREATE, 3), ("Leads", Kind.CREATE, 1)
    ]  # fmt: skip
    assert sent == {State.DONE: 5}
    assert len(scene.ids(0, 1, 2, 3, 9)) == 5


async def test_no_more_calls_are_under_way_than_the_destination_takes(scene: Scene) -> None:
    await scene.sender.send(create(number) for number in range(20))

    assert scene.crm.most_at_once == 2


async def test_a_lost_answer_is_settled_without_a_second_creation(scene: Scene, clock: VirtualClock) -> None:
    scene.crm.fates = ["lost"]

    sent = await scene.sender.send([create(1), create(2)])

    assert sent == {State.DONE: 2}
    assert set(scene.crm.creations.values()) == {1}
    assert len(scene.crm.batches) == 1
    assert clock.slept == [1.0]


async def test_what_is_there_in_part_is_looked_at_again_and_not_sent_again(scene: Scene) -> None:
    scene.crm.fates, scene.crm.in_part = ["lost"], 2

    sent = await scene.sender.send([create(1)])

    assert sent == {State.DONE: 1}
    assert scene.crm.creations == {"p1": 1}
    assert scene.crm.settlements == 3
    assert scene.crm.settled_as == [None, "d1", "d1"], "some vendors find it by its id alone"


async def test_what_an_answer_calls_there_in_part_is_settled_by_its_id(scene: Scene) -> None:
    scene.crm.fates = ["part"]

    sent = await scene.sender.send([create(1), create(2)])

    assert sent == {State.DONE: 2}
    assert scene.crm.settled_as == ["d1", "d2"]
    assert set(scene.crm.creations.values()) == {1}


async def test_what_was_there_in_part_and_is_gone_is_sent_again_as_new(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person deleted it before its second half came: its old id leads nowhere."""
    scene.crm.fates, scene.crm.in_part = ["lost"], 1
    settle = scene.crm.settle

    async def settled(unknown: Sequence[Write]) -> list[Outcome | None]:
        outcomes = await settle(unknown)
        scene.crm.records.clear()
        return outcomes

    monkeypatch.setattr(scene.crm, "settle", settled)

    sent = await scene.sender.send([create(1)])

    assert sent == {State.DONE: 1}
    assert [write.destination_id for batch in scene.crm.seen for write in batch] == [None, None]


async def test_what_is_there_in_part_at_the_beginning_of_a_rollback_is_known_by_its_id(scene: Scene) -> None:
    scene.crm.fates, scene.crm.in_part = ["lost"] * ATTEMPTS, 100
    with pytest.raises(AnswerLost):
        await scene.sender.send([create(1)])
    scene.take_over()
    [known] = scene.store.ledger.unsettled(10)

    assert await scene.sender.settle_leftovers(send_again=False) == 1

    assert known.destination_id == "d1"
    assert scene.store.ledger.verify().ok
    assert scene.ids(1) == {"1": "d1"}
    assert scene.crm.creations == {"p1": 1}


async def test_what_nothing_can_tell_of_is_left_to_a_person_by_the_next_run_too(scene: Scene) -> None:
    scene.crm.fates, scene.crm.unlisted = ["lost"], True
    await scene.sender.send([create(1)])
    scene.take_over()

    sent = await scene.sender.send([create(1), create(2)])

    assert sent == {State.DONE: 1}
    assert scene.crm.creations == {"p1": 1, "p2": 1}
    assert [one.key.id for one in scene.store.ledger.unprovable()] == ["1"]


async def test_what_is_proven_absent_is_sent_again(scene: Scene) -> None:
    scene.crm.fates = ["dropped"]

    sent = await scene.sender.send([create(1), create(2)])

    assert sent == {State.DONE: 2}
    assert len(scene.crm.batches) == 2
    assert scene.crm.creations == {"p1": 1, "p2": 1}


async def test_of_a_half_answered_batch_only_the_rest_is_settled(scene: Scene) -> None:
    scene.crm.fates = ["half"]

    sent = await scene.sender.send([create(1), create(2), create(3)])

    assert sent == {State.DONE: 3}
    assert set(scene.crm.creations.values()) == {1}
    assert scene.crm.batches == [("Contacts", Kind.CREATE, 3)]


async def test_a_refusal_is_an_outcome_and_the_others_go_on(scene: Scene) -> None:
    scene.crm.fates = ["refused", "ok"]

    sent = await scene.sender.send(create(number) for number in range(4))

    assert sent == {State.FAILED: 3, State.DONE: 1}
    [failed, *_] = scene.store.ledger.in_state(State.FAILED)
    assert (failed.code, failed.words) == ("INVALID_DATA", "invalid")


async def test_answers_that_keep_getting_lost_end_the_run_and_the_next_one_settles(scene: Scene) -> None:
    scene.crm.fates = ["dropped"] * ATTEMPTS + ["lost"]

    with pytest.raises(AnswerLost, match="2 writes of Contacts") as gave_up:
        await scene.sender.send([create(1), create(2)])

    assert gave_up.value.next_step == (
        "Repeat the command when the vendor's service is well again: nothing will be written twice."
    )
    assert scene.states() == {"sent": 2}
    scene.take_over()
    assert await scene.sender.settle_leftovers() == 2
    assert scene.states() == {"done": 2}
    assert scene.crm.creations == {"p1": 1, "p2": 1}


async def test_waits_grow_while_the_vendor_may_still_be_at_work(scene: Scene, clock: VirtualClock) -> None:
    scene.crm.fates = ["dropped", "dropped", "dropped"]

    await scene.sender.send([create(1)])

    assert clock.slept == [1.0, 2.0, 4.0]


async def test_a_spent_quota_is_raised_after_the_other_batches_came_to_rest(scene: Scene) -> None:
    scene.crm.error = PausedForQuota("spent", until=None)

    with pytest.raises(PausedForQuota):
        await scene.sender.send(create(number) for number in range(6))

    assert scene.states() == {"sent": 3, "done": 3}
    scene.take_over()
    assert await scene.sender.settle_leftovers() == 3
    assert scene.states() == {"done": 6}
    assert set(scene.crm.creations.values()) == {1}


async def test_what_another_batch_is_settling_is_settled_before_an_error_is_raised(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.crm.error, scene.crm.fates = PausedForQuota("spent", until=None), ["ok", "lost"]
    settle = scene.crm.settle

    async def slowly(unknown: Sequence[Write]) -> list[Outcome | None]:
        for _ in range(20):
            await asyncio.sleep(0)
        return await settle(unknown)

    monkeypatch.setattr(scene.crm, "settle", slowly)

    with pytest.raises(PausedForQuota):
        await scene.sender.send(create(number) for number in range(6))

    assert scene.states() == {"sent": 3, "done": 3}
    assert scene.crm.settlements == 1


async def test_a_rollback_finds_out_what_arrived_and_sends_nothing_new(scene: Scene) -> None:
    scene.crm.fates = ["dropped"] * (ATTEMPTS + 1)
    with pytest.raises(AnswerLost):
        await scene.sender.send([create(1)])
    arrived = create(2)
    scene.store.ledger.intend(scene.store.runs.open("full", "ada"), [arrived])
    scene.crm.fates = []
    await scene.crm.write([arrived], scene.crm.routes("Contacts")[0])
    calls = len(scene.crm.batches)
    scene.take_over()

    assert await scene.sender.settle_leftovers(send_again=False) == 2

    assert len(scene.crm.batches) == calls
    assert scene.states() == {"failed": 1, "done": 1}
    assert list(scene.ids(1, 2)) == ["2"]


async def test_an_update_keeps_what_was_there_also_when_it_is_sent_again(scene: Scene) -> None:
    scene.crm.records["d1"] = {"Key": "p1", "Last_Name": "Theirs"}
    scene.crm.fates = ["dropped"]
    write = change(1, "d1", "Ours")

    await scene.sender.send([write], {write.key: {"Last_Name": "Theirs"}})

    effect = scene.store.effects.of([write.key])[write.key]
    assert (effect.created, effect.before, effect.written) == (False, {"Last_Name": "Theirs"}, {"Last_Name": "Ours"})
    assert scene.crm.records["d1"]["Last_Name"] == "Ours"


async def test_the_route_goes_by_object_kind_and_how_many_are_still_to_come(scene: Scene) -> None:
    await scene.sender.send([create(1), create(2)], ahead={"Contacts": 40, "Notes": 9})
    await scene.sender.send([deletion(1, scene.ids(1)["1"])])

    assert scene.crm.routed == [("Contacts", Kind.CREATE, 42), ("Contacts", Kind.DELETE, 1)]


async def test_every_write_of_a_record_waits_for_the_one_before(scene: Scene) -> None:
    await scene.sender.send([create(1)])
    id = scene.ids(1)["1"]
    updates = [
        replace(create(1), kind=Kind.UPDATE, destination_id=id, fields={"Last_Name": name}) for name in ("A", "B", "C")
    ]

    await scene.sender.send(updates)

    assert [[write.fields["Last_Name"] for write in batch] for batch in scene.crm.seen[1:]] == [["A"], ["B"], ["C"]]
    assert scene.crm.records[id]["Last_Name"] == "C"


async def test_leftovers_are_settled_some_at_a_time_and_all_counted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gurney.migration.send.LEFTOVERS", 2)
    scene.store.ledger.intend(scene.sender._run, [create(number) for number in range(5)])
    scene.take_over()

    assert await scene.sender.settle_leftovers() == 5
    assert scene.states() == {"done": 5}


async def test_a_file_is_deleted_through_the_record_that_it_hangs_on(scene: Scene) -> None:
    file = Write(OperationKey("Z13", "files", "0"), "Files", "", "", {"name": "0"}, parent=Link("Contacts", "c1"))
    await scene.sender.send([file])
    id = scene.store.effects.get("Z13", "files", ["0"])["0"]

    await scene.sender.send([replace(file, kind=Kind.DELETE, fields={}, destination_id=id)])

    assert scene.crm.deleted_from == {id: Link("Contacts", "c1")}


@pytest.mark.parametrize("fate", ["ok", "lost", "dropped"])
async def test_deletions_come_to_rest_and_leave_the_id_map(scene: Scene, fate: str) -> None:
    await scene.sender.send([create(1), create(2)])
    ids = scene.ids(1, 2)
    scene.crm.fates = [fate]

    sent = await scene.sender.send(deletion(int(number), id) for number, id in ids.items())

    assert sent == {State.DONE: 2}
    assert scene.ids(1, 2) == scene.crm.records == {}


async def test_a_deletion_that_is_not_allowed_fails_with_the_vendor_s_words(scene: Scene) -> None:
    await scene.sender.send([create(1)])
    scene.crm.undeletable = frozenset(scene.ids(1).values())

    sent = await scene.sender.send([deletion(1, scene.ids(1)["1"])])

    assert sent == {State.FAILED: 1}
    [failed] = scene.store.ledger.in_state(State.FAILED)
    assert (failed.code, failed.words) == ("not-deleted", "not permitted")
    assert failed.destination_id == scene.ids(1)["1"]
    assert scene.ids(1)


@pytest.mark.parametrize("send_again", [True, False])
async def test_a_deletion_that_a_crash_kept_from_happening_is_left_to_who_looks_again(
    scene: Scene, clock: VirtualClock, send_again: bool
) -> None:
    await scene.sender.send(create(number) for number in range(13))
    ids = scene.ids(*range(13))
    scene.crm.capabilities = replace(scene.crm.capabilities, read_size=2)
    scene.store.ledger.intend(scene.sender._run, [deletion(int(number), id) for number, id in ids.items()])
    gone = scene.crm.records.pop(ids["5"])
    scene.crm.records[ids["7"]]["Last_Name"] = "typed since by a person"
    scene.take_over()

    before_s = len(clock.slept)

    assert await scene.sender.settle_leftovers(send_again=send_again) == 13

    assert clock.slept[before_s:] == [1.0] * 5, "the vendor may still be at work on each call"
    assert scene.crm.reads == 4 * 2 + 1, "four batches of three, two at a time, and one of one"
    assert scene.crm.deletions == []
    assert gone not in scene.crm.records.values() and len(scene.crm.records) == 12
    assert scene.ids(*range(13)).keys() == ids.keys() - {"5"}
    assert scene.states() == {"done": 1, "skipped": 12}
    left = scene.store.ledger.in_state(State.SKIPPED)
    words = "The process ended before the record was deleted."
    assert {(one.kind, one.code, one.destination_id, one.words) for one in left} == {
        (Kind.DELETE, "abandoned", id, words) for number, id in ids.items() if number != "5"
    }
    gone_key = OperationKey("Z1", "patients", "5")
    assert scene.store.ledger.states("Z1", [gone_key])[gone_key].destination_id == ids["5"]
    assert scene.store.ledger.verify().ok


async def test_a_file_whose_deletion_is_unknown_is_looked_for_where_it_hangs(scene: Scene) -> None:
    scene.crm.capabilities = replace(scene.crm.capabilities, file_object="Files")
    here, there = Link("Contacts", "c1"), Link("Contacts", "c2")
    files = [
        Write(OperationKey("Z13", "files", str(number)), "Files", "", "", {"name": str(number)}, parent=parent)
        for number, parent in enumerate((here, here, there))
    ]
    await scene.sender.send(files)
    found = scene.store.effects.get("Z13", "files", ["0", "1", "2"])
    for number, parent in (("0", here), ("1", here), ("2", there)):
        scene.crm.records[found[number]]["parent"] = parent.id
    del scene.crm.records[found["1"]]
    scene.store.ledger.intend(
        scene.sender._run,
        [replace(file, kind=Kind.DELETE, fields={}, destination_id=found[file.key.id]) for file in files],
    )
    scene.take_over()

    await scene.sender.settle_leftovers()

    assert scene.store.effects.get("Z13", "files", ["0", "1", "2"]).keys() == {"0", "2"}
    assert scene.crm.reads == 0


async def test_a_file_that_does_not_hang_where_it_was_put_is_deleted_wherever_it_hangs(scene: Scene) -> None:
    """A person merged its record into another one, and the process ended before the file was deleted."""
    scene.crm.capabilities = replace(scene.crm.capabilities, file_object="Files")
    put = Link("Contacts", "c1")
    file = Write(OperationKey("Z13", "files", "0"), "Files", "", "", {"name": "0"}, parent=put)
    await scene.sender.send([file])
    id = scene.store.effects.get("Z13", "files", ["0"])["0"]
    scene.crm.records[id]["parent"] = "c2"
    scene.store.ledger.intend(scene.sender._run, [replace(file, kind=Kind.DELETE, fields={}, destination_id=id)])
    scene.take_over()
    scene.crm.fates = ["dropped"]

    with pytest.raises(AnswerLost):
        await scene.sender.settle_leftovers(send_again=False)
    assert scene.store.effects.get("Z13", "files", ["0"]), "nobody knows yet what became of it"
    await scene.sender.settle_leftovers(send_again=False)

    assert not scene.crm.records
    assert not scene.store.effects.get("Z13", "files", ["0"])


async def test_what_a_rollback_leaves_unsent_says_so(scene: Scene) -> None:
    scene.store.ledger.intend(scene.sender._run, [create(1)])
    scene.take_over()

    await scene.sender.settle_leftovers(send_again=False)

    [left] = scene.store.ledger.in_state(State.FAILED)
    assert (left.code, left.words) == ("abandoned", "never arrived; the run was rolled back")


@pytest.mark.parametrize(
    ("keyless", "waits"),
    [(True, [20.0, 20.0, 20.0, 20.0, 20.0]), (False, [1.0, 2.0, 4.0, 8.0, 16.0])],
    ids=["without a key", "with a key"],
)
async def test_what_carries_no_key_is_waited_for_longer(
    scene: Scene, clock: VirtualClock, keyless: bool, waits: list[float]
) -> None:
    scene.crm.capabilities = replace(
        scene.crm.capabilities, keyless_objects=frozenset({"Contacts"} if keyless else {"Notes"})
    )
    scene.crm.fates = ["dropped"] * 5

    await scene.sender.send([create(1)])
    assert clock.slept == waits

    clock.slept.clear()
    scene.crm.fates = ["dropped"]
    await scene.sender.send([change(1, scene.ids(1)["1"], "Changed")])
    assert clock.slept == [1.0], "an update is seen on its record"


async def test_a_settlement_that_tells_too_little_stops_and_forgets_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def says_nothing(unknown: object) -> list[None]:
        return []

    monkeypatch.setattr(scene.crm, "settle", says_nothing)
    scene.crm.fates = ["lost"]
    with pytest.raises(ValueError, match="zip"):
        await scene.sender.send([create(1), create(2)])
    for send_again in (True, False):
        scene.take_over()
        with pytest.raises(ValueError, match="zip"):
            await scene.sender.settle_leftovers(send_again=send_again)

    assert scene.states() == {"sent": 2}
    assert len(scene.crm.batches) == 1


async def test_records_without_the_lock_s_lookup_stand_together_too(scene: Scene) -> None:
    scene.crm.capabilities = replace(scene.crm.capabilities, lock_fields={"Contacts": "Account"})
    alone: list[Value] = [None, "no link", Link("Accounts", "1")]

    await scene.sender.send(replace(create(number), fields={"Account": alone[number % 3]}) for number in range(9))

    assert [{write.fields["Account"] for write in batch} for batch in scene.crm.seen][-1] == {Link("Accounts", "1")}


async def test_intent_is_written_down_before_the_call(scene: Scene) -> None:
    scene.crm.error = RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        await scene.sender.send([create(1)])

    assert [write.key_value for write in scene.store.ledger.unsettled(10)] == ["p1"]
    assert scene.store.ledger.verify().ok


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["ok", "lost", "dropped", "half"]), max_size=ATTEMPTS), st.integers(1, 9))
async def test_whatever_happens_to_answers_everything_is_made_once(scene: Scene, fates: list[str], count: int) -> None:
    scene.crm.fates = list(fates)
    scene.crm.creations.clear()
    first = len(scene.crm.records) + 1

    await scene.sender.send(create(first + number) for number in range(count))

    assert len(scene.crm.creations) == count
    assert set(scene.crm.creations.values()) == {1}
    assert scene.states().keys() == {"done"}


async def test_the_second_write_of_one_record_waits_for_the_first(scene: Scene) -> None:
    await scene.sender.send([create(1), create(2)])
    id = scene.ids(1)["1"]

    await scene.sender.send([change(1, id, "first"), change(2, scene.ids(2)["2"], "other"), change(1, id, "second")])

    assert scene.crm.batches[-2:] == [("Contacts", Kind.UPDATE, 2), ("Contacts", Kind.UPDATE, 1)]
    assert scene.crm.records[id]["Last_Name"] == "second"


async def test_records_that_lock_the_same_parent_go_in_one_batch(scene: Scene) -> None:
    scene.crm.capabilities = replace(scene.crm.capabilities, lock_fields={"Contacts": "Account"})
    writes = [replace(create(number), fields={"Account": Link("Accounts", str(number % 2))}) for number in range(6)]

    await scene.sender.send(writes)

    together = [{write.fields["Account"] for write in batch} for batch in scene.crm.seen]
    assert all(len(accounts) == 1 for accounts in together)
