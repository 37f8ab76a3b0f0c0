"""What every account has on its first day: stages, statuses, types, views (FACTS 2, 3)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files as resources
from typing import Any

from gurney.twins.freshsales.times import zulu

Row = dict[str, Any]
NextId = Callable[[str], int]
PLAIN: dict[str, tuple[str, ...]] = {
    "lead_sources": (
        "Web", "Organic Search", "Email", "Phone", "Chat", "Web Form", "Referral", "Direct", "Paid Search", "Blogs",
        "Social Media", "Display Ads", "Events", "Webinar",
    ),
    "industry_types": (
        "Accounting", "Education", "Healthcare/Medical", "Insurance", "Non-Profit", "Pharmaceuticals", "Sports",
        "Other",
    ),
    "business_types": (
        "Analyst", "Competitor", "Customer", "Integrator", "Investor", "Partner", "Press", "Prospect", "Reseller",
        "Other",
    ),
    "deal_types": ("New Business", "Existing Business-Renewal", "Existing Business-Upgrade"),
    "deal_reasons": ("Price is too high", "Not interested", "No requirement", "No proper follow-up"),
    "deal_payment_statuses": ("Offline", "Online"),
    "campaigns": (),
}  # fmt: skip
"""Selectors whose rows are a name and a position."""
STAGES = {
    "Lead": (("New", "Open"), ("Contacted", "Open"), ("Interested", "Open"), ("Unqualified", "Closed Lost")),
    "Sales Qualified Lead": (("Qualified", "Open"), ("Negotiation", "Open"), ("Lost", "Closed Lost")),
    "Customer": (("Won", "Closed Won"), ("Churned", "Closed Lost")),
}
LOST_REASONS = ("Junk Lead", "Not able to reach", "Not interested", "Budget", "Lost to competitor")
DEAL_STAGES = (
    ("New", "Open", 100), ("Follow-up", "Open", 100), ("Under review", "Open", 100), ("Demo", "Open", 100),
    ("Negotiation", "Open", 100), ("Won", "Closed Won", 100), ("Lost", "Closed Lost", 0),
)  # fmt: skip
ACTIVITY_TYPES = {
    "Chat": "chat", "Phone": "phone", "Meeting": "appointment", "Task": "task", "Email": "email",
    "SMS Outgoing": "sms_outgoing", "Reminder": "reminder", "SMS Incoming": "sms_incoming",
}  # fmt: skip
TASK_TYPES = (("Follow up", "Task"), ("Call reminder", "Task"), ("Email reminder", "Reminder"))
OUTCOMES = ("Interested", "Left message", "No response", "Not interested", "Not able to reach")
EMPLOYEES = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10000+")
FIXED: dict[str, dict[str, str]] = {
    "subscription_status": {
        "0": "Unsubscribed", "1": "Subscribed", "2": "Not subscribed", "3": "Reported as spam", "4": "Bounced",
    },
    "subscription_types": {
        "2": "Newsletter", "3": "Promotional", "4": "Product updates", "5": "Conferences & Events",
        "1": "Non-marketing emails from our company",
    },
    "whatsapp_subscription_status": {"0": "Unsubscribed", "1": "Subscribed", "2": "Not subscribed"},
    "sms_subscription_status": {"0": "Unsubscribed", "1": "Subscribed", "2": "Not subscribed"},
    "customer_fit": {number: number for number in "543210"},
    "forecast_category": {"1": "Committed", "2": "Best-case"},
    "status": {"1": "true", "2": "false"},
    "emails": {"1": "Work", "2": "Personal", "3": "Other"},
    "phone_numbers": {"1": "Personal", "2": "Home", "3": "Other"},
}  # fmt: skip
"""Choices whose ids are numeric texts."""
MODES = {
    "last_contacted_mode": (
        "Email Incoming", "Email Outgoing", "Call Incoming", "Call Outgoing", "Email Opened", "Chat Conversation",
        "Sales Activity", "SMS",
    ),
    "last_contacted_sales_activity_mode": tuple(ACTIVITY_TYPES),
}  # fmt: skip
VIEWS = {
    "contacts": (
        "My Contacts", "My Territory Contacts", "New Contacts", "All Contacts", "Recently Modified",
        "Recently Imported", "Never Contacted", "Needs Follow-up", "Active*", "Inactive*", "Recycle Bin",
        "Bounced contacts", "Untouched 5-star contacts", "Slipping away*",
    ),
    "sales_accounts": ("My Accounts", "All Accounts", "My Territory Accounts", "Recently Imported", "Recycle Bin"),
    "deals": (
        "Open Deals", "My Deals", "My Territory Deals", "Recent Deals", "Recently Imported", "Lost Deals*",
        "Won Deals*", "Hot Deals*", "Cold Deals*", "Closing this week*", "This month's sales*", "Recycle Bin",
    ),
}  # fmt: skip
"""A star: made by the vendor, but a user may change it."""


def standard_fields() -> dict[str, dict[str, list[str]]]:
    """Object to field name to label, type, flags."""
    text = resources("gurney.twins.freshsales").joinpath("standard_fields.toml").read_text("utf-8")
    return {
        name: {field: [part.strip() for part in line.split("|")] for field, line in fields.items()}
        for name, fields in tomllib.loads(text).items()
    }


def catalogue(next_id: NextId, now: int, currency: str) -> dict[str, list[Row]]:
    """The rows of every selector."""
    lists = {name: [_plain(next_id, at, word) for at, word in enumerate(words, 1)] for name, words in PLAIN.items()}
    lists["lifecycle_stages"], lists["contact_statuses"] = _stages(next_id)
    lists["lost_reasons"] = [_plain(next_id, at, word, "stage") for at, word in enumerate(LOST_REASONS, 1)]
    lists["deal_pipelines"], lists["deal_stages"] = [], []
    add_pipeline(lists, next_id, "Default Pipeline", now)
    lists["currencies"] = [
        {
            "partial": True, "id": next_id("choice"), "is_active": True, "currency_code": currency,
            "exchange_rate": "1.0", "currency_type": 1, "schedule_info": None,
        }
    ]  # fmt: skip
    lists["territories"] = [{"id": next_id("choice"), "name": "Tasmania", "position": 1}]
    lists["sales_activity_types"], lists["sales_activity_outcomes"] = [], []
    for name, internal in ACTIVITY_TYPES.items():
        add_activity_type(lists, next_id, name, internal)
    types = {row["name"]: row["id"] for row in lists["sales_activity_types"]}
    lists["sales_activity_entity_types"] = [
        {
            "partial": True, "id": next_id("choice"), "name": name, "sales_activity_type_id": types[of],
            "position": at, "sales_activity_type_name": of,
        }
        for at, (name, of) in enumerate(TASK_TYPES, 1)
    ]  # fmt: skip
    return lists


def add_pipeline(lists: dict[str, list[Row]], next_id: NextId, name: str, now: int) -> Row:
    """A pipeline with the usual stages."""
    id = next_id("choice")
    made = {
        "partial": True, "id": id, "name": name, "position": len(lists["deal_pipelines"]) + 1,
        "is_default": not lists["deal_pipelines"], "rotting_days": 30,
        "configs": [
            {"field_name": field, "position": at, "highlight": at == 1}
            for at, field in enumerate(("amount", "sales_account_id", "expected_close"), 1)
        ],
        "aggregated_field": "expected_deal_value",
    }  # fmt: skip
    lists["deal_pipelines"].append(made)
    for at, (stage, forecast, probability) in enumerate(DEAL_STAGES, 1):
        lists["deal_stages"].append(
            {
                "partial": True, "id": next_id("choice"), "name": stage, "position": at, "forecast_type": forecast,
                "updated_at": zulu(now), "deal_pipeline_id": id,
                "choice_type": 5 if at == 1 else 2 if forecast == "Open" else 4, "probability": probability,
            }
        )  # fmt: skip
    return made


def add_activity_type(lists: dict[str, list[Row]], next_id: NextId, name: str, internal: str) -> Row:
    """An activity type with the usual outcomes; those of one's own have the internal name `custom`."""
    made = {
        "partial": True, "id": next_id("choice"), "name": name, "internal_name": internal,
        "show_in_conversation": internal != "reminder", "position": len(lists["sales_activity_types"]) + 1,
        "is_default": internal != "custom", "is_checkedin": internal == "appointment",
        "is_checkedin_mandatory": False, "is_outcome_mandatory": False,
    }  # fmt: skip
    lists["sales_activity_types"].append(made)
    for at, outcome in enumerate(OUTCOMES, 1):
        add_outcome(lists, next_id, made["id"], outcome, at)
    return made


def add_outcome(lists: dict[str, list[Row]], next_id: NextId, type_id: Any, name: str, position: int) -> Row:
    """An outcome of an activity type."""
    made = {
        "partial": True, "id": next_id("choice"), "name": name, "sales_activity_type_id": type_id,
        "position": position,
    }  # fmt: skip
    lists["sales_activity_outcomes"].append(made)
    return made


def views(next_id: NextId, now: str) -> dict[str, list[Row]]:
    """The saved views of each object; deals have no view of all (FACTS 2)."""
    models = {"contacts": "Contact", "sales_accounts": "SalesAccount", "deals": "Deal"}
    return {
        name: [
            {
                "id": next_id("view"), "name": title.rstrip("*"), "model_class_name": models[name], "user_id": 0,
                "is_default": not title.endswith("*"), "updated_at": now, "user_name": None,
                "current_user_permissions": ["read_edit_only", "can_delete_only"] if title.endswith("*") else [],
                "shows": title.rstrip("*"),
            }
            for title in titles
        ]
        for name, titles in VIEWS.items()
    }  # fmt: skip


def _plain(next_id: NextId, position: int, name: str, sequence: str = "choice") -> Row:
    return {"id": next_id(sequence), "name": name, "position": position, "partial": True}


def _stages(next_id: NextId) -> tuple[list[Row], list[Row]]:
    stages: list[Row] = []
    statuses: list[Row] = []
    for at, (name, states) in enumerate(STAGES.items(), 1):
        id = next_id("stage")
        ids = []
        for status, forecast in states:
            ids.append(next_id("choice"))
            statuses.append(
                {
                    "id": ids[-1], "name": status, "position": len(statuses) + 1, "partial": True,
                    "forecast_type": forecast, "lifecycle_stage_id": id,
                }
            )  # fmt: skip
        stages.append(
            {
                "id": id, "name": name, "position": at, "disabled": False, "default": True, "type": name,
                "contact_status_ids": ids,
            }
        )  # fmt: skip
    return stages, statuses
