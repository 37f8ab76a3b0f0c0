"""Documents that are made when asked for: the log's summary and the automations' reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from migration_clock import VirtualClock

from gurney.mapping.document import default
from gurney.migration import papers
from gurney.migration.automations import automations_report, write_automations
from gurney.migration.context import Migration
from gurney.migration.reconcile import stays
from gurney.migration.stages import Stage, reach
from gurney.reports.html import page
from gurney.reports.model import Report
from gurney.store.snapshot import Staged

SETTINGS = {
    "id": "settings",
    "reminders": {"default_reminder_type": "SMS"},
    "online_bookings": {
        "enabled": True,
        "policy": "24 hours <please>",
        "logo_url": "https://x.example",
        "ads": {"id": 4},
    },
    "integrations": {"xero": {"enabled": True}},
}


def html(report: Report) -> str:
    return "".join(page(report.title, report.about.facts(), report.blocks()))


def with_settings(migration: Migration) -> Migration:
    migration.store.snapshot.put("settings", [Staged("settings", "", "2026-01-01T00:00:00Z", "live", SETTINGS)])
    return migration


def test_reminders_and_templates_are_told_for_reference(migration: Migration, stage: Callable[..., None]) -> None:
    stage(
        "appointment_types",
        {"id": "5", "name": "Initial", "appointment_reminder_template_ids": ["11", "12"]},
        {"id": "6", "name": "Old", "archived_at": "2026-01-01T00:00:00Z"},
    )

    report = automations_report(with_settings(migration))

    assert [(one.name, one.reminder_templates, one.archived) for one in report.appointment_types] == [
        ("Initial", ["11", "12"], False),
        ("Old", [], True),
    ]
    shown = html(report)
    assert "Default reminder type" in shown
    assert "24 hours &lt;please&gt;" in shown
    assert "Ads: id" in shown
    assert "logo" not in shown
    assert all(step.split(":")[0] in shown for step in report.by_hand)


def test_workflows_of_the_crm_that_are_on_come_first_of_what_a_person_does(migration: Migration) -> None:
    account = {"details": {"workflows_to_pause": "Welcome; Birthday"}}
    migration.store.documents.put("account", account, sealed=False)

    report = automations_report(with_settings(migration))

    assert "pause these workflows of the CRM" in report.by_hand[0]
    assert report.by_hand[0].endswith("Welcome; Birthday.")


def test_the_reference_is_written_as_page_and_document(migration: Migration) -> None:
    files = write_automations(with_settings(migration))

    assert sorted(file.name for file in files) == ["automations.html", "automations.json"]
    assert json.loads(files[0].read_text())["integrations"] == {"xero": True}


def test_papers_lists_what_is_there(migration: Migration) -> None:
    assert [paper["name"] for paper in papers.papers(migration)] == ["log", "log", "log"]
    reach(migration.store, Stage.AUDITED)
    assert {paper["name"] for paper in papers.papers(with_settings(migration))} == {"automations", "log", "status"}


def test_the_log_tells_who_did_how_much_and_when(migration: Migration, clock: VirtualClock) -> None:
    began = clock.now()
    migration.store.ledger.note(None, "approval", {}, "ada")
    clock.pass_by(60)
    migration.store.ledger.note(None, "approval", {}, "bo")
    clock.pass_by(60)
    migration.store.ledger.note(None, "approval", {}, "ada")

    report = papers.log_report(migration)

    ada, bo = report.operators
    assert (ada.operator, ada.entries, bo.operator, bo.entries) == ("ada", 2, "bo", 1)
    assert (report.first_at, report.last_at) == (began, began + timedelta(seconds=120))
    assert bo.first_at == bo.last_at == began + timedelta(seconds=60)
    assert report.verified


def test_what_an_entry_takes_that_was_switched_on_is_not_said_to_stay_behind() -> None:
    mapping = default("freshsales")

    assert "communications" in {one.what for one in stays(mapping)}
    next(entry for entry in mapping.maps if entry.map == "F13").enabled = True
    assert "communications" not in {one.what for one in stays(mapping)}
