"""sObject Tree: rows with their children in one call, all of them or none (FACTS 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.store import Row

routes = Routes()
MOST, LEVELS, TYPES = 200, 5, 5


@dataclass
class Node:
    """One row of a tree, before its parent has an id."""

    kind: ObjectDef
    reference: str
    fields: Row
    parent: Node | None
    parent_field: str | None
    level: int


class _Failed(Exception):
    """A tree with a bad row is not stored at all."""


@routes.on("POST", "/composite/tree/{object}")
def plant(call: Call) -> Answer:
    nodes: list[Node] = []
    _flatten(call, call.kind(), call.body(), None, None, nodes)
    _check(nodes)
    ids: dict[str, str] = {}
    failed: list[dict[str, Any]] = []
    writer = call.writer()
    try:
        with call.world.store.atomic():
            for node in nodes:
                parent = (
                    {node.parent_field: ids.get(node.parent.reference)} if node.parent and node.parent_field else {}
                )
                if node.parent is not None and node.parent.reference not in ids:
                    continue
                try:
                    ids[node.reference] = writer.insert(node.kind, {**node.fields, **parent})["Id"]
                except Refused as no:
                    failed.append({"referenceId": node.reference, "errors": [no.row()]})
            if failed:
                raise _Failed
    except _Failed:
        return Answer(400, {"hasErrors": True, "results": failed})
    return Answer(
        201, {"hasErrors": False, "results": [{"referenceId": n.reference, "id": ids[n.reference]} for n in nodes]}
    )


def _flatten(
    call: Call, kind: ObjectDef, body: Any, parent: Node | None, parent_field: str | None, nodes: list[Node]
) -> None:
    """Parents before their children. Raises Refused for what is no tree."""
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise Refused("INVALID_INPUT", "records is a list of objects")
    children = {
        reference.children: (child, reference)
        for child, reference in call.world.schema.children_of(kind.name)
        if reference.children
    }
    for record in records:
        told = record.get("attributes") or {}
        if told.get("type") != kind.name or not isinstance(told.get("referenceId"), str):
            raise Refused(
                "INVALID_INPUT", f"Include attributes with type {kind.name} and a referenceId in every record"
            )
        plain = {key: value for key, value in record.items() if key not in children}
        node = Node(kind, told["referenceId"], plain, parent, parent_field, parent.level + 1 if parent else 1)
        nodes.append(node)
        for name in record.keys() & children.keys():
            child, reference = children[name]
            _flatten(call, child, record[name], node, reference.name, nodes)


def _check(nodes: list[Node]) -> None:
    references = [node.reference for node in nodes]
    if len(set(references)) != len(references):
        raise Refused("INVALID_INPUT", "Duplicate ReferenceId provided in the request")
    if len(nodes) > MOST:
        raise Refused("LIMIT_EXCEEDED", f"The number of records exceeds the limit of {MOST}")
    if max((node.level for node in nodes), default=0) > LEVELS or len({node.kind.name for node in nodes}) > TYPES:
        raise Refused("LIMIT_EXCEEDED", f"A tree has at most {LEVELS} levels and {TYPES} types")
