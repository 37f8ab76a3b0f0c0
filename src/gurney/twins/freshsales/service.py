"""The vendor's side of every request: key, quota, endpoints, back door.

The order of checks is assumed: key, quota, route, rights and plan, body, references, uniqueness, effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.twins.freshsales import (
    activities,
    appointments,
    bulk,
    custom_modules,
    fields,
    files,
    jobs,
    lists,
    notes,
    products,
    records,
    samples,
    searching,
    selectors,
    tasks,
    views,
)
from gurney.twins.freshsales.backdoor import Backdoor
from gurney.twins.freshsales.call import Call, Route
from gurney.twins.freshsales.refusals import Refused, no_such_path
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.world import ALIAS, World
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request

RESOURCES = (
    views, bulk, lists, files, fields, selectors, searching, notes, tasks, appointments, activities, products,
    custom_modules, records,
)  # fmt: skip
"""In the order in which their routes are tried: the narrow ones first."""
BASE = "/crm/sales"
API = f"{BASE}/api"
SCHEME = "Token token="
HALF = 0.5
NO_KEY = "The request needs a valid API key."


@dataclass(frozen=True)
class Served:
    """An endpoint as the router knows it."""

    route: Route

    def __call__(self, request: Request) -> Answer:
        return self.route.endpoint(request.caller)


class Freshsales:
    """A Freshsales Suite account behind an API."""

    vendor = "freshsales"

    def __init__(self, options: TwinOptions) -> None:
        self.clock = Clock(start_time(options), options.scale)
        self.world = World(options, self.clock)
        samples.plant(self.world)
        self._router = Router()
        for resource in RESOURCES:
            for route in resource.routes.all:
                self._router.add(route.method, route.template, Served(route))
        self._backdoor = Backdoor(self.world)
        self.admin_actions: Mapping[str, Handler] = self._backdoor.actions()
        self.fault_hooks: Mapping[str, VendorFault] = {
            "stale_search": lambda request, arguments: setattr(request, "stale_s", float(arguments.get("seconds", 60))),
            **{name: _job_fault(name) for name in jobs.FAULTS},
        }

    def admit(self, request: Request) -> Answer | None:
        """No limit on calls in flight is documented (FACTS 6)."""
        return None

    def release(self, request: Request) -> None:
        """Nothing to count out."""

    def handle(self, request: Request) -> Answer:
        """Any request, whole."""
        self.world.purge_old()
        jobs.run_due(self.world)
        try:
            return self._told(request, self._answered(request))
        except Refused as no:
            return self._told(request, no.answer)

    def _answered(self, request: Request) -> Answer:
        """Raises Refused."""
        path = request.raw_path
        if path.startswith(files.STORE):
            return files.from_store(self.world, request)
        if not path.startswith(BASE + "/"):
            raise no_such_path()
        user = self._caller(request)
        if path.startswith(files.PAGES):
            return files.page(self.world, request)
        return self._limited(request, user)

    def _caller(self, request: Request) -> Row:
        """The user whose key it is: a key of the chat opens nothing (FACTS 1). Raises Refused."""
        given = request.headers.get("authorization", "")
        user = self.world.people.by_key(given.removeprefix(SCHEME)) if given.startswith(SCHEME) else None
        if user is not None:
            return user
        no = Refused(401, NO_KEY)
        match self.world.switches["unauthorized_body"]:
            case "login":
                no.answer = Answer(401, {"login": "failed", "message": NO_KEY})
            case "empty":
                no.answer = Answer(401, body=b"")
        raise no

    def _limited(self, request: Request, user: Row) -> Answer:
        """The hour and the minute, then the endpoint. Raises Refused: 429."""
        now, quota = self.clock.timestamp(), self.world.quota
        quota.admit(now)
        try:
            answer = self._called(request, user)
        except Refused as no:
            answer = no.answer
        answer.cost = 1
        answer.headers |= quota.headers(now)
        return answer

    def _called(self, request: Request, user: Row) -> Answer:
        path = request.raw_path.removeprefix(API)
        served = self._router.find(request, path) if path != request.raw_path else None
        if not isinstance(served, Served):
            raise no_such_path()
        request.caller = Call(self.world, request, user)
        answer = served(request)
        if request.method == "PUT" and answer.status == 200 and self.world.switches["put_status"] == "204":
            return Answer(204, body=b"")
        return answer

    def _told(self, request: Request, answer: Answer) -> Answer:
        """Some paths say their one message as a text (switch message_shape)."""
        if self.world.switches["message_shape"] == "text" and isinstance(answer.json, dict):
            errors: Any = answer.json.get("errors")
            if isinstance(errors, dict):
                answer.json = {"errors": {**errors, "message": " ".join(errors["message"])}}
        if answer.status == 404 and answer.body is None and self.world.switches["not_found"] == "empty":
            return Answer(404, body=b"", headers=answer.headers, cost=answer.cost)
        return answer

    # What the kit asks

    def state(self) -> dict[str, int]:
        """Live records per object, and what was spent."""
        return self._backdoor.state()

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Everything stored of an object, whole."""
        return self._backdoor.dump(name)

    def reset(self) -> None:
        """The account as on its first day, with the same key."""
        self.world.fill()
        samples.plant(self.world)

    def credentials(self) -> dict[str, str]:
        """The administrator's key and the bundle alias, as the profile page shows them."""
        return {"api_key": str(self.world.people.admin["key"]), "bundle_alias": ALIAS}

    def env(self, base_url: str) -> dict[str, str]:
        """`…_BASE_URL` stands for https:// and the bundle alias: /api/… follows it."""
        given = {f"GURNEY_FRESHSALES_{name.upper()}": value for name, value in self.credentials().items()}
        return given | {"GURNEY_FRESHSALES_BASE_URL": base_url + BASE}


def _job_fault(name: str) -> VendorFault:
    """A misfortune for the job of the request that it meets."""

    def order(request: Request, arguments: Mapping[str, Any]) -> None:
        setattr(request, bulk.FAULTS_OF_JOB, {name: float(arguments.get("keep", HALF))})

    return order
