"""What values may be, and how names carry our key where nothing else can (FACTS 3, 4, 7). Pure functions.

Freshsales checks no number; what is plainly no e-mail address is kept out of the e-mail field all the same, because
mail is later sent to what stands there.
"""

from __future__ import annotations

import re
import unicodedata

from gurney.destinations.freshsales.limits import limit

EMAIL = re.compile(r"[^\s@,;<>()\[\]\"]+@[^\s@,;<>()\[\]\"]+\.[^\s@.,;<>()\[\]\"]{2,}")
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
FILE_MARK = re.compile(r"_cliniko-[A-Za-z0-9-]+(?=(?:\.[^\W_]{1,10})?$)")
NAME_MARK = re.compile(r" \[Cliniko [^\[\]]+\]$")


def acceptable_email(text: str) -> bool:
    """Whether it can be mailed to.

    >>> acceptable_email("o'brien+kit@example.com.au"), acceptable_email("ask reception")
    (True, False)
    """
    return len(text) <= limit("email_chars") and EMAIL.fullmatch(text) is not None


def acceptable_phone(text: str) -> bool:
    """Whether a phone field takes it: any text that is short enough (FACTS 3).

    >>> acceptable_phone("02 9999 1234 / 0400 111 222"), acceptable_phone(" ")
    (True, False)
    """
    return 0 < len(text.strip()) <= limit("mobile_chars")


def acceptable_url(text: str) -> bool:
    """Whether a field takes a web address: any text that is short enough."""
    return 0 < len(text.strip()) <= limit("url_chars")


def marked_name(name: str, key: str) -> str:
    """A name with our key at its end, for records that nothing but their name tells apart (FACTS 4, 7).

    >>> marked_name("Invoice 1042", "77"), marked_name(marked_name("Invoice 1042", "77"), "77")
    ('Invoice 1042 [Cliniko 77]', 'Invoice 1042 [Cliniko 77]')
    """
    mark = f" [Cliniko {re.sub(r'[^A-Za-z0-9 -]', '-', key)}]"
    return unmarked_name(name)[: limit("text_chars") - len(mark)] + mark


def unmarked_name(name: str) -> str:
    """The name as people know it.

    >>> unmarked_name("Invoice 1042 [Cliniko 77]")
    'Invoice 1042'
    """
    return NAME_MARK.sub("", name)


def safe_file_name(name: str, source_id: str) -> str:
    """A file name without path or control characters that holds the source's id, so that it can be found again.

    Nothing else of an upload can hold our key (FACTS 7). `unmarked_file_name` takes the id off again.

    >>> safe_file_name("../scan: left knee.pdf", "4711")
    'scan_ left knee_cliniko-4711.pdf'
    """
    flat = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = UNSAFE_IN_NAMES.sub("_", flat).strip(" .") or "file"
    stem, dot, ending = base.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 10:
        stem, ending = base, ""
    mark = "_cliniko-" + re.sub(r"[^A-Za-z0-9-]", "-", source_id) + (f".{ending}" if ending else "")
    return stem[: limit("file_name_chars") - len(mark)] + mark


def unmarked_file_name(name: str) -> str:
    """The file's own name again.

    >>> unmarked_file_name(safe_file_name("scan 1.pdf", "4711"))
    'scan 1.pdf'
    """
    return FILE_MARK.sub("", name)
