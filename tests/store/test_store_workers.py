"""Two workers on one migration: the second is refused, and one that lost its lock can write nothing any more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

import psycopg
import pytest
from sent_examples import contact, create

from gurney.errors import StoreUnusable
from gurney.records import Outcome
from gurney.store.runs import Fenced
from gurney.store.store import Store


def lose_connection(store: Store, server: str) -> None:
    """The server forgets this worker, as after a cut line or its own restart; its locks go with it."""
    with store.database.transaction() as connection:
        [[pid]] = connection.exec_driver_sql("SELECT pg_backend_pid()").fetchall()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_second_worker_is_refused_until_the_first_is_done(reopen: Callable[[], Store]) -> None:
    first, second = reopen(), reopen()

    with first.worker_lock():
        with pytest.raises(StoreUnusable, match="at work") as refused, second.worker_lock():
            pass
        assert "gurney status" in refused.value.next_step

    with second.worker_lock():
        pass


def test_a_verb_that_fails_lets_go_of_the_lock(reopen: Callable[[], Store]) -> None:
    first, second = reopen(), reopen()

    with pytest.raises(ZeroDivisionError), first.worker_lock():
        raise ZeroDivisionError

    with second.worker_lock():
        pass


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
def test_a_worker_that_lost_its_lock_is_fenced_when_it_wakes(reopen: Callable[[], Store], postgres: str) -> None:
    sleeper, successor = reopen(), reopen()
    with ExitStack() as asleep, suppress(StoreUnusable):
        asleep.enter_context(sleeper.worker_lock())
        old = sleeper.runs.open("full", "Kim")
        sleeper.ledger.intend(old, [contact("1"), contact("2")])
        lose_connection(sleeper, postgres)

        with successor.worker_lock():
            new = successor.runs.open("full", "Ada")
            assert (new.id, new.resumed) == (old.id, True)
            successor.ledger.conclude(new, [Outcome.done(contact("1").key, "zoho-1")])

            with pytest.raises(StoreUnusable, match="does not answer"):
                sleeper.ledger.intend(old, [contact("3")])
            for work in (
                lambda: sleeper.runs.still(old),
                lambda: sleeper.ledger.intend(old, [contact("3")]),
                lambda: sleeper.ledger.conclude(old, [Outcome.done(contact("2").key, "zoho-2")]),
                lambda: sleeper.ledger.keep_progress(old, "load", {"after": 9}),
                lambda: sleeper.runs.close(old, "done"),
            ):
                with pytest.raises(Fenced, match="taken this migration over"):
                    work()

    create(successor, new, "3")
    assert [write.key.id for write in successor.ledger.unsettled(10)] == ["2"]
    assert successor.ledger.progress("load") is None
    assert successor.ledger.verify().ok


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
def test_a_worker_whose_connection_broke_may_go_on_where_nobody_took_over(
    reopen: Callable[[], Store], postgres: str
) -> None:
    store = reopen()
    run = store.runs.open("full", "Kim")
    create(store, run, "1")
    lose_connection(store, postgres)

    with pytest.raises(StoreUnusable, match="does not answer"):
        create(store, run, "2")
    create(store, run, "2")

    assert store.effects.get("Z1", "patients", ["1", "2"]) == {"1": "zoho-1", "2": "zoho-2"}
    assert store.ledger.verify().ok


FORTH, BACK = ("full", "sample"), ("rollback", "rollback sample")


@pytest.mark.parametrize("kind", [*FORTH, *BACK, "delta", "reconcile"])
@pytest.mark.parametrize("between", [*FORTH, *BACK, "delta", "reconcile"])
@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
def test_an_unfinished_run_is_gone_on_with_unless_one_went_the_other_way_since(
    store: Store, kind: str, between: str
) -> None:
    unfinished = store.runs.open(kind, "Kim")
    store.runs.close(store.runs.open(between, "Kim"), "done")

    again = store.runs.open(kind, "Kim")

    turned = (kind in FORTH and between in BACK) or (kind in BACK and between in (*FORTH, "delta"))
    finished = kind == between
    assert again.resumed is not (turned or finished)
    assert (again.id == unfinished.id) is again.resumed
    assert store.runs.open(kind, "Kim").id == again.id
