"""When a change whose answer was lost counts as done, the same for every vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from gurney.destinations.settlement import asked, outcome_of_change, settled
from gurney.records import Kind, Link, OperationKey, Outcome, ReadBack, State, Value, Write

pytestmark = pytest.mark.anyio
OWNER = "owner_id"


def a_change(fields: Mapping[str, Value], id: str = "7", owner: str | None = None) -> Write:
    key = OperationKey("P1", "patients", id)
    return Write(key, "persons", "", "", dict(fields), Kind.UPDATE, destination_id=id, owner_id=owner)


def same(object: str, field: str, left: Value, right: Value) -> bool:
    return left == right


def there(fields: Mapping[str, Value], *unreadable: str) -> ReadBack:
    return ReadBack("7", dict(fields), unreadable=frozenset(unreadable))


@pytest.mark.parametrize(
    ("wanted", "record", "is_done"),
    [
        ({"name": "New"}, there({"name": "New"}), True),
        ({"name": "New"}, there({"name": "Old"}), False),
        ({"name": "New", "city": "A"}, there({"name": "New", "city": "B"}), False),
        ({"name": "New", "mark": "x"}, there({"name": "New"}, "mark"), True),
        ({"mark": "x"}, there({}, "mark"), False),
        ({}, there({}), True),
        ({"name": "New"}, None, False),
    ],
    ids=["holds all", "holds the old", "holds half", "one unreadable", "nothing readable", "nothing wanted", "gone"],
)
def test_an_update_is_done_when_the_record_shows_it(
    wanted: Mapping[str, Value], record: ReadBack | None, is_done: bool
) -> None:
    outcome = outcome_of_change(a_change(wanted), record, OWNER, same)

    assert (outcome is not None) is is_done
    if outcome is not None:
        assert (outcome.state, outcome.destination_id, outcome.created) == (State.DONE, "7", False)


@pytest.mark.parametrize(("holder", "is_done"), [("3", True), ("4", False)])
def test_an_update_of_the_owner_is_done_when_the_record_is_his(holder: str, is_done: bool) -> None:
    outcome = outcome_of_change(a_change({}, owner="3"), there({OWNER: Link("", holder)}), OWNER, same)

    assert (outcome is not None) is is_done


def test_a_deletion_is_done_when_there_is_no_record() -> None:
    deletion = replace(a_change({}), kind=Kind.DELETE)

    gone = outcome_of_change(deletion, None, OWNER, same)

    assert gone is not None
    assert gone.state is State.DONE
    assert outcome_of_change(deletion, there({}), OWNER, same) is None


def test_the_owner_is_read_only_where_one_was_sent() -> None:
    assert asked([a_change({"b": "1"}), a_change({"a": "2"})], OWNER) == ["a", "b"]
    assert asked([a_change({"b": "1"}, owner="3")], OWNER) == ["b", OWNER]


async def test_creations_and_changes_are_looked_for_apart_and_answered_in_order() -> None:
    looked: list[tuple[str, list[str]]] = []

    async def created(object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        looked.append(("created", [write.key.id for write in writes]))
        return [Outcome.done(write.key, f"new {write.key.id}") for write in writes]

    async def changed(object: str, writes: Sequence[Write]) -> list[Outcome | None]:
        looked.append(("changed", [write.key.id for write in writes]))
        return [None for _ in writes]

    new = [replace(a_change({}, id), kind=Kind.CREATE) for id in ("1", "2", "3")]
    unknown = [new[0], a_change({}, "9"), new[1], new[2]]

    found = await settled(unknown, created=created, changed=changed, is_unsent=lambda key: key.id == "2")

    assert looked == [("created", ["1", "3"]), ("changed", ["9"])]
    assert [outcome and outcome.destination_id for outcome in found] == ["new 1", None, None, "new 3"]
