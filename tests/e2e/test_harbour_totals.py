"""Counts, states and sums of the sample clinic, in each destination as its manifest has them."""

from __future__ import annotations

from collections import Counter

from harbour import Clinic, Story
from planted import PLANTED, cents, moment


def test_the_audit_counts_what_the_manifest_counts(clinic: Clinic, story: Story) -> None:
    counts = clinic.manifest["counts"]

    for row in story.report("audit")["inventory"]:
        assert row["total"] == counts[row["object"]]["total"], row["object"]


def test_every_record_is_in_the_crm_or_counted_as_left(clinic: Clinic, story: Story) -> None:
    counts = {name: count["total"] for name, count in clinic.manifest["counts"].items()}
    crm = story.there

    assert len(crm.patients) == counts["patients"] - clinic.manifest["totals"]["patients_merged"]
    assert len(crm.of("contacts")) + len(crm.of("payers")) == counts["contacts"]
    assert len(crm.of("locations")) == counts["businesses"]
    assert len(crm.of("types")) == counts["appointment_types"]
    assert len(crm.of("products")) + len(crm.of("services")) == counts["products"] + counts["billable_items"]
    assert len(crm.meetings) == counts["individual_appointments"] - 4 - 2 + counts["group_appointments"]
    assert len(crm.invoices) == counts["invoices"] - 1
    assert len(crm.noted("treatment_notes")) == counts["treatment_notes"] - 1
    assert len(crm.noted("patient_forms")) == counts["patient_forms"]
    too_large = sum(file["size"] > crm.file_most for file in clinic.manifest["files_generated"])
    assert len(crm.files) == counts["patient_attachments"] - 3 - too_large
    assert crm.strangers() == {}


def test_invoices_add_up_to_the_cent(clinic: Clinic, story: Story) -> None:
    totals = clinic.manifest["totals"]
    there = list(story.there.invoices.values())
    statuses = Counter(row["status"] for row in there)

    assert sum(cents(row["total"]) for row in there) == totals["invoice_total_cents_not_archived"]
    assert sum(cents(row["tax"]) for row in there) == totals["invoice_tax_cents"]
    assert sum(cents(row["billed_total"] or 0) for row in story.there.patients.values()) == sum(
        cents(row["total"]) for row in there
    )
    assert (statuses["Open"], statuses["Closed"]) == (totals["invoices_status_10"], totals["invoices_status_30"])
    assert (statuses["Paid"], statuses["Open credit"]) == (
        totals["invoices_status_20"] - 1,
        totals["invoices_status_40"],
    )


def test_each_invoice_has_its_amount(clinic: Clinic, story: Story) -> None:
    wrong = [
        id
        for id, row in story.there.invoices.items()
        if cents(row["total"]) != cents(clinic.rows("invoices")[id]["total_amount"])
    ]

    assert wrong == []


def test_states_of_appointments_add_up(clinic: Clinic, story: Story) -> None:
    totals = clinic.manifest["totals"]
    single = [row for id, row in story.there.meetings.items() if id in clinic.rows("individual_appointments")]
    states = Counter(row["state"] for row in single)
    came_but_gone = Counter(
        {"Arrived": len(next(row["ids"] for row in PLANTED if row["key"] == "orphan_appointments"))}
    )

    assert states + came_but_gone == Counter(
        {
            "Arrived": totals["individual_appointments_arrived"]
            + totals["individual_appointments_arrived_by_evidence"],
            "Did Not Arrive": totals["individual_appointments_did_not_arrive"],
            "Cancelled": totals["individual_appointments_cancelled"],
            "Booked": totals["individual_appointments_booked_future"],
            "Unmarked": totals["individual_appointments_past_unmarked"],
        }
    )


def test_every_appointment_has_its_instants(clinic: Clinic, story: Story) -> None:
    wrong = [
        id
        for id, row in story.there.meetings.items()
        for source in [clinic.rows("individual_appointments").get(id) or clinic.rows("group_appointments")[id]]
        if row["starts_at"] != moment(source["starts_at"]) or row["ends_at"] != moment(source["ends_at"])
    ]

    assert wrong == []


def test_every_file_has_its_bytes(clinic: Clinic, story: Story) -> None:
    files = {row["id"]: row for row in clinic.manifest["files"] + clinic.manifest["files_generated"]}

    assert {id: (file.sha256, file.size) for id, file in story.there.files.items()} == {
        id: (files[id]["sha256"], files[id]["size"]) for id in story.there.files
    }
