"""Connections to a vendor: used again while they are good, and honest about what may have been sent."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from gurney.errors import AnswerLost
from gurney.transport.connections import PIECE_BYTES, Connections, connections
from gurney.twins.kit.tls import make_certificate, server_context

pytestmark = pytest.mark.anyio
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Vendor:
    """Answers each request on a connection with the next of its answers; None hangs up instead."""

    def __init__(self, *answers: bytes | None, peer: Peer | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.accepted = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._peer = peer or self._answer

    @asynccontextmanager
    async def open(
        self, certificate: tuple[Path, Path] | None = None, idle_s: float = 20.0
    ) -> AsyncIterator[httpx2.AsyncClient]:
        tls = server_context(*certificate) if certificate else None
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        transport = Connections(trust_env=True, most=8, idle_s=idle_s)
        base_url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        try:
            async with httpx2.AsyncClient(transport=transport, base_url=base_url, timeout=5.0) as client:
                yield client
        finally:
            server.close()
            await self._hung_up()

    async def _hung_up(self) -> None:
        for writer in self.writers:
            writer.close()
        for writer in self.writers:
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._peer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0)
            is_chunked = b"transfer-encoding" in head.lower()
            body = await (reader.readuntil(b"0\r\n\r\n") if is_chunked else reader.readexactly(length))
            self.requests.append(head + body)
            answer = self.answers.pop(0)
            writer.write(answer or b"")
            if answer is None or b"Connection: close" in answer:
                return


async def test_a_connection_is_used_again() -> None:
    vendor = Vendor(FINE, FINE, FINE)
    async with vendor.open() as client:
        answers = [await client.post("/notes", content=b"text"), await client.delete("/a"), await client.get("/")]

    assert [answer.text for answer in answers] == ["ok"] * 3
    assert vendor.accepted == 1


async def test_a_request_leaves_as_it_was_made() -> None:
    vendor = Vendor(FINE, FINE)
    headers = {"Host": "vendor.example", "Accept-Encoding": "br", "X-Name": "Zoe", "Cookie": "a=b"}
    async with vendor.open() as client:
        client.headers.clear()
        await client.delete("/a%2Fb//c?d=e%20+f:%3A,'(g)&h[]=%5B", headers=headers)
        await client.put("/a", content=b"text", headers=headers)

    plain = "Host: vendor.example\r\nAccept-Encoding: br\r\nX-Name: Zoe\r\nCookie: a=b\r\n"
    assert vendor.requests[0].decode() == f"DELETE /a%2Fb//c?d=e%20+f:%3A,'(g)&h[]=%5B HTTP/1.1\r\n{plain}\r\n"
    assert vendor.requests[1].decode() == f"PUT /a HTTP/1.1\r\n{plain}Content-Length: 4\r\n\r\ntext"


async def test_an_answer_arrives_as_it_was_sent() -> None:
    packed = gzip.compress(b"text")
    vendor = Vendor(
        b"HTTP/1.1 200 OK\r\nX-One: a\r\nX-One: b\r\nContent-Encoding: gzip\r\n"
        + b"Content-Length: %d\r\n\r\n%b" % (len(packed), packed),
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
        FINE,
    )
    async with vendor.open() as client:
        async with client.stream("GET", "/") as answer:
            assert b"".join([chunk async for chunk in answer.aiter_raw()]) == packed
        moved = await client.get("/")
        client.cookies.clear()
        await client.get("/")

    assert answer.headers.get_list("X-One") == ["a", "b"]
    assert (moved.status_code, moved.headers["Location"]) == (302, "/elsewhere")
    assert b"ookie" not in vendor.requests[2]


async def test_a_connection_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    vendor = Vendor(FINE, FINE)
    async with vendor.open(certificate) as client:
        answers = [await client.post("/notes", content=b"text"), await client.get("/")]

    assert [answer.text for answer in answers] == ["ok"] * 2
    assert vendor.accepted == 1


async def test_nothing_is_sent_to_a_stranger(tmp_path: Path) -> None:
    vendor = Vendor(FINE)
    async with vendor.open(make_certificate(tmp_path)) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.post("/", content=b"secret")

    assert not vendor.requests


async def test_calls_side_by_side_have_connections_of_their_own() -> None:
    vendor = Vendor(*[FINE] * 20)
    async with vendor.open() as client:
        await asyncio.gather(*(client.get("/") for _ in range(5)))
        await asyncio.gather(*(client.get("/") for _ in range(5)))

    assert vendor.accepted == 5


async def test_an_old_connection_is_not_used_again() -> None:
    vendor = Vendor(FINE, FINE)
    async with vendor.open(idle_s=0.0) as client:
        await client.get("/")
        await client.get("/")

    assert vendor.accepted == 2


@pytest.mark.parametrize("rounds", [0, 20], ids=["unread", "read"])
async def test_a_connection_that_was_closed_is_not_used_again(rounds: int) -> None:
    vendor = Vendor(FINE, FINE)
    async with vendor.open() as client:
        await client.get("/")
        vendor.writers[0].write_eof()
        for _ in range(rounds):
            await asyncio.sleep(0)
        answer = await client.post("/", content=b"once")

    assert answer.status_code == 200
    assert vendor.accepted == 2


@pytest.mark.parametrize("rounds", [0, 20], ids=["unread", "read"])
async def test_what_comes_unasked_is_no_answer(rounds: int) -> None:
    vendor = Vendor(FINE, FINE)
    async with vendor.open() as client:
        await client.get("/")
        vendor.writers[0].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        for _ in range(rounds):
            await asyncio.sleep(0)
        answer = await client.get("/")

    assert answer.status_code == 200
    assert vendor.accepted == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize("before", [[], [FINE]], ids=["new", "used"])
async def test_a_request_without_an_answer_is_sent_once(method: str, before: list[bytes]) -> None:
    vendor = Vendor(*before, None, FINE)
    async with vendor.open() as client:
        for _ in before:
            await client.get("/")
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.request(method, "/", content=b"" if method == "GET" else b"once")

    assert len(vendor.requests) == 1 + len(before)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\ncut", b"what?\r\n\r\n", b"HTTP/1.1 2"],
    ids=["cut", "nonsense", "cut early"],
)
async def test_an_answer_that_does_not_come_whole_is_an_error(answer: bytes) -> None:
    async def interrupt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with Vendor(peer=interrupt).open() as client:
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)) as error:
            await client.post("/", content=b"once", headers={"Authorization": "secret"})

    assert "secret" not in str(error.value)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], ids=["none", "half"])
async def test_no_answer_in_time_is_a_time_out(answer: bytes) -> None:
    async with Vendor(answer).open() as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("/", timeout=0.05)


async def test_a_vendor_that_takes_nothing_is_given_up() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()

    over = asyncio.Event()
    async with Vendor(peer=wait).open() as client:
        with pytest.raises(httpx2.WriteTimeout):
            await client.post("/", content=bytes(20_000_000), timeout=httpx2.Timeout(5.0, write=0.05))
        over.set()


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with httpx2.AsyncClient(transport=Connections(trust_env=False, most=1, idle_s=1.0)) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.post("http://127.0.0.1:1/", content=b"never")


async def test_a_vendor_that_answers_before_it_has_heard_all_is_heard() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1_000_000)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.write_eof()
        while await reader.read(1_000_000):
            pass

    async with Vendor(peer=refuse).open() as client:
        answer = await client.post("/", content=parts())

    assert answer.status_code == 413


async def test_after_an_early_answer_the_rest_of_a_body_is_no_request() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1_000_000)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE.replace(b"200 OK", b"413 Too Large"))
        while await reader.read(1_000_000):
            pass

    vendor = Vendor(peer=refuse)
    async with vendor.open() as client:
        answers = [await client.post("/", content=parts()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert vendor.accepted == 2


async def test_bodies_travel_in_chunks_both_ways() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    vendor = Vendor(chunked)
    async with vendor.open() as client, client.stream("POST", "/", content=parts()) as answer:
        received = b"".join([chunk async for chunk in answer.aiter_bytes()])

    assert received == b"abcde"
    assert vendor.requests[0].endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


async def test_a_long_body_arrives_whole() -> None:
    content = bytes(range(256)) * (PIECE_BYTES // 100)
    vendor = Vendor(FINE, FINE)
    async with vendor.open() as client:
        await client.post("/", content=content)
        await client.get("/")

    assert vendor.requests[0].partition(b"\r\n\r\n")[2] == content
    assert vendor.accepted == 1


async def test_a_body_that_breaks_off_says_so_in_its_own_words() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        raise AnswerLost("The source cut the file short.")

    vendor = Vendor(FINE)
    async with vendor.open() as client:
        with pytest.raises(AnswerLost, match="The source cut"):
            await client.put("/", content=parts())

    assert not vendor.requests


@pytest.mark.parametrize("length", ["2", "9"])
async def test_a_body_of_another_length_than_told_is_an_error(length: str) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"four"

    async with Vendor(FINE).open() as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.post("/", content=parts(), headers={"Content-Length": length})


async def test_a_header_of_two_lines_is_refused() -> None:
    vendor = Vendor(FINE)
    async with vendor.open() as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.get("/", headers={"Authorization": "Bearer a\r\nX-More: b"})

    assert not vendor.requests


async def test_a_download_that_nobody_finishes_costs_its_connection() -> None:
    vendor = Vendor(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(2_500_000), FINE)
    async with vendor.open() as client:
        async with client.stream("GET", "/file"):
            pass
        answer = await client.get("/")

    assert answer.text == "ok"
    assert vendor.accepted == 2


def test_a_proxy_is_left_to_the_http_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")

    assert connections(trust_env=True, most=1, idle_s=1.0) is None
    assert connections(trust_env=False, most=1, idle_s=1.0) is not None
