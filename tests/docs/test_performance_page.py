"""The performance page says what the kept figures say, and calls a miss a miss."""

from __future__ import annotations

import pytest

pytest.importorskip("jinja2")

from benchmarks import book, page


def entry(*figures: dict[str, object]) -> book.Entry:
    return book.Entry("one", "benchmarks.one", "2026-11-21", 2, "3.11.7", "Linux", 10.0, 0.5, list(figures))


def test_the_page_is_what_the_kept_figures_make() -> None:
    assert page.PAGE.read_text("utf-8") == page.rendered(list(book.entries())), "python -m benchmarks --page"


def test_a_miss_is_shown_as_a_miss() -> None:
    slow = {"kind": "ceiling", "vendor": "zoho", "share": 0.88, "ceiling": "10", "latency_s": 2.0, "seconds": 120,
            "calls": 528, "refused": 0}  # fmt: skip
    aims = {aim.what: aim for aim in page.aims(page.Figures([entry(slow)]))}
    assert aims["The ceiling of Zoho CRM"].word == "**missed**"
    assert aims["Extraction"].word == "open"


def test_a_forecast_is_judged_by_its_worst() -> None:
    near = {"kind": "forecast", "to": "zoho", "patients": 40, "told_s": 100.0, "took_s": 99.0}
    far = {"kind": "forecast", "to": "zoho", "patients": 120, "told_s": 80.0, "took_s": 100.0}
    aims = {aim.what: aim for aim in page.aims(page.Figures([entry(near), entry(far)]))}
    assert aims["Forecast of time, three sizes, five destinations"].met is False


def test_work_of_others_is_named_beside_each_run() -> None:
    assert "50.0 %" in page.rendered([entry()])
