"""Judgements on single values. Pure; a judged value is not kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from mimetypes import MimeTypes
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from gurney.reports.csv import RISKY

RUNNABLE = frozenset(
    [
        "app", "bat", "cmd", "com", "cpl", "dll", "exe", "hta", "htm", "html", "jar", "js", "jse", "lnk", "mht",
        "msi", "ps1", "reg", "scr", "sh", "svg", "swf", "vbe", "vbs", "wsf", "xhtml",
    ]
)  # fmt: skip
"""File types that mail and CRM services commonly refuse, because they run when opened."""
_PLAIN_NUMBER = re.compile(r"[+\-]?[\d\s().\-]*")
_RISKY_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]|^\.|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
_TYPES = MimeTypes()


def is_formula(text: str) -> bool:
    """Whether CSV files must neutralise the text; a plain number is harmless, with or without a sign."""
    return text.lstrip("'").startswith(RISKY) and not _PLAIN_NUMBER.fullmatch(text)


def is_risky_file_name(name: str) -> bool:
    """Whether a name leads elsewhere, breaks a header, is reserved, or starts a formula."""
    return bool(_RISKY_NAME.search(name)) or name.startswith(RISKY)


def is_email(text: str) -> bool:
    """Whether a mail service would take the address. International local parts are refused by most."""
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True


def dialled_number(text: str, country: str) -> str | None:
    """The number in international form, None where it cannot be dialled from anywhere."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_odd_name(name: str) -> bool:
    """Whether a name has invisible or direction-changing characters, or no letter at all."""
    if name.isascii() and name.isprintable():
        return bool(name) and not any(character.isalpha() for character in name)
    return any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn") for character in name)


def type_fits(content_type: str | None, name: str) -> bool:
    """Whether a file's declared type is one, and of the sort that its name says."""
    if not content_type or "invalid" in content_type:
        return False
    by_name, _ = _TYPES.guess_type(name.rpartition("/")[2])
    sorts = {kind.partition("/")[0] for kind in (content_type, by_name or content_type)}
    return len(sorts) == 1 or sorts <= {"application", "text"}


def custom_fields(document: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The custom fields of a record or of a definition (FACTS 6.1)."""
    for section in (document or {}).get("sections") or ():
        yield from section.get("fields") or ()


def answers(content: Mapping[str, Any] | None) -> Iterator[str]:
    """The written answers of a note or form (FACTS 6.3)."""
    for section in (content or {}).get("sections") or ():
        for question in section.get("questions") or ():
            if isinstance(question.get("answer"), str):
                yield question["answer"]
