"""Rate windows, places, and budgets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gurney.errors import PausedForQuota
from gurney.transport import Budget, BudgetLimit, Limits, Pacer, Rate

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("shared", [False, True])
async def test_a_window_is_used_to_95_percent_and_never_exceeded(vendor: Any, tmp_path: Path, shared: bool) -> None:
    pacer = Pacer(
        vendor.runtime, "a", Limits(rates=(Rate(200, 60),)), shared_file=tmp_path / "rates.db" if shared else None
    )
    sent: list[float] = []

    for _ in range(1000):
        async with pacer.slot():
            sent.append(vendor.clock.monotonic())
            vendor.clock.elapsed += 0.02
    pacer.close()

    for begin in sent:
        assert sum(begin <= moment < begin + 60 for moment in sent) <= 200
    assert 990 / (sent[990] / 60) >= 0.95 * 200


async def test_two_processes_share_one_window(vendor: Any, tmp_path: Path) -> None:
    limits = Limits(rates=(Rate(10, 60),))
    one, two = (Pacer(vendor.runtime, "a", limits, shared_file=tmp_path / "rates.db") for _ in range(2))

    for pacer in [one, two] * 5:
        async with pacer.slot():
            pass
    one.close()
    two.close()

    assert vendor.clock.elapsed >= 60


async def test_heavy_calls_have_fewer_places(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(concurrency=3, heavy_concurrency=1))
    inside = {"heavy": 0, "all": 0}
    most = dict(inside)

    async def call(heavy: bool) -> None:
        async with pacer.slot(heavy=heavy):
            for kind in ["all", *(["heavy"] if heavy else [])]:
                inside[kind] += 1
                most[kind] = max(most[kind], inside[kind])
            await asyncio.sleep(0)
            for kind in ["all", *(["heavy"] if heavy else [])]:
                inside[kind] -= 1

    await asyncio.gather(*(call(bool(n % 2)) for n in range(12)))

    assert most == {"heavy": 1, "all": 3}


async def test_a_spent_budget_pauses_until_it_returns_and_leaves_the_reserve(vendor: Any) -> None:
    credits = BudgetLimit("credits", 100, reserve=20)
    pacer = Pacer(vendor.runtime, "a", Limits(budgets=(credits,)))
    async with pacer.slot(units=80):
        pass

    with pytest.raises(PausedForQuota) as paused:
        async with pacer.slot(units=1):
            pass
    pacer.into_reserve = True
    async with pacer.slot(units=20):
        pass

    assert paused.value.until is not None
    assert timedelta(hours=24) <= paused.value.until - vendor.clock.now() <= timedelta(hours=24, minutes=2)
    assert pacer.total.units == 100


async def test_whoever_goes_on_when_a_pause_ends_is_not_paused_again(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(budgets=(BudgetLimit("calls", 100, rolling=False),)))
    pacer.learn("calls", 0, reset_at=vendor.clock.now() + timedelta(seconds=30.25))

    with pytest.raises(PausedForQuota) as paused:
        async with pacer.slot():
            pass
    assert paused.value.until is not None
    await vendor.clock.sleep((paused.value.until - vendor.clock.now()).total_seconds())
    async with pacer.slot():
        pass

    assert paused.value.until.microsecond == 0
    assert paused.value.until.isoformat() in paused.value.next_step


async def test_what_was_spent_survives_a_restart(vendor: Any, tmp_path: Path) -> None:
    limits = Limits(budgets=(BudgetLimit("credits", 100),))
    before = Pacer(vendor.runtime, "a", limits)
    async with before.slot(units=70, label="Contacts"):
        pass
    before.save(tmp_path / "pace.json")

    after = Pacer(vendor.runtime, "a", limits)
    after.load(tmp_path / "pace.json")

    assert after.remaining("credits") == 30
    assert after.counts("Contacts").units == 70


async def test_the_vendors_word_counts_when_others_spend_too(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(budgets=(BudgetLimit("credits", None),)))
    assert pacer.remaining("credits") is None

    pacer.learn("credits", 5)
    async with pacer.slot(units=3):
        pass

    assert pacer.remaining("credits") == 2
    with pytest.raises(PausedForQuota):
        async with pacer.slot(units=3):
            pass


def test_rolling_credits_come_back_a_day_later_and_pools_at_midnight() -> None:
    rolling = Budget(BudgetLimit("credits", 10))
    pool = Budget(BudgetLimit("tokens", 10, rolling=False))
    noon = 20_000 * 86_400 + 43_200.0
    for budget in (rolling, pool):
        budget.charge(10, noon)

    assert not rolling.allows(1, noon + 86_000, into_reserve=False)
    assert rolling.allows(10, rolling.free_at(10, noon, into_reserve=False), into_reserve=False)
    assert pool.free_at(1, noon, into_reserve=False) == noon + 43_200
    assert pool.allows(10, noon + 43_200, into_reserve=False)


async def test_a_window_of_seconds_is_not_exceeded_when_calls_arrive_late(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(20, 2.0),), concurrency=6))
    arrived: list[float] = []

    async def calls(many: int) -> None:
        for _ in range(many):
            async with pacer.slot():
                arrived.append(vendor.clock.monotonic())

    async with AsyncExitStack() as under_way:
        for _ in range(5):
            await under_way.enter_async_context(pacer.slot())
        await calls(10)
        arrived += [vendor.clock.monotonic()] * 5
    await calls(30)

    for begin in arrived:
        assert sum(begin <= moment < begin + 2 for moment in arrived) <= 20
    assert len(arrived) / vendor.clock.elapsed >= 8


async def _steadily(vendor: Any, pacer: Pacer, calls: int, takes_s: Callable[[int], float]) -> list[float]:
    """Calls as fast as the pacer lets them go; when each was counted: at its answer, as late as can be."""
    counted: list[float] = []

    async def one(number: int) -> None:
        async with pacer.slot():
            await vendor.clock.sleep(takes_s(number))
            counted.append(vendor.clock.monotonic())

    for number in range(calls):
        await one(number)
    return counted


async def test_slow_but_steady_answers_take_nothing_of_a_short_window(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(4, 2.0),), concurrency=4))

    counted = await _steadily(vendor, pacer, 60, lambda _: 0.4)

    assert all(sum(begin <= moment < begin + 2 for moment in counted) <= 4 for begin in counted)
    assert 3 * (counted[-1] - counted[-31]) / 30 == pytest.approx(2.02, rel=0.02), "three in 2.02 s"


async def test_what_an_answer_takes_longer_than_others_counts_for_the_window(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(4, 2.0),), concurrency=4))

    counted = await _steadily(vendor, pacer, 90, lambda number: 0.1 if number % 3 else 0.5)

    assert all(sum(begin <= moment < begin + 2 for moment in counted) <= 4 for begin in counted)


async def test_after_a_refusal_a_call_of_a_short_window_counts_from_its_answer(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(4, 2.0),), concurrency=4))
    await _steadily(vendor, pacer, 30, lambda _: 0.4)
    pacer.refused(2.0)

    counted = await _steadily(vendor, pacer, 24, lambda _: 0.4)

    assert 3 * (counted[-1] - counted[-13]) / 12 == pytest.approx(2.42, rel=0.02)


async def test_who_stood_still_is_asked_whether_it_may_go_on(vendor: Any) -> None:
    class Overtaken(Exception):
        pass

    def refuse() -> None:
        raise Overtaken

    pacer = Pacer(vendor.runtime, "a", Limits())
    pacer.guard = lambda: None
    async with pacer.slot():
        pass
    pacer.guard = refuse
    vendor.clock.elapsed += 60

    with pytest.raises(Overtaken):
        async with pacer.slot():
            pass
    assert pacer.total.calls == 1
