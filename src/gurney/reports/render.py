"""Writes a report as JSON and as HTML, whole files or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gurney.reports.html import page
from gurney.reports.model import Report
from gurney.runtime import Runtime


def as_json(report: Report) -> str:
    """The document that other programs read: times in ISO 8601, money as text."""
    return report.model_dump_json(indent=2)


def as_html(report: Report) -> Iterator[str]:
    return page(report.title, report.about.facts(), report.blocks())


def render(report: Report, folder: Path, runtime: Runtime, *, values: bool = False) -> list[Path]:
    """Write `NAME.json` and `NAME.html` into the folder; returns their paths.

    The folder is plain: patients' values are left out unless the operator asked for them with `values`.
    """
    report = report if values else report.without_values()
    document, readable = folder / f"{report.name}.json", folder / f"{report.name}.html"
    runtime.write_file(document, [as_json(report).encode(), b"\n"])
    runtime.write_file(readable, (piece.encode() for piece in as_html(report)))
    return [document, readable]
