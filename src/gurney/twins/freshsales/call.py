"""One API call: who asks for what; and the table of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gurney.twins.freshsales.refusals import Refused, forbidden, invalid
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer, MalformedBody, Request

PAGE = 25
PAGE_MOST = 100
JSON = "application/json"
BARE = frozenset({"contact", "sales_account", "deal", "note", "task", "appointment"})
"""Roots that a working client leaves out (FACTS 2)."""


@dataclass
class Call:
    """A request on its way through an endpoint."""

    world: World
    request: Request
    user: Row

    @property
    def user_id(self) -> int:
        return int(self.user["id"])

    def switch(self, name: str) -> str:
        return self.world.switches[name]

    def param(self, name: str) -> str:
        """A value of the route."""
        return self.request.params[name]

    def id(self, name: str = "id") -> int:
        """An id of the route; -1, which nothing has, when it is no number."""
        return id_in(self.param(name))

    def query(self, name: str) -> str | None:
        """A query parameter; empty is absent, unknown ones are ignored."""
        return self.request.query.get(name) or None

    def words(self, name: str) -> list[str]:
        """A comma list of the query."""
        return [word.strip() for word in (self.query(name) or "").split(",") if word.strip()]

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; nonsense is the default."""
        found = id_in(self.query(name))
        return found if found > 0 else default

    @property
    def page(self) -> int:
        return self.number("page", 1)

    @property
    def per_page(self) -> int:
        """More than 100 is 100 (FACTS 2)."""
        return min(self.number("per_page", PAGE), PAGE_MOST)

    @property
    def api_url(self) -> str:
        """Where the client reached the API."""
        return f"{self.request.base_url}/crm/sales/api"

    def body(self) -> Row:
        """The body as an object; what is not declared as JSON is not read (switch content_type). Raises Refused."""
        if self.request.content_type != JSON and self.switch("content_type") == "needed":
            return {}
        if not self.request.body:
            return {}
        try:
            body = self.request.json()
        except MalformedBody as no:
            raise Refused(400, "The request body is not valid JSON.") from no
        if not isinstance(body, dict):
            raise Refused(400, "The request body is invalid.")
        return body

    def attributes(self, root: str) -> Row:
        """What is written: under its root or, for some objects, bare (switch bare_bodies). Raises Refused."""
        body = self.body()
        inner = body.get(root)
        if isinstance(inner, dict):
            return inner
        if root in body or not (root in BARE or self.switch("bare_bodies") == "all"):
            raise invalid([f"The type for {root} is invalid." if root in body else f"{root} is missing"])
        return {name: value for name, value in body.items() if name != "unique_identifier"}

    def ids(self, name: str, most: int = 0) -> list[int]:
        """A list of ids of the body. Raises Refused."""
        given = self.body().get(name)
        if not isinstance(given, list) or not given:
            raise invalid([f"The type for {name} is invalid." if given else f"{name} is missing"])
        if most and len(given) > most:
            raise invalid([f"{name} is too long (maximum is {most})"])
        return [id_in(one) for one in given]

    def need_admin(self) -> None:
        """Raises Refused: 403 for everybody else."""
        if not self.user["admin"]:
            raise forbidden(self.switch("language"))

    def no_right(self) -> Refused:
        """The plan does not have this (switch plan_refusal)."""
        if self.switch("plan_refusal") == "404":
            return self.missing()
        return forbidden(self.switch("language"))

    def missing(self) -> Refused:
        """Nothing has this id."""
        return Refused(404, "The record you are looking for does not exist.")

    def created(self, body: Row) -> Answer:
        """A success that made something (switch created_status)."""
        return Answer(int(self.switch("created_status")), body)


Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One endpoint, below /crm/sales/api."""

    method: str
    template: str
    endpoint: Endpoint


class Routes:
    """The endpoints of one resource, in order of declaration."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, key: str) -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint: `on("GET /tasks/{id}")`."""
        method, _, template = key.partition(" ")

        def declare(endpoint: Endpoint) -> Endpoint:
            self.all.append(Route(method, template, endpoint))
            return endpoint

        return declare

    def each(self, method: str, template: str, endpoint: Endpoint) -> None:
        """Declare an endpoint of several objects."""
        self.all.append(Route(method, template, endpoint))


def ok(body: Any) -> Answer:
    """A success."""
    return Answer(200, body)


def gone() -> Answer:
    """How notes, tasks, appointments, activities and products say that they are deleted (FACTS 2)."""
    return Answer(200, {"success": "200"})
