"""What Zoho's answers mean (FACTS 3 and 12). Pure: no calls, and no record's value in any word that leaves here.

Answers are positional and their status says little: 207, 200 and 400 all carry one element a record, so elements are
read one by one. A refusal of the whole request is a bare object, or a single element with one of REQUEST_CODES.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused

SUCCESS = "SUCCESS"
DUPLICATE = "DUPLICATE_DATA"
MODIFIED = "ALREADY_MODIFIED"
MULTIPLE = frozenset({"MULTIPLE_OR_MULTI_ERRORS", "MULTIPLE_ERRORS"})
REQUEST_CODES = frozenset(
    {
        "API_NOT_SUPPORTED",
        "AUTHENTICATION_FAILURE",
        "AUTHORIZATION_FAILED",
        "INVALID_MODULE",
        "INVALID_REQUEST",
        "INVALID_REQUEST_METHOD",
        "INVALID_TOKEN",
        "INVALID_URL_PATTERN",
        "NO_PERMISSION",
        "NOT_SUPPORTED",
        "OAUTH_SCOPE_MISMATCH",
        "REQUIRED_PARAM_MISSING",
        "UNABLE_TO_PARSE_DATA_TYPE",
    }
)
RIGHTS = frozenset({"NO_PERMISSION", "AUTHORIZATION_FAILED", "OAUTH_SCOPE_MISMATCH", "API_NOT_SUPPORTED"})
NEXT_STEPS = {
    "OAUTH_SCOPE_MISMATCH": "Make a new refresh token with every scope that `gurney check` lists: gurney login zoho",
    "NO_PERMISSION": "Give the user of the credentials the Administrator profile.",
    "AUTHORIZATION_FAILED": "Give the user of the credentials the Administrator profile.",
    "NOT_SUPPORTED": "The edition of this account may not offer it; see `gurney check`.",
    "API_NOT_SUPPORTED": "The edition of this account may not offer it; see `gurney check`.",
}
WITHHELD = "(the vendor's message repeats a value)"
TELLING = ("expected_data_type", "maximum_length", "minimum_length", "limit", "param_name", "permissions")
"""Details that speak of the schema or the account, never of a record's value."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One element that was refused. `duplicate_id` is the record that already holds the value."""

    code: str
    words: str
    field: str = ""
    duplicate_of: tuple[tuple[str, str], ...] = ()
    """(field, id) for each value that exists already; the id may be ''."""


def moment(stamp: Any) -> datetime | None:
    """Zoho's time stamp as aware UTC.

    >>> moment("2026-02-03T10:00:01+11:00").isoformat()
    '2026-02-02T23:00:01+00:00'
    """
    if not isinstance(stamp, str):
        return None
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return None


def succeeded(element: Any) -> bool:
    """Whether an element of the answer says that its record was taken."""
    return isinstance(element, dict) and element.get("status") == "success" and element.get("code") == SUCCESS


def details(element: Any) -> dict[str, Any]:
    """The element's details, {} when it has none."""
    found = element.get("details") if isinstance(element, dict) else None
    return found if isinstance(found, dict) else {}


def complaint(element: Any, values: Iterable[object] = ()) -> Complaint:
    """Why an element was refused. `values` are the record's own: a message that repeats one is not passed on."""
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    code = str(element.get("code") or "UNKNOWN") if isinstance(element, dict) else "UNKNOWN"
    errors = details(element).get("errors") if code in MULTIPLE else None
    if not isinstance(errors, list) or not errors:
        return _single(element, code, own)
    parts = [_single(error, str(error.get("code") or "UNKNOWN"), own) for error in errors if isinstance(error, dict)]
    return Complaint(
        code,
        "; ".join(f"{part.code}: {part.words}" if part.words else part.code for part in parts),
        next((part.field for part in parts if part.field), ""),
        tuple(pair for part in parts for pair in part.duplicate_of),
    )


def without_values(words: str, values: Iterable[object]) -> str:
    """The words, unless one of the values is in them."""
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    return WITHHELD if any(value in words for value in own) else words


def refusal(status: int, body: Any, what: str, *, scope: str = "") -> VendorRefused:
    """The error for a request that was refused as a whole. `what` names the call, `scope` what it needs."""
    told = complaint(body)
    words = told.words
    if told.code == "OAUTH_SCOPE_MISMATCH" and scope:
        words = f"{words}; the call needs the scope {scope}"
    kind = NotAuthorised if status in {401, 403} or told.code in RIGHTS else VendorRefused
    return kind(
        f"zoho refused {what} with {status} {told.code}" + (f": {words}" if words else "") + ".",
        status=status,
        code=told.code,
        words=words,
        next_step=NEXT_STEPS.get(told.code, ""),
    )


def _single(element: Any, code: str, own: set[str]) -> Complaint:
    found = details(element)
    field = str(found.get("api_name") or "")
    message = str(element.get("message") or "") if isinstance(element, dict) else ""
    if any(value in message for value in own):
        message = WITHHELD
    facts = [f"{name} {_listed(found[name])}" for name in TELLING if found.get(name) not in (None, "", [])]
    if isinstance(found.get("supported_values"), list):
        facts.append(f"{len(found['supported_values'])} supported values")
    words = ", ".join(part for part in [message, *([f"field {field}"] if field else []), *facts] if part)
    return Complaint(code, words, field, ((field, _existing(found)),) if code == DUPLICATE else ())


def _listed(fact: Any) -> str:
    return ", ".join(map(str, fact)) if isinstance(fact, list) else str(fact)


def _existing(found: Mapping[str, Any]) -> str:
    """The id of the record that holds the value: `duplicate_record.id`, in older versions `id` (FACTS 12)."""
    record = found.get("duplicate_record")
    nested = record.get("id") if isinstance(record, dict) else None
    return str(nested or found.get("id") or "")
