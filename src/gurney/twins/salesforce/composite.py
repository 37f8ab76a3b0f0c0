"""Composite, batch and graph: several calls for the price of one (FACTS 3.3, 3.4)."""

from __future__ import annotations

import re
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.subrequests import FAILED_FROM, SubRequests, checked, halted, send, told

routes = Routes()
MOST = 25
MOST_HEAVY = 5
GRAPHS, NODES, DEPTH, DIFFERENT, FAILED_GRAPHS = 75, 500, 15, 15, 14
FIRST_ERROR = 400
INSIDE = re.compile(r"/services/data/v\d+\.\d/(sobjects|query|queryAll|composite/sobjects)(?=[/?]|$)")
HEAVY = re.compile(r"/services/data/v\d+\.\d/(query|queryAll|composite/sobjects)(?=[/?]|$)")
NODE = re.compile(r"/services/data/(v\d+\.\d)/sobjects/(\w+)(?=[/?]|$)")
REFERRED = re.compile(r"@\{(\w+)")


class _Failed(Exception):
    """A transaction is to be taken back."""


@routes.on("POST", "/composite")
def composite(call: Call) -> Answer:
    body = call.body()
    orders = checked(body.get("compositeRequest"), MOST)
    if sum(HEAVY.match(order["url"]) is not None for order in orders) > MOST_HEAVY:
        words = f"Limit exceeded: at most {MOST_HEAVY} sub-requests may be queries or sObject Collections"
        raise Refused("LIMIT_EXCEEDED", words)
    answers, _ = _transaction(call, orders, together=bool(body.get("allOrNone")))
    return Answer(200, {"compositeResponse": answers})


def _transaction(call: Call, orders: list[dict[str, Any]], *, together: bool) -> tuple[list[dict[str, Any]], bool]:
    """Answers of all, and whether all went well; together or each for itself."""
    sub, answers = SubRequests(call), list[dict[str, Any]]()
    if not together:
        answers = [told(order["referenceId"], _allowed(sub, order)) for order in orders]
        return answers, all(answer["httpStatusCode"] < FAILED_FROM for answer in answers)
    try:
        with call.world.store.atomic():
            for order in orders:
                answers.append(told(order["referenceId"], _allowed(sub, order)))
                if answers[-1]["httpStatusCode"] >= FIRST_ERROR:
                    raise _Failed
    except _Failed:
        failed = answers[-1]
        return [
            failed if o["referenceId"] == failed["referenceId"] else halted(o["referenceId"]) for o in orders
        ], False
    return answers, True


def _allowed(sub: SubRequests, order: dict[str, Any]) -> Answer:
    if INSIDE.match(order["url"]) is None:
        return Refused("NOT_FOUND", "The requested resource does not exist").answer()
    return sub.run(order)


@routes.on("POST", "/composite/batch")
def batch(call: Call) -> Answer:
    body = call.body()
    orders = body.get("batchRequests")
    if not isinstance(orders, list) or not all(
        isinstance(o, dict) and o.get("url") and o.get("method") for o in orders
    ):
        raise Refused("INVALID_INPUT", "batchRequests is a list of sub-requests with method and url")
    if len(orders) > MOST:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: at most {MOST} sub-requests, not {len(orders)}")
    results: list[dict[str, Any]] = []
    failed = False
    for order in orders:
        if failed and body.get("haltOnError"):
            error = {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}
            results.append({"statusCode": 412, "result": [error]})
            continue
        url = order["url"] if order["url"].startswith("/") else f"/services/data/{order['url']}"
        answer = send(call, order["method"], url, order.get("richInput"), {})
        failed = failed or answer.status >= FIRST_ERROR
        results.append({"statusCode": answer.status, "result": answer.json})
    return Answer(200, {"hasErrors": failed, "results": results})


@routes.on("POST", "/composite/graph")
def graphs(call: Call) -> Answer:
    wanted = call.body().get("graphs")
    if not isinstance(wanted, list) or not all(isinstance(graph, dict) for graph in wanted):
        raise Refused("INVALID_INPUT", "graphs is a list of graphs")
    _check_graphs(wanted)
    shown: list[dict[str, Any]] = []
    failures = 0
    for graph in wanted:
        orders = checked(graph.get("compositeRequest"), NODES)
        if failures >= FAILED_GRAPHS:
            answers, good = [halted(order["referenceId"]) for order in orders], False
        else:
            answers, good = _transaction(call, orders, together=True)
        failures += not good
        response = {"compositeResponse": answers}
        shown.append({"graphId": graph.get("graphId"), "graphResponse": response, "isSuccessful": good})
    return Answer(200, {"graphs": shown})


def _check_graphs(wanted: list[dict[str, Any]]) -> None:
    """Raises Refused for a payload beyond the limits."""
    ids = [graph.get("graphId") for graph in wanted]
    if len(set(ids)) != len(ids) or None in ids:
        raise Refused("INVALID_INPUT", "Every graph needs a graphId of its own")
    if len(wanted) > GRAPHS:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: at most {GRAPHS} graphs, not {len(wanted)}")
    if sum(len(graph.get("compositeRequest") or ()) for graph in wanted) > NODES:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: at most {NODES} nodes in a payload")
    for graph in wanted:
        _check_nodes(checked(graph.get("compositeRequest"), NODES))


def _check_nodes(orders: list[dict[str, Any]]) -> None:
    depths: dict[str, int] = {}
    different: set[tuple[str, str, str]] = set()
    for order in orders:
        found = NODE.match(order["url"])
        if found is None:
            raise Refused("INVALID_INPUT", f"{order['url'].partition('?')[0]} is not allowed in a graph")
        different.add((found[1], order["method"].upper(), found[2]))
        parents = REFERRED.findall(f"{order['url']} {order.get('body')}")
        depths[order["referenceId"]] = 1 + max((depths.get(parent, 0) for parent in parents), default=0)
    if len(different) > DIFFERENT:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: at most {DIFFERENT} different nodes in a graph")
    if max(depths.values()) > DEPTH:
        raise Refused("LIMIT_EXCEEDED", f"Limit exceeded: a graph is at most {DEPTH} nodes deep")
