"""What becomes of a request when the vendor is well, busy, broken, or not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest

from gurney.errors import AnswerLost, AnswerWrong, Misused, NotAuthorised, PausedForQuota
from gurney.transport import Limits, Upload

pytestmark = pytest.mark.anyio

OK = {"ok": True}


def answer(status: int = 200, body: Any = OK, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return httpx2.Response(status, content=content, headers={k.replace("_", "-"): v for k, v in headers.items()})


async def test_a_read_comes_back_parsed_and_authorised(vendor: Any) -> None:
    vendor.answers = [answer(body={"a": [1]})]

    got = await vendor.http().request("GET", "/things", params=[("q[]", "a:=1"), ("q[]", "b:*")])

    assert got.json() == {"a": [1]}
    assert str(vendor.requests[0].url) == "https://api.vendor.example/v1/things?q%5B%5D=a%3A%3D1&q%5B%5D=b%3A%2A"
    assert vendor.requests[0].headers["Authorization"] == "Token secret-1"


@pytest.mark.parametrize(
    "trouble",
    [httpx2.ReadTimeout("x"), httpx2.RemoteProtocolError("cut"), answer(503), answer(200, b"<html>busy</html>")],
)
async def test_a_read_survives_trouble(vendor: Any, trouble: Any) -> None:
    vendor.answers = [trouble, trouble, answer()]

    assert (await vendor.http().request("GET", "/things")).json() == OK
    assert len(vendor.requests) == 3
    assert vendor.clock.elapsed > 0.5


async def test_a_read_that_never_works_ends_as_lost_or_wrong(vendor: Any) -> None:
    vendor.answers = [answer(502)]
    with pytest.raises(AnswerLost, match=r"acme answered GET /v1/things with 502"):
        await vendor.http().request("GET", "/things", params=[("name", "Ada")])

    vendor.answers = [answer(200, b"<html>")]
    with pytest.raises(AnswerWrong):
        await vendor.http().request("GET", "/things")


@pytest.mark.parametrize("trouble", [httpx2.ReadTimeout("x"), httpx2.WriteError("x"), answer(500), answer(201, b"<")])
async def test_a_write_is_never_sent_twice_when_it_may_have_arrived(vendor: Any, trouble: Any) -> None:
    vendor.answers = [trouble]

    with pytest.raises(AnswerLost):
        await vendor.http().request("POST", "/things", json=OK)

    assert len(vendor.requests) == 1


async def test_a_write_that_was_not_sent_is_sent_again(vendor: Any) -> None:
    vendor.answers = [httpx2.ConnectError("no route"), answer(201)]

    assert (await vendor.http().request("POST", "/things", json=OK)).status == 201
    assert vendor.bodies[-1] == b'{"ok":true}'


async def test_429_waits_until_the_moment_that_the_vendor_names(vendor: Any) -> None:
    reset = str(int(vendor.clock.now().timestamp()) + 42)
    vendor.answers = [answer(429, X_RateLimit_Reset=reset), answer()]
    http = vendor.http()

    await http.request("POST", "/things", json=OK)

    assert 42 <= vendor.clock.elapsed < 43
    assert http.pacer.total.refused == 1


async def test_minutes_of_429_pause_the_run(vendor: Any) -> None:
    vendor.answers = [answer(429, Retry_After="50")]

    with pytest.raises(PausedForQuota) as paused:
        await vendor.http().request("GET", "/things")

    assert vendor.clock.elapsed == pytest.approx(300)
    assert paused.value.until is not None and paused.value.until > vendor.clock.now()


async def test_a_far_reset_pauses_at_once(vendor: Any) -> None:
    vendor.answers = [answer(429, Retry_After="3600")]

    with pytest.raises(PausedForQuota):
        await vendor.http().request("GET", "/things")

    assert vendor.clock.elapsed == 0


async def test_401_renews_the_credentials_once(vendor: Any) -> None:
    vendor.answers = [answer(401), answer()]
    await vendor.http().request("POST", "/things", json=OK)
    assert vendor.requests[1].headers["Authorization"] == "Token secret-2"

    vendor.answers = [answer(401)]
    with pytest.raises(NotAuthorised):
        await vendor.http().request("GET", "/things")
    assert vendor.refreshes == [False, True, False, True]


async def test_other_refusals_are_the_callers(vendor: Any) -> None:
    vendor.answers = [answer(422, {"message": "Validation Failed"})]
    got = await vendor.http().request("POST", "/things", json=OK)
    assert (got.status, got.json()) == (422, {"message": "Validation Failed"})

    vendor.answers = [answer(404, b"<html>")]
    assert (await vendor.http().request("GET", "/things")).json() is None


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/x",
        "http://api.vendor.example/v1/x",
        "@evil.example/",
        "https://api.vendor.example:8443/",
    ],
)
async def test_no_other_host_or_scheme_gets_the_key(vendor: Any, address: str) -> None:
    vendor.answers = [answer()]

    with pytest.raises(Misused):
        await vendor.http().request("GET", address)

    assert vendor.requests == []


async def test_a_verb_that_was_not_allowed_is_refused_before_it_is_sent(vendor: Any) -> None:
    with pytest.raises(Misused, match="GET only"):
        await vendor.http(allowed_methods=frozenset({"GET"})).request("DELETE", "/things/1")


async def test_no_error_holds_a_secret_or_a_query(vendor: Any) -> None:
    vendor.answers = [httpx2.ReadTimeout("https://x?name=Ada")]

    with pytest.raises(AnswerLost) as lost:
        await vendor.http().request("GET", "/things", params=[("name", "Ada")])

    assert "Ada" not in repr(lost.value) + str(lost.value.__cause__) and "secret" not in repr(lost.value)


async def test_a_download_on_another_host_travels_without_our_key(vendor: Any) -> None:
    vendor.answers = [answer(200, b"bytes")]
    http = vendor.http(Limits(concurrency=1))

    async with http.stream("GET", "https://files.example/x", foreign=True) as download:
        got = b"".join([chunk async for chunk in download.chunks])

    assert got == b"bytes"
    assert "Authorization" not in vendor.requests[0].headers
    assert http.pacer.total.calls == 0


async def test_a_refused_download_frees_its_place(vendor: Any) -> None:
    vendor.answers = [answer(429, Retry_After="2"), answer(503), answer(401), answer(200, b"bytes")]
    http = vendor.http(Limits(concurrency=1))

    for _ in range(2):
        async with http.stream("GET", "/files/1") as download:
            assert download.status == 200


async def test_an_upload_streams_and_its_file_name_injects_nothing(vendor: Any) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    vendor.answers = [answer(429, Retry_After="1"), answer(201)]
    upload = Upload("file", 'sc"an\r\nX-Evil: 1 – é.pdf', "application/pdf", 4, chunks, {"id": "7"})

    await vendor.http().request("POST", "/files", upload=upload)

    body = vendor.bodies[-1]
    assert 'filename="sc%22an%0D%0AX-Evil: 1 – é.pdf"'.encode() in body
    assert b"\r\n\r\nabcd\r\n--" in body and b"\r\nX-Evil" not in body
    assert vendor.requests[-1].headers["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in vendor.requests[-1].headers
