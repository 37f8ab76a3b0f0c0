"""Bursts and days, per location."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import Clinic

from gurney.twins.kit.options import BadOption

pytestmark = pytest.mark.anyio


def limited(edition: str = "unlimited", **switches: str) -> Clinic:
    return Clinic(edition=edition, unlimited=False, switches=switches)


async def calls(clinic: Clinic, times: int) -> list[int]:
    return [(await clinic.ask(f"GET /workflows/?locationId={clinic.id}")).status_code for _ in range(times)]


@pytest.mark.rule("highlevel.burst", "highlevel.retry-after")
@pytest.mark.parametrize(("edition", "burst"), [("unlimited", 100), ("sandbox", 25)])
async def test_so_many_calls_fit_into_ten_seconds(edition: str, burst: int) -> None:
    clinic = limited(edition)
    assert set(await calls(clinic, burst)) == {200}
    clinic.pass_time(9)

    over = await clinic.ask("GET /workflows/")

    assert over.status_code == 429
    assert over.json() | {"traceId": ""} == {"statusCode": 429, "message": "Too Many Requests", "traceId": ""}
    assert "retry-after" not in over.headers
    clinic.pass_time(1)
    assert await calls(clinic, 1) == [200]


@pytest.mark.rule("highlevel.burst-window")
@pytest.mark.parametrize(("window", "statuses"), [("sliding", [200] * 50 + [429]), ("fixed", [200] * 51)])
async def test_the_window_rolls_or_starts_anew(window: str, statuses: list[int]) -> None:
    clinic = limited(burst_window=window)
    await calls(clinic, 50)
    clinic.pass_time(9)
    await calls(clinic, 50)
    clinic.pass_time(1)

    assert await calls(clinic, 51) == statuses


@pytest.mark.rule("highlevel.daily", "highlevel.daily-reset")
@pytest.mark.parametrize(("zone", "hours"), [("UTC", 1), ("Australia/Hobart", 14)])
@pytest.mark.parametrize(("edition", "daily"), [("unlimited", 200_000), ("sandbox", 10_000)])
async def test_the_day_ends_at_midnight(edition: str, daily: int, zone: str, hours: int) -> None:
    clinic = limited(edition, reset_time_zone=zone)  # the clock starts at 23:00 UTC, 10:00 in Hobart
    await calls(clinic, 1)
    await clinic.admin("POST spend", {"calls": daily - 2})

    assert await calls(clinic, 2) == [200, 429]
    clinic.pass_time(hours * 3_600 - 1)
    assert await calls(clinic, 1) == [429]
    clinic.pass_time(1)
    assert await calls(clinic, 1) == [200]


@pytest.mark.rule("highlevel.shared-limit")
async def test_tokens_of_a_location_share_and_locations_do_not() -> None:
    clinic = limited()
    other = (await clinic.admin("POST location", {"name": "Hill"})).json()
    await calls(clinic, 100)

    clinic.use((await clinic.admin("POST token", {})).json()["token"])
    mine = await calls(clinic, 1)
    clinic.use(other["token"])
    clinic.id = other["id"]

    assert (mine, await calls(clinic, 1)) == ([429], [200])


@pytest.mark.rule("highlevel.limit-headers")
async def test_every_answer_tells_both_limits(clinic: Clinic) -> None:
    clinic = limited()
    await calls(clinic, 3)

    refused = await clinic.ask("GET /contacts/x")

    told = {name: value for name, value in refused.headers.items() if name.startswith("x-ratelimit")}
    assert told == {
        "x-ratelimit-max": "100", "x-ratelimit-remaining": "96", "x-ratelimit-interval-milliseconds": "10000",
        "x-ratelimit-limit-daily": "200000", "x-ratelimit-daily-remaining": "199996",
        "x-ratelimit-daily-reset": "3600000",
    }  # fmt: skip


@pytest.mark.rule("highlevel.retry-after")
@pytest.mark.parametrize(("mode", "told"), [("none", (None, None)), ("burst", ("10", None)), ("both", ("10", "3590"))])
async def test_retry_after_can_be_switched_on(mode: str, told: tuple[Any, Any]) -> None:
    clinic = limited(retry_after=mode)
    await calls(clinic, 100)
    quick = await clinic.ask("GET /workflows/")
    clinic.pass_time(10)
    await clinic.admin("POST spend", {"calls": 200_000})

    empty = await clinic.ask("GET /workflows/")

    assert (quick.headers.get("retry-after"), empty.headers.get("retry-after")) == told


async def test_refused_calls_are_not_counted() -> None:
    clinic = limited()
    await calls(clinic, 130)

    assert await clinic.count("CallsUsedToday") == 100
    assert await clinic.count("CallsRefused") == 30
    assert [entry.cost for entry in clinic.twin.journal].count(1) == 100


async def test_without_limits_nobody_is_refused_but_calls_are_counted(clinic: Clinic) -> None:
    assert set(await calls(clinic, 150)) == {200}
    assert await clinic.count("CallsUsedToday") == 150


async def test_a_sandbox_has_room_for_two_locations() -> None:
    clinic = Clinic(edition="sandbox")
    await clinic.admin("POST location", {"name": "Second"})

    third = await clinic.admin("POST location", {"name": "Third"})

    assert third.status_code == 400


@pytest.mark.parametrize("switch", ["objects_max", "search_lag_s"])
def test_numbers_must_be_numbers(switch: str) -> None:
    with pytest.raises(BadOption, match="no number"):
        Clinic(switches={switch: "many"})
