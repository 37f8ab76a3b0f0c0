"""The wire: a real socket, and the same twin called in-process and through ASGI."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx2
import pytest
from counter_twin import Counter, counter_twin

from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.server import serving
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Answer, MalformedBody, Request, read_multipart

pytestmark = pytest.mark.anyio


async def raw(port: int, sent: bytes) -> bytes:
    """Send bytes, read until the twin closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    got = await reader.read()
    writer.close()
    return got


def port_of(line: dict[str, Any]) -> int:
    return int(line["base_url"].rsplit(":", 1)[1])


async def test_two_requests_in_one_packet_are_answered_in_order(twin: Twin) -> None:
    first = b'POST /things HTTP/1.1\r\nContent-Length: 5\r\n\r\n["a"]'
    second = b"GET /things/1 HTTP/1.1\r\nConnection: close\r\n\r\n"

    async with serving(twin) as line:
        got = await raw(port_of(line), first + second)

    assert got.index(b"201 Created") < got.index(b"200 OK")
    assert got.endswith(b'{"id":"1","name":"a"}')


async def test_a_chunked_body_that_arrives_in_pieces_is_read_whole(twin: Twin) -> None:
    async with serving(twin) as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(line))
        head = (
            b"POST /things HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        for piece in (b"3\r\n[", b'"a\r\n2;x=1\r\n"]\r\n0\r\n', b"\r\n"):
            writer.write(piece)
            await writer.drain()
        got = await reader.read()
        writer.close()

    assert b'[{"id":"1","name":"a"}]' in got


async def test_what_is_not_http_is_refused_and_closed(twin: Twin) -> None:
    async with serving(twin) as line:
        got = await raw(port_of(line), b"HELLO\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 400")


async def test_a_client_over_tls_trusts_the_certificate_of_the_ready_line(twin: Twin) -> None:
    async with serving(twin, tls=True) as line:
        trusted = ssl.create_default_context(cafile=line["env"]["SSL_CERT_FILE"])
        async with httpx2.AsyncClient(verify=trusted, base_url=line["base_url"]) as client:
            answer = await client.post("/things", json=["a"])

    assert answer.status_code == 201
    assert line["base_url"].startswith("https://127.0.0.1:")


async def test_the_in_process_transport_and_asgi_give_the_same_answer(twin: Twin) -> None:
    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
        made = await client.post("/things", json=["a"])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=twin), base_url="http://twin") as client:
        got = await client.get("/things/1")

    assert made.json() == [got.json()]
    assert made.headers["content-type"] == got.headers["content-type"]


async def test_a_hundred_megabytes_arrive_whole(twin: Twin) -> None:
    seen: list[int] = []

    def measure(request: Request) -> Answer:
        seen.append(len(request.body))
        return Answer(204)

    counter: Counter = twin.service  # type: ignore[assignment]
    counter.router.add("POST", "/big", measure)

    async with serving(twin) as line, httpx2.AsyncClient(timeout=30) as client:
        await client.post(line["base_url"] + "/big", content=bytes(100_000_000))

    assert seen == [100_000_000]


async def test_calls_beyond_the_vendors_limit_are_refused_while_others_are_in_flight() -> None:
    twin = counter_twin(latency_s=0.45)
    twin.service.limit = 2  # type: ignore[attr-defined]

    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
        answers = await asyncio.gather(*(client.get("/things/1") for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [404, 404, 429, 429]
    assert [entry.status for entry in twin.journal].count(429) == 2


def test_multipart_keeps_bytes_names_and_line_ends() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a b.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n"
        b"\r\n--x\r\n\x00\r\n--B\r\nContent-Disposition: form-data; name=id\r\n\r\n7\r\n--B--\r\n"
    )

    file, field = read_multipart('multipart/form-data; boundary="B"', body)

    assert (file.name, file.filename, file.content_type) == ("file", "a b.pdf", "application/pdf")
    assert file.body == b"\r\n--x\r\n\x00"
    assert (field.name, field.filename, field.body) == ("id", None, b"7")


@pytest.mark.parametrize("body", [b"", b"--B\r\nno end", b"--B\r\n\r\n--B--"])
def test_a_broken_multipart_body_is_named_so(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        read_multipart("multipart/form-data; boundary=B", body)


def test_the_form_is_read_from_either_encoding_and_the_path_is_decoded() -> None:
    asked = Request(
        "POST", "/a%20b", "x=1&x=2&y=", {"content-type": "application/x-www-form-urlencoded"}, b"grant=a%2Bb"
    )

    assert asked.path == "/a b"
    assert asked.query.all("x") == ["1", "2"]
    assert asked.query.get("y") == ""
    assert asked.form().get("grant") == "a+b"
