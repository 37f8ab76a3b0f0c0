"""Making the objects and fields that a plan names, by deployment packages (FACTS 7).

First a look: what we see and what fits is left alone. Then a check-only deployment: it tells which of the rest exists
without being visible to us (that is only opened, never overwritten) and what the vendor refuses (that is left out with
its words). Only then is anything made, opened by the permission set, and read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gurney.destinations.salesforce import blueprint
from gurney.destinations.salesforce.answers import UNKNOWN_OBJECT
from gurney.destinations.salesforce.assignment import assign, rights_there
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.deploy import Deployment, deploy
from gurney.destinations.salesforce.package import (
    FIELD,
    OBJECT,
    PERMISSIONS,
    RIGHTS_TO,
    TAB,
    TAB_OF,
    ZIP,
    Package,
    full_name,
    named_in,
)
from gurney.destinations.salesforce.rights import AUDIT_FIELDS, LABEL, Rights, rights_to
from gurney.errors import NotAuthorised, VendorRefused
from gurney.schema import NewField, NewObject, NewOptions, Provisioned, SchemaChange

ROUNDS = 8
"""Check-only deployments, each without what the one before refused."""
PACKAGE_BY_HAND = (
    "Salesforce does not let this user deploy ({why}). The administrator deploys {zip}, which lies beside the plan "
    "(sf project deploy start --metadata-dir {zip} --single-package), and assigns the permission set '{label}' to "
    "the user of these credentials. Then repeat `gurney provision`."
)
VALUES_BY_HAND = "The administrator adds the values in Setup > Object Manager > {object} > Fields > {field}: {values}."


@dataclass(slots=True)
class _Plan:
    """What is still to do, and what is known of the changes, by full name."""

    package: Package
    hidden: set[str] = field(default_factory=set)
    """There, and not visible to us until the permission set opens it."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why the vendor refuses it."""
    made: Deployment | None = None

    def leave_out(self, names: Mapping[str, str]) -> None:
        """Without what was refused; what depends on it says so."""
        before = self.package.names
        self.package = self.package.without(names)
        self.refused |= names
        for name in before - self.package.names - set(names):
            self.refused[name] = f"left out with {', '.join(sorted(names))}, on which it depends"


class Provisioner:
    """Carries out schema changes as one package."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def apply(self, changes: Sequence[SchemaChange], *, dry_run: bool) -> list[Provisioned]:
        """One result a change, in order. With `dry_run` what is not there is 'missing'.

        Raises CheckFailed when all is made, but an administrator must still open it to us.
        """
        seen = {name: await self._look(name) for name in dict.fromkeys(map(_object, changes))}
        done = {id(change): found for change in changes if (found := self._found(change, seen)) is not None}
        left = [change for change in changes if id(change) not in done]
        if left:
            done |= await self._make(left, seen, dry_run)
        return [done[id(change)] for change in changes]

    # The first look

    async def _look(self, object: str) -> dict[str, Any] | None:
        """What describe tells of an object; None when it is not there, or not visible to us."""
        try:
            return (await self._client.get(f"/sobjects/{object}/describe", label="describe")).document
        except VendorRefused as no:
            if no.code in UNKNOWN_OBJECT or no.status == 404:
                return None
            raise

    def _found(self, change: SchemaChange, seen: Mapping[str, dict[str, Any] | None]) -> Provisioned | None:
        """What the look alone says of a change; None when something is to be made for it."""
        there = seen[_object(change)]
        if isinstance(change, NewObject):
            if there is not None:
                return Provisioned(change, "existing", str(there.get("name") or change.name))
            return self._unmakeable(change)
        raw = _raw_field(there, change)
        if isinstance(change, NewOptions):
            return self._options_found(change, raw)
        if raw is None:
            return self._unmakeable(change) if change.name.endswith(blueprint.CUSTOM) else None
        why = blueprint.misfit(change, raw)
        if why:
            return Provisioned(change, "by_hand", str(raw["name"]), words=f"{full_name(change)}: {why}.")
        if not blueprint.is_writable(raw) or self._lacks_options(change, raw):
            return None
        return Provisioned(change, "existing", str(raw["name"]))

    def _options_found(self, change: NewOptions, raw: Mapping[str, Any] | None) -> Provisioned | None:
        if raw is None:
            return Provisioned(change, "failed", words=f"{full_name(change)} is not there, or not visible to us.")
        missing = blueprint.missing_options(change.options, raw)
        if not missing:
            return Provisioned(change, "existing", change.field)
        if raw.get("custom"):
            return None
        if blueprint.takes_any_value(raw):
            return Provisioned(
                change, "existing", change.field, words="the pick-list takes values that it does not offer"
            )
        words = VALUES_BY_HAND.format(object=change.object, field=change.field, values=", ".join(missing))
        return Provisioned(change, "by_hand", change.field, words=words)

    @staticmethod
    def _lacks_options(change: NewField, raw: Mapping[str, Any]) -> bool:
        if change.type not in blueprint.PICKS or blueprint.takes_any_value(raw):
            return False
        return bool(blueprint.missing_options(change.options, raw))

    @staticmethod
    def _unmakeable(change: NewObject | NewField) -> Provisioned | None:
        why = blueprint.unmakeable(change)
        return Provisioned(change, "failed", words=f"{full_name(change)}: {why}.") if why else None

    # Making

    async def _make(
        self, changes: Sequence[SchemaChange], seen: Mapping[str, dict[str, Any] | None], dry_run: bool
    ) -> dict[int, Provisioned]:
        try:
            plan = _Plan(self._package(changes, seen, await rights_there(self._client)))
            await self._check(plan)
            if not dry_run:
                await self._deploy(plan)
        except VendorRefused as no:
            if no.status == 401 or not (isinstance(no, NotAuthorised) or no.code in UNKNOWN_OBJECT):
                raise
            words = PACKAGE_BY_HAND.format(why=f"{no.code}: {no.words}", zip=ZIP, label=LABEL)
            return {id(change): Provisioned(change, "by_hand", words=words) for change in changes}
        if dry_run:
            return {id(change): self._would_be(change, plan) for change in changes}
        await assign(self._client)
        again = {name: await self._look(name) for name in dict.fromkeys(map(_object, changes))}
        return {id(change): self._became(change, plan, again) for change in changes}

    @staticmethod
    def _package(changes: Sequence[SchemaChange], seen: Mapping[str, dict[str, Any] | None], rights: Rights) -> Package:
        """All changes as one package. Fields that we see are only opened, or declared again with more values."""
        new: list[NewField] = []
        opened: set[str] = set()
        pick_lists = {}
        for change in changes:
            if isinstance(change, NewObject):
                continue
            raw = _raw_field(seen[change.object], change)
            if raw is not None and change.options:
                pick_lists[full_name(change)] = blueprint.extended_body(raw, change.options)
            if isinstance(change, NewField):
                if raw is None and change.name.endswith(blueprint.CUSTOM):
                    new.append(change)
                else:
                    opened.add(full_name(change))
        objects = tuple(change for change in changes if isinstance(change, NewObject))
        plurals = {name: str(raw.get("labelPlural") or "") for name, raw in seen.items() if raw}
        user = frozenset({AUDIT_FIELDS})
        asked = rights | rights_to(opened, ()) | Rights(user=user)
        return Package(objects, tuple(new), pick_lists, asked, plurals)

    async def _check(self, plan: _Plan) -> None:
        """Find out what would be made, and leave out what would be refused, until the rest would go through."""
        for _ in range(ROUNDS):
            if not plan.package.names and not plan.package.rights.fields:
                return
            checked = await deploy(self._client, plan.package.files(), check_only=True)
            if checked.success:
                self._part(plan, checked)
                return
            refused = _refusals(plan.package, checked)
            if not refused:
                break
            plan.leave_out(refused)
        else:
            checked = Deployment(False, (), f"still refused after {ROUNDS} tries")
        plan.leave_out(dict.fromkeys(plan.package.names | plan.package.rights.fields, _words(checked)))

    @staticmethod
    def _part(plan: _Plan, checked: Deployment) -> None:
        """What would not be created is there already: it is opened, and left as it is."""
        package = plan.package
        names = map(full_name, package.fields)
        fields = [name for name in names if not checked.created(FIELD, name)]
        objects = [change.name for change in package.objects if not checked.created(OBJECT, change.name)]
        plan.hidden = {*fields, *objects}
        plan.package = replace(
            package,
            objects=tuple(change for change in package.objects if change.name not in plan.hidden),
            fields=tuple(change for change in package.fields if full_name(change) not in plan.hidden),
            rights=package.rights | replace(rights_to(fields, objects), tabs=frozenset()),
        )

    async def _deploy(self, plan: _Plan) -> None:
        if not plan.package.names and not plan.package.rights.fields and not plan.hidden:
            return
        plan.made = await deploy(self._client, plan.package.files(), check_only=False)
        if not plan.made.success:
            refused = _refusals(plan.package, plan.made)
            others = dict.fromkeys(plan.package.names | plan.hidden, f"nothing was deployed: {_words(plan.made)}")
            plan.leave_out(others | refused)

    # What came of it

    def _would_be(self, change: SchemaChange, plan: _Plan) -> Provisioned:
        name = full_name(change)
        if name in plan.refused:
            return Provisioned(change, "failed", words=f"{name}: {plan.refused[name]}")
        if name in plan.hidden:
            return Provisioned(change, "existing", _own_name(change), words="there, but not visible to us yet")
        return Provisioned(change, "missing")

    def _became(self, change: SchemaChange, plan: _Plan, again: Mapping[str, dict[str, Any] | None]) -> Provisioned:
        name = full_name(change)
        if name in plan.refused:
            state = "failed" if _own_name(change).endswith(blueprint.CUSTOM) else "by_hand"
            return Provisioned(change, state, words=f"{name}: {plan.refused[name]}")
        vendor_id = plan.made.id_of(OBJECT if isinstance(change, NewObject) else FIELD, name) if plan.made else ""
        there = self._found(change, again)
        if there is None:
            words = f"{name}: it was deployed, but is not as it should be yet; repeat `gurney provision`"
            return Provisioned(change, "failed", _own_name(change), vendor_id, words)
        if there.state == "existing" and (isinstance(change, NewOptions) or change in plan.package.made):
            return replace(there, state="created", vendor_id=vendor_id)
        return replace(there, vendor_id=vendor_id)


def _refusals(package: Package, deployment: Deployment) -> dict[str, str]:
    """What the vendor refuses of a package, and why. What the permission set lacks follows from the others."""
    names = package.names
    refused: dict[str, str] = {}
    for failure in deployment.failures:
        if failure.type == PERMISSIONS:
            continue
        blamed = named_in(failure.name, names) or {name for name in names if name.startswith(f"{failure.name}.")}
        if failure.type == TAB:
            blamed = {TAB_OF + failure.name}
        refused |= dict.fromkeys(blamed, failure.problem)
    return refused or _refused_rights(package, deployment)


def _refused_rights(package: Package, deployment: Deployment) -> dict[str, str]:
    """What the permission set cannot open; the right to set audit fields is the first that an organisation lacks."""
    rights = package.opened()
    for failure in deployment.failures:
        blamed = named_in(failure.problem, rights.fields | rights.user)
        if "tab" in failure.problem.casefold():
            blamed = {TAB_OF + name for name in named_in(failure.problem, rights.tabs)}
        blamed = blamed or {RIGHTS_TO + name for name in named_in(failure.problem, rights.objects)}
        if blamed:
            return dict.fromkeys(blamed, failure.problem)
    return dict.fromkeys(rights.user, _words(deployment))


def _words(deployment: Deployment) -> str:
    problems = dict.fromkeys(failure.problem for failure in deployment.failures if failure.problem)
    return "; ".join(problems) or deployment.words


def _raw_field(there: Mapping[str, Any] | None, change: SchemaChange) -> dict[str, Any] | None:
    """The field that is meant as describe shows it; names know no case."""
    if there is None or isinstance(change, NewObject):
        return None
    wanted = _own_name(change).casefold()
    return next((dict(raw) for raw in there.get("fields") or () if str(raw["name"]).casefold() == wanted), None)


def _own_name(change: SchemaChange) -> str:
    return change.field if isinstance(change, NewOptions) else change.name


def _object(change: SchemaChange) -> str:
    return change.name if isinstance(change, NewObject) else change.object
