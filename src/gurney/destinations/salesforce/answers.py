"""What Salesforce's answers mean (FACTS 3, 13). Pure: no calls, and no record's value in any word that leaves here.

A refused call carries an array of errors with `errorCode`; a refused row of a collection says `statusCode` instead.
The texts of some errors repeat the record's value: `safe_words` cuts it out, and what may still hold one is withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused

DUPLICATE = "DUPLICATE_VALUE"
DUPLICATES = "DUPLICATES_DETECTED"
"""One of the organisation's duplicate rules stops the record (FACTS 0.12)."""
UNSAFE = "UNSAFE_HTML_CONTENT"
"""A note's markup is not wanted (FACTS 8)."""
LOCKED = "UNABLE_TO_LOCK_ROW"
QUOTA = "REQUEST_LIMIT_EXCEEDED"
CONCURRENT = "concurrent"
UNMODIFIED_FAILED = 412
GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"})
"""What a deletion of something that is gone already answers (FACTS 11)."""
UNKNOWN_OBJECT = frozenset({"NOT_FOUND", "INVALID_TYPE"})
RIGHTS = frozenset(
    {
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "FUNCTIONALITY_NOT_ENABLED",
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "INVALID_SESSION_ID",
        "INVALID_AUTH_HEADER",
    }
)
NEXT_STEPS = {
    "API_DISABLED_FOR_ORG": "The edition has no API: Enterprise and above have it, Professional as an add-on.",
    "API_CURRENTLY_DISABLED": "The user may not use the API: give the permission 'API Enabled'.",
    "FUNCTIONALITY_NOT_ENABLED": "Switch the feature on in Setup, or give the user the permission; see `gurney check`.",
    "INSUFFICIENT_ACCESS": "Give the user the permissions that `gurney check` lists.",
    "STORAGE_LIMIT_EXCEEDED": "The organisation's storage is full: free some, or buy more, then repeat the command.",
}
WITHHELD = "(the vendor's message repeats a value)"
VALUE_TAILS = (
    re.compile(r"(data value too large)(?:: ).*?( \(max length=\d+\))?$", re.DOTALL),
    re.compile(r"(invalid email address)().*$", re.DOTALL),
    re.compile(r"(bad value for restricted picklist field)().*$", re.DOTALL),
    re.compile(r"(value outside of valid range on numeric field)().*$", re.DOTALL),
    re.compile(r"(Cannot deserialize instance of \w+)() from .*$", re.DOTALL),
    re.compile(r"(duplicate external id specified)().*$", re.DOTALL | re.IGNORECASE),
    re.compile(r"(Foreign key external ID)().*$", re.DOTALL),
)
"""Where the vendor's texts quote a value (FACTS 2, 13): what stays is the first group and the second."""
DELETE_NAMED = re.compile(r"Your attempt to delete .* could not be completed because", re.DOTALL)
HOLDER = re.compile(r"^duplicate value found: (\S+) duplicates value on record with id: ([A-Za-z0-9]{15,18})")
COLUMN = re.compile(r"No such column '(\w+)'")
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BULK_ERROR = re.compile(r"^([A-Z][A-Z0-9_]+):(.*?)(?::([^:]*?) ?--)?$", re.DOTALL)


class Declined(VendorRefused):
    """The vendor declined a call because of one field, which it names."""

    def __init__(self, message: str, *, status: int, code: str, words: str, next_step: str, field: str) -> None:
        super().__init__(message, status=status, code=code, words=words, next_step=next_step)
        self.field = field


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a row or a call was refused. `holder` is the record that has the value already, with the field."""

    code: str
    words: str
    field: str = ""
    holder: tuple[str, str] | None = None


def moment(stamp: Any) -> datetime | None:
    """The vendor's time stamp as aware UTC, whole seconds.

    >>> moment("2026-01-31T10:00:00.000+0000").isoformat()
    '2026-01-31T10:00:00+00:00'
    """
    if not isinstance(stamp, str) or not stamp:
        return None
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        return None


def long_id(id: str) -> str:
    """The 18 characters of an id that may have come with 15 (FACTS 2).

    >>> long_id("0015g00000AbCdE")
    '0015g00000AbCdEAAV'
    """
    if len(id) != 15:
        return id
    groups = (id[start : start + 5] for start in (0, 5, 10))
    return id + "".join(CHECKSUM[sum(1 << at for at, char in enumerate(five) if "A" <= char <= "Z")] for five in groups)


def complaint(error: Any, values: Iterable[object] = ()) -> Complaint:
    """One error of a row or a call. `values` are the record's own: a message that repeats one is not passed on."""
    if not isinstance(error, Mapping):
        return Complaint("UNKNOWN", "")
    code = str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN")
    fields = error.get("fields")
    field = str(fields[0]) if isinstance(fields, list) and fields else ""
    return judged(code, str(error.get("message") or ""), field, values)


def bulk_complaint(text: str, values: Iterable[object] = ()) -> Complaint:
    """The error of a bulk row, 'CODE:message:field1, field2 --' (FACTS 5)."""
    match = BULK_ERROR.match(text.strip())
    if match is None:
        return Complaint("UNKNOWN", safe_words(text, values))
    code, message, fields = match.groups()
    return judged(code, message, (fields or "").split(",")[0].strip(), values)


def judged(code: str, message: str, field: str, values: Iterable[object]) -> Complaint:
    """An error's parts, with the record that holds a duplicate value already."""
    held = HOLDER.match(message) if code == DUPLICATE else None
    holder = (held[1], long_id(held[2])) if held else None
    column = COLUMN.search(message)
    named = field or (holder[0] if holder else "") or (column[1] if column else "")
    return Complaint(code, safe_words(message, values), named, holder)


def safe_words(message: str, values: Iterable[object] = ()) -> str:
    """The vendor's words without a record's value.

    >>> safe_words("First Name: data value too large: Maximiliana (max length=5)")
    'First Name: data value too large (max length=5)'
    """
    words = DELETE_NAMED.sub("The deletion could not be completed because", message)
    for tail in VALUE_TAILS:
        words = tail.sub(lambda match: match[1] + (match[2] or ""), words)
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    return WITHHELD if any(value in words for value in own) else words


def errors_of(body: Any) -> list[Any]:
    """The errors of a refused call's body."""
    if isinstance(body, list):
        return body
    return [body] if isinstance(body, dict) else []


def refusal(status: int, body: Any, what: str) -> VendorRefused:
    """The error for a call that was refused as a whole. `what` names the call."""
    errors = errors_of(body)
    told = complaint(errors[0]) if errors else Complaint("", "")
    kind = NotAuthorised if status in {401, 403} or told.code in RIGHTS else VendorRefused
    said = " ".join(part for part in (str(status), told.code) if part)
    message = f"salesforce refused {what} with {said}" + (f": {told.words}" if told.words else "") + "."
    step = NEXT_STEPS.get(told.code, "")
    if told.field and kind is VendorRefused:
        return Declined(message, status=status, code=told.code, words=told.words, next_step=step, field=told.field)
    return kind(message, status=status, code=told.code, words=told.words, next_step=step)


def declined_row(no: VendorRefused) -> dict[str, Any]:
    """A refused call about one row as a collection would have told it."""
    fields = [no.field] if isinstance(no, Declined) else []
    error = {"statusCode": no.code or str(no.status), "message": no.words or no.message, "fields": fields}
    return {"success": False, "errors": [error]}
