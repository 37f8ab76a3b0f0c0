"""What objects and fields are: describe of one, and the list of all, as far as the caller sees them (FACTS 6)."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.plans import writable
from gurney.twins.salesforce.schema import CASCADE, RESTRICT, FieldDef, ObjectDef, PickValue

routes = Routes()
SOAP_TYPES = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "double": "xsd:double", "currency": "xsd:double",
    "percent": "xsd:double", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime", "time": "xsd:time",
    "address": "urn:address", "location": "urn:location", "base64": "xsd:base64Binary",
}  # fmt: skip
BYTES_PER_CHARACTER = 3
PICKED = ("picklist", "multipicklist", "combobox")
MASTER_RECORD_TYPE = "012000000000000AAA"


@routes.on("GET", "/sobjects")
def describe_all(call: Call) -> Answer:
    kinds = (kind for kind in call.world.schema.objects.values() if call.access.can(kind, "read"))
    shown = [_summary(call, kind) for kind in sorted(kinds, key=lambda kind: kind.name)]
    return _unless_known(call, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})


@routes.on("GET", "/sobjects/{object}")
def summary(call: Call) -> Answer:
    return Answer(200, {"objectDescribe": _summary(call, call.kind()), "recentItems": []})


@routes.on("GET", "/sobjects/{object}/describe")
def describe(call: Call) -> Answer:
    kind = call.kind()
    body = call.access.cached(("describe", kind.name, call.base), lambda: described(call, kind))
    return _unless_known(call, body)


def _unless_known(call: Call, body: dict[str, Any]) -> Answer:
    """304 for who has seen the schema since it last changed (rule salesforce.describe-304)."""
    changed = call.world.schema_changed
    since = call.request.header("if-modified-since")
    if since is not None and parsedate_to_datetime(since).timestamp() >= changed:
        return Answer(304)
    return Answer(200, body, headers={"Last-Modified": formatdate(changed, usegmt=True)})


def described(call: Call, kind: ObjectDef) -> dict[str, Any]:
    """The body of one describe."""
    return {
        "actionOverrides": [],
        **_summary(call, kind),
        "childRelationships": list(_children(call, kind)),
        "compactLayoutable": not kind.setup,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [described_field(call, kind, field) for field in call.access.readable(kind).values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master_record_type(call, kind)],
        "searchLayoutable": kind.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": f"All {kind.label_plural.lower()}", "name": "everything"},
            {"label": f"My {kind.label_plural.lower()}", "name": "mine"},
        ],
    }


def _summary(call: Call, kind: ObjectDef) -> dict[str, Any]:
    """What the list of all objects says of one."""
    can = call.access.can
    base = f"{call.base}/sobjects/{kind.name}"
    links = {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"}
    if kind.layoutable:
        links |= {name: f"{base}/describe/{name}" for name in ("layouts", "compactLayouts", "approvalLayouts")}
        links |= {name: f"{base}/{name}" for name in ("quickActions", "listviews")}
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": kind.createable and can(kind, "create"),
        "custom": kind.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": kind.deletable and can(kind, "delete"),
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": kind.key_prefix,
        "label": kind.label,
        "labelPlural": kind.label_plural,
        "layoutable": kind.layoutable,
        "mergeable": kind.mergeable,
        "mruEnabled": kind.layoutable,
        "name": kind.name,
        "queryable": kind.queryable,
        "replicateable": kind.replicateable,
        "retrieveable": True,
        "searchable": kind.searchable,
        "triggerable": kind.triggerable,
        "undeletable": kind.undeletable,
        "updateable": kind.updateable and can(kind, "edit"),
        "urls": links,
    }


def described_field(call: Call, kind: ObjectDef, field: FieldDef) -> dict[str, Any]:
    """One field; what can be written depends on who asks."""
    world, access = call.world, call.access
    one_of_many = len(field.reference_to) > 1
    textual = field.type not in SOAP_TYPES
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number is not None,
        "byteLength": field.length * BYTES_PER_CHARACTER if textual else field.length,
        "calculated": field.calculated,
        "calculatedFormula": None,
        "cascadeDelete": field.custom and (field.master_detail or field.on_delete == CASCADE),
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": writable(world, access, kind, field, creating=True),
        "custom": field.custom,
        "defaultValue": False if field.type == "boolean" and field.default is None else field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted or field.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": field.type == "encryptedstring",
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type or ("richtextarea" if field.html else None),
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": field.html,
        "idLookup": field.id_lookup or field.external_id or field.unique,
        "inlineHelpText": field.help,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.name_pointing,
        "nillable": field.nillable,
        "permissionable": field.grantable,
        "picklistValues": [_pick(pick) for pick in field.picklist] if field.type in PICKED else [],
        "polymorphicForeignKey": one_of_many,
        "precision": field.precision,
        "queryByDistance": field.type in ("address", "location"),
        "referenceTargetField": None,
        "referenceTo": [name for name in field.reference_to if name in world.schema.objects],
        "relationshipName": field.relationship,
        "relationshipOrder": 0 if field.master_detail else None,
        "restrictedDelete": field.custom and field.on_delete == RESTRICT,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": _prefilters(call, field),
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": writable(world, access, kind, field, creating=False),
        "writeRequiresMasterRead": False,
    }


def _prefilters(call: Call, field: FieldDef) -> bool:
    kinds = (call.world.schema.objects.get(name) for name in field.reference_to)
    return field.name != "MasterRecordId" and any(kind is not None and not kind.setup for kind in kinds)


def _pick(pick: PickValue) -> dict[str, Any]:
    return {
        "active": pick.active,
        "defaultValue": pick.default,
        "label": pick.label,
        "validFor": None,
        "value": pick.value,
    }


def _children(call: Call, kind: ObjectDef) -> Any:
    """Every field that may point here. Those that the caller does not see are left out."""
    for child, field in call.world.schema.children_of(kind.name):
        if call.access.can(child, "read") and field.name in call.access.readable(child):
            yield {
                "cascadeDelete": field.on_delete == CASCADE,
                "childSObject": child.name,
                "deprecatedAndHidden": False,
                "field": field.name,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": field.children,
                "restrictedDelete": field.on_delete == RESTRICT,
            }


def _master_record_type(call: Call, kind: ObjectDef) -> dict[str, Any]:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": {"layout": f"{call.base}/sobjects/{kind.name}/describe/layouts/{MASTER_RECORD_TYPE}"},
    }
