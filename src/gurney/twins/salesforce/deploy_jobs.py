"""Deployments one after the other, by the vendor's clock: Pending, InProgress, and how they end (FACTS 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_apply import Work
from gurney.twins.salesforce.deploy_changes import release_the_old
from gurney.twins.salesforce.deploy_destroy import Destruction
from gurney.twins.salesforce.deploy_messages import Message, failure
from gurney.twins.salesforce.deploy_options import DeployOptions
from gurney.twins.salesforce.deploy_plan import Leniency, make_plan
from gurney.twins.salesforce.deploy_xml import Problem
from gurney.twins.salesforce.package import MANIFEST, BadPackage, Package, read_packages
from gurney.twins.salesforce.writing import Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

QUEUE = "queue"
DONE = ("Succeeded", "SucceededPartial", "Failed", "Canceled")
CANCELING_S = 1.0


@dataclass
class Deployment:
    """One deployment, from the request to its end. Moments are vendor time in seconds since 1970."""

    id: str
    user_id: str
    options: DeployOptions
    zip: bytes
    created: float
    validated: str | None = None
    """The validation that a quick deployment repeats."""
    status: str = "Pending"
    started: float | None = None
    ends: float | None = None
    messages: list[Message] = field(default_factory=list)
    error: BadPackage | None = None
    canceled_by: str | None = None

    @property
    def done(self) -> bool:
        return self.status in DONE

    @property
    def success(self) -> bool:
        return self.status in ("Succeeded", "SucceededPartial")

    @property
    def counted(self) -> list[Message]:
        """The messages of components; package.xml and its like are none."""
        return [message for message in self.messages if message.type]

    @property
    def failures(self) -> list[Message]:
        return [message for message in self.messages if not message.success]


@dataclass
class Queue:
    """All deployments of an organisation, oldest first. One at a time is in progress."""

    all: dict[str, Deployment] = field(default_factory=dict)
    open: list[Deployment] = field(default_factory=list)


def queue_of(world: World) -> Queue:
    """The organisation's queue."""
    queue: Queue = world.deployments.setdefault(QUEUE, Queue())
    return queue


def submit(
    world: World, user_id: str, options: DeployOptions, zipped: bytes, validated: str | None = None
) -> Deployment:
    """Take a deployment into the queue."""
    made = Deployment(world.ids.new("0Af"), user_id, options, zipped, world.clock.timestamp(), validated)
    queue = queue_of(world)
    queue.all[made.id] = made
    queue.open.append(made)
    return made


def cancel(world: World, deployment: Deployment, user_id: str) -> None:
    """Pending ones end at once; one in progress takes a moment."""
    deployment.canceled_by = user_id
    if deployment.status == "Pending":
        _end(queue_of(world), deployment, "Canceled", world.clock.timestamp())
    else:
        deployment.status, deployment.ends = "Canceling", world.clock.timestamp() + CANCELING_S


def run_due(world: World) -> None:
    """Let every deployment go on as far as the clock says; called before each request."""
    if not world.deployments:
        return
    release_the_old(world)
    queue = queue_of(world)
    now = world.clock.timestamp()
    while queue.open:
        deployment = queue.open[0]
        if deployment.status == "Pending" and not _start(world, queue, deployment, now):
            return
        if deployment.ends is None or deployment.ends > now:
            return
        status = "Canceled" if deployment.status == "Canceling" else _carry_out(world, deployment)
        _end(queue, deployment, status, deployment.ends)


def _start(world: World, queue: Queue, deployment: Deployment, now: float) -> bool:
    """Whether it is the deployment's turn: some time after it came, and after the one before it."""
    turns = [other.ends for other in queue.all.values() if other.ends is not None]
    starts = max([deployment.created + float(world.switches["deploy_pending_s"]), *turns])
    if starts > now:
        return False
    deployment.status, deployment.started = "InProgress", starts
    deployment.ends = starts + float(world.switches["deploy_s"])
    return True


def _end(queue: Queue, deployment: Deployment, status: str, at: float) -> None:
    deployment.status, deployment.ends = status, at
    if deployment in queue.open:
        queue.open.remove(deployment)


class _TakeBack(Exception):
    """Ends the transaction of a deployment that shall leave nothing."""


def _carry_out(world: World, deployment: Deployment) -> str:
    """Do it all, and take it back if it failed or was a rehearsal; the status."""
    options = deployment.options
    try:
        with world.store.atomic():
            deployment.messages = _messages(world, deployment)
            failed = bool(deployment.failures)
            if options.check_only or (failed and options.rollback_on_error):
                raise _TakeBack
    except _TakeBack:
        pass
    except BadPackage as no:
        deployment.error, failed = no, True
    if not failed:
        return "Succeeded"
    kept = not options.rollback_on_error and any(message.success for message in deployment.counted)
    return "SucceededPartial" if kept else "Failed"


def _messages(world: World, deployment: Deployment) -> list[Message]:
    options = deployment.options
    scattered = world.switches["metadata_scattered"] == "accept"
    try:
        packages = read_packages(deployment.zip, single=options.single_package, scattered=scattered)
    except Problem as no:
        return [failure("", MANIFEST, MANIFEST, no)]
    leniency = Leniency(
        missing_files=options.allow_missing_files,
        warnings=options.ignore_warnings or world.switches["deploy_warnings"] == "pass",
        unlisted=world.switches["not_in_package"] == "warning",
        scattered=scattered,
    )
    return [message for package in packages for message in _package(world, deployment, package, leniency)]


def _package(world: World, deployment: Deployment, package: Package, leniency: Leniency) -> list[Message]:
    purge = deployment.options.purge_on_delete and purges(world)
    plan = make_plan(package, leniency)
    messages = [Message("", name, name, changed=True) for name in _manifests(package)]
    work = Work(world, Writer(world, world.access(deployment.user_id)))
    for late in (False, True):
        if late:
            work.carry_out(plan)
            messages += plan.messages + work.messages
        for manifest, is_late in package.destructive:
            if is_late is late:
                messages += Destruction(world, manifest, purge, leniency.warnings).carry_out()
    return messages


def _manifests(package: Package) -> list[str]:
    return [MANIFEST, *(manifest.file for manifest, _ in package.destructive)]


def purges(world: World) -> bool:
    """purgeOnDelete is ignored elsewhere (rule salesforce.purge-on-delete)."""
    return world.sandbox or world.edition.name == "developer"


__all__ = ["Deployment", "Queue", "cancel", "purges", "queue_of", "run_due", "submit"]
