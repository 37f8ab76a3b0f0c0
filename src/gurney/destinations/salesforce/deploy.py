"""Deploying a package through the Metadata API's REST face: hand it over, wait for the end, read the parts (FACTS 7).

Deploying the same package again changes nothing, so a hand-over whose answer was lost is simply repeated; one
deployment runs in an organisation at a time, the others wait in line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.form import held
from gurney.destinations.salesforce.limits import wait
from gurney.destinations.salesforce.mdapi import zipped
from gurney.errors import AnswerLost, AnswerWrong, VendorError

PATH = "/metadata/deployRequest"
OVER = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled"})


@dataclass(frozen=True, slots=True)
class Component:
    """What became of one component. `problem` is the vendor's words, '' where there are none."""

    type: str
    name: str
    success: bool
    created: bool
    id: str
    problem: str


@dataclass(frozen=True)
class Deployment:
    """What became of a package."""

    success: bool
    components: tuple[Component, ...]
    words: str
    """Why nothing was deployed, where that is no component's fault."""

    @property
    def failures(self) -> list[Component]:
        return [each for each in self.components if not each.success]

    def created(self, type: str, name: str) -> bool:
        """Whether a component came, or would come, into being. An object and its tab have the same name."""
        return any(each.created for each in self._about(type, name))

    def id_of(self, type: str, name: str) -> str:
        """The vendor's id of a component, '' where it tells none."""
        return next((each.id for each in self._about(type, name) if each.id), "")

    def _about(self, type: str, name: str) -> list[Component]:
        return self._by_name.get((type, name.casefold()), [])

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Component]]:
        found: dict[tuple[str, str], list[Component]] = {}
        for each in self.components:
            found.setdefault((each.type, each.name.casefold()), []).append(each)
        return found


async def deploy(client: Client, files: Mapping[str, bytes], *, check_only: bool) -> Deployment:
    """Deploy the files, or only check what would happen. Raises VendorRefused when the user may not deploy."""
    package = zipped(files)
    id = await _hand_over(client, package, check_only)
    return read_result(await _wait(client, id))


async def _hand_over(client: Client, package: bytes, check_only: bool) -> str:
    clock = client.runtime.clock
    attempts = int(wait("deploy_attempts"))
    for attempt in range(attempts):
        upload = held("file", "deploy.zip", "application/zip", package)
        try:
            reply = await client.multipart(PATH, options(check_only), [upload], label="deploy", name="json")
        except AnswerLost:
            if attempt + 1 == attempts:
                raise
            await clock.sleep(wait("deploy_first_s") * 2**attempt)
            continue
        id = str(reply.document.get("id") or "")
        if not id:
            raise AnswerWrong("salesforce took the deployment, but does not say which it is.")
        return id
    raise AnswerLost("salesforce gave no answer to the deployment.")


def options(check_only: bool) -> dict[str, Any]:
    """Production takes all or nothing, and no tests where there is no code. Warnings (something is gone already)
    are no failures."""
    return {
        "deployOptions": {
            "allowMissingFiles": False,
            "autoUpdatePackage": False,
            "checkOnly": check_only,
            "ignoreWarnings": True,
            "performRetrieve": False,
            "purgeOnDelete": False,
            "rollbackOnError": True,
            "runTests": None,
            "singlePackage": True,
            "testLevel": "NoTestRun",
        }
    }


async def _wait(client: Client, id: str) -> Mapping[str, Any]:
    """The result of a deployment that is over. Nobody tells how long it takes, so it is asked ever more rarely."""
    clock = client.runtime.clock
    began, pause_s = clock.monotonic(), wait("deploy_first_s")
    while clock.monotonic() - began < wait("deploy_patience_s"):
        reply = await client.get(f"{PATH}/{id}", [("includeDetails", "true")], label="deploy")
        result = reply.document.get("deployResult") or reply.document
        if _true(result.get("done")) or result.get("status") in OVER:
            return dict(result)
        await clock.sleep(pause_s)
        pause_s = min(wait("deploy_longest_s"), pause_s * 1.5)
    raise VendorError(
        f"salesforce has not finished the deployment {id} in {wait('deploy_patience_s') / 60:.0f} minutes.",
        next_step="Look at Setup > Deployment Status. When it is over: repeat the command, it goes on from there.",
    )


def read_result(result: Mapping[str, Any]) -> Deployment:
    """A DeployResult. Some answers hold text for truth values, and one message instead of a list (FACTS 7)."""
    details = result.get("details") or {}
    found = [
        _component(raw)
        for key in ("componentSuccesses", "componentFailures")
        for raw in _list(details.get(key))
        if raw.get("fullName") != "package.xml" or not _true(raw.get("success"))
    ]
    words = " ".join(str(result[key]) for key in ("errorStatusCode", "errorMessage") if result.get(key))
    success = _true(result.get("success")) and not any(not each.success for each in found)
    return Deployment(success, tuple(found), words or ("" if success else f"status {result.get('status')}"))


def _component(raw: Mapping[str, Any]) -> Component:
    return Component(
        type=str(raw.get("componentType") or ""),
        name=str(raw.get("fullName") or ""),
        success=_true(raw.get("success")) or raw.get("problemType") == "Warning",
        created=_true(raw.get("created")),
        id=str(raw.get("id") or ""),
        problem=str(raw.get("problem") or ""),
    )


def _list(value: Any) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, Mapping)]


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
