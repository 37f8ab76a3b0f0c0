"""The two SOAP doors: /services/Soap/u (partner) and /services/Soap/m (metadata) (FACTS 0.13, 1, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.wire import Answer, Request
from gurney.twins.salesforce import soap_metadata, soap_partner
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.soap_session import SoapCall
from gurney.twins.salesforce.soap_xml import Asked, Fault, answer, read_envelope, refuse

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

PATH = re.compile(r"/services/Soap/(?P<door>[um])/(?P<version>\d+)\.0(?:/\w*)?")
OLDEST, NEWEST = 31, 67
LOGIN_GONE = 65
Operation = Callable[[SoapCall], list[Any]]


@dataclass(frozen=True)
class Door:
    """One WSDL: its namespaces, its operations."""

    namespace: str
    faults: str
    operations: dict[str, Operation]
    nil: bool
    """Whether empty values are written as nil."""


DOORS = {
    "u": Door("urn:partner.soap.sforce.com", "urn:fault.partner.soap.sforce.com", soap_partner.OPERATIONS, nil=True),
    "m": Door(
        "http://soap.sforce.com/2006/04/metadata",
        "http://soap.sforce.com/2006/04/metadata",
        soap_metadata.OPERATIONS,
        nil=False,
    ),
}


def respond(world: World, request: Request) -> Answer:
    """Any request below /services/Soap."""
    found = PATH.fullmatch(request.raw_path)
    if found is None or request.method != "POST":
        return Answer(404 if found is None else 405, body=b"<h1>Not Found</h1>", headers={"content-type": "text/html"})
    door = DOORS[found["door"]]
    try:
        asked = read_envelope(request.body, door.namespace)
        return answer(asked, _done(world, request, door, asked, int(found["version"])), nil=door.nil)
    except Fault as no:
        return refuse(no, door.faults)
    except Refused as no:
        return refuse(Fault(no.code, no.message, _detail(door, no.code)), door.faults)


def _detail(door: Door, code: str) -> str | None:
    if not door.nil:
        return None
    return {"INVALID_ID_FIELD": "InvalidIdFault", "MALFORMED_ID": "InvalidIdFault"}.get(code, "UnexpectedErrorFault")


def _done(world: World, request: Request, door: Door, asked: Asked, version: int) -> list[Any]:
    """Check version, header, session and limit, then do it. Raises Fault or Refused."""
    if not OLDEST <= version <= NEWEST:
        raise Fault(
            "UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {version}.0", "UnexpectedErrorFault"
        )
    if world.switches["soap_action"] == "required" and request.header("soapaction") is None:
        raise Fault("soapenv:Client", "SoapAction HTTP header missing")
    if not world.edition.api and world.switches["api_addon"] == "no":
        raise Fault(
            "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", "UnexpectedErrorFault"
        )
    operation = door.operations.get(asked.operation)
    if operation is None:
        raise Fault("soapenv:Client", f"No operation available for request {{{asked.namespace}}}{asked.operation}")
    if asked.operation == "login":
        _check_login(world, version)
        call = SoapCall(world, request, asked, version, None)
    else:
        call = SoapCall(world, request, asked, version, _session(world, asked))
    world.limits.spend(world.clock.timestamp())
    return operation(call)


def _check_login(world: World, version: int) -> None:
    """login() is not in 65 and later (rule salesforce.soap-login)."""
    if version >= LOGIN_GONE or world.switches["soap_login"] == "off":
        words = "SOAP API login() is disabled by default in this org."
        raise Fault("INVALID_OPERATION", words, "UnexpectedErrorFault")


def _session(world: World, asked: Asked) -> str:
    """The user of the SessionHeader. Raises Fault."""
    try:
        return world.tokens.session(asked.header("SessionHeader", "sessionId")).user_id
    except Refused:
        words = "Invalid Session ID found in SessionHeader: Illegal Session"
        raise Fault("INVALID_SESSION_ID", words, "UnexpectedErrorFault") from None
