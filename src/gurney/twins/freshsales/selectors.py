"""Selectors: the choices of the account, always whole; FACTS 3."""

from __future__ import annotations

from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.people import selector_row
from gurney.twins.freshsales.shelf import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
NAMES = (
    "territories", "deal_stages", "currencies", "deal_reasons", "deal_types", "lead_sources", "industry_types",
    "business_types", "campaigns", "deal_payment_statuses", "contact_statuses", "sales_activity_types",
    "sales_activity_outcomes", "sales_activity_entity_types", "lifecycle_stages",
)  # fmt: skip


def _selector(name: str) -> Endpoint:
    def selector(call: Call) -> Answer:
        return ok({name: call.world.catalogue[name]})

    return selector


for _name in NAMES:
    routes.each("GET", f"/selector/{_name}", _selector(_name))


@routes.on("GET /selector/owners")
def owners(call: Call) -> Answer:
    return ok({"users": [selector_row(user) for user in call.world.people.users.values()]})


@routes.on("GET /selector/deal_pipelines")
def pipelines(call: Call) -> Answer:
    rows = [{**row, "deal_stages": _stages(call, row["id"])} for row in call.world.catalogue["deal_pipelines"]]
    return ok({"deal_pipelines": rows})


def _stages(call: Call, pipeline: int) -> list[Row]:
    return [
        {**{k: v for k, v in row.items() if k != "partial"}, "value": row["name"], "is_deleted": False}
        for row in call.world.catalogue["deal_stages"]
        if row["deal_pipeline_id"] == pipeline
    ]


@routes.on("GET /selector/deal_pipelines/{id}/deal_stages")
def stages(call: Call) -> Answer:
    if call.world.choice("deal_pipelines", call.id()) is None:
        raise call.missing()
    rows = [row for row in call.world.catalogue["deal_stages"] if row["deal_pipeline_id"] == call.id()]
    return ok({"deal_stages": rows})


@routes.on("GET /selector/sales_activity_types/{id}/sales_activity_outcomes")
def outcomes(call: Call) -> Answer:
    if call.world.choice("sales_activity_types", call.id()) is None:
        raise call.missing()
    rows = [
        row for row in call.world.catalogue["sales_activity_outcomes"] if row["sales_activity_type_id"] == call.id()
    ]
    return ok({"sales_activity_outcomes": rows})
