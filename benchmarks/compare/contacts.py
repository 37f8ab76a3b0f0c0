"""Gurney's load of made-up contacts into Salesforce, in a process of its own: ledger and client, no mapping."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.routes import STRIDE, opened
from gurney.migration.send import Sender
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.store.keys import MasterKey
from gurney.store.store import open_store


async def load(records: int) -> None:
    """Make the fields, then write so many contacts."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime()
        store = open_store(str(Path(folder) / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        destination, contacts = await opened("salesforce", "batch", os.environ, store, runtime)
        sender = Sender(store, destination, store.runs.open("full", "benchmark"), runtime)
        for start in range(0, records, STRIDE):
            await sender.send(contacts.some(start, min(STRIDE, records - start)), ahead={contacts.object: records})
        await destination.close()
        store.close()


if __name__ == "__main__":
    collect_garbage_rarely()
    asyncio.run(load(int(sys.argv[1])))
