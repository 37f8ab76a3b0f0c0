"""Forecast of time against the stand-ins' time: whole migrations, three sizes, five destinations, time virtual.

python -m benchmarks.forecast                       # all fifteen, some minutes
python -m benchmarks.forecast --to pipedrive --patients 40

Both vendors keep to their limits and answer as slowly as the forecast assumes (latencies of limits.toml): what cannot
be known beforehand is thereby no part of the deviation. Computing takes no time. Deterministic.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
from orjson import loads

from benchmarks.figures import keep
from gurney.destinations.names import NAMES
from gurney.estimate.binding import line_s
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.engine import run_inline
from gurney.migration.fact import compared
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.workspace import create
from gurney.reports.compare import Compared
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.testing.campaign.people import facts
from gurney.testing.virtual import LoopClock, VirtualLoop
from gurney.twins.cliniko import build as build_clinic
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

BEGAN = datetime(2026, 11, 16, tzinfo=UTC)
SIZES = (40, 120, 360)
CLINIC, CRM = "http://127.0.0.1:1", "http://127.0.0.1:2"
SOURCE_S = 0.4
"""Cliniko's answers: four at once reach its rate at that."""
PIECE_BYTES = 100_000
PATIENCE_S = 30 * 86_400.0
NOT_TOLD = {"delta", "roll back", "other"}
Latency = Callable[[httpx2.Request], float]


def latency_of(vendor: str) -> Latency:
    """How long each answer takes, by the same data that the forecast goes by."""
    limits = import_module(f"gurney.destinations.{vendor}.limits")
    if vendor == "salesforce":
        return lambda request: _salesforce(request, limits.route_number)
    if vendor == "zoho":
        return lambda request: limits.traffic("batch_latency_s" if _is_batch(request) else "call_latency_s")
    return lambda request: limits.traffic("call_latency_s")


def _is_batch(request: httpx2.Request) -> bool:
    return request.method != "GET" and b'"data":' in request.content and "/settings/" not in request.url.path


def _salesforce(request: httpx2.Request, number: Callable[[str], float]) -> float:
    """A call's time and its rows'."""
    if b'"ids":' in request.content:
        ids = len(loads(request.content)["ids"])
        return number("call_s") + ids * (number("retrieve_s") - number("call_s")) / 2_000
    rows = request.content.count(b'"attributes"')
    if b"VersionData" in request.content or b"ContentVersion" in request.content:
        return number("file_among_others_s") * max(1, rows)
    return number("call_s") + rows * (number("collection_s") - number("call_s")) / 200


class Wire(httpx2.AsyncBaseTransport):
    """The way to a vendor, which takes its time: an answer's, and that of bytes on the line."""

    def __init__(self, twin: Twin, latency: Latency) -> None:
        self._inner, self._latency = InProcess(twin), latency
        self._free_at = 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        await self._carry(len(request.content))
        await asyncio.sleep(self._latency(request))
        response = await self._inner.handle_async_request(request)
        await self._carry(int(response.headers.get("content-length", 0)))
        return response

    async def _carry(self, size_bytes: int) -> None:
        """Bytes wait for those before them; large bodies share the line piece by piece."""
        for start in range(0, size_bytes, PIECE_BYTES):
            now = asyncio.get_running_loop().time()
            self._free_at = max(now, self._free_at) + line_s(min(PIECE_BYTES, size_bytes - start))
            await asyncio.sleep(self._free_at - now)


@dataclass
class World:
    """A clinic, a CRM account, and a workspace between them, all by one clock."""

    to: str
    patients: int
    folder: Path
    loop: VirtualLoop

    def __post_init__(self) -> None:
        known = facts(self.to)
        self.clinic = build_clinic(TwinOptions("cliniko", seed=3, now=BEGAN, clinic=str(self.patients)))
        account = dict(known.get("account", {}))
        self.crm = import_module(f"gurney.twins.{self.to}").build(TwinOptions(self.to, now=BEGAN, **account))
        for twin in (self.clinic, self.crm):
            twin.clock.follow(self.loop.time)
        wires = {CLINIC: Wire(self.clinic, lambda request: SOURCE_S), CRM: Wire(self.crm, latency_of(self.to))}
        chance = random.Random(1)
        self.runtime = Runtime(
            clock=LoopClock(self.loop, BEGAN),
            random=chance,
            entropy=chance.randbytes,
            transport=lambda url: wires[CLINIC if url.startswith(CLINIC) else CRM],
            environ={
                **self.clinic.service.env(CLINIC), **self.crm.service.env(CRM), **known.get("told", {}),
                "GURNEY_MASTER_KEY": base64.b64encode(b"k" * 32).decode(), "GURNEY_NO_KEYRING": "1",
                "HOME": str(self.folder / "home"), "USER": "benchmark",
            },
        )  # fmt: skip
        create(self.folder / "ws", self.to, self.runtime)

    def does(self, deed: Callable[[Migration], Awaitable[Any]]) -> Any:
        """One verb, in a process of its own as far as the workspace can tell."""
        return self.loop.run_until_complete(self._does(deed))

    async def _does(self, deed: Callable[[Migration], Awaitable[Any]]) -> Any:
        migration = open_migration(self.folder / "ws", self.runtime, patience_s=PATIENCE_S)
        migration.drive = run_inline
        try:
            return await deed(migration)
        finally:
            await migration.close()


async def _planned(migration: Migration) -> Any:
    report = await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "benchmark")
    return report


async def _sampled(migration: Migration) -> Any:
    report = await sample(migration)
    approve(migration, "sample", "benchmark")
    return report


async def _compared(migration: Migration) -> Compared:
    return compared(migration)


VERBS: Mapping[str, Callable[[Migration], Awaitable[Any]]] = {
    "check": check, "audit": audit, "plan": _planned, "provision": provision, "sample": _sampled, "run": run,
    "reconcile": reconcile,
}  # fmt: skip


def measure(to: str, patients: int) -> None:
    """One migration."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder, closing(VirtualLoop()) as loop:
        world = World(to, patients, Path(folder), loop)
        took_s: dict[str, float] = {}
        reports = {}
        for verb, deed in VERBS.items():
            since = loop.time()
            reports[verb] = world.does(deed)
            took_s[verb] = loop.time() - since
        told, found = reports["plan"].forecast, world.does(_compared)
        _tell(to, patients, told, found, took_s)
    print(f"  {time.process_time() - began:.0f} s of CPU", flush=True)


def _tell(to: str, patients: int, told: Any, found: Compared, took_s: Mapping[str, float]) -> None:
    print(f"{to}, {patients} patients")
    for row in found.rows:
        if row.kind not in NOT_TOLD:
            _line(row.kind, row.seconds.forecast or 0.0, row.seconds.fact, row.calls.forecast, row.calls.fact)
    whole = sum(took_s[verb] for verb in ("audit", "provision", "sample", "run", "reconcile"))
    _line("from start to end", told.seconds, whole)
    keep("forecast", to=to, patients=patients, told_s=told.seconds, took_s=whole)
    print("  " + ", ".join(f"{verb} {seconds:,.0f} s" for verb, seconds in took_s.items()))


def _line(what: str, told_s: float, took_s: float, told: float | None = None, took: float = 0) -> None:
    deviation = f"{told_s / took_s - 1:+7.1%}" if took_s else ""
    calls = f"   calls {told:>7,.0f} {took:>7,.0f}" if told is not None else ""
    print(f"  {what:<20} {told_s:>9,.1f} s forecast {took_s:>9,.1f} s taken {deviation}{calls}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", choices=NAMES, action="append")
    options.add_argument("--patients", type=int, action="append")
    given = options.parse_args()
    collect_garbage_rarely()
    for to in given.to or NAMES:
        for patients in given.patients or SIZES:
            measure(to, patients)


if __name__ == "__main__":
    main()
