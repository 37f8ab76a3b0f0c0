"""Errors, grouped by what the reader does next: wait, fix the input, fix the set-up, look, give up.

Every error says what happened, to what, and what to do next. None ever holds a record's value or a secret.
"""

from __future__ import annotations

from datetime import datetime, timedelta


class GurneyError(Exception):
    """Something went wrong that a person can act on.

    `next_step` is a full sentence or a command; `exit_code` is what the command line ends with (design, 4).
    """

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class Misused(GurneyError):
    """A command or a document was written wrongly. Nothing was read or written elsewhere."""

    exit_code = 2


class GateRefused(GurneyError):
    """A verb was asked for before what it depends on was done or approved."""

    exit_code = 3


class CheckFailed(GurneyError):
    """A credential, role, scope, edition or schema is not what the migration needs."""

    exit_code = 3


class PausedForQuota(GurneyError):
    """A vendor's budget is spent; the run goes on by itself, or when repeated, after `until` (UTC).

    `until` is a whole second, and the next one where a part of one is told: whoever goes on then is not too early.
    """

    exit_code = 75

    def __init__(self, message: str, *, until: datetime | None, next_step: str = "") -> None:
        if until is not None and until.microsecond:
            until = until.replace(microsecond=0) + timedelta(seconds=1)
        wait = f"Wait until {until.isoformat()}, then repeat the command: it goes on where it was." if until else ""
        super().__init__(message, next_step=next_step or wait)
        self.until = until


class StoreUnusable(GurneyError):
    """The workspace's store cannot be opened or written: locked, full, damaged, or the key is missing."""


class VendorError(GurneyError):
    """A vendor's service did not do what was asked."""


class VendorRefused(VendorError):
    """The vendor read the request and declined it: nothing was written.

    `status` is the HTTP status, `code` the vendor's own code ('' if none), `words` the vendor's own words.
    """

    def __init__(self, message: str, *, status: int, code: str = "", words: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.code = code
        self.words = words


class NotAuthorised(VendorRefused):
    """A credential is wrong, expired for good, or lacks a right."""

    exit_code = 3


class AnswerLost(VendorError):
    """The request may have taken effect: time-out, cut connection, 5xx or an unreadable answer."""


class AnswerWrong(VendorError):
    """An answer to a read contradicts itself: truncated, a repeated next link, fewer rows than announced."""
