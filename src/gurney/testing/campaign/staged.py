"""Whether all that is at the clinic was read, as it is now: whatever moved between pages while they were read."""

from __future__ import annotations

from collections.abc import Iterator

from gurney.sources.cliniko.objects import objects
from gurney.store.snapshot import Row
from gurney.store.store import Store
from gurney.testing.campaign.world import World

STRIDE = 1000


def unread(world: World, store: Store) -> list[str]:
    """Records of the clinic that the snapshot does not have, or has as they were. Services have no stamps, nor ids."""
    wrong: list[str] = []
    for spec in objects().values():
        if not spec.filterable:
            continue
        held = {row.id: row.body.get("updated_at") for row in _rows(store, spec.name)}
        for record in world.clinic.service.dump(spec.name) or ():
            id = str(record["id"])
            if id not in held:
                wrong.append(f"{spec.name} {id} was not read")
            elif held[id] != record.get("updated_at"):
                wrong.append(f"{spec.name} {id} was read before it changed")
    return wrong


def _rows(store: Store, object: str) -> Iterator[Row]:
    after = 0
    while page := store.snapshot.scan(object, after=after, limit=STRIDE):
        yield from page
        after = page[-1].seq
