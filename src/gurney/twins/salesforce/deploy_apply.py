"""Putting a package's components in place, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_changes import put_field
from gurney.twins.salesforce.deploy_fields import check_change, read_field
from gurney.twins.salesforce.deploy_limits import check_limits
from gurney.twins.salesforce.deploy_messages import Message, failure
from gurney.twins.salesforce.deploy_objects import check_sharing, put_object
from gurney.twins.salesforce.deploy_permissions import ACTIVITIES, ACTIVITY, put_permission_set
from gurney.twins.salesforce.deploy_plan import Component, Plan
from gurney.twins.salesforce.deploy_tabs import check_tab_settings, put_tab
from gurney.twins.salesforce.deploy_xml import Node, Problem
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Clash

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World
    from gurney.twins.salesforce.writing import Writer

CUSTOMIZABLE = frozenset({
    "Account", "Contact", "Lead", "Opportunity", "Case", "Contract", "Asset", "Product2", "PricebookEntry",
    "Pricebook2", "OpportunityLineItem", "OpportunityContactRole", "Campaign", "CampaignMember", "User",
    "ContentVersion", "Solution", "Idea", "Order", "OrderItem",
})  # fmt: skip
"""Standard objects that take custom fields; activities take them together."""
REFERENCES = ("Lookup", "MasterDetail")


@dataclass
class Result:
    """What one component came to."""

    id: str | None = None
    created: bool = False
    changed: bool = False


@dataclass
class Work:
    """One deployment's run through its plan."""

    world: World
    writer: Writer
    messages: list[Message] = field(default_factory=list)
    failed_objects: set[str] = field(default_factory=set)

    def carry_out(self, plan: Plan) -> None:
        """All components. Each one that fails takes back what it did, and says so."""
        for component in plan.of("CustomObject"):
            self._do(component, self._object)
        fields = plan.of("CustomField")
        for component in sorted(fields, key=lambda each: each.node.text("type") in REFERENCES):
            if component.owner not in self.failed_objects:
                self._do(component, self._field)
        self._sharing(plan)
        for component in plan.of("ListView"):
            self._do(component, self._list_view)
        for component in plan.of("CustomTab"):
            self._do(component, self._tab)
        for component in plan.of("PermissionSet"):
            self._do(component, self._permission_set)

    def _do(self, component: Component, put: Callable[[Component], Result]) -> None:
        with self._judging(component):
            with self.world.store.atomic():
                done = put(component)
            self.messages.append(
                Message(
                    component.type, component.name, component.file, done.id, created=done.created, changed=done.changed
                )
            )

    @contextmanager
    def _judging(self, component: Component) -> Iterator[None]:
        try:
            yield
        except Problem as no:
            self.messages.append(failure(component.type, component.name, component.file, no))
            if component.type == "CustomObject":
                self.failed_objects.add(component.name)

    def _object(self, component: Component) -> Result:
        if component.name == ACTIVITY:
            return Result()
        kind, created, changed = put_object(self.world, component.name, component.node)
        return Result(kind.id or kind.name, created, changed)

    def _field(self, component: Component) -> Result:
        done = [put_one(self.world, kind, component.node) for kind in self._owners(component)]
        return Result(done[0].id, any(each.created for each in done), any(each.changed for each in done))

    def _owners(self, component: Component) -> list[ObjectDef]:
        """The object of a field; both of them for activities. Raises Problem."""
        return owners_of(self.world, component.owner, component.node)

    def _sharing(self, plan: Plan) -> None:
        """Whether masters and sharing models agree, seen from the whole."""
        for component in plan.of("CustomObject"):
            kind = self.world.schema.find(component.name)
            if kind is not None and component.name not in self.failed_objects:
                with self._judging(component):
                    check_sharing(kind, component.node)

    def _list_view(self, component: Component) -> Result:
        """List views are checked and forgotten: the API shows nothing of them."""
        if not component.short or (component.owner != ACTIVITY and self.world.schema.find(component.owner) is None):
            raise component.node.problem(f"no CustomObject named {component.owner} found")
        return Result(None, False, True)

    def _tab(self, component: Component) -> Result:
        return Result(None, *put_tab(self.world, component.name, component.node))

    def _permission_set(self, component: Component) -> Result:
        check_tab_settings(self.world, component.node)
        row, created, changed = put_permission_set(self.world, self.writer, component.name, component.node)
        return Result(row["Id"], created, changed)


def owners_of(world: World, owner: str, node: Node) -> list[ObjectDef]:
    """The objects that get a field. Raises Problem."""
    direct = world.switches["activity_fields"] == "direct"
    if owner == ACTIVITY:
        return [world.schema.objects[name] for name in ACTIVITIES]
    kind = world.schema.find(owner)
    if kind is None:
        raise node.problem(f"Entity of type 'CustomObject' named '{owner}' cannot be found")
    if kind.name in ACTIVITIES and not direct:
        raise node.problem(f"Custom fields of {kind.name} belong to the object Activity")
    if not kind.custom and kind.name not in CUSTOMIZABLE and kind.name not in ACTIVITIES:
        raise node.problem(f"Entity of type '{kind.name}' does not support custom fields")
    return [kind]


def put_one(world: World, kind: ObjectDef, node: Node) -> Result:
    """One field into one object. Raises Problem."""
    made = read_field(world, kind, node)
    before = kind.find(made.name)
    if before is not None:
        made = replace(made, name=before.name, id=before.id)
        check_change(world, kind, node, before, made)
        if made == before:
            return Result(before.id)
    check_limits(world, kind, made, before, node)
    _share_id(world, kind, made)
    try:
        put_field(world, kind, made)
    except Clash as clash:
        raise node.problem(
            f"DUPLICATE_VALUE: {made.name} cannot become unique, since records have the same value"
        ) from clash
    return Result(made.id, before is None, True)


def _share_id(world: World, kind: ObjectDef, made: FieldDef) -> None:
    """A field of activities is one field of two objects."""
    if made.id is None and kind.name in ACTIVITIES:
        twins = [world.schema.objects[name].find(made.name) for name in ACTIVITIES]
        made.id = next((twin.id for twin in twins if twin is not None), None)
