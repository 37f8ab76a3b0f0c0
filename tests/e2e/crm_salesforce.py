"""Salesforce in the words that all destinations share."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from crm import Crm, File, Kind, Row, both
from seen import seen

NOTE, USER = "SNOTE", "005"
"""The file type of a note, and how ids of users begin."""
API = r"/services/data/v\d+\.\d"
STAMPS = frozenset({"SystemModstamp", "LastViewedDate", "LastReferencedDate", "VersionData", "Content", "prefix"})
"""Also paths with ids in them, and the beginnings of ids, which are given in order of creation."""
SEPARATOR = " · "


def owner(crm: SalesforceCrm, row: Row) -> str:
    return crm.joined("User", row["OwnerId"])["Email"]


def practitioner_id(crm: SalesforceCrm, row: Row) -> str:
    """Practitioners are records of their own, which a lookup names (row S5)."""
    return crm.joined("Practitioner__c", row["Practitioner_Id__c"]).get("Cliniko_Practitioner_Id__c", "")


def practitioner_name(crm: SalesforceCrm, row: Row) -> str:
    return crm.joined("Practitioner__c", row["Practitioner_Id__c"]).get("Name", "")


def title(crm: SalesforceCrm, row: Row) -> str:
    """The name of an Appointment is its type and its day: names in Salesforce are what lists show (row S3)."""
    name, separator, _ = row["Name"].rpartition(SEPARATOR)
    assert separator
    return name


def class_id(crm: SalesforceCrm, row: Row) -> str:
    return crm.joined("Appointment__c", row["Class__c"])["source_system_id__c"]


def lines(crm: SalesforceCrm, row: Row) -> str:
    """Lines of invoices are records of their own (S6.line); a name that is too long has a note with the whole."""
    return "\n".join(
        crm.text("invoice_items", line["Cliniko_Line_Id__c"], "item_name__c") or line["item_name__c"]
        for line in crm.lines_by_invoice[row["Id"]]
    )


def is_retired(crm: SalesforceCrm, row: Row) -> bool:
    """The description names the opposite, `active__c` (row S4)."""
    return not row["active__c"]


PRACTITIONER: dict[str, Any] = {
    "owner": owner,
    "practitioner_id": practitioner_id,
    "practitioner_name": practitioner_name,
}
APPOINTMENT: dict[str, Any] = {
    **PRACTITIONER,
    "title": title,
    "state": "status__c",
    "patient": "ContactId__c",
    "starts_at": "start_time__c",
    "ends_at": "end_time__c",
}


class SalesforceCrm(Crm):
    """Accounts for clinics and payers, Contacts, and custom objects for the rest; notes and files with links."""

    vendor = "salesforce"
    twin_options = ("--unlimited", "--switch", "deploy_pending_s=0", "--switch", "deploy_s=0")
    """Nobody knows how long deployments take; waiting for them proves nothing here."""
    objects = (
        "Account", "Contact", "Lead", "Product2", "PricebookEntry", "Event", "Task", "Note", "Attachment",
        "ContentDocument", "ContentVersion", "ContentDocumentLink", "ContentNote", "Appointment__c",
        "Appointment_Type__c", "Practitioner__c", "Invoice__c", "Invoice_Line__c", "User", "Fields", "Objects",
        "PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions",
    )  # fmt: skip
    maps = {  # noqa: RUF012
        "patients": "S1", "meetings": "S3", "invoices": "S6", "notes": "S10", "files": "S8",
    }  # fmt: skip
    names_most = {"first_name": 40, "last_name": 80}  # noqa: RUF012
    note_most = 200_000
    own_text_most = 32_000
    file_most = 2 * 2**30
    file_name_most = 255
    own_standard_fields = frozenset({"Email", "LeadSource", "OwnerId", "Id", "Name"})
    choices_as_text = {  # noqa: RUF012
        "Health_Fund__c": "Row S9 names a text field for the health fund: it takes the clinic's own field.",
    }
    never_removed = frozenset()
    kinds = {  # noqa: RUF012
        "patients": Kind(
            "Contact",
            "Cliniko_Patient_Id__c",
            {
                "name": both("FirstName", "LastName"),
                "first_name": "FirstName",
                "last_name": "LastName",
                "email": "Email",
                "email_as_typed": "Cliniko_Email_Raw__c",
                "phone_mobile": "MobilePhone",
                "phone_home": "HomePhone",
                "phone_work": "Phone",
                "phone_other": "OtherPhone",
                "phone_fax": "Fax",
                "phones_as_typed": "Cliniko_Phones_Raw__c",
                "phones_further": "Cliniko_Other_Phones__c",
                "street": "MailingStreet",
                "city": "MailingCity",
                "post_code": "MailingPostalCode",
                "country": "MailingCountry",
                "born_on": "Birthdate",
                "notes": "Description",
                "occupation": "Occupation__c",
                "emergency_contact": "Emergency_Contact__c",
                "medical_alerts": "Medical_Alerts__c",
                "relationships": "Relationships__c",
                "record_type": "Cliniko_Record_Type__c",
                "medicare_number": "Medicare_Number__c",
                "referral_source": "Referral_Source__c",
                "referred_by_patient": "Referred_By_Patient__c",
                "referred_by": "Referred_By__c",
                "referring_doctor": "Referring_Doctor__c",
                "insurer": "Insurer_Account__c",
                "account": "AccountId",
                "archived": "Archived_In_Cliniko__c",
                "billed_total": "Lifetime_Billed__c",
                "created_at": "Cliniko_Created_At__c",
            },
        ),
        "contacts": Kind(
            "Contact",
            "Cliniko_Contact_Id__c",
            {
                "last_name": "LastName",
                "record_type": "Cliniko_Record_Type__c",
                "organisation": "Organisation__c",
                "specialty": "Specialty__c",
                "provider_number": "Provider_Number__c",
                "city": "MailingCity",
                "archived": "Archived_In_Cliniko__c",
            },
        ),
        "payers": Kind(
            "Account", "Cliniko_Contact_Id__c", {"name": "Name", "city": "BillingCity", "phones": "Cliniko_Phones__c"}
        ),
        "locations": Kind(
            "Account",
            "Cliniko_Business_Id__c",
            {
                "name": "Name",
                "city": "BillingCity",
                "time_zone": "Time_Zone__c",
                "contact_information": "Contact_Information__c",
                "reply_email": "Reply_Email__c",
                "archived": "Archived_In_Cliniko__c",
            },
        ),
        "types": Kind(
            "Appointment_Type__c",
            "Cliniko_Type_Id__c",
            {
                "name": "Name",
                "billing_code": "Billing_Code__c",
                "colour": "colour__c",
                "duration_min": "duration_in_minutes__c",
                "archived": is_retired,
            },
        ),
        "products": Kind(
            "Product2",
            "Cliniko_Product_Id__c",
            {"name": "Name", "code": "ProductCode", "unit_price": "Unit_Price__c", "stock": "Quantity_In_Stock__c"},
        ),
        "services": Kind(
            "Product2",
            "Cliniko_Item_Id__c",
            {"name": "Name", "item_type": "Item_Type__c", "unit_price": "Unit_Price__c"},
        ),
        "meetings": Kind(
            "Appointment__c",
            "source_system_id__c",
            {
                **APPOINTMENT,
                "notes": "notes__c",
                "type": "Appointment_Type_Id__c",
                "location": "AccountId__c",
                "contradictory": "Contradictory_Marks__c",
                "attendee_count": "Attendee_Count__c",
            },
        ),
        "attendances": Kind(
            "Appointment__c",
            "Cliniko_Attendee_Id__c",
            {**APPOINTMENT, "class_id": class_id, "day": "appointment_date__c"},
        ),
        "invoices": Kind(
            "Invoice__c",
            "Cliniko_Invoice_Id__c",
            {
                **PRACTITIONER,
                "number": "invoice_number__c",
                "issued_on": "date_issued__c",
                "status": "payment_status__c",
                "total": "total_amount__c",
                "tax": "tax_amount__c",
                "net": "net_amount__c",
                "patient": "ContactId__c",
                "original": "Original_Invoice__c",
                "original_number": "Original_Invoice_No__c",
                "lines": lines,
                "line_count": "line_count__c",
            },
        ),
        "unassigned": Kind("Account", "Cliniko_Account_Id__c", {}),
        "practitioners": Kind("Practitioner__c", "Cliniko_Practitioner_Id__c", {}),
        "lines": Kind("Invoice_Line__c", "Cliniko_Line_Id__c", {}),
    }

    writes = {  # noqa: RUF012
        "POST": rf"{API}/(sobjects/|composite/?$|composite/sobjects/?$|metadata/deployRequest|jobs/ingest)",
        "PATCH": rf"{API}/(sobjects/|composite/sobjects|jobs/ingest)",
        "PUT": rf"{API}/jobs/ingest",
        "DELETE": rf"{API}/(sobjects/|composite/sobjects)",
    }
    """Records are asked for with POST composite/sobjects/OBJECT, which writes nothing."""
    schema_path = rf"{API}/(metadata|sobjects/PermissionSetAssignment)"

    @classmethod
    def id(cls, row: Row) -> str:
        return row.get("Id", "")

    def link(self, value: Any) -> str:
        return value or ""

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Row]]:
        return {}

    def joined(self, object: str, id: str | None) -> Row:
        """The record that a lookup points to; {} for none."""
        if object not in self._by_id:
            self._by_id[object] = {row["Id"]: row for row in self.dumps[object]}
        return self._by_id[object][id] if id else {}

    @cached_property
    def lines_by_invoice(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for line in self.dumps["Invoice_Line__c"]:
            found[line["Invoice__c"]].append(line)
        return found

    @cached_property
    def _parents(self) -> dict[str, str]:
        """The record that each document hangs on, besides its owner."""
        found: dict[str, str] = {}
        for link in self.dumps["ContentDocumentLink"]:
            if not link["LinkedEntityId"].startswith(USER):
                assert link["ContentDocumentId"] not in found, "a document hangs on two records"
                found[link["ContentDocumentId"]] = link["LinkedEntityId"]
        return found

    def read_notes(self) -> list[Row]:
        return [
            {
                "title": note["Title"],
                "text": seen(note["text"]),
                "markup": note["text"],
                "parent": self._parents[note["Id"]],
            }
            for note in self.dumps["ContentNote"]
        ]

    @cached_property
    def files(self) -> dict[str, File]:
        rows = [row for row in self.dumps["ContentVersion"] if row["FileType"] != NOTE]
        found = {
            row["Cliniko_Attachment_Id__c"]: File(
                row["PathOnClient"],
                row["ContentSize"],
                row["sha256"],
                self._parents[row["ContentDocumentId"]],
                row["Description"] or "",
            )
            for row in rows
        }
        assert len(found) == len(rows)
        return found

    @cached_property
    def _types(self) -> dict[tuple[str, str], str]:
        return {(row["object"], row["name"]): row["type"] for row in self.dumps["Fields"]}

    def own(self, patient: str, field: str) -> str | list[str]:
        value = self.raw("patients")[patient][field] or ""
        return value.split(";") if self._types["Contact", field] == "multipicklist" else value

    @classmethod
    def is_stamp(cls, field: str) -> bool:
        return field in STAMPS or field.endswith(("ModifiedDate", "CreatedDate"))
