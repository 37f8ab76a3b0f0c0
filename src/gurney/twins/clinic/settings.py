"""The account's settings and the part of them that every user may read (FACTS 0.8, 6)."""

from __future__ import annotations

from gurney.twins.clinic.catalogue import NAME, SUBDOMAIN
from gurney.twins.clinic.wire import Record

_PRIVATE = {
    "account": ("compliance", "email_from", "first_name", "last_name"),
    "integrations": ("medipass",),
    "online_bookings": ("adroll", "google_analytics", "google_tag_manager"),
    "patient_privacy": (
        "anonymise_appointments_on_deletion",
        "anonymise_booking_notifications",
        "anonymise_invoices_and_payments_on_deletion",
        "baa_requested",
    ),
}
"""What the public settings leave out."""


def public_settings(full: Record) -> Record:
    """The settings without what only settings-reading roles may see; custom-field definitions stay."""
    return {
        group: {key: value for key, value in values.items() if key not in _PRIVATE.get(group, ())}
        for group, values in full.items()
    }


def settings(owner: Record, custom_fields: Record, practitioners: list[str]) -> Record:
    """All settings of the account."""
    return {
        "account": {
            "country": "Australia",
            "country_code": "AU",
            "currency_symbol": "$",
            "has_time_travelers": False,
            "id": "71003",
            "name": NAME,
            "subdomain": SUBDOMAIN,
            "time_zone_support": True,
            "compliance": {"has_hipaa_compliance_conflicts": False},
            "email_from": "hello@example.org",
            "first_name": owner["first_name"],
            "last_name": owner["last_name"],
        },
        "calendar": {
            "end_hour": 18,
            "multiple_appointments_gap": False,
            "show_current_time_indicator": True,
            "start_hour": 8,
            "timeslot_height_in_pixels": 20,
            "timeslot_size_in_minutes": 15,
        },
        "documents_and_printing": {"logo_height": 60, "logo_url": None},
        "integrations": {
            "mail_chimp": {"enabled": False},
            "medipass": {"enabled": False},
            "xero": {"enabled": False},
        },
        "online_bookings": _online_bookings(practitioners),
        "online_payments": {"activated": False},
        "patient_custom_fields_definition": custom_fields,
        "patient_privacy": {
            "anonymise_appointments_on_deletion": False,
            "anonymise_booking_notifications": False,
            "anonymise_invoices_and_payments_on_deletion": False,
            "baa_requested": False,
            "browser_title_name_format": "full_name",
            "ical_patient_name_option": "first_name",
            "prevent_sending_financial_data_by_email": False,
            "requires_hipaa_compliance": False,
        },
        "reminders": {"default_reminder_type": "SMS"},
        "sms": {
            "alphanumeric_source_number_required": False,
            "default_alphanumeric_source_number": "",
            "max_message_length": None,
            "number_of_usable_characters_per_message": 160,
            "replies_supported": True,
        },
        "terminology": {"patient": "patient", "titles": ["Mr", "Ms", "Mx", "Dr"]},
        "wait_list": {"default_wait_list_expiry_period": 30},
    }


def _online_bookings(practitioners: list[str]) -> Record:
    blank = dict.fromkeys(
        ("calendar_info", "disabled_text", "disabled_title", "logo_url", "notice_text", "notice_title")
    )
    return {
        **blank,
        "adroll": {"advertiser_id": None, "pixel_id": None},
        "allow_bookings_days_in_advance": 60,
        "allow_online_bookings_time_zone_choice": False,
        "booking_reservation_minutes": 10,
        "daily_bookings_limit": 2,
        "enabled": True,
        "google_analytics": {"tracking_id": None},
        "google_tag_manager": {"container_id": None},
        "max_appointments_per_day_segment": 0,
        "min_hours_advance_required_to_book": 4,
        "min_hours_notice_for_patient_cancellation": 24,
        "notice_enabled": False,
        "notify_practitioner_by_email": True,
        "notify_practitioner_by_sms": False,
        "policy": "Please give a day's notice",
        "practitioner_order": practitioners,
        "privacy_policy_url": None,
        "require_patient_address": False,
        "show_appointment_duration": True,
        "show_prices": True,
    }
