"""The recorder keeps what can be judged, and disturbs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from gurney.testing.recording import Exchange, RecordingTransport

pytestmark = pytest.mark.anyio


class Pieces(httpx2.AsyncByteStream):
    """A file of three pieces that counts how many were taken."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in (b"one", b"two", b"three"):
            self.taken += 1
            yield piece


async def test_json_is_kept_and_reaches_both_sides() -> None:
    def vendor(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(201, json={"got": request.content.decode()})

    transport = RecordingTransport(httpx2.MockTransport(vendor))
    async with httpx2.AsyncClient(transport=transport, base_url="https://api.example.org/v1") as client:
        answer = await client.post("/patients?q[]=a%3A%2A", json={"id": 1}, headers={"Authorization": "Basic c2VjcmV0"})

    kept = transport.exchanges[0]
    assert answer.json() == {"got": '{"id":1}'}
    assert (kept.method, kept.url.partition("?")[0], kept.status) == ("POST", "/v1/patients", 201)
    assert kept.request_body == b'{"id":1}'
    assert kept.response_body == answer.content
    assert "c2VjcmV0" not in repr(kept)


async def test_a_file_streams_through_and_is_not_kept() -> None:
    file = Pieces()

    def vendor(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/pdf", "content-length": "11"}, stream=file)

    transport = RecordingTransport(httpx2.MockTransport(vendor))
    async with (
        httpx2.AsyncClient(transport=transport) as client,
        client.stream("GET", "https://api.example.org/file") as answer,
    ):
        before = file.taken
        pieces = [piece async for piece in answer.aiter_raw()]

    assert before == 0
    assert b"".join(pieces) == b"onetwothree"
    assert transport.exchanges[0].response_body is None


async def test_an_empty_answer_is_kept_as_empty() -> None:
    transport = RecordingTransport(httpx2.MockTransport(lambda request: httpx2.Response(204)))
    async with httpx2.AsyncClient(transport=transport) as client:
        await client.delete("https://api.example.org/v1/patients/1")

    assert transport.exchanges[0].request_body == transport.exchanges[0].response_body == b""


async def test_a_lost_answer_is_recorded_by_nobody_and_still_raised() -> None:
    def vendor(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("lost", request=request)

    transport = RecordingTransport(httpx2.MockTransport(vendor))
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("https://api.example.org/v1/patients")

    assert transport.exchanges == []


async def test_exchanges_can_go_to_a_keeper_of_ones_own() -> None:
    kept: list[Exchange] = []
    transport = RecordingTransport(
        httpx2.MockTransport(lambda request: httpx2.Response(200, json=[])), keep=kept.append
    )
    async with httpx2.AsyncClient(transport=transport) as client:
        await client.get("https://api.example.org/v1/patients")

    assert [one.url for one in kept] == ["/v1/patients"]
    assert transport.exchanges == []
