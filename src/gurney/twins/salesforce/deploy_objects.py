"""From a CustomObject of metadata to an object of the organisation (FACTS 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gurney.twins.salesforce.deploy_changes import add_object, allow_activities, set_values
from gurney.twins.salesforce.deploy_fields import check_format
from gurney.twins.salesforce.deploy_names import SUFFIX, check_label, check_name
from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.standard import custom_object

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

TOGETHER = ("enableBulkApi", "enableSharing", "enableStreamingApi")
SHARING = ("ReadWrite", "Private", "Read", "ControlledByParent")
BY_PARENT = "ControlledByParent"
OF_CUSTOM_OBJECTS = ("label", "pluralLabel", "nameField", "sharingModel", "deploymentStatus")
NAME_MOST = 80


def put_object(world: World, name: str, node: Node) -> tuple[ObjectDef, bool, bool]:
    """The object, whether it is new, and whether anything changed. Raises Problem."""
    present = world.schema.find(name)
    if not name.endswith(SUFFIX):
        return _standard(node, name, present), False, False
    check_name(node, name, "object")
    if present is not None:
        return present, False, _change(world, present, node)
    _check_new(world, name, node)
    owned = node.text("sharingModel") != BY_PARENT
    made = custom_object(name, node.text("label"), node.text("pluralLabel"), owned=owned)
    made.sharing_model = node.text("sharingModel")
    _name_field(made, node.values["nameField"])
    add_object(world, made, activities=bool(node.get("enableActivities")))
    return made, True, True


def _standard(node: Node, name: str, present: ObjectDef | None) -> ObjectDef:
    if present is None or present.custom:
        raise node.problem(f"Entity of type 'CustomObject' named '{name}' cannot be found")
    told = [element for element in OF_CUSTOM_OBJECTS if element in node.values]
    if told:
        raise node.problem(f"This twin does not change {', '.join(told)} of the standard object {name}")
    return present


def _check_new(world: World, name: str, node: Node) -> None:
    check_label(node, "label", "CustomObject")
    check_label(node, "pluralLabel", "CustomObject")
    if node.get("nameField") is None:
        raise node.problem("Must specify a nameField of type Text or AutoNumber for the CustomObject")
    for element in ("deploymentStatus", "sharingModel"):
        if not node.get(element):
            raise node.problem(f"Required field is missing: {element}")
    _check_switches(node)
    most = world.edition.custom_objects
    if sum(kind.custom for kind in world.schema.objects.values()) + len(world.schema.deleted_objects) >= most:
        raise node.problem(
            f"CUSTOM_ENTITY_OR_FIELD_LIMIT: This organization already has the maximum number of custom objects: {most}"
        )


def _check_switches(node: Node) -> None:
    if len({node.get(element, True) for element in TOGETHER}) > 1:
        raise node.problem(
            "The enableSharing, enableBulkApi and enableStreamingApi attributes must all be true or all be false"
        )
    model = node.text("sharingModel")
    if model and model not in SHARING:
        raise node.problem(f"Invalid sharing model {model} for a custom object")
    for element in ("enableHistory", "enableFeeds"):
        if node.get(element):
            raise node.problem(f"This twin does not do {element}")


def _name_field(made: ObjectDef, node: Node) -> None:
    """Replace the Name that custom objects have by themselves. Raises Problem."""
    label = check_label(node, "label", "nameField")
    field = made.fields["Name"]
    field.label = label
    type = node.text("type")
    if type == "AutoNumber":
        field.auto_number = check_format(node)
        field.createable = field.updateable = False
        field.defaulted, field.nillable = True, False
        field.counter = node.get("startingNumber", 1) - 1
    elif type != "Text":
        raise node.problem("nameField must be of type Text or AutoNumber")


def _change(world: World, kind: ObjectDef, node: Node) -> bool:
    """A custom object that is there: what the file says of it, if it says anything. Raises Problem."""
    _check_switches(node)
    wanted = {
        "label": check_label(node, "label", "CustomObject", must=False) or kind.label,
        "label_plural": check_label(node, "pluralLabel", "CustomObject", must=False) or kind.label_plural,
    }
    changed = set_values(world, kind, **wanted)
    if node.get("enableActivities"):
        changed |= allow_activities(world, kind)
    model = node.text("sharingModel")
    if model and model != kind.sharing_model:
        if BY_PARENT in (model, kind.sharing_model):
            raise node.problem(f"Cannot change the sharing model of {kind.name} from {kind.sharing_model} to {model}")
        changed |= set_values(world, kind, sharing_model=model)
    naming: Node | None = node.get("nameField")
    return changed if naming is None else _rename(world, kind, naming) or changed


def _rename(world: World, kind: ObjectDef, naming: Node) -> bool:
    field: FieldDef = kind.fields["Name"]
    if (naming.text("type") == "AutoNumber") != (field.auto_number is not None):
        raise naming.problem(f"This twin does not change the type of the Name of {kind.name}")
    return set_values(world, field, label=check_label(naming, "label", "nameField"))


def check_sharing(kind: ObjectDef, node: Node) -> None:
    """Once all fields are there: controlled by parent exactly when there is a master. Raises Problem."""
    has_master = any(field.master_detail for field in kind.fields.values())
    if kind.custom and has_master != (kind.sharing_model == BY_PARENT):
        words = "must be" if has_master else "cannot be"
        raise node.problem(f"The sharing model of {kind.name} {words} ControlledByParent")
