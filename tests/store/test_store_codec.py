"""Values to bytes and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gurney.records import File, Kind, Link, OperationKey, Value, Write
from gurney.store.codec import decode_fields, decode_write, encode_fields, encode_write

texts = st.text(st.characters(exclude_categories=["Cs"]))
moments = st.datetimes(timezones=st.just(UTC))
links = st.builds(Link, texts, texts)
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    moments,
    st.lists(texts).map(tuple),
    links,
)
fields = st.dictionaries(texts, values)
keys = st.builds(OperationKey, texts, texts, texts, st.integers(0, 50))
writes = st.builds(
    Write,
    keys,
    texts,
    texts,
    texts,
    fields,
    st.sampled_from(Kind),
    st.none() | texts,
    st.none() | texts,
    st.none() | links,
    st.none() | st.builds(File, texts, texts, st.integers(0, 2**40), texts, texts),
    st.none() | moments,
)


@given(fields)
def test_fields_come_back_with_their_values_and_types(given: dict[str, Value]) -> None:
    back = decode_fields(encode_fields(given))

    assert back == given
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in given.items()}


@given(writes)
def test_a_write_comes_back_whole(write: Write) -> None:
    assert decode_write(write.key, encode_write(write)) == write


@given(fields)
def test_the_order_of_fields_does_not_change_the_bytes(given: dict[str, Value]) -> None:
    assert encode_fields(dict(reversed(given.items()))) == encode_fields(given)


def test_money_keeps_its_places() -> None:
    assert str(decode_fields(encode_fields({"Total": Decimal("120.50")}))["Total"]) == "120.50"


def test_one_moment_has_one_form_in_whatever_zone_it_comes() -> None:
    in_sydney = datetime(2026, 7, 1, 19, 30, tzinfo=timezone(timedelta(hours=10)))

    assert encode_fields({"At": in_sydney}) == encode_fields({"At": in_sydney.astimezone(UTC)})


def test_a_date_is_not_taken_for_a_moment() -> None:
    assert encode_fields({"At": date(2026, 7, 1)}) != encode_fields({"At": datetime(2026, 7, 1, tzinfo=UTC)})


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        encode_fields({"At": datetime(2026, 7, 1, 9, 30)})
