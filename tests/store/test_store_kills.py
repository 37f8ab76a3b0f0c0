"""Killed at any moment, the store opens again, verifies, and knows what it had promised to remember."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

from gurney.records import State
from gurney.store.store import Store

WORKER = textwrap.dedent(
    """
    import sys
    from gurney.records import OperationKey, Outcome, Write
    from gurney.runtime import Runtime
    from gurney.store.keys import MasterKey
    from gurney.store.snapshot import Staged
    from gurney.store.store import open_store

    store = open_store(sys.argv[1], Runtime(), MasterKey(b"m" * 32, "test"), create=True)
    run = store.runs.open("full", "Kim")
    for batch in range(100_000):
        ids = [f"{batch}-{number}" for number in range(20)]
        stamp = "2026-11-16T00:00:00Z"
        store.snapshot.put("patients", [Staged(id, stamp, stamp, "live", {"id": id}) for id in ids])
        keys = [OperationKey("Z1", "patients", id) for id in ids]
        store.ledger.intend(run, [Write(key, "Contacts", "K", key.id, {"K": key.id}) for key in keys])
        print("sent", batch, flush=True)
        store.ledger.conclude(run, [Outcome.done(key, "zoho-" + key.id) for key in keys])
        print("done", batch, flush=True)
    """
)


@pytest.mark.parametrize("lines", [1, 2, 3, 10, 25])
def test_a_killed_worker_loses_nothing_that_it_had_written_down(
    location: str, reopen: Callable[[], Store], lines: int
) -> None:
    with subprocess.Popen([sys.executable, "-c", WORKER, location], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        said = [worker.stdout.readline().split() for _ in range(lines)]
        os.kill(worker.pid, signal.SIGKILL)
        said += [line.split() for line in worker.stdout.read().splitlines() if line.count(" ") == 1]

    store = reopen()

    assert store.ledger.verify().ok
    done = {f"{batch}-{number}" for event, batch in said if event == "done" for number in range(20)}
    sent = {f"{batch}-{number}" for event, batch in said if event == "sent" for number in range(20)}
    assert store.ledger.finished_ids("Z1", "patients", sorted(done)) == done
    unsettled = {write.key.id for write in store.ledger.unsettled(1000)}
    assert sent - done <= unsettled | store.ledger.finished_ids("Z1", "patients", sorted(sent))
    counts = store.ledger.counts()["Z1"]
    assert all(count % 20 == 0 for count in counts.values()), "a batch was written in part"
    assert set(counts) <= {("create", State.SENT.value), ("create", State.DONE.value)}
