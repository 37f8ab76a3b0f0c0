"""A made-up clinic, patient by patient.

Everything is drawn from one seed, so the same numbers give the same clinic, byte for byte. Records are made
as they are asked for: a clinic of a million records need not fit into memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from random import Random

from gurney.twins.clinic import classes, people, visits
from gurney.twins.clinic.catalogue import found
from gurney.twins.clinic.customfields import CustomFields
from gurney.twins.clinic.files import Files
from gurney.twins.clinic.making import Maker
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.planted import Planted, plant
from gurney.twins.clinic.settings import public_settings, settings
from gurney.twins.clinic.wire import Ids, Record
from gurney.twins.clinic.words import Words

SIZES = {"small": 300, "medium": 2_000, "large": 20_000}
"""Patients in the clinics that have a name."""


@dataclass
class Clinic:
    """One clinic in the vendor's wire shape; links start with `wire.API`.

    Iterating makes the records afresh, as (resource, record); `resources` keeps them all.
    """

    patients: int
    seed: int
    as_of: datetime
    records: int | None = None
    oddities: int | None = None
    settings: Record = field(init=False)
    settings_public: Record = field(init=False)
    user: Record = field(init=False)
    planted: list[Planted] = field(init=False)
    files: Files = field(init=False, default_factory=Files)

    def __post_init__(self) -> None:
        world, _ = self._opened()
        self.user = world.catalogue.owner
        ids = [person.id for person in world.catalogue.treating]
        self.settings = settings(self.user, world.fields.definition, ids)
        self.settings_public = public_settings(self.settings)

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        world, planted = self._opened()
        made = 0
        for resource, records in world.catalogue.records.items():
            made += len(records)
            yield from ((resource, record) for record in records)
        made += len(planted)
        yield from planted
        for story in _ordinary(world):
            if world.people > self.patients if self.records is None else made >= self.records:
                return
            made += len(story)
            yield from story

    @cached_property
    def resources(self) -> dict[str, list[Record]]:
        """All records by resource, in the order of the vendor's lists: by the time they were made."""
        lists: dict[str, list[Record]] = defaultdict(list)
        for resource, record in self:
            lists[resource].append(record)
        for resource, records in lists.items():
            if resource != "services":
                records.sort(key=lambda record: (record["created_at"], int(record["id"])))
        return dict(lists)

    def _opened(self) -> tuple[World, Emitted]:
        """The account, its catalogue and its planted patients; the start of every walk over the records."""
        rng, words, ids = Random(self.seed), Words.draw(self.seed), Ids()
        as_of = int(self.as_of.astimezone(UTC).timestamp())
        catalogue = found(Maker(rng, words, ids, as_of), self.patients)
        world = World(rng, words, ids, as_of, catalogue, CustomFields(self.seed), self.files)
        planted: Emitted = []
        self.planted = plant(world, planted, self.seed, self.oddities)
        return world, planted


def generate(
    patients: int, seed: int, as_of: datetime, *, records: int | None = None, oddities: int | None = None
) -> Clinic:
    """A clinic with so many patients, or, when `records` is given, with at least so many records in all.

    The planted patients (about twenty) are always there, so a smaller number gives just them. `oddities` plants
    only so many, other ones for the next seed.
    """
    return Clinic(patients, seed, as_of, records, oddities)


def _ordinary(world: World) -> Iterator[Emitted]:
    """Patient after patient with everything of theirs; every twelfth joins a class of six."""
    before: Person | None = None
    joining: list[Person] = []
    while True:
        out: Emitted = []
        person = people.meet(world)
        visits.history(world, person, out)
        people.alerts(world, person, out)
        if world.rng.random() < 0.2:
            people.attachment(world, person, out)
        record = people.patient(world, person)
        people.referral(world, person, before, record, out)
        out.append(("patients", record))
        if before and world.rng.random() < 0.04:
            people.relate(world, before, person, 50, "Partner", out)
        if person.latest_booking and world.rng.random() < 1 / 12:
            joining.append(person)
        if len(joining) == 6:
            classes.hold(world, joining, out)
            joining.clear()
        before = person
        yield out
