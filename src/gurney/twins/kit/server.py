"""From options to a twin that serves on 127.0.0.1 until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import importlib
import signal
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gurney.twins.kit.admin import ADMIN
from gurney.twins.kit.http1 import Connection
from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.kit.tls import make_certificate, server_context
from gurney.twins.kit.twin import Twin

Ready = Callable[[dict[str, Any]], None]
VENDORS = ("cliniko", "freshsales", "highlevel", "pipedrive", "salesforce", "zoho")


def build(options: TwinOptions) -> Twin:
    """The twin of a vendor: `gurney.twins.VENDOR.build(options)`. Raises BadOption."""
    if options.vendor not in VENDORS:
        raise BadOption(f"no twin of {options.vendor!r}; there are {', '.join(VENDORS)}")
    twin: Twin = importlib.import_module(f"gurney.twins.{options.vendor}").build(options)
    return twin


def print_ready(line: dict[str, Any]) -> None:
    """The one line on standard output."""
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


def run(options: TwinOptions, ready: Ready = print_ready) -> None:
    """Build a twin and serve it until SIGTERM or SIGINT. Raises BadOption before anything is served."""
    twin = build(options)
    gc.collect()
    gc.freeze()  # the loaded data lives as long as the process: no use in walking it again and again
    gc.set_threshold(50_000, 20, 100)
    asyncio.run(serve(twin, options.port, ready, tls=options.tls))


async def serve(twin: Twin, port: int = 0, ready: Ready = print_ready, *, tls: bool = False) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    async with serving(twin, port, tls=tls) as line:
        ready(line)
        await stop.wait()


@asynccontextmanager
async def serving(twin: Twin, port: int = 0, *, tls: bool = False) -> AsyncIterator[dict[str, Any]]:
    """Serve while the block runs; gives the ready line."""
    tasks: set[asyncio.Task[None]] = set()
    scheme = "https" if tls else "http"
    with tempfile.TemporaryDirectory(prefix="gurney-twin-") as scratch:
        certificate, context = _tls(Path(scratch)) if tls else (None, None)
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(twin, scheme, tasks), "127.0.0.1", port, ssl=context, backlog=512
        )
        bound: int = server.sockets[0].getsockname()[1]
        try:
            yield ready_line(twin, f"{scheme}://127.0.0.1:{bound}", certificate)
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()


def ready_line(twin: Twin, base_url: str, certificate: Path | None = None) -> dict[str, Any]:
    """What a caller needs to know to use the twin."""
    env = twin.service.env(base_url)
    if certificate is not None:
        env["SSL_CERT_FILE"] = str(certificate)
    if (scale := twin.service.clock.scale) not in (0, 1):
        env["GURNEY_CLOCK"] = f"{scale:g}@{datetime.now(UTC).isoformat(timespec='milliseconds')}"  # the verbs keep step
    return {
        "vendor": twin.vendor,
        "base_url": base_url,
        "credentials": twin.service.credentials(),
        "env": env,
        "admin_url": base_url + ADMIN,
    }


def _tls(scratch: Path) -> tuple[Path, ssl.SSLContext]:
    certificate, key = make_certificate(scratch)
    return certificate, server_context(certificate, key)
