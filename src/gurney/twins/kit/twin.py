"""A twin: a vendor's service with everything around it — latency, faults, journal, admin interface.

Order of a request's life: admission (rate and concurrency limits) – fault – latency – effect – fault – journal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol

import orjson

from gurney.twins.kit.admin import ADMIN, Admin
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.faults import Fault, Faults, VendorFault
from gurney.twins.kit.journal import Journal
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.wire import Answer, ConnectionDropped, Handler, Request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Service(Protocol):
    """What a vendor's package writes."""

    vendor: str
    clock: Clock
    fault_hooks: Mapping[str, VendorFault]
    """The vendor's own faults (`expire_token`, `stale_search`), by name."""
    admin_actions: Mapping[str, Handler]
    """More admin calls: "POST edit" to its function."""

    def admit(self, request: Request) -> Answer | None:
        """Before the latency: count the call in, or refuse it (429) — then `release` is not called."""

    def handle(self, request: Request) -> Answer:
        """Do what is asked and answer. All of the vendor's behaviour."""

    def release(self, request: Request) -> None:
        """After the answer: count the call out."""

    def state(self) -> dict[str, int]:
        """Live records per object."""

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """The stored records of an object in wire shape, whole; None when there is no such object."""

    def reset(self) -> None:
        """Back to the state after the start."""

    def credentials(self) -> dict[str, str]:
        """What a person would type into a client."""

    def env(self, base_url: str) -> dict[str, str]:
        """Environment variables that make the product talk to this twin and nothing else."""


class Twin:
    """The application: answers requests however they come (`respond`), and is an ASGI application."""

    def __init__(self, service: Service, options: TwinOptions) -> None:
        self.service = service
        self.options = options
        self.clock = service.clock
        self.latency_s = options.latency_s
        self.journal = Journal(options.record_bodies)
        self.faults = Faults(options.seed, service.fault_hooks)
        if options.faults_file is not None:
            self.faults.replace(orjson.loads(options.faults_file.read_bytes()))
        self._admin = Admin(self)

    @property
    def vendor(self) -> str:
        return self.service.vendor

    async def respond(self, request: Request) -> Answer:
        """Answer one request. Raises ConnectionDropped when a fault says so."""
        if request.raw_path.startswith(ADMIN):
            return self._admin.respond(request)
        at = self.clock.timestamp()
        refused = self.service.admit(request)
        if refused is not None:
            self.journal.note(at, request, refused)
            return refused
        fault = self.faults.meet(request)
        try:
            answer = await self._answer(request, fault)
        except ConnectionDropped:
            self.journal.note(at, request, None, fault.do if fault else None)
            raise
        finally:
            self.service.release(request)
        self.journal.note(at, request, answer, fault.do if fault else None)
        return answer

    async def _answer(self, request: Request, fault: Fault | None) -> Answer:
        delay_s = self.latency_s
        if fault is not None:
            told = self.faults.before(fault, request)
            if told is not None:
                return told
            if fault.do == "delay":
                delay_s += float(fault.arguments.get("seconds", 1))
        if delay_s:
            await self.clock.sleep(delay_s)
        answer = self.service.handle(request)
        return answer if fault is None else self.faults.after(fault, answer)

    def reset(self) -> None:
        """Back to the start: records, clock, journal, faults."""
        self.clock.reset()
        self.journal.clear()
        self.faults.replace([])
        self.service.reset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. A dropped connection leaves as the exception; whoever serves the application closes the socket."""
        if scope["type"] != "http":
            return
        request = await _from_asgi(scope, receive)
        answer = await self.respond(request)
        body = answer.payload()
        headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _from_asgi(scope: Scope, receive: Receive) -> Request:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        raw_path=raw_path.decode("latin-1").partition("?")[0],
        query_string=scope.get("query_string", b"").decode("latin-1"),
        headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
        body=b"".join(chunks),
        scheme=scope.get("scheme", "http"),
    )
