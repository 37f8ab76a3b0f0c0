"""What Pipedrive's answers mean (FACTS 1, 12). Pure: no calls, and no record's value in any word that leaves here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused

FIELD = re.compile(r"Validation failed: (?:custom_fields[.\[\"']*)?(?P<field>\w+)")
"""The field stands between the fixed words and the complaint (FACTS 12)."""
HASH = re.compile(r"\b[0-9a-f]{40}\b")
WITHHELD = "(the vendor's message repeats a value)"
GONE = frozenset({404, 410})
RIGHTS = frozenset({401, 402, 403})
FEATURE = "feature_capping"
"""Begins the code of every refusal because of the plan (FACTS 5.4); it comes with 403."""
SCOPE = "scope and url mismatch"
NEXT_STEPS = {
    402: "The vendor's account is closed: see to its billing, then repeat the command.",
    403: "Use the token of an administrator whose permission set allows it, then: gurney login pipedrive",
}
MISSING_SCOPE = "Give the app the scopes that `gurney check` names, install it again, then: gurney login pipedrive"


def moment(stamp: Any) -> datetime | None:
    """A time stamp of either version as aware UTC.

    >>> moment("2021-03-04T05:06:07Z") == moment("2021-03-04 05:06:07")
    True
    """
    if not isinstance(stamp, str):
        return None
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def words_of(body: Any) -> str:
    """The vendor's own words about a refusal."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    return str(error) if error else ""


def code_of(status: int, body: Any) -> str:
    """The vendor's code, its HTTP status where it has none."""
    code = body.get("code") if isinstance(body, dict) else None
    return str(code) if code else str(status)


def complained_field(words: str) -> str:
    """The field that a refusal names; '' when it names none.

    >>> complained_field("Validation failed: owner_id: User not found or not accessible.")
    'owner_id'
    """
    match = FIELD.search(words)
    if match is not None:
        return match["field"]
    key = HASH.search(words)
    return key[0] if key is not None else ""


def without_values(words: str, values: Iterable[object]) -> str:
    """The words, unless one of the values is in them."""
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    return WITHHELD if any(value in words for value in own) else words


def refusal(status: int, body: Any, what: str) -> VendorRefused:
    """The error for a call that was read and declined. `what` names the call."""
    words, code = words_of(body), code_of(status, body)
    is_right = status in RIGHTS and not code.startswith(FEATURE)
    kind = NotAuthorised if is_right else VendorRefused
    return kind(
        f"pipedrive refused {what} with {status}" + (f" {code}" if code != str(status) else "") + ".",
        status=status,
        code=code,
        words=words,
        next_step=MISSING_SCOPE if SCOPE in words.lower() else NEXT_STEPS.get(status, "") if is_right else "",
    )
