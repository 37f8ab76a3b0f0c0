"""Value sets of pick lists (FACTS 2, 7)."""

from __future__ import annotations

from gurney.twins.salesforce.deploy_xml import Node
from gurney.twins.salesforce.schema import FieldDef, PickValue

VALUES_MOST = 1_000
VALUE_MOST = 255


def read_picklist(value_set: Node, *, sorted_out: FieldDef | None) -> tuple[list[PickValue], bool]:
    """The values, and whether the list is restricted. Values of the present field (`sorted_out`) that the new set
    leaves out stay, inactive. Raises Problem."""
    if value_set.get("valueSetName"):
        raise value_set.problem(
            f"In field: valueSetName - no GlobalValueSet named {value_set.text('valueSetName')} found"
        )
    definition = value_set.get("valueSetDefinition")
    if definition is None:
        raise value_set.problem("Must specify 'valueSetDefinition' for a ValueSet")
    values = [_value(node) for node in definition.nodes("value")]
    _check(value_set, values)
    if definition.get("sorted"):
        values.sort(key=lambda value: value.label.casefold())
    named = {value.value.casefold() for value in values}
    left = [value for value in (sorted_out.picklist if sorted_out else ()) if value.value.casefold() not in named]
    values += [PickValue(value.value, value.label, active=False) for value in left]
    return values, bool(value_set.get("restricted"))


def _value(node: Node) -> PickValue:
    name = node.text("fullName").strip()
    if not name:
        raise node.problem("Required field is missing: fullName")
    label = node.text("label").strip() or name
    if len(name) > VALUE_MOST or len(label) > VALUE_MOST:
        raise node.problem(f"Value too long for field: fullName maximum length is:{VALUE_MOST}")
    return PickValue(name, label, default=bool(node.get("default")), active=node.get("isActive", True) is not False)


def _check(value_set: Node, values: list[PickValue]) -> None:
    if len(values) > VALUES_MOST:
        raise value_set.problem(f"Too many picklist values: {len(values)}, the maximum is {VALUES_MOST}")
    for attribute in ("value", "label"):
        seen: set[str] = set()
        for each in values:
            text = str(getattr(each, attribute)).casefold()
            if text in seen:
                raise value_set.problem(f"Duplicate {attribute}: {getattr(each, attribute)}")
            seen.add(text)
    if sum(each.default for each in values) > 1:
        raise value_set.problem("More than one value is the default")
