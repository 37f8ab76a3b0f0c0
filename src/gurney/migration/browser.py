"""A login by consent: the person agrees at the vendor's page, and the browser brings the code back to this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from gurney.destinations.vendor import vendor
from gurney.errors import CheckFailed, Misused
from gurney.migration.connect import SANDBOX
from gurney.runtime import Runtime

PORT = 8917
"""Vendors want the redirect address registered, so it is always http://localhost:8917/callback."""
PATIENCE_S = 300
PAGE = "<!doctype html><title>Gurney</title><p style='font: 1.1em sans-serif; margin: 3em'>{words}</p>"


async def login_by_consent(
    system: str, given: Mapping[str, str], runtime: Runtime, show: Callable[[str], None], *, port: int = PORT
) -> dict[str, str]:
    """The credentials to keep after the person agreed. `show` is given the address to open.

    Raises Misused for a vendor without such a login or when something it needs is missing, CheckFailed when the
    person refuses, the wrong answer comes back, or nobody comes within five minutes.
    """
    chosen = vendor(system.removesuffix(SANDBOX))
    if chosen.browser is None:
        raise Misused(f"{chosen.title} has no login by browser.", next_step=f"Run: gurney login {system}")
    missing = [name for name in chosen.browser.needs if not given.get(name)]
    if missing:
        raise Misused(f"A login by browser needs {', '.join(missing)}.", next_step="Give them as NAME=VALUE lines.")
    redirect = f"http://localhost:{port}/callback"
    consent = chosen.browser.begin(runtime, given, redirect)
    arrived: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
    server = await _listen(arrived, port)
    try:
        show(consent.url)
        answer = await asyncio.wait_for(arrived, PATIENCE_S)
    except TimeoutError:
        raise CheckFailed("Nobody came back from the browser.", next_step="Repeat the login.") from None
    finally:
        server.close()
        await server.wait_closed()
    if "error" in answer:
        raise CheckFailed(
            f"{chosen.title} did not give its consent ({answer['error']}).",
            next_step=f"Repeat the login and agree; the app's redirect address must be {redirect}.",
        )
    if answer.get("state") != consent.state or not answer.get("code"):
        raise CheckFailed("What came back is not the answer to this login.", next_step="Repeat the login.")
    kept = await chosen.browser.finish(runtime, given, answer["code"], consent.verifier, redirect)
    return {**given, **kept}


async def _listen(arrived: asyncio.Future[Mapping[str, str]], port: int) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode("latin-1").split(" ")
        parts = urlsplit(line[1] if len(line) > 1 else "")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        ours = parts.path == "/callback" and ("code" in query or "error" in query)
        words = "Thank you: you can close this page and go back to the terminal." if ours else "There is nothing here."
        page = PAGE.format(words=escape(words)).encode()
        status = HTTPStatus.OK if ours else HTTPStatus.NOT_FOUND
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html; charset=utf-8\r\n"
        writer.write(f"{head}Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode() + page)
        await writer.drain()
        writer.close()
        if ours and not arrived.done():
            arrived.set_result(query)

    try:
        return await asyncio.start_server(serve, "127.0.0.1", port)
    except OSError:
        raise CheckFailed(
            f"Port {port} of this machine is taken.", next_step="Let the other program go, then repeat the login."
        ) from None
