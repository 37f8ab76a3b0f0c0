"""The twin's front: a request's way from key to answer, and what the kit wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gurney.twins.cliniko.access import Access, RateLimit, is_named
from gurney.twins.cliniko.listing import LEADS_BACK, PREFIX, wire_of
from gurney.twins.cliniko.loading import stock
from gurney.twins.cliniko.reading import Reading
from gurney.twins.cliniko.refusals import Bodies, Refused
from gurney.twins.cliniko.resources import resources
from gurney.twins.cliniko.rules import RULES
from gurney.twins.cliniko.staff import Staff
from gurney.twins.cliniko.storage import STORAGE, Storage
from gurney.twins.cliniko.store import Store
from gurney.twins.cliniko.writing import Writing
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import VendorFault
from gurney.twins.kit.options import TwinOptions, start_time
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request


class Cliniko:
    """One account of the vendor's service."""

    vendor = "cliniko"

    def __init__(self, options: TwinOptions, clock: Clock | None = None) -> None:
        self.switches = RULES.switches(options.switches)
        self.clock = clock or Clock(start_time(options), options.scale)
        self._options = options
        started = stock(options, self.clock.start, self.switches["schema"])
        self.store = Store(resources())
        self.store.load(started.rows)
        self._start = self.store.copy()
        self.storage = Storage(started.files, self.clock, self.switches)
        self._access = Access(self.store, started.user, self.switches, options.seed)
        self._limit = RateLimit(self.clock, self.switches)
        self._bodies = Bodies(self.switches["error_bodies"])
        settings = {"/settings": started.settings, "/settings/public": started.settings_public}
        self.reading = Reading(self.store, self.clock, self.switches, settings)
        self.writing = Writing(self.store, self.clock, self.switches, self.reading, self.storage)
        self.staff = Staff(self.store, self.writing, options.seed)
        self._router = Router()
        self.reading.add_to(self._router)
        self.writing.add_to(self._router)
        self._router.add("GET", "/patient_attachments/{id:\\d+}/content", self._content)
        self.fault_hooks: Mapping[str, VendorFault] = {
            "staff_edit": self.staff.interfere,
            "stale_search": _lag,
            "lead_back": _lead_back,
        }
        self.admin_actions: Mapping[str, Handler] = self.staff.actions

    def admit(self, request: Request) -> Answer | None:
        """Whose key it is, and whether they may ask once more. Storage knows neither keys nor limits."""
        if request.raw_path.startswith(STORAGE):
            return None
        refused = self._access.identify(request) or self._access.blocked(request)
        if refused is not None or self._options.unlimited:
            return refused
        return self._limit.count(request.caller.id)

    def handle(self, request: Request) -> Answer:
        """The answer to one request."""
        self.writing.do_what_is_due()
        if request.raw_path.startswith(STORAGE):
            return self.storage.handle(request, self._content_type)
        try:
            answer = self._answer(request)
        except Refused as no:
            answer = no.answer
        if not is_named(request):
            answer.headers["x-twin-warning"] = "User-Agent is not NAME (EMAIL)"
        return answer

    def release(self, request: Request) -> None:
        """Nothing is counted out: the vendor limits no concurrency."""

    def state(self) -> dict[str, int]:
        """Records per object, hidden ones too."""
        return {name: len(table.rows) for name, table in self.store.tables.items()}

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """All records of an object in order of creation, hidden ones too."""
        table = self.store.tables.get(name)
        if table is None:
            return None
        return (orjson.loads(wire_of(name, row)) for row in table.ordered("created_at"))

    def reset(self) -> None:
        """The records of the start, nothing uploaded, nobody's calls counted."""
        self.store.go_back_to(self._start)
        self.storage.clear()
        self.writing.reset()
        self.staff.reset()
        self._limit.clear()

    def credentials(self) -> dict[str, str]:
        """The key in use and the key of every role."""
        role = self.switches["role"]
        own = {"api_key": self._access.key_for(role), "shard": self._access.shard, "role": role}
        others = {f"api_key_{name.replace(' ', '_')}": self._access.key_for(name) for name in self._access.keys}
        return own | others

    def env(self, base_url: str) -> dict[str, str]:
        """Key and address; the moment that past and future are judged by, where it is not the present."""
        env = {
            "GURNEY_CLINIKO_API_KEY": self._access.key_for(self.switches["role"]),
            "GURNEY_CLINIKO_BASE_URL": base_url + PREFIX,
        }
        if self._options.load_dir is not None or self._options.now is not None:
            env["GURNEY_AS_OF"] = self.clock.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._options.unlimited:
            env["GURNEY_CLINIKO_REQUESTS_PER_MINUTE"] = "1000000"
        return env

    def _answer(self, request: Request) -> Answer:
        if not request.raw_path.startswith(PREFIX + "/"):
            return self._bodies.not_found()
        handler = self._router.find(request, request.raw_path.removeprefix(PREFIX).rstrip("/"))
        return handler(request) if handler else self._bodies.not_found()

    def _content(self, request: Request) -> Answer:
        id = request.params["id"]
        row = self.reading.visible(resources()["patient_attachments"], id, request)
        record = row.record()
        if not record.get("content"):
            return self._bodies.not_found()
        if self.switches["attachment_content"] == "redirect":
            address = self.storage.address(request, id, record.get("filename") or "file")
            return Answer(302, headers={"location": address})
        body = self.storage.content(id)
        if body is None:
            return self._bodies.not_found()
        return Answer(200, body=body, headers={"content-type": self._content_type(id)})

    def _content_type(self, attachment: str) -> str:
        record = self.store.find("patient_attachments", attachment)
        return (record or {}).get("content_type") or "application/octet-stream"


def _lag(request: Request, arguments: Mapping[str, Any]) -> None:
    """The fault `stale_search`: this list is some seconds old."""
    request.stale_s += float(arguments.get("seconds", 30))


def _lead_back(request: Request, arguments: Mapping[str, Any]) -> None:
    """The fault `lead_back`: the `next` link of this page leads to page `to`, or (0) to itself."""
    setattr(request, LEADS_BACK, int(arguments.get("to", 0)))
