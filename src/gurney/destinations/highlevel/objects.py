"""The objects that we write, with the fields that they have without anybody making them (FACTS 3 to 8).

Notes and tasks stand under their contact and are known by both ids, 'contact/note'; files are entries of one field of
their contact. Fields that begin with dnd_, the keys of appointments and tasks, and an appointment's `calendar` stand
for places inside something else (see `places`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gurney.destinations import plain
from gurney.destinations.highlevel import places, values
from gurney.destinations.highlevel.limits import data, limit
from gurney.destinations.highlevel.markup import KeyLines
from gurney.destinations.highlevel.places import Place
from gurney.records import Link, Value
from gurney.schema import FieldSchema, FieldType

CONTACTS, NOTES, FILES, TASKS = "contacts", "notes", "files", "tasks"
APPOINTMENTS, INVOICES, USERS = "appointments", "invoices", "users"
CUSTOM_OBJECT = "custom_objects."
OWNER = "assignedTo"
CALENDAR, STATUS, CONTACT = "calendar", "status", "contact"
STATUSES = ("new", "confirmed", "cancelled", "showed", "noshow", "invalid")
TITLE = "name"
"""The property that a new custom object has from the start: what a record is called."""
FILES_FIELD = "cliniko_files"
"""The contact's field that files of ours are entries of."""
HANGING = frozenset({NOTES, FILES})
APPOINTMENT_KEYS = KeyLines(data()["appointment_keys"])
TASK_KEYS = KeyLines(data()["task_keys"])
STAND_INS: dict[str, str] = data()["stand_ins"]


@dataclass(frozen=True, slots=True)
class Resource:
    """How one object is reached, by the names of the vendor's specification."""

    name: str
    label: str
    create: str
    one: str
    """The path of one record."""
    answers: str
    """Under which word an answer holds the record; '' where it is the whole answer."""
    owner: str = OWNER
    """What the vendor calls the owner; '' where there is none."""

    @property
    def is_custom(self) -> bool:
        return self.name.startswith(CUSTOM_OBJECT)


RESOURCES = {
    resource.name: resource
    for resource in (
        Resource(CONTACTS, "Contacts", "POST /contacts/", "/contacts/{contactId}", "contact"),
        Resource(
            NOTES, "Notes", "POST /contacts/{contactId}/notes", "/contacts/{contactId}/notes/{id}", "note", "userId"
        ),
        Resource(FILES, "Files", "POST /forms/upload-custom-files", "/contacts/{contactId}", "contact", ""),
        Resource(TASKS, "Tasks", "POST /contacts/{contactId}/tasks", "/contacts/{contactId}/tasks/{taskId}", "task"),
        Resource(
            APPOINTMENTS,
            "Appointments",
            "POST /calendars/events/appointments",
            "/calendars/events/appointments/{eventId}",
            "",
            "assignedUserId",
        ),
        Resource(INVOICES, "Invoices", "POST /invoices/", "/invoices/{invoiceId}", "", ""),
    )
}
RECORD = "/objects/{schemaKey}/records"


def resource(name: str) -> Resource | None:
    """How an object is reached; None where there is none of that name."""
    if name.startswith(CUSTOM_OBJECT):
        return Resource(name, name, f"POST {RECORD}", f"{RECORD}/{{id}}", "record", "owner")
    return RESOURCES.get(name)


Standard = tuple[FieldSchema, Place]


def _text(name: str, label: str, *, long: bool = False, required: bool = False) -> Standard:
    most = limit("long_text_chars" if long else "text_chars")
    schema = FieldSchema(name, label, FieldType.LONG_TEXT if long else FieldType.TEXT, most, required=required)
    return schema, places.as_is(name, plain.text, plain.read_text)


def _flag(name: str, label: str, place: Place) -> Standard:
    return FieldSchema(name, label, FieldType.BOOLEAN), place


def owner_place(wire: str) -> Standard:
    """Who owns a record; a record of a custom object lists one."""

    def put(body: places.Body, value: Value) -> None:
        id = value.id if isinstance(value, Link) else str(value or "")
        body[wire] = ([id] if id else []) if wire == "owner" else id

    def get(row: places.Row) -> Value:
        told = row.get(wire)
        id = told[0] if isinstance(told, list) and told else told
        return Link(USERS, str(id)) if id and not isinstance(id, list) else None

    return FieldSchema(OWNER, "Owner", FieldType.OWNER, lookup_to=USERS), Place(put, get)


def contact_fields() -> list[Standard]:
    """What every contact has (FACTS 4.1). `gender` is left out: it is written, and never read."""
    birth = FieldSchema("dateOfBirth", "Date of birth", FieldType.DATE)
    email = FieldSchema("email", "Email", FieldType.EMAIL, limit("text_chars"))
    phone = FieldSchema("phone", "Phone", FieldType.PHONE, limit("text_chars"))
    return [
        _text("firstName", "First name"),
        _text("lastName", "Last name"),
        (email, places.as_is("email", plain.text, plain.read_text)),
        (phone, places.as_is("phone", plain.text, plain.read_text)),
        (birth, places.as_is("dateOfBirth", plain.day, plain.read_day)),
        _text("address1", "Street address"),
        _text("city", "City"),
        _text("state", "State"),
        _text("postalCode", "Postal code"),
        (FieldSchema("country", "Country", FieldType.TEXT, 2), places.as_is("country", plain.text, plain.read_text)),
        _text("website", "Website"),
        _text("companyName", "Company name"),
        _text("source", "Source"),
        _flag("dnd_email", "Do not disturb: email", places.do_not_disturb("Email")),
        _flag("dnd_sms", "Do not disturb: SMS", places.do_not_disturb("SMS")),
        owner_place(OWNER),
    ]


def note_fields() -> list[Standard]:
    title = FieldSchema("title", "Title", FieldType.TEXT, limit("note_title_chars"))
    body = FieldSchema("body", "Body", FieldType.RICH_TEXT, limit("note_chars"), required=True)
    return [
        (title, places.as_is("title", plain.text, plain.read_text)),
        (body, places.as_is("body", plain.text, plain.read_text)),
        owner_place("userId"),
    ]


def task_fields() -> list[Standard]:
    """Title, text, day and done: tasks have nothing else (FACTS 0.4)."""
    body = FieldSchema("body", "Body", FieldType.LONG_TEXT, limit("description_chars"))
    return [
        _text("title", "Title", required=True),
        (body, places.keyed_text("body", TASK_KEYS)),
        (FieldSchema("dueDate", "Due date", FieldType.DATETIME, required=True), places.moments("dueDate")),
        _flag("completed", "Completed", places.as_is("completed", bool, lambda value: bool(value))),
        *_keys("body", TASK_KEYS, data()["task_keys"]),
        _parent(),
        owner_place(OWNER),
    ]


def appointment_fields(calendars: values.Options) -> list[Standard]:
    """Times, status and a description; which calendar stands for which appointment type is told by name (FACTS 6)."""
    calendar = FieldSchema(CALENDAR, "Calendar", FieldType.PICKLIST, options=tuple(calendars.keys), required=True)
    place = places.as_is(
        "calendarId", values.one_of(CALENDAR, calendars), lambda value: calendars.label(value) if value else None
    )
    status = FieldSchema(STATUS, "Status", FieldType.PICKLIST, options=STATUSES, required=True)
    told = places.as_is("appointmentStatus", plain.text, plain.read_text)
    text = FieldSchema("description", "Description", FieldType.LONG_TEXT, limit("description_chars"))
    return [
        _text("title", "Title"),
        (calendar, place),
        (FieldSchema("start", "Start", FieldType.DATETIME, required=True), places.moments("startTime")),
        (FieldSchema("end", "End", FieldType.DATETIME), places.moments("endTime")),
        (status, told),
        (text, places.keyed_text("description", APPOINTMENT_KEYS)),
        _text("address", "Address"),
        *_keys("description", APPOINTMENT_KEYS, data()["appointment_keys"]),
        _parent(),
        owner_place("assignedUserId"),
    ]


def file_fields() -> dict[str, FieldSchema]:
    return {
        "name": FieldSchema("name", "File name", FieldType.TEXT, limit("file_name_chars")),
        "size_bytes": FieldSchema("size_bytes", "Bytes", FieldType.INTEGER, writable=False),
        "sha256": FieldSchema("sha256", "Checksum", FieldType.TEXT, writable=False),
    }


def user_fields() -> dict[str, FieldSchema]:
    return {
        "email": FieldSchema("email", "Email", FieldType.EMAIL, limit("text_chars"), required=True),
        "name": FieldSchema("name", "Name", FieldType.TEXT, limit("text_chars")),
    }


def _keys(wire: str, lines: KeyLines, labels: dict[str, str]) -> Sequence[Standard]:
    return [
        (FieldSchema(name, label, FieldType.TEXT, limit("text_chars")), places.key_in_text(wire, lines, name))
        for name, label in labels.items()
    ]


def _parent() -> Standard:
    """The contact that an appointment or task belongs to."""

    def put(body: places.Body, value: Value) -> None:
        body["contactId"] = value.id if isinstance(value, Link) else str(value or "")

    def get(row: places.Row) -> Value:
        id = row.get("contactId")
        return Link(CONTACTS, str(id)) if id else None

    return FieldSchema(CONTACT, "Contact", FieldType.LOOKUP, required=True, lookup_to=CONTACTS), Place(put, get)


def with_keys(body: places.Body, lines: KeyLines, wire: str, before: dict[str, str]) -> None:
    """Write the collected keys, and those that were there, into the text that carries them."""
    keys = before | body.pop(places.KEYS, {})
    if keys:
        body[wire] = lines.added(str(body.get(wire) or ""), keys)


def contact_of(id: str) -> str:
    """The contact in the id of a note or task."""
    return id.partition("/")[0]


def own_of(id: str) -> str:
    """A note's or task's own id."""
    return id.partition("/")[2]
