"""Clock, admin interface, journal, rules, tables, routes, options and the loader."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from counter_twin import Counter, counter_twin
from hypothesis import given
from hypothesis import strategies as st

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.load import manifest_of, read_lines, resources_in
from gurney.twins.kit.options import BadOption, TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.rules import Rules, rules_named_in, rules_table
from gurney.twins.kit.server import build
from gurney.twins.kit.tables import Clash, Table
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Answer, Request

pytestmark = pytest.mark.anyio
START = datetime(2026, 2, 3, tzinfo=UTC)


def test_a_minute_passes_per_second_at_scale_sixty() -> None:
    ticks = iter([100.0, 101.0])
    clock = Clock(START, 60, ticks=lambda: next(ticks))

    assert (clock.now() - START).total_seconds() == 60


async def test_a_stopped_clock_moves_only_when_told_or_waited_for() -> None:
    clock = Clock(START, 0)

    clock.advance(3600)
    await clock.sleep(0.5)

    assert (clock.now() - START).total_seconds() == 3600.5
    clock.reset()
    assert clock.now() == START


async def test_waiting_takes_vendor_time_divided_by_the_scale() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    await Clock(START, 60, sleep=sleep).sleep(90)

    assert waited == [1.5]


async def test_the_back_door_shows_moves_and_resets_without_leaving_a_trace(twin: Twin) -> None:
    async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
        await client.post("/things", json=["a", "b"])
        assert (await client.get("/__admin/state")).json() == {"things": 2}
        dump = (await client.get("/__admin/dump/things")).text.splitlines()
        assert [json.loads(line)["name"] for line in dump] == ["a", "b"]
        assert (await client.post("/__admin/edit", json={"name": "z"})).json()["name"] == "z"
        moved = await client.post("/__admin/clock", json={"advance_s": 60})
        assert moved.json()["now"] == "2026-02-03T00:01:00+00:00"
        lines = [json.loads(line) for line in (await client.get("/__admin/journal")).text.splitlines()]
        assert [(line["n"], line["method"], line["path"], line["cost"]) for line in lines] == [
            (1, "POST", "/things", 2)
        ]
        assert (await client.get("/__admin/journal?since=1")).text == ""
        assert (await client.get("/__admin/dump/nothing")).status_code == 404
        assert (await client.post("/__admin/clock", json={})).status_code == 400
        assert (await client.post("/__admin/faults", json=[{"do": "explode"}])).status_code == 400
        assert (await client.post("/__admin/faults", json=[{"do": "drop_before"}])).status_code == 200
        await client.post("/__admin/reset")
        assert (await client.get("/__admin/state")).json() == {"things": 0}
        await client.get("/things/1")

    assert [entry.number for entry in twin.journal] == [1]


async def test_bodies_are_kept_only_when_asked_for() -> None:
    for recorded in (False, True):
        twin = counter_twin(record_bodies=recorded)
        async with httpx2.AsyncClient(transport=InProcess(twin), base_url="http://twin") as client:
            await client.post("/things?q=1", json=["a"])
        shown = next(iter(twin.journal)).wire()
        assert shown["query"] == "q=1"
        assert ("request" in shown) is recorded
    assert json.loads(shown["request"]["body"]) == ["a"]
    assert json.loads(shown["answer"]["body"]) == [{"id": "1", "name": "a"}]


def test_a_switch_takes_only_what_its_rule_allows() -> None:
    rules = Rules("v")
    rules.assumed("v.x", "does it", "FACTS 1", switch="x", default="yes", choices=["yes", "no"])
    rules.assumed("v.lag", "lags", "FACTS 2", switch="lag_s", default="0")

    assert rules.switches({"x": "no"}) == {"x": "no", "lag_s": "0"}
    with pytest.raises(BadOption, match="none of yes, no"):
        rules.switches({"x": "perhaps"})
    with pytest.raises(BadOption, match="lag_s, x"):
        rules.switches({"y": "1"})


def test_a_rule_is_declared_once_and_under_its_vendor() -> None:
    rules = Rules("v")
    rules.spec("v.a", "a", "FACTS 1")

    with pytest.raises(ValueError, match="twice"):
        rules.client("v.a", "a", "FACTS 1")
    with pytest.raises(ValueError, match=r"begin with v\."):
        rules.client("w.a", "a", "FACTS 1")


def test_the_table_of_rules_names_the_tests_that_prove_them(tmp_path: Path) -> None:
    (tmp_path / "test_v.py").write_text('@pytest.mark.rule("v.a", "v.b")\nasync def test_that():\n    pass\n')
    rules = Rules("v")
    rules.assumed("v.b", "b | c", "FACTS 2", switch="b", default="1")
    rules.spec("v.a", "a", "FACTS 1")

    lines = rules_table(rules, tmp_path).splitlines()

    assert rules_named_in(tmp_path) == {"v.a": ["test_that"], "v.b": ["test_that"]}
    assert lines[2] == "| `v.a` | spec | a | FACTS 1 |  | `test_that` |"
    assert lines[3] == "| `v.b` | assumed | b \\| c | FACTS 2 | `b=1` | `test_that` |"


def test_a_refused_change_leaves_the_table_as_it_was() -> None:
    table = Table(unique=["email"], groups=["town"])
    table.add({"id": "1", "email": "a@x.au", "town": "Perth"})
    table.add({"id": "2", "email": "b@x.au", "town": "Perth"})

    with pytest.raises(Clash) as clash:
        table.change("2", {"email": " A@X.au", "town": "Hobart"})

    assert (clash.value.field, clash.value.id) == ("email", "1")
    assert [row["id"] for row in table.where("town", "perth")] == ["1", "2"]
    assert table.by("email", "B@x.au") == table.get("2")


def test_a_field_made_unique_later_finds_or_refuses_what_is_there() -> None:
    table = Table()
    table.add({"id": "1", "code": "x"})
    table.add({"id": "2", "code": ""})
    table.make_unique("code")
    assert table.by("code", "X") == table.get("1")

    table.forget_field("code")
    table.change("2", {"code": "y"})
    table.change("1", {"code": "y"})
    with pytest.raises(Clash):
        table.make_unique("code")


@given(st.lists(st.tuples(st.sampled_from("acdr"), st.integers(0, 4), st.sampled_from(["", "x", "y", "Z", None]))))
def test_the_indexes_always_agree_with_the_rows(steps: list[tuple[str, int, str | None]]) -> None:
    table = Table(unique=["u"], groups=["g"])
    for verb, number, value in steps:
        id = str(number)
        try:
            if verb == "a" and id not in table:
                table.add({"id": id, "u": value, "g": value})
            elif verb == "r" and id in table:
                table.remove(id)
            elif id in table:
                table.change(id, {"u": value} if verb == "c" else {"g": value})
        except Clash:
            pass

    for value in ("x", "y", "z"):
        holders = [row for row in table if row["u"] and row["u"].casefold() == value]
        assert len(holders) <= 1
        assert table.by("u", value) == (holders[0] if holders else None)
        grouped = {row["id"] for row in table if row["g"] and row["g"].casefold() == value}
        assert {row["id"] for row in table.where("g", value)} == grouped


def test_a_fixed_route_wins_and_placeholders_are_decoded() -> None:
    router = Router()
    router.add("GET", "/a/{id}", lambda request: Answer(200, request.params))
    router.add("GET", "/a/count", lambda request: Answer(200, "count"))
    router.add("GET", "/files/{path:.+}", lambda request: Answer(200, request.params))

    def ask(path: str) -> object:
        request = Request("GET", path)
        found = router.find(request)
        return found(request).json if found else None

    assert ask("/a/count") == "count"
    assert ask("/a/x%2Fy") == {"id": "x/y"}
    assert ask("/files/b/c.zip") == {"path": "b/c.zip"}
    assert ask("/a/1/2") is None
    assert router.methods_of("/a/1") == ["GET"]


def test_loaded_data_is_read_plain_or_gzipped_and_sets_the_clock(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"as_of": "2026-03-01T00:00:00Z"}')
    (tmp_path / "notes.jsonl").write_text('{"id": "1"}\n\n{"id": "2"}\n')
    with gzip.open(tmp_path / "patients.jsonl.gz", "wt") as out:
        out.write('{"id": "7"}\n')

    assert resources_in(tmp_path) == ["notes", "patients"]
    assert [row["id"] for row in read_lines(tmp_path, "notes")] == ["1", "2"]
    assert [row["id"] for row in read_lines(tmp_path, "patients")] == ["7"]
    assert list(read_lines(tmp_path, "invoices")) == []
    assert manifest_of(tmp_path / "notes.jsonl") == {}
    assert start_time(TwinOptions("v", load_dir=tmp_path)) == datetime(2026, 3, 1, tzinfo=UTC)
    assert start_time(TwinOptions("v", load_dir=tmp_path, now=START)) == START


def test_an_unknown_vendor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadOption, match=r"cliniko, .*salesforce, zoho"):
        build(TwinOptions("salesmate"))


def test_a_served_twin_prints_one_line_and_ends_with_sigterm() -> None:
    script = (
        "import asyncio, counter_twin; from gurney.twins.kit import server;"
        "asyncio.run(server.serve(counter_twin.counter_twin()))"
    )
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(here)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        state = httpx2.get(line["admin_url"] + "/state").json()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert line["vendor"] == Counter.vendor
    assert line["env"] == {"GURNEY_COUNTER_URL": line["base_url"]}
    assert state == {"things": 0}
    assert (rest, process.returncode) == (b"", 0)
