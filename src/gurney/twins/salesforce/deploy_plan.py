"""What a package wants to put in place: its files against its package.xml, split into components (FACTS 7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gurney.twins.salesforce.deploy_messages import ERROR, Message, failure, warning
from gurney.twins.salesforce.deploy_names import SUFFIX
from gurney.twins.salesforce.deploy_shapes import CUSTOM_OBJECT, CUSTOM_TAB, PERMISSION_SET, Shape
from gurney.twins.salesforce.deploy_xml import Node, Problem, read_xml
from gurney.twins.salesforce.package import MANIFEST, Package, type_of

SHAPES: dict[str, Shape] = {"CustomObject": CUSTOM_OBJECT, "PermissionSet": PERMISSION_SET, "CustomTab": CUSTOM_TAB}
PARTS = {"fields": "CustomField", "listViews": "ListView"}
KNOWN = (*SHAPES, *PARTS.values())
"""Types that the twin deploys."""
OTHER_TYPES = frozenset({
    "ApexClass", "ApexComponent", "ApexPage", "ApexTrigger", "ApprovalProcess", "AssignmentRules",
    "AuraDefinitionBundle", "AutoResponseRules", "BusinessProcess", "CompactLayout",
    "ConnectedApp", "CustomApplication", "CustomLabel",
    "CustomLabels", "CustomMetadata", "CustomObjectTranslation", "CustomPermission", "CustomSite", "Dashboard",
    "Document", "EmailTemplate", "EscalationRules", "ExternalClientApplication", "FieldSet", "FlexiPage", "Flow",
    "GlobalValueSet", "Group", "HomePageLayout", "Index", "Layout", "LightningComponentBundle", "NamedCredential",
    "PermissionSetGroup", "Profile", "Queue", "QuickAction", "RecordType", "RemoteSiteSetting", "Report", "ReportType",
    "Role", "Settings", "SharingReason", "SharingRules", "StandardValueSet", "StaticResource", "ValidationRule",
    "WebLink", "Workflow",
})  # fmt: skip
"""Types of the vendor that the twin refuses by name."""


@dataclass
class Component:
    """One thing to put in place. `owner` is the object of a field or list view."""

    type: str
    name: str
    file: str
    node: Node
    owner: str = ""

    @property
    def short(self) -> str:
        """The name without the owner."""
        return self.name.removeprefix(f"{self.owner}.") if self.owner else self.name


@dataclass
class Plan:
    """Components by type, in the order of the zip, and what is wrong already."""

    components: list[Component] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def of(self, type: str) -> list[Component]:
        return [each for each in self.components if each.type == type]


@dataclass(frozen=True)
class Leniency:
    """How the deployment's options and the twin's switches want package.xml and the zip to agree."""

    missing_files: bool
    warnings: bool
    unlisted: bool
    scattered: bool


def make_plan(package: Package, leniency: Leniency) -> Plan:
    """Read every file, and hold them against package.xml both ways."""
    plan = Plan()
    found: set[tuple[str, str]] = set()
    for path, content in package.files.items():
        for component in _components(path, content, plan, leniency):
            if _listed(package, component):
                plan.components.append(component)
            elif component.type != "CustomObject":
                _unlisted(plan, component, leniency)
            found.add((component.type, component.name))
    _unfound(package, plan, found, leniency)
    _twice(plan)
    return plan


def _components(path: str, content: bytes, plan: Plan, leniency: Leniency) -> list[Component]:
    known = type_of(path)
    if known is None:
        words = f"This twin does not know what {path} is, or it is not in a folder of the Metadata API"
        plan.messages.append(failure("", path, path, Problem(words)))
        return []
    type, name = known
    try:
        node = read_xml(content, SHAPES[type], scattered=leniency.scattered)
    except Problem as no:
        plan.messages.append(failure(type, name, path, no))
        return []
    parts = [
        Component(kind, f"{name}.{part.text('fullName')}", path, part, name)
        for element, kind in PARTS.items()
        if element in node.shape.elements
        for part in node.nodes(element)
    ]
    return [Component(type, name, path, node), *parts]


def _listed(package: Package, component: Component) -> bool:
    """Whether package.xml names it, by itself or through the object that it belongs to."""
    members = package.manifest.members(component.type)
    if component.name in members:
        return True
    if component.owner:
        return _names_object(package, component.owner)
    return _names_object(package, component.name) if component.type == "CustomObject" else "*" in members


def _names_object(package: Package, name: str) -> bool:
    """`*` means all custom objects, never standard ones."""
    members = package.manifest.members("CustomObject")
    return name in members or ("*" in members and name.endswith(SUFFIX))


def _unlisted(plan: Plan, component: Component, leniency: Leniency) -> None:
    if leniency.unlisted:
        words = "Not in package.xml"
        message = warning(component.type, component.name, component.file, words, harmless=True)
    else:
        message = failure(component.type, component.name, component.file, Problem("Not in package.xml"))
    plan.messages.append(message)


def _unfound(package: Package, plan: Plan, found: set[tuple[str, str]], leniency: Leniency) -> None:
    broken = {message.full_name for message in plan.messages if message.full_name != MANIFEST}

    def unread(type: str, name: str) -> bool:
        return (name.partition(".")[0] if type in PARTS.values() else name) in broken

    for type, name in package.manifest.pairs():
        if type not in KNOWN:
            words = (
                f"This twin does not deploy the type {type}"
                if type in OTHER_TYPES
                else f"Unknown type name '{type}' specified in package.xml"
            )
            plan.messages.append(failure("", MANIFEST, MANIFEST, Problem(words)))
        elif (type, name) not in found and not (name == "*" and type != "CustomField") and not unread(type, name):
            words = f"An object '{name}' of type {type} was named in package.xml, but was not found in zipped directory"
            if leniency.missing_files:
                message = warning(type, name, MANIFEST, words, harmless=leniency.warnings)
            else:
                message = Message(type, name, MANIFEST, problem=words, problem_type=ERROR, success=False)
            plan.messages.append(message)


def _twice(plan: Plan) -> None:
    """Names are case-insensitive and may come once."""
    seen: set[tuple[str, str]] = set()
    for component in list(plan.components):
        key = (component.type, component.name.lower())
        if key in seen:
            words = f"Duplicate fullName: {component.name}"
            plan.messages.append(failure(component.type, component.name, component.file, component.node.problem(words)))
            plan.components.remove(component)
        seen.add(key)
