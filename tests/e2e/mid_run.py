"""A run that stands still in its middle, as processes, for what may happen to it there."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crm_zoho import ZohoCrm
from processes import Gurney, running_twin, shell, up_to_sample
from worlds import SEED, World

NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
"""Made-up records lie about now: the same in every world."""


@contextmanager
def migrating(folder: Path, **environ: str) -> Iterator[World]:
    """A made-up clinic whose sample is signed."""
    scale = ("--scale", "20")
    source = ("--clinic", "12", "--seed", str(SEED), "--unlimited", "--now", NOW)
    with (
        running_twin("cliniko", *source, *scale) as clinic,
        running_twin("zoho", *ZohoCrm.twin_options, *scale) as crm,
    ):
        gurney = shell(folder, clinic, crm)
        gurney.env.update(environ)
        world = World(ZohoCrm, gurney, clinic, crm, "")
        world.pictures["new"] = world.picture()
        up_to_sample(gurney, "zoho")
        yield world


@contextmanager
def stopped_in_the_middle(world: World, gurney: Gurney) -> Iterator[subprocess.Popen[str]]:
    """A run that stands still once the CRM has seen some of its writes; killed in the end, if it is not over."""
    before = world.count()
    process = gurney.start("run", "--workspace", str(gurney.workspace), "--json")
    try:
        while world.count() < before + 4:
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.communicate()
