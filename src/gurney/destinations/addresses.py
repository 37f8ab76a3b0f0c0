"""E-mail addresses where the vendor checks none: mail is later sent to what stands in the field. Pure."""

from __future__ import annotations

import re

EMAIL = re.compile(r"[^\s@,;<>()\[\]\"]+@[^\s@,;<>()\[\]\"]+\.[^\s@.,;<>()\[\]\"]{2,}")


def is_mailable(text: str, most: int) -> bool:
    """Whether mail can be sent to it, and a field of `most` characters holds it.

    >>> is_mailable("o'brien+kit@example.com.au", 100), is_mailable("ask reception", 100)
    (True, False)
    """
    return len(text) <= most and EMAIL.fullmatch(text) is not None
