"""How the vendor says no: to a whole request, or to one row of it (FACTS 3.2, 5, 13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gurney.twins.kit.wire import Answer

STATUS_OF = {
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "API_CURRENTLY_DISABLED": 403,
    "FUNCTIONALITY_NOT_ENABLED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_API_VERSION": 410,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}
"""HTTP status of a single call that fails so; 400 for all others."""


class Refused(Exception):
    """No to a request or to a row: which of the two is up to who catches it."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: Iterable[str] | None = None,
        *,
        status: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = list(fields) if fields is not None else None
        self.status = status or STATUS_OF.get(code, 400)
        self.more = more or {}
        """Further keys, as `duplicateResult`."""

    def element(self) -> dict[str, Any]:
        """`{"message", "errorCode"[, "fields"]}`: in single calls, queries and sub-requests."""
        told: dict[str, Any] = {**self.more, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            told["fields"] = self.fields
        return told

    def answer(self) -> Answer:
        """The whole answer of a single call: always an array."""
        return Answer(self.status, [self.element()])

    def row(self) -> dict[str, Any]:
        """`{"statusCode", "message", "fields"}`: one error of a row in Collections and trees."""
        return {**self.more, "statusCode": self.code, "message": self.message, "fields": self.fields or []}

    def bulk(self) -> str:
        """`CODE:message:field1, field2 --`: the column sf__Error."""
        return f"{self.code}:{self.message}:{', '.join(self.fields or [])} --"


class Unreadable(Refused):
    """What came in cannot even be understood as a row: a bad type, an unknown column."""


def not_found() -> Refused:
    return Refused("NOT_FOUND", "The requested resource does not exist")


def no_column(name: str, object_name: str) -> Unreadable:
    return Unreadable("INVALID_FIELD", f"No such column '{name}' on sobject of type {object_name}")


def entity_is_deleted() -> Refused:
    return Refused("ENTITY_IS_DELETED", "entity is deleted", [])


def cross_reference(field: str | None = None) -> Refused:
    return Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field] if field else [])


def malformed_id(label: str, id: object, field: str = "Id") -> Refused:
    return Refused("MALFORMED_ID", f"{label}: id value of incorrect type: {id}", [field])


def no_access() -> Refused:
    return Refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])


def unreadable_json(message: str = "Unexpected character in the request body at [line:1, column:1]") -> Unreadable:
    return Unreadable("JSON_PARSER_ERROR", message)
