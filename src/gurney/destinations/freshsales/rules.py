"""What values may be, and how names carry our key where nothing else can (FACTS 3, 4, 7). Pure functions.

Freshsales checks no number; what is plainly no e-mail address is kept out of the e-mail field all the same, because
mail is later sent to what stands there.
"""

from __future__ import annotations

import re

from gurney.destinations.addresses import is_mailable
from gurney.destinations.file_names import marked
from gurney.destinations.freshsales.limits import limit

NAME_MARK = re.compile(r" \[Cliniko [^\[\]]+\]$")


def acceptable_email(text: str) -> bool:
    """Whether it can be mailed to.

    >>> acceptable_email("o'brien+kit@example.com.au"), acceptable_email("ask reception")
    (True, False)
    """
    return is_mailable(text, limit("email_chars"))


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
    """A file name that holds the source's id: nothing else of a file can (FACTS 7)."""
    return marked(name, source_id, limit("file_name_chars"))
