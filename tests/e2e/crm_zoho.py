"""Zoho CRM in the words that all destinations share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from crm import Crm, File, Kind, Row, both

STAMPS = {"Created_Time", "Modified_Time", "Last_Activity_Time", "created_time", "Modified_By", "Created_By"}


def owner(crm: Crm, row: Row) -> str:
    return row["Owner"]["email"]


PRACTITIONER: dict[str, Any] = {
    "owner": owner,
    "practitioner_id": "Practitioner_ID",
    "practitioner_name": "Practitioner_Name",
}


class ZohoCrm(Crm):
    """Contacts, Events for appointments, Tasks for attendances, custom modules for the rest."""

    vendor = "zoho"
    twin_options = ("--unlimited",)
    objects = (
        "Contacts", "Accounts", "Leads", "Products", "Events", "Tasks", "Notes", "Attachments", "Locations",
        "Appointment_Types", "Invoice_History",
    )  # fmt: skip
    maps = {  # noqa: RUF012
        "patients": "Z1", "meetings": "Z6", "invoices": "Z8", "notes": "Z12", "files": "Z13",
    }  # fmt: skip
    names_most = {"first_name": 40, "last_name": 80}  # noqa: RUF012
    note_most = 30_000
    own_text_most = 32_000
    file_most = 100 * 2**20
    file_name_most = 240
    own_standard_fields = frozenset({"Email", "Status", "Lead_Source", "Owner", "id"})
    choices_as_text = {}  # noqa: RUF012
    never_removed = frozenset(
        {"Locations", "Appointment_Types", "Invoice_History", "Contacts.Salutation", "Accounts.Account_Type"}
    )
    kinds = {  # noqa: RUF012
        "patients": Kind(
            "Contacts",
            "Cliniko_Patient_ID",
            {
                "name": both("First_Name", "Last_Name"),
                "first_name": "First_Name",
                "last_name": "Last_Name",
                "email": "Email",
                "email_as_typed": "Cliniko_Email_Raw",
                "phone_mobile": "Mobile",
                "phone_home": "Home_Phone",
                "phone_work": "Phone",
                "phone_other": "Other_Phone",
                "phone_fax": "Fax",
                "phones_as_typed": "Cliniko_Phones_Raw",
                "phones_further": "Cliniko_Other_Phones",
                "street": "Mailing_Street",
                "city": "Mailing_City",
                "post_code": "Mailing_Zip",
                "country": "Mailing_Country",
                "born_on": "Date_of_Birth",
                "notes": "Description",
                "occupation": "Occupation",
                "emergency_contact": "Emergency_Contact",
                "medical_alerts": "Medical_Alerts",
                "relationships": "Relationships",
                "record_type": "Cliniko_Record_Type",
                "medicare_number": "Medicare_Number",
                "referral_source": "Referral_Source",
                "referred_by_patient": "Referred_By_Patient",
                "referred_by": "Referred_By",
                "referring_doctor": "Referring_Doctor",
                "insurer": "Insurer",
                "account": "Account_Name",
                "archived": "Archived_In_Cliniko",
                "billed_total": "Lifetime_Billed",
                "created_at": "Cliniko_Created_At",
            },
        ),
        "contacts": Kind(
            "Contacts",
            "Cliniko_Contact_ID",
            {
                "last_name": "Last_Name",
                "record_type": "Cliniko_Record_Type",
                "organisation": "Organisation",
                "specialty": "Specialty",
                "provider_number": "Provider_Number",
                "city": "Mailing_City",
                "archived": "Archived_In_Cliniko",
            },
        ),
        "payers": Kind(
            "Accounts",
            "Cliniko_Contact_ID",
            {"name": "Account_Name", "city": "Billing_City", "phones": "Cliniko_Phones"},
        ),
        "locations": Kind(
            "Locations",
            "Cliniko_Business_ID",
            {
                "name": "Name",
                "city": "City",
                "time_zone": "Time_Zone",
                "contact_information": "Contact_Information",
                "reply_email": "Reply_Email",
                "archived": "Archived_In_Cliniko",
            },
        ),
        "types": Kind(
            "Appointment_Types",
            "Cliniko_Type_ID",
            {
                "name": "Name",
                "billing_code": "Billing_Code",
                "colour": "Colour",
                "duration_min": "Duration_Minutes",
                "archived": "Archived_In_Cliniko",
            },
        ),
        "products": Kind(
            "Products",
            "Cliniko_Product_ID",
            {"name": "Product_Name", "code": "Product_Code", "unit_price": "Unit_Price", "stock": "Qty_in_Stock"},
        ),
        "services": Kind(
            "Products",
            "Cliniko_Item_ID",
            {"name": "Product_Name", "item_type": "Item_Type", "unit_price": "Unit_Price"},
        ),
        "meetings": Kind(
            "Events",
            "Cliniko_Appointment_ID",
            {
                **PRACTITIONER,
                "title": "Event_Title",
                "notes": "Description",
                "state": "Appointment_State",
                "type": "Appointment_Type",
                "location": "Clinic_Location",
                "patient": "Who_Id",
                "starts_at": "Start_DateTime",
                "ends_at": "End_DateTime",
                "contradictory": "Contradictory_Marks",
                "attendee_count": "Attendee_Count",
            },
        ),
        "attendances": Kind(
            "Tasks",
            "Cliniko_Attendee_ID",
            {
                **PRACTITIONER,
                "title": "Subject",
                "class_id": "Cliniko_Class_ID",
                "day": "Due_Date",
                "state": "Appointment_State",
                "starts_at": "Starts_At",
                "ends_at": "Ends_At",
                "patient": "Who_Id",
            },
        ),
        "invoices": Kind(
            "Invoice_History",
            "Cliniko_Invoice_ID",
            {
                **PRACTITIONER,
                "number": "Invoice_Number",
                "issued_on": "Issue_Date",
                "status": "Invoice_Status",
                "total": "Total_Amount",
                "tax": "Tax_Amount",
                "net": "Net_Amount",
                "patient": "Patient",
                "original": "Original_Invoice",
                "original_number": "Original_Invoice_No",
                "lines": "Invoice_Lines",
                "line_count": "Line_Count",
            },
        ),
    }

    writes = {"POST": "/crm/v8/(?!coql)", "PUT": "/crm/v8/", "DELETE": "/crm/v8/"}  # noqa: RUF012
    """Queries are sent with POST too, but write nothing."""
    schema_path = "/crm/v8/settings"

    @classmethod
    def id(cls, row: Row) -> str:
        return row["id"]

    def link(self, value: Any) -> str:
        return value["id"] if value else ""

    def read_notes(self) -> list[Row]:
        return [
            {
                "title": note["Note_Title"],
                "text": note["Note_Content"],
                "markup": "",
                "parent": note["Parent_Id"]["id"],
            }
            for note in self.dumps["Notes"]
        ]

    @cached_property
    def files(self) -> dict[str, File]:
        return self.files_by_mark(
            self.dumps["Attachments"], name="File_Name", size="size", parent=lambda row: row["Parent_Id"]["id"]
        )

    def own(self, patient: str, field: str) -> str | list[str]:
        value = self.raw("patients")[patient][field]
        return value if isinstance(value, list) else value or ""

    @classmethod
    def is_stamp(cls, field: str) -> bool:
        return field in STAMPS
