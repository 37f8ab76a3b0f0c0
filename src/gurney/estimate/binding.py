"""What holds a piece of work back: an allowance, the rate, jobs that are waited for, bytes on the line, or answers."""

from __future__ import annotations

from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount, usable
from gurney.reports.units import window_words

BULK = "bulk"
LINE_BYTES_S = 2_500_000
"""Assumed of the line between: 20 Mbit/s."""
NEARLY = 0.95
MOSTLY = 0.6
"""Of its time so much is the rate's own: what is missing are the pacer's spare and the answers' way."""


def line_s(size_bytes: int) -> float:
    """Seconds that so many bytes take at least."""
    return size_bytes / LINE_BYTES_S


def binds(prices: Prices, work: Amount, *, route: str = "", size_bytes: int = 0) -> str:
    """In words, for people; '' for work that takes no time."""
    for budget in prices.pace.budgets:
        most = usable(budget)
        needed = work.units if budget.unit == prices.unit else work.calls
        if most is not None and needed > most:
            window = window_words(budget.window_s)
            return f"the {budget.unit}s of {'an' if window == 'hour' else 'a'} {window}"
    if not work.seconds:
        return ""
    if size_bytes and line_s(size_bytes) >= NEARLY * work.seconds:
        return "bytes of files"
    if any(work.calls * rate.each_s() >= MOSTLY * work.seconds for rate in prices.pace.our_rates()):
        return "the destination's rate"
    return "waiting for bulk jobs" if route == BULK else "answer times of calls"
