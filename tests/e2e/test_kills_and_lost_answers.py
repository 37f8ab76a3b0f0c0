"""Killed at any moment and answered badly, a migration ends as one that nothing disturbed: nothing lost or twice."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crm import Crm
from harbour import CRMS
from part import LONG
from processes import running_twin, shell, up_to_sample
from worlds import SEED, Both, World, both

NO_LONG = pytest.mark.skipif(LONG not in os.environ, reason=f"takes minutes; set {LONG}=1")
KILLS = {"made-up": 5, "harbour": 20}
REFUSALS: dict[str, dict[str, Any]] = {
    "zoho": {
        "path": r"/crm/v8/Contacts/\d+/Attachments",
        "body": {"data": [{"code": "INVALID_DATA", "details": {}, "message": "invalid data", "status": "error"}]},
        "failed": ("Z13", "INVALID_DATA"),
    },
    "salesforce": {
        "path": r"/services/data/v\d+\.\d/sobjects/ContentVersion",
        "body": [{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Not today.", "fields": []}],
        "failed": ("S8", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    },
    "pipedrive": {
        "path": r"/api/v1/files",
        "body": {"success": False, "error": "Not today.", "error_info": "", "data": None, "additional_data": None},
        "failed": ("P8", "400"),
    },
    "highlevel": {
        "path": r"/forms/upload-custom-files",
        "body": {"statusCode": 400, "message": "Not today."},
        "failed": ("H10", "400"),
    },
    "freshsales": {
        "path": r"/crm/sales/api/documents",
        "body": {"errors": {"code": 400, "message": ["Not today."]}},
        "failed": ("F11", "400"),
    },
}
"""How a file alone is refused."""


def in_group(vendor: str) -> Any:
    return pytest.param(vendor, marks=pytest.mark.xdist_group(f"kills-{vendor}"))


def every_world() -> list[Any]:
    """Each destination with a made-up clinic and, on demand, with the sample clinic."""
    marks = {"made-up": (), "harbour": (NO_LONG,)}
    return [
        pytest.param(
            (name, source), id=f"{name}-{source}", marks=[pytest.mark.xdist_group(f"kills-{name}"), *marks[source]]
        )
        for name in CRMS
        for source in KILLS
    ]


@pytest.fixture(scope="module", params=every_world())
def worlds(request: pytest.FixtureRequest, spare_folder: Callable[[str], Path]) -> Iterator[Both]:
    name, source = request.param
    options = ("--clinic", "20", "--seed", str(SEED))
    if source == "harbour":
        shared: Path = request.getfixturevalue("shared")
        options = ("--load", str(shared / "data" / "clinic-harbour"))
    with both(CRMS[name], spare_folder("kills"), KILLS[source], *options) as told:
        yield told


def test_it_was_killed_and_left_without_answers(worlds: Both, record_property: Callable[[str, object], None]) -> None:
    hits = sum(worlds.rough.kills.values())
    words = f"{hits} of {worlds.moments} moments killed a running verb ({worlds.rough.kills})"
    record_property("kills", words)
    dropped = worlds.rough.dropped
    print(f"{worlds.rough.view.vendor}: {words}; {dropped.total()} answers lost")

    assert worlds.rough.audit_killed
    assert hits >= worlds.moments * 3 // 4, words
    assert dropped.total() >= 5
    for begins in worlds.rough.view.lost:
        assert any(re.match(begins, path) for path in dropped), f"no answer of {begins} was lost"
    for order in worlds.rough.view.misfortunes:
        assert worlds.rough.faults[order["do"]] > 0


@pytest.mark.parametrize("verb", ["sample", "run", "delta"])
def test_nothing_is_lost_and_nothing_is_there_twice(worlds: Both, verb: str) -> None:
    calm, rough = worlds.calm.pictures[verb], worlds.rough.pictures[verb]

    for object in calm.keys() | rough.keys():
        there, here = Counter(rough.get(object, ())), Counter(calm.get(object, ()))
        assert list((there - here).elements())[:3] == [], f"{object}: too many"
        assert list((here - there).elements())[:3] == [], f"{object}: missing"


def test_both_reconcile_and_have_a_whole_log(worlds: Both) -> None:
    for world in (worlds.calm, worlds.rough):
        assert world.documents["reconcile"]["ok"] is True
        assert world.documents["log"]["ok"] is True


def test_after_the_way_back_nothing_is_left(worlds: Both) -> None:
    for world in (worlds.calm, worlds.rough):
        assert world.documents["rollback"]["kept"] == []
        assert {one["what"] for one in world.documents["rollback"]["impossible"]} == world.view.never_removed
        assert left(world, "rollback") == left(world, "new")


def left(world: World, when: str) -> dict[str, list[str]]:
    return {object: rows for object, rows in world.pictures[when].items() if rows}


@pytest.mark.parametrize("vendor", [in_group(name) for name in CRMS], indirect=True)
def test_a_refused_record_is_reported_and_the_next_run_sends_it_alone(
    vendor: str, view: type[Crm], spare_folder: Callable[[str], Path]
) -> None:
    refusal = REFUSALS[vendor]
    match = {"method": "POST", "path": refusal["path"], "nth": 1}
    with (
        running_twin(
            "cliniko", "--clinic", "20", "--seed", str(SEED), "--unlimited", "--scale", str(view.scale)
        ) as clinic,
        running_twin(vendor, *view.twin_options, "--scale", str(view.scale)) as crm,
    ):
        gurney = shell(spare_folder("refused"), clinic, crm)
        up_to_sample(gurney, vendor)
        crm.post("faults", [{"match": match, "do": "status", "status": 400, "body": refusal["body"]}])

        first = gurney("run", expect=4)
        world = World(view, gurney, clinic, crm, "")
        before = world.count()
        gurney("run")

        assert [(one["map"], one["code"]) for one in first["failed"]] == [refusal["failed"]]
        assert world.count() - before == 1
