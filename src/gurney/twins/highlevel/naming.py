"""Keys made from names, and the types that a custom field may have (FACTS 7)."""

from __future__ import annotations

import re

TYPES = (
    "TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE", "MONETORY", "CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "DATE",
    "TEXTBOX_LIST", "FILE_UPLOAD", "RADIO",
)  # fmt: skip
CREATED_TYPES = (*TYPES, "EMAIL")
"""One more than reads know."""
WITH_OPTIONS = ("CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "RADIO")
FORMATS = (".pdf", ".docx", ".doc", ".jpg", ".jpeg", ".png", ".gif", ".csv", ".xlsx", ".xls", "all")
KEY = re.compile(r"[a-z0-9_]+")


def key_from(name: str) -> str:
    """A field's key: lower case, blanks as underscores, other signs left out ("* x" becomes "_x")."""
    return re.sub(r"[^a-z0-9_]", "", re.sub(r"\s+", "_", name.strip().lower()))
