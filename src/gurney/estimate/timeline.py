"""The calendar of a migration: what the machine needs by arithmetic, and what people usually take beside it.

The days that a category usually takes are not used: an allowance knows better (contract EST5).
"""

from __future__ import annotations

from gurney.estimate.allowance import amount_of
from gurney.reports.estimate import EstimateReport, TimelineRow, days_words
from gurney.reports.forecast import READ, ROOM, SAMPLE, Forecast

MACHINE, PEOPLE = "machine", "people"
HOUR_S = 3_600
SPREAD = 1.5
"""By how much the machine's own time may grow: answers slower than assumed, others who use the allowance too."""
READING_H = (4.0, 24.0)
REVIEW_H = (4.0, 24.0)
LIVING_ON_H = (0.0, 48.0)


def timeline(told: Forecast) -> list[TimelineRow]:
    """Step by step; people's times are assumed."""
    read_s, room_s, sample_s = (amount_of(told.rows, {phase}).seconds for phase in (READ, ROOM, SAMPLE))
    load_s = max(0.0, (told.seconds or 0.0) - read_s - room_s - sample_s)
    return [
        _machine("check and audit: the source is read", read_s, "the source's rate"),
        _people("read the audit and the plan, sign it", READING_H),
        _machine("make fields and objects", room_s, ""),
        _machine("load the sample and read it back", sample_s, ""),
        _people("look at the sample, sign it", REVIEW_H),
        _machine("load, read back and reconcile everything", load_s, "allowances, rates and answers"),
        _people("work in both systems; deltas bring what changed", LIVING_ON_H),
    ]


def wanted_words(report: EstimateReport, days: float) -> str:
    """Whether the wanted time is enough, and what would make it so."""
    low, high = report.days
    if high <= days:
        return f"{days:g} days are enough: the calendar takes {days_words(low, high)}."
    if low <= days:
        return f"{days:g} days are enough if people are quick: the calendar takes {days_words(low, high)}."
    rest_s = days * 24 * HOUR_S - (low * 24 * HOUR_S - (report.forecast.seconds or 0.0))
    faster = [one.edition for one in report.editions if one.fits and one.seconds <= rest_s]
    way = f" In {faster[0]} they would be." if faster else " No edition changes that."
    return f"{days:g} days are not enough: the calendar takes {days_words(low, high)}.{way}"


def _machine(step: str, seconds: float, reason: str) -> TimelineRow:
    hours = seconds / HOUR_S
    return TimelineRow(step=step, who=MACHINE, from_h=hours, to_h=hours * SPREAD, reason=reason)


def _people(step: str, hours: tuple[float, float]) -> TimelineRow:
    return TimelineRow(step=step, who=PEOPLE, from_h=hours[0], to_h=hours[1], reason="assumed")
