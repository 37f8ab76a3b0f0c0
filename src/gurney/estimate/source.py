"""How long calls to the source take: by the same facts that its pacer goes by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gurney.estimate.binding import line_s
from gurney.sources.cliniko.client import limits, pace
from gurney.sources.cliniko.objects import objects

ANSWERS_A_FILE = 2
"""The second is the file's place, to which the first one points; it is no call of the vendor's (FACTS 6.5)."""

ROWS_A_CALL = 100
"""Cliniko's largest page (FACTS 3)."""
FIRST_CALLS = 4
"""Settings, and what changed last, before all lists are read beside each other."""


def calls_to_read(records: Mapping[str, int]) -> int:
    """Every page of every list; an empty list is asked too, and one of several pages once more for what changed."""
    pages = {name: -(-records.get(name, 0) // ROWS_A_CALL) for name in objects()}
    further = sum(max(0, count - 1) for count in pages.values())
    return FIRST_CALLS + _lists() + further + _long_lists(records)


def calls_to_sweep(lists: Collection[str]) -> int:
    """Looking for changes where there are none: the settings, and each list that the mapping reads once."""
    return 1 + sum(len(objects()[name].paths) for name in lists if name in objects())


def _lists() -> int:
    return sum(len(one.paths) for one in objects().values())


def _long_lists(records: Mapping[str, int]) -> int:
    return sum(records.get(name, 0) > ROWS_A_CALL for name in objects())


def read_s(calls: int, records: int, calls_a_minute: int) -> float:
    """Seconds of reading everything, bytes on the line included."""
    first_s: float = FIRST_CALLS * limits()["rate"]["call_latency_s"]
    return first_s + calls_s(calls - FIRST_CALLS, calls_a_minute) + line_s(records * limits()["list"]["record_bytes"])


def calls_s(calls: int, calls_a_minute: int) -> float:
    """Seconds of so many calls, when nothing else was asked just before."""
    return pace(calls_a_minute).lasts_s(calls, limits()["rate"]["call_latency_s"], anew=True)


def files_s(files: int, calls_a_minute: int) -> float:
    """Seconds of fetching so many files, their bytes apart."""
    return pace(calls_a_minute).lasts_s(files, ANSWERS_A_FILE * limits()["rate"]["call_latency_s"], anew=True)
