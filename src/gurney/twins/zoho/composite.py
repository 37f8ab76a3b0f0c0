"""Composite requests: up to five sub-requests with references, undone together when asked (FACTS 9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson

from gurney.twins.kit.wire import Answer, Request
from gurney.twins.zoho.call import Call, Routes, inside
from gurney.twins.zoho.refusals import Element, Refused, error, invalid, success

routes = Routes()
MOST = 5
ROWS_MOST = 25
REFERENCE = re.compile(r"@\{(?P<id>[^:{}]+):(?P<path>\$[^{}]*)\}")
STEP = re.compile(r"\.([\w$]+)|\[(\d+)\]")
Dispatch = Callable[[Request, Call], Answer]
NEVER_INSIDE = ("__composite_requests", "/upload", "/bulk/")


def composite_cost(call: Call) -> int:
    return 2 if call.body().get("rollback_on_fail") else 1


def endpoint(dispatch: Dispatch) -> Callable[[Call], Answer]:
    """The endpoint, given how a sub-request is answered."""

    def composite(call: Call) -> Answer:
        body = call.body()
        subs = call.listed("__composite_requests", MOST)
        _check(subs)
        rollback = bool(body.get("rollback_on_fail"))
        undo: list[Callable[[], object]] = []
        call.world.undo = undo
        try:
            results = _run(call, subs, dispatch, stop_on_failure=rollback)
        finally:
            call.world.undo = None
        failed = [number for number, result in enumerate(results, 1) if _failed(result)]
        if failed and rollback:
            for take_back in reversed(undo):
                take_back()
            return Answer(400, {"__composite_requests": _rolled_back(results, failed[0], len(subs))})
        return Answer(207 if failed else 200, {"__composite_requests": results})

    return composite


def _check(subs: list[Any]) -> None:
    for number, sub in enumerate(subs):
        path = f"$.__composite_requests[{number}]"
        named = [inside(sub, key) for key in ("sub_request_id", "uri", "method")]
        if not all(isinstance(value, str) and value for value in named):
            raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", {"json_path": path})
        if any(part in sub["uri"] for part in NEVER_INSIDE):
            raise invalid({"json_path": f"{path}.uri"})
        if any(not isinstance(sub.get(key) or {}, dict) for key in ("body", "params", "headers")):
            raise invalid({"json_path": path, "expected_data_type": "jsonobject"})
        data = inside(sub, "body", "data")
        if isinstance(data, list) and len(data) > 1:
            details = {"limit": 1, "json_path": f"{path}.body.data"}
            raise Refused(400, "LIMIT_EXCEEDED", "only one record is allowed in a sub request", details)


def _run(call: Call, subs: list[Any], dispatch: Dispatch, *, stop_on_failure: bool) -> list[Element]:
    answers: dict[str, Any] = {}
    results: list[Element] = []
    for sub in subs:
        filled = _filled(sub, answers)
        params = dict(filled.get("params") or {})
        asked_rows = str(params.get("per_page") or "")
        if filled["method"].upper() == "GET" and asked_rows.isdigit() and int(asked_rows) > ROWS_MOST:
            params["per_page"] = str(ROWS_MOST)
        request = Request(
            method=filled["method"].upper(),
            raw_path=str(filled["uri"]).partition("?")[0],
            query_string=urlencode(params) or str(filled["uri"]).partition("?")[2],
            headers={**call.request.headers, **{k.lower(): str(v) for k, v in (filled.get("headers") or {}).items()}},
            body=orjson.dumps(filled.get("body") or {}),
        )
        answer = dispatch(request, call)
        answers[str(sub["sub_request_id"])] = answer.json
        headers = {"content-type": "application/json;charset=utf-8"}
        response = {"headers": headers, "status_code": answer.status, "body": answer.json}
        results.append(success("composite sub request executed successfully", {"response": response}))
        if stop_on_failure and answer.status >= 400:
            break
    return results


def _filled(sub: Any, answers: dict[str, Any]) -> Any:
    """The sub-request with `@{1:$.data[0].details.id}` replaced by what was answered."""
    if isinstance(sub, dict):
        return {key: _filled(value, answers) for key, value in sub.items()}
    if isinstance(sub, list):
        return [_filled(value, answers) for value in sub]
    if isinstance(sub, str):
        return REFERENCE.sub(lambda found: _looked_up(found, answers), sub)
    return sub


def _looked_up(found: re.Match[str], answers: dict[str, Any]) -> str:
    value: Any = answers.get(found["id"])
    for step in STEP.finditer(found["path"]):
        try:
            value = value[step[1]] if step[1] else value[int(step[2])]
        except (KeyError, IndexError, TypeError):
            raise invalid({"json_path": found["path"]}, "the reference given seems to be invalid") from None
    return str(value)


def _failed(result: Element) -> bool:
    return int(result["details"]["response"]["status_code"]) >= 400


def _rolled_back(results: list[Element], failed: int, count: int) -> list[Element]:
    words = "the transaction was rolled back since another sub request in the same transaction failed."
    undone = error("ROLLBACK_PERFORMED", words, {"rollbacked_by_sub_request_index": failed - 1})
    return [results[failed - 1] if number == failed else undone for number in range(1, count + 1)]
