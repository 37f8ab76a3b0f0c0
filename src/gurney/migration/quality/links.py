"""Links between records, and those that lead to a record which is not there."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gurney.migration.quality.likeness import IdSet, number_of
from gurney.migration.quality.tally import Tally
from gurney.records import SourceRecord

BOOKINGS = ("individual_appointments", "group_appointments", "unavailable_blocks", "appointments")
"""They share one space of ids, to which /bookings and the legacy /appointments links lead (FACTS 5, 6, 13)."""


class Links:
    """Knows every record by 8 bytes, and keeps 16 for each link whose end has not been seen yet."""

    def __init__(self, found: Tally) -> None:
        self._found = found
        self._known: dict[str, IdSet] = defaultdict(IdSet)
        self._open: dict[tuple[str, str, str], tuple[array[int], array[int]]] = {}
        self._texts: dict[int, str] = {}

    def see(self, object: str, id: str, record: SourceRecord) -> None:
        self._known[_space(object)].add(id)
        for field, value in record.items():
            if type(value) is dict and field != "links":
                target, target_id = _target(value)
                if target_id and target_id not in self._known.get(_space(target), ()):
                    self._keep((object, field, _space(target)), id, target_id)

    def _keep(self, place: tuple[str, str, str], id: str, target_id: str) -> None:
        ids, targets = self._open.setdefault(place, (array("Q"), array("Q")))
        ids.append(number_of(id))
        targets.append(number_of(target_id))
        if not id.isdecimal():
            self._texts[ids[-1]] = id

    def finish(self) -> None:
        """A link to an object of which nothing was read cannot be judged, and is left alone."""
        for (object, field, target), (ids, targets) in self._open.items():
            if target not in self._known:
                continue
            known = self._known[target]
            for id, target_id in zip(ids, targets, strict=True):
                if not known.has(target_id):
                    self._found.add("source-orphan", object, self._texts.get(id, str(id)), field)


def link_id(relation: Any) -> str | None:
    """The id that a relation leads to."""
    return _target(relation)[1] or None if isinstance(relation, dict) else None


def _space(object: str) -> str:
    return "bookings" if object in BOOKINGS else object


def _target(relation: Mapping[str, Any]) -> tuple[str, str]:
    """The object and id that a relation leads to; ('', '') for a list, a file or something else."""
    url = (relation.get("links") or {}).get("self")
    if not isinstance(url, str) or "?" in url:
        return "", ""
    parts = url.rsplit("/", 2)
    if len(parts) < 3 or not parts[2][:1].isdigit() or parts[1][:1].isdigit():
        return "", ""
    return parts[1], parts[2]
