"""The CSV that bulk jobs carry: strict coming in, all quoted going out (FACTS 5)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from gurney.twins.salesforce.refusals import Refused

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
NULL = "#N/A"
MOST_PER_CELL = 131_072
UTC_SUFFIX = "+0000"


class BadFile(Exception):
    """The job fails as a whole; the words are its errorMessage."""


def read(content: bytes, delimiter: str, line_ending: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows. Raises BadFile."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile("ClientInputError : Failed to parse CSV header. The file is not UTF-8") from None
    _check_line_ending(text, line_ending)
    csv.field_size_limit(max(csv.field_size_limit(), 64 * 1024 * 1024))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True))
    except csv.Error as no:
        raise BadFile(f"ClientInputError : Failed to parse CSV. {no}") from None
    if not rows or not any(rows[0]):
        raise BadFile("InvalidBatch : The batch is empty: a header row is needed")
    header, lines = rows[0], [row for row in rows[1:] if row]
    for number, row in enumerate(lines, 2):
        if len(row) != len(header):
            raise BadFile(f"InvalidBatch : Row {number} has {len(row)} columns, the header has {len(header)}")
    return header, lines


def _check_line_ending(text: str, line_ending: str) -> None:
    first = text.split("\n", 1)[0]
    if "\n" in text and first.endswith("\r") != (line_ending == "CRLF"):
        words = f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {line_ending}"
        raise BadFile(words)


def record_of(header: list[str], cells: list[str]) -> dict[str, Any]:
    """One row: empty cells are absent, `#N/A` is null."""
    return {name: None if cell == NULL else cell for name, cell in zip(header, cells, strict=True) if cell != ""}


def check_cells(header: list[str], cells: list[str], most: int) -> None:
    """Raises Refused for a cell that bulk does not take (rule salesforce.bulk-cell)."""
    for name, cell in zip(header, cells, strict=True):
        if len(cell) > most:
            raise Refused("STRING_TOO_LONG", f"{name}: data value too large (max length={most})", [name])


def written(header: list[str], rows: Iterable[list[str]], delimiter: str = "COMMA", line_ending: str = "LF") -> bytes:
    """Header and rows, every cell quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=DELIMITERS[delimiter], quoting=csv.QUOTE_ALL, lineterminator=LINE_ENDINGS[line_ending]
    )
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def cell(value: Any) -> str:
    """A value of a row as bulk queries show it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(UTC_SUFFIX) and "T" in value:
        return value.removesuffix(UTC_SUFFIX) + "Z"
    return str(value)
