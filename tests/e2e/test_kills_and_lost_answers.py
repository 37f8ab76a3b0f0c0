"""Killed at any moment and answered badly, a migration ends as one that nothing disturbed: nothing lost or twice."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

pytestmark = pytest.mark.xdist_group("kills")

SEED = 20
LONG = "GURNEY_LONG"
WRITE = r"/crm/v8/(?!coql)"
"""Queries are sent with POST too, but write nothing."""
RECORDS = r"/crm/v8/(?!coql|settings)"
SLOW_S = 0.1
"""How long a write takes, so that a kill can meet it under way."""
VERBS: tuple[tuple[str, ...], ...] = (("sample",), ("run",), ("delta",), ("rollback", "--yes"))
STAMPS = {"Created_Time", "Modified_Time", "Last_Activity_Time", "created_time", "Modified_By", "Created_By"}
SCHEMA = {"Users", "RecycleBin", "Files", "CustomFields", "CustomModules", "CreditsUsed"}


@dataclass
class World:
    """One migration between two twins, and what there was to see on its way."""

    gurney: Gurney
    clinic: RunningTwin
    crm: RunningTwin
    stamp: str
    writes: dict[str, int] = field(default_factory=dict)
    dumps: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    kills: int = 0
    dropped: int = 0
    audit_killed: bool = False


def is_write(entry: dict[str, Any]) -> bool:
    return entry["method"] != "GET" and re.match(WRITE, entry["path"]) is not None


def writes(crm: RunningTwin) -> int:
    return sum(is_write(entry) for entry in crm.journal())


def normalised(crm: RunningTwin) -> dict[str, list[str]]:
    """All records by module, sorted, without stamps and with Zoho's ids replaced by our keys."""
    rows = {object: crm.dump(object) for object, count in crm.state().items() if count and object not in SCHEMA}
    names = {row["id"]: key_of(object, row) for object, records in rows.items() for row in records}
    return {
        object: sorted(json.dumps(without_ids(row, names), sort_keys=True) for row in records)
        for object, records in rows.items()
    }


def key_of(object: str, row: dict[str, Any]) -> str:
    ours = [f"{name}={value}" for name, value in sorted(row.items()) if re.fullmatch(r"Cliniko_\w+_ID", name) and value]
    return f"{object}:{ours or row.get('Note_Title') or row.get('File_Name')}"


def without_ids(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: without_ids(one, names) for key, one in value.items() if key not in STAMPS}
    if isinstance(value, list):
        return [without_ids(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def misfortunes() -> list[dict[str, Any]]:
    """Every seventh write has its effect and no answer; every other one takes its time."""
    places = {"POST": WRITE, "PUT": WRITE, "DELETE": RECORDS}
    return [
        *(
            {"match": {"method": one, "path": path, "nth": {"every": 7}}, "do": "drop_after"}
            for one, path in places.items()
        ),
        *({"match": {"method": one, "path": RECORDS}, "do": "delay", "seconds": SLOW_S} for one in places),
    ]


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


def prepare(world: World, *, kill_audit: bool) -> None:
    gurney = world.gurney
    gurney("new", str(gurney.workspace), "--to", "zoho")
    settings = gurney.workspace / "gurney.toml"  # removing the fields one by one takes a while and proves nothing here
    settings.write_text(settings.read_text().replace("rollback_fields = true", "rollback_fields = false"))
    gurney("check")
    if kill_audit:
        kill_reading(world)
    gurney("audit")
    gurney("plan", "--fallback-owner", "admin@example.com")
    gurney("approve", "plan", "--by", "Test Admin")
    until_done(gurney, ("provision",))


def kill_reading(world: World) -> None:
    """Kill the audit in the middle of the extraction."""
    begun = len(world.clinic.journal())
    process = world.gurney.start("audit", "--workspace", str(world.gurney.workspace), "--json")
    while process.poll() is None and len(world.clinic.journal()) < begun + 12:
        pass
    process.kill()
    process.communicate()
    world.audit_killed = process.returncode == -9


def until_done(gurney: Gurney, command: tuple[str, ...]) -> Any:
    """Repeat a verb as a person would whom it tells to."""
    for _ in range(5):
        process = gurney.start(*command, "--workspace", str(gurney.workspace), "--json")
        out, err = process.communicate(timeout=300)
        if process.returncode == 0:
            return json.loads(out)
    raise AssertionError(f"{command} ended with {process.returncode}:\n{out[-2000:]}\n{err[-2000:]}")


def killed(world: World, command: tuple[str, ...], moments: list[int], chance: random.Random) -> Any:
    """Run a verb, kill it whenever the CRM has seen so many writes since the verb began; then let it end."""
    begun, left = writes(world.crm), list(moments)
    while left:
        process = world.gurney.start(*command, "--workspace", str(world.gurney.workspace), "--json")
        if not kill_at(world, process, begun + left.pop(0), chance):
            break
        world.kills += 1
    return until_done(world.gurney, command)


def kill_at(world: World, process: subprocess.Popen[str], target: int, chance: random.Random) -> bool:
    """Whether the process was killed before it ended."""
    pause_s = chance.choice((0.0, chance.uniform(0, 1.5 * SLOW_S)))  # just answered, or with the next one under way
    while process.poll() is None:
        if writes(world.crm) >= target:
            try:
                process.communicate(timeout=pause_s or 0.001)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return process.returncode == -9
            return False
        try:
            process.communicate(timeout=0.01)
        except subprocess.TimeoutExpired:
            continue
    return False


def story(world: World, kills: dict[str, list[int]] | None = None) -> World:
    """The whole way, undisturbed or with kills at these numbers of writes by verb."""
    chance = random.Random(SEED)
    if kills is not None:
        world.crm.post("faults", misfortunes())
    prepare(world, kill_audit=kills is not None)
    world.dumps["provisioned"] = normalised(world.crm)
    for command in VERBS[:3] if kills is None else VERBS:
        verb, before = command[0], writes(world.crm)
        if verb == "delta":
            life_goes_on(world)
        if kills is None:
            world.documents[verb] = world.gurney(*command)
        else:
            world.documents[verb] = killed(world, command, kills[verb], chance)
        world.writes[verb] = writes(world.crm) - before
        world.dumps[verb] = normalised(world.crm)
        if verb == "sample":
            world.gurney("approve", "sample", "--by", "Test Admin")
        if verb == "delta":
            world.documents["reconcile"] = world.gurney("reconcile")
    world.documents["log"] = world.gurney("log", "verify")
    world.dropped = sum(entry.get("fault") == "drop_after" for entry in world.crm.journal())
    return world


def moments(writes: dict[str, int], kills: int) -> dict[str, list[int]]:
    """Seeded moments by verb, counted in writes; the run has most of them."""
    chance = random.Random(SEED)
    shares = {"sample": kills // 5, "run": kills - 3 * (kills // 5), "delta": kills // 5, "rollback": kills // 5}
    last = writes | {"rollback": writes["run"]}
    return {verb: sorted(chance.choices(range(last[verb]), k=share)) for verb, share in shares.items()}


@dataclass
class Both:
    calm: World
    rough: World


def both(folder: Path, kills: int, *source: str) -> Iterator[Both]:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    options = (*source, "--unlimited", "--now", stamp)  # made-up records have dates that lie about it
    with running_twin("cliniko", *options) as clinic, running_twin("zoho", "--unlimited") as crm:
        calm = story(World(shell(folder / "calm", clinic, crm), clinic, crm, stamp))
    with running_twin("cliniko", *options) as clinic, running_twin("zoho", "--unlimited") as crm:
        rough = World(shell(folder / "rough", clinic, crm), clinic, crm, stamp)
        yield Both(calm, story(rough, moments(calm.writes, kills)))


@pytest.fixture(
    scope="module",
    params=[
        "made-up",
        pytest.param(
            "harbour", marks=pytest.mark.skipif(LONG not in os.environ, reason=f"takes minutes; set {LONG}=1")
        ),
    ],
)
def worlds(request: pytest.FixtureRequest, spare_folder: Callable[[str], Path]) -> Iterator[Both]:
    if request.param == "made-up":
        yield from both(spare_folder("made-up"), 5, "--clinic", "20", "--seed", str(SEED))
    else:
        shared: Path = request.getfixturevalue("shared")
        yield from both(spare_folder("kills"), 20, "--load", str(shared / "data" / "clinic-harbour"))


def test_it_was_killed_and_left_without_answers(worlds: Both) -> None:
    assert worlds.rough.audit_killed
    assert worlds.rough.kills >= 4
    assert worlds.rough.dropped >= 5


@pytest.mark.parametrize("verb", ["sample", "run", "delta"])
def test_nothing_is_lost_and_nothing_is_there_twice(worlds: Both, verb: str) -> None:
    calm, rough = worlds.calm.dumps[verb], worlds.rough.dumps[verb]

    for object in calm.keys() | rough.keys():
        there, here = Counter(rough.get(object, ())), Counter(calm.get(object, ()))
        assert list((there - here).elements())[:3] == [], f"{object}: too many"
        assert list((here - there).elements())[:3] == [], f"{object}: missing"


def test_both_reconcile_and_have_a_whole_log(worlds: Both) -> None:
    for world in (worlds.calm, worlds.rough):
        assert world.documents["reconcile"]["ok"] is True
        assert world.documents["log"]["ok"] is True


def test_after_the_way_back_nothing_is_left(worlds: Both) -> None:
    assert worlds.rough.documents["rollback"]["kept"] == []
    assert worlds.rough.dumps["rollback"] == worlds.rough.dumps["provisioned"]


def test_a_refused_record_is_reported_and_the_next_run_sends_it_alone(spare_folder: Callable[[str], Path]) -> None:
    body = {"data": [{"code": "INVALID_DATA", "details": {}, "message": "invalid data", "status": "error"}]}
    match = {"method": "POST", "path": r"/crm/v8/Contacts/\d+/Attachments", "nth": 1}
    with (
        running_twin("cliniko", "--clinic", "20", "--seed", str(SEED), "--unlimited") as clinic,
        running_twin("zoho", "--unlimited") as crm,
    ):
        gurney = shell(spare_folder("refused"), clinic, crm)
        up_to_sample(gurney, "zoho")
        crm.post("faults", [{"match": match, "do": "status", "status": 400, "body": body}])

        first = gurney("run", expect=4)
        before = writes(crm)
        gurney("run")

        assert [(one["map"], one["code"]) for one in first["failed"]] == [("Z13", "INVALID_DATA")]
        assert writes(crm) - before == 1
