"""Every altered byte of the log shows, and so does a projection that no longer says what the log says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sent_examples import contact, create, key
from sqlalchemy import text

from gurney.records import Kind, Outcome, State
from gurney.store import chain, verification
from gurney.store.database import Database
from gurney.store.runs import Run
from gurney.store.store import Store

Alter = Callable[[str], None]


@pytest.fixture
def full(store: Store, run: Run) -> Store:
    """A log with every kind of entry: done, failed, skipped, deleted, sent, linked, and events."""
    create(store, run, "1", "2")
    store.ledger.intend(run, [contact("3"), contact("4")])
    store.ledger.conclude(run, [Outcome.failed(key("3"), code="INVALID_DATA", words="no")])
    store.ledger.record(run, "Contacts", [Outcome(key("5"), State.SKIPPED, code="archived")])
    store.ledger.intend(run, [contact("2", fields={}, kind=Kind.DELETE, destination_id="zoho-2")])
    store.ledger.conclude(run, [Outcome.done(key("2"), "zoho-2")])
    store.ledger.link_existing(run, "Users", [(key("p1", map="Z6"), "u1")])
    store.ledger.note(None, "approval", {"gate": "plan"}, "Kim")
    return store


@pytest.fixture
def alter(store: Store) -> Alter:
    """Changes the store behind the ledger's back."""

    def statement(sql: str) -> None:
        with store.database.transaction() as connection:
            assert connection.exec_driver_sql(sql).rowcount > 0

    return statement


def test_an_untouched_log_verifies(full: Store) -> None:
    found = full.ledger.verify()

    assert (found.ok, found.entries, found.head) == (True, 12, full.ledger.head())


def test_an_empty_log_verifies(store: Store) -> None:
    assert (store.ledger.verify().ok, store.ledger.verify().head) == (True, "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.integers(1, 12), place=st.floats(0, 0.999), bit=st.integers(0, 6))
def test_one_flipped_bit_in_any_entry_or_hash_is_found(full: Store, row: int, place: float, bit: int) -> None:
    for column in ("entry", "hash"):
        ((whole,),) = full.database.rows(text(f"SELECT {column} FROM ledger WHERE seq = :row"), {"row": row})
        at = int(place * len(whole))
        altered = whole[:at] + chr(ord(whole[at]) ^ (1 << bit)) + whole[at + 1 :]
        assume("\0" not in altered)  # PostgreSQL keeps none

        put(full, column, row, altered)
        found = full.ledger.verify()
        put(full, column, row, whole)

        assert (found.ok, found.broken_at) == (False, row), (column, at)
    assert full.ledger.verify().ok


def put(store: Store, column: str, row: int, value: str) -> None:
    with store.database.transaction(durable=False) as connection:
        connection.execute(text(f"UPDATE ledger SET {column} = :value WHERE seq = :row"), {"value": value, "row": row})


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM ledger WHERE seq = 3",
        "DELETE FROM ledger WHERE seq = 12",
        "DELETE FROM ledger",
        "UPDATE ledger SET seq = 40 WHERE seq = 12",
        "UPDATE operation SET state = 'done' WHERE id = '3'",
        "UPDATE operation SET code = 'OTHER' WHERE id = '3'",
        "UPDATE operation SET to_id = 'zoho-9' WHERE id = '1'",
        "UPDATE operation SET to_object = 'Leads' WHERE id = '1'",
        "UPDATE operation SET kind = 'create' WHERE id = '2'",
        "UPDATE operation SET digest = 'ab' WHERE id = '4'",
        "UPDATE operation SET state = 'sent', entry = 1, to_id = NULL WHERE id = '1'",
        "UPDATE operation SET id = '99' WHERE id = '1'",
        "DELETE FROM operation WHERE id = '5'",
        "INSERT INTO operation SELECT map, object, '98', part, kind, state, to_object, to_id, attempt, run, digest,"
        " code, words, field, entry, body, before FROM operation WHERE id = '1'",
        "UPDATE effect SET to_id = 'zoho-9' WHERE id = '1'",
        "UPDATE effect SET removed = 1 WHERE id = '1'",
        "UPDATE effect SET removed = 0 WHERE id = '2'",
        "DELETE FROM effect WHERE id = 'p1'",
    ],
)
def test_a_removed_or_altered_row_is_found(full: Store, alter: Alter, damage: str) -> None:
    alter(damage)

    found = full.ledger.verify()

    assert not found.ok
    assert found.broken_at is not None
    assert found.why


def test_a_log_that_is_written_to_meanwhile_verifies(
    store: Store, run: Run, reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ledger.intend(run, [contact("1"), contact("2")])
    reader = reopen()

    def pages_while_another_process_writes(database: Database) -> Iterator[list[tuple[int, str, str]]]:
        for page in chain.pages(database):
            yield page[:1]
            store.ledger.conclude(run, [Outcome.done(one.key, "zoho-1") for one in store.ledger.unsettled(1)])
            yield page[1:]

    monkeypatch.setattr(verification, "pages", pages_while_another_process_writes)

    assert reader.ledger.verify().ok


def test_a_cut_off_end_is_found_even_when_the_count_was_mended(full: Store, alter: Alter) -> None:
    alter("DELETE FROM ledger WHERE seq > 9")
    alter("UPDATE meta SET value = '9' WHERE name = 'entries'")

    assert not full.ledger.verify().ok


def test_a_log_of_many_pages_verifies_and_exports_in_order(store: Store, run: Run) -> None:
    for start in range(0, 6000, 1500):
        create(store, run, *(str(number) for number in range(start, start + 1500)))

    found = store.ledger.verify()

    assert (found.ok, found.entries) == (True, 12_000)
    assert [entry["seq"] for entry in store.ledger.export()] == list(range(1, 12_001))


def test_a_done_operation_without_a_record_is_found(full: Store) -> None:
    """An entry of that kind is chained like any other; no destination says so."""
    ((entry,),) = full.database.rows(text("SELECT entry FROM ledger WHERE seq = 3"))
    assert '"to_id":"zoho-1"' in entry
    with full.database.transaction() as connection:
        log = chain.Appending(connection, {})
        said = {**orjson.loads(entry), "to_id": None}
        number = log.add(said)
        log.write()
        connection.execute(text("UPDATE operation SET entry = :n, to_id = NULL WHERE id = '1'"), {"n": number})

    found = full.ledger.verify()

    assert (found.ok, found.why) == (False, "the id map does not agree with the operation")
