"""Connections to a vendor, kept open and used again: aiohttp beneath the HTTP client (decision 8).

It adds, follows, unpacks and repeats nothing: a request leaves as the HTTP client made it, once. Only ConnectError and
ConnectTimeout say that nothing was sent.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.request import getproxies
from weakref import WeakSet

import aiohttp
import httpx2
from aiohttp.connector import Connection
from yarl import URL

PIECE_BYTES = 65_536
"""A longer body goes piece by piece, and each piece has the whole time to be taken."""
HEAD_BYTES = 65_536
"""The longest line in an answer's head."""
AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add."""
MEANINGS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.SocketTimeoutError, httpx2.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx2.ReadError),
    (aiohttp.ClientError, httpx2.RemoteProtocolError),
    (OSError, httpx2.ReadError),
    (ValueError, httpx2.LocalProtocolError),
)
"""What aiohttp's errors say; the first that fits holds. Their own words hold URLs and headers, and are not kept."""
TROUBLE = (aiohttp.ClientError, OSError, ValueError)


def connections(*, trust_env: bool, most: int, idle_s: float) -> httpx2.AsyncBaseTransport | None:
    """At most so many connections; None where a proxy stands between: the HTTP client knows the way to it."""
    if trust_env and {"all", "http", "https"} & getproxies().keys():
        return None
    return Connections(trust_env=trust_env, most=most, idle_s=idle_s)


class Connections(httpx2.AsyncBaseTransport):
    """Use it within one event loop; close it."""

    def __init__(self, *, trust_env: bool, most: int, idle_s: float) -> None:
        self._trust_env = trust_env
        self._most = most
        self._idle_s = idle_s
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange; the body is read by whoever gets the response."""
        if self._session is None:
            self._session = self._opened()
        exchange, url = _Exchange(request), request.url
        try:
            async with asyncio.timeout(None) as exchange.patience:
                answer = await self._session.request(
                    request.method,
                    URL(f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}", encoded=True),
                    headers=exchange.headers(),
                    data=exchange.body(),
                    timeout=_timeout(**exchange.waits),
                    allow_redirects=False,
                    middlewares=(exchange.once,),
                )
        except TimeoutError:
            raise httpx2.WriteTimeout("nothing more was taken in time") from None
        finally:
            exchange.patience = None
        return httpx2.Response(answer.status, headers=list(answer.raw_headers), stream=_Body(answer))

    async def aclose(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        tls = httpx2.create_ssl_context(trust_env=self._trust_env)
        tls.set_alpn_protocols(["http/1.1"])
        return aiohttp.ClientSession(
            connector=_Connector(ssl=tls, limit=self._most, keepalive_timeout=self._idle_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=AUTOMATIC,
            auto_decompress=False,
            max_line_size=HEAD_BYTES,
            max_field_size=HEAD_BYTES,
        )


class _Exchange:
    """A request on its way."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        self._length = request.headers.get("Content-Length")
        self._failure: Exception | None = None
        self.waits: Mapping[str, float | None] = request.extensions.get("timeout") or {}
        self.patience: asyncio.Timeout | None = None

    async def once(self, ours: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Send it. Stands where aiohttp, seeing an error of its own, would send a PUT or DELETE a second time."""
        if self._length is None:
            ours.headers.pop("Content-Length", None)
        try:
            return await send(ours)
        except TROUBLE as error:
            raise self._failure or _meant(error) from None

    def headers(self) -> list[tuple[str, str]]:
        """All of them but how the body is told apart from what follows: aiohttp says that itself."""
        raw = self._request.headers.raw
        return [(name.decode(), value.decode()) for name, value in raw if name.lower() != b"transfer-encoding"]

    def body(self) -> bytes | AsyncIterator[bytes] | None:
        """What is short as it is, what is long in pieces."""
        if isinstance(self._request.stream, httpx2.ByteStream) and len(self._request.content) <= PIECE_BYTES:
            return self._request.content or None
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        assert isinstance(self._request.stream, httpx2.AsyncByteStream)
        sent = 0
        try:
            async for chunk in self._request.stream:
                sent += len(chunk)
                for start in range(0, len(chunk), PIECE_BYTES):
                    self._wait(self.waits.get("write"))
                    yield chunk[start : start + PIECE_BYTES]
                    self._wait(None)
            if self._length is not None and int(self._length) != sent:
                raise httpx2.LocalProtocolError("the body is not as long as was told")
        except Exception as failure:
            self._failure = failure
            raise

    def _wait(self, seconds: float | None) -> None:
        if self.patience is not None:  # otherwise the answer is there already
            self.patience.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


class _Body(httpx2.AsyncByteStream):
    """An answer's body on its way. Read to its end it frees the connection, otherwise it costs it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except TROUBLE as error:
            raise _meant(error) from None

    async def aclose(self) -> None:
        self._answer.close()


class _Connector(aiohttp.TCPConnector):
    """Uses no connection again on which something came unasked, be it a farewell: it would pass for the answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known: WeakSet[asyncio.Protocol] = WeakSet()

    async def connect(self, *asked: Any, **more: Any) -> Connection:
        """A connection that is new, or open and silent."""
        while True:
            connection = await super().connect(*asked, **more)
            protocol = connection.protocol
            assert protocol is not None
            if protocol not in self._known:
                self._known.add(protocol)
                return connection
            if not protocol.should_close and not _has_news(connection):
                return connection
            connection.close()


def _has_news(connection: Connection) -> bool:
    """Whether something arrived that the event loop has had no time to read."""
    try:
        transport = connection.transport
        return transport is None or bool(select.select([transport.get_extra_info("socket")], [], [], 0)[0])
    except ValueError:  # more files are open than select() can tell apart
        return False


def _meant(error: Exception) -> httpx2.TransportError:
    meaning = next(meaning for theirs, meaning in MEANINGS if isinstance(error, theirs))
    return meaning(type(error).__name__)


@lru_cache(maxsize=16)
def _timeout(
    connect: float | None = None, read: float | None = None, write: float | None = None, pool: float | None = None
) -> aiohttp.ClientTimeout:
    both = None if connect is None or pool is None else pool + connect
    return aiohttp.ClientTimeout(total=None, connect=both, sock_connect=connect, sock_read=read)
