"""What a person changed is never overwritten, neither by a delta nor by a rollback."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gurney.migration.compare import same
from gurney.migration.threeway import changed_by_others, merge, restore, typed_in
from gurney.records import Value

NAMES = ("A", "B", "C")
values: st.SearchStrategy[Value] = st.sampled_from(["one", "two", "three", None, "", 0, False])
records: st.SearchStrategy[dict[str, Value]] = st.dictionaries(st.sampled_from(NAMES), values)


def is_same(name: str, left: Value, right: Value) -> bool:
    return same(lambda _, value: value)(name, left, right)


def after(there: Mapping[str, Value], written: Mapping[str, Value]) -> dict[str, Value]:
    return {**there, **written}


@given(records, records, records)
def test_a_delta_writes_only_where_the_destination_is_as_we_left_it(
    written: dict[str, Value], source: dict[str, Value], there: dict[str, Value]
) -> None:
    for name, value in merge(written, source, there, is_same).write.items():
        assert is_same(name, there.get(name), written.get(name))
        assert value == source[name]


@given(records, records, records)
def test_every_field_that_changed_at_the_source_has_one_fate(
    written: dict[str, Value], source: dict[str, Value], there: dict[str, Value]
) -> None:
    merged = merge(written, source, there, is_same)

    fates = [*merged.write, *merged.agreed, *merged.conflicts]
    changed = [name for name in source if not is_same(name, written.get(name), source[name])]
    assert sorted(fates) == sorted(changed)


@given(records, records, records)
def test_a_second_delta_has_nothing_left_to_write(
    written: dict[str, Value], source: dict[str, Value], there: dict[str, Value]
) -> None:
    first = merge(written, source, there, is_same)

    again = merge({**written, **first.write, **first.agreed}, source, after(there, first.write), is_same)

    assert (again.write, again.agreed, again.conflicts) == ({}, {}, first.conflicts)


@given(records, records, records)
def test_a_rollback_puts_back_only_what_still_is_as_we_wrote_it(
    before: dict[str, Value], written: dict[str, Value], there: dict[str, Value]
) -> None:
    put_back, kept = restore(before, written, there, is_same)

    for name, value in put_back.items():
        assert name in written
        assert is_same(name, there.get(name), written[name])
        assert value == before[name]
    assert not set(put_back) & set(kept)


@given(records, records, records)
def test_after_a_rollback_every_field_is_as_before_or_named_as_kept(
    before: dict[str, Value], written: dict[str, Value], there: dict[str, Value]
) -> None:
    put_back, kept = restore(before, written, there, is_same)

    now = after(there, put_back)
    for name, old in before.items():
        assert name in kept or is_same(name, now.get(name), old)


@given(records, records)
def test_a_person_s_change_is_seen_and_nothing_else(written: dict[str, Value], there: dict[str, Value]) -> None:
    changed = changed_by_others(written, there, is_same)

    assert changed_by_others(written, written, is_same) == ()
    assert all(not is_same(name, written[name], there.get(name)) for name in changed)
    assert set(changed) <= set(written)


def test_a_value_that_became_zero_is_a_change() -> None:
    merged = merge({}, {"A": 0}, {}, is_same)

    assert merged.write == {"A": 0}


@given(st.sets(st.sampled_from(NAMES)), records)
def test_what_was_left_empty_and_holds_something_was_typed_in(empty: set[str], there: dict[str, Value]) -> None:
    assert set(typed_in(empty, there)) == {name for name in empty if there.get(name) not in (None, "", 0, False)}


def test_both_sides_changed_alike_is_agreed_not_written() -> None:
    merged = merge({"A": "one"}, {"A": "two"}, {"A": "two"}, is_same)

    assert (merged.write, merged.agreed, merged.conflicts) == ({}, {"A": "two"}, ())


def is_same_here(name: str, left: Value, right: Value) -> bool:
    """To this destination the case of A alone does not matter."""
    assert name in NAMES
    if name == "A" and isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return left == right


def test_sameness_is_asked_for_each_field_by_its_name() -> None:
    names = dict.fromkeys("AB")
    merged = merge(names | {"A": "x", "B": "x"}, {"A": "X", "B": "X"}, {"A": "x", "B": "x"}, is_same_here)
    assert (merged.write, merged.agreed, merged.conflicts) == ({"B": "X"}, {}, ())

    merged = merge({"A": "w", "B": "w"}, {"A": "X", "B": "X"}, {"A": "x", "B": "x"}, is_same_here)
    assert (merged.write, merged.agreed, merged.conflicts) == ({}, {"A": "X"}, ("B",))

    merged = merge({"A": "w", "B": "w"}, {"A": "X", "B": "X"}, {"A": "W", "B": "W"}, is_same_here)
    assert (merged.write, merged.agreed, merged.conflicts) == ({"A": "X"}, {}, ("B",))

    assert restore({"A": "o", "B": "o"}, {}, {"A": "O", "B": "O"}, is_same_here) == ({}, ("B",))
    ours, there = {"A": "w", "B": "w"}, {"A": "W", "B": "W"}
    assert restore({"A": "o", "B": "o"}, ours, there, is_same_here) == ({"A": "o"}, ("B",))
    assert changed_by_others(ours, there, is_same_here) == ("B",)
