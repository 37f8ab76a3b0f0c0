"""The Tooling API: queries about the schema, and single custom fields made and removed (FACTS 6, 7, 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce import query
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.deploy import check_may_deploy
from gurney.twins.salesforce.deploy_apply import owners_of, put_one
from gurney.twins.salesforce.deploy_changes import remove_field
from gurney.twins.salesforce.deploy_permissions import ACTIVITIES, ACTIVITY
from gurney.twins.salesforce.deploy_shapes import CUSTOM_FIELD
from gurney.twins.salesforce.deploy_xml import Node, Problem, read_json
from gurney.twins.salesforce.filters import musts
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, not_found
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.soql_reader import parse
from gurney.twins.salesforce.tooling_view import table_enum, view_of

routes = Routes()
FILTERED = ("FieldDefinition", "EntityLimit")
REIFIED = ("id", "durableid", "entitydefinitionid", "entitydefinition.qualifiedapiname", "entitydefinition.durableid")
NEEDED = "A filter on a reified column is required [Id,DurableId,EntityDefinitionId]"


@dataclass
class ToolingCall(Call):
    """A call below /tooling."""

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}.0/tooling"


@routes.on("GET", "/tooling/query")
def ask(call: Call) -> Answer:
    """SOQL on CustomField, CustomObject, EntityDefinition, FieldDefinition, EntityLimit."""
    if not call.access.may("ViewSetup"):
        raise Refused("INSUFFICIENT_ACCESS", "View Setup and Configuration is needed for the Tooling API")
    text = call.query("q") or ""
    _check_filter(call, text)
    world, access = view_of(call)
    inner = ToolingCall(world, call.request, call.version, access, call.ticket, call.again)
    return query.ask(inner, text, deleted_too=False)


@routes.on("GET", "/tooling/query/{locator}")
def more(call: Call) -> Answer:
    """The next page."""
    return query.more(ToolingCall(**vars(call)))


def _check_filter(call: Call, text: str) -> None:
    """Raises Refused for a walk through everything (rule salesforce.tooling-filter)."""
    parsed = parse(text)
    if str(parsed.object) not in FILTERED or call.world.switches["tooling_filter"] == "free":
        return
    if not any(str(must.path).lower() in REIFIED and must.operator in ("=", "IN") for must in musts(parsed.where)):
        raise Refused("MALFORMED_QUERY", NEEDED)


@routes.on("POST", "/tooling/sobjects/CustomField")
def create(call: Call) -> Answer:
    """One field, as its metadata says."""
    check_may_deploy(call.access)
    body = call.body()
    full_name = body.get("FullName")
    if not isinstance(full_name, str) or not isinstance(body.get("Metadata"), dict):
        raise Refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]", ["FullName"])
    owner, _, name = full_name.partition(".")
    try:
        node = read_json({**body["Metadata"], "fullName": name}, CUSTOM_FIELD)
        id = _put(call, owner, name, node)
    except Problem as no:
        raise Refused("FIELD_INTEGRITY_EXCEPTION", no.words, []) from no
    return Answer(201, {"id": id, "success": True, "errors": [], "warnings": [], "infos": []})


def _put(call: Call, owner: str, name: str, node: Node) -> str | None:
    kinds = owners_of(call.world, owner, node)
    for kind in kinds:
        if kind.find(name) is not None:
            raise Refused("DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {kind.name}.", [])
    with call.world.store.atomic():
        ids = [put_one(call.world, kind, node).id for kind in kinds]
    return ids[0]


@routes.on("GET", "/tooling/sobjects/CustomField/{id}")
def read(call: Call) -> Answer:
    """One field with its metadata."""
    check_may_deploy(call.access)
    kind, field = _found(call)[0]
    owner = ACTIVITY if kind.name in ACTIVITIES else kind.name
    url = f"{call.base}/tooling/sobjects/CustomField/{field.id}"
    told = {
        "attributes": {"type": "CustomField", "url": url},
        "Id": field.id,
        "DeveloperName": field.name.removesuffix("__c"),
        "TableEnumOrId": table_enum(kind),
        "FullName": f"{owner}.{field.name}",
        "Metadata": metadata_of(field),
    }
    return Answer(200, told)


@routes.on("DELETE", "/tooling/sobjects/CustomField/{id}")
def remove(call: Call) -> Answer:
    """Take a field away with its data; it still counts for a while (rule salesforce.deleted-fields-count)."""
    check_may_deploy(call.access)
    found = _found(call)
    with call.world.store.atomic():
        for kind, field in found:
            remove_field(call.world, kind, field.name, purge=False)
    return Answer(204)


def _found(call: Call) -> list[tuple[ObjectDef, FieldDef]]:
    """The field with the id of the route, in each object that has it. Raises Refused."""
    id = normal(call.param("id"))
    kinds = call.world.schema.objects.values()
    found = [(kind, field) for kind in kinds for field in kind.custom_fields() if field.id == id]
    if not found:
        raise not_found()
    return found


def metadata_of(field: FieldDef) -> dict[str, Any]:
    """A field in the words of its metadata."""
    told: dict[str, Any] = {
        "type": field.metadata_type,
        "label": field.label,
        "length": field.length or None,
        "precision": field.precision or None,
        "scale": field.scale if field.precision else None,
        "required": not field.nillable and not field.master_detail and field.type != "boolean",
        "externalId": field.external_id,
        "unique": field.unique,
        "caseSensitive": field.case_sensitive,
        "inlineHelpText": field.help,
        "displayFormat": field.auto_number,
        "defaultValue": str(field.default).lower() if field.type == "boolean" else None,
    }
    if field.reference_to:
        told |= {"referenceTo": field.reference_to[0], "relationshipName": (field.children or "").removesuffix("__r")}
        told["deleteConstraint"] = None if field.master_detail else field.on_delete
    return told
