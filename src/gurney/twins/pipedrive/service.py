"""The vendor's side of every request: tokens, limits, versions, scopes, rights, endpoints, back door.

The order of checks is assumed (FACTS 12): token, burst, daily pool, route and method, scope and permission, schema,
references, limits of the plan, effect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import Any

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import BadOption, TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request
from gurney.twins.pipedrive import (
    activities,
    activity_types,
    dealproducts,
    deals,
    fields,
    fields_v1,
    files,
    filters,
    leads,
    merging,
    notes,
    persons,
    products,
    reference,
    related,
    search,
    staff,
)
from gurney.twins.pipedrive.backdoor import Backdoor
from gurney.twins.pipedrive.call import Call, Route
from gurney.twins.pipedrive.refusals import BAD, Refused, Wrong, coded, no_right, plain, validation
from gurney.twins.pipedrive.tokens import Access
from gurney.twins.pipedrive.world import World

RESOURCES = (
    search, persons, activities, products, deals, dealproducts, notes, files, fields, fields_v1, staff,
    activity_types, leads, filters, merging, related, reference,
)  # fmt: skip
"""In the order in which their routes are tried: the narrow ones first."""
OLD_V1 = ("persons", "activities", "deals", "organizations", "products", "pipelines", "stages", "itemSearch")
"""Out of support since 2026-08-01 (FACTS 0.3)."""
ERRORS_FROM = 400
TOO_MANY = 429
COUNTED_WRITES = ("POST", "PUT")


@dataclass(frozen=True)
class Served:
    """An endpoint with its price."""

    route: Route
    tokens: int
    scopes: frozenset[str]
    is_search: bool

    def __call__(self, request: Request) -> Answer:
        return self.route.endpoint(request.caller)


def prices() -> dict[str, tuple[int, frozenset[str]]]:
    """Tokens and scopes (any one of them is enough) of every endpoint, from endpoints.toml."""
    table = tomllib.loads(resources("gurney.twins.pipedrive").joinpath("endpoints.toml").read_text("utf-8"))
    return {key: (tokens, frozenset(scopes.split())) for key, (tokens, scopes) in table.items()}


class Pipedrive:
    """A Pipedrive company behind an API."""

    vendor = "pipedrive"

    def __init__(self, options: TwinOptions) -> None:
        refuse_records(options)
        self.clock = Clock(start_time(options), options.scale)
        self.world = World(options, self.clock)
        self._router = Router()
        self._answers = 0
        table = prices()
        for resource in RESOURCES:
            for route in resource.routes.all:
                tokens, scopes = table[route.key]
                is_search = "earch" in route.template
                self._router.add(route.method, route.template, Served(route, tokens, scopes, is_search))
        self._backdoor = Backdoor(self.world)
        self.admin_actions: Mapping[str, Handler] = self._backdoor.actions()
        self.fault_hooks: Mapping[str, VendorFault] = {
            "expire_token": lambda request, arguments: self.world.tokens.expire_all(),
            "stale_search": lambda request, arguments: setattr(request, "stale_s", float(arguments.get("seconds", 60))),
        }

    def admit(self, request: Request) -> Answer | None:
        """No limit on calls in flight is documented (FACTS 8)."""
        return None

    def release(self, request: Request) -> None:
        """Nothing to count out."""

    def handle(self, request: Request) -> Answer:
        """Any request, whole."""
        self.world.purge_old()
        if request.raw_path.startswith("/oauth/"):
            return self.world.tokens.answer(request)
        if request.raw_path.startswith(files.STORAGE):
            return files.from_storage(self.world, request)
        try:
            if self.world.switches["user_agent"] == "required" and "user-agent" not in request.headers:
                raise plain(400, "A User-Agent header is required")
            access = self.world.tokens.caller(request)
        except Refused as no:
            return self._told(no.answer)
        return self._limited(request, access)

    def _limited(self, request: Request, access: Access) -> Answer:
        """Burst and pool, then the endpoint; the headers of both on every answer."""
        now, budget = self.clock.timestamp(), self.world.budget
        version, path = version_of(request.raw_path)
        served = self._router.find(request, path) if version else None
        meter = budget.meter(access.token, is_api_token=access.scopes is None)
        cost = served.tokens if isinstance(served, Served) else 0
        is_search = isinstance(served, Served) and served.is_search
        try:
            budget.admit(meter, now, cost, search=is_search, writes=request.method in COUNTED_WRITES)
        except Refused as no:
            if no.answer.status == TOO_MANY:  # the gateway's page knows nothing of limits
                no.answer.headers |= {**budget.headers(meter, now), **no.answer.headers}
            return self._told(no.answer)
        answer = self._called(request, served, path, version, access)
        if answer.status >= ERRORS_FROM and self.world.switches["charge_errors"] == "no":
            budget.give_back(cost)
            cost = 0
        answer.cost = cost
        answer.headers |= budget.headers(meter, now)
        return self._told(answer)

    def _called(self, request: Request, served: Handler | None, path: str, version: int, access: Access) -> Answer:
        try:
            if not isinstance(served, Served):
                raise self._unserved(path, version)
            user = self.world.users[access.user]
            self._check_rights(served, user, access)
            request.caller = Call(self.world, request, version, user)
            return served(request)
        except Wrong as no:
            return self._in_envelope(validation(no, version).answer, version)
        except Refused as no:
            return self._in_envelope(no.answer, version)

    def _in_envelope(self, answer: Answer, version: int) -> Answer:
        """An error as v1's services tell it, where the switch v1_errors says so."""
        if version == 1 and self.world.switches["v1_errors"] == "service" and isinstance(answer.json, dict):
            answer.json = {
                "success": False, "error": answer.json["error"], "service": "api", "statusText": str(answer.status),
            }  # fmt: skip
        return answer

    def _check_rights(self, served: Served, user: dict[str, Any], access: Access) -> None:
        """API use, scopes, permissions. Raises Refused."""
        company = self.world.company
        if not company.may(user, "can_use_api"):
            raise no_right()
        if access.scopes is not None and served.scopes.isdisjoint(access.scopes):
            raise plain(403, "Scope and URL mismatch")
        if served.route.permission is not None and not company.may(user, served.route.permission):
            raise no_right()

    def _unserved(self, path: str, version: int) -> Refused:
        """No such path, no such method, or one of the old ones (switch old_v1)."""
        parts = path.split("/")
        is_old = version == 1 and parts[2] in OLD_V1 and len(parts) <= 4
        if is_old:
            return plain(int(self.world.switches["old_v1"]), "This endpoint is no longer supported")
        if version and self._router.methods_of(path):
            words = "Method not allowed"
            return coded(405, words, BAD) if version == 2 else plain(405, words)
        return plain(404, "Unknown method .")

    def _told(self, answer: Answer) -> Answer:
        self._answers += 1
        answer.headers["x-correlation-id"] = f"00000000-0000-4000-8000-{self._answers:012x}"
        return answer

    # What the kit asks

    def state(self) -> dict[str, int]:
        """Live records per object, and what was spent."""
        return self._backdoor.state()

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Everything stored of an object, whole."""
        return self._backdoor.dump(name)

    def reset(self) -> None:
        """The company as on its first day, with the same secrets."""
        self.world.fill()

    def credentials(self) -> dict[str, str]:
        """An API token of the administrator, or what OAuth takes (switch auth)."""
        tokens = self.world.tokens
        if self.world.switches["auth"] == "api_token":
            return {"api_token": tokens.api_token(self.world.admin)}
        return {
            "client_id": tokens.client_id,
            "client_secret": tokens.client_secret,
            "refresh_token": tokens.first.token,
        }

    def env(self, base_url: str) -> dict[str, str]:
        given = {f"GURNEY_PIPEDRIVE_{name.upper()}": value for name, value in self.credentials().items()}
        given["GURNEY_PIPEDRIVE_BASE_URL"] = base_url
        if self.world.switches["auth"] == "oauth":
            given["GURNEY_PIPEDRIVE_OAUTH_URL"] = base_url
        return given


def refuse_records(options: TwinOptions) -> None:
    """A company begins empty. Raises BadOption where somebody wants records in it."""
    for name, given in (("--load", options.load_dir), ("--clinic", options.clinic)):
        if given is not None:
            raise BadOption(f"{name}: a Pipedrive twin begins empty; write into it by its API, or by its admin address")


def version_of(raw_path: str) -> tuple[int, str]:
    """The version and the path from it on; v2 answers only under /api (FACTS 1). 0: neither."""
    path = raw_path.removeprefix("/api")
    if path.startswith("/v1/"):
        return 1, path
    if path.startswith("/v2/") and path != raw_path:
        return 2, path
    return 0, path
