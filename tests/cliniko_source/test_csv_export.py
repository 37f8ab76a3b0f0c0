"""Balances from the web export."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from gurney.errors import Misused
from gurney.sources.cliniko.csv_export import parse_balances, read_balances

HEADER = "Last Name,Patient ID,Unapplied Account Credit,Opening balance,Account Balance\n"


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "Patients.csv"
    path.write_text("\ufeff" + HEADER + '"O\'Brien, ""A""\nB",1934567890123456789,0.0,,-12.50\n', "utf-8")

    balances = read_balances(path)["1934567890123456789"]

    assert balances.account_balance == Decimal("-12.50")
    assert balances.opening_balance is None
    assert balances.unapplied_credit == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name,Account Balance\nx,1\n", "no column 'Patient ID'"),
        ("Patient ID,Name\n1,x\n", "none of the columns"),
        (HEADER + "x,1.93457E+18,0,0,0\n", "line 2: the Patient ID is no whole number"),
        (HEADER + "x,1,0,0,much\n", "line 2: 'Account Balance' is no amount"),
        (HEADER + "x,1,0,0,0\nx,1,0,0,0\n", "line 3: patient 1 stands there twice"),
        ("", "no column 'Patient ID'"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Misused, match=words.replace("(", r"\(")):
        parse_balances(text)
