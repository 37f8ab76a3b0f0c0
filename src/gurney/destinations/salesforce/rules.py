"""What Salesforce's server accepts as a value (FACTS 2), as pure functions that a mapping asks before it sends.

A refused optional field refuses its whole record, so the mapping leaves such a value out and says so. Only e-mail
addresses have a form; phones and addresses of the web are free text of limited length.
"""

from __future__ import annotations

import re

from gurney.destinations.salesforce.limits import limit

ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{{2,}}")
"""As strict as a mail service is: the vendor documents no grammar (FACTS 2)."""
SANDBOX_MARK = ".invalid"


def acceptable_email(text: str) -> bool:
    """Whether an e-mail field takes it.

    >>> acceptable_email("ada.lee+clinic@example.com.au"), acceptable_email("ada lee@example.com")
    (True, False)
    """
    return len(text) <= limit("email_chars") and EMAIL.fullmatch(text) is not None


def acceptable_phone(text: str) -> bool:
    """Whether a phone field takes it: any text that is short enough.

    >>> acceptable_phone("02 9999 1234 / 0400 111 222"), acceptable_phone("")
    (True, False)
    """
    return 0 < len(text.strip()) <= limit("phone_chars")


def acceptable_url(text: str) -> bool:
    """Whether a website field takes it: any text that is short enough.

    >>> acceptable_url("https://clinic.example.com/a?b=c"), acceptable_url("x" * 256)
    (True, False)
    """
    return 0 < len(text.strip()) <= limit("url_chars")


def own_email(email: str) -> str:
    """A user's address without the mark that a sandbox puts behind it (FACTS 0.11).

    >>> own_email("Jo.Ng@example.com.invalid")
    'jo.ng@example.com'
    """
    return email.lower().removesuffix(SANDBOX_MARK)
