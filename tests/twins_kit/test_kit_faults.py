"""Faults: who meets them, and what the client and the vendor's state then look like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from counter_twin import counter_twin

from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import BadOption
from gurney.twins.kit.server import serving
from gurney.twins.kit.twin import Twin

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(twin: Twin) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
        yield client


async def lost(client: httpx2.AsyncClient, name: str) -> bool:
    """Whether the answer to a creation was lost."""
    try:
        await client.post("/things", json=[name])
    except httpx2.TransportError:
        return True
    return False


async def test_drop_after_does_it_and_drop_before_does_not(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("drop_before", method="POST", nth=1)
    twin.faults.add("drop_after", method="POST", nth=2)

    assert [await lost(client, name) for name in "abc"] == [True, True, False]

    assert [thing["name"] for thing in twin.service.dump("things") or ()] == ["b", "c"]
    assert [(entry.status, entry.fault) for entry in twin.journal] == [
        (0, "drop_before"),
        (0, "drop_after"),
        (201, None),
    ]


async def test_every_nth_counts_only_matching_requests(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.replace([{"match": {"method": "POST", "path": "/things$", "nth": {"every": 3}}, "do": "drop_after"}])

    outcomes = []
    for number in range(7):
        await client.get("/things/1")
        outcomes.append(await lost(client, str(number)))

    assert outcomes == [False, False, True, False, False, True, False]


async def test_a_share_of_requests_is_the_same_for_the_same_seed() -> None:
    async def outcomes(seed: int) -> list[bool]:
        twin = counter_twin(seed=seed)
        twin.faults.add("drop_before", share=0.5)
        async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
            return [await lost(client, str(number)) for number in range(40)]

    first = await outcomes(1)

    assert first == await outcomes(1)
    assert first != await outcomes(2)
    assert 8 < sum(first) < 32


async def test_a_told_status_comes_with_its_body_and_headers(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("status", status=503, body={"code": "X"}, headers={"Retry-After": 7}, nth=1)
    twin.faults.add("status", status=500, after=True, nth=2)

    answer = await client.post("/things", json=["a"])
    later = await client.post("/things", json=["b"])

    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"code": "X"}, "7")
    assert later.status_code == 500
    assert twin.service.state() == {"things": 1}


async def test_half_a_batch_is_done_before_a_partial_failure(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("partial", keep=0.5)

    answer = await client.post("/things", json=["a", "b", "c", "d"])

    assert answer.status_code == 500
    assert twin.service.state() == {"things": 2}


async def test_a_garbled_answer_has_its_length_but_no_sense(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("garble")

    answer = await client.post("/things", json=["a"])

    assert answer.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_a_delay_is_vendor_time(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("delay", seconds=90)
    before = twin.clock.timestamp()

    await client.get("/things/1")

    assert twin.clock.timestamp() - before == 90


async def test_a_vendors_own_fault_runs_before_the_request(twin: Twin, client: httpx2.AsyncClient) -> None:
    twin.faults.add("expire_token", nth=2)

    await client.get("/things/1")
    assert not twin.service.expired  # type: ignore[attr-defined]
    await client.get("/things/1")

    assert twin.service.expired  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("do", "seen"),
    [
        ("drop_after", httpx2.RemoteProtocolError),
        ("reset", httpx2.ReadError),
        ("truncate", httpx2.RemoteProtocolError),
    ],
)
async def test_a_socket_and_the_in_process_transport_fail_alike(
    twin: Twin, client: httpx2.AsyncClient, do: str, seen: type[Exception]
) -> None:
    twin.faults.add(do, after=True)

    with pytest.raises(seen):
        await client.post("/things", json=["a"])
    async with serving(twin) as line, httpx2.AsyncClient() as other:
        with pytest.raises(seen):
            await other.post(line["base_url"] + "/things", json=["b"])
        await asyncio.sleep(0)

    assert twin.service.state() == {"things": 2}


@pytest.mark.parametrize(
    "order",
    [{"do": "explode"}, {"do": "delay", "match": {"verb": "GET"}}, {"do": "delay", "match": {"path": "("}}, {}],
)
async def test_an_order_that_is_not_understood_is_refused_and_the_old_ones_stay(
    twin: Twin, client: httpx2.AsyncClient, order: dict[str, Any]
) -> None:
    twin.faults.add("drop_before")

    with pytest.raises(BadOption):
        twin.faults.replace([order])

    assert await lost(client, "a")
