"""How the vendor says no: one shape, `message` is a text or a list of texts (FACTS 14)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from gurney.twins.kit.wire import Answer


class Refused(Exception):
    """The call is refused; carries the answer."""

    def __init__(self, status: int, message: Any, **more: Any) -> None:
        super().__init__(str(status))
        self.answer = Answer(status, {"statusCode": status, "message": message, **more})


def told(status: int, message: Any, **more: Any) -> Refused:
    """The usual shape, with the status in words."""
    return Refused(status, message, error=HTTPStatus(status).phrase, **more)


def invalid(problems: Iterable[str]) -> Refused:
    """Every violation of the body at once (FACTS 14)."""
    return Refused(422, list(problems), error="Unprocessable Entity")


def not_allowed(name: str) -> str:
    """The words for a property that nobody expects."""
    return f"property {name} should not exist"


def bad(message: str) -> Refused:
    return told(400, message)


def unauthorized(message: str) -> Refused:
    """Also for a missing scope and a missing version: 401 is no proof of an old token (FACTS 14)."""
    return told(401, message)


def other_location() -> Refused:
    return told(403, "The token does not have access to this location.")


def no_scope() -> Refused:
    return unauthorized("The token is not authorized for this scope.")


def no_route(method: str, path: str) -> Refused:
    return told(404, f"Cannot {method} {path}")
