"""One migration twice between the same twins: undisturbed, and killed and left without answers on the way."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm import Crm, Row
from processes import BY_HAND, Gurney, RunningTwin, make, make_fields, running_twin, shell

SEED = 20
SCALE = 10
"""Seconds that pass in one for twins and verbs alike: waiting for what is under way takes no patience here."""
SLOW_S = 0.1
"""How long a write really takes, so that a kill can meet it under way."""
TRIES = 5
VERBS: tuple[tuple[str, ...], ...] = (("sample",), ("run",), ("delta",), ("rollback", "--yes"))
Picture = dict[str, list[str]]
"""All records by object, sorted, without stamps and with the vendor's ids replaced by our keys."""


@dataclass
class World:
    """One migration between two twins, and what there was to see on its way."""

    view: type[Crm]
    gurney: Gurney
    clinic: RunningTwin
    crm: RunningTwin
    stamp: str
    seen: int = 0
    """The last entry of the CRM's journal that was looked at."""
    written: int = 0
    """Writes among the entries that were looked at."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Paths of the writes whose answers were lost."""
    faults: Counter[str] = field(default_factory=Counter)
    """How often each kind of misfortune was met."""
    writes: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    audit_killed: bool = False

    def count(self) -> int:
        """How many writes the CRM has seen so far."""
        for entry in self.crm.journal(self.seen):
            self.seen = entry["n"]
            self.written += self.view.is_write(entry["method"], entry["path"])
            self.faults[entry.get("fault", "")] += 1
            if entry.get("fault") == "drop_after":
                self.dropped[entry["path"]] += 1
        return self.written

    def picture(self) -> Picture:
        rows = self.view.pictured({object: self.crm.dump(object) for object in self.view.objects})
        names = {self.view.id(row): name(object, row) for object, records in rows.items() for row in records}
        return {
            object: sorted(json.dumps(plain(self.view, row, names), sort_keys=True) for row in records)
            for object, records in rows.items()
        }


def name(object: str, row: Row) -> str:
    """What a record is called instead of by its id, which differs from move to move."""
    ours = [f"{field}={value}" for field, value in sorted(row.items()) if is_key(field) and value]
    words = [row.get(field) for field in ("Note_Title", "File_Name", "Title", "title", "name", "Name", "field_name")]
    return f"{object}:{ours or next(filter(None, words), '')}"


def is_key(field: str) -> bool:
    return re.fullmatch(r"(?i)(Cliniko_\w+_ID|source_system_id)(__c)?", field) is not None


def plain(view: type[Crm], value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: plain(view, one, names) for key, one in value.items() if not view.is_stamp(key)}
    if isinstance(value, list):
        return [plain(view, one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def misfortunes(view: type[Crm]) -> list[dict[str, Any]]:
    """One write in so many has its effect and no answer, every other write of records takes its time, and what else
    is known of this vendor."""
    drops = [
        {"match": {"method": method, "path": f"(?={begins}){path}", "nth": {"every": every}}, "do": "drop_after"}
        for method, path in view.writes.items()
        for begins, every in view.lost.items()
    ]
    delays = [
        {
            "match": {"method": method, "path": f"(?!{view.schema_path}){path}"},
            "do": "delay",
            "seconds": SLOW_S * scale_of(view),
        }
        for method, path in view.writes.items()
    ]
    return [*view.misfortunes, *drops, *delays]


def scale_of(view: type[Crm]) -> int:
    return max(SCALE, view.scale)


def life_goes_on(world: World) -> None:
    """What the delta finds; the same in every world."""
    patients = sorted(
        (one for one in world.clinic.dump("patients") if not one["archived_at"]), key=lambda one: one["id"]
    )
    for patient in patients[:12]:
        fields = {"city": "Newtown", "updated_at": world.stamp}
        world.clinic.post("edit", {"object": "patients", "id": patient["id"], "fields": fields})
    for number in range(3):
        record = {"id": f"99900{number}", "first_name": "New", "last_name": f"Person {number}"}
        stamps = {"created_at": world.stamp, "updated_at": world.stamp}
        world.clinic.post("create", {"object": "patients", "record": record | stamps})
    notes = sorted(world.clinic.dump("treatment_notes"), key=lambda one: one["id"])
    for note in notes[:3]:
        fields = {"title": "Changed title", "updated_at": world.stamp}
        world.clinic.post("edit", {"object": "treatment_notes", "id": note["id"], "fields": fields})


def kill_reading(world: World) -> None:
    """Kill the audit in the middle of the extraction."""
    begun = len(world.clinic.journal())
    process = world.gurney.start("audit", "--workspace", str(world.gurney.workspace), "--json")
    while process.poll() is None and len(world.clinic.journal(begun)) < 12:
        pass
    process.kill()
    process.communicate()
    world.audit_killed = process.returncode == -9


def until_done(gurney: Gurney, command: tuple[str, ...]) -> Any:
    """Repeat a verb as a person would whom it tells to."""
    for _ in range(TRIES):
        process = gurney.start(*command, "--workspace", str(gurney.workspace), "--json")
        out, err = process.communicate(timeout=600)
        if process.returncode == 0:
            return json.loads(out)
    raise AssertionError(f"{command} ended with {process.returncode}:\n{out[-2000:]}\n{err[-2000:]}")


def killed(world: World, command: tuple[str, ...], moments: list[int], chance: random.Random) -> Any:
    """Run a verb, kill it whenever the CRM has seen so many writes since the verb began; then let it end."""
    begun = world.count()
    for moment in moments:
        process = world.gurney.start(*command, "--workspace", str(world.gurney.workspace), "--json")
        target = max(begun + moment, world.count() + 1)  # a verb that was begun again must have done something
        if not kill_at(world, process, target, chance):
            break
        world.kills[command[0]] = world.kills.get(command[0], 0) + 1
    return until_done(world.gurney, command)


def kill_at(world: World, process: subprocess.Popen[str], target: int, chance: random.Random) -> bool:
    """Whether the process was killed before it ended."""
    pause_s = chance.choice((0.0, chance.uniform(0, 1.5 * SLOW_S)))  # just answered, or with the next one under way
    while process.poll() is None:
        wait_s = (pause_s or 0.001) if world.count() >= target else 0.01
        met = world.written >= target
        try:
            process.communicate(timeout=wait_s)
        except subprocess.TimeoutExpired:
            if met:
                process.kill()
                process.communicate()
                return process.returncode == -9
    return False


def prepare(world: World, *, disturbed: bool) -> None:
    """Everything before the sample. Provisioning is left without answers too, and repeated until it is done."""
    gurney = world.gurney
    make(gurney, world.view.vendor)
    gurney("check")
    if disturbed:
        kill_reading(world)
    gurney("audit")
    gurney("plan", "--fallback-owner", "admin@example.com")
    gurney("approve", "plan", "--by", "Test Admin")
    if world.view.vendor in BY_HAND:
        make_fields(gurney, world.view.vendor)
    until_done(gurney, ("provision",))


def live(world: World, moments: dict[str, list[int]] | None = None) -> World:
    """The whole way and back, undisturbed or with kills at these numbers of writes by verb."""
    chance = random.Random(SEED)
    world.pictures["new"] = world.picture()
    if moments is not None:
        world.crm.post("faults", misfortunes(world.view))
    prepare(world, disturbed=moments is not None)
    for command in VERBS:
        verb, before = command[0], world.count()
        if verb == "delta":
            life_goes_on(world)
        undisturbed = moments is None
        world.documents[verb] = (
            world.gurney(*command) if undisturbed else killed(world, command, (moments or {})[verb], chance)
        )
        world.writes[verb] = world.count() - before
        world.pictures[verb] = world.picture()
        if verb == "sample":
            world.gurney("approve", "sample", "--by", "Test Admin")
        if verb == "delta":
            world.documents["reconcile"] = world.gurney("reconcile")
    world.documents["log"] = world.gurney("log", "verify")
    return world


def choose(writes: dict[str, int], kills: int) -> dict[str, list[int]]:
    """Seeded moments by verb, counted in writes; the run has most of them."""
    chance = random.Random(SEED)
    share = kills // 5
    shares = {"sample": share, "run": kills - 3 * share, "delta": share, "rollback": share}
    return {verb: sorted(chance.choices(range(max(1, writes[verb])), k=count)) for verb, count in shares.items()}


@dataclass
class Both:
    calm: World
    rough: World
    moments: int
    """How many kills were tried."""


@contextmanager
def both(view: type[Crm], folder: Path, kills: int, *source: str) -> Iterator[Both]:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    scale = ("--scale", str(scale_of(view)))
    options = (*source, "--unlimited", "--now", stamp, *scale)  # made-up records lie about now
    theirs = (*view.twin_options, *scale)
    with running_twin("cliniko", *options) as clinic, running_twin(view.vendor, *theirs) as crm:
        calm = live(World(view, shell(folder / "calm", clinic, crm), clinic, crm, stamp))
    with running_twin("cliniko", *options) as clinic, running_twin(view.vendor, *theirs) as crm:
        rough = World(view, shell(folder / "rough", clinic, crm), clinic, crm, stamp)
        yield Both(calm, live(rough, choose(calm.writes, kills)), kills)
