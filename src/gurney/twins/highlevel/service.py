"""The vendor's side of every request: gateway, tokens, limits, versions, scopes, endpoints, back door.

The order of checks is assumed: browser check, token, burst and day, version, route, kind of token, scope, location,
body, references, limits of the object, effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.twins.highlevel import (
    appointment_notes,
    appointments,
    associations,
    businesses,
    calendars,
    contact_extras,
    contact_fields,
    contact_lists,
    contacts,
    files,
    invoices,
    locations,
    medias,
    notes,
    oauth,
    object_fields,
    objects,
    opportunities,
    products,
    record_search,
    records,
    users,
    workflows,
)
from gurney.twins.highlevel.account import Account
from gurney.twins.highlevel.backdoor import Backdoor
from gurney.twins.highlevel.call import V3, Call, Route
from gurney.twins.highlevel.limits import Meter
from gurney.twins.highlevel.refusals import Refused, bad, no_route, unauthorized
from gurney.twins.highlevel.tokens import Access
from gurney.twins.highlevel.world import World
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request

RESOURCES = (
    contacts, contact_lists, contact_extras, notes, contact_fields, locations, users, calendars, appointments,
    appointment_notes, objects, object_fields, records, record_search, associations, files, medias, businesses,
    opportunities, invoices, products, workflows, oauth,
)  # fmt: skip
VERSIONS = ("2021-04-15", "2021-07-28", "2023-02-21", V3)
DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
BLOCKED = Answer(403, body=b"error code: 1010", headers={"content-type": "text/plain; charset=UTF-8"})
DESTINATION = "GURNEY_HIGHLEVEL_"


@dataclass(frozen=True)
class Served:
    """An endpoint as the router knows it."""

    route: Route

    def __call__(self, request: Request) -> Answer:
        return self.route.endpoint(request.caller)


class HighLevel:
    """An agency with sub-accounts behind an API."""

    vendor = "highlevel"

    def __init__(self, options: TwinOptions) -> None:
        self.clock = Clock(start_time(options), options.scale)
        self.world = World(options, self.clock)
        self._router = Router()
        self._answers = 0
        for resource in RESOURCES:
            for route in resource.routes.all:
                self._router.add(route.method, route.template, Served(route))
        self._backdoor = Backdoor(self.world)
        self.admin_actions: Mapping[str, Handler] = self._backdoor.actions()
        self.fault_hooks: Mapping[str, VendorFault] = {
            "expire_token": lambda request, arguments: self.world.tokens.expire_all(),
            "stale_search": lambda request, arguments: setattr(request, "stale_s", float(arguments.get("seconds", 60))),
            "created_422": lambda request, arguments: setattr(request, contacts.CREATED_422, True),
        }

    def admit(self, request: Request) -> Answer | None:
        """No limit on calls in flight is documented (FACTS 12)."""
        return None

    def release(self, request: Request) -> None:
        """Nothing to count out."""

    def handle(self, request: Request) -> Answer:
        """Any request, whole."""
        if request.headers.get("user-agent", "").startswith("Python-urllib"):
            return Answer(BLOCKED.status, body=BLOCKED.body, headers=dict(BLOCKED.headers))
        if request.raw_path.startswith(files.DOWNLOAD):
            return files.download(self.world, request)
        if request.raw_path.startswith(medias.PUBLIC):
            return medias.public(self.world, request)
        outside = oauth.outside(self.world, request)
        if outside is not None:
            return self._traced(outside)
        try:
            access = self.world.tokens.caller(request)
        except Refused as no:
            return self._traced(no.answer)
        place = self.world.accounts.get(access.location) if access.location else None
        return self._limited(request, access, place)

    def _limited(self, request: Request, access: Access, place: Account | None) -> Answer:
        """Burst and day of the location (or agency), then the endpoint; the headers of both on every answer."""
        now = self.clock.timestamp()
        meter: Meter = place.meter if place else self.world.meter
        family = request.raw_path.split("/")[1]
        try:
            meter.admit(now)
            answer = self._called(request, access, place)
            answer.cost = 1
        except Refused as no:
            answer = self._as_told_by(family, no.answer)
            answer.cost = 0 if answer.status == 429 else 1
        answer.headers |= meter.headers(now)
        return self._traced(answer)

    def _called(self, request: Request, access: Access, place: Account | None) -> Answer:
        version = self._version(request)
        path = request.raw_path.rstrip("/") or "/"
        served = self._router.find(request, path)
        if not isinstance(served, Served) or not served.route.exists_in(version):
            raise no_route(request.method, request.raw_path)
        self._check_documented(served.route, version)
        access.check_kind(served.route.by)
        access.check_scope(served.route.scope)
        request.caller = Call(self.world, request, version, access, place)
        return served(request)

    def _version(self, request: Request) -> str:
        """The version header; each fault has its own words (FACTS 1). Raises Refused."""
        version = request.headers.get("version", "")
        if version in VERSIONS:
            return version
        if not version:
            raise unauthorized("version header was not found.")
        if DATED.fullmatch(version):
            raise unauthorized("version header is invalid")
        raise bad(f"Invalid API version segment '{version}' at position 0")

    def _check_documented(self, route: Route, version: str) -> None:
        """Whether a path insists on the version that is documented for it (switch versions). Raises Refused."""
        if self.world.switches["versions"] == "documented" and version not in (V3, route.documented):
            raise unauthorized("version header is invalid")

    def _as_told_by(self, family: str, answer: Answer) -> Answer:
        """Older services tell a 400 in a shape of their own (switch old_errors; FACTS 14)."""
        if answer.status == 400 and family in self.world.switches["old_errors"].split(","):
            answer.json = {"status": 400, "message": answer.json["message"], "name": "HttpException"}
        return answer

    def _traced(self, answer: Answer) -> Answer:
        """Every JSON answer carries its own `traceId` (FACTS 1)."""
        self._answers += 1
        if isinstance(answer.json, dict):
            answer.json = {**answer.json, "traceId": f"00000000-0000-4000-8000-{self._answers:012x}"}
        return answer

    # What the kit asks

    def state(self) -> dict[str, int]:
        """Live records per object, and what was spent."""
        return self._backdoor.state()

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Everything stored of an object, whole."""
        return self._backdoor.dump(name)

    def reset(self) -> None:
        """The agency as on its first day, with the same secrets."""
        self.world.fill()

    def credentials(self) -> dict[str, str]:
        """A private integration token, or what OAuth takes (switch auth), and the location."""
        world = self.world
        if world.switches["auth"] == "pit":
            return {"token": world.first_token, "location_id": world.first.id}
        given = {
            "client_id": world.tokens.client_id, "client_secret": world.tokens.client_secret,
            "refresh_token": world.first_refresh, "location_id": world.first.id,
        }  # fmt: skip
        return given | ({"company_id": world.company_id} if world.switches["auth"] == "oauth_company" else {})

    def env(self, base_url: str) -> dict[str, str]:
        given = {f"{DESTINATION}{name.upper()}": value for name, value in self.credentials().items()}
        given[f"{DESTINATION}BASE_URL"] = base_url
        if self.world.switches["auth"] != "pit":
            given[f"{DESTINATION}OAUTH_URL"] = base_url
        return given
