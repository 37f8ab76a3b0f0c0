"""Pipedrive in the words that all destinations share."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from crm import Crm, Dumps, File, Kind, Row
from seen import seen

FIELDS = {"persons": "personFields", "organizations": "organizationFields", "products": "productFields"}
LINKS = {"people": "persons", "org": "organizations", "user": "users"}
"""What custom fields of these types point to."""
STANDARD_LINKS = {"owner_id": "users", "user_id": "users", "creator_user_id": "users", "org_id": "organizations",
                  "person_id": "persons"}  # fmt: skip
MADE_BY_US = frozenset({"activities", "products", "files", "activityTypes"})
"""Their time of creation is that of the move: it cannot be set."""
TODAY = datetime.now(UTC).strftime("%Y-%m-%d")
"""A note made since then was given no moment of its own, and tells when it arrived: a long field's text."""
STAMPS = frozenset({
    "update_time", "marked_as_done_time", "last_login", "created", "modified", "field_code", "file_name", "remote_id",
    "url", "participants", "prices", "custom_fields",
})  # fmt: skip
"""Also names that are made up anew each time, and what stands under a plainer name as well."""
KEY_LINE = re.compile(r"<p>Cliniko (appointment|attendee): (\d+)</p>$")
TITLE = re.compile(r"<p><b>(.*?)</b></p>", re.DOTALL)
SEPARATOR = " · "
LISTS = {"invoices": "cliniko-invoices_", "messages": "cliniko-messages_"}
"""What stands in files in place of records, and how the files' names begin."""
KEYS = {"invoices": "cliniko_invoice_id", "messages": "cliniko_message_id"}
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet would execute: such a cell has an apostrophe before it."""
PHONE_FIELDS = ("phone_mobile", "phone_home", "phone_work", "phone_other", "Fax")
CONTRADICTORY = "Marked both as arrived and as did not arrive"


def kept_as_typed(*fields: str) -> Callable[[PipedriveCrm, Row], str]:
    """What was no address or number is a note on the person."""
    return lambda crm, row: "\n".join(
        filter(None, (crm.text("patients", row["Cliniko_Patient_ID"], field) for field in fields))
    )


def is_archived(crm: PipedriveCrm, row: Row) -> bool:
    """Yes-or-no fields are lists of both words."""
    return {"Yes": True, "No": False}[row["Archived_In_Cliniko"]]


def first_line(name: str) -> Callable[[PipedriveCrm, Row], str]:
    return lambda crm, row: (row[name] or "").partition("\n")[0]


def type_of(crm: PipedriveCrm, row: Row) -> str:
    """An activity has its type's word; the Product of that very name is the type's record (row P9)."""
    name = crm.type_names[row["type"]]
    [found] = [one for one in crm.raw("types").values() if one["name"] == name]
    return str(found["id"])


def owner(crm: PipedriveCrm, row: Row) -> str:
    return crm.emails[row["owner_id"]]


def nobody(crm: PipedriveCrm, row: Row) -> str:
    """Lines of a file have no owner; the practitioner stands in them (row P5)."""
    return ""


def original(crm: PipedriveCrm, row: Row) -> str:
    """A credit names its invoice by its number."""
    number = row["Credit of invoice"]
    return next((crm.id(one) for one in crm.raw("invoices").values() if number and one["Invoice"] == number), "")


def line_count(crm: PipedriveCrm, row: Row) -> int:
    return len(row["Items"].splitlines())


ACTIVITY: dict[str, Any] = {
    "owner": owner,
    "practitioner_id": "Practitioner id",
    "practitioner_name": "Practitioner",
    "title": "title",
    "state": "Status",
    "patient": "person_id",
    "starts_at": "starts_at",
    "ends_at": "ends_at",
}


class PipedriveCrm(Crm):
    """Persons, Organizations for locations and payers, Products, Activities, Notes and Files."""

    vendor = "pipedrive"
    twin_options = ("--unlimited", "--edition", "ultimate", "--user", "second@example.com")
    """The plan with room for all fields of the clinic's own, and two seats' tokens: there and back in a day."""
    objects = (
        "persons", "organizations", "products", "activities", "notes", "files", "deals", "leads", "users",
        "activityTypes", "personFields", "organizationFields", "productFields", "texts",
    )  # fmt: skip
    maps = {  # noqa: RUF012
        "patients": "P1", "meetings": "P3", "invoices": "P5", "notes": "P4", "files": "P8", "messages": "P10",
    }  # fmt: skip
    names_most = {"name": 255}  # noqa: RUF012
    note_most = 100_000
    own_text_most = 65_000
    file_most = 50 * 2**20
    file_name_most = 240
    own_standard_fields = frozenset({"name", "email", "phone", "owner_id", "id"})
    choices_as_text = {}  # noqa: RUF012
    never_removed = frozenset()
    kinds = {  # noqa: RUF012
        "patients": Kind(
            "persons",
            "Cliniko_Patient_ID",
            {
                "name": "name",
                "first_name": "first_name",
                "last_name": "last_name",
                "email": "email",
                "email_as_typed": kept_as_typed("email"),
                "phone_mobile": "phone_mobile",
                "phone_home": "phone_home",
                "phone_work": "phone_work",
                "phone_other": "phone_other",
                "phone_fax": "Fax",
                "phones_as_typed": kept_as_typed(*PHONE_FIELDS),
                "phones_further": "Cliniko_Other_Phones",
                "street": first_line("Address"),
                "city": "City",
                "post_code": "Post_Code",
                "country": "Country",
                "born_on": "Date_of_Birth",
                "notes": "Extra_Information",
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
                "account": "org_id",
                "archived": is_archived,
                "billed_total": "Total_Billed",
                "created_at": "add_time",
            },
        ),
        "contacts": Kind(
            "persons",
            "Cliniko_Contact_ID",
            {
                "last_name": "last_name",
                "record_type": "Cliniko_Record_Type",
                "organisation": "Organisation",
                "specialty": "Specialty",
                "provider_number": "Provider_Number",
                "city": "Address",
                "archived": is_archived,
            },
        ),
        "payers": Kind(
            "organizations", "Cliniko_Contact_ID", {"name": "name", "city": "address", "phones": "Cliniko_Phones"}
        ),
        "locations": Kind(
            "organizations",
            "Cliniko_Business_ID",
            {
                "name": "name",
                "city": "address",
                "time_zone": "Time_Zone",
                "contact_information": "Contact_Information",
                "reply_email": "Reply_Email",
                "archived": is_archived,
            },
        ),
        "types": Kind(
            "products",
            "Cliniko_Type_ID",
            {
                "name": "name",
                "billing_code": "code",
                "colour": "Colour",
                "duration_min": "Duration_Minutes",
                "archived": is_archived,
            },
        ),
        "products": Kind(
            "products",
            "Cliniko_Product_ID",
            {"name": "name", "code": "code", "unit_price": "price", "stock": "Quantity_In_Stock"},
        ),
        "services": Kind(
            "products", "Cliniko_Item_ID", {"name": "name", "item_type": "Item_Type", "unit_price": "price"}
        ),
        "meetings": Kind(
            "activities",
            "cliniko_appointment_id",
            {
                **ACTIVITY,
                "notes": "words",
                "type": type_of,
                "location": "org_id",
                "contradictory": "contradictory",
                "attendee_count": "Attendees",
            },
        ),
        "attendances": Kind("activities", "cliniko_attendee_id", {**ACTIVITY, "class_id": "Class", "day": "day"}),
        "invoices": Kind(
            "invoices",
            "cliniko_invoice_id",
            {
                "owner": nobody,
                "practitioner_id": "Practitioner id",
                "practitioner_name": "Practitioner",
                "number": "Invoice",
                "issued_on": "Issued",
                "status": "Status",
                "original_number": "Credit of invoice",
                "lines": "Items",
                "total": "Total",
                "tax": "Tax",
                "net": "Net",
                "patient": "person_id",
                "original": original,
                "line_count": line_count,
            },
        ),
        "messages": Kind("messages", "cliniko_message_id", {}),
    }

    writes = {  # noqa: RUF012
        "POST": "/(api/)?v[12]/", "PUT": "/(api/)?v[12]/", "PATCH": "/(api/)?v[12]/", "DELETE": "/(api/)?v[12]/",
    }  # fmt: skip
    schema_path = r"/(api/)?v[12]/(\w+Fields|activityTypes)"
    lost = {r"/api/v1/notes": 40, r"/api/v1/files": 15, r"/api/v[12]/(?!notes|files)": 31}  # noqa: RUF012
    """A call takes one record, and what carries no key of ours is looked for a while later (FACTS 9)."""

    @classmethod
    def prepared(cls, dumps: Dumps) -> Dumps:
        """Fields under their names, options in their words, ids with their object before them.

        A type of activities that is switched off counts as gone: deleting does no more (row P9).
        """
        found = {object: [_plain(object, row) for row in rows] for object, rows in dumps.items()}
        found["activityTypes"] = [row for row in found.get("activityTypes", ()) if row["active_flag"]]
        for object, begins in LISTS.items():
            found[object] = list(_listed(object, begins, found.get("files", ()), dumps.get("texts", ())))
        for object, fields in FIELDS.items():
            readers = [_Field(field) for field in dumps.get(fields, ()) if field["is_custom_field"]]
            for row in found.get(object, ()):
                row |= {field.name: field.read(row["custom_fields"].get(field.code)) for field in readers}
        return found

    @classmethod
    def id(cls, row: Row) -> str:
        return str(row.get("id") or row["field_code"])

    def link(self, value: Any) -> str:
        return value or ""

    def typed(self, kind: str, key: str, word: str, value: str) -> Row:
        object, name = self.place(kind, word)
        id = int(self.raw(kind)[key]["id"].rpartition("/")[2])
        return {"object": object, "id": id, "fields": {"custom_fields": {self._codes[object, name]: value}}}

    @cached_property
    def _codes(self) -> dict[tuple[str, str], str]:
        return {
            (object, _name(field)): field["field_code"] for object, of in FIELDS.items() for field in self.dumps[of]
        }

    @cached_property
    def type_names(self) -> dict[str, str]:
        return {row["key_string"]: row["name"] for row in self.dumps["activityTypes"]}

    @cached_property
    def emails(self) -> dict[str, str]:
        return {row["id"]: row["email"] for row in self.dumps["users"]}

    def read_notes(self) -> list[Row]:
        return [
            {
                "title": note["title"],
                "text": seen(note["body"]),
                "markup": note["content"],
                "parent": note["person_id"] or note["org_id"],
            }
            for note in self.dumps["notes"]
        ]

    @cached_property
    def files(self) -> dict[str, File]:
        attached = [row for row in self.dumps["files"] if not row["name"].startswith(tuple(LISTS.values()))]
        return self.files_by_mark(attached, name="name", size="file_size", parent=lambda row: row["person_id"])

    def own(self, patient: str, field: str) -> str | list[str]:
        value = self.raw("patients")[patient][field]
        return value if isinstance(value, list) else value or ""

    @classmethod
    def is_stamp(cls, field: str) -> bool:
        return field in STAMPS


class _Field:
    """How one custom field is read."""

    def __init__(self, field: Row) -> None:
        self.name, self.code, self.type = _name(field), field["field_code"], field["field_type"]
        self.labels = {option["id"]: option["label"] for option in field["options"] or ()}

    def read(self, value: Any) -> Any:
        if value is None:
            return None
        if self.labels:
            return [self.labels[id] for id in value] if isinstance(value, list) else self.labels[value]
        if self.type in LINKS:
            return f"{LINKS[self.type]}/{value}"
        return value["value"] if isinstance(value, dict) else value


def _name(field: Row) -> str:
    """As the mapping calls it: labels are for people."""
    return str(field["field_name"]).replace(" ", "_")


def _plain(object: str, row: Row) -> Row:
    """A record with ids that say of what, and what its texts hold besides words."""
    found = {**row, **{name: f"{of}/{row[name]}" for name, of in STANDARD_LINKS.items() if row.get(name)}}
    if "id" in row:
        found["id"] = f"{object}/{row['id']}"
    if object in MADE_BY_US:
        del found["add_time"]
    if object == "notes" and found["add_time"][:10] >= TODAY:
        found["add_time"] = ""
    return found | READERS.get(object, lambda row: {})(row)


def _person(row: Row) -> Row:
    return {
        "email": _first(row["emails"], "work"),
        **{f"phone_{label}": _first(row["phones"], label) for label in ("mobile", "home", "work", "other")},
    }


def _first(items: Iterable[Row], label: str) -> str:
    return next((item["value"] for item in items if item["label"] == label), "")


def _organization(row: Row) -> Row:
    return {"address": row["address"]["value"] if row["address"] else None}


def _product(row: Row) -> Row:
    [price] = row["prices"]
    return {"price": price["price"], "cost": price["cost"]}


def _activity(row: Row) -> Row:
    """The end follows from the duration; what else has no field stands in the note, and the clinic's id at its end."""
    starts_at = datetime.fromisoformat(f"{row['due_date']}T{row['due_time'] or '00:00:00'}Z")
    hours, minutes, _ = map(int, row["duration"].split(":"))
    key = KEY_LINE.search(row["note"])
    assert key, "an activity without the clinic's id"
    head, _, rest = row["note"][: key.start()].partition("</p>")
    told = _told(head)
    title, separator, state = row["subject"].rpartition(SEPARATOR)
    assert separator, "a subject without a status"
    assert state == told["Status"], "subject and note disagree"
    return {
        **told,
        f"cliniko_{key[1]}_id": key[2],
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=hours, minutes=minutes)).isoformat(),
        "day": told["Start"][:10],
        "title": title,
        "words": seen(rest),
        "contradictory": CONTRADICTORY in head,
        "Attendees": int(told["Attendees"]) if "Attendees" in told else None,
    }


def _listed(object: str, begins: str, files: Iterable[Row], texts: Iterable[Row]) -> Iterator[Row]:
    """The lines of all files of a kind. A person has one such file."""
    words = {f"files/{row['id']}": row["text"] for row in texts}
    mine = [row for row in files if row["name"].startswith(begins)]
    assert len(mine) == len({row["person_id"] for row in mine}), "a person has two lists of a kind"
    for file in mine:
        for line in csv.DictReader(io.StringIO(words[file["id"]], newline="")):
            cells = {name: _cell(value) for name, value in line.items()}
            id = cells["Cliniko id"]
            yield {**cells, "id": f"{object}/{id}", KEYS[object]: id, "person_id": file["person_id"]}


def _cell(value: str) -> str:
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(RISKY) else value


def _told(head: str) -> dict[str, str]:
    """Lines that begin with what they tell."""
    return {label: value for label, _, value in (line.partition(": ") for line in seen(head).split("\n"))}


def _note(row: Row) -> Row:
    """A note has no title: it is the first line, in bold."""
    title = TITLE.match(row["content"])
    assert title, "a note without a title"
    return {"title": seen(title[1]), "body": row["content"][title.end() :]}


def _field(row: Row) -> Row:
    """Options have numbers that differ from company to company."""
    return {"options": [option["label"] for option in row["options"] or ()]}


READERS: dict[str, Callable[[Row], Row]] = {
    "persons": _person,
    "organizations": _organization,
    "products": _product,
    "activities": _activity,
    "notes": _note,
    **dict.fromkeys(FIELDS.values(), _field),
}
