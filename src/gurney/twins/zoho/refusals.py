"""How the vendor says no: to a whole request, or to one element of it (FACTS 12)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer

Element = dict[str, Any]


def error(code: str, message: str, details: dict[str, Any] | None = None) -> Element:
    """The envelope of an error."""
    return {"code": code, "details": details or {}, "message": message, "status": "error"}


def success(message: str, details: dict[str, Any] | None = None, code: str = "SUCCESS") -> Element:
    """The envelope of a success."""
    return {"code": code, "details": details or {}, "message": message, "status": "success"}


class Refused(Exception):
    """The request as a whole is refused; carries the answer."""

    def __init__(self, status: int, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.answer = Answer(status, error(code, message, details))


class ElementRefused(Exception):
    """One element is refused; carries what the answer says in its place."""

    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.element = error(code, message, details)


def invalid(details: dict[str, Any], message: str = "invalid data", status: int = 400) -> Refused:
    return Refused(status, "INVALID_DATA", message, details)


def no_module(index: int = 0) -> Refused:
    return Refused(400, "INVALID_MODULE", "the module name given seems to be invalid", {"resource_path_index": index})


def no_url() -> Refused:
    return Refused(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")


def missing_param(name: str) -> Refused:
    words = "One of the expected parameter is missing"
    return Refused(400, "REQUIRED_PARAM_MISSING", words, {"param_name": name})


def missing(api_name: str, path: str) -> ElementRefused:
    details = {"api_name": api_name, "json_path": path}
    return ElementRefused("MANDATORY_NOT_FOUND", "required field not found", details)


def too_many(what: str, status: int = 429) -> Refused:
    """One code for credits, concurrency and sub-concurrency: only the words differ (FACTS 11)."""
    return Refused(status, "TOO_MANY_REQUESTS", what)


def no_permission(permission: str, status: int = 403) -> Refused:
    return Refused(status, "NO_PERMISSION", "permission denied", {"permissions": [permission]})
