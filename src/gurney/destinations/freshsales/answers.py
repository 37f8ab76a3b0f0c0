"""What Freshsales' answers mean (FACTS 2, 9). Pure: no calls, and no record's value in any word that leaves here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused

WITHHELD = "(the vendor's message repeats a value)"
GONE = 404
NO_RIGHT = 403
NEXT_STEP = "Use the API key of an administrator, and see that the plan has it; then: gurney login freshsales"


def moment(stamp: Any) -> datetime | None:
    """A time stamp with any offset as aware UTC.

    >>> moment("2023-05-14T14:59:40+02:00") == moment("2023-05-14T12:59:40Z")
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
    """The vendor's own words: a list, or one text; in the user's language, so they decide nothing.

    >>> words_of({"errors": {"code": 400, "message": ["Name has already been taken"]}})
    'Name has already been taken'
    """
    errors = body.get("errors") if isinstance(body, dict) else None
    said = errors.get("message") if isinstance(errors, dict) else errors
    if isinstance(said, list):
        return "; ".join(str(one) for one in said)
    return said if isinstance(said, str) else ""


def without_values(words: str, values: Iterable[object]) -> str:
    """The words, unless one of the values is in them."""
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    return WITHHELD if any(value in words for value in own) else words


def refusal(status: int, body: Any, what: str) -> VendorRefused:
    """The error for a call that was read and declined. `what` names the call."""
    kind = NotAuthorised if status == NO_RIGHT else VendorRefused
    return kind(
        f"freshsales refused {what} with {status}.",
        status=status,
        code=str(status),
        words=words_of(body),
        next_step=NEXT_STEP if status == NO_RIGHT else "",
    )
