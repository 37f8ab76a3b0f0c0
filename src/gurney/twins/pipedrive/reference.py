"""What a company has once: currencies, settings, pipelines, note fields, lead sources (FACTS 3)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.paging import SORTED, cut_through, listed
from gurney.twins.pipedrive.refusals import not_found
from gurney.twins.pipedrive.standard import LEAD_SOURCES, NOTE_FIELDS, STAGES

routes = Routes()
YES_NO = [{"id": 1, "label": "Yes"}, {"id": 0, "label": "No"}]


@routes.on("GET /v1/currencies")
def currencies(call: Call) -> Answer:
    """All, or those whose name or code has a term."""
    term = (call.query("term") or "").casefold()
    rows = call.world.currencies.values()
    return ok([
        {
            "id": number, "code": code, "name": name, "decimal_points": decimals, "symbol": symbol,
            "active_flag": True, "is_custom_flag": False,
        }
        for number, (code, name, decimals, symbol) in enumerate(rows, 1)
        if term in f"{code} {name}".casefold()
    ])  # fmt: skip


@routes.on("GET /v1/userSettings")
def user_settings(call: Call) -> Answer:
    """Settings of the caller."""
    return ok({
        "marketplace_team": False, "list_limit": 100, "beta_app": False,
        "prevent_salesphone_callto_override": False, "file_upload_destination": "s3",
        "callto_link_syntax": "callto:[number]", "autofill_deal_expected_close_date": False,
        "person_duplicate_condition": "name && (org_id || email || phone)",
    })  # fmt: skip


@routes.on("GET /v1/noteFields")
def note_fields(call: Call) -> Answer:
    """Fields of notes: always all, and always with a pagination block (FACTS 14)."""
    fields: list[dict[str, Any]] = []
    for number, (key, name, kind) in enumerate(NOTE_FIELDS, 1):
        field = {
            "id": number, "key": key, "name": name, "field_type": kind, "active_flag": True, "edit_flag": False,
            "bulk_edit_allowed": False, "mandatory_flag": key == "content",
        }  # fmt: skip
        fields.append(field | ({"options": YES_NO} if kind == "enum" else {}))
    pagination = {"start": 0, "limit": 100, "more_items_in_collection": False}
    return ok(fields, additional_data={"pagination": pagination})


@routes.on("GET /v1/leadSources")
def lead_sources(call: Call) -> Answer:
    """A fixed list."""
    return ok([{"name": name} for name in LEAD_SOURCES])


def _dated(call: Call) -> dict[str, Any]:
    return {"add_time": call.world.first_day, "update_time": call.world.first_day}


def _pipeline(call: Call) -> dict[str, Any]:
    return {
        "id": 1, "name": "Pipeline", "order_nr": 1, "is_deleted": False, "is_deal_probability_enabled": False,
        **_dated(call),
    }  # fmt: skip


def _stages(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": number, "order_nr": number, "name": name, "is_deleted": False, "deal_probability": 100,
            "pipeline_id": 1, "is_deal_rot_enabled": False, "days_to_rotten": None, **_dated(call),
        }
        for number, name in enumerate(STAGES, 1)
    ]  # fmt: skip


@routes.on("GET /v2/pipelines")
def pipelines(call: Call) -> Answer:
    """The one that a new company has."""
    call.only(SORTED)
    return listed(*cut_through(call, [_pipeline(call)], ("id", "update_time", "add_time")))


@routes.on("GET /v2/pipelines/{id}")
def pipeline(call: Call) -> Answer:
    """One."""
    call.only(())
    if call.id() != 1:
        raise not_found("Pipeline", call.version)
    return ok(_pipeline(call))


@routes.on("GET /v2/stages")
def stages(call: Call) -> Answer:
    """Stages of the pipeline."""
    call.only(("pipeline_id", *SORTED))
    rows = _stages(call) if call.number("pipeline_id") in (None, 1) else []
    return listed(*cut_through(call, rows, ("id", "update_time", "add_time", "order_nr")))


@routes.on("GET /v2/stages/{id}")
def stage(call: Call) -> Answer:
    """One."""
    call.only(())
    for row in _stages(call):
        if row["id"] == call.id():
            return ok(row)
    raise not_found("Stage", call.version)
