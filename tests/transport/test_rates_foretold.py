"""How long so many calls take, by the facts that the pacer itself goes by."""

from __future__ import annotations

import pytest

from gurney.transport import Limits, Rate

MINUTE = Rate(200, 60.0)
"""198 calls in 60.5 s: the pacer keeps one in a hundred of both spare."""


def test_few_calls_take_their_rounds_of_answers() -> None:
    limits = Limits(concurrency=4)

    assert limits.lasts_s(9, 0.5) == 3 * 0.5
    assert limits.lasts_s(9, 0.5, beside=1) == 9 * 0.5
    assert limits.lasts_s(9, 0.5, beside=100) == 3 * 0.5, "never more at once than there are places"
    assert limits.lasts_s(0, 0.5) == 0


def test_many_calls_take_what_the_rate_lets_go() -> None:
    limits = Limits(rates=(MINUTE,), concurrency=4)

    assert limits.lasts_s(1980, 0.4) == pytest.approx(10 * 60.5)


def test_the_first_calls_of_an_empty_window_go_as_fast_as_answers_come() -> None:
    limits = Limits(rates=(MINUTE,), concurrency=4)

    assert limits.lasts_s(100, 0.4, anew=True) == pytest.approx(10)
    assert limits.lasts_s(298, 0.4, anew=True) == pytest.approx(60.5 + 100 * 0.4 / 4)


def test_in_a_very_short_window_steady_answers_cost_nothing() -> None:
    """20 calls in 2 s are 19 in 2.02 s, 80 are 78, however long the answers take, where there are places enough."""
    assert Limits(rates=(Rate(20, 2.0),), concurrency=8).lasts_s(190, 0.35) == pytest.approx(10 * 2.02)
    assert Limits(rates=(Rate(80, 2.0),), concurrency=50).lasts_s(780, 0.5) == pytest.approx(10 * 2.02)


def test_what_is_left_to_others_is_not_counted_on() -> None:
    limits = Limits(rates=(MINUTE,), concurrency=4).leaving(50)

    assert limits.lasts_s(990, 0.1) == pytest.approx(10 * 60.5)
