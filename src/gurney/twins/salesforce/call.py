"""One API call: who asks, in which version, for what; and the table of endpoints.

A module with endpoints declares `routes = Routes()` and decorates functions from Call to Answer; `service.RESOURCES`
lists the modules. Templates are below `/services/data/vNN.0`; a trailing slash of a request is taken off before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.wire import Answer, MalformedBody, Request
from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.refusals import Refused, not_found, unreadable_json
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.world import World
from gurney.twins.salesforce.writing import Writer

BODY_MOST = 50 * 1024 * 1024


@dataclass
class Call:
    """A request on its way through an endpoint."""

    world: World
    request: Request
    version: int
    """67 for v67.0."""
    access: Access
    ticket: int = 0
    """Of `world.locks`; 0 for nobody's."""
    again: Callable[[Call, Request], Answer] | None = None
    """Answers a sub-request for the same caller."""

    @property
    def user_id(self) -> str:
        return self.access.user_id

    @property
    def base(self) -> str:
        """`/services/data/v67.0`."""
        return f"/services/data/v{self.version}.0"

    def param(self, name: str) -> str:
        """A value of the route."""
        return self.request.params[name]

    def query(self, name: str) -> str | None:
        """A query parameter; empty is absent."""
        return self.request.query.get(name) or None

    def kind(self, name: str | None = None) -> ObjectDef:
        """The object of the route, or a named one, if the user may see it. Raises Refused (404)."""
        kind = self.world.kind(self.param("object") if name is None else name)
        if not self.access.can(kind, "read"):
            raise not_found()
        return kind

    def json(self) -> Any:
        """The body as JSON. Raises Refused."""
        if self.request.content_type not in ("application/json", "") and self.request.body:
            if self.request.content_type == "application/xml":
                raise Refused("UNSUPPORTED_MEDIA_TYPE", "the twin reads JSON only")
            raise Refused("UNSUPPORTED_MEDIA_TYPE", f"Unsupported media type: {self.request.content_type}")
        if len(self.request.body) > BODY_MOST:
            words = "The request body is larger than 50 MB"
            raise Refused("EXCEEDED_MAX_SIZE_REQUEST", words, status=413)
        try:
            return self.request.json()
        except MalformedBody:
            raise unreadable_json() from None

    def body(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refused."""
        body = self.json()
        if not isinstance(body, dict):
            raise unreadable_json("Cannot deserialize request body: an object is expected at [line:1, column:1]")
        return body

    def header(self, name: str) -> dict[str, str]:
        """A header of the form `name=value, name=value`, names in lower case."""
        pairs = (part.partition("=") for part in (self.request.header(name) or "").replace(";", ",").split(","))
        return {key.strip().lower(): value.strip() for key, _, value in pairs if key.strip()}

    @property
    def saves_duplicates(self) -> bool:
        """What Sforce-Duplicate-Rule-Header asks for."""
        return self.header("sforce-duplicate-rule-header").get("allowsave", "").lower() == "true"

    def writer(self) -> Writer:
        """Writes rows as the caller, in this request's locks."""
        locks, ticket = self.world.locks, self.ticket
        locking = ticket and locks.contended and self.world.switches["row_locks"] == "on"
        lock = (lambda ids: locks.take(ticket, ids)) if locking else None
        return Writer(self.world, self.access, saves_duplicates=self.saves_duplicates, lock=lock)


Endpoint = Callable[[Call], Answer]


class Routes:
    """The endpoints of one resource, in order of declaration."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, Endpoint]] = []

    def on(self, method: str, template: str) -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint."""

        def declare(endpoint: Endpoint) -> Endpoint:
            self.all.append((method, template, endpoint))
            return endpoint

        return declare
