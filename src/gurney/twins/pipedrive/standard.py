"""What every new company has: fields, activity types, currencies, a pipeline, labels, permission sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gurney.twins.pipedrive.schema import Field, Option, Schema

COUNTS = (
    "open_deals_count", "closed_deals_count", "won_deals_count", "lost_deals_count", "related_open_deals_count",
    "related_closed_deals_count", "related_won_deals_count", "related_lost_deals_count", "activities_count",
    "done_activities_count", "undone_activities_count", "files_count", "notes_count", "followers_count",
    "email_messages_count",
)  # fmt: skip
NEIGHBOURS = ("next_activity_id", "last_activity_id")
MAIL_TIMES = ("last_incoming_mail_time", "last_outgoing_mail_time")
PERSON_EXTRAS = (
    *NEIGHBOURS, *COUNTS, "participant_open_deals_count", "participant_closed_deals_count", *MAIL_TIMES,
    "smart_bcc_email",
)  # fmt: skip
ORGANIZATION_EXTRAS = (*NEIGHBOURS, *COUNTS, "people_count", "smart_bcc_email")
DEAL_EXTRAS = (
    *NEIGHBOURS, "first_won_time", "products_count", "files_count", "notes_count", "followers_count",
    "email_messages_count", "activities_count", "done_activities_count", "undone_activities_count",
    "participants_count", *MAIL_TIMES, "smart_bcc_email", "source_lead_id",
)  # fmt: skip
CONTACT_SYNC = ("postal_address", "notes", "im", "birthday", "job_title")
LABELS = ("Customer", "Hot lead", "Warm lead", "Cold lead")
OWNED = (("owner_id", "Owner", "user"), ("visible_to", "Visible to", "visible_to"))
DATED = (("add_time", "Created", "date"), ("update_time", "Updated", "date"))
STANDARD: dict[str, tuple[tuple[str, str, str], ...]] = {
    "persons": (
        ("id", "ID", "int"), ("name", "Name", "varchar"), ("label_ids", "Labels", "set"),
        ("phones", "Phone", "phone"), ("emails", "Email", "varchar"), ("org_id", "Organization", "org"),
        ("picture_id", "Profile picture", "picture"), *OWNED, *DATED,
    ),
    "organizations": (
        ("id", "ID", "int"), ("name", "Name", "varchar"), ("label_ids", "Labels", "set"),
        ("address", "Address", "address"), ("website", "Website", "varchar"), ("linkedin", "LinkedIn", "varchar"),
        ("industry", "Industry", "enum"), ("annual_revenue", "Annual revenue", "double"),
        ("employee_count", "Number of employees", "int"), *OWNED, *DATED,
    ),
    "deals": (
        ("id", "ID", "int"), ("title", "Title", "varchar"), ("value", "Value", "monetary"),
        ("label_ids", "Labels", "set"), ("person_id", "Contact person", "people"), ("org_id", "Organization", "org"),
        ("pipeline_id", "Pipeline", "double"), ("stage_id", "Stage", "stage"), ("status", "Status", "status"),
        ("probability", "Probability", "int"), ("lost_reason", "Lost reason", "varchar_options"),
        ("expected_close_date", "Expected close date", "date"), *OWNED, *DATED,
    ),
    "products": (
        ("id", "ID", "int"), ("name", "Name", "varchar"), ("code", "Product code", "varchar"),
        ("description", "Description", "text"), ("category", "Category", "enum"), ("unit", "Unit", "varchar"),
        ("tax", "Tax", "double"), ("prices", "Unit prices", "price_list"), ("is_linkable", "Active", "boolean"),
        ("billing_frequency", "Billing frequency", "billing_frequency"), *OWNED, *DATED,
    ),
    "activities": (
        ("id", "ID", "int"), ("subject", "Subject", "varchar"), ("type", "Type", "enum"),
        ("due_date", "Due date", "date"), ("due_time", "Due time", "time"), ("duration", "Duration", "time"),
        ("priority", "Priority", "enum"), ("done", "Done", "boolean"), ("busy", "Free/busy", "boolean"),
        ("note", "Note", "text"), ("public_description", "Public description", "text"),
        ("location", "Location", "address"), ("person_id", "Contact person", "people"),
        ("org_id", "Organization", "org"), ("deal_id", "Deal", "deal"), ("lead_id", "Lead", "lead"),
        ("owner_id", "Assigned to user", "user"), ("creator_user_id", "Creator", "user"),
        ("marked_as_done_time", "Marked as done time", "date"), *DATED,
    ),
}  # fmt: skip
OPTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("persons", "label_ids"): LABELS,
    ("organizations", "label_ids"): LABELS,
    ("deals", "label_ids"): ("Hot", "Warm", "Cold"),
    ("organizations", "industry"): ("Health Care", "Other"),
    ("products", "category"): (),
    ("activities", "priority"): ("High", "Medium", "Low"),
    ("activities", "type"): (),
}
EXTRAS = {"persons": PERSON_EXTRAS, "organizations": ORGANIZATION_EXTRAS, "deals": DEAL_EXTRAS}
NOTE_FIELDS = (
    ("content", "Content", "text"), ("user_id", "Author", "user"), ("add_time", "Add time", "date"),
    ("update_time", "Last update time", "date"), ("deal_id", "Deal", "deal"), ("person_id", "Person", "people"),
    ("org_id", "Organization", "org"), ("lead_id", "Lead", "lead"),
    ("pinned_to_deal_flag", "Note is pinned to deal", "enum"),
    ("pinned_to_person_flag", "Note is pinned to person", "enum"),
)  # fmt: skip
ACTIVITY_TYPES = ("Call", "Meeting", "Task", "Deadline", "Email", "Lunch")
CURRENCIES = (
    ("AUD", "Australian Dollar", 2, "A$"), ("EUR", "Euro", 2, "€"), ("GBP", "Pound Sterling", 2, "£"),
    ("JPY", "Japanese Yen", 0, "¥"), ("NZD", "New Zealand Dollar", 2, "NZ$"), ("USD", "US Dollar", 2, "$"),
)  # fmt: skip
STAGES = ("Qualified", "Contact Made", "Demo Scheduled", "Proposal Made", "Negotiations Started")
LEAD_LABELS = (("Hot", "red"), ("Cold", "blue"), ("Warm", "yellow"))
LEAD_SOURCES = (
    "Manually created", "Deal", "Web forms", "Prospector", "Leadbooster", "Live chat", "Import", "Website visitors",
    "Workflow automation", "API",
)  # fmt: skip
ICONS = (
    "task", "email", "meeting", "deadline", "call", "lunch", "calendar", "downarrow", "document", "smartphone",
    "camera", "scissors", "cogs", "bubble", "uparrow", "checkbox", "signpost", "shuffle", "addressbook", "linegraph",
    "picture", "car", "world", "search", "clip", "sound", "brush", "key", "padlock", "pricetag", "suitcase", "finish",
    "plane", "loop", "wifi", "truck", "cart", "bulb", "bell", "presentation",
)  # fmt: skip
PERMISSIONS = (
    "can_add_custom_fields", "can_add_products", "can_add_prospects_as_leads", "can_bulk_edit_items",
    "can_change_visibility_of_items", "can_convert_deals_to_leads", "can_create_own_workflow",
    "can_delete_activities", "can_delete_custom_fields", "can_delete_deals", "can_edit_custom_fields",
    "can_edit_deals_closed_date", "can_edit_products", "can_edit_shared_filters", "can_export_data_from_lists",
    "can_follow_other_users", "can_merge_deals", "can_merge_organizations", "can_merge_people", "can_modify_labels",
    "can_see_company_wide_statistics", "can_see_deals_list_summary", "can_see_hidden_items_names",
    "can_see_other_users", "can_see_other_users_statistics", "can_see_security_dashboard", "can_share_filters",
    "can_share_insights", "can_use_api", "can_use_email_tracking", "can_use_import",
)  # fmt: skip
REGULAR = (
    "can_add_products", "can_bulk_edit_items", "can_change_visibility_of_items", "can_delete_activities",
    "can_edit_products", "can_edit_shared_filters", "can_export_data_from_lists", "can_see_deals_list_summary",
    "can_see_other_users", "can_share_filters", "can_use_api", "can_use_email_tracking",
)  # fmt: skip
"""What a regular user may do until an administrator says otherwise."""
DELETE_CONTACTS = "delete contacts"
"""Deleting persons and organizations: a company setting, not one of the named permissions (FACTS 11)."""
APPS = ("global", "sales", "account_settings")


def schemas(number: Callable[[], int], option_id: Callable[[], int], now: str) -> dict[str, Schema]:
    """The fields of every object as on the first day."""
    made = {}
    for object, rows in STANDARD.items():
        schema = made[object] = Schema(object)
        for code, name, kind in rows:
            labels = OPTIONS.get((object, code))
            options = None if labels is None else [Option(option_id(), label) for label in labels]
            schema.standard[code] = Field(number(), code, name, kind, options=options, add_time=now)
        for code in EXTRAS.get(object, ()):
            name = code.replace("_", " ").capitalize()
            schema.standard[code] = Field(number(), code, name, "int", optional=True, add_time=now)
    return made


def activity_type(id: int, order: int, name: str, icon: str, now: str) -> dict[str, Any]:
    """A type of activity as it is stored."""
    return {
        "id": id, "order_nr": order, "name": name, "key_string": "_".join(name.lower().split()), "icon_key": icon,
        "active_flag": True, "color": "FFFFFF", "is_custom_flag": False, "add_time": now, "update_time": now,
    }  # fmt: skip
