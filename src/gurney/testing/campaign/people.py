"""What other people do meanwhile, at the clinic and in the CRM. Each deed tells what it did, without a value."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from gurney.testing.campaign.world import CRM, SOURCE, World

HERS = "Typed by a person"
ARCHIVABLE = ("patients", "individual_appointments", "treatment_notes", "invoices", "patient_attachments")
DELETABLE = ("individual_appointments", "treatment_notes", "patient_attachments")


@cache
def known_destinations() -> dict[str, dict[str, Any]]:
    """What the campaign knows of each destination that it can play (destinations.toml)."""
    return tomllib.loads((files("gurney.testing.campaign") / "destinations.toml").read_text("utf-8"))


def facts(vendor: str) -> dict[str, Any]:
    """The same of one."""
    return known_destinations()[vendor]


def edit_patient(world: World, chance: random.Random) -> str:
    id = chance.choice(_rows(world, "patients"))
    field = chance.choice(("city", "occupation", "first_name", "notes"))
    world.clock.pass_by(2)
    world.admin(SOURCE, "edit", object="patients", id=id, fields={field: f"Changed {chance.randrange(100)}"})
    return _touched(world, "patients", id)


def create_patient(world: World, chance: random.Random) -> str:
    world.clock.pass_by(2)
    made = world.admin(SOURCE, "create", object="patients", record={"first_name": "Newly", "last_name": "Come"})
    return _touched(world, "patients", str(made["id"]))


def archive(world: World, chance: random.Random) -> str:
    object, id = _any(world, chance, ARCHIVABLE)
    world.clock.pass_by(2)
    at = world.clinic.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    world.admin(SOURCE, "edit", object=object, id=id, fields={"archived_at": at})
    return _touched(world, object, id)


def delete(world: World, chance: random.Random) -> str:
    object, id = _any(world, chance, DELETABLE)
    world.admin(SOURCE, "delete", object=object, id=id)
    return _touched(world, object, id)


def shift_pages(world: World, chance: random.Random) -> str:
    """Of a list of which a page has been read, an early row goes, changes, or one more comes: the later ones move."""
    object = world.listed
    rows = [str(row["id"]) for row in world.clinic.service.dump(object) or () if "id" in row]
    if not rows:
        return f"{object} have no ids to know them by"
    early = chance.choice(rows[: max(1, len(rows) // 2)])
    world.clock.pass_by(2)
    if object in DELETABLE and chance.random() < 0.7:
        world.admin(SOURCE, "delete", object=object, id=early)
        return f"deleted {_touched(world, object, early)}"
    if object == "patients" and chance.random() < 0.5:
        return f"created {create_patient(world, chance)}"
    world.admin(SOURCE, "edit", object=object, id=early, fields={})
    return f"changed {_touched(world, object, early)}"


def merge(world: World, chance: random.Random) -> str:
    live = [row for row in world.clinic.service.dump("patients") or () if not row["archived_at"]]
    if len(live) < 2:
        return "nobody to merge"
    loser, survivor = chance.sample([str(row["id"]) for row in live], 2)
    world.clock.pass_by(2)
    world.admin(SOURCE, "merge", loser=loser, survivor=survivor)
    _touched(world, "patients", survivor)
    return _touched(world, "patients", loser)


def edit_record(world: World, chance: random.Random) -> str:
    """A person types into a record, which is not ours alone any more.

    Over what stands there, or into an empty field that was made for us: a rollback knows no others
    (docs/reliability.md, what is not covered).
    """
    places = [
        (object, field, world.id(object, row))
        for object, field in facts(world.vendor)["edits"]
        for row in world.crm.service.dump(object) or ()
        if "properties" in row or row.get(field)
    ]
    if not places:
        return "no record yet"
    object, field, id = chance.choice(places)
    world.clock.pass_by(2)
    world.admin(CRM, "edit", object=object, id=id, fields={field: HERS})
    world.edited[object, str(id)] = field
    world.clock.pass_by(2)
    return f"{object}.{field} of {id}"


def edit_on_both_sides(world: World, chance: random.Random) -> str:
    """Staff at the clinic and a user of the CRM change the same field of the same patient."""
    source, object, field = facts(world.vendor)["both"]
    patients = set(_rows(world, "patients"))
    records = [
        (mine, row) for row in world.crm.service.dump(object) or () if (mine := patients & set(map(str, _values(row))))
    ]
    if not records:
        return "no patient there yet"
    mine, row = chance.choice(records)
    patient, id = min(mine), str(world.id(object, row))
    world.clock.pass_by(2)
    world.admin(CRM, "edit", object=object, id=id, fields={field: HERS})
    world.admin(SOURCE, "edit", object="patients", id=patient, fields={source: f"Changed {chance.randrange(100)}"})
    world.edited[object, id] = field
    world.clock.pass_by(2)
    return f"{object}.{field} of {id} and {_touched(world, 'patients', patient)}"


def _values(row: Mapping[str, Any]) -> Iterator[Any]:
    for value in row.values():
        if isinstance(value, Mapping):
            yield from _values(value)
        elif isinstance(value, (list, tuple)):
            yield from (part for item in value if isinstance(item, Mapping) for part in _values(item))
        else:
            yield value


def delete_record(world: World, chance: random.Random) -> str:
    places = [
        (object, world.id(object, row))
        for object in dict.fromkeys(object for object, _ in facts(world.vendor)["edits"])
        for row in world.crm.service.dump(object) or ()
    ]
    if not places:
        return "no record yet"
    object, id = chance.choice(places)
    world.clock.pass_by(2)
    world.admin(CRM, "delete", object=object, id=id)
    world.deleted.add((object, str(id)))
    return f"{object} {id}"


def create_record(world: World, chance: random.Random) -> str:
    object, fields = facts(world.vendor)["creates"]
    world.clock.pass_by(2)
    made = world.admin(CRM, "create", object=object, fields=fields)
    world.strangers.add((object, str(made["id"])))
    return f"{object} {made['id']}"


def drop_field(world: World, chance: random.Random) -> str:
    """An administrator deletes a field that was made for us, with its values. `provision` makes it again."""
    order = chance.choice(facts(world.vendor)["drops"])
    if not _reshape(world, "drop_field", order):
        return "no such field yet"
    words = " ".join(order.values())
    world.edited = {key: field for key, field in world.edited.items() if field not in words}
    return words


def drop_option(world: World, chance: random.Random) -> str:
    """An administrator removes a value from a pick-list that was made for us. `provision` puts it back, or says who."""
    order = chance.choice(facts(world.vendor)["drops_options"])
    if not _reshape(world, "drop_option", order):
        return "no such value yet"
    if facts(world.vendor).get("adds_options_by_hand"):
        world.by_hand.append(order)
    return " ".join(order.values())


def do_by_hand(world: World) -> None:
    """What no call does and the product asks an administrator for: pick-list values are put back."""
    while world.by_hand:
        world.admin(CRM, "add_option", **world.by_hand.pop())


def _reshape(world: World, door: str, order: dict[str, str]) -> bool:
    """Whether there was something to take away."""
    try:
        world.admin(CRM, door, **order)
    except AssertionError:
        return False
    world.reshaped = True
    return True


def merge_records(world: World, chance: random.Random) -> str:
    """A user of the CRM makes one of two records: what hung on the loser hangs on the winner."""
    object = chance.choice(facts(world.vendor)["merges"])
    ids = [world.id(object, row) for row in world.crm.service.dump(object) or ()]
    if len(ids) < 2:
        return "nothing to merge yet"
    loser, winner = chance.sample(ids, 2)
    world.clock.pass_by(2)
    world.admin(CRM, "merge", object=object, id=winner, others=[loser])
    world.deleted.add((object, loser))
    world.clock.pass_by(2)
    return f"{object} {loser} into {winner}"


def _rows(world: World, object: str) -> list[str]:
    return [str(row["id"]) for row in world.clinic.service.dump(object) or ()]


def _any(world: World, chance: random.Random, objects: tuple[str, ...]) -> tuple[str, str]:
    object = chance.choice([name for name in objects if _rows(world, name)])
    return object, chance.choice(_rows(world, object))


def _touched(world: World, object: str, id: str) -> str:
    world.touched.add((object, id))
    return f"{object} {id}"
