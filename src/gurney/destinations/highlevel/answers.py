"""What HighLevel's answers mean (FACTS 14). Pure: no calls, and no record's value in any word that leaves here.

A 401 may be a missing scope, a token of the wrong kind, a missing version, or a token that ended: only the words tell,
and only the last is worth a new token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from gurney.errors import NotAuthorised, VendorRefused

SCOPE = ("not authorized for this scope", "allowed to access this scope")
WRONG_KIND = ("user type mismatch", "route not supported by iam")
ENDED = ("invalid jwt", "access token is invalid", "token expired", "jwt expired", "invalid private integration token")
DUPLICATE = "does not allow duplicated contacts"
LINKED = "duplicate relation"
NO_TEAM_MEMBER = "not part of calendar team"
NOT_FOUND = "not found"
FULL_SIDE = re.compile(r"limit|maximum|exceed", re.I)
PROPERTY = re.compile(r"(?:property )?(?:properties\.)?(?P<field>[A-Za-z_][A-Za-z0-9_]*) (?:must|should|is)\b")
WITHHELD = "(the vendor's message repeats a value)"
GONE = frozenset({404, 410})
RIGHTS = frozenset({401, 403})
WORDED = frozenset({400, 422})


def moment(stamp: Any) -> datetime | None:
    """A time stamp as aware UTC, whole seconds; naive ones count as UTC."""
    if not isinstance(stamp, str) or not stamp:
        return None
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return aware.replace(microsecond=0)


def words_of(body: Any) -> str:
    """The vendor's own words about a refusal: a text, or all violations at once.

    >>> words_of({"statusCode": 422, "message": ["a must be b", "c should not exist"]})
    'a must be b; c should not exist'
    """
    if not isinstance(body, Mapping):
        return ""
    said = body.get("message") or body.get("error_description") or body.get("error") or ""
    return "; ".join(str(each) for each in said) if isinstance(said, list) else str(said)


def is_about_token(words: str) -> bool:
    """Whether a 401 says that the token itself is no good: then a new one may help."""
    low = words.lower()
    return any(phrase in low for phrase in ENDED)


def is_missing_scope(words: str) -> bool:
    low = words.lower()
    return any(phrase in low for phrase in SCOPE)


def is_gone(no: VendorRefused) -> bool:
    """Whether it says that there is no such record: contacts say so with 400 (FACTS 4)."""
    return no.status in GONE or (no.status == 400 and NOT_FOUND in no.words.lower())


def is_unreadable(status: int, body: Any) -> bool:
    """Whether it says no without words: a duplicate, what is not there and a bad value all say so by them alone."""
    return status in WORDED and not words_of(body)


def complained_field(words: str) -> str:
    """The field that a refusal names; '' when it names none.

    >>> complained_field("properties.state must be one of the options")
    'state'
    """
    match = PROPERTY.search(words)
    return match["field"] if match else ""


def without_values(words: str, values: Iterable[object]) -> str:
    """The words, unless one of the values is in them."""
    own = {text for value in values if value is not None and len(text := str(value)) > 2}
    return WITHHELD if any(value in words for value in own) else words


class Duplicate(VendorRefused):
    """Somebody else has the e-mail address or number, and the location wants each once (FACTS 0.1, 14)."""

    def __init__(self, what: str, *, other: str, field: str) -> None:
        super().__init__(
            f"highlevel refused {what}: another contact has the same {field or 'address'}.", status=400,
            code="duplicate", words=f"another contact has the same {field or 'e-mail address or number'}",
        )  # fmt: skip
        self.other = other
        """The contact that has it."""
        self.field = field
        """'email' or 'phone'."""


def refusal(status: int, body: Any, what: str) -> VendorRefused:
    """The error for a call that was read and declined. `what` names the call."""
    words = words_of(body)
    if status == 400 and DUPLICATE in words:
        meta = body.get("meta") if isinstance(body, Mapping) else None
        meta = meta if isinstance(meta, Mapping) else {}
        return Duplicate(what, other=str(meta.get("contactId") or ""), field=str(meta.get("matchingField") or ""))
    if status in RIGHTS:
        return unauthorised(status, words, what)
    return VendorRefused(f"highlevel refused {what} with {status}.", status=status, code=str(status), words=words)


def unauthorised(status: int, words: str, what: str) -> NotAuthorised:
    """The error for a call that the token may not make, with what helps."""
    code, step = str(status), "Check the token and the location id, then: gurney login highlevel"
    if is_missing_scope(words):
        code = "scope-missing"
        step = "Settings > Private Integrations: add the scopes that docs/accounts.md lists; the token stays the same."
    elif any(phrase in words.lower() for phrase in WRONG_KIND):
        code = "wrong-token"
        step = "Use a private integration token of the sub-account, not of the agency: gurney login highlevel"
    elif status == 403:
        step = "The token belongs to another location: set its LOCATION_ID with: gurney login highlevel"
    return NotAuthorised(
        f"highlevel does not allow {what} ({status}): {words or 'no reason given'}.",
        status=status, code=code, words=words, next_step=step,
    )  # fmt: skip
