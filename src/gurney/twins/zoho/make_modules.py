"""Making modules. There is no way to delete one again (FACTS 0.8, 7)."""

from __future__ import annotations

import re

from gurney.twins.kit.wire import Answer
from gurney.twins.zoho import standard
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.editions import ORDER
from gurney.twins.zoho.metadata import SETTINGS
from gurney.twins.zoho.records import batch_answer
from gurney.twins.zoho.refusals import Element, Refused, missing, success
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.setup import NAME_LONGEST, Order, bad, each, must_customize

routes = Routes()
LABEL_LONGEST = 25
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = ("notes", "status", "settings", "signals", "attachments", "users", "org", "coql", "files", "upload")


@routes.on("POST", "/settings/modules", SETTINGS + "modules.CREATE", cost=500)
def create_module(call: Call) -> Answer:
    """One module a call. There is no way to delete it again (FACTS 0.8)."""
    must_customize(call)
    orders = call.listed("modules", 1)
    if ORDER.index(call.world.edition.name) < ORDER.index(call.world.switches["custom_modules_from"]):
        raise Refused(400, "NOT_SUPPORTED", "custom modules are not supported in your edition")
    made = each(orders, "modules", lambda order, path: _make_module(call, order, path))
    return batch_answer(call, made, 201, "modules")


def _make_module(call: Call, order: Order, path: str) -> Element:
    world = call.world
    for name in ("singular_label", "plural_label", "api_name", "profiles"):
        if not order.get(name):
            raise missing(name, f"{path}.{name}")
    api_name = str(order["api_name"])
    _check_module_names(call, order, path)
    customs = [module for module in world.modules.values() if module.generated == "custom"]
    if len(customs) >= world.edition.custom_modules:
        raise bad({"limit": world.edition.custom_modules}, "custom modules limit exceeded", "LIMIT_EXCEEDED")
    profiles = [str(profile.get("id")) for profile in order["profiles"] if isinstance(profile, dict)]
    if not profiles or any(id not in {profile.id for profile in world.profiles} for id in profiles):
        raise bad({"api_name": "profiles", "json_path": f"{path}.profiles[0].id"}, "the id given seems to be invalid")
    module = Module(
        id=world.new_id(),
        api_name=api_name,
        module_name=f"CustomModule{len(customs) + 1}",
        singular=order["singular_label"],
        plural=order["plural_label"],
        layout_id=world.new_id(),
        system_key="Name",
        generated="custom",
        modified_time=world.now(),
        profiles=profiles,
    )
    display = order.get("display_field") or {}
    name_field = Field(
        id=world.new_id(),
        api_name="Name",
        label=display.get("field_label") or f"{module.singular} Name",
        data_type=display.get("data_type") or "text",
        length=120,
        mandatory=display.get("data_type") != "autonumber",
        auto_number=display.get("auto_number"),
        creatable=display.get("data_type") != "autonumber",
    )
    for field in [name_field, *standard.every_field(module.singular, world.new_id)]:
        module.add_field(field)
    world.modules[api_name] = module
    return success("module created successfully", {"id": module.id})


def _check_module_names(call: Call, order: Order, path: str) -> None:
    api_name = str(order["api_name"])
    for name in ("singular_label", "plural_label"):
        if len(str(order[name])) > LABEL_LONGEST:
            raise bad({"maximum_length": LABEL_LONGEST, "api_name": name, "json_path": f"{path}.{name}"})
        if not re.fullmatch(r"[\w ]+", str(order[name])):
            raise bad({"api_name": name, "json_path": f"{path}.{name}"}, "special characters are not allowed")
    at = {"api_name": "api_name", "json_path": f"{path}.api_name"}
    if len(api_name) > NAME_LONGEST:
        raise bad({"maximum_length": NAME_LONGEST, **at})
    if not NAME.fullmatch(api_name) or "__" in api_name or api_name.endswith("_"):
        raise bad(at)
    if api_name.lower() in RESERVED:
        raise bad(at, "the given api name is a reserved keyword", "RESERVED_KEYWORD_NOT_ALLOWED")
    for module in call.world.modules.values():
        if module.api_name.lower() == api_name.lower():
            raise bad(at, "duplicate data", "DUPLICATE_DATA")
        for name in ("singular_label", "plural_label"):
            if str(order[name]).lower() in (module.singular.lower(), module.plural.lower()):
                raise bad({"api_name": name, "json_path": f"{path}.{name}"}, "duplicate data", "DUPLICATE_DATA")
