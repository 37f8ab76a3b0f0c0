"""Requests inside a request: how composite, batch and graph run them, and how one refers to another (FACTS 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from gurney.twins.kit.wire import Answer, Request
from gurney.twins.salesforce.call import Call
from gurney.twins.salesforce.refusals import Refused

REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
HALTED = "The transaction was rolled back since another operation in the same transaction failed."
FAILED_FROM = 300


@dataclass
class SubRequests:
    """Runs sub-requests one after the other and remembers what they answered."""

    call: Call
    answers: dict[str, Any] = field(default_factory=dict)
    """Bodies by referenceId."""

    def run(self, order: dict[str, Any]) -> Answer:
        """One sub-request, its references filled in."""
        try:
            url, body = self.filled(order["url"]), self.filled(order.get("body"))
        except Refused as no:
            return no.answer()
        answer = send(self.call, order["method"], url, body, order.get("httpHeaders") or {})
        self.answers[order["referenceId"]] = answer.json if answer.status < FAILED_FROM else None
        return answer

    def filled(self, value: Any) -> Any:
        """A value with every `@{reference.path}` replaced. Raises Refused for one that leads nowhere."""
        if isinstance(value, str):
            return REFERENCE.sub(self._one, value) if "@{" in value else value
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        return [self.filled(one) for one in value] if isinstance(value, list) else value

    def _one(self, found: re.Match[str]) -> str:
        value = self.answers.get(found[1])
        for name, place in STEP.findall(found[2]):
            if name and isinstance(value, dict):
                value = value.get(name)
            elif place and isinstance(value, list) and int(place) < len(value):
                value = value[int(place)]
            else:
                value = None
        if not isinstance(value, str | int | float):
            path = found[0][2:-1]
            words = f"Invalid reference specified. No value for {path} found in {found[1]}"
            raise Refused("PROCESSING_HALTED", words)
        return str(value)


def checked(orders: Any, most: int) -> list[dict[str, Any]]:
    """Sub-requests with distinct referenceIds, in a readable form. Raises Refused."""
    if not isinstance(orders, list) or not orders:
        raise Refused("INVALID_INPUT", "compositeRequest is a list of sub-requests")
    if len(orders) > most:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: at most {most} sub-requests, not {len(orders)}")
    names = [order.get("referenceId") for order in orders if isinstance(order, dict)]
    if len(names) != len(orders) or not all(isinstance(name, str) and re.fullmatch(r"\w+", name) for name in names):
        raise Refused("INVALID_INPUT", "Every sub-request needs a referenceId of letters, digits and underscores")
    if len(set(names)) != len(names):
        raise Refused("INVALID_INPUT", "Provided referenceId is used more than once")
    for order in orders:
        if not isinstance(order.get("method"), str) or not isinstance(order.get("url"), str):
            raise Refused("INVALID_INPUT", "Every sub-request needs method and url")
    return orders


def send(call: Call, method: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
    """Let the service answer for the same caller. The address may hold raw blanks."""
    path, _, query = url.partition("?")
    inner = Request(
        method.upper(),
        path,
        query.replace("+", "%2B") if " " in query else query,
        {**_inherited(call), "content-type": "application/json", **{k.lower(): str(v) for k, v in headers.items()}},
        orjson.dumps(body) if body is not None else b"",
        call.request.scheme,
        caller=call.ticket,
    )
    assert call.again is not None
    return call.again(call, inner)


def _inherited(call: Call) -> dict[str, str]:
    """What the headers of the whole mean for its parts (rule salesforce.inherited-headers)."""
    if call.world.switches["inherited_headers"] == "no":
        return {}
    return {name: value for name, value in call.request.headers.items() if name.startswith("sforce-")}


def halted(reference: str) -> dict[str, Any]:
    """What a sub-request is told that another one took down."""
    body = [{"errorCode": "PROCESSING_HALTED", "message": HALTED}]
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": reference}


def told(reference: str, answer: Answer) -> dict[str, Any]:
    """A sub-request's answer in the answer of the whole."""
    location = {"Location": answer.headers["Location"]} if "Location" in answer.headers else {}
    return {
        "body": answer.json,
        "httpHeaders": location,
        "httpStatusCode": answer.status,
        "referenceId": reference,
    }
