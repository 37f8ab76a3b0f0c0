"""What can be read of reminders, templates and online booking, for the person who rebuilds them (NON1, NON2).

The templates themselves, SMS sequences and workflows are not readable (FACTS 9): only which type uses which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

BY_HAND = (
    "The wording of confirmation, reminder and follow-up templates: Cliniko > Settings > Communications.",
    "When reminders are sent: Cliniko > Settings > Appointment reminders.",
    "SMS and e-mail sequences of other services that are connected to Cliniko.",
)


def reference(settings: Mapping[str, Any], appointment_types: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The reference document's data: plain text, numbers, lists and dictionaries."""
    online = settings.get("online_bookings") or {}
    return {
        "reminders": dict(settings.get("reminders") or {}),
        "sms": dict(settings.get("sms") or {}),
        "appointment_types": [_type(record) for record in appointment_types],
        "online_bookings": {name: value for name, value in online.items() if not name.endswith("_url")},
        "integrations": {
            name: bool((entry or {}).get("enabled")) for name, entry in (settings.get("integrations") or {}).items()
        },
        "by_hand": list(BY_HAND),
    }


def _type(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "name": record.get("name") or "",
        "archived": bool(record.get("archived_at")),
        "confirmation_templates": list(record.get("appointment_confirmation_template_ids") or []),
        "reminder_templates": list(record.get("appointment_reminder_template_ids") or []),
        "follow_up_templates": list(record.get("appointment_follow_up_template_ids") or []),
        "in_online_bookings": bool(record.get("show_in_online_bookings")),
        "telehealth": bool(record.get("telehealth_enabled")),
        "online_payments": record.get("online_payments_mode") or "",
    }
