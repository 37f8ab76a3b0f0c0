"""The other side of every choice that HighLevel's mapping leaves to the clinic, all at once, by processes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from crm import Row
from crm_highlevel import INVOICES, OURS, HighLevelCrm
from harbour import Story, deviation, dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_plan

pytestmark = pytest.mark.xdist_group("highlevel-choices")
LINES = f"{OURS}invoice_line_item"
SWITCHED = {
    "H4": False, "H4.task": True, "H7": False, "H7.native": True, "H8": True, "H6.message": True, "H12": False,
}  # fmt: skip
"""Tasks in place of appointments, HighLevel's own invoices, lines and messages too, no records of locations."""
SHARED = "family@example.com"


class Other(HighLevelCrm):
    """What is dumped when the other side is chosen."""

    objects = (*HighLevelCrm.objects, LINES)


class Chosen:
    """One move with the choices switched, both sides of it."""

    def __init__(self, story: Story, clinic: dict[str, list[Row]]) -> None:
        self.story = story
        self.clinic = clinic

    def rows(self, resource: str) -> list[Row]:
        return [row for row in self.clinic[resource] if not row.get("archived_at") and not row.get("deleted_at")]


def switch(mapping: Path) -> None:
    """Throw the switches, as a person does it."""
    text = mapping.read_text(encoding="utf-8")
    for map, on in SWITCHED.items():
        head, entry, rest = re.split(rf"(^  - map: {re.escape(map)}$)", text, maxsplit=1, flags=re.MULTILINE)
        told = rest.replace("    enabled: false", "    enabled: true", 1) if on else f"\n    enabled: false{rest}"
        text = f"{head}{entry}{told}"
    mapping.write_text(text, encoding="utf-8")


def share(clinic: RunningTwin) -> None:
    """Three patients become a family with one address."""
    for patient in clinic.dump("patients")[:3]:
        clinic.post("edit", {"object": "patients", "id": patient["id"], "fields": {"email": SHARED}})


def moved(gurney: Gurney, clinic: RunningTwin, crm: RunningTwin) -> Chosen:
    share(clinic)
    told = Story(Other, gurney, dumps(Other, crm))
    up_to_plan(gurney, "highlevel")
    switch(gurney.workspace / "mapping.yaml")
    gurney("plan", "--fallback-owner", "admin@example.com")
    gurney("approve", "plan", "--by", "Test Admin")
    gurney("provision")
    gurney("sample")
    gurney("approve", "sample", "--by", "Test Admin")
    told.documents["run"] = gurney("run")
    told.documents["reconcile"] = gurney("reconcile")
    told.loaded = dumps(Other, crm)
    told.documents["rollback"] = gurney("rollback", "--yes")
    told.after = dumps(Other, crm)
    resources = ("patients", "individual_appointments", "invoices", "invoice_items", "communications")
    return Chosen(told, {resource: clinic.dump(resource) for resource in resources})


@pytest.fixture(scope="module")
def chosen(spare_folder: Callable[[str], Path]) -> Chosen:
    duplicates = ("--switch", "allow_duplicate_contact=yes")
    with (
        running_twin("cliniko", "--clinic", "12", "--seed", "6", "--unlimited") as clinic,
        running_twin("highlevel", *HighLevelCrm.twin_options, *duplicates) as crm,
    ):
        return moved(shell(spare_folder("choices"), clinic, crm), clinic, crm)


def test_it_is_proven_and_undone(chosen: Chosen) -> None:
    story = chosen.story

    assert story.documents["run"]["failed"] == []
    assert story.documents["reconcile"]["ok"] is True
    assert story.documents["rollback"]["kept"] == []
    after, before = (Other.prepared(found) for found in (story.after, story.before))
    assert {name: rows for name, rows in after.items() if rows} == {name: rows for name, rows in before.items() if rows}


def test_relatives_share_an_address_where_the_location_allows_it(chosen: Chosen) -> None:
    emails = Counter(row.get("email") for row in chosen.story.loaded["contacts"])

    assert emails[SHARED] == 3


def test_appointments_become_tasks_that_are_done_unless_they_lie_ahead(chosen: Chosen) -> None:
    tasks = {re.findall(r"Cliniko appointment: (\d+)$", row["body"])[0]: row for row in chosen.story.loaded["tasks"]}
    appointments = {row["id"]: row for row in chosen.rows("individual_appointments")}

    assert tasks
    assert set(tasks) == set(appointments)
    for task in tasks.values():
        assert task["completed"] is (not task["title"].endswith(" · Booked"))
    assert not any("Cliniko appointment: " in row["description"] for row in chosen.story.loaded["appointments"])


def test_invoices_are_drafts_that_nobody_was_sent(chosen: Chosen) -> None:
    drafts = {row["invoiceNumber"]: row for row in chosen.story.loaded["invoices"]}
    wanted = {str(row["number"]): row for row in chosen.rows("invoices")}

    assert drafts
    assert set(drafts) == set(wanted)
    for number, draft in drafts.items():
        assert draft["status"] == "draft"
        assert Decimal(str(draft["total"])) == Decimal(wanted[number]["total_amount"])
    assert chosen.story.loaded[INVOICES] == []
    assert chosen.story.loaded["notifications"] == []


def test_lines_are_records_that_name_their_invoice(chosen: Chosen) -> None:
    invoices = {row["id"] for row in chosen.rows("invoices")}
    wanted = {row["id"]: row for row in chosen.clinic["invoice_items"] if linked(row, "invoice") in invoices}
    lines = {row["properties"]["cliniko_line_id"]: row["properties"] for row in chosen.story.loaded[LINES]}

    assert lines
    assert set(lines) == set(wanted)
    for id, line in lines.items():
        assert line["cliniko_invoice_id"] == linked(wanted[id], "invoice")
        assert Decimal(line["quantity"]) == Decimal(wanted[id]["quantity"])


def test_messages_become_notes_of_their_patients(chosen: Chosen) -> None:
    wanted = {row["id"] for row in chosen.rows("communications") if linked(row, "patient")}

    assert wanted
    assert {id for object, id, _ in chosen.story.there.notes if object == "communications"} == wanted


def test_the_plan_says_what_was_chosen_and_what_the_other_side_would_cost(chosen: Chosen) -> None:
    forecast = chosen.story.report("plan")["forecast"]
    by_map = {row["what"].partition(":")[0]: row for row in forecast["choices"]}

    for map, on in SWITCHED.items():
        assert by_map[map]["is_in"] is on
        assert by_map[map]["units"] > 0
    assert "whoever sends one asks the patient for money again" in deviation(chosen.story, "H7")
