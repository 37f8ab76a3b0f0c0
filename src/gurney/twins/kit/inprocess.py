"""A transport that calls a twin without a network: what a test or the demo hands to an HTTP client."""

from __future__ import annotations

import httpx2

from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Answer, ConnectionDropped, Request


class InProcess(httpx2.AsyncBaseTransport):
    """Carries requests to a twin. A dropped connection looks to the client as it would on a wire."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        raw_path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        asked = Request(
            method=request.method,
            raw_path=raw_path,
            query_string=query,
            headers={k.lower().decode("latin-1"): v.decode("latin-1") for k, v in request.headers.raw},
            body=body,
            scheme=request.url.scheme,
        )
        try:
            answer = await self._twin.respond(asked)
        except ConnectionDropped as drop:
            raise _as_seen_by_a_client(drop, request) from None
        return _response(answer, request)


def _as_seen_by_a_client(drop: ConnectionDropped, request: httpx2.Request) -> httpx2.TransportError:
    if drop.reset:
        return httpx2.ReadError("connection reset by peer", request=request)
    if drop.begun is not None:
        words = "peer closed connection without sending complete message body"
        return httpx2.RemoteProtocolError(words, request=request)
    return httpx2.RemoteProtocolError("server disconnected without sending a response", request=request)


def _response(answer: Answer, request: httpx2.Request) -> httpx2.Response:
    body = answer.payload()
    headers = {**answer.headers, "content-length": str(len(body))}
    return httpx2.Response(answer.status, headers=headers, content=body, request=request)
