"""What of an account other programs keep: of its allowances, its rates, its places, and of what a forecast says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gurney.destinations.names import NAMES
from gurney.destinations.vendor import vendor
from gurney.errors import PausedForQuota
from gurney.transport import BudgetLimit, Limits, Pacer, Rate

pytestmark = pytest.mark.anyio
DAY = BudgetLimit("credits", 1000, reserve=100, rolling=False)


async def spend(pacer: Pacer, units: int) -> None:
    async with pacer.slot(units=units):
        pass


async def test_a_load_leaves_the_share_and_a_rollback_leaves_it_too(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(budgets=(DAY,)))
    pacer.leave_to_others(20)
    await spend(pacer, 700)

    with pytest.raises(PausedForQuota, match="200 are other programs'"):
        await spend(pacer, 1)
    pacer.into_reserve = True
    await spend(pacer, 100)
    with pytest.raises(PausedForQuota):
        await spend(pacer, 1)

    assert pacer.remaining("credits") == 200


async def test_what_others_have_used_of_their_share_is_not_left_to_them_twice(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(budgets=(replace(DAY, reserve=0),)))
    pacer.leave_to_others(20)
    await spend(pacer, 100)
    pacer.learn("credits", 700)  # the others used their 200 already

    await spend(pacer, 700)
    with pytest.raises(PausedForQuota):
        await spend(pacer, 1)

    assert pacer.total.units == 800


@pytest.mark.parametrize("shared", [False, True])
async def test_a_window_holds_our_part_alone_also_when_the_vendor_tells_another_rate(
    vendor: Any, tmp_path: Path, shared: bool
) -> None:
    file = tmp_path / "rates.db" if shared else None
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(100, 60),)), shared_file=file)
    pacer.leave_to_others(50)
    pacer.learn_rate(Rate(200, 60))
    sent: list[float] = []

    for _ in range(400):
        async with pacer.slot():
            sent.append(vendor.clock.monotonic())
            vendor.clock.elapsed += 0.02
    pacer.close()

    assert max(sum(begin <= moment < begin + 60 for moment in sent) for begin in sent) <= 100
    assert 300 / (sent[300] / 60) >= 0.95 * 100


async def test_where_there_is_no_rate_places_are_shared(vendor: Any) -> None:
    places, paced = Limits(concurrency=10, heavy_concurrency=5), Limits(rates=(Rate(10, 1),), concurrency=10)

    assert (places.leaving(30).concurrency, places.leaving(30).heavy_concurrency) == (7, 3)
    assert paced.leaving(30).concurrency == 10
    assert places.leaving(90).heavy_concurrency == 1


async def test_what_another_process_spent_is_restored_with_todays_share(vendor: Any) -> None:
    unknown = replace(DAY, ceiling=None)
    before, after = (Pacer(vendor.runtime, "a", Limits(budgets=(unknown,))) for _ in range(2))
    before.learn("credits", 900, ceiling=1000)

    after.leave_to_others(20)
    after.restore(before.snapshot())

    assert after.budgets["credits"].standing(vendor.clock.now().timestamp()).for_others == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_forecast_takes_longer_by_what_is_left_to_others_and_costs_the_same(name: str) -> None:
    edition = vendor(name).editions()[-1]
    whole = vendor(name).prices(edition, 5, {"Contacts": 20})
    half = whole.leaving(50)
    object = {"zoho": "Contacts", "salesforce": "Contact", "pipedrive": "persons", "freshsales": "contacts",
              "highlevel": "contacts"}[name]  # fmt: skip

    all_of_it, shared = whole.cost(object, "read", 5000), half.cost(object, "read", 5000)

    assert (shared.calls, shared.units) == (all_of_it.calls, all_of_it.units)
    assert shared.seconds >= all_of_it.seconds
    for rate, ours in zip(whole.pace.rates, half.pace.our_rates(), strict=True):
        assert ours.calls == rate.calls // 2
        assert shared.seconds >= shared.calls * rate.seconds / ours.calls
    assert all(limit.for_others * 2 >= limit.ceiling for limit in half.pace.budgets if limit.ceiling)
