"""The Metadata API over REST: deployRequest (FACTS 7)."""

from __future__ import annotations

from typing import Any

import orjson

from gurney.twins.kit.wire import Answer, MalformedBody, Part
from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.deploy_jobs import Deployment, cancel, queue_of, run_due, submit
from gurney.twins.salesforce.deploy_options import DeployOptions, read_options
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, not_found, unreadable_json
from gurney.twins.salesforce.times import shown
from gurney.twins.salesforce.world import World

routes = Routes()
DAY_S = 86_400
VALIDATION_DAYS = 10


def check_may_deploy(access: Access) -> None:
    """Raises Refused for users without the permissions (FACTS 1)."""
    if not access.may("ModifyMetadata") and not access.may("ModifyAllData"):
        words = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
        raise Refused("INSUFFICIENT_ACCESS", f"INSUFFICIENT_ACCESS: {words}")
    if not access.may("CustomizeApplication"):
        raise Refused("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS: Customize Application is needed to deploy")


def start(world: World, user_id: str, options: DeployOptions, zipped: bytes) -> Deployment:
    """Queue a deployment, if this organisation allows such options. Raises Refused."""
    if not options.rollback_on_error and not world.sandbox and world.edition.name != "developer":
        raise Refused("INVALID_PARAMETER_VALUE", "rollbackOnError must be true in a production organization")
    return submit(world, user_id, options, zipped)


@routes.on("POST", "/metadata/deployRequest")
def deploy(call: Call) -> Answer:
    """A zip with its options as multipart, or the id of a validation."""
    check_may_deploy(call.access)
    if call.request.content_type == "multipart/form-data":
        made = start(call.world, call.user_id, *_order(call))
    else:
        made = quick_deploy(call.world, call.user_id, call.body().get("validatedDeployRequestId"))
    return Answer(201, _shown(call.world, made, details=False))


def _order(call: Call) -> tuple[DeployOptions, bytes]:
    """The two parts, in any order and by any name (rule salesforce.deploy-parts). Raises Refused."""
    try:
        parts = call.request.parts()
    except MalformedBody as no:
        raise Refused("INVALID_MULTIPART_REQUEST", f"Invalid multipart request: {no}") from no
    zips = [part for part in parts if part.filename or part.content_type == "application/zip"]
    options = [part for part in parts if part not in zips]
    if len(zips) != 1 or len(options) != 1:
        raise Refused("INVALID_MULTIPART_REQUEST", "A JSON part and a zip file are needed")
    return read_options(_json(options[0]).get("deployOptions")), zips[0].body


def _json(part: Part) -> dict[str, Any]:
    try:
        body = orjson.loads(part.body)
    except orjson.JSONDecodeError as no:
        raise unreadable_json() from no
    if not isinstance(body, dict):
        raise unreadable_json()
    return body


def quick_deploy(world: World, user_id: str, id: object) -> Deployment:
    """Repeat what a validation has shown to work. Raises Refused (rule salesforce.quick-deploy)."""
    validation = queue_of(world).all.get(normal(id) or "")
    if validation is None:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {id}")
    ended = validation.ends or 0
    tested = validation.options.tests or world.switches["quick_deploy_without_tests"] == "yes"
    later = any(
        other.success and not other.options.check_only and (other.ends or 0) > ended
        for other in queue_of(world).all.values()
    )
    fresh = world.clock.timestamp() - ended <= VALIDATION_DAYS * DAY_S
    if not (validation.status == "Succeeded" and validation.options.check_only and tested and fresh) or later:
        words = "The validation does not qualify for a quick deployment: it must have succeeded with tests in the last "
        raise Refused("INVALID_OPERATION", f"{words}{VALIDATION_DAYS} days, without a deployment since")
    options = read_options({**validation.options.shown(), "checkOnly": False})
    return submit(world, user_id, options, validation.zip, validation.id)


def find(world: World, id: object) -> Deployment:
    """A deployment as it is now. Raises Refused."""
    run_due(world)
    found = queue_of(world).all.get(normal(id) or "")
    if found is None:
        raise not_found()
    return found


@routes.on("GET", "/metadata/deployRequest/{id}")
def status(call: Call) -> Answer:
    """How far it is; with `includeDetails=true` what became of each component."""
    check_may_deploy(call.access)
    details = (call.query("includeDetails") or "").lower() == "true"
    return Answer(200, _shown(call.world, find(call.world, call.param("id")), details=details))


@routes.on("PATCH", "/metadata/deployRequest/{id}")
def stop(call: Call) -> Answer:
    """Cancel."""
    check_may_deploy(call.access)
    wanted = call.body().get("deployResult")
    if not isinstance(wanted, dict) or wanted.get("status") != "Canceling":
        raise Refused("INVALID_PARAMETER_VALUE", "deployResult.status can only be set to Canceling")
    found = find(call.world, call.param("id"))
    check_open(found)
    cancel(call.world, found, call.user_id)
    return Answer(202, _shown(call.world, found, details=False))


def check_open(deployment: Deployment) -> None:
    """Raises Refused for what has ended already."""
    if deployment.done:
        raise Refused("INVALID_ID_FIELD", "Deployment already completed")


def _shown(world: World, deployment: Deployment, *, details: bool) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "validatedDeployRequestId": deployment.validated,
        "deployOptions": deployment.options.shown(),
        "deployResult": result_of(world, deployment, details=details),
    }


def result_of(world: World, deployment: Deployment, *, details: bool) -> dict[str, Any]:
    """The DeployResult of the WSDL."""
    by = world.table("User").rows[deployment.user_id]
    counted = deployment.counted
    moment = shown(int(deployment.created))
    told: dict[str, Any] = {
        "id": deployment.id,
        "status": deployment.status,
        "done": deployment.done,
        "success": deployment.success,
        "checkOnly": deployment.options.check_only,
        "ignoreWarnings": deployment.options.ignore_warnings,
        "rollbackOnError": deployment.options.rollback_on_error,
        "runTestsEnabled": deployment.options.tests,
        "numberComponentsDeployed": sum(message.success for message in counted),
        "numberComponentErrors": sum(not message.success for message in deployment.messages),
        "numberComponentsTotal": len(counted),
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "createdBy": by["Id"],
        "createdByName": by["Name"],
        "createdDate": moment,
        "lastModifiedDate": shown(int(deployment.ends if deployment.done and deployment.ends else deployment.created)),
    }
    if deployment.started is not None:
        told["startDate"] = shown(int(deployment.started))
    if deployment.status == "InProgress":
        told["stateDetail"] = "Processing Type: CustomObject"
    if deployment.done and deployment.ends is not None:
        told["completedDate"] = shown(int(deployment.ends))
    if deployment.error is not None:
        told |= {"errorMessage": deployment.error.words, "errorStatusCode": deployment.error.code}
    if deployment.canceled_by is not None:
        told |= {
            "canceledBy": deployment.canceled_by,
            "canceledByName": world.table("User").rows[deployment.canceled_by]["Name"],
        }
    return {**told, "details": _details(deployment) if details else None}


def _details(deployment: Deployment) -> dict[str, Any]:
    at = shown(int(deployment.ends if deployment.ends is not None else deployment.created))
    good = [message for message in deployment.messages if message.success]
    return {
        "componentFailures": [message.shown(at) for message in deployment.failures],
        "componentSuccesses": [message.shown(at) for message in good],
        "retrieveResult": None,
        "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0, "successes": [], "failures": []},
    }
