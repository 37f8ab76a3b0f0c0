"""Pipedrive's lists of invoices and messages, between the twins: the answers about files get lost on every leg."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from stage_scene import NOW, VirtualClock

from gurney.mapping.document import default, dump
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.migration.workspace import create
from gurney.runtime import Runtime
from gurney.twins.cliniko import build as build_clinic
from gurney.twins.kit.clock import Clock as TwinClock
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.pipedrive import build as build_pipedrive

pytestmark = pytest.mark.anyio
Row = dict[str, Any]
CLINIC, COMPANY = "http://127.0.0.1:1", "http://127.0.0.1:2"
LOST = [
    {"match": {"method": method, "path": path, "nth": {"every": 2}}, "do": "drop_after"}
    for method, path in (("POST", "/api/v1/files$"), ("DELETE", "/api/v1/files/"))
]
"""Every other file is written or deleted without an answer."""


@dataclass
class Pair:
    """Both twins and a migration between them."""

    migration: Migration
    clinic: Twin
    company: Twin
    clock: VirtualClock

    def files(self) -> dict[tuple[str, str], Row]:
        """What is there by person and name."""
        rows = [dict(one) for one in self.company.service.dump("files") or () if one["active_flag"]]
        found = {(str(one["person_id"]), str(one["name"]).partition("_cliniko-")[0]): one for one in rows}
        assert len(found) == len(rows), "no list is there twice"
        return found

    def rows(self, object: str) -> list[Row]:
        return [dict(one) for one in self.clinic.service.dump(object) or ()]

    async def staff(self, deed: str, **what: object) -> None:
        self.clock.pass_by(300)
        async with httpx2.AsyncClient(transport=InProcess(self.clinic), base_url=CLINIC) as client:
            answer = await client.post(f"/__admin/{deed}", json=what)
            assert answer.status_code < 300, answer.text
        self.clock.pass_by(300)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    clock = VirtualClock()
    shared = TwinClock(NOW, 1.0, clock.monotonic, clock.sleep)
    clinic = build_clinic(TwinOptions("cliniko", clinic="24", seed=5, now=NOW, unlimited=True), shared)
    company = build_pipedrive(TwinOptions("pipedrive", now=NOW, unlimited=True))
    environ = {
        **clinic.service.env(CLINIC),
        **company.service.env(COMPANY),
        "GURNEY_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
        "GURNEY_NO_KEYRING": "1",
        "HOME": str(tmp_path / "home"),
        "USER": "tester",
    }
    twins = {CLINIC: clinic, COMPANY: company}
    runtime = Runtime(
        clock=clock,
        transport=lambda base: InProcess(next(twin for url, twin in twins.items() if base.startswith(url))),
        environ=environ,
    )
    create(tmp_path / "ws", "pipedrive", runtime)
    migration = open_migration(tmp_path / "ws", runtime)
    yield Pair(migration, clinic, company, clock)
    await migration.close()


async def load(pair: Pair) -> None:
    """Patients and their lists, with every other answer about a file lost."""
    migration = pair.migration
    mapping = default("pipedrive")
    for entry in mapping.maps:
        entry.enabled = entry.map in ("P1", "P2", "P5", "P10")
        for line in entry.fields:  # the smallest plan has room for few fields
            line.enabled = line.enabled and line.priority == "essential"
    migration.workspace.mapping_file.write_text(dump(mapping), "utf-8")
    assert (await check(migration)).ok
    await audit(migration)
    await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "Test Admin")
    assert (await provision(migration)).ok
    pair.company.faults.replace(LOST)
    await sample(migration)
    approve(migration, "sample", "Test Admin")
    await run(migration)


def sent(pair: Pair, method: str) -> int:
    return sum(entry.method == method and entry.path.startswith("/api/v1/files") for entry in pair.company.journal)


async def test_lists_arrive_once_are_replaced_once_and_leave_whole(pair: Pair) -> None:
    await load(pair)

    loaded = pair.files()
    assert Counter(name for _, name in loaded).keys() == {"cliniko-invoices", "cliniko-messages"}
    assert sent(pair, "POST") == len(loaded), "a lost answer about a file is settled, not sent again"
    report = await reconcile(pair.migration)
    assert report.ok, [one for one in report.criteria if not one.ok]

    invoice = next(one for one in pair.rows("invoices") if not one.get("archived_at"))
    await pair.staff("edit", object="invoices", id=invoice["id"], fields={"notes": "Paid by the employer"})
    await delta(pair.migration)

    changed = {key for key, one in pair.files().items() if one["sha256"] != loaded[key]["sha256"]}
    assert pair.files().keys() == loaded.keys()
    assert [name for _, name in changed] == ["cliniko-invoices"]
    assert sent(pair, "POST") == len(loaded) + 1
    assert (await reconcile(pair.migration)).ok

    gone = await undo(pair.migration)
    assert {entry.method for entry in pair.company.journal if entry.fault == "drop_after"} == {"POST", "DELETE"}

    assert not gone.kept
    assert pair.files() == {}
    assert pair.migration.store.ledger.verify().ok
