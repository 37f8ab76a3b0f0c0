"""Counts the findings and keeps the first ids of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gurney.migration.quality.kinds import KINDS
from gurney.reports.model import FoundRow

SAMPLE = 50
"""Ids listed with a finding; the count says how many there are."""


class Tally:
    """Counts and the first ids by (code, object, field). A record counts once for each."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = defaultdict(int)
        self._ids: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._last: dict[tuple[str, str, str], str] = {}

    def add(self, code: str, object: str, id: str, field: str = "") -> None:
        place = (code, object, field)
        if self._last.get(place) == id:
            return
        self._last[place] = id
        self._counts[place] += 1
        if len(self._ids[place]) < SAMPLE:
            self._ids[place].append(id)

    def findings(self) -> Iterator[FoundRow]:
        for place, count in self._counts.items():
            code, object, field = place
            kind = KINDS[code]
            yield FoundRow(
                level=kind.level,
                code=code,
                object=object,
                words=kind.words.format(field=field),
                next_step=kind.next_step,
                count=count,
                ids=self._ids[place],
            )
