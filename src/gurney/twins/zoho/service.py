"""The vendor's side of every request: accounts server, versions, scopes, credits, endpoints, back door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, MalformedBody, Request
from gurney.twins.zoho import (
    attachments,
    bin,
    bulk_read,
    bulk_write,
    composite,
    jobs,
    make_fields,
    make_modules,
    metadata,
    notes,
    organisation,
    people,
    picklists,
    profiles,
    query,
    reading,
    records,
    recycle,
    related,
    search,
)
from gurney.twins.zoho.backdoor import Backdoor
from gurney.twins.zoho.call import Call, Route
from gurney.twins.zoho.refusals import Refused, no_url
from gurney.twins.zoho.tokens import Access
from gurney.twins.zoho.world import World

PATH = re.compile(r"/crm/(?P<bulk>bulk/)?v(?P<version>[2-8])(?:\.\d)?(?P<rest>/.*)")
DOWNLOAD = re.compile(r"/v(?P<version>[2-8])/crm/org\d+(?P<rest>/bulk-write/.*)")
HEAVY_ENDS = ("/search", "/coql", "/__composite_requests", "/actions/convert")
HEAVY_FROM = 10
COMPOSITE_SLOTS = 5
TOO_MANY = 429
RETRY_AFTER_S = "60"
RESOURCES = (
    organisation, people, metadata, profiles, make_modules, make_fields, picklists, recycle, query, bulk_write,
    bulk_read, search, attachments, notes, related, records, reading,
)  # fmt: skip
"""In the order in which their routes are tried: the narrow ones first."""


class Zoho:
    """A Zoho CRM organisation behind an API."""

    vendor = "zoho"

    def __init__(self, options: TwinOptions) -> None:
        self.clock = Clock(start_time(options), options.scale)
        self.world = World(options, self.clock)
        self._router = Router()
        for route in self._routes():
            self._router.add(route.method, route.template, partial(self._answer, route))
        self._backdoor = Backdoor(self.world)
        self.admin_actions: Mapping[str, Handler] = self._backdoor.actions()
        self.fault_hooks: Mapping[str, VendorFault] = {
            "expire_token": lambda request, arguments: self.world.tokens.expire_all(),
            "stale_search": lambda request, arguments: setattr(request, "stale_s", float(arguments.get("seconds", 60))),
        }

    def _routes(self) -> Iterable[Route]:
        dispatch: Callable[[Request, Call], Answer] = self._sub_request
        together = composite.endpoint(dispatch)
        scopes = ("ZohoCRM.composite_requests.CUSTOM",)
        yield Route("POST", "/__composite_requests", together, scopes, composite.composite_cost)
        for resource in RESOURCES:
            yield from resource.routes.all

    # Limits on what is in flight

    def admit(self, request: Request) -> Answer | None:
        """Concurrency and sub-concurrency (FACTS 11)."""
        if not request.raw_path.startswith("/crm/"):
            return None
        try:
            self.world.credits.enter(_slots(request), heavy=is_heavy(request))
        except Refused as no:
            return self._with_headers(no.answer)
        return None

    def release(self, request: Request) -> None:
        if request.raw_path.startswith("/crm/"):
            self.world.credits.leave(_slots(request), heavy=is_heavy(request))

    # Answers

    def handle(self, request: Request) -> Answer:
        """Any request, whole."""
        jobs.run_due(self.world)
        self._empty_old()
        if request.raw_path.startswith("/oauth/"):
            return self.world.tokens.answer(request)
        try:
            return self._with_headers(self._called(request, self.world.tokens.caller(request)))
        except Refused as no:
            return self._with_headers(no.answer)

    def _called(self, request: Request, access: Access) -> Answer:
        found = PATH.fullmatch(request.raw_path) or DOWNLOAD.fullmatch(request.raw_path)
        if found is None:
            raise no_url()
        rest = "/bulk" + found["rest"] if found.groupdict().get("bulk") else found["rest"]
        user = self.world.users.get(access.user) or self.world.admin
        request.caller = Call(self.world, request, int(found["version"]), user, access.scopes)
        handler = self._router.find(request, rest)
        if handler is None:
            if self._router.methods_of(rest):
                raise Refused(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one")
            raise no_url()
        return handler(request)

    def _answer(self, route: Route, request: Request) -> Answer:
        """Scopes, then credits, then the endpoint."""
        call: Call = request.caller
        if route.template.startswith("/{module}"):
            call.module()
        for scope in route.scopes:
            if not granted(scope.replace("{module}", request.params.get("module", "")), call):
                raise Refused(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
        cost = route.cost if isinstance(route.cost, int) else route.cost(call)
        self.world.credits.spend(self.clock.timestamp(), cost)
        try:
            answer = route.endpoint(call)
        except Refused as no:
            answer = no.answer
        answer.cost = cost
        return answer

    def _sub_request(self, request: Request, outer: Call) -> Answer:
        """A part of a composite request: same caller, no credits of its own."""
        before = self.world.credits.unlimited
        self.world.credits.unlimited = True
        try:
            return self._called(request, Access(outer.user_id, outer.scopes, 0))
        except Refused as no:
            return no.answer
        finally:
            self.world.credits.unlimited = before

    def _with_headers(self, answer: Answer) -> Answer:
        left = self.world.credits.remaining(self.clock.timestamp())
        if left is not None:
            answer.headers["X-API-CREDITS-REMAINING"] = str(left)
        if answer.status == TOO_MANY and self.world.switches["retry_after"] == "yes":
            answer.headers["Retry-After"] = RETRY_AFTER_S
        return answer

    def _empty_old(self) -> None:
        if self.world.bin.entries or self.world.bin.purged:
            for id in self.world.bin.grow_old(self.world.now()):
                bin.purge(self.world, id)

    # What the kit asks

    def state(self) -> dict[str, int]:
        """Live records per object, and what lies in the bin."""
        return self._backdoor.state()

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Everything stored of an object, whole."""
        return self._backdoor.dump(name)

    def reset(self) -> None:
        """The organisation as on its first day, with the same secrets."""
        self.world.fill()

    def credentials(self) -> dict[str, str]:
        tokens = self.world.tokens
        return {
            "client_id": tokens.client_id,
            "client_secret": tokens.client_secret,
            "refresh_token": tokens.first.token,
        }

    def env(self, base_url: str) -> dict[str, str]:
        given = {f"GURNEY_ZOHO_{name.upper()}": value for name, value in self.credentials().items()}
        urls = dict.fromkeys(("GURNEY_ZOHO_ACCOUNTS_URL", "GURNEY_ZOHO_API_URL", "GURNEY_ZOHO_UPLOAD_URL"), base_url)
        return {**given, **urls}


def _slots(request: Request) -> int:
    return COMPOSITE_SLOTS if request.raw_path.endswith("/__composite_requests") else 1


def is_heavy(request: Request) -> bool:
    """Whether the call counts for sub-concurrency (FACTS 11)."""
    path = request.raw_path
    if path.endswith(HEAVY_ENDS):
        return True
    if request.method == "GET":
        return "cvid" in request.query_string or "sort_by" in request.query_string
    if request.method in ("POST", "PUT") and len(request.body) > HEAVY_FROM:
        try:
            body = request.json()
        except MalformedBody:
            return False
        data = body.get("data") if isinstance(body, dict) else None
        return isinstance(data, list) and len(data) > HEAVY_FROM
    return False


def granted(scope: str, call: Call) -> bool:
    """Whether the token covers a scope: `A.b.C.READ` by itself, by `A.b.C.ALL`, `A.b.READ` or `A.b.ALL`."""
    needed = scope.lower().split(".")
    operation = needed[-1]
    if needed[1] == "modules" and len(needed) == 4:
        module = call.world.modules.get(scope.split(".")[2])
        if (
            module is not None
            and module.generated == "custom"
            and _held(["zohocrm", "modules", "custom"], operation, call)
        ):
            return True
    return any(_held(needed[:length], operation, call) for length in range(2, len(needed)))


def _held(prefix: list[str], operation: str, call: Call) -> bool:
    stem = ".".join(prefix)
    return f"{stem}.{operation}" in call.scopes or f"{stem}.all" in call.scopes
