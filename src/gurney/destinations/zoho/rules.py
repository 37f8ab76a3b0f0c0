"""What Zoho's server accepts as a value (FACTS 6), as pure functions that a mapping asks before it sends.

A refused optional field refuses its whole record, so the mapping leaves such a value out and says so.
"""

from __future__ import annotations

import re

from gurney.destinations.file_names import marked
from gurney.destinations.zoho.limits import limit
from gurney.schema import FieldType

ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,22}"
"""ASCII alone: a name in other letters has a form in ASCII as well (punycode)."""
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@{HOST}")
"""Stricter than the server where FACTS is vague: no mail service takes dots at an end or side by side."""
PHONE_GROUP = r"(?:[A-Za-z0-9]+|\((?:[ ]?[A-Za-z0-9]+(?:[ .-][A-Za-z0-9]+)*)\))"
PHONE = re.compile(rf"\+?{PHONE_GROUP}(?:[ .\-]?{PHONE_GROUP})*(?:[,;][A-Za-z0-9]+)*[#;]?")
"""Stricter than the server where FACTS is vague: separators never follow each other, except around brackets."""
URL = re.compile(rf"(?:(?:https?|ftp)://)?{HOST}(?::\d{{1,5}})?(?:[/?#][!-~]*)?", re.IGNORECASE | re.ASCII)
"""Stricter than the server where FACTS is vague: nothing but ASCII, and no underscore in a host."""
LENGTHS = {
    FieldType.TEXT: "text_chars",
    FieldType.LONG_TEXT: "long_text_chars",
    FieldType.RICH_TEXT: "rich_text_chars",
    FieldType.EMAIL: "email_chars",
    FieldType.PHONE: "phone_chars",
    FieldType.URL: "url_chars",
    FieldType.PICKLIST: "option_chars",
    FieldType.MULTI_PICKLIST: "option_chars",
}


def acceptable_email(text: str) -> bool:
    """Whether an e-mail field takes it.

    >>> acceptable_email("ada.lee+clinic@example.com.au"), acceptable_email("ada lee@example.com")
    (True, False)
    """
    return len(text) <= limit("email_chars") and EMAIL.fullmatch(text) is not None


def acceptable_phone(text: str) -> bool:
    """Whether a phone field takes it.

    >>> acceptable_phone("+61 (0)2 9999-1234"), acceptable_phone("02 9999 1234 / 0400 111 222")
    (True, False)
    """
    return len(text) <= limit("phone_chars") and PHONE.fullmatch(text) is not None


def acceptable_url(text: str) -> bool:
    """Whether a website field takes it.

    >>> acceptable_url("https://clinic.example.com/a?b=c"), acceptable_url("call reception")
    (True, False)
    >>> acceptable_url("https://xn--mller-kva.example"), acceptable_url("https://müller.example")
    (True, False)
    """
    return len(text) <= limit("url_chars") and URL.fullmatch(text) is not None


def max_length(type: FieldType) -> int | None:
    """Characters that a field of this type holds when its own metadata do not say; None for other types."""
    name = LENGTHS.get(type)
    return limit(name) if name else None


def safe_file_name(name: str, source_id: str) -> str:
    """A file name that holds the source's id: nothing else of a file can (FACTS 8)."""
    return marked(name, source_id, limit("file_name_chars"))
