"""A destination schema like a new Zoho account's, written by hand, and what its fields accept."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gurney.mapping.steps import Context
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema

T = FieldType
EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,22}")
PHONE = re.compile(r"[+(]?[A-Za-z0-9]+(?:[ .\-()]{0,2}[A-Za-z0-9]+)*")
LIMITS = {
    "custom_fields_per_object": 300,
    "unique_fields_per_object": 2,
    "custom_objects": 200,
    "field_label_chars": 25,
    "note_chars": 65_535,
    "note_chunk_chars": 30_000,
    "note_title_chars": 120,
    "long_text_chars": 32_000,
    "option_chars": 120,
}
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)


def context() -> Context:
    checks = {
        "email": lambda text: len(text) <= 100 and EMAIL.fullmatch(text) is not None,
        "phone": lambda text: len(text) <= 30 and PHONE.fullmatch(text) is not None,
        "url": lambda text: text.startswith(("http://", "https://")) and " " not in text,
    }
    return Context(as_of=AS_OF, zone="Australia/Melbourne", currency="AUD", country="AU", checks=checks)


def schema() -> Schema:
    return written_down(_OBJECTS)


def written_down(objects: dict[str, str]) -> Schema:
    """A schema from a line for each field, by object."""
    return Schema({name: _object(name, lines) for name, lines in objects.items()})


def _object(name: str, lines: str) -> ObjectSchema:
    fields = [_field(line) for line in lines.split("\n") if line.strip()]
    return ObjectSchema(name, name, {field.name: field for field in fields})


def _field(line: str) -> FieldSchema:
    """`Last_Name text 80 required`, `Status picklist A|B`."""
    name, type, *rest = line.split()
    options = next((tuple(word.replace("_", " ") for word in part.split("|")) for part in rest if "|" in part), ())
    length = next((int(part) for part in rest if part.isdigit()), None)
    return FieldSchema(
        name,
        name.replace("_", " "),
        FieldType(type),
        length,
        required="required" in rest,
        writable="closed" not in rest,
        options=options,
    )


_PERSON = """
Last_Name text 80 required
First_Name text 40
Salutation picklist Mr.|Mrs.|Ms.|Dr.|Prof.
Email email 100
Phone phone 50
Mobile phone 30
Fax text 30
Lead_Source picklist Advertisement|Cold_Call
Email_Opt_Out boolean
Description long_text 32000
Owner owner
"""
_OBJECTS = {
    "Contacts": _PERSON
    + """
Home_Phone phone 30
Other_Phone phone 30
Date_of_Birth date
Mailing_Street text 250
Mailing_City text 100
Mailing_State text 100
Mailing_Zip text 30
Mailing_Country text 100
Account_Name lookup
""",
    "Leads": _PERSON
    + """
Company text 200
Street text 250
City text 100
State text 100
Zip_Code text 30
Country text 100
""",
    "Accounts": """
Account_Name text 200 required
Account_Type picklist Analyst|Customer|Other
Phone phone 30
Fax text 30
Billing_Street text 250
Billing_City text 100
Billing_State text 100
Billing_Code text 30
Billing_Country text 100
Description long_text 32000
""",
    "Products": """
Product_Name text 200 required
Product_Code text 40
Unit_Price money
Qty_in_Stock decimal
Taxable boolean
Product_Active boolean
Description long_text 32000
""",
    "Events": """
Event_Title text 255 required
Start_DateTime datetime required
End_DateTime datetime required
Who_Id lookup
What_Id lookup
Venue text 255
Description long_text 32000
""",
    "Tasks": """
Subject text 255 required
Due_Date date
Status picklist Not_Started|Deferred|In_Progress|Completed|Waiting_for_input
Who_Id lookup
Description long_text 32000
""",
    "Notes": """
Note_Title text 120
Note_Content long_text 65535 required
Parent_Id lookup required
""",
    "Attachments": """
File_Name text 250
""",
}
