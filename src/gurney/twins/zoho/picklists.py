"""Global pick lists, made once for several fields (FACTS 7)."""

from __future__ import annotations

import re
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.metadata import SETTINGS
from gurney.twins.zoho.records import batch_answer
from gurney.twins.zoho.refusals import Element, Refused, invalid, missing, success
from gurney.twins.zoho.setup import LABEL_LONGEST, Order, bad, each, must_customize, new_options

routes = Routes()


@routes.on("GET", "/settings/global_picklists", SETTINGS + "global_picklist.READ")
def list_global_picklists(call: Call) -> Answer:
    """All of them."""
    lists = [_shown_picklist(call, id) for id in call.world.global_picklists]
    return Answer(200, {"global_picklists": lists}) if lists else Answer(204)


@routes.on("GET", "/settings/global_picklists/{id}", SETTINGS + "global_picklist.READ")
def one_global_picklist(call: Call) -> Answer:
    """One of them."""
    id = call.param("id")
    return (
        Answer(200, {"global_picklists": [_shown_picklist(call, id)]})
        if id in call.world.global_picklists
        else Answer(204)
    )


@routes.on("POST", "/settings/global_picklists", SETTINGS + "global_picklist.CREATE")
def create_global_picklist(call: Call) -> Answer:
    """Make one for use in several fields."""
    must_customize(call)

    def make(order: Order, path: str) -> Element:
        label = order.get("display_label")
        if not label:
            raise missing("display_label", f"{path}.display_label")
        if len(label) > LABEL_LONGEST:
            raise bad({"maximum_length": LABEL_LONGEST, "api_name": "display_label"})
        if any(known["label"].lower() == label.lower() for known in call.world.global_picklists.values()):
            raise bad({"api_name": "display_label", "json_path": f"{path}.display_label"}, code="DUPLICATE_DATA")
        options = new_options(call, order.get("pick_list_values") or [], path)
        id = call.world.new_id()
        made = {"label": label, "options": options, "created_time": call.world.now()}
        call.world.global_picklists[id] = made
        return success("global picklist added successfully", {"id": id})

    return batch_answer(
        call, each(call.listed("global_picklists", 1), "global_picklists", make), 201, "global_picklists"
    )


@routes.on("DELETE", "/settings/global_picklists/{id}", SETTINGS + "global_picklist.DELETE")
def delete_global_picklist(call: Call) -> Answer:
    """Forget one that no field uses."""
    must_customize(call)
    id = call.param("id")
    if id not in call.world.global_picklists:
        raise invalid({"resource_path_index": 2}, "the id given seems to be invalid")
    if any(f.global_picklist == id for m in call.world.modules.values() for f in m.fields.values()):
        raise Refused(400, "NOT_ALLOWED", "the global picklist is in use", {"resource_path_index": 2})
    del call.world.global_picklists[id]
    scheduled = success("global picklist deletion scheduled", {"job_id": call.world.new_id()}, code="SCHEDULED")
    return Answer(202, {"global_picklists": [scheduled]})


def _shown_picklist(call: Call, id: str) -> dict[str, Any]:
    known = call.world.global_picklists[id]
    created = call.shown(known["created_time"])
    return {
        "display_label": known["label"],
        "created_time": created,
        "modified_time": created,
        "customizable": True,
        "source": "crm",
        "api_name": re.sub(r"\W+", "_", known["label"]),
        "modified_by": None,
        "description": None,
        "pick_list_values_sorted_lexically": False,
        "id": id,
        "presence": True,
        "created_by": call.world.user_named(call.world.admin["id"]),
        "actual_label": known["label"],
        "pick_list_values": [option.wire(number) for number, option in enumerate(known["options"])],
    }
