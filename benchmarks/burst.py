"""How much of a vendor's rate is used in real time, limits on, every answer late: contacts through ledger and client.

python -m benchmarks.burst --to highlevel --seconds 120 --latency 0.5
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.figures import keep
from benchmarks.routes import Contacts, opened
from benchmarks.stand_ins import PLAIN, TOLD, journal, twin
from gurney.migration.send import Sender
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.store.keys import MasterKey
from gurney.store.store import open_store


@dataclass(frozen=True)
class Ceiling:
    """What a vendor lets happen in a span: so many calls, or so many at once, each for as long as it takes."""

    words: str
    span_s: float
    calls: int = 0
    at_once: int = 0
    options: tuple[str, ...] = ()
    route: str = ""
    """Empty: the cheapest."""

    def most(self, latency_s: float) -> float:
        """Calls in a span at the most."""
        return self.calls or self.at_once * self.span_s / latency_s


CEILINGS = {
    "highlevel": Ceiling("100 calls in 10 s", 10.0, calls=100),
    "pipedrive": Ceiling("40 calls in 2 s (Growth, API token)", 2.0, calls=40, options=("--edition", "growth")),
    "freshsales": Ceiling(
        "400 calls a minute", 60.0, calls=400,
        options=("--edition", "enterprise", "--switch", "standard_fields=accept"),
        route="single",
    ),
    "zoho": Ceiling("10 calls of 100 records at once", 10.0, at_once=10),
}  # fmt: skip
"""Salesforce names no rate: its ceiling is the calls of a day, of which Collections and Bulk take a thousandth."""
SENT_AT_ONCE = 20_000
STARTS_S = 2.0
"""Until the first call is there, and for what the last one needs."""


async def measure(to: str, seconds: float, latency_s: float) -> None:
    """Write contacts in real time until the time is over, and look into the twin's journal."""
    ceiling = CEILINGS[to]
    options = ceiling.options or PLAIN.get(to, ())
    with tempfile.TemporaryDirectory() as folder, twin(to, "--latency", str(latency_s), *options) as crm:
        told = {**crm["env"], **TOLD.get(to, {})}
        runtime = Runtime(environ={**os.environ, **told})
        store = open_store(str(Path(folder) / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        destination, contacts = await opened(to, ceiling.route, told, store, runtime)
        sender = Sender(store, destination, store.runs.open("full", "benchmark"), runtime)
        since, cpu = journal(crm)[-1]["n"], time.process_time()
        lasts_s = seconds + ceiling.span_s + 2 * latency_s + STARTS_S
        print(f"{to}: {lasts_s:.0f} s of {ceiling.words}, the first {ceiling.span_s:.0f} s uncounted", flush=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(send(sender, contacts), lasts_s)
        used = time.process_time() - cpu
        tell(to, [one for one in journal(crm) if one["n"] > since], seconds, used, latency_s)
        await destination.close()
        store.close()


async def send(sender: Sender, contacts: Contacts) -> None:
    """Write contacts without an end."""
    for start in count(0, SENT_AT_ONCE):
        await sender.send(contacts.some(start, SENT_AT_ONCE), ahead={contacts.object: 0})


def tell(to: str, entries: list[dict[str, Any]], seconds: float, cpu_s: float, latency_s: float) -> None:
    """What was used of the ceiling from the second window on, and in the emptiest and the fullest window of these."""
    ceiling = CEILINGS[to]
    most, span_s = ceiling.most(latency_s), ceiling.span_s
    began = datetime.fromisoformat(entries[0]["time"])
    at = Counter(int((datetime.fromisoformat(one["time"]) - began).total_seconds() // span_s) for one in entries)
    windows = [at[number] for number in range(1, 1 + int(seconds // span_s))]
    refused = sum(one["status"] in (403, 429) for one in entries)
    share, calls = sum(windows) / len(windows) / most, sum(windows)
    print(
        f"{to}: {calls:,} calls in {seconds:.0f} s at {latency_s} s latency: "
        f"{share:.1%} of {most:,.0f} in {span_s:.0f} s, "
        f"{min(windows)} to {max(windows)} in a window, {refused} refused, "
        f"{cpu_s / len(entries) * 1e6:,.0f} µs CPU a call"
    )
    keep("ceiling", vendor=to, ceiling=ceiling.words, latency_s=latency_s, seconds=seconds, calls=calls, share=share,
         refused=refused)  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", default="highlevel", choices=sorted(CEILINGS))
    options.add_argument("--seconds", type=float, default=120.0)
    options.add_argument("--latency", type=float, default=0.5)
    given = options.parse_args()
    collect_garbage_rarely()
    asyncio.run(measure(given.to, given.seconds, given.latency))


if __name__ == "__main__":
    main()
