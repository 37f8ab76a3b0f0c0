"""Related lists: what points to a record (FACTS 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.externals import named_by, record_id
from gurney.twins.zoho.reading import listing
from gurney.twins.zoho.records import BATCH, MODULE_SCOPE, batch_answer
from gurney.twins.zoho.refusals import Element, ElementRefused, invalid, success
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.world import World

routes = Routes()
LISTED = r"{module}/{id:\d+}/{list:[A-Za-z_]\w*}"


@dataclass(frozen=True)
class RelatedList:
    """Records of `module` whose lookup `field` points to the parent."""

    id: str
    api_name: str
    module: Module
    field: str


def related_lists_of(world: World, parent: Module) -> Iterator[RelatedList]:
    """The lists of a module: named after the child module, numbered when it points there twice."""
    taken: dict[str, int] = {}
    for child in world.modules.values():
        if child.api_name in ("Notes", "Attachments") and parent.api_name in ("Attachments",):
            continue
        for field in child.fields.values():
            several = parent.generated == "custom" or parent.api_name in field.modules
            points_here = field.lookup == parent.api_name if field.data_type == "lookup" else (
                field.data_type == "multi_module_lookup" and several
            )  # fmt: skip
            if points_here and field.creatable | (child.api_name == "Attachments"):
                count = taken[child.api_name] = taken.get(child.api_name, 0) + 1
                name = child.api_name if count == 1 else f"{child.api_name}{count - 1}"
                yield RelatedList(field.id, name, child, field.api_name)


def _asked(call: Call) -> tuple[Module, Row, RelatedList]:
    module = call.module()
    id = record_id(module, named_by(call, module), call.param("id"))
    row = module.table.get(id or "")
    if row is None:
        raise invalid({"resource_path_index": 1}, "the id given seems to be invalid")
    wanted = call.param("list").lower()
    related = next((r for r in related_lists_of(call.world, module) if r.api_name.lower() == wanted), None)
    if related is None:
        raise invalid({"resource_path_index": 2}, "the relation name given seems to be invalid")
    return module, row, related


@routes.on("GET", "/" + LISTED, MODULE_SCOPE + "READ")
def read_related(call: Call) -> Answer:
    """A page of a related list."""
    module, row, related = _asked(call)
    children = related.module.table.where(related.field, row["id"])
    if related.module.fields[related.field].data_type == "multi_module_lookup":
        children = [child for child in children if child.get("$se_module") == module.api_name]
    return listing(call, related.module, children, None)


@routes.on("PUT", "/" + LISTED, MODULE_SCOPE + "UPDATE")
def link(call: Call) -> Answer:
    """Let records point here."""
    module, row, related = _asked(call)
    results: list[Element] = []
    for index, record in enumerate(call.listed("data", BATCH)):
        id = str(record.get("id")) if isinstance(record, dict) else ""
        results.append(_point(call, related, id, row["id"], module.api_name, f"$.data[{index}].id"))
    return batch_answer(call, results, 200)


@routes.on("DELETE", "/" + LISTED, MODULE_SCOPE + "UPDATE")
def unlink_several(call: Call) -> Answer:
    """Let records point nowhere."""
    _, row, related = _asked(call)
    ids = [id.strip() for id in call.required("ids").split(",") if id.strip()]
    return batch_answer(call, [_unlink(call, related, row, id) for id in ids], 200)


@routes.on("DELETE", "/" + LISTED + r"/{child:\d+}", MODULE_SCOPE + "UPDATE")
def unlink_one(call: Call) -> Answer:
    """Let one record point nowhere."""
    _, row, related = _asked(call)
    return batch_answer(call, [_unlink(call, related, row, call.param("child"))], 200)


def _unlink(call: Call, related: RelatedList, row: Row, id: str) -> Element:
    child = related.module.table.get(id)
    if child is None or child.get(related.field) != row["id"]:
        return ElementRefused("INVALID_DATA", "the id given seems to be invalid", {"id": id}).element
    return _point(call, related, id, None, None, "$.ids")


def _point(call: Call, related: RelatedList, id: str, to: str | None, module: str | None, path: str) -> Element:
    child = related.module.table.get(id)
    if child is None:
        return ElementRefused("INVALID_DATA", "the related id given seems to be invalid", {"json_path": path}).element
    values = {related.field: to, "Modified_By": call.user_id, "Modified_Time": call.world.now()}
    if related.module.fields[related.field].data_type == "multi_module_lookup":
        values["$se_module"] = module
    related.module.table.change(id, values)
    related.module.version += 1
    return success("relation added" if to else "relation removed", {"id": id})
