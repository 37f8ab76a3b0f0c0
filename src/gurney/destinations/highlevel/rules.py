"""What values may be, how files are named, and which of them go in a ZIP (FACTS 4.1, 10). Pure functions.

The vendor turns numbers into E.164 by the location's country and refuses what cannot be one. What it would refuse, or
what a relative has already, is kept beside the field (see `places.aside`), so a mapping need not ask about it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from uuid import UUID, uuid3, uuid5

import phonenumbers

from gurney.destinations.highlevel.limits import data, limit

EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
FILE_NAMES = UUID("6f0c1d1e-5a1b-4c55-9f0e-6a8f6e1c7b11")
"""The room in which our files' ids are made."""


def acceptable_email(text: str) -> bool:
    """Whether an e-mail field takes it.

    >>> acceptable_email("o'brien+kit@example.com.au"), acceptable_email("ask reception")
    (True, False)
    """
    return len(text) <= limit("text_chars") and EMAIL.fullmatch(text) is not None


def acceptable_phone(text: str) -> bool:
    """Any text that is short enough: what is no number is kept beside the vendor's own field.

    >>> acceptable_phone("02 9999 1234 / 0400 111 222"), acceptable_phone(" ")
    (True, False)
    """
    return 0 < len(text.strip()) <= limit("text_chars")


def acceptable_url(text: str) -> bool:
    """Whether a field takes a web address: any text that is short enough, there is no type for it."""
    return 0 < len(text.strip()) <= limit("text_chars")


@lru_cache(maxsize=4_096)
def e164(text: str, country: str) -> str | None:
    """A number as the vendor stores it; None for what cannot be one.

    >>> e164("0491 570 156", "AU"), e164("ask reception", "AU")
    ('+61491570156', None)
    """
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"


def file_id(key: str, *, zipped: bool = False) -> str:
    """The id under which a file is uploaded, made from our key: settlement knows it again (FACTS 10).

    Its version says whether the file went inside a ZIP; a name could not, for clinics have ZIPs of their own.

    >>> is_zip_of_ours(file_id("H10/patient_attachments/7/0", zipped=True))
    True
    """
    return str((uuid3 if zipped else uuid5)(FILE_NAMES, key))


def is_zip_of_ours(id: str) -> bool:
    """Whether a file of this id went inside a ZIP on our way.

    >>> is_zip_of_ours(file_id("H10/patient_attachments/7/0")), is_zip_of_ours("scan")
    (False, False)
    """
    try:
        return UUID(id).version == uuid3(FILE_NAMES, "").version
    except ValueError:
        return False


def file_name(name: str) -> str:
    """A file name without path or control characters.

    >>> file_name("../scan: left knee.pdf")
    'scan_ left knee.pdf'
    """
    flat = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = UNSAFE_IN_NAMES.sub("_", flat).strip(" .") or "file"
    most = limit("file_name_chars")
    if len(base) <= most:
        return base
    stem, dot, ending = base.rpartition(".")
    return f"{stem[: most - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else base[:most]


def needs_zip(name: str) -> bool:
    """Whether the vendor refuses files of this kind, DICOM among them, so that it goes inside a ZIP.

    >>> needs_zip("scan.dcm"), needs_zip("scan.PDF"), needs_zip("IM0001")
    (True, False, True)
    """
    _, dot, ending = name.rpartition(".")
    return not dot or ending.lower() not in data()["files"]["taken"]
