"""Every report reads as a page and as a document, and neither can be turned against its reader."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import report_examples as examples
from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser

from gurney.reports.blocks import Callout, Heading, Table
from gurney.reports.compare import Compared, Figure, WorkRow
from gurney.reports.html import page
from gurney.reports.model import About, Counts, Report
from gurney.reports.render import as_html, as_json, render
from gurney.reports.sample import field_counts
from gurney.runtime import Runtime

HOSTILE = "<script>alert(1)</script>\"'&\x00\u202e=cmd"


def read(report: Report) -> LexborHTMLParser:
    return LexborHTMLParser("".join(as_html(report)))


@pytest.mark.parametrize("report", examples.EVERY, ids=lambda report: report.name)
class TestEveryReport:
    def test_prints_migration_workspace_time_and_ledger_head(self, report: Report) -> None:
        head = read(report).css_first("header").text()

        for expected in ("m-2026-11-harbour", "harbour", "2026-11-16 12:00 UTC", "9f2c41d7a0b3e6c8"):
            assert expected in head

    def test_needs_nothing_from_outside_and_runs_nothing(self, report: Report) -> None:
        tree = read(report)

        assert not tree.css("script, link, img, iframe, object, form, [src], [onclick], [style]")
        assert all(link.attributes["href"].startswith("#") for link in tree.css("a"))

    def test_names_each_table_and_column(self, report: Report) -> None:
        for table in read(report).css("table"):
            assert table.css_first("caption").text()
            assert all(head.attributes.get("scope") for head in table.css("th"))
            width = len(table.css("thead th"))
            assert all(len(row.css("td, th")) == width for row in table.css("tbody tr"))

    def test_has_one_title_and_unique_anchors(self, report: Report) -> None:
        tree = read(report)
        anchors = [node.attributes["id"] for node in tree.css("[id]")]

        assert len(tree.css("h1")) == 1
        assert len(set(anchors)) == len(anchors)
        assert {link.attributes["href"][1:] for link in tree.css("nav a")} <= set(anchors)

    def test_survives_the_way_to_its_document_and_back(self, report: Report) -> None:
        assert type(report).model_validate_json(as_json(report)) == report


def test_a_report_is_written_twice_over(tmp_path: Path) -> None:
    paths = render(examples.status(), tmp_path, Runtime())

    assert [path.name for path in paths] == ["status.json", "status.html"]
    assert json.loads(paths[0].read_bytes())["stage"] == "run"
    assert paths[1].read_text().startswith("<!DOCTYPE html>")


def test_values_of_patients_stay_out_of_the_plain_folder(tmp_path: Path) -> None:
    secret = "0491 570 15"

    hidden = [
        path.read_text() for one in (examples.sample(), examples.delta()) for path in render(one, tmp_path, Runtime())
    ]
    open_ = render(examples.sample(), tmp_path, Runtime(), values=True)

    assert not any(secret in text for text in hidden)
    assert all("Values are left out" in text for text in hidden[1::2])
    assert all(secret in path.read_text() for path in open_)


def test_markup_in_a_value_is_shown_not_run() -> None:
    table = Table("Values", ("Value",), [[HOSTILE], [(HOSTILE, "second")]])
    text = "".join(page(HOSTILE, [("Workspace", HOSTILE)], [table, Heading(HOSTILE), Callout(HOSTILE, [HOSTILE])]))

    assert "<script" not in text
    assert "\x00" not in text
    assert LexborHTMLParser(text).css_first("tbody bdi").text() == HOSTILE.replace("\x00", "\u2400")


def test_a_long_api_name_may_go_on_in_the_next_line_and_a_value_stays_as_it_is() -> None:
    table = Table("Names", ("Name", "Value"), [["custom_objects.cliniko_invoice", "somebody_with.a.long@example.com"]])
    html = "".join(page("Names", [], [table]))

    assert "custom_<wbr>objects.<wbr>cliniko_<wbr>invoice" in html
    assert "somebody_with.a.long@example.com" in html


def test_a_long_table_says_what_it_leaves_out() -> None:
    table = Table("Rows", ("Number",), [[number] for number in range(12)], most=10)
    tree = LexborHTMLParser("".join(page("Long", [], [table])))

    assert len(tree.css("tbody tr")) == 10
    assert "10 of 12 rows are shown" in tree.css_first("main").text()


def test_status_and_reconcile_keep_the_names_that_programs_rely_on() -> None:
    counts = {
        "map", "source", "destination", "source_count", "created", "updated", "linked", "skipped", "failed",
        "manual", "verified", "different", "unverifiable",
    }  # fmt: skip
    status = json.loads(as_json(examples.status()))
    reconciled = json.loads(as_json(examples.reconcile()))
    diff = json.loads(as_json(examples.sample()))["rows"][0]

    assert {"stage", "gates", "objects", "budget", "eta_s"} <= set(status)
    assert set(status["objects"][0]) == counts
    assert {"ok", "objects", "relations", "sums", "owners"} <= set(reconciled)
    assert counts | {"destination_count"} <= set(reconciled["objects"][0])
    assert {"map", "field", "checked", "broken"} <= set(reconciled["relations"][0])
    assert set(reconciled["sums"][0]) == {"name", "source", "destination"}
    assert {"map", "source_id", "destination_id", "field", "source_value", "expected", "actual", "verdict"} <= set(diff)


def test_the_plan_lists_sensitive_fields_by_themselves() -> None:
    table = next(t for t in read(examples.plan()).css("table") if t.css_first("caption").text() == "Sensitive fields")

    assert [row.css("td")[-1].text() for row in table.css("tbody tr")] == ["Medicare_Number", "Email_Opt_Out"]


def test_the_comparison_is_tallied_by_field() -> None:
    tally = {(one.map, one.field): one for one in field_counts(examples.sample().rows)}

    assert tally["Z1", "Email"].different == 1
    assert tally["Z1", "Mobile"].converted == 1


def test_an_unknown_name_in_a_report_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Counts(map="Z1", source="a", destination="b", verfied=1)  # type: ignore[call-arg]


def test_an_empty_ledger_is_said_in_words() -> None:
    about = About(migration_id="m", workspace="w", made_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert ("Ledger head", "no entries yet") in about.facts()


def test_forecast_and_fact_show_units_only_where_the_vendor_counts_something_else_than_calls() -> None:
    def told(units: float) -> Compared:
        calls = Figure.of(100, 110, is_done=True)
        return Compared(unit="token", rows=[
            WorkRow(kind="write", is_done=True, calls=calls, units=Figure.of(units, 110, is_done=True)),
            WorkRow(kind="read", at="source", is_done=True, calls=calls, units=calls),
        ])  # fmt: skip

    alike, dearer = told(100).blocks(), told(500).blocks()

    assert isinstance(alike[0], Table)
    assert isinstance(dearer[0], Table)
    assert "Tokens" not in alike[0].columns
    assert "Tokens" in dearer[0].columns
    assert dearer[0].rows[0][3:7] == ["+10.0 %", 500, 110, "-78.0 %"]
    assert dearer[0].rows[1][4:7] == [None, None, None]
    assert all(len(row) == len(table.columns) for table in (alike[0], dearer[0]) for row in table.rows)
    assert "100 calls were forecast and 110 made (+10.0 %), 500 tokens and 110 (-78.0 %)" in dearer[1].lines[0]  # type: ignore[union-attr]
