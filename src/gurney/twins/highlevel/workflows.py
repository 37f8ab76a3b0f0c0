"""Workflows: read only; nobody can pause one by the API (FACTS 0.10)."""

from __future__ import annotations

from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.kit.wire import Answer

routes = Routes()


@routes.on("GET /workflows", "workflows.readonly")
def list_workflows(call: Call) -> Answer:
    """Name and status; what starts them is not told."""
    call.only("locationId")
    call.here()
    rows = [{name: value for name, value in row.items() if name != "trigger"} for row in call.account["workflows"]]
    return call.ok({"workflows": rows})
