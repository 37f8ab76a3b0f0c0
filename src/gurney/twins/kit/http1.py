"""HTTP/1.1 on a socket: small, and fast enough never to be what a benchmark measures.

Keep-alive, pipelined requests one after the other, bodies by length or in chunks, `Expect: 100-continue`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Answer, ConnectionDropped, Request

LONGEST_HEAD = 64 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}
NO_BODY = frozenset({204, 304})


class BadRequest(Exception):
    """What came in is not HTTP/1.1."""


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, twin: Twin, scheme: str, tasks: set[asyncio.Task[None]]) -> None:
        self._twin = twin
        self._scheme = scheme
        self._tasks = tasks
        self._buffer = bytearray()
        self._request: Request | None = None
        self._body: Body | None = None
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away. What it asked for goes on: the vendor would not notice either."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._advance()

    def _advance(self) -> None:
        """Take the next whole request out of the buffer, if there is one."""
        try:
            if self._request is None and not self._read_head():
                return
            assert self._request is not None and self._body is not None
            if not self._body.read(self._buffer):
                return
        except BadRequest:
            self._write(Answer(400, {"error": "not HTTP/1.1"}), close=True, head_only=False)
            return
        request, self._request = self._request, None
        request.body = self._body.whole()
        self._busy = True
        task = asyncio.get_running_loop().create_task(self._serve(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise BadRequest
            return False
        self._request = read_head(self._buffer[:end].decode("latin-1"), self._scheme)
        del self._buffer[: end + 4]
        self._body = Body(self._request.headers)
        if self._request.headers.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    async def _serve(self, request: Request) -> None:
        try:
            answer = await self._twin.respond(request)
        except ConnectionDropped as drop:
            self._drop(drop)
            return
        except Exception:
            self._write(Answer(500, {"error": "the twin itself failed"}), close=True, head_only=False)
            raise
        close = request.headers.get("connection", "").lower() == "close"
        self._write(answer, close=close, head_only=request.method == "HEAD")
        self._busy = False
        if self._buffer and self._transport is not None:
            self._advance()

    def _write(self, answer: Answer, *, close: bool, head_only: bool) -> None:
        if self._transport is None:
            return
        body = answer.payload()
        self._transport.write(render_head(answer, len(body)) + (b"" if head_only else body))
        if close:
            self._transport.close()

    def _drop(self, drop: ConnectionDropped) -> None:
        if self._transport is None:
            return
        if drop.begun is not None:
            body = drop.begun.payload()
            self._transport.write(render_head(drop.begun, len(body)) + body[: drop.sent_bytes])
        if drop.reset:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()


class Body:
    """A request's body on its way in: by length, or in chunks."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        try:
            self._missing = 0 if self._chunked else int(headers.get("content-length") or 0)
        except ValueError as no:
            raise BadRequest from no
        self._got = bytearray()

    def read(self, buffer: bytearray) -> bool:
        """Take what belongs to the body out of the buffer; True once it is whole."""
        if self._chunked:
            return self._read_chunks(buffer)
        if self._missing:
            taken = buffer[: self._missing]
            del buffer[: len(taken)]
            self._got += taken
            self._missing -= len(taken)
        return self._missing == 0

    def _read_chunks(self, buffer: bytearray) -> bool:
        while True:
            line_end = buffer.find(b"\r\n")
            if line_end < 0:
                return False
            try:
                size = int(bytes(buffer[:line_end]).split(b";")[0], 16)
            except ValueError as no:
                raise BadRequest from no
            if size == 0:
                end = buffer.find(b"\r\n\r\n", line_end)  # trailers, if any, end with an empty line
                if end < 0:
                    return False
                del buffer[: end + 4]
                return True
            if len(buffer) < line_end + 2 + size + 2:
                return False
            self._got += buffer[line_end + 2 : line_end + 2 + size]
            del buffer[: line_end + 2 + size + 2]

    def whole(self) -> bytes:
        return bytes(self._got)


def read_head(text: str, scheme: str) -> Request:
    """The request line and headers. Repeated headers are joined with a comma."""
    lines = text.split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
    except ValueError as no:
        raise BadRequest from no
    if not version.startswith("HTTP/1."):
        raise BadRequest
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path, _, query = target.partition("?")
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(method.upper(), path, query, headers, scheme=scheme)


def render_head(answer: Answer, length: int) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}"]
    lines.extend(f"{name}: {value}" for name, value in answer.headers.items())
    if answer.status not in NO_BODY:
        lines.append(f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
