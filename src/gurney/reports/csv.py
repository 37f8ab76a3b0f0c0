"""CSV files that a spreadsheet cannot be tricked with.

A cell that begins like a formula is executed by spreadsheet programs; a leading apostrophe makes it text. It is
added to files only: what goes to a destination is never changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from gurney.runtime import Runtime

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms, which some spreadsheets fold."""
BOM = b"\xef\xbb\xbf"
"""Without it spreadsheet programs read UTF-8 as the machine's old code page."""


def neutral(cell: object) -> str:
    """The cell's text, with an apostrophe before anything that a spreadsheet would execute. Numbers stay numbers.

    A text that looks neutralised already gets one more, so that taking one off always gives the value back.

    >>> neutral("=1+1"), neutral("Ann"), neutral(None)
    ("'=1+1", 'Ann', '')
    """
    text = "" if cell is None else str(cell)
    if isinstance(cell, int | float | Decimal):
        return text
    return "'" + text if text.lstrip("'").startswith(RISKY) else text


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The file's bytes, a record at a time: UTF-8 with a byte-order mark, comma, CR LF (RFC 4180)."""
    yield BOM
    yield _line(columns)
    for row in rows:
        yield _line(row)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], runtime: Runtime) -> Path:
    """Write the whole file or none of it."""
    runtime.write_file(path, csv_lines(columns, rows))
    return path


def _line(row: Sequence[object]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([neutral(cell) for cell in row])
    return out.getvalue().encode()
