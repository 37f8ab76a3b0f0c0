"""Clock, chance, network and disk, handed in from the edge.

No other module calls `time`, `random`, `asyncio.sleep` or the network by itself: a whole migration with its
quota days then runs in a test in a second, and a failure replays from a seed (design, section 11).
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx2


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations only."""

    async def sleep(self, seconds: float) -> None:
        """Wait; a virtual clock returns at once with its time moved on."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FastClock:
    """A clock whose time passes `scale` times as fast as the machine's: for the demo and rehearsals on twins.

    Processes that are told the same `began` have the same time.
    """

    def __init__(self, scale: float, began: datetime | None = None) -> None:
        if not scale > 0:
            raise ValueError("time that does not pass")
        self._scale = scale
        self._began = began or datetime.now(UTC)
        self._since = time.monotonic() - (datetime.now(UTC) - self._began).total_seconds()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._since) * self._scale

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._scale)


def is_here(host: str | None) -> bool:
    """Whether a host is this machine, where plain http is fine: no line to listen on."""
    return host in {"127.0.0.1", "localhost", "::1"}


def write_file(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a whole file or none of it: a temporary neighbour, flushed, then renamed. Returns its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    size = 0
    try:
        with partial.open("wb") as out:
            for chunk in chunks:
                size += out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return size


def _network(base_url: str) -> httpx2.AsyncBaseTransport | None:
    """None lets the HTTP client open real connections."""
    return None


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that the product takes from outside."""

    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=random.SystemRandom)
    entropy: Callable[[int], bytes] = os.urandom
    """Bytes for keys and nonces."""
    transport: Callable[[str], httpx2.AsyncBaseTransport | None] = _network
    """The HTTP transport for a base URL; tests hand in a twin's ASGI application."""
    write_file: Callable[[Path, Iterable[bytes]], int] = write_file
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))


def collect_garbage_rarely() -> None:
    """Let the cyclic collector look seldom: records come and go by the thousand and form no cycles.

    Measured: a third of the CPU of building records was the collector walking what was about to go anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
