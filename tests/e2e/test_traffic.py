"""All that passes on the main job's way is what the vendors' own specifications describe; bad input is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

from gurney.testing.recording import Exchange
from gurney.testing.traffic import load_validators

pytestmark = pytest.mark.xdist_group("traffic")

Traffic = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def traffic(spare_folder: Callable[[str], Path]) -> Iterator[Traffic]:
    """The journals of both sides after the whole way, bodies included."""
    with (
        running_twin("cliniko", "--clinic", "30", "--seed", "9", "--unlimited", "--record-bodies") as clinic,
        running_twin("zoho", "--unlimited", "--record-bodies") as crm,
    ):
        gurney = shell(spare_folder("traffic"), clinic, crm)
        up_to_sample(gurney, "zoho")
        gurney("run")
        patients = sorted(one["id"] for one in clinic.dump("patients") if not one["archived_at"])
        for patient in patients[:3]:
            clinic.post("edit", {"object": "patients", "id": patient, "fields": {"city": "Newtown"}})
        gurney("delta")
        gurney("reconcile")
        gurney("rollback", "--yes")
        yield {"cliniko": clinic.journal(), "zoho": crm.journal()}


def exchange(entry: dict[str, Any]) -> Exchange:
    asked, answered = entry["request"], entry["answer"]
    return Exchange(
        entry["method"],
        f"{entry['path']}?{entry['query']}" if entry["query"] else entry["path"],
        asked["headers"],
        body(asked),
        entry["status"],
        answered["headers"],
        body(answered),
    )


def body(side: dict[str, Any]) -> bytes | None:
    """As the validator wants it: b'' where there was none, None where it was not JSON."""
    if side["body"] == "":
        return b""
    is_json = "json" in side["headers"].get("content-type", "application/json" if side["body"] else "")
    return side["body"].encode() if is_json and side["body"] is not None else None


@pytest.mark.parametrize("vendor", ["cliniko", "zoho"])
def test_all_traffic_is_valid_against_the_specification(traffic: Traffic, shared: Path, vendor: str) -> None:
    validator = load_validators(shared / "vendors")[vendor]
    entries = [entry for entry in traffic[vendor] if entry["status"]]

    violations = Counter(str(one) for entry in entries for one in validator.validate(exchange(entry)))

    assert len(entries) > 50
    assert violations == {}


def test_cliniko_was_only_read(traffic: Traffic) -> None:
    assert {entry["method"] for entry in traffic["cliniko"]} == {"GET"}


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[RunningTwin, RunningTwin]]:
    with running_twin("cliniko", "--clinic", "20", "--unlimited") as clinic, running_twin("zoho") as crm:
        yield clinic, crm


def told_by_check(gurney: Gurney) -> str:
    gurney("new", str(gurney.workspace), "--to", "zoho")
    return json.dumps(gurney("check", expect=3))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("GURNEY_CLINIKO_API_KEY", lambda key: "MS0xwrong-" + key.rpartition("-")[2], "credentials"),
        ("GURNEY_CLINIKO_API_KEY", lambda key: key.rpartition("-")[0] + "-uk9", "credentials"),
        ("GURNEY_ZOHO_REFRESH_TOKEN", lambda token: token + "x", "refresh token"),
        ("GURNEY_ZOHO_CLIENT_SECRET", lambda secret: secret + "x", "client secret"),
    ],
    ids=["wrong key", "wrong shard", "wrong refresh token", "wrong client secret"],
)
def test_wrong_credentials_are_named_with_what_to_do(
    twins: tuple[RunningTwin, RunningTwin],
    spare_folder: Callable[[str], Path],
    name: str,
    change: Callable[[str], str],
    words: str,
) -> None:
    gurney = shell(spare_folder("wrong"), *twins)
    gurney.env[name] = change(gurney.env[name])

    told = told_by_check(gurney)

    assert words in told
    assert "gurney login" in told


def test_a_key_without_an_administrators_rights_is_named(
    twins: tuple[RunningTwin, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    with running_twin("cliniko", "--clinic", "20", "--unlimited", "--switch", "role=receptionist") as clinic:
        told = told_by_check(shell(spare_folder("role"), clinic, twins[1]))

    assert "role 'receptionist'" in told
    assert "administrator" in told


def test_an_edition_without_custom_modules_is_named_before_anything_is_made(
    twins: tuple[RunningTwin, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    with running_twin("zoho", "--edition", "professional", "--unlimited") as crm:
        gurney = shell(spare_folder("edition"), twins[0], crm)
        gurney("new", str(gurney.workspace), "--to", "zoho")
        gurney("check")
        gurney("audit")
        gurney("plan", "--fallback-owner", "admin@example.com")
        gurney("approve", "plan", "--by", "Test Admin")
        told = json.dumps(gurney("provision", expect=3))

        assert "Locations" in told
        assert crm.state()["CustomModules"] == 0
