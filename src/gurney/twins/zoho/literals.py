"""What a query compares with, in the form in which the field is stored: for COQL, search and bulk read."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.tables import folded
from gurney.twins.zoho.schema import Field
from gurney.twins.zoho.times import read_moment

NUMBERS = ("integer", "double", "currency", "percent", "formula", "rollup_summary")
OPAQUE = (
    "subform", "tags", "fileupload", "imageupload", "participants", "multiselectlookup", "multiuserlookup",
    "profileimage", "layout",
)  # fmt: skip
"""Types whose values no query can look into."""


def literal(field: Field, value: Any) -> Any:
    """The comparable form of a value; None when it does not fit the field."""
    if field.data_type in OPAQUE:
        return None
    if isinstance(value, dict):
        value = value.get("id")
    if field.data_type == "datetime":
        return read_moment(value) if isinstance(value, str) else None
    if field.data_type in NUMBERS:
        return _number(value)
    if field.data_type == "boolean":
        return {"true": True, "false": False}.get(str(value).lower())
    return folded(str(value)) if isinstance(value, str | int | float) else None


def _number(value: Any) -> float | int | None:
    try:
        return value if isinstance(value, int | float) else float(value)
    except (ValueError, TypeError):
        return None
