"""Contacts, accounts and deals as answers show them: money as text, moments with an offset (FACTS 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.world import World

DAY_S = 86_400
PATH = "/crm/sales"
CHILDREN = {
    "conversations": "conversations/all?include=email_conversation_recipients%2Ctargetable%2Cphone_number"
    "%2Cphone_caller%2Cnote%2Cuser&per_page=3",
    "document_associations": "document_associations",
    "notes": "notes?include=creater",
    "tasks": "tasks?include=creater,owner,updater,targetable,users,task_type",
    "appointments": "appointments?include=creater,owner,updater,targetable,appointment_attendees,conference,note",
}
CONTACT_CHILDREN = {
    **CHILDREN,
    "timeline_feeds": "timeline_feeds",
    "reminders": "reminders?include=creater,owner,updater,targetable",
    "duplicates": "duplicates",
    "connections": "connections",
}
CONTACT_NULLS = dict.fromkeys(
    (
        "first_name", "last_name", "avatar", "job_title", "city", "state", "zipcode", "country", "email", "time_zone",
        "work_number", "mobile_number", "address", "last_seen", "last_contacted", "keyword", "medium",
        "last_contacted_sales_activity_mode", "last_contacted_mode", "recent_note",
        "last_contacted_via_sales_activity", "completed_sales_sequences", "active_sales_sequences", "web_form_ids",
        "facebook", "twitter", "linkedin", "team_user_ids", "external_id", "work_email", "unsubscription_reason",
        "other_unsubscription_reason", "last_seen_chat", "first_seen_chat", "locale", "total_sessions",
        "first_campaign", "first_medium", "first_source", "last_campaign", "last_medium", "last_source",
        "latest_campaign", "latest_medium", "latest_source",
    )
)  # fmt: skip
ACCOUNT_NULLS = dict.fromkeys(
    (
        "address", "city", "state", "zipcode", "country", "number_of_employees", "annual_revenue", "website",
        "owner_id", "phone", "last_contacted", "last_contacted_mode", "facebook", "twitter", "linkedin", "avatar",
        "parent_sales_account_id", "recent_note", "last_contacted_via_sales_activity",
        "last_contacted_sales_activity_mode", "completed_sales_sequences", "active_sales_sequences", "team_user_ids",
        "web_form_ids",
    )
)  # fmt: skip
DEAL_NULLS = dict.fromkeys(
    (
        "expected_close", "closed_date", "recent_note", "completed_sales_sequences", "active_sales_sequences",
        "web_form_id", "upcoming_activities_time", "last_contacted_sales_activity_mode",
        "last_contacted_via_sales_activity", "team_user_ids", "avatar", "deal_prediction_last_updated_at",
        "freddy_forecast_metrics", "last_deal_prediction",
    )
)  # fmt: skip
REFERENCES = {
    "contacts": (
        "owner_id", "creater_id", "updater_id", "lifecycle_stage_id", "contact_status_id", "lost_reason_id",
        "lead_source_id", "territory_id", "campaign_id",
    ),
    "sales_accounts": ("creater_id", "updater_id", "industry_type_id", "business_type_id", "territory_id"),
    "deals": (
        "owner_id", "creater_id", "updater_id", "sales_account_id", "deal_type_id", "deal_reason_id", "currency_id",
        "deal_payment_status_id", "lead_source_id", "campaign_id", "territory_id",
    ),
}  # fmt: skip
"""Ids that recorded answers lack: they come with an include, or always by switch reference_ids."""


def money(amount: Any) -> str:
    """Amounts are text: "5600.0"."""
    return str(float(amount or 0))


def display_name(row: Row) -> str:
    """What a contact is called."""
    name = " ".join(row[part] for part in ("first_name", "last_name") if row.get(part))
    return name or primary_email(row) or ""


def primary_email(row: Row) -> str | None:
    return next((one["value"] for one in row.get("emails", ()) if one["is_primary"]), None)


def shown_contact(world: World, row: Row) -> Row:
    """The whole contact but for what must be included."""
    deals = world.shelves["deals"].where("contacts", row["id"])
    kept = {name: row[name] for name in CONTACT_NULLS if name in row}
    return {
        "id": row["id"], **CONTACT_NULLS, **kept, "display_name": display_name(row), "email": primary_email(row),
        "emails": row.get("emails", []), "lead_score": 0, **_deal_sums(world, deals), "customer_fit": 0,
        "links": _links("contacts", row["id"], CONTACT_CHILDREN), "custom_field": custom_values(world, "contacts", row),
        "subscription_status": row.get("subscription_status", int(world.switches["new_subscription"])),
        "subscription_types": row.get("subscription_types", "2;3;4;5;1"), "whatsapp_subscription_status": 2,
        "sms_subscription_status": 2, "system_tags": [], "mcr_id": row.get("mcr_id", _mcr(row)),
        "phone_numbers": row.get("phone_numbers", []), **_every(world, "contacts", row),
    }  # fmt: skip


def shown_account(world: World, row: Row) -> Row:
    """The whole account."""
    kept = {name: row[name] for name in ACCOUNT_NULLS if name in row}
    deals = world.shelves["deals"].where("sales_account", row["id"])
    return {
        "id": row["id"], "name": row["name"], **ACCOUNT_NULLS, **kept, **_deal_sums(world, deals),
        "links": _links("sales_accounts", row["id"], CHILDREN),
        "custom_field": custom_values(world, "sales_accounts", row), **_every(world, "sales_accounts", row),
    }  # fmt: skip


def shown_deal(world: World, row: Row) -> Row:
    """The whole deal."""
    kept = {name: row[name] for name in DEAL_NULLS if name in row}
    amount, probability = row.get("amount", 0), row.get("probability", 0)
    closed = row.get("closed_date")
    return {
        "id": row["id"], "name": row["name"], "amount": money(amount), "base_currency_amount": money(amount),
        **DEAL_NULLS, **kept, "closed_date": closed, "probability": probability,
        "stage_updated_time": world.shown(row.get("stage_updated_time")), "deal_pipeline_id": row["deal_pipeline_id"],
        "deal_stage_id": row["deal_stage_id"], "age": max(0, (world.now() - row["created_at"]) // DAY_S),
        "links": _links("deals", row["id"], CHILDREN), "custom_field": custom_values(world, "deals", row),
        "collaboration": {}, "expected_deal_value": money(float(amount) * float(probability) / 100),
        "fc_widget_collaboration": {"convo_token": "", "auth_token": "", "encoded_jwt_token": ""},
        "forecast_category": row.get("forecast_category", 1), "deal_prediction": 0, "has_products": False,
        "rotten_days": max(0, (world.now() - row["stage_updated_time"]) // DAY_S - 30), **_every(world, "deals", row),
    }  # fmt: skip


def custom_values(world: World, name: str, row: Row) -> Row:
    """All fields of one's own; those without a value are null (FACTS 5)."""
    return {field.name: row.get(field.name) for field in world.schemas[name].custom}


def whole(world: World, name: str, shown: Row, row: Row) -> Row:
    """With every reference: what the back door shows."""
    more = {one: row.get(one) for one in REFERENCES.get(name, ())}
    if name == "contacts":
        more["sales_accounts"] = row.get("sales_accounts", [])
    if name == "deals":
        more |= {"contact_ids": row.get("contact_ids", []), "products": row.get("products", [])}
    return {**shown, **more}


def account_links(world: World, row: Row) -> list[Row]:
    """The accounts of a contact, as one answer about it carries them."""
    accounts = world.shelves["sales_accounts"]
    return [
        {
            "partial": True, "id": one["id"], "name": found["name"], "avatar": None, "website": found.get("website"),
            "is_primary": one["is_primary"],
        }
        for one in row.get("sales_accounts", ())
        if (found := accounts.live(one["id"]))
    ]  # fmt: skip


def _every(world: World, name: str, row: Row) -> Row:
    """What all three have."""
    shown = {
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]),
        "last_assigned_at": world.shown(row.get("last_assigned_at")), "is_deleted": "is_deleted" in row,
        "tags": row.get("tags", []),
    }  # fmt: skip
    if world.switches["reference_ids"] == "always":
        shown |= {one: row.get(one) for one in REFERENCES[name]}
    return shown


def _deal_sums(world: World, deals: Iterable[Row]) -> Row:
    sums = {"Open": [0, 0.0], "Closed Won": [0, 0.0], "Closed Lost": [0, 0.0]}
    for deal in deals:
        stage = world.choice("deal_stages", deal["deal_stage_id"]) or {}
        entry = sums[stage.get("forecast_type", "Open")]
        entry[0] += 1
        entry[1] += float(deal.get("amount", 0))
    return {
        "open_deals_amount": money(sums["Open"][1]), "open_deals_count": int(sums["Open"][0]),
        "won_deals_amount": money(sums["Closed Won"][1]), "won_deals_count": int(sums["Closed Won"][0]),
    }  # fmt: skip


def _links(name: str, id: int, children: Row) -> Row:
    place = f"{PATH}/{name}/{id}/"
    return {child: place + rest for child, rest in children.items()}


def _mcr(row: Row) -> int:
    """Nineteen digits: beyond what a double holds (FACTS 2)."""
    return 1_700_000_000_000_000_000 + int(row["id"])
