"""One API call: who asks, in which version, for what; and the table of endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.wire import Answer, MalformedBody, Params, Request
from gurney.twins.pipedrive.refusals import BAD, Wrong, coded, not_allowed, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.world import World

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
ID_DIGITS = 18


def number_in(text: str) -> int:
    """The number that a text of digits is; -1, which nothing has, for any other text."""
    return int(text) if text.isdecimal() and len(text) <= ID_DIGITS else -1


@dataclass
class Call:
    """A request on its way through an endpoint."""

    world: World
    request: Request
    version: int
    user: Row

    @property
    def user_id(self) -> int:
        return int(self.user["id"])

    def param(self, name: str) -> str:
        """A value of the route."""
        return self.request.params[name]

    def id(self, name: str = "id") -> int:
        """A numeric id of the route; -1, which nothing has, when it is no number in v1. Raises Wrong in v2."""
        id = number_in(self.param(name))
        if id < 0 and self.version == 2:
            raise Wrong("must be a number", name)
        return id

    def query(self, name: str) -> str | None:
        """A query parameter; empty is absent."""
        return self.request.query.get(name) or None

    def only(self, allowed: Iterable[str]) -> None:
        """v2 refuses query parameters it does not know. Raises Wrong."""
        if not self.request.query_string:
            return
        for name in self.request.query.names():
            if name not in allowed and name != "api_token":
                raise not_allowed(name)

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number of the query. Raises Wrong."""
        given = self.query(name)
        if given is None:
            return default
        if number_in(given) < 0:
            raise Wrong("must be a number", name)
        return number_in(given)

    def flag(self, name: str) -> bool | None:
        """A boolean of the query: true or false, in v1 also 1 and 0. Raises Wrong."""
        given = self.query(name)
        if given is None:
            return None
        if given.lower() in ("true", "false"):
            return given.lower() == "true"
        if self.version == 1 and given in ("0", "1"):
            return given == "1"
        raise Wrong("must be a boolean", name)

    def words(self, name: str) -> list[str]:
        """A comma list of the query."""
        return [word.strip() for word in (self.query(name) or "").split(",") if word.strip()]

    def json(self) -> Any:
        """The body as JSON. Raises Refused when it is none, or not declared to be."""
        if self.version == 2 and self.request.content_type != "application/json":
            raise coded(400, "Content-Type must be application/json", BAD)
        try:
            return self.request.json()
        except MalformedBody as no:
            words = "Request body is not valid JSON"
            raise (coded(400, words, BAD) if self.version == 2 else plain(400, words)) from no

    def body(self) -> dict[str, Any]:
        """The body as an object; v1 takes forms too, whose values are text. Raises Refused."""
        if self.version == 1 and self.request.content_type in FORMS:
            return {name: self.form().get(name) for name in self.form().names()}
        body = self.json()
        if not isinstance(body, dict):
            words = "Request body must be an object"
            raise coded(400, words, BAD) if self.version == 2 else plain(400, words)
        return body

    def is_form(self) -> bool:
        return self.request.content_type in FORMS

    def form(self) -> Params:
        """The text parts of a form. Raises Refused."""
        try:
            return self.request.form()
        except MalformedBody as no:
            raise plain(400, "The request body is malformed") from no


Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One endpoint. Tokens and scopes are in endpoints.toml, under method and template."""

    method: str
    template: str
    endpoint: Endpoint
    permission: str | None = None

    @property
    def key(self) -> str:
        return f"{self.method} {self.template}"


class Routes:
    """The endpoints of one resource, in order of declaration."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, key: str, permission: str | None = None) -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint: `on("GET /v2/persons")`; a permission is asked of the caller's permission sets."""
        method, _, template = key.partition(" ")

        def declare(endpoint: Endpoint) -> Endpoint:
            self.all.append(Route(method, template, endpoint, permission))
            return endpoint

        return declare


def ok(data: Any, status: int = 200, **more: Any) -> Answer:
    """A success."""
    return Answer(status, {"success": True, "data": data, **more})
