"""Freshsales in the words that all destinations share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from crm import Crm, Dumps, File, Kind, Row, both

LISTED = ("contacts", "sales_accounts", "deals")
"""Objects with fields of the clinic's own."""
STAMPS = frozenset({
    "created_at", "updated_at", "last_assigned_at", "stage_updated_time", "completed_date", "age", "mcr_id", "links",
    "collaboration", "fc_widget_collaboration", "collab_context", "custom_field", "emails", "attendees",
    "product_pricings", "targetables", "display_name", "notes_ids", "tasks_ids", "appointments_ids", "documents_ids",
    "sales_activities_ids", "recent_note", "open_deals_amount", "won_deals_amount",
})  # fmt: skip
"""Also what stands under a plainer name as well, what hangs on a record, and sums that the vendor rounds."""
LINKS = {"owner_id": "users", "sales_account_id": "sales_accounts"}
TARGETS = {"Contact": "contacts", "SalesAccount": "sales_accounts", "Deal": "deals"}
KEY_LINE = re.compile(r"(?:^|\n+)Cliniko (appointment|attendee): (\d+)$")
NAME_MARK = re.compile(r" \[Cliniko [^\[\]]+\]$")
WHEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) \((.+)\)")
SKU = re.compile(r"cliniko:(\w+):(\d+)")
SEPARATOR = " · "
CONTRADICTORY = "Marked both as arrived and as did not arrive"
KINDS = {"Insurer": "payer_id", "Referrer": "company_id"}
"""Under which name the clinic's id of a contact's account is found here, by the type of the account."""


def email(crm: FreshsalesCrm, row: Row) -> str:
    """Only one contact may have an address: of relatives who share one, the others have it in a field of ours."""
    return str(row["email"] or row["Email_As_In_Cliniko"] or "")


def kept_as_typed(*fields: str) -> Callable[[FreshsalesCrm, Row], str]:
    """What was no address or number is a note on the contact."""
    return lambda crm, row: "\n".join(
        filter(None, (crm.text("patients", row["Source_System_ID"], field) for field in fields))
    )


def whole(object: str, key: str, field: str) -> Callable[[FreshsalesCrm, Row], str]:
    """A text, or the note that holds it where it is longer than its field."""
    return lambda crm, row: crm.text(object, row[key], field) or row[field] or ""


def contact_of(name: str) -> Callable[[FreshsalesCrm, Row], str]:
    """Contacts have no links to contacts: a field names the clinic's id of a contact or a patient (row F9)."""
    return lambda crm, row: crm.ids_of("contacts").get(row[name] or "", "")


def patient_of(name: str) -> Callable[[FreshsalesCrm, Row], str]:
    return lambda crm, row: crm.ids_of("patients").get(row[name] or "", "")


def insurer(crm: FreshsalesCrm, row: Row) -> str:
    """The payer is named; its Account has the name (row F8)."""
    first = (row["Insurance_Carrier"] or "").partition("; ")[0]
    return next((crm.id(one) for one in crm.raw("payers").values() if first and one["title"] == first), "")


def organisation(crm: FreshsalesCrm, row: Row) -> str:
    """The name of a contact's company is that of its account."""
    return next((str(one["title"]) for one in crm.raw("companies").values() if one["id"] == row["account"]), "")


def place_of(crm: FreshsalesCrm, row: Row) -> str:
    """Where an appointment takes place is named (row F10)."""
    name = row["Location"]
    return next((crm.id(one) for one in crm.raw("locations").values() if name and one["title"] == name), "")


def type_of(crm: FreshsalesCrm, row: Row) -> str:
    """A visit is titled as its type is called, and so is the Product of that type."""
    [found] = [one for one in crm.raw("types").values() if one["name"] == row["type_name"]]
    return crm.id(found)


def owner(crm: FreshsalesCrm, row: Row) -> str:
    return crm.emails[row["owner_id"]]


def original(crm: FreshsalesCrm, row: Row) -> str:
    """A credit names its invoice by its number."""
    number = row["Original_Invoice"]
    return next((crm.id(one) for one in crm.raw("invoices").values() if number and one["Invoice_Number"] == number), "")


def words(crm: FreshsalesCrm, row: Row) -> str:
    """A description that is too long is a note on the contact."""
    return crm.text("individual_appointments", row["cliniko_appointment_id"], "description") or row["words"]


VISIT: dict[str, Any] = {
    "owner": owner,
    "practitioner_id": "Practitioner id",
    "practitioner_name": "Practitioner",
    "title": "type_name",
    "state": "Status",
    "patient": "contact",
    "starts_at": "starts_at",
    "ends_at": "ends_at",
}


class FreshsalesCrm(Crm):
    """Contacts, Accounts, Deals for invoices, Products, Tasks and Appointments, Notes and Files."""

    vendor = "freshsales"
    twin_options = ("--unlimited", "--edition", "enterprise", "--scale", "60")
    """The plan that has everything. Lists may be a minute late (FACTS 7); what is read ahead is believed for five."""
    scale = 240
    objects = (
        "contacts", "sales_accounts", "deals", "products", "tasks", "appointments", "notes", "documents",
        "sales_activities", "users", "fields",
    )  # fmt: skip
    maps = {  # noqa: RUF012
        "patients": "F1", "meetings": "F4.task", "invoices": "F6", "notes": "F5", "files": "F11",
    }  # fmt: skip
    names_most = {"first_name": 256, "last_name": 256}  # noqa: RUF012
    note_most = 16_000
    own_text_most = 10_000
    file_most = 150 * 2**20
    file_name_most = 200
    own_standard_fields = frozenset({"first_name", "last_name", "email", "external_id", "owner_id", "city", "id"})
    choices_as_text = {}  # noqa: RUF012
    never_removed = frozenset({"record"})
    """Files alone (FACTS 0.10)."""
    in_the_bin = frozenset(LISTED)
    kinds = {  # noqa: RUF012
        "patients": Kind(
            "contacts",
            "Source_System_ID",
            {
                "name": both("first_name", "last_name"),
                "first_name": "first_name",
                "last_name": "last_name",
                "email": email,
                "email_as_typed": kept_as_typed("email"),
                "phone_mobile": "mobile_number",
                "phone_home": "Home_Phone",
                "phone_work": "work_number",
                "phone_other": "Other_Phone",
                "phone_fax": "Fax",
                "phones_as_typed": kept_as_typed("mobile_number", "work_number"),
                "phones_further": "Other_Phones",
                "street": "address",
                "city": "city",
                "post_code": "zipcode",
                "country": "country",
                "born_on": "Date_of_Birth",
                "notes": "Extra_Information",
                "occupation": "Occupation",
                "emergency_contact": "Emergency_Contact",
                "medical_alerts": "Medical_Alerts",
                "relationships": "Relationships",
                "record_type": "Cliniko_Record_Type",
                "medicare_number": "Medicare_Number",
                "referral_source": "Referral_Source",
                "referred_by_patient": patient_of("Referred_By_ID"),
                "referred_by": contact_of("Referred_By_ID"),
                "referring_doctor": contact_of("Referring_Doctor_ID"),
                "insurer": insurer,
                "account": "account",
                "archived": "Archived_In_Cliniko",
                "billed_total": "Total_Billed",
                "created_at": "Cliniko_Created_At",
            },
        ),
        "contacts": Kind(
            "contacts",
            "Cliniko_Contact_ID",
            {
                "last_name": "last_name",
                "record_type": "Cliniko_Record_Type",
                "organisation": organisation,
                "specialty": "Specialty",
                "provider_number": "Provider_Number",
                "city": "city",
                "archived": "Archived_In_Cliniko",
            },
        ),
        "practitioners": Kind("contacts", "Cliniko_Practitioner_ID", {}),
        "payers": Kind("sales_accounts", "payer_id", {"name": "title", "city": "city", "phones": "Company_Phones"}),
        "companies": Kind("sales_accounts", "company_id", {}),
        "locations": Kind(
            "sales_accounts",
            "Location_ID",
            {
                "name": "title",
                "city": "city",
                "time_zone": "Location_Time_Zone",
                "contact_information": "Contact_Information",
                "reply_email": "Reply_Email",
                "archived": "Archived_In_Cliniko",
            },
        ),
        "types": Kind(
            "products",
            "type_id",
            {
                "name": "name",
                "billing_code": "product_code",
                "colour": "Colour",
                "duration_min": "Minutes",
                "archived": "archived",
            },
        ),
        "products": Kind(
            "products",
            "product_id",
            {"name": "name", "code": "product_code", "unit_price": "price", "stock": "Stock level"},
        ),
        "services": Kind("products", "service_id", {"name": "name", "item_type": "category", "unit_price": "price"}),
        "meetings": Kind(
            "visits",
            "cliniko_appointment_id",
            {
                **VISIT,
                "notes": words,
                "type": type_of,
                "location": place_of,
                "contradictory": "contradictory",
                "attendee_count": "Attendees",
            },
        ),
        "attendances": Kind("visits", "cliniko_attendee_id", {**VISIT, "class_id": "Class", "day": "day"}),
        "invoices": Kind(
            "deals",
            "Cliniko_Invoice_ID",
            {
                "owner": owner,
                "practitioner_id": "Practitioner_ID",
                "practitioner_name": "Practitioner",
                "number": "Invoice_Number",
                "issued_on": "Invoice_Date",
                "status": "Payment_Status",
                "original_number": "Original_Invoice",
                "lines": whole("invoices", "Cliniko_Invoice_ID", "Line_Items_Summary"),
                "total": "amount",
                "tax": "Tax_Amount",
                "net": "Net_Amount",
                "patient": "contact",
                "original": original,
                "line_count": "Line_Count",
            },
        ),
    }

    writes = {  # noqa: RUF012
        "POST": "/crm/sales/api/(?!filtered_search)", "PUT": "/crm/sales/api/", "DELETE": "/crm/sales/api/",
    }  # fmt: skip
    schema_path = "/crm/sales/api/settings"
    lost = {  # noqa: RUF012
        "/crm/sales/api/notes": 40, "/crm/sales/api/documents": 15,
        "/crm/sales/api/(?!notes|documents|cpq/products$)": 31,
    }  # fmt: skip
    """Most calls take one record, and what carries no key of ours is looked for a while later (FACTS 7).

    A product that is made without an answer is in no list, so it is left to a person: it has tests of its own.
    """

    @classmethod
    def prepared(cls, dumps: Dumps) -> Dumps:
        """Values under their fields' labels, ids with their object before them, what texts hold besides words.

        Fields are the administrator's: he made them, and a rollback leaves them. Files go out of sight with what they
        hang on.
        """
        found = {object: [_plain(object, row) for row in rows] for object, rows in dumps.items() if object != "fields"}
        labels = {
            (field["object"], field["name"]): (field["label"].replace(" ", "_"), field["type"])
            for field in dumps.get("fields", ())
        }
        for object in LISTED:
            for row in found.get(object, ()):
                row |= {
                    label: _value(kind, row["custom_field"].get(name))
                    for (of, name), (label, kind) in labels.items()
                    if of == object and name in row["custom_field"]
                }
        for row in found.get("sales_accounts", ()):
            row |= {KINDS[kind]: row["Cliniko_Contact_ID"]} if (kind := row["Account_Type"]) in KINDS else {}
        there = {row["id"] for object in LISTED for row in found.get(object, ())}
        found["documents"] = [row for row in found.get("documents", ()) if row["parent"] in there]
        found["visits"] = [*found.get("tasks", ()), *found.get("appointments", ())]
        return found

    @classmethod
    def id(cls, row: Row) -> str:
        return str(row["id"])

    def link(self, value: Any) -> str:
        return value or ""

    def typed(self, kind: str, key: str, word: str, value: str) -> Row:
        """Standard fields alone are typed into here."""
        return {**super().typed(kind, key, word, value), "id": self.raw(kind)[key]["id"].rpartition("/")[2]}

    def ids_of(self, kind: str) -> dict[str, str]:
        return {key: self.id(row) for key, row in self.raw(kind).items()}

    @cached_property
    def emails(self) -> dict[str, str]:
        return {row["id"]: row["email"] for row in self.dumps["users"]}

    def read_notes(self) -> list[Row]:
        return [
            {"title": note["title"], "text": note["body"], "markup": "", "parent": note["parent"]}
            for note in self.dumps["notes"]
        ]

    @cached_property
    def files(self) -> dict[str, File]:
        return self.files_by_mark(self.dumps["documents"], name="name", size="size", parent=lambda row: row["parent"])

    def own(self, patient: str, field: str) -> str | list[str]:
        value = self.raw("patients")[patient][field]
        return value if isinstance(value, list) else value or ""

    @classmethod
    def is_stamp(cls, field: str) -> bool:
        return field in STAMPS


def _value(kind: str, value: Any) -> Any:
    return (value.split(";") if value else []) if kind == "multi_select_dropdown" else value


def _plain(object: str, row: Row) -> Row:
    """A record with ids that say of what."""
    found = {**row, "id": f"{object}/{row['id']}"}
    found |= {name: f"{of}/{row[name]}" for name, of in LINKS.items() if row.get(name)}
    return found | READERS.get(object, lambda row: {})(row)


def _contact(row: Row) -> Row:
    accounts = {one["is_primary"]: f"sales_accounts/{one['id']}" for one in row["sales_accounts"]}
    assert len(accounts) == len(row["sales_accounts"]), "more accounts than a location and a company"
    return {
        "sales_accounts": sorted(accounts.values()),
        "account": accounts.get(True),
        "second_account": accounts.get(False),
    }


def _account(row: Row) -> Row:
    return {"title": NAME_MARK.sub("", row["name"])}


def _deal(row: Row) -> Row:
    [contact] = row["contact_ids"]
    return {"contact": f"contacts/{contact}", "contact_ids": [f"contacts/{contact}"]}


def _product(row: Row) -> Row:
    """The price in the account's currency; what has no field stands in the description, and our key in the SKU."""
    [price] = [one["unit_price"] for one in row["product_pricings"]] or [None]
    key = SKU.fullmatch(row["sku_number"])
    assert key, "a product without the clinic's id"
    name = {"products": "product_id", "billable_items": "service_id", "appointment_types": "type_id"}[key[1]]
    told = _told((row["description"] or "").split("\n"))
    minutes = {"Minutes": int(told["Minutes"])} if "Minutes" in told else {}
    return {**told, **minutes, "price": price, name: key[2], "archived": not row["is_active"]}


def _task(row: Row) -> Row:
    """Due when it began; the end stands in words."""
    starts_at = datetime.fromisoformat(row["due_date"])
    told = _visit(row)
    ends = told["End"]
    title, separator, state = row["title"].rpartition(SEPARATOR)
    assert separator, "a title without a status"
    assert state == told["Status"], "title and description disagree"
    return {**told, "type_name": title, "starts_at": row["due_date"], "ends_at": _end(ends, starts_at).isoformat()}


def _appointment(row: Row) -> Row:
    """One that lies ahead is titled by its type alone, a class by its status too; who attends is no patient."""
    told = _visit(row)
    users = [one["attendee_id"] for one in row["attendees"]]
    assert {one["attendee_type"] for one in row["attendees"]} <= {"FdMultitenant::User"}, "a patient was invited"
    title, separator, state = row["title"].rpartition(SEPARATOR)
    return {
        **told,
        "type_name": title if separator and state == told["Status"] else row["title"],
        "starts_at": row["from_date"],
        "ends_at": row["end_date"],
        "owner_id": f"users/{users[0]}" if users else None,
    }


def _visit(row: Row) -> Row:
    """What has no field stands in the description, and the clinic's id at its end."""
    key = KEY_LINE.search(row["description"])
    assert key, "a visit without the clinic's id"
    body = row["description"][: key.start()]
    lines = body.partition("\n\n")[0].split("\n")
    told = _told(lines)
    parent = _target(row)
    return {
        **{name: told.get(name) for name in ("Practitioner", "Practitioner id", "Location")},
        **told,
        f"cliniko_{key[1]}_id": key[2],
        "contact": parent if parent.startswith("contacts/") else None,
        "account": parent if parent.startswith("sales_accounts/") else None,
        "day": told["Start"][:10],
        "words": body,
        "contradictory": CONTRADICTORY in lines,
        "Attendees": int(told["Attendees"]) if "Attendees" in told else None,
    }


def _end(told: str, starts_at: datetime) -> datetime:
    """A local time that comes twice, when clocks go back, is the first one after the start."""
    match = WHEN.fullmatch(told)
    assert match, told
    local = datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(match[2]))
    first, second = (datetime.fromtimestamp(local.replace(fold=fold).timestamp(), starts_at.tzinfo) for fold in (0, 1))
    return first if first > starts_at - timedelta(seconds=1) else second


def _told(lines: Iterable[str]) -> dict[str, str]:
    """Lines that begin with what they tell."""
    return {label: value for label, separator, value in (line.partition(": ") for line in lines) if separator}


def _note(row: Row) -> Row:
    """A note has no title: it is the first line."""
    title, gap, body = row["description"].partition("\n\n")
    assert gap, "a note without a title"
    return {"title": title, "body": body, "parent": _target(row)}


def _file(row: Row) -> Row:
    return {"parent": f"{TARGETS[row['targetable_type']]}/{row['targetable_id']}"}


def _target(row: Row) -> str:
    [target] = row["targetables"]
    return f"{TARGETS[target['type']]}/{target['id']}"


def _user(row: Row) -> Row:
    return {"name": row["email"]}


READERS: dict[str, Callable[[Row], Row]] = {
    "users": _user,
    "contacts": _contact,
    "sales_accounts": _account,
    "deals": _deal,
    "products": _product,
    "tasks": _task,
    "appointments": _appointment,
    "notes": _note,
    "documents": _file,
}
