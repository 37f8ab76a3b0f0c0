"""Calls beside each other: what was answered is kept, whatever became of the others."""

from __future__ import annotations

import asyncio

import pytest

from gurney.errors import AnswerLost, PausedForQuota
from gurney.transport import as_far_as_paid, together

pytestmark = pytest.mark.anyio
SPENT = PausedForQuota("The day's requests are spent.", until=None)


async def answering(answer: int, ended: list[int]) -> int:
    for _ in range(answer):
        await asyncio.sleep(0)
    ended.append(answer)
    return answer


async def failing(error: Exception) -> int:
    raise error


async def test_results_come_in_the_order_of_the_calls() -> None:
    ended: list[int] = []

    assert await together([answering(3, ended), answering(1, ended)]) == [3, 1]
    assert ended == [1, 3]


async def test_an_error_is_raised_when_all_calls_have_come_to_rest() -> None:
    ended: list[int] = []

    with pytest.raises(AnswerLost):
        await together([failing(AnswerLost("lost")), answering(3, ended)])

    assert ended == [3]


async def test_what_was_answered_before_a_budget_was_spent_is_kept() -> None:
    assert await as_far_as_paid([answering(1, []), failing(SPENT)]) == [1, None]


@pytest.mark.parametrize("calls", [[SPENT, SPENT], [SPENT, AnswerLost("lost")]])
async def test_a_budget_that_stops_all_and_any_other_error_are_raised(calls: list[Exception]) -> None:
    with pytest.raises(type(calls[0])):
        await as_far_as_paid([failing(error) for error in calls])
