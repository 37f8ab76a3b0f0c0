"""How the vendor says no: `errors` with a code and a list of messages (FACTS 9)."""

from __future__ import annotations

from collections.abc import Iterable

from gurney.twins.kit.wire import Answer

HTML = {"content-type": "text/html; charset=utf-8"}
NOT_FOUND_PAGE = b"<!DOCTYPE html><html><head><title>404</title></head><body>The page was not found.</body></html>"
TOO_MANY_PAGE = b"<!DOCTYPE html><html><head><title>429</title></head><body>Too many requests.</body></html>"
FORBIDDEN = {
    "en": "You are not authorized to perform this action.",
    "nl": "U bent niet bevoegd om deze bewerking uit te voeren.",
}


class Refused(Exception):
    """The call is refused; carries the answer."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(str(status))
        self.answer = Answer(status, {"errors": {"code": status, "message": list(messages)}})


class Page(Refused):
    """Refused with a page instead of JSON."""

    def __init__(self, status: int, page: bytes) -> None:
        super().__init__(status)
        self.answer = Answer(status, body=page, headers=dict(HTML))


def invalid(messages: Iterable[str]) -> Refused:
    """Every problem of the body at once (FACTS 9)."""
    return Refused(400, *messages)


def forbidden(language: str) -> Refused:
    """In the user's own language: nobody should parse it (FACTS 9)."""
    return Refused(403, FORBIDDEN[language])


def no_such_path() -> Refused:
    """A wrong path is a page (FACTS 9, 10)."""
    return Page(404, NOT_FOUND_PAGE)
