"""The counts file: four forms, one meaning; what is wrong in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gurney.errors import Misused
from gurney.estimate.counts import complete, known, read, template

FORMS = {
    "toml": "patients = 1_200\ninvoices = 300\n",
    "json": '{"patients": 1200, "invoices": 300}',
    "yaml": "patients: 1200\ninvoices: 300\n",
    "csv": 'name,number\npatients,"1,200"\ninvoices,300\nfiles,\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"clinic.{form}"
    file.write_text(FORMS[form], "utf-8")

    assert read(file) == {"patients": 1200, "invoices": 300}


def test_the_template_is_a_counts_file_and_names_every_count(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text(template(), "utf-8")

    assert read(file) == {"patients": 1200}
    file.write_text(template().replace("# ", "", 1).replace("\n# ", "\n"), "utf-8")
    assert all(f"\n{name} = " in f"\n{template()}".replace("\n# ", "\n") for name in known())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("patient = 5", "did you mean patients?"),
        ("patients = -5", "no whole number"),
        ("patients = true", "no whole number"),
        ("patients = 'many'", "no whole number"),
        ("patients 5", "cannot be understood"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(Misused) as refused:
        read(file)

    assert words in refused.value.message


@pytest.mark.parametrize("name", ["clinic.toml", "clinic.txt"])
def test_a_file_that_is_not_there_or_of_no_known_form_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misused):
        read(tmp_path / name)


def test_counts_without_patients_are_refused() -> None:
    with pytest.raises(Misused):
        complete({"invoices": 5})


def test_a_part_is_not_larger_than_its_whole() -> None:
    with pytest.raises(Misused) as refused:
        complete({"patients": 10, "appointments": 5, "upcoming_appointments": 6})

    assert "more upcoming_appointments" in refused.value.message


def test_what_is_told_leads_what_is_assumed() -> None:
    """0.7 notes and 0.8 invoices for each appointment."""
    counts = complete({"patients": 10, "appointments": 1000})

    assert (counts["treatment_notes"], counts["invoices"]) == (700, 800)
    assert "appointments" not in counts.assumed
