"""The work that every tool gets: which records, which ten fields of each, and how the CRM takes them.

It runs in each tool's own environment, where `requests` is all that may be counted on.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import requests

Record = dict[str, Any]

AGENT = "Gurney benchmark (bench@example.com)"
PATHS = {
    "patients": "patients?per_page=100&q[]=archived_at:*",
    "individual_appointments": "individual_appointments?per_page=100&q[]=archived_at:*&q[]=cancelled_at:*",
}
"""The lists with all that they hide otherwise, in Cliniko's largest pages."""
BATCH = 100
"""Zoho's largest upsert."""
IN_FLIGHT = 10
"""Calls that Zoho takes at once, of those with more than ten records."""
OBJECTS = {"patients": "Contacts", "individual_appointments": "Visits"}
KEYS = {"Contacts": "Cliniko_Patient_ID", "Visits": "Cliniko_Appointment_ID"}

_sessions = threading.local()


def contact(patient: Record) -> Record:
    """A patient as a Contact. What is empty may be missing: Airbyte leaves it out."""
    return {
        "Cliniko_Patient_ID": patient.get("id"),
        "First_Name": patient.get("first_name"),
        "Last_Name": patient.get("last_name"),
        "Date_of_Birth": patient.get("date_of_birth"),
        "Mailing_Street": patient.get("address_1"),
        "Mailing_City": patient.get("city"),
        "Mailing_State": patient.get("state"),
        "Mailing_Zip": patient.get("post_code"),
        "Mailing_Country": patient.get("country"),
        "Occupation": patient.get("occupation"),
    }


def visit(appointment: Record) -> Record:
    """An appointment as a Visit."""
    return {
        "Cliniko_Appointment_ID": appointment.get("id"),
        "Name": appointment.get("patient_name"),
        "Starts_At": _moment(appointment.get("starts_at")),
        "Ends_At": _moment(appointment.get("ends_at")),
        "Patient_ID": _id(appointment.get("patient")),
        "Practitioner_ID": _id(appointment.get("practitioner")),
        "Business_ID": _id(appointment.get("business")),
        "Type_ID": _id(appointment.get("appointment_type")),
        "Did_Not_Arrive": bool(appointment.get("did_not_arrive")),
        "Arrived": bool(appointment.get("patient_arrived")),
    }


MAKE = {"patients": contact, "individual_appointments": visit}


def source_url() -> str:
    return os.environ["WORK_SOURCE_URL"]


def source_key() -> str:
    return os.environ["WORK_SOURCE_KEY"]


def upsert(module: str, rows: list[Record]) -> None:
    """One call of at most a hundred rows. Raises when the CRM refuses any of them."""
    answer = _session().post(
        f"{os.environ['WORK_CRM_URL']}/crm/v8/{module}/upsert",
        json={"data": rows, "trigger": [], "duplicate_check_fields": [KEYS[module]]},
        timeout=120,
    )
    refused = [one for one in answer.json()["data"] if one["code"] != "SUCCESS"]
    if refused:
        raise RuntimeError(f"{len(refused)} of {len(rows)} refused: {refused[0]['code']} {refused[0].get('details')}")


def _session() -> requests.Session:
    """A session of one's own for every thread: connections stay open."""
    if not hasattr(_sessions, "one"):
        _sessions.one = requests.Session()
        _sessions.one.headers["Authorization"] = f"Zoho-oauthtoken {os.environ['WORK_CRM_TOKEN']}"
    return _sessions.one


def _moment(text: str | None) -> str | None:
    return text.replace("Z", "+00:00") if text else None


def _id(reference: Record | None) -> str | None:
    return reference["links"]["self"].rpartition("/")[2] if reference else None
