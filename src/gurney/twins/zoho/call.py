"""One API call: who asks, in which version, for what; and the table of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, MalformedBody, Request
from gurney.twins.zoho.refusals import Refused, invalid, missing_param
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.times import shown
from gurney.twins.zoho.world import World

PER_PAGE = 200
FIELDS_MOST = 50


@dataclass
class Call:
    """A request on its way through an endpoint."""

    world: World
    request: Request
    version: int
    user: Row
    scopes: frozenset[str]

    @property
    def user_id(self) -> str:
        return str(self.user["id"])

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.world.zone_of(self.user)

    def shown(self, moment: int | None) -> str | None:
        """A moment in the caller's time zone (rule zoho.user-time-zone)."""
        return None if moment is None else shown(moment, self.zone)

    def param(self, name: str) -> str:
        """A value of the route."""
        return self.request.params[name]

    def query(self, name: str) -> str | None:
        """A query parameter; empty is absent."""
        return self.request.query.get(name) or None

    def required(self, name: str) -> str:
        """A query parameter. Raises Refused when it is missing."""
        value = self.query(name)
        if value is None:
            raise missing_param(name)
        return value

    def module(self, name: str | None = None) -> Module:
        """The module of the route, or a named one. Raises Refused."""
        return self.world.module(self.param("module") if name is None else name)

    def asked_module(self) -> Module:
        """The module of the query parameter `module`. Raises Refused."""
        return self.world.module(self.required("module"))

    def body(self) -> dict[str, Any]:
        """The JSON body, whatever its declared type. Raises Refused."""
        try:
            body = self.request.json()
        except MalformedBody as no:
            raise invalid({"expected_data_type": "jsonobject"}) from no
        if not isinstance(body, dict):
            raise invalid({"expected_data_type": "jsonobject"})
        return body

    def listed(self, key: str, most: int = 100, least: int = 1) -> list[Any]:
        """The body's list under a key. Raises Refused when missing, empty or too long."""
        body = self.body()
        if key not in body:
            details = {"api_name": key, "json_path": f"$.{key}"}
            raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", details)
        values = body[key]
        if not isinstance(values, list) or len(values) < least:
            raise invalid({"expected_data_type": "jsonarray", "api_name": key, "json_path": f"$.{key}"})
        if len(values) > most:
            limit = {"limit": most, "api_name": key, "json_path": f"$.{key}"}
            raise Refused(400, "LIMIT_EXCEEDED", "the given data count exceeded the limit", limit)
        if self.request.partial is not None:
            return values[: int(len(values) * self.request.partial)]
        return values

    def fields(self, *, mandatory: bool = True) -> list[str] | None:
        """The names in `fields`. Raises Refused when missing (from v3) or more than 50."""
        text = self.query("fields")
        if text is None:
            if mandatory and self.version >= 3:
                raise missing_param("fields")
            return None
        names = [name.strip() for name in text.split(",") if name.strip()]
        if len(names) > FIELDS_MOST:
            raise Refused(400, "LIMIT_EXCEEDED", "fields count exceeded the limit", {"limit": FIELDS_MOST})
        return names

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """A positive query parameter. Raises Refused."""
        text = self.query(name) or str(default)
        if not text.isdigit() or int(text) < 1:
            raise invalid({"param_name": name, "expected_data_type": "integer"})
        if most is not None and int(text) > most:
            raise invalid({"param_name": name, "maximum_value": most})
        return int(text)


def inside(value: Any, *keys: str) -> Any:
    """What lies under keys of nested objects; None wherever something else is found."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


Endpoint = Callable[[Call], Answer]
Cost = int | Callable[[Call], int]


@dataclass(frozen=True)
class Route:
    """One endpoint: `scope` may name the route's module, as in `ZohoCRM.modules.{module}.READ`."""

    method: str
    template: str
    endpoint: Endpoint
    scopes: tuple[str, ...]
    cost: Cost


class Routes:
    """The endpoints of one resource, in order of declaration."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, method: str, template: str, *scopes: str, cost: Cost = 1) -> Callable[[Endpoint], Endpoint]:
        """Declare an endpoint; every scope named is needed."""

        def declare(endpoint: Endpoint) -> Endpoint:
            self.all.append(Route(method, template, endpoint, scopes, cost))
            return endpoint

        return declare


def per_ten(call: Call) -> int:
    """One credit per ten records written (FACTS 11)."""
    body = call.body()
    data = body.get("data")
    return max(1, -(-len(data) // 10)) if isinstance(data, list) else 1
