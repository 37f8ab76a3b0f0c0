"""The vendor's error answers (FACTS 11)."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.twins.kit.wire import Answer

BLANK = "can’t be blank"
"""With the typographic apostrophe that the vendor sends."""


class Refused(Exception):
    """Leave the handling of a request with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


class Bodies:
    """Bodies of the errors whose body nobody has recorded: JSON, HTML as a proxy would send, or nothing."""

    def __init__(self, style: str) -> None:
        self._style = style

    def unauthorized(self) -> Answer:
        """401: no key, a wrong or revoked one, or one of another shard."""
        return self._answer(401, "Unauthorized", {"www-authenticate": "Basic"})

    def not_found(self) -> Answer:
        """404: no such path or record, or an archived one."""
        return self._answer(404, "Resource not found", {})

    def rate_limited(self, reset: int, retry_after: int | None) -> Answer:
        """429: `reset` is the Unix time at which calls are possible again."""
        headers = {"x-ratelimit-reset": str(reset)}
        if retry_after is not None:
            headers["retry-after"] = str(retry_after)
        return self._answer(429, "Rate limit exceeded", headers)

    def _answer(self, status: int, words: str, headers: dict[str, str]) -> Answer:
        if self._style == "json":
            return Answer(status, {"message": words}, headers=headers)
        if self._style == "empty":
            return Answer(status, headers=headers)
        page = f"<html><head><title>{status}</title></head><body><h1>{words}</h1></body></html>"
        return Answer(status, body=page.encode(), headers={**headers, "content-type": "text/html"})


def forbidden() -> Answer:
    """403: the role is too weak, or the client is blocked. No body."""
    return Answer(403)


def bad_request(words: str) -> Answer:
    """400: a filter, sort or page that makes no sense."""
    return Answer(400, {"message": words})


def invalid(errors: Mapping[str, str]) -> Answer:
    """422: one text per field."""
    return Answer(422, {"message": "Validation Failed", "errors": dict(errors)})
