"""What is left of fields in v1: lists with their numbers, and deleting several at once (FACTS 3)."""

from __future__ import annotations

from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, number_in, ok
from gurney.twins.pipedrive.fields import DELETE, NAMES, drop_field, schema_of
from gurney.twins.pipedrive.paging import offset_page, paged
from gurney.twins.pipedrive.refusals import plain
from gurney.twins.pipedrive.schema import Field
from gurney.twins.pipedrive.times import plain_of

routes = Routes()


def list_fields_v1(call: Call, name: str) -> Answer:
    """All fields with their numbers, which bulk deletion takes."""
    page, pagination = offset_page(call, list(schema_of(call, name)))
    return paged([_shown_v1(field, order) for order, field in enumerate(page, 1)], pagination)


def _shown_v1(field: Field, order: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": field.number, "key": field.code, "name": field.name, "order_nr": order, "field_type": field.type,
        "add_time": plain_of(field.add_time), "update_time": plain_of(field.update_time), "active_flag": True,
        "last_updated_by_user_id": None, "created_by_user_id": None, "edit_flag": field.custom,
        "index_visible_flag": True, "details_visible_flag": True, "add_visible_flag": False, "important_flag": False,
        "bulk_edit_allowed": True, "searchable_flag": False, "filtering_allowed": True, "sortable_flag": True,
        "mandatory_flag": field.code in ("name", "title"), "is_subfield": False,
    }  # fmt: skip
    if field.options is not None:
        shown["options"] = [{"id": option.id, "label": option.label} for option in field.options]
    return shown


def delete_fields_v1(call: Call, name: str) -> Answer:
    """Several by number. Raises Refused when one is no custom field."""
    schema, words = schema_of(call, name), call.words("ids")
    named = [schema.numbered(number_in(word)) for word in words]
    chosen = [field for field in named if field is not None and field.custom]
    if not chosen or len(chosen) < len(words):
        raise plain(400, "Some of the fields can not be deleted")
    for field in chosen:
        drop_field(schema, field)
    return ok({"id": [field.number for field in chosen]})


for _name in NAMES:
    routes.on(f"GET /v1/{_name}")(partial(list_fields_v1, name=_name))
    if _name != "activityFields":
        routes.on(f"DELETE /v1/{_name}", DELETE)(partial(delete_fields_v1, name=_name))
