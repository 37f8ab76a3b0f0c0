"""What our client asks the twin, and what the twin answers, is what the vendor's specification says.

Client and twin were written without a look at each other; the specification is the third judge.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from gurney.runtime import Runtime
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.database import Database
from gurney.store.sealing import Seal
from gurney.store.snapshot import Snapshot
from gurney.testing.recording import Exchange, RecordingTransport
from gurney.testing.traffic import load_validators
from gurney.twins.cliniko import Cliniko, build
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

pytestmark = pytest.mark.anyio
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)


class StandingClock:
    """Time passes only where someone waits."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return AS_OF

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        self._seconds += seconds


def reading(twin: Twin, kept: list[Exchange]) -> ClinikoSource:
    def network(base_url: str) -> httpx2.AsyncBaseTransport:
        return RecordingTransport(InProcess(twin), keep=kept.append)

    assert isinstance(twin.service, Cliniko)
    key = twin.service.credentials()["api_key"]
    runtime = Runtime(clock=StandingClock(), transport=network)
    return ClinikoSource(runtime, api_key=key, contact_email="t@example.org", base_url="http://127.0.0.1:1/v1")


async def test_reading_a_whole_clinic_keeps_to_clinikos_specification(shared: Path, tmp_path: Path) -> None:
    twin = build(TwinOptions("cliniko", clinic="60", seed=3, scale=0, now=AS_OF, unlimited=True))
    kept: list[Exchange] = []
    source = reading(twin, kept)
    database = Database(str(tmp_path / "store.db"))
    database.migrate()
    snapshot = Snapshot(database, Seal(os.urandom(32), os.urandom), Runtime())

    await source.check()
    await source.counts()
    await source.extract(snapshot)
    await source.sweep(snapshot)
    await source.close()
    database.close()

    judge = load_validators(shared / "vendors")["cliniko"]
    found = sorted({str(violation) for exchange in kept for violation in judge.validate(exchange)})
    assert len(kept) > 100
    assert {one.method for one in kept} == {"GET"}
    assert found == []
