"""Which of the source's lists a mapping reads: nothing in the others can change a record at the destination."""

from __future__ import annotations

from gurney.mapping.compile import facts_read
from gurney.mapping.model import Mapping
from gurney.sources.cliniko.derived import made_from
from gurney.sources.cliniko.keep import REFERRED_TO


def lists_read(mapping: Mapping) -> frozenset[str]:
    """The source's objects whose rows decide what the mapping writes: those that its object maps go through, those
    from which the facts that they read are made, and those whose missing records are looked for.

    Lines that are off count too, for they may go out as companion files.
    """
    active = {entry.map: entry for entry in mapping.active()}
    found = set(REFERRED_TO)
    for entry in active.values():
        found |= {entry.source, *made_from(entry.source, facts_read(entry, active, entry.fields))}
    return frozenset(found)
