"""Lookups that went empty because what they named is gone: the vendor's doing, no person's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gurney.migration.verify import Verifier
from gurney.records import Link, ReadBack, Value
from gurney.store.effects import Effect, Effects


async def as_people_left_it(
    effects: Sequence[Effect], there: Mapping[str, ReadBack], known: Effects, verifier: Verifier
) -> dict[str, Mapping[str, Value]]:
    """The fields of these records, by destination id, with our lookups in place that went empty with their target.

    Every lookup names a record of the id map. One for which nothing stands any more is one that we removed; of the
    rest the destination is asked.
    """
    emptied: dict[str, dict[str, Link]] = {}
    for effect in effects:
        if (record := there.get(effect.destination_id)) is not None:
            emptied[effect.destination_id] = {
                name: value
                for name, value in effect.written.items()
                if isinstance(value, Link) and record.fields.get(name) is None and name not in record.unreadable
            }
    present = await _present({link for links in emptied.values() for link in links.values()}, known, verifier)
    return {
        id: {**there[id].fields, **{name: link for name, link in links.items() if link not in present}}
        for id, links in emptied.items()
    }


async def _present(links: set[Link], known: Effects, verifier: Verifier) -> set[Link]:
    """Those whose record is there: it was not the end of it that emptied them."""
    ids: dict[str, list[str]] = defaultdict(list)
    for link in known.standing(links):
        ids[link.object].append(link.id)
    present: set[Link] = set()
    for object, some in ids.items():
        standing = known.by_destination(object, sorted(some))
        written = [effect for effect in standing.values() if effect.write is not None]  # not users, whom nobody wrote
        present |= {Link(object, id) for id in standing.keys() - {effect.destination_id for effect in written}}
        present |= {Link(object, id) for id in await verifier.read(object, written, download=False)}
    return present
