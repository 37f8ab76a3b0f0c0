"""The Cliniko twin against the vendor's specification, the example records and the sample clinic."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from tests.twins_clinic.vendor_shape import answer_schema
from tests.twins_cliniko.conftest import Desk, Opened

from gurney.twins.cliniko import RULES, build
from gurney.twins.cliniko.resources import resources
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.rules import rules_named_in

pytestmark = pytest.mark.anyio

UNDOCUMENTED = ("appointments", "recalls", "signatures")
"""Resources without a list in the specification."""


@pytest.fixture(scope="session")
def harbour(shared: Path) -> Iterator[Desk]:
    options = TwinOptions("cliniko", load_dir=shared / "data/clinic-harbour", unlimited=True, scale=0)
    twin = build(options)
    yield Desk(twin, httpx2.AsyncClient(transport=InProcess(twin), headers={"user-agent": "Tests (a@example.org)"}))


@pytest.fixture(scope="session")
def manifest(shared: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((shared / "data/clinic-harbour/manifest.json").read_text(encoding="utf-8"))
    return read


def raw_lines(shared: Path, resource: str) -> list[dict[str, Any]]:
    """The file's records; lines end with a line feed only, for values hold other separators."""
    with gzip.open(shared / f"data/clinic-harbour/{resource}.jsonl.gz") as file:
        return [json.loads(line) for line in file.read().split(b"\n") if line]


def test_every_rule_is_proven_by_a_test_and_every_test_names_a_known_rule() -> None:
    named = rules_named_in(Path(__file__).parent)

    assert {rule.id for rule in RULES} - named.keys() == set()
    assert named.keys() - {rule.id for rule in RULES} == set()


async def test_answers_validate_against_the_specification(opened: Opened, shared: Path) -> None:
    desk = opened({"clinic": "120"})
    for name in sorted(resources().keys() - set(UNDOCUMENTED)):
        schema = answer_schema(shared, f"/{name}")
        answer = (await desk.get(f"/{name}?per_page=100")).json()
        validator = jsonschema_rs.validator_for(schema, validate_formats=False)
        assert [error.message for error in validator.iter_errors(answer)] == [], name


@pytest.mark.parametrize("path", ["/user", "/settings", "/settings/public"])
async def test_single_answers_validate_against_the_specification(desk: Desk, shared: Path, path: str) -> None:
    validator = jsonschema_rs.validator_for(answer_schema(shared, path), validate_formats=False)

    assert [error.message for error in validator.iter_errors((await desk.get(path)).json())] == []


async def test_the_sample_clinic_has_the_counts_of_its_manifest(harbour: Desk, manifest: dict[str, Any]) -> None:
    for resource, counts in manifest["counts"].items():
        assert len(harbour.stored(resource)) == counts["total"], resource
        if resource == "signatures":
            continue
        lifted = [name for name in ("archived_at", "cancelled_at") if name in resources()[resource].filters]
        everything = "&".join(f"q[]={name}:*" for name in lifted)
        total = await harbour.total(f"/{resource}?{everything}")
        total += await harbour.total("/practitioners/inactive") if resource == "practitioners" else 0
        assert (await harbour.total(f"/{resource}"), total) == (counts["default_list"], counts["total"]), resource


@pytest.mark.parametrize("resource", ["bookings", "patients", "treatment_notes", "services"])
async def test_the_sample_clinic_is_served_record_for_record(harbour: Desk, shared: Path, resource: str) -> None:
    def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(rows, key=lambda row: row.get("id", json.dumps(row)))

    assert ordered(harbour.stored(resource)) == ordered(raw_lines(shared, resource))


async def test_the_sample_files_arrive_with_their_checksums(harbour: Desk, manifest: dict[str, Any]) -> None:
    for entry in [*manifest["files"][::20], manifest["files_generated"][0]]:
        path = f"/patient_attachments/{entry['id']}/content?q[]=archived_at:*"
        file = await harbour.client.get((await harbour.get(path)).headers["location"])
        assert (len(file.content), sha256(file.content).hexdigest()) == (entry["size"], entry["sha256"])


async def test_the_clock_starts_at_the_moment_of_the_data(harbour: Desk) -> None:
    assert harbour.service.env("http://x")["GURNEY_AS_OF"] == "2026-11-16T00:00:00Z"


async def test_links_to_what_is_gone_answer_404(harbour: Desk) -> None:
    for gone in ("users/31415926", "patients/27182818"):
        assert (
            await harbour.get(f"/{gone}?q[]=archived_at:*" if "patients" in gone else f"/{gone}")
        ).status_code == 404


async def test_a_folder_without_settings_is_refused(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="settings"):
        opened({"load_dir": tmp_path})
