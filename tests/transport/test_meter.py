"""What is in use of a ceiling is measured: never more than left, never what nobody measured."""

from __future__ import annotations

from typing import Any

import pytest

from gurney.transport import Limits, Pacer, Rate

pytestmark = pytest.mark.anyio


async def calls(pacer: Pacer, clock: Any, many: int, took_s: float = 0.0) -> None:
    for _ in range(many):
        async with pacer.slot():
            clock.elapsed += took_s


async def test_before_the_first_call_nothing_is_known(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(100, 10),)))
    pacer.restore(Pacer(vendor.runtime, "a", Limits()).snapshot())

    assert pacer.in_use() is None
    assert pacer.snapshot()["in_use"] is None


async def test_a_run_at_the_vendors_pace_uses_nearly_all_of_a_short_window(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(100, 10.0),)))

    await calls(pacer, vendor.clock, 1500)

    use = pacer.in_use()
    assert use is not None
    assert (use.what, use.of) == ("calls in 10 s", 100)
    assert 0.95 <= use.share <= 1.0
    assert use.at == vendor.clock.now().timestamp()


async def test_of_a_long_window_only_its_own_calls_count(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(200, 60.0),)))
    await calls(pacer, vendor.clock, 50)

    begun = pacer.in_use()
    vendor.clock.elapsed += 120
    idle = pacer.in_use()

    assert begun is not None
    assert idle is not None
    assert (begun.used, idle.used) == (50, 0)


async def test_of_two_rates_the_one_that_holds_back_is_told(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(rates=(Rate(10, 1.0), Rate(60, 60.0))))

    await calls(pacer, vendor.clock, 55)

    use = pacer.in_use()
    assert use is not None
    assert use.what == "calls in 60 s"


async def test_without_a_rate_the_calls_under_way_are_told(vendor: Any) -> None:
    pacer = Pacer(vendor.runtime, "a", Limits(concurrency=4))

    await calls(pacer, vendor.clock, 40, took_s=2.0)

    use = pacer.in_use()
    assert use is not None
    assert (use.what, use.of) == ("calls at once", 4)
    assert use.used == pytest.approx(1.0, abs=0.05)


async def test_what_this_process_used_leaves_out_what_earlier_ones_did(vendor: Any) -> None:
    before, after = Pacer(vendor.runtime, "a", Limits()), Pacer(vendor.runtime, "a", Limits())
    await calls(before, vendor.clock, 3)
    after.restore(before.snapshot())

    await calls(after, vendor.clock, 2)

    assert (after.total.calls, after.used_here().calls) == (5, 2)
