"""Invoices: many lines, none, credits, odd amounts, deleted ones."""

from __future__ import annotations

from crm import Row
from harbour import Clinic, Story
from planted import Case, Checks, cents

CHECKS = Checks()


@CHECKS.of(
    "invoice_60_lines", "invoice_zero", "invoice_free_line", "invoice_negative_line", "invoice_huge",
    "invoice_fraction", "invoice_no_lines", "invoice_text_lines",
)  # fmt: skip
def invoice(case: Case) -> None:
    there, source = case.crm.invoices[case.id], case.source()
    lines = case.clinic.of("invoice_items", "invoice", case.id)

    for name in ("total", "tax", "net"):
        assert cents(there[name]) == cents(source[f"{name}_amount"])
    assert cents(there["total"]) == cents(case.entry["total"])
    assert there["line_count"] == len(lines)
    text = " ".join(there["lines"].split())
    assert all(" ".join(line["name"].split()) in text for line in lines)


@CHECKS.of("invoice_full_reversal", "invoice_partial_credit")
def credit(case: Case) -> None:
    original, reversal = (case.crm.invoices[id] for id in case.ids)

    assert [cents(row["total"]) for row in (original, reversal)] == [
        cents(case.source(id)["total_amount"]) for id in case.ids
    ]
    assert reversal["original"] == original["id"]
    assert reversal["original_number"] == original["number"]
    assert reversal["status"] == "Open credit"
    assert cents(reversal["total"]) < 0
    if case.entry["key"] == "invoice_full_reversal":
        assert cents(original["total"]) + cents(reversal["total"]) == 0


@CHECKS.of("invoice_archived")
def archived_invoice(case: Case) -> None:
    assert case.id not in case.crm.invoices
    assert case.left("invoices", "archived") == 1


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
