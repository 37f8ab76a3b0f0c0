"""A made-up clinic on the Cliniko twin, in-process, and a CRM in memory."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from memory_crm import MemoryCrm
from stage_scene import NOW, Scene, VirtualClock, until_sampled

from gurney.destinations.protocol import User
from gurney.migration.context import open_migration
from gurney.migration.run import run
from gurney.migration.workspace import create
from gurney.runtime import Runtime
from gurney.twins.cliniko import Cliniko, build
from gurney.twins.kit.clock import Clock as TwinClock
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = VirtualClock()
    options = TwinOptions("cliniko", clinic="24", seed=5, now=NOW, unlimited=True)
    clinic = build(options, TwinClock(NOW, 1.0, clock.monotonic, clock.sleep))
    assert isinstance(clinic.service, Cliniko)
    environ = {
        **clinic.service.env("http://127.0.0.1:1"),
        "GURNEY_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
        "GURNEY_NO_KEYRING": "1",
        "HOME": str(tmp_path / "home"),
        "USER": "tester",
    }
    runtime = Runtime(clock=clock, transport=lambda _: InProcess(clinic), environ=environ)
    create(tmp_path / "ws", "zoho", runtime)
    migration = open_migration(tmp_path / "ws", runtime)
    crm = MemoryCrm(runtime, migration.store.files.open)
    emails = {str(user["email"]) for user in clinic.service.dump("users") if user["email"]}
    crm.members = [User(str(500 + n), email, email, active=True) for n, email in enumerate(sorted(emails))]
    migration._destination = crm
    yield Scene(migration, clinic, crm, clock)
    await migration.close()


@pytest.fixture
async def loaded(scene: Scene) -> Scene:
    """A migration after its full run."""
    await until_sampled(scene)
    await run(scene.migration)
    return scene
