"""One API call: in which sub-account, by whom, in which version; and the table of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.highlevel.account import Account
from gurney.twins.highlevel.refusals import Refused, bad, invalid, not_allowed, other_location, told
from gurney.twins.kit.wire import Answer, MalformedBody, Part, Request

if TYPE_CHECKING:
    from gurney.twins.highlevel.tokens import Access
    from gurney.twins.highlevel.world import World

DIGITS = 15
V3 = "v3"


@dataclass
class Call:
    """A request on its way through an endpoint."""

    world: World
    request: Request
    version: str
    access: Access
    place: Account | None

    @property
    def account(self) -> Account:
        """The sub-account of the token. Raises Refused for an agency's token."""
        if self.place is None:
            raise told(401, "This authClass type is not allowed to access this scope. "
                       "Please verify your IAM configuration if this is not the case.")  # fmt: skip
        return self.place

    @property
    def is_v3(self) -> bool:
        return self.version == V3

    def switch(self, name: str) -> str:
        return self.world.switches[name]

    def param(self, name: str) -> str:
        """A value of the route."""
        return self.request.params[name]

    def query(self, name: str) -> str | None:
        """A query parameter; empty is absent."""
        return self.request.query.get(name) or None

    def needed(self, name: str) -> str:
        """A query parameter that must be there. Raises Refused."""
        given = self.query(name)
        if given is None:
            raise invalid([f"{name} should not be empty", f"{name} must be a string"])
        return given

    def only(self, *allowed: str) -> None:
        """Query parameters that nobody expects are refused. Raises Refused."""
        if not self.request.query_string:
            return
        strangers = [not_allowed(name) for name in self.request.query.names() if name not in allowed]
        if strangers:
            raise invalid(strangers)

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """A whole number of the query. Raises Refused."""
        given = self.query(name)
        if given is None:
            return default
        if not given.isdecimal() or len(given) > DIGITS:
            raise invalid([f"{name} must be a number conforming to the specified constraints"])
        if most is not None and int(given) > most:
            raise invalid([f"{name} must not be greater than {most}"])
        return int(given)

    def body(self) -> dict[str, Any]:
        """The body as an object; what is not declared as JSON is not read (switch content_type). Raises Refused."""
        if self.request.content_type != "application/json" and self.switch("content_type") == "needed":
            return {}
        try:
            body = self.request.json()
        except MalformedBody as no:
            raise bad("Unexpected token in JSON at position 0") from no
        if not isinstance(body, dict):
            raise invalid(["body must be an object"])
        return body

    def parts(self) -> list[Part]:
        """The parts of a multipart body. Raises Refused."""
        try:
            return self.request.parts()
        except MalformedBody as no:
            raise bad("Multipart: Boundary not found") from no

    def same_location(self, id: Any) -> None:
        """The location that a body or query names must be the token's. Raises Refused."""
        if id != self.account.id:
            raise other_location()

    def here(self) -> None:
        """The query names the location. Raises Refused."""
        self.same_location(self.needed("locationId"))

    def missing(self, what: str) -> Refused:
        """Nothing there, in families whose words are unknown (switch not_found)."""
        return told(int(self.switch("not_found")), f"{what} not found")

    def succeeded(self, status: int = 200) -> Answer:
        """The misspelt success, and the mended one beside it under v3 (FACTS 1)."""
        return self.ok({"succeded": True, "succeeded": True} if self.is_v3 else {"succeded": True}, status)

    def ok(self, body: dict[str, Any], status: int = 200) -> Answer:
        """A success."""
        return Answer(status, body)


Endpoint = Callable[[Call], Answer]
LOCATION, AGENCY, BOTH = "location", "agency", "both"


@dataclass(frozen=True)
class Route:
    """One endpoint: who may call it with which scope, and under which versions it exists."""

    method: str
    template: str
    scope: str
    endpoint: Endpoint
    by: str = LOCATION
    versions: str = "all"
    """`all`, `v3` or `dated`."""
    documented: str = "2021-07-28"
    """The dated version that the vendor documents for it."""

    def exists_in(self, version: str) -> bool:
        return self.versions == "all" or (version == V3) == (self.versions == V3)


class Routes:
    """The endpoints of one resource, in order of declaration."""

    def __init__(self, documented: str = "2021-07-28") -> None:
        self.all: list[Route] = []
        self._documented = documented

    def on(self, key: str, scope: str, *, by: str = LOCATION, versions: str = "all") -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint: `on("GET /contacts/{contactId}", "contacts.readonly")`."""
        method, _, template = key.partition(" ")

        def declare(endpoint: Endpoint) -> Endpoint:
            self.all.append(Route(method, template, scope, endpoint, by, versions, self._documented))
            return endpoint

        return declare
