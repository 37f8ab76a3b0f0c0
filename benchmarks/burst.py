"""How much of a short rate window is used, limits on, every answer late: contacts by the single route.

python -m benchmarks.burst --to highlevel --seconds 120 --latency 0.5
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.main_job import twin
from benchmarks.routes import KEY, NAMES, PLAIN, Contacts
from gurney.destinations.vendor import Opening, vendor
from gurney.migration.connect import SealedTokens
from gurney.migration.send import Sender
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.schema import FieldType, NewField
from gurney.store.keys import MasterKey
from gurney.store.store import open_store

WINDOW = {"highlevel": (100, 10.0)}
"""Calls in so many seconds."""
MANY = 100_000


async def measure(to: str, seconds: float, latency_s: float) -> None:
    """Write contacts in real time until the time is over, and look into the twin's journal."""
    options = ("--latency", str(latency_s), *PLAIN.get(to, ()))
    with tempfile.TemporaryDirectory() as folder, twin(to, *options) as crm:
        runtime = Runtime(environ={**os.environ, **crm["env"]})
        store = open_store(str(Path(folder) / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        prefix = f"GURNEY_{to.upper()}_"
        values = {name.removeprefix(prefix): value for name, value in crm["env"].items() if name.startswith(prefix)}
        opening = Opening(runtime, values, store.files.open, lambda key: SealedTokens(store, to, key))
        destination = vendor(to).open(opening)
        object, key = KEY[to]
        await destination.provision([NewField(object, key, "Cliniko ID", FieldType.TEXT, length=64, unique=True)])
        sender = Sender(store, destination, store.runs.open("full", "benchmark"), runtime)
        contacts, since, cpu = Contacts(object, key, NAMES[to]), _journal(crm)[-1]["n"], time.process_time()
        with suppress(TimeoutError):
            await asyncio.wait_for(sender.send(contacts.some(0, MANY), ahead={object: 0}), seconds + 2 * WINDOW[to][1])
        used = time.process_time() - cpu
        tell(to, [one for one in _journal(crm) if one["n"] > since], seconds, used, latency_s)
        await destination.close()
        store.close()


def tell(to: str, entries: list[dict[str, Any]], seconds: float, cpu_s: float, latency_s: float) -> None:
    """What was used of the ceiling from the second window on, and in the emptiest and the fullest window of these."""
    most, span_s = WINDOW[to]
    began = datetime.fromisoformat(entries[0]["time"])
    at = Counter(int((datetime.fromisoformat(one["time"]) - began).total_seconds() // span_s) for one in entries)
    windows = [at[number] for number in range(1, 1 + int(seconds // span_s))]
    refused = sum(one["status"] == 429 for one in entries)
    print(
        f"{to}: {sum(windows):,} calls in {seconds:.0f} s at {latency_s} s latency: "
        f"{sum(windows) / len(windows) / most:.1%} of {most} in {span_s:.0f} s, "
        f"{min(windows)} to {max(windows)} in a window, {refused} times 429, "
        f"{cpu_s / len(entries) * 1e6:,.0f} µs CPU a call"
    )


def _journal(crm: dict[str, str]) -> list[dict[str, Any]]:
    with urlopen(f"{crm['admin_url']}/journal") as answer:
        return [json.loads(line) for line in answer.read().split(b"\n") if line]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", default="highlevel", choices=sorted(WINDOW))
    options.add_argument("--seconds", type=float, default=120.0)
    options.add_argument("--latency", type=float, default=0.5)
    given = options.parse_args()
    collect_garbage_rarely()
    asyncio.run(measure(given.to, given.seconds, given.latency))


if __name__ == "__main__":
    main()
