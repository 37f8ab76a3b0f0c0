"""What other people do meanwhile, at the clinic and in the CRM. Each deed tells what it did, without a value."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from gurney.testing.campaign.world import CRM, SOURCE, World

HERS = "Typed by a person"
ARCHIVABLE = ("patients", "individual_appointments", "treatment_notes", "invoices", "patient_attachments")
DELETABLE = ("individual_appointments", "treatment_notes", "patient_attachments")


@cache
def facts(vendor: str) -> dict[str, Any]:
    """What the campaign knows of a destination (destinations.toml)."""
    told = tomllib.loads((files("gurney.testing.campaign") / "destinations.toml").read_text("utf-8"))
    known: dict[str, Any] = told[vendor]
    return known


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
    """A person types into a record, which is not ours alone any more."""
    places = [
        (object, field, world.id(object, row))
        for object, field in facts(world.vendor)["edits"]
        for row in world.crm.service.dump(object) or ()
    ]
    if not places:
        return "no record yet"
    object, field, id = chance.choice(places)
    world.clock.pass_by(2)
    world.admin(CRM, "edit", object=object, id=id, fields={field: HERS})
    world.edited[object, str(id)] = field
    world.clock.pass_by(2)
    return f"{object}.{field} of {id}"


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


def _rows(world: World, object: str) -> list[str]:
    return [str(row["id"]) for row in world.clinic.service.dump(object) or ()]


def _any(world: World, chance: random.Random, objects: tuple[str, ...]) -> tuple[str, str]:
    object = chance.choice([name for name in objects if _rows(world, name)])
    return object, chance.choice(_rows(world, object))


def _touched(world: World, object: str, id: str) -> str:
    world.touched.add((object, id))
    return f"{object} {id}"
