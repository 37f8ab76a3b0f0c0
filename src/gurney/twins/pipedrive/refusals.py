"""How the vendor says no: one envelope for each version of the API (FACTS 12)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer

SCHEMA = "ERR_SCHEMA_VALIDATION_FAILED"
BAD = "ERR_BAD_REQUEST"
GONE = "ERR_NOT_FOUND"
UNKNOWN = "ERR_UNKNOWN"
SEE = "Please check developers.pipedrive.com"
NO_RIGHT = "You do not have permissions to do this."


class Refused(Exception):
    """The call is refused; carries the answer."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(str(status))
        self.answer = Answer(status, {"success": False, **body})


class Wrong(Exception):
    """A value is refused: why, and where in the body. Becomes an envelope once the version is known."""

    def __init__(self, words: str, *path: str) -> None:
        super().__init__(words)
        self.words = words
        self.path = path

    def under(self, *names: str) -> Wrong:
        """The same, seen from further out."""
        return Wrong(self.words, *names, *self.path)


def not_allowed(name: str, *outer: str) -> Wrong:
    """An unknown or read-only key (FACTS 12)."""
    return Wrong(f"Parameter '{name}' is not allowed for this request", *outer, name)


def validation(no: Wrong, version: int) -> Refused:
    """A refused value in the envelope of its version."""
    if version == 2:
        at = ".".join(no.path) + ": " if no.path else ""
        return Refused(400, {"error": f"Validation failed: {at}{no.words}", "code": SCHEMA})
    return plain(400, no.words)


def plain(status: int, words: str, info: str = SEE, **more: Any) -> Refused:
    """The generic envelope of v1; also what v2 says where nothing else is known."""
    return Refused(status, {"error": words, "error_info": info, "data": None, "additional_data": None, **more})


def coded(status: int, words: str, code: str) -> Refused:
    """The envelope of v2."""
    return Refused(status, {"error": words, "code": code})


def not_found(what: str, version: int) -> Refused:
    """Nothing there: "Deal not found" in v2, "Entity was not found" in v1."""
    if version == 2:
        return coded(404, f"{what} not found", GONE)
    return plain(404, "Entity was not found", "Object was not found.")


def no_right() -> Refused:
    return plain(403, NO_RIGHT)


def unauthorized(*, bare: bool = False) -> Refused:
    """Bad, missing or expired token; says the gateway, or somebody who says nothing."""
    refused = Refused(401, {"error": "unauthorized access", "errorCode": 401, "error_info": SEE})
    if bare:
        refused.answer = Answer(401, body=b"")
        return refused
    refused.answer.headers["x-401-by-gw"] = "true"
    return refused


def capped(words: str, code: str) -> Refused:
    """A limit of the plan is reached."""
    return plain(403, words, code=code)


def broken() -> Refused:
    """What a wrongly nested body gets: the client's fault, told as the server's (FACTS 12)."""
    return coded(500, "Internal Server Error", UNKNOWN)


def bad_request() -> Refused:
    """The bare refusal of some v1 services (FACTS 3.6)."""
    return plain(400, "Bad request")
