"""The Metadata API over SOAP: deploy, checkDeployStatus, cancelDeploy, deployRecentValidation, describeMetadata."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from gurney.twins.salesforce.deploy import check_may_deploy, check_open, find, quick_deploy, result_of, start
from gurney.twins.salesforce.deploy_jobs import cancel
from gurney.twins.salesforce.deploy_options import FLAGS, DeployOptions, read_options
from gurney.twins.salesforce.deploy_xml import TRUTH
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.soap_session import SoapCall, soap_moment
from gurney.twins.salesforce.soap_xml import local

KNOWN = (
    ("CustomObject", "objects", "object", ("CustomField", "ListView")),
    ("CustomTab", "tabs", "tab", ()),
    ("PermissionSet", "permissionsets", "permissionset", ()),
)
"""Type, folder, suffix and child types of what the twin deploys."""


def deploy(call: SoapCall) -> list[Any]:
    """Queue a zip; the AsyncResult."""
    check_may_deploy(call.access)
    try:
        zipped = base64.b64decode(call.asked.text("ZipFile"), validate=False)
    except binascii.Error as no:
        raise Refused("INVALID_PARAMETER_VALUE", "ZipFile is not base64") from no
    made = start(call.world, call.user_id, _options(call), zipped)
    return [{"done": False, "id": made.id, "state": "Queued"}]


def _options(call: SoapCall) -> DeployOptions:
    given: dict[str, Any] = {}
    for child in call.asked.children("DeployOptions"):
        name, text = local(child), (child.text or "").strip()
        if name == "runTests":
            given.setdefault(name, []).append(text)
        elif name in FLAGS:
            given[name] = TRUTH.get(text, text)
        else:
            given[name] = text or None
    return read_options(given)


def check_deploy_status(call: SoapCall) -> list[Any]:
    """The DeployResult, in the order of the WSDL."""
    check_may_deploy(call.access)
    details = TRUTH.get(call.asked.text("includeDetails"), False)
    told = result_of(call.world, _found(call, "asyncProcessId"), details=details)
    told["details"] = told["details"] or {}
    return [_ordered(told)]


def _ordered(told: dict[str, Any]) -> dict[str, Any]:
    """Names in alphabetical order, dates as XML has them."""
    shown: dict[str, Any] = {}
    for name, value in sorted(told.items()):
        if isinstance(value, dict):
            value = _ordered(value)
        elif isinstance(value, list):
            value = [_ordered(each) if isinstance(each, dict) else each for each in value]
        elif name.endswith("Date") and isinstance(value, str):
            value = soap_moment(value)
        shown[name] = value
    return shown


def cancel_deploy(call: SoapCall) -> list[Any]:
    """Stop a deployment."""
    check_may_deploy(call.access)
    found = _found(call, "String")
    check_open(found)
    cancel(call.world, found, call.user_id)
    return [{"done": found.done, "id": found.id}]


def deploy_recent_validation(call: SoapCall) -> list[Any]:
    """Repeat a validation; the id of the new deployment."""
    check_may_deploy(call.access)
    return [quick_deploy(call.world, call.user_id, call.asked.text("validationId")).id]


def _found(call: SoapCall, argument: str) -> Any:
    id = call.asked.text(argument)
    try:
        return find(call.world, id)
    except Refused as no:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {id}") from no


def describe_metadata(call: SoapCall) -> list[Any]:
    """The types that the twin deploys."""
    objects = [
        {
            "childXmlNames": list(children), "directoryName": folder, "inFolder": False, "metaFile": False,
            "suffix": suffix, "xmlName": name,
        }
        for name, folder, suffix, children in KNOWN
    ]  # fmt: skip
    return [
        {"metadataObjects": objects, "organizationNamespace": "", "partialSaveAllowed": True, "testRequired": False}
    ]


OPERATIONS: dict[str, Callable[[SoapCall], list[Any]]] = {
    "deploy": deploy,
    "checkDeployStatus": check_deploy_status,
    "cancelDeploy": cancel_deploy,
    "deployRecentValidation": deploy_recent_validation,
    "describeMetadata": describe_metadata,
}
