"""The vendor's side of every request: login, versions, sessions, daily limit, endpoints, back door."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request
from gurney.twins.salesforce import (
    bulk_ingest,
    bulk_jobs,
    bulk_query,
    collected,
    composite,
    content_files,
    deleting,
    deploy,
    deploy_jobs,
    describe,
    login,
    organisation,
    query,
    records,
    search,
    soap,
    tooling,
    trees,
)
from gurney.twins.salesforce.backdoor import Backdoor
from gurney.twins.salesforce.call import Call, Endpoint
from gurney.twins.salesforce.refusals import Refused, not_found
from gurney.twins.salesforce.world import World

PATH = re.compile(r"/services/data/v(?P<version>\d+)\.\d(?P<rest>/.*)?")
NEWEST, OLDEST, RETIRED = 67, 31, 21
SEASONS = ("Winter", "Spring", "Summer")
LONGEST_URI = 16_384
RESOURCES: tuple[ModuleType, ...] = (
    deploy,
    content_files,
    tooling,
    bulk_ingest,
    bulk_query,
    organisation,
    describe,
    query,
    search,
    collected,
    composite,
    trees,
    records,
)
"""Modules with routes, in the order in which they are tried: the narrow ones first."""
JOBS = (bulk_jobs, bulk_query, deploy_jobs)
"""Modules whose work goes on as time passes: whatever is due is done before the next request."""
OUTSIDE: dict[str, Callable[[World, Request], Answer]] = {
    "/services/oauth2/": login.answer,
    "/id/": login.answer,
    "/services/Soap/": soap.respond,
}
"""By the beginning of the path: what is no part of the REST API and looks after sessions by itself."""


class Salesforce:
    """A Salesforce organisation behind an API."""

    vendor = "salesforce"

    def __init__(self, options: TwinOptions) -> None:
        self.clock = Clock(start_time(options), options.scale)
        self.world = World(options, self.clock)
        self._router = Router()
        for resource in RESOURCES:
            for method, template, endpoint in resource.routes.all:
                self._router.add(method, template, partial(_called, endpoint))
        self._backdoor = Backdoor(self.world)
        self.admin_actions: Mapping[str, Handler] = self._backdoor.actions()
        self.fault_hooks: Mapping[str, VendorFault] = {
            "expire_token": lambda request, arguments: self.world.tokens.expire_all(),
            "stale_search": lambda request, arguments: setattr(request, "stale_s", float(arguments.get("seconds", 60))),
            "lock_rows": lambda request, arguments: self.world.locks.force(request.caller),
        }

    # Requests in flight

    def admit(self, request: Request) -> Answer | None:
        """Remember what overlaps, and refuse what is too much at a time (rule salesforce.long-requests)."""
        now, locks = self.clock.timestamp(), self.world.locks
        if not self.world.limits.unlimited and locks.long_ones(now) >= self.world.edition.long_requests:
            words = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            return self._with_headers(Refused("REQUEST_LIMIT_EXCEEDED", words).answer())
        request.caller = locks.enter(now)
        return None

    def release(self, request: Request) -> None:
        self.world.locks.leave(request.caller if isinstance(request.caller, int) else request.caller.ticket)

    # Answers

    def handle(self, request: Request) -> Answer:
        """Any request, whole."""
        deleting.empty_old(self.world)
        for jobs in JOBS:
            jobs.run_due(self.world)
        for beginning, respond in OUTSIDE.items():
            if request.raw_path.startswith(beginning):
                return respond(self.world, request)
        try:
            return self._rest(request)
        except Refused as no:
            return no.answer()

    def _rest(self, request: Request) -> Answer:
        path = request.raw_path.rstrip("/")
        if path == "/services/data":
            return Answer(200, [version_shown(number) for number in range(OLDEST, NEWEST + 1)])
        too_long = _too_long(request)
        if too_long is not None:
            return too_long
        found = PATH.fullmatch(path)
        if found is None:
            raise not_found()
        _check_version(int(found["version"]))
        user_id = self.world.tokens.caller(request).user_id
        ticket = request.caller if isinstance(request.caller, int) else 0
        call = Call(self.world, request, int(found["version"]), self.world.access(user_id), ticket, self._again)
        return self._with_headers(self._paid(call, found["rest"] or "/"))

    def _paid(self, call: Call, rest: str) -> Answer:
        """One request of a known user; it costs one, unless the organisation may not ask at all."""
        try:
            self._check_edition()
            self.world.limits.spend(self.clock.timestamp())
        except Refused as no:
            return no.answer()
        try:
            _unpack(call.request)
            answer = self._dispatched(call, rest)
        except Refused as no:
            answer = no.answer()
        answer.cost = 1
        return answer

    def _dispatched(self, call: Call, rest: str) -> Answer:
        request = call.request
        request.caller = call
        handler = self._find(request, rest)
        try:
            return handler(request)
        except Refused as no:
            return no.answer()

    def _find(self, request: Request, rest: str) -> Handler:
        """What answers; HEAD is answered as GET, and the server leaves the body out. Raises Refused."""
        method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        handler = self._router.find(request, rest)
        request.method = method
        if handler is not None:
            return handler
        allowed = self._router.methods_of(rest)
        if not allowed:
            raise not_found()
        told = ",".join(["HEAD", *allowed] if "GET" in allowed else allowed)
        raise Refused("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {told}")

    def _again(self, outer: Call, request: Request) -> Answer:
        """A sub-request of a composite one: same caller, costs nothing."""
        found = PATH.fullmatch(request.raw_path.rstrip("/"))
        if found is None:
            return not_found().answer()
        call = Call(self.world, request, int(found["version"]), outer.access, outer.ticket, self._again)
        try:
            return self._dispatched(call, found["rest"] or "/")
        except Refused as no:
            return no.answer()

    def _check_edition(self) -> None:
        if not self.world.edition.api and self.world.switches["api_addon"] == "no":
            raise Refused("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")

    def _with_headers(self, answer: Answer) -> Answer:
        """Tell a known user how much of the last 24 hours' requests is used (rule salesforce.limit-header)."""
        requests = self.world.limits.requests
        requests.forget(self.clock.timestamp())
        answer.headers["Sforce-Limit-Info"] = f"api-usage={requests.used}/{requests.most}"
        return answer

    # What the kit asks

    def state(self) -> dict[str, int]:
        """Live rows per object that has any, and what lies in the bin."""
        return self._backdoor.state()

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Everything stored of an object, whole."""
        return self._backdoor.dump(name)

    def reset(self) -> None:
        """The organisation as on its first day, with the same secrets."""
        self.world.fill()

    def credentials(self) -> dict[str, str]:
        tokens = self.world.tokens
        return {"client_id": tokens.client_id, "client_secret": tokens.client_secret}

    def env(self, base_url: str) -> dict[str, str]:
        given = {f"GURNEY_SALESFORCE_{name.upper()}": value for name, value in self.credentials().items()}
        return {**given, "GURNEY_SALESFORCE_LOGIN_URL": base_url}


def version_shown(number: int) -> dict[str, str]:
    """One entry of the version list."""
    season, year = SEASONS[(number - 32) % 3], 15 + (number - 32) // 3
    label = f"{season} '{year}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _called(endpoint: Endpoint, request: Request) -> Answer:
    return endpoint(request.caller)


def _check_version(version: int) -> None:
    if RETIRED <= version < OLDEST:
        raise Refused("UNSUPPORTED_API_VERSION", f"The requested API version {version}.0 is retired or unsupported.")
    if not OLDEST <= version <= NEWEST:
        raise not_found()


def _too_long(request: Request) -> Answer | None:
    """URI and headers together take 16,384 bytes; the answer is no JSON (rule salesforce.uri-length)."""
    target = len(request.target)
    if target <= LONGEST_URI and target + sum(len(k) + len(v) + 4 for k, v in request.headers.items()) <= LONGEST_URI:
        return None
    status, words = (414, b"URI Too Long") if target > LONGEST_URI else (431, b"Request Header Fields Too Large")
    return Answer(status, body=b"<h1>%s</h1>" % words, headers={"content-type": "text/html"})


def _unpack(request: Request) -> None:
    if (request.header("content-encoding") or "").lower() == "gzip":
        try:
            request.body = gzip.decompress(request.body)
        except (OSError, EOFError, zlib.error):
            raise Refused("JSON_PARSER_ERROR", "The request body is not gzip as it says") from None
