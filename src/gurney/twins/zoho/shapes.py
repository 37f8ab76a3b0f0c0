"""Metadata as the vendor shows it: the keys of its own samples (FACTS 7)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from gurney.twins.zoho.schema import JSON_TYPES, SHOWN_TYPES, UI_TYPES, Field, Module
from gurney.twins.zoho.times import shown

LENGTHS = {
    "boolean": 5, "integer": 9, "bigint": 18, "currency": 16, "double": 16, "decimal": 16, "percent": 5,
    "formula": 16, "fileupload": 1, "imageupload": 10, "email": 100, "phone": 30, "website": 255, "text": 255,
    "textarea": 2000, "multiselectpicklist": 1000, "multiselectlookup": 200, "layout": 50, "profileimage": 255,
}  # fmt: skip
"""Every field shows a length; of fields without one of their own it is the samples' by type, else 120."""


def field_wire(field: Field, module: Module, modules: dict[str, Module], profiles: list[Any], zone: ZoneInfo) -> Any:
    """One field of `/settings/fields`."""
    wire_type = SHOWN_TYPES.get(field.data_type, field.data_type)
    permission = "read_write" if field.updatable else "read_only"
    return {
        "associated_module": None,
        "webhook": True,
        "operation_type": {
            "web_update": field.updatable,
            "api_create": field.creatable,
            "web_create": field.creatable,
            "api_update": field.updatable,
        },
        "colour_code_enabled_by_system": False,
        "field_label": field.label,
        "tooltip": field.tooltip,
        "type": "used",
        "field_read_only": False,
        "customizable_properties": ["mandatory", "tooltip"] if field.custom else [],
        "display_label": field.label,
        "read_only": field.data_type in ("formula", "rollup_summary", "autonumber"),
        "association_details": None,
        "businesscard_supported": True,
        "multi_module_lookup": _several(field, modules),
        "id": field.id,
        "created_time": shown(field.created_time, zone) if field.created_time is not None else None,
        "filterable": field.data_type != "textarea",
        "visible": True,
        "profiles": [{"permission_type": permission, **profile} for profile in profiles],
        "view_type": {
            "view": True,
            "edit": field.updatable,
            "quick_create": field.mandatory,
            "create": field.creatable,
        },
        "separator": False,
        "searchable": True,
        "external": field.external,
        "api_name": field.api_name,
        "unique": field.unique or {},
        "enable_colour_code": False,
        "pick_list_values": [option.wire(n) for n, option in enumerate(field.options, 1)],
        "system_mandatory": field.mandatory,
        "virtual_field": False,
        "json_type": JSON_TYPES.get(field.data_type, "string"),
        "crypt": None,
        "created_source": "crm" if field.custom else "default",
        "display_type": -1,
        "ui_type": UI_TYPES.get(wire_type, 1),
        "modified_time": shown(field.created_time, zone) if field.created_time is not None else None,
        "email_parser": {"fields_update_supported": True, "record_operations_supported": True},
        "currency": {"rounding_option": "normal", "precision": 2} if field.data_type == "currency" else {},
        "custom_field": field.custom,
        "lookup": _lookup(field, modules),
        "hipaa_compliance": {"restricted_in_export": True, "restricted": True} if field.hipaa else None,
        "convert_mapping": {"Contacts": None, "Deals": None, "Accounts": None},
        "rollup_summary": {},
        "length": field.length or LENGTHS.get(field.data_type, 120),
        "display_field": field.api_name == module.display,
        "pick_list_values_sorted_lexically": False,
        "sortable": True,
        "layout_associations": [{"api_name": "Standard__s", "name": "Standard", "id": module.layout_id}],
        "global_picklist": {"id": field.global_picklist} if field.global_picklist else None,
        "history_tracking": None,
        "history_tracking_enabled": False,
        "public": False,
        "range": None,
        "data_type": wire_type,
        "formula": field.formula or {},
        "hipaa_compliance_enabled": field.hipaa,
        "decimal_place": field.decimal_places,
        "mass_update": field.updatable,
        "multiselectlookup": _lookup(field, modules) if field.data_type == "multiselectlookup" else {},
        "auto_number": field.auto_number or {},
        **({"textarea": {"type": field.text_kind}} if field.text_kind else {}),
    }


def _lookup(field: Field, modules: dict[str, Module]) -> dict[str, Any]:
    if field.lookup is None or field.lookup not in modules:
        return {}
    target = modules[field.lookup]
    return {
        "display_label": field.label,
        "revalidate_filter_during_edit": False,
        "api_name": field.api_name,
        "module": {"api_name": target.api_name, "id": target.id},
        "id": field.id,
        "query_details": {},
    }


def _several(field: Field, modules: dict[str, Module]) -> dict[str, Any]:
    if field.data_type != "multi_module_lookup":
        return {}
    named = [modules[name] for name in field.modules if name in modules]
    return {
        "display_label": field.label,
        "api_name": field.api_name,
        "modules": [{"api_name": m.api_name, "module_name": m.module_name, "id": m.id} for m in named],
    }


def module_wire(module: Module, number: int, profiles: list[dict[str, str]], editor: Any, zone: ZoneInfo) -> Any:
    """One module of `/settings/modules`."""
    custom = module.generated == "custom"
    return {
        "has_more_profiles": False,
        "access_type": "org_based",
        "private_profile": None,
        "global_search_supported": True,
        "deletable": module.creatable,
        "description": None,
        "creatable": module.creatable,
        "recycle_bin_on_delete": True,
        "modified_time": shown(module.modified_time, zone) if module.modified_time is not None else None,
        "plural_label": module.plural,
        "presence_sub_menu": True,
        "actual_plural_label": module.plural,
        "lookupable": True,
        "id": module.id,
        "isBlueprintSupported": True,
        "visibility": 1,
        "convertable": module.api_name == "Leads",
        "sub_menu_available": True,
        "editable": True,
        "actual_singular_label": module.singular,
        "profiles": profiles,
        "show_as_tab": True,
        "web_link": None,
        "sequence_number": number,
        "singular_label": module.singular,
        "viewable": True,
        "api_supported": True,
        "api_name": module.api_name,
        "quick_create": True,
        "modified_by": editor if custom else None,
        "generated_type": module.generated,
        "feeds_required": False,
        "public_fields_configured": False,
        "arguments": [],
        "module_name": module.module_name,
        "profile_count": len(profiles),
        "business_card_field_limit": 5,
        "parent_module": {},
        "status": "visible",
    }
