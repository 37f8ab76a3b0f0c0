"""Profiles: who there is, and what each may do (FACTS 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.people import MANAGE
from gurney.twins.zoho.recycle import MANAGE_BIN
from gurney.twins.zoho.refusals import invalid
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.setup import CUSTOMIZE
from gurney.twins.zoho.world import ORG_PREFIX, Person, World

routes = Routes()
SCOPE = "ZohoCRM.settings.profiles.READ"
FIRST_PERMISSION = 26_100
"""Permissions have ids below those of everything that the organisation makes."""
VERBS = ("View", "Create", "Edit", "Delete")
SETUP = {CUSTOMIZE: "Customize Zoho CRM", MANAGE: "Manage Users", MANAGE_BIN: "Manage Recycle Bin"}
"""What administrators alone may do, as the refusals of everybody else name it."""


@dataclass(frozen=True)
class Permission:
    """One thing that a profile allows or not; `module` is None for those of the set-up."""

    id: str
    name: str
    label: str
    module: Module | None

    def wire(self, *, enabled: bool) -> dict[str, Any]:
        return {
            "display_label": self.label,
            "module": _reference(self.module),
            "name": self.name,
            "customizable": True,
            "id": self.id,
            "enabled": enabled,
            "parent_permissions": None,
        }


@routes.on("GET", "/settings/profiles", SCOPE)
def list_profiles(call: Call) -> Answer:
    """Administrator and Standard."""
    return Answer(200, {"profiles": [_summary(profile) for profile in call.world.profiles]})


@routes.on("GET", "/settings/profiles/{id}", SCOPE)
def one_profile(call: Call) -> Answer:
    """A profile with its permissions, one by one and by section (rule zoho.profile)."""
    profile = next((profile for profile in call.world.profiles if profile.id == call.param("id")), None)
    if profile is None:
        raise invalid({"resource_path_index": 2}, "the id given seems to be invalid")
    permissions = list(_permissions(call.world))
    all_of_them = profile is call.world.profiles[0]
    details = [one.wire(enabled=all_of_them or one.module is not None) for one in permissions]
    whole = {**_summary(profile), "permissions_details": details, "sections": _sections(permissions)}
    return Answer(200, {"profiles": [whole]})


def _summary(profile: Person) -> dict[str, Any]:
    unknown = dict.fromkeys(("created_time", "modified_time", "modified_by", "description", "created_by"))
    return {
        **unknown,
        "display_label": profile.name,
        "api_name": profile.name,
        "custom": False,
        "name": profile.name,
        "id": profile.id,
        "type": "normal_profile",
    }


def _permissions(world: World) -> Iterator[Permission]:
    """Those of the set-up, then those of each module, which come in the order in which modules were made."""
    named: list[tuple[str, str, Module | None]] = [(name, label, None) for name, label in SETUP.items()]
    for module in world.modules.values():
        named += [(f"Crm_Implied_{verb}_{module.api_name}", f"{verb} {module.plural}", module) for verb in VERBS]
    for number, (name, label, about) in enumerate(named, FIRST_PERMISSION):
        yield Permission(f"{ORG_PREFIX}{number:012d}", name, label, about)


def _sections(permissions: list[Permission]) -> list[dict[str, Any]]:
    """The same by section: a category per module, and one per permission of the set-up."""
    setup = [_category(one.label, one.name, None, [one]) for one in permissions if one.module is None]
    modules = []
    for module, group in groupby(permissions, key=lambda one: one.module):
        if module is not None:
            modules.append(_category(module.plural, module.api_name, module, list(group)))
    return [{"name": "Module Permissions", "categories": modules}, {"name": "Setup Permissions", "categories": setup}]


def _category(label: str, name: str, module: Module | None, group: list[Permission]) -> dict[str, Any]:
    """Only a permission may name no module as null; a category leaves the key out (specification of 2026)."""
    about = {} if module is None else {"module": _reference(module)}
    return {"display_label": label, "permissions_details": [one.id for one in group], "name": name, **about}


def _reference(module: Module | None) -> dict[str, str] | None:
    return None if module is None else {"api_name": module.api_name, "id": module.id}
