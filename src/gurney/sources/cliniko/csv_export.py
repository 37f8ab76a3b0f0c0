"""The patients file of Cliniko's web export: the only place that tells account balances (SRC5, FACTS 10).

Columns are found by name, never by position: their number changes with releases. The "Patient ID" of the file is the
id of the API, so it joins; a spreadsheet that rounded the ids is refused.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gurney.errors import Misused

ID = "Patient ID"
BALANCES = {
    "Account Balance": "account_balance",
    "Opening balance": "opening_balance",
    "Unapplied Account Credit": "unapplied_credit",
}
AGAIN = "Export again: Cliniko > Settings > Data exports > Patients, any time; do not open it in a spreadsheet first."


@dataclass(frozen=True, slots=True)
class Balances:
    """Money of one patient, in the account's currency. None where the file says nothing."""

    account_balance: Decimal | None = None
    opening_balance: Decimal | None = None
    unapplied_credit: Decimal | None = None


def read_balances(path: Path) -> dict[str, Balances]:
    """Patient id -> balances. Raises Misused with the line of what cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Misused(f"{path} cannot be read ({type(error).__name__}).") from None
    except UnicodeDecodeError:
        raise Misused(f"{path} is not UTF-8, so it is no export of Cliniko.", next_step=AGAIN) from None
    return parse_balances(text, name=str(path))


def parse_balances(text: str, *, name: str = "the file") -> dict[str, Balances]:
    """The same from text."""
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = {column.strip(): column for column in rows.fieldnames or []}
        _require_columns(columns, name)
        found: dict[str, Balances] = {}
        for row in rows:
            id = _id(row.get(columns[ID]), rows.line_num, name)
            if id in found:
                raise Misused(f"{name}, line {rows.line_num}: patient {id} stands there twice.", next_step=AGAIN)
            found[id] = Balances(
                **{
                    attribute: _amount(row.get(columns[column]), column, rows.line_num, name)
                    for column, attribute in BALANCES.items()
                    if column in columns
                }
            )
    except csv.Error:
        raise Misused(f"{name}, line {rows.line_num}: that is no comma-separated line.", next_step=AGAIN) from None
    return found


def _require_columns(columns: dict[str, str], name: str) -> None:
    if ID not in columns:
        raise Misused(f"{name} has no column '{ID}', so it is no patients export.", next_step=AGAIN)
    if not set(BALANCES) & set(columns):
        wanted = ", ".join(f"'{column}'" for column in BALANCES)
        raise Misused(f"{name} has none of the columns {wanted}.", next_step=AGAIN)


def _id(given: str | None, line: int, name: str) -> str:
    id = (given or "").strip()
    if not id.isdigit():
        raise Misused(
            f"{name}, line {line}: the {ID} is no whole number; a spreadsheet may have rounded it.", next_step=AGAIN
        )
    return id


def _amount(given: str | None, column: str, line: int, name: str) -> Decimal | None:
    text = (given or "").strip()
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Misused(f"{name}, line {line}: '{column}' is no amount.", next_step=AGAIN)
    return amount
