"""What making modules, fields and pick lists has in common (FACTS 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gurney.twins.zoho.call import Call
from gurney.twins.zoho.refusals import Element, ElementRefused, missing, no_permission
from gurney.twins.zoho.schema import Option

CUSTOMIZE = "Crm_Implied_Customize_Zoho_CRM"
LABEL_LONGEST, NAME_LONGEST, OPTION_LONGEST = 50, 50, 120
KINDS: dict[str, tuple[type, ...]] = {
    "api_name": (str,),
    "auto_number": (dict,),
    "currency": (dict,),
    "data_type": (str,),
    "display_field": (dict,),
    "display_label": (str,),
    "external": (dict,),
    "field_label": (str,),
    "formula": (dict,),
    "global_picklist": (dict,),
    "length": (int,),
    "lookup": (dict,),
    "multiselectlookup": (dict,),
    "pick_list_values": (list,),
    "plural_label": (str,),
    "profiles": (list,),
    "singular_label": (str,),
    "textarea": (dict,),
    "tooltip": (dict,),
    "unique": (dict,),
}
JSON_NAMES = {str: "text", dict: "jsonobject", list: "jsonarray", int: "integer"}
Order = dict[str, Any]


def must_customize(call: Call) -> None:
    if not call.world.is_admin(call.user):
        raise no_permission(CUSTOMIZE)


def each(items: list[Any], key: str, do: Callable[[Order, str], Element]) -> list[Element]:
    """Positional results of metadata calls."""
    results = []
    for index, item in enumerate(items):
        path = f"$.{key}[{index}]"
        try:
            if not isinstance(item, dict):
                raise bad({"expected_data_type": "jsonobject", "json_path": path})
            _check_kinds(item, path)
            results.append(do(item, path))
        except ElementRefused as no:
            results.append(no.element)
    return results


def bad(details: dict[str, Any], message: str = "invalid data", code: str = "INVALID_DATA") -> ElementRefused:
    return ElementRefused(code, message, details)


def _check_kinds(order: Order, path: str) -> None:
    for name, kinds in KINDS.items():
        if order.get(name) is not None and type(order[name]) not in kinds:
            raise bad({"expected_data_type": JSON_NAMES[kinds[0]], "api_name": name, "json_path": f"{path}.{name}"})


def new_options(call: Call, given: list[Any], path: str, longest: int = OPTION_LONGEST) -> list[Option]:
    """Pick-list values as ordered. Raises ElementRefused for empty, long or repeated ones."""
    options: list[Option] = []
    for number, value in enumerate(given):
        at = {"api_name": "display_value", "json_path": f"{path}.pick_list_values[{number}].display_value"}
        display = value.get("display_value") if isinstance(value, dict) else None
        if not isinstance(display, str) or not display:
            raise missing("display_value", at["json_path"])
        if len(display) > longest:
            raise bad({"maximum_length": longest, **at})
        actual = value.get("actual_value") or display
        if any(actual == option.actual or display == option.display for option in options):
            raise bad(at, "duplicate data", "DUPLICATE_DATA")
        options.append(Option(call.world.new_id(), actual, display))
    return options
