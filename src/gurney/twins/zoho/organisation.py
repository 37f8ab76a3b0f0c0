"""The organisation itself, its currencies and licences (FACTS 7)."""

from __future__ import annotations

from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes

routes = Routes()
YEAR_S = 365 * 86_400


@routes.on("GET", "/org", "ZohoCRM.org.READ")
def org(call: Call) -> Answer:
    """Edition, licences, time zone, health mode."""
    world = call.world
    paid = world.edition.name != "free"
    return Answer(200, {"org": [{
        "country": "Australia",
        "hierarchy_preferences": {"type": "Role_Hierarchy"},
        "photo_id": None,
        "city": None,
        "description": None,
        "type": "production",
        "mc_status": False,
        "gapps_enabled": False,
        "lite_users_enabled": False,
        "domain_name": f"org{world.zgid}",
        "translation_enabled": False,
        "street": None,
        "alias": None,
        "currency": "Australian Dollar - AUD",
        "deletable_org_account": False,
        "id": world.org_id,
        "state": None,
        "fax": None,
        "employee_count": "10",
        "zip": None,
        "created_time": call.shown(world.created),
        "website": None,
        "currency_symbol": "$",
        "mobile": None,
        "currency_locale": "AUD",
        "primary_zuid": world.admin["zuid"],
        "zia_portal_id": None,
        "time_zone": world.zone_name,
        "zgid": world.zgid,
        "country_code": "AU",
        "license_details": {
            "paid_expiry": call.shown(world.created + YEAR_S) if paid else None,
            "users_license_purchased": world.licences,
            "trial_type": None,
            "trial_expiry": None,
            "paid": paid,
            "paid_type": world.edition.name,
            "portal_users_license_purchased": 0,
        },
        "phone": None,
        "company_name": "Made-up Clinic",
        "privacy_settings": False,
        "primary_email": world.admin["email"],
        "hipaa_compliance_enabled": world.health_mode != "off",
        "iso_code": "AUD",
    }]})  # fmt: skip


@routes.on("GET", "/org/currencies", "ZohoCRM.settings.currencies.READ")
def currencies(call: Call) -> Answer:
    """Several currencies are not switched on."""
    return Answer(204)


@routes.on("GET", "/__features/user_licenses", "ZohoCRM.features.READ")
def user_licences(call: Call) -> Answer:
    """How many users may still be invited."""
    world = call.world
    used = sum(user["status"] == "active" for user in world.users)
    details = {
        "available_count": {"total": world.licences - used},
        "used_count": {"total": used},
        "limits": {"total": world.licences},
    }
    feature = {
        "components": None,
        "api_name": "user_licenses",
        "parent_feature": None,
        "module_supported": False,
        "details": details,
        "feature_label": "UserLicenses",
    }
    return Answer(200, {"__features": [feature]})
