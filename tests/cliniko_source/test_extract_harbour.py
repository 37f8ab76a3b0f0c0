"""The sample clinic, read whole: every id of every file arrives, and what is missing is what was planted."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from gurney.sources.cliniko.objects import objects

pytestmark = pytest.mark.anyio


async def test_the_sample_clinic_arrives_whole(cliniko: Any, snapshot: Any, shared: Path) -> None:
    folder = shared / "data" / "clinic-harbour"
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    cliniko.settings = orjson.loads((folder / "settings.json").read_bytes())
    for name in objects():
        path = folder / f"{name}.jsonl.gz"
        if path.exists() and name != "services":
            lines = gzip.decompress(path.read_bytes()).split(b"\n")
            cliniko.rows[name] = [orjson.loads(line) for line in lines if line]

    source = cliniko.source(requests_per_minute=100_000)
    cliniko.requests_per_minute = 100_000
    report = await source.extract(snapshot)

    for name, rows in cliniko.rows.items():
        assert sorted(snapshot.ids(name)) == sorted(row["id"] for row in rows), name
    planted = {plant["key"]: plant["ids"] for plant in manifest["planted"]}
    gone = sorted(f"{object}/{id}" for object, ids in report.gone.items() for id in ids)
    assert gone == sorted(planted["expected_gone_links"])
    first, second, third = planted["merged_chain"]
    assert report.merged == {first: third, second: third}
    least = sum(max(1, -(-len(cliniko.rows[name]) // 100)) for name in objects())
    assert report.calls <= 1.05 * least
