"""Reading the set-up: modules, fields, layouts, related lists, roles (FACTS 7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.refusals import invalid
from gurney.twins.zoho.related import related_lists_of
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.shapes import field_wire, module_wire

routes = Routes()
SETTINGS = "ZohoCRM.settings."


def profiles_shown(call: Call, ids: list[str] | None = None) -> list[dict[str, str]]:
    """`{"name", "id"}` of profiles, all or some."""
    return [{"name": p.name, "id": p.id} for p in call.world.profiles if ids is None or p.id in ids]


def shown_module(call: Call, module: Module) -> dict[str, Any]:
    number = list(call.world.modules).index(module.api_name) + 1
    editor = call.world.user_named(call.world.admin["id"])
    wire: dict[str, Any] = module_wire(module, number, profiles_shown(call, module.profiles), editor, call.zone)
    return wire


def shown_field(call: Call, module: Module, field: Field) -> dict[str, Any]:
    return shown_fields(call, module, [field])[0]


def shown_fields(call: Call, module: Module, fields: Iterable[Field]) -> list[dict[str, Any]]:
    profiles = profiles_shown(call)
    return [field_wire(field, module, call.world.modules, profiles, call.zone) for field in fields]


@routes.on("GET", "/settings/modules", SETTINGS + "modules.READ")
def list_modules(call: Call) -> Answer:
    """Every module; `status` other than visible finds none here."""
    status = call.query("status")
    if status and "visible" not in status.split(","):
        return Answer(204)
    return Answer(200, {"modules": [shown_module(call, module) for module in call.world.modules.values()]})


@routes.on("GET", "/settings/modules/{module}", SETTINGS + "modules.READ")
def one_module(call: Call) -> Answer:
    """A module by api_name or id."""
    asked = call.param("module")
    by_id = next((m for m in call.world.modules.values() if m.id == asked), None)
    module = by_id or call.world.module(asked, index=2)
    fields = [{"api_name": f.api_name, "id": f.id} for f in module.fields.values()]
    return Answer(200, {"modules": [{**shown_module(call, module), "fields": fields}]})


@routes.on("GET", "/settings/fields", SETTINGS + "fields.READ")
def list_fields(call: Call) -> Answer:
    """The fields of a module; all are used."""
    module = call.asked_module()
    if call.query("type") == "unused":
        return Answer(204)
    return Answer(200, {"fields": shown_fields(call, module, module.fields.values())})


@routes.on("GET", "/settings/fields/{id}", SETTINGS + "fields.READ")
def one_field(call: Call) -> Answer:
    """A field by its id."""
    module = call.asked_module()
    return Answer(200, {"fields": [shown_field(call, module, asked_field(call, module))]})


def asked_field(call: Call, module: Module) -> Field:
    """The field of the route. Raises Refused."""
    field = call.world.field_by_id(module, call.param("id"))
    if field is None:
        raise invalid({"resource_path_index": 2}, "the id given seems to be invalid")
    return field


@routes.on("GET", "/settings/fields/{id}/pick_list_values", SETTINGS + "fields.READ")
def pick_list_values(call: Call) -> Answer:
    """The values of one pick list."""
    field = asked_field(call, call.asked_module())
    values = [option.wire(number) for number, option in enumerate(field.options, 1)]
    return Answer(200, {"pick_list_values": values}) if values else Answer(204)


@routes.on("GET", "/settings/layouts", SETTINGS + "layouts.READ")
def list_layouts(call: Call) -> Answer:
    """The one layout of a module."""
    return Answer(200, {"layouts": [_layout(call, call.asked_module())]})


@routes.on("GET", "/settings/layouts/{id}", SETTINGS + "layouts.READ")
def one_layout(call: Call) -> Answer:
    """The layout by its id."""
    module = call.asked_module()
    return Answer(200, {"layouts": [_layout(call, module)]}) if call.param("id") == module.layout_id else Answer(204)


def _layout(call: Call, module: Module) -> dict[str, Any]:
    view = {"name": "Standard View", "id": module.layout_id, "type": "default"}
    return {
        "has_more_profiles": False,
        "created_time": None,
        "modified_time": None,
        "visible": True,
        "status": "active",
        "name": "Standard",
        "api_name": "Standard__s",
        "display_label": "Standard",
        "id": module.layout_id,
        "source": "standard",
        "created_for": None,
        "created_by": None,
        "modified_by": None,
        "mode": "view",
        "profiles": [
            {"default": True, "_default_view": view, "_default_assignment_view": view, **profile}
            for profile in profiles_shown(call, module.profiles)
        ],
        "sections": [_section(call, module)],
    }


def _section(call: Call, module: Module) -> dict[str, Any]:
    fields = [
        {
            **shown_field(call, module, field),
            "required": field.mandatory or field.layout_mandatory,
            "sequence_number": n,
        }
        for n, field in enumerate(module.fields.values(), 1)
    ]
    actions = (
        "add_field",
        "rename",
        "change_tab_traversal",
        "reorder",
        "delete",
        "remove_field",
        "change_column_count",
    )
    return {
        "display_label": f"{module.singular} Information",
        "sequence_number": 1,
        "issubformsection": False,
        "isSubformSection": False,
        "type": "used",
        "mode": "all",
        "tab_traversal": "left_to_right",
        "api_name": f"{module.api_name}_Information",
        "column_count": 2,
        "name": f"{module.singular} Information",
        "generated_type": "default",
        "id": module.layout_id,
        "actions_allowed": dict.fromkeys(actions, True),
        "fields": fields,
    }


@routes.on("GET", "/settings/related_lists", SETTINGS + "related_lists.READ")
def related_lists(call: Call) -> Answer:
    """The related lists of a module."""
    module = call.asked_module()
    lists = []
    for number, related in enumerate(related_lists_of(call.world, module), 1):
        child = related.module
        lists.append({
            "id": related.id,
            "sequence_number": str(number),
            "display_label": child.plural,
            "api_name": related.api_name,
            "module": {"api_name": child.api_name, "id": child.id},
            "name": related.api_name,
            "action": None,
            "href": f"{module.api_name}/{{ENTITYID}}/{related.api_name}",
            "type": "default" if child.generated == "default" else "custom_lookup",
            "connectedmodule": None,
            "linkingmodule": None,
            "customize_sort": True,
            "customize_fields": True,
            "customize_display_label": True,
            "status": "visible",
        })  # fmt: skip
    return Answer(200, {"related_lists": lists}) if lists else Answer(204)


@routes.on("GET", "/settings/roles", SETTINGS + "roles.READ")
def list_roles(call: Call) -> Answer:
    """CEO and Manager."""
    first = call.world.roles[0]
    roles = [
        {
            "display_label": role.name,
            "created_by__s": None,
            "modified_by__s": None,
            "forecast_manager": None,
            "share_with_peers": True,
            "modified_time__s": None,
            "name": role.name,
            "description": None,
            "reporting_to": None if role is first else {"name": first.name, "id": first.id},
            "id": role.id,
            "created_time__s": None,
        }
        for role in call.world.roles
    ]
    return Answer(200, {"roles": roles})
