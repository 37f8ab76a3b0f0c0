"""What values may be, and how a file is named (FACTS 3.3, 3.7). Pure functions that a mapping asks before it sends.

Pipedrive checks no address and no number; what is plainly no e-mail address is kept out of the e-mail field all the
same, because mail is later sent to what stands there.
"""

from __future__ import annotations

from gurney.destinations.addresses import is_mailable
from gurney.destinations.file_names import marked
from gurney.destinations.pipedrive.limits import limit


def acceptable_email(text: str) -> bool:
    """Whether it can be mailed to.

    >>> acceptable_email("o'brien+kit@example.com.au"), acceptable_email("ask reception")
    (True, False)
    """
    return is_mailable(text, limit("email_chars"))


def acceptable_phone(text: str) -> bool:
    """Whether a phone field takes it: any text that is short enough.

    >>> acceptable_phone("02 9999 1234 / 0400 111 222"), acceptable_phone(" ")
    (True, False)
    """
    return 0 < len(text.strip()) <= limit("phone_chars")


def acceptable_url(text: str) -> bool:
    """Whether a field takes a web address: any text that is short enough, there is no type for it."""
    return 0 < len(text.strip()) <= limit("url_chars")


def safe_file_name(name: str, source_id: str) -> str:
    """A file name that holds the source's id: nothing else of a file can (FACTS 9)."""
    return marked(name, source_id, limit("file_name_chars"))
