"""Requests and answers as a twin sees them, whatever carried them: our server, ASGI, or a call in-process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

JSON_TYPE = "application/json;charset=UTF-8"


class MalformedBody(ValueError):
    """The body is not what its type says it is."""


class Params:
    """Query or form parameters: ordered, a name may occur more than once."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = list(pairs)
        self._first = dict(reversed(self.pairs))

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value under the name."""
        return self._first.get(name, default)

    def all(self, name: str) -> list[str]:
        """Every value under the name, in order."""
        return [value for key, value in self.pairs if key == name]

    def names(self) -> list[str]:
        """The names that occur, each once, in order."""
        return list(dict.fromkeys(key for key, _ in self.pairs))

    def __contains__(self, name: object) -> bool:
        return name in self._first

    def __len__(self) -> int:
        return len(self.pairs)

    @classmethod
    def parse(cls, text: str) -> Params:
        """From `a=1&a=2&b=`; blank values stay."""
        return cls(parse_qsl(text, keep_blank_values=True)) if text else cls()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart form."""

    name: str
    filename: str | None
    content_type: str
    body: bytes


@dataclass
class Request:
    """One request. Header names are lower case; `path` is decoded, `raw_path` is as sent."""

    method: str
    raw_path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"
    params: dict[str, str] = field(default_factory=dict)
    """Values of the route's `{names}`."""
    partial: float | None = None
    """Set by the fault of that name: the share of a batch to do before it fails."""
    stale_s: float = 0.0
    """Set by the fault `stale_search`: by how much more the search index lags for this request."""
    caller: Any = None
    """Who asks; set by the vendor's authentication."""

    @cached_property
    def path(self) -> str:
        return unquote(self.raw_path) if "%" in self.raw_path else self.raw_path

    @cached_property
    def query(self) -> Params:
        return Params.parse(self.query_string)

    @property
    def base_url(self) -> str:
        """Scheme and host by which the client reached the twin."""
        return f"{self.scheme}://{self.headers.get('host', '127.0.0.1')}"

    @property
    def target(self) -> str:
        return f"{self.raw_path}?{self.query_string}" if self.query_string else self.raw_path

    @property
    def content_type(self) -> str:
        """The media type alone, lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def header(self, name: str, default: str | None = None) -> str | None:
        """A header by its name in any case."""
        return self.headers.get(name.lower(), default)

    def json(self) -> Any:
        """The body as JSON, whatever its declared type; parsed once. Raises MalformedBody."""
        return self._json

    @cached_property
    def _json(self) -> Any:
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as no:
            raise MalformedBody("the body is not JSON") from no

    def form(self) -> Params:
        """The body as URL-encoded or multipart text fields."""
        if self.content_type == "multipart/form-data":
            return Params((p.name, p.body.decode("utf-8", "replace")) for p in self.parts() if p.filename is None)
        if self.content_type == "application/x-www-form-urlencoded":
            return Params.parse(self.body.decode("utf-8", "replace"))
        return Params()

    def parts(self) -> list[Part]:
        """The parts of a multipart body, in order. Raises MalformedBody."""
        return read_multipart(self.headers.get("content-type", ""), self.body)


def read_multipart(content_type: str, body: bytes) -> list[Part]:
    """Split a multipart body without copying it more than once per part."""
    declared = Message()
    declared["content-type"] = content_type
    boundary = declared.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise MalformedBody("the body is not multipart")
    mark = b"--" + boundary.encode()
    if not body.startswith(mark):
        raise MalformedBody("the body does not begin with its boundary")
    parts: list[Part] = []
    at = len(mark)
    while body[at : at + 2] != b"--":
        end = body.find(b"\r\n" + mark, at)
        if end < 0:
            raise MalformedBody("the last part does not end")
        parts.append(_part(body, at + 2, end))
        at = end + 2 + len(mark)
    return parts


def _part(body: bytes, start: int, end: int) -> Part:
    head_end = body.find(b"\r\n\r\n", start, end)
    if head_end < 0:
        raise MalformedBody("a part has no headers")
    head = HeaderParser().parsestr(body[start:head_end].decode("utf-8", "replace"))
    name = head.get_param("name", header="content-disposition")
    return Part(
        name=name if isinstance(name, str) else "",
        filename=head.get_filename(),
        content_type=head.get_content_type() if head["content-type"] else "text/plain",
        body=body[head_end + 4 : end],
    )


@dataclass
class Answer:
    """One answer: a status with JSON, with bytes, or with nothing."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cost: float = 0
    """What the vendor bills for the call, in its own unit (credits, requests, tokens)."""

    def payload(self) -> bytes:
        """The bytes of the body; sets the content type of JSON."""
        if self.body is None:
            if self.json is None:
                self.body = b""
            else:
                self.body = orjson.dumps(self.json)
                self.headers.setdefault("content-type", JSON_TYPE)
        return self.body


class ConnectionDropped(Exception):
    """The twin closes the connection instead of answering (or in the middle of its answer).

    Our server closes the socket, the in-process transport raises what a client sees then.
    """

    def __init__(self, *, reset: bool = False, begun: Answer | None = None, sent_bytes: int = 0) -> None:
        super().__init__("the twin closed the connection")
        self.reset = reset
        self.begun = begun
        self.sent_bytes = sent_bytes


Handler = Callable[[Request], Answer]
