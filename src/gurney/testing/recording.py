"""Records what passes between a client and a vendor, so that tests can hold it against the vendor's specification.

Only JSON is kept: files stream through untouched. Credentials are left out of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2

HIDDEN = frozenset(("authorization", "cookie", "set-cookie"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. A body is None where it was not JSON, and b'' where there was none."""

    method: str
    url: str
    """Path and query as sent, without scheme and host: '/v1/patients?page=2'."""
    request_headers: Mapping[str, str]
    request_body: bytes | None
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes | None


@dataclass
class RecordingTransport(httpx2.AsyncBaseTransport):
    """Passes everything on to `inner` and remembers it, or hands it to `keep`."""

    inner: httpx2.AsyncBaseTransport
    exchanges: list[Exchange] = field(default_factory=list)
    keep: Callable[[Exchange], object] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, read what is JSON, record. A lost answer is recorded by nobody: there is nothing to judge."""
        sent = await request.aread() if _is_json(request.headers) else _nothing(request.headers)
        response = await self.inner.handle_async_request(request)
        came = await response.aread() if _is_json(response.headers) else _nothing(response.headers)
        exchange = Exchange(
            request.method,
            request.url.raw_path.decode("ascii"),
            _named(request.headers),
            sent,
            response.status_code,
            _named(response.headers),
            came,
        )
        (self.keep or self.exchanges.append)(exchange)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


def _is_json(headers: Mapping[str, str]) -> bool:
    return "json" in headers.get("content-type", "")


def _nothing(headers: Mapping[str, str]) -> bytes | None:
    return b"" if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers else None


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): "hidden" if name.lower() in HIDDEN else value for name, value in headers.items()}
