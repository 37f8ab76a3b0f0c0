"""CSV files carry values whole and execute nothing."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gurney.reports.csv import BOM, RISKY, csv_lines, neutral, write_csv
from gurney.runtime import Runtime


@pytest.mark.parametrize("cell", ["=1+1", "+61 491", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_a_cell_that_a_spreadsheet_would_execute_becomes_text(cell: str) -> None:
    assert neutral(cell) == "'" + cell
    assert neutral("'" + cell) == "''" + cell


def test_numbers_stay_numbers() -> None:
    assert neutral(Decimal("-50.00")) == "-50.00"
    assert neutral(-3) == "-3"


CELLS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("'=+-@\t a")


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_every_value_comes_back_from_the_file_and_none_starts_a_formula(rows: list[list[str]]) -> None:
    text = b"".join(csv_lines(["a", "b"], rows)).removeprefix(BOM).decode()
    back = list(csv.reader(io.StringIO(text, newline="")))[1:]

    assert [[cell[1:] if cell.lstrip("'").startswith(RISKY) else cell for cell in row] for row in back] == rows
    assert not any(cell.startswith(RISKY) for row in back for cell in row)


def test_a_file_is_written_with_its_byte_order_mark(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "companion.csv", ["id", "name"], [["1", "Zoë"]], Runtime())

    assert path.read_bytes() == BOM + "id,name\r\n1,Zoë\r\n".encode()
