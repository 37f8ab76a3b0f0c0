"""No value of a record lies in the clear in any file, and a purge makes all of them unreadable for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sent_examples import contact, create, key

from gurney.records import File, Issue, Kind, Outcome, SourceKey, State
from gurney.runtime import Runtime
from gurney.store.diffs import Diff
from gurney.store.runs import Run
from gurney.store.sealing import Purged, Seal
from gurney.store.snapshot import Staged
from gurney.store.store import Store

CANARY = "Wilhelmina-Canary"
STAMP = "2026-11-16T00:00:00Z"


def diff(value: str) -> Diff:
    return Diff("Z1", "1", "zoho-1", "Last_Name", value, value, value, "different", "")


async def chunks() -> AsyncIterator[bytes]:
    yield CANARY.encode()


def fill(store: Store, run: Run) -> None:
    """Put the canary everywhere that a value can come."""
    store.snapshot.put("patients", [Staged("1", STAMP, STAMP, "live", {"name": CANARY})])
    create(store, run, "1")
    file = File("77", CANARY, 1, "text/plain", "ab" * 32)
    left = contact("2", fields={"Last_Name": CANARY}, kind=Kind.UPDATE, destination_id="zoho-2", file=file)
    store.ledger.intend(run, [left], {left.key: {"Last_Name": CANARY}})
    done = contact("3", fields={"Last_Name": CANARY}, kind=Kind.UPDATE, destination_id="zoho-3")
    store.ledger.intend(run, [done], {done.key: {"Last_Name": CANARY}})
    store.ledger.conclude(run, [Outcome.done(done.key, "zoho-3")])
    store.ledger.intend(run, [contact("4")])
    store.ledger.conclude(run, [Outcome.failed(key("4"), code="DUPLICATE", words=f"duplicate of {CANARY}")])
    store.ledger.record(run, "Contacts", [Outcome(key("5"), State.SKIPPED, code="archived", words=CANARY)])
    store.diffs.put(run, [diff(CANARY)])
    store.issues.add(run, [Issue(SourceKey("patients", "1"), "Last_Name", "shortened", CANARY, CANARY)])
    store.documents.put("sample", {"name": CANARY}, sealed=True)
    asyncio.run(store.files.save("77", CANARY, "text/plain", chunks()))


def plain_files_with(text: bytes, folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_no_value_lies_in_the_clear_in_any_file(store: Store, run: Run, tmp_path: Path, sqlite_file: Path) -> None:
    fill(store, run)

    assert sqlite_file.with_name("store.sqlite-wal").stat().st_size > 0
    assert plain_files_with(CANARY.encode(), tmp_path) == []
    store.close()
    assert plain_files_with(CANARY.encode(), tmp_path) == []


def test_every_value_comes_back_all_the_same(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    fill(store, run)
    later = reopen()

    assert later.snapshot.get("patients", ["1"])["1"].body == {"name": CANARY}
    assert later.ledger.unsettled(5)[0].fields == {"Last_Name": CANARY}
    assert later.effects.of([key("3")])[key("3")].before == {"Last_Name": CANARY}
    assert later.ledger.in_state(State.FAILED)[0].words == f"duplicate of {CANARY}"
    assert list(later.diffs.rows(run.id)) == [diff(CANARY)]
    assert [issue.words for issue in later.issues.all()] == [CANARY]
    assert later.issues.counts() == [("patients", "Last_Name", "shortened", 1, CANARY, CANARY)]
    assert later.documents.get("sample") == {"name": CANARY}
    kept = later.files.get("77")
    assert kept is not None
    assert kept.name == CANARY


def test_after_a_purge_nothing_opens_and_the_log_still_verifies(
    store: Store, run: Run, reopen: Callable[[], Store], tmp_path: Path
) -> None:
    fill(store, run)
    head = store.ledger.head()
    store.purge()
    store.close()
    purged = reopen()

    reads: list[Callable[[], object]] = [
        lambda: purged.snapshot.scan("patients"),
        lambda: purged.ledger.unsettled(5),
        lambda: purged.effects.of([key("1")])[key("1")].written,
        lambda: list(purged.diffs.rows(run.id)),
        lambda: purged.documents.get("sample"),
        lambda: purged.snapshot.put("patients", [Staged("9", STAMP, STAMP, "live", {})]),
    ]
    for read in reads:
        with pytest.raises(Purged, match="destroyed"):
            read()
    assert purged.ledger.verify().ok
    assert purged.ledger.head() == head
    assert purged.ledger.counts()["Z1"]["create", "failed"] == 1
    assert purged.ledger.in_state(State.FAILED)[0].words == ""
    assert not list((tmp_path / "state" / "files").iterdir())


@pytest.mark.usefixtures("sqlite_file")
def test_a_purge_leaves_no_trace_of_the_wrapped_key_on_the_disk(store: Store, run: Run, tmp_path: Path) -> None:
    fill(store, run)
    with store.database.transaction() as connection:
        wrapped = bytes(connection.exec_driver_sql("SELECT wrapped FROM seal").scalar_one())
    assert plain_files_with(wrapped, tmp_path)

    store.purge()

    assert plain_files_with(wrapped, tmp_path) == []
    store.close()
    assert plain_files_with(wrapped, tmp_path) == []


def test_a_purge_can_be_repeated(store: Store, run: Run, reopen: Callable[[], Store]) -> None:
    fill(store, run)
    store.purge()

    reopen().purge()


def test_a_sealed_value_does_not_open_in_another_row(runtime: Runtime) -> None:
    seal = Seal(b"k" * 32, runtime.entropy)
    sealed = seal.seal(b"Ada", "snapshot/patients/1")

    assert seal.open(sealed, "snapshot/patients/1") == b"Ada"
    with pytest.raises(Exception, match="does not open"):
        seal.open(sealed, "snapshot/patients/2")


def test_equal_values_are_sealed_differently_each_time(runtime: Runtime) -> None:
    seal = Seal(b"k" * 32, runtime.entropy)

    assert seal.seal(b"Ada", "x") != seal.seal(b"Ada", "x")
