"""HighLevel in the words that all destinations share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any
from uuid import UUID, uuid3, uuid5

from crm import Crm, Dumps, File, Kind, Row, both
from seen import seen

OURS = "custom_objects.cliniko_"
LOCATIONS, PAYERS, SERVICES = f"{OURS}location", f"{OURS}insurance_provider", f"{OURS}service"
PROFILES, CLASSES, INVOICES = f"{OURS}patient_profile", f"{OURS}class", f"{OURS}invoice"
CUSTOM_OBJECTS = (LOCATIONS, PAYERS, SERVICES, PROFILES, CLASSES, INVOICES)
STAMPS = frozenset({
    "dateAdded", "dateUpdated", "createdAt", "updatedAt", "createdBy", "lastUpdatedBy", "lastActivity", "customFields",
    "properties", "documentId", "url",
})  # fmt: skip
"""Also what stands under a plainer name as well, and where the vendor lays a file's bytes."""
KEY_LINE = re.compile(r"\n?Cliniko (appointment|attendee): (\d+)$")
SEPARATOR = " · "
CONTRADICTORY = "Marked both as arrived and as did not arrive"
YES_NO = {"Yes": True, "No": False}
LINKS_MOST = 1_000
"""Records that one side of a label takes (FACTS 0.6)."""
FILE_NAMES = UUID("6f0c1d1e-5a1b-4c55-9f0e-6a8f6e1c7b11")
"""The room in which our files' ids are made."""


def email(crm: HighLevelCrm, row: Row) -> str:
    """HighLevel has an address once (FACTS 0.1): of relatives who share one, the others have it in a field of ours."""
    beside = (row.get("email_as_in_cliniko") or "").lower()
    return row.get("email") or (beside if beside in crm.addresses else "")


def email_as_typed(crm: HighLevelCrm, row: Row) -> str:
    """What was no address is a note on the contact."""
    return crm.text("patients", row["cliniko_patient_id"], "email")


def phones_as_typed(crm: HighLevelCrm, row: Row) -> str:
    return row.get("phone_as_in_cliniko") or ""


def is_archived(crm: HighLevelCrm, row: Row) -> bool:
    """Yes-or-no fields are lists of both words."""
    return YES_NO[row["archived_in_cliniko"]]


def of_profile(name: str) -> Callable[[HighLevelCrm, Row], Any]:
    """What stands on the patient's profile (row H2)."""
    return lambda crm, row: crm.raw("profiles")[row["cliniko_patient_id"]].get(name)


def place_named(field: str) -> Callable[[HighLevelCrm, Row], str]:
    """Where a location is named by its name alone (row H12), the id of its record."""
    return lambda crm, row: crm.places.get(row.get(field) or "", "")


def insurer(crm: HighLevelCrm, row: Row) -> str:
    """A payer has 1,000 links at most (FACTS 0.6): for further patients the profile says whom they have (row H11)."""
    id = crm.raw("profiles")[row["cliniko_patient_id"]].get("insurance_provider_id")
    return row.get("insurer") or (str(crm.raw("payers")[id]["id"]) if id else "")


def type_of(crm: HighLevelCrm, row: Row) -> str:
    """The calendar has the type's name, and so has the type's record (row H5)."""
    [found] = [one for one in crm.raw("types").values() if one["name"] == row["type"]]
    return str(found["id"])


def owner(crm: HighLevelCrm, row: Row) -> str:
    return crm.emails[row["owner"]] if row["owner"] else ""


def notes(crm: HighLevelCrm, row: Row) -> str:
    """A description that is too long is a note on the contact."""
    return crm.text("individual_appointments", row.get("cliniko_appointment_id", ""), "description") or row["words"]


def original(crm: HighLevelCrm, row: Row) -> str:
    """A credit names its invoice by its number."""
    number = row.get("original_invoice")
    return next((one["id"] for one in crm.raw("invoices").values() if number and one["invoice_number"] == number), "")


VISIT: dict[str, Any] = {
    "owner": owner,
    "practitioner_id": "Practitioner id",
    "practitioner_name": "Practitioner",
    "title": "title",
    "state": "Status",
    "patient": "contactId",
    "starts_at": "startTime",
    "ends_at": "endTime",
}


class HighLevelCrm(Crm):
    """Contacts with notes and files, appointments on calendars, custom objects for the rest, relations between them."""

    vendor = "highlevel"
    twin_options = ("--unlimited", "--scale", "20")
    scale = 20
    """What was written is looked for in searches a quarter of a minute later (FACTS 0.7): that takes less here."""
    objects = (
        "contacts", "notes", "tasks", "appointments", "files", "relations", *CUSTOM_OBJECTS, "invoices",
        "opportunities", "businesses", "calendars", "customFields", "folders", "objects", "associations", "workflows",
        "users", "notifications",
    )  # fmt: skip
    maps = {  # noqa: RUF012
        "patients": "H1", "meetings": "H4", "invoices": "H7", "notes": "H6", "files": "H10",
    }  # fmt: skip
    names_most = {"first_name": 500, "last_name": 500}  # noqa: RUF012
    note_most = 65_000
    own_text_most = 20_000
    file_most = 50 * 2**20
    file_name_most = 200
    own_standard_fields = frozenset({"email", "phone", "source", "assignedTo", "id", "dateOfBirth", "country"})
    choices_as_text = {}  # noqa: RUF012
    never_removed = frozenset(CUSTOM_OBJECTS)
    in_the_bin = frozenset({"contacts"})
    kinds = {  # noqa: RUF012
        "patients": Kind(
            "contacts",
            "cliniko_patient_id",
            {
                "name": both("firstName", "lastName"),
                "first_name": "firstName",
                "last_name": "lastName",
                "email": email,
                "email_as_typed": email_as_typed,
                "phone_mobile": "phone_mobile",
                "phone_home": "phone_home",
                "phone_work": "phone_work",
                "phone_other": "phone_other",
                "phone_fax": "fax",
                "phones_as_typed": phones_as_typed,
                "phones_further": "all_phones",
                "street": "address1",
                "city": "city",
                "post_code": "postalCode",
                "country": "country_as_in_cliniko",
                "born_on": "dateOfBirth",
                "notes": "extra_information",
                "occupation": "occupation",
                "emergency_contact": of_profile("emergency_contact"),
                "medical_alerts": "medical_alerts",
                "relationships": "relationships",
                "record_type": "cliniko_record_type",
                "medicare_number": of_profile("medicare_number"),
                "referral_source": of_profile("referral_source"),
                "referred_by_patient": "referred_by_patient",
                "referred_by": "referred_by",
                "referring_doctor": "referring_doctor",
                "insurer": insurer,
                "account": place_named("location"),
                "archived": is_archived,
                "billed_total": of_profile("total_billed"),
                "created_at": "cliniko_created_at",
            },
        ),
        "contacts": Kind(
            "contacts",
            "cliniko_contact_id",
            {
                "last_name": "lastName",
                "record_type": "cliniko_record_type",
                "organisation": "organisation",
                "specialty": "specialty",
                "provider_number": "provider_number",
                "city": "city",
                "archived": is_archived,
            },
        ),
        "payers": Kind(PAYERS, "cliniko_contact_id", {"name": "name", "city": "address", "phones": "phones"}),
        "locations": Kind(
            LOCATIONS,
            "cliniko_business_id",
            {
                "name": "name",
                "city": "address",
                "time_zone": "time_zone",
                "contact_information": "contact_information",
                "reply_email": "reply_email",
                "archived": is_archived,
            },
        ),
        "types": Kind(
            SERVICES,
            "cliniko_type_id",
            {
                "name": "name",
                "billing_code": "code",
                "colour": "colour",
                "duration_min": "duration_minutes",
                "archived": is_archived,
            },
        ),
        "products": Kind(
            SERVICES,
            "cliniko_product_id",
            {"name": "name", "code": "code", "unit_price": "price", "stock": "quantity_in_stock"},
        ),
        "services": Kind(SERVICES, "cliniko_item_id", {"name": "name", "item_type": "category", "unit_price": "price"}),
        "meetings": Kind(
            "visits",
            "cliniko_appointment_id",
            {
                **VISIT,
                "notes": notes,
                "type": type_of,
                "location": place_named("Location"),
                "contradictory": "contradictory",
                "attendee_count": "attendee_count",
            },
        ),
        "attendances": Kind("visits", "cliniko_attendee_id", {**VISIT, "class_id": "Class", "day": "day"}),
        "invoices": Kind(
            INVOICES,
            "cliniko_invoice_id",
            {
                "owner": owner,
                "practitioner_id": "practitioner_id",
                "practitioner_name": "practitioner",
                "number": "invoice_number",
                "issued_on": "issue_date",
                "status": "payment_status",
                "original_number": "original_invoice",
                "lines": "lines",
                "total": "total",
                "tax": "tax",
                "net": "net",
                "patient": "patient",
                "original": original,
                "line_count": "line_count",
            },
        ),
        "profiles": Kind(PROFILES, "cliniko_patient_id", {}),
    }

    writes = {  # noqa: RUF012
        "POST": "/(contacts/(?!search)|calendars|objects/(?!.*/search)|associations|locations|custom-fields|forms)/",
        "PUT": "/",
        "DELETE": "/",
    }
    schema_path = r"/(custom-fields/|locations/|objects/?$|objects/[^/]+/?$|associations/?$|calendars/?$)"
    lost = {  # noqa: RUF012
        r"/contacts/[^/]+/notes": 40,
        r"/forms/": 15,
        r"/associations/relations": 61,
        r"/(?!contacts/[^/]+/notes|forms/|associations/relations)": 31,
    }
    """A call takes one record, and what carries no key of ours is looked for a while later (FACTS 13)."""
    misfortunes = ({"match": {"method": "POST", "path": "/contacts/?$", "nth": {"every": 5}}, "do": "created_422"},)
    """A contact is made, and the answer is that it was not (FACTS 0.8)."""

    @classmethod
    def prepared(cls, dumps: Dumps) -> Dumps:
        """Values under their fields' names, options in their words, links on the records that have them.

        Custom objects count as gone: an administrator deletes them, with fields and links, as the rollback says.
        """
        fields = {row["id"]: _bare(row["fieldKey"]) for row in dumps.get("customFields", ())}
        words = {row["key"]: _options(row) for row in dumps.get("objects", ())}
        found = {object: list(rows) for object, rows in dumps.items()}
        found["contacts"] = [_contact(row, fields) for row in dumps.get("contacts", ())]
        for object in CUSTOM_OBJECTS:
            found[object] = [_record(row, words.get(object, {})) for row in dumps.get(object, ())]
        found["objects"] = [row for row in found.get("objects", ()) if row["standard"]]
        _link(found)
        found["associations"] = [row for row in found["associations"] if row["secondObjectKey"] == "contact"]
        calendars = {row["id"]: row["name"] for row in dumps.get("calendars", ())}
        visits = [_visit(row, calendars) for row in dumps.get("appointments", ())]
        found["visits"] = [*visits, *map(_class, found[CLASSES])]
        return found

    @classmethod
    def pictured(cls, dumps: Dumps) -> Dumps:
        """Of a record with as many links as there may be, the number: which are left out depends on their order."""
        found = dict(cls.prepared(dumps))
        ends = {row["id"]: _ends(row) for row in dumps.get("associations", ())}
        rows = {row["id"]: row for object in ("contacts", *CUSTOM_OBJECTS) for row in found[object]}
        links = [(row, *ends[row["associationId"]]) for row in dumps.get("relations", ())]
        counts = Counter((name, row[other]) for row, name, _, other in links)
        full = {target: count for target, count in counts.items() if count >= LINKS_MOST}
        for row, name, own, other in links:
            if (name, row[other]) in full:
                del rows[row[own]][name]
        some = [row for row, name, _, other in links if (name, row[other]) not in full]
        numbers = [{"id": f"{name} {id}", "name": name, "of": id, "links": count} for (name, id), count in full.items()]
        found["relations"] = [*some, *numbers]
        return found

    @classmethod
    def id(cls, row: Row) -> str:
        return str(row["id"])

    def link(self, value: Any) -> str:
        return value or ""

    @classmethod
    def address(cls, text: str) -> str:
        return text.lower()

    @cached_property
    def addresses(self) -> set[str]:
        """E-mail addresses in HighLevel's own field."""
        return {row["email"] for row in self.dumps["contacts"] if row.get("email")}

    @cached_property
    def emails(self) -> dict[str, str]:
        return {row["id"]: row["email"] for row in self.dumps["users"]}

    @cached_property
    def places(self) -> dict[str, str]:
        return {row["name"]: row["id"] for row in self.dumps[LOCATIONS]}

    def read_notes(self) -> list[Row]:
        return [
            {"title": note["title"], "text": seen(note["body"]), "markup": note["body"], "parent": note["contactId"]}
            for note in self.dumps["notes"]
        ]

    @cached_property
    def files(self) -> dict[str, File]:
        """A file's id is made from the clinic's, and says whether it is inside a ZIP (row H10)."""
        rows, found = {row["id"]: row for row in self.dumps["files"]}, {}
        for one in self.dumps["patient_attachments"]:
            key = f"H10/patient_attachments/{one['id']}/0"
            plain, packed = (rows.pop(str(make(FILE_NAMES, key)), None) for make in (uuid5, uuid3))
            row = plain or packed
            if row is not None:
                found[one["id"]] = self._file(row, one["id"], is_packed=packed is not None)
        assert not rows, "a file of nobody's"
        return found

    def _file(self, row: Row, id: str, *, is_packed: bool) -> File:
        inner = row
        if is_packed:
            [inner] = row["inside"]
            assert row["name"] == f"{inner['name']}.zip"
        about = self.text("patient_attachments", id)
        return File(inner["name"], inner["size"], inner["sha256"], row["contactId"], about)

    def own(self, patient: str, field: str) -> str | list[str]:
        return self.raw("patients")[patient].get(field.lower()) or ""

    @classmethod
    def is_stamp(cls, field: str) -> bool:
        return field in STAMPS


def _bare(key: str) -> str:
    return key.rpartition(".")[2]


def _options(object: Row) -> dict[str, dict[str, str]]:
    """By field of an object, the words of its options' keys."""
    return {
        _bare(field["key"]): {one["key"]: one["label"] for one in field["options"]}
        for field in object.get("fields", ())
        if field["options"]
    }


def _contact(row: Row, fields: dict[str, str]) -> Row:
    return {**row, **{fields[one["id"]]: one["value"] for one in row["customFields"]}}


def _record(row: Row, words: dict[str, dict[str, str]]) -> Row:
    """A record of a custom object: amounts without their currency, options in words."""
    told = {name: _value(value, words.get(name, {})) for name, value in row["properties"].items()}
    return {**row, **told, "owner": next(iter(row["owner"]), "")}


def _value(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        assert value["currency"] == "default"
        return value["value"]
    return words[value] if words else value


def _link(found: dict[str, list[Row]]) -> None:
    """Put each relation on the record whose lookup it is: the association is named after both."""
    rows = {row["id"]: row for object in ("contacts", *CUSTOM_OBJECTS) for row in found[object]}
    ends = {row["id"]: _ends(row) for row in found.get("associations", ())}
    there: dict[tuple[str, str], set[str]] = defaultdict(set)
    for relation in found.get("relations", ()):
        name, own, other = ends[relation["associationId"]]
        there[relation[own], name].add(relation[other])
    for (id, name), others in there.items():
        [rows[id][name]] = others


def _ends(association: Row) -> tuple[str, str, str]:
    """The lookup's name, and which side has it: contact_insurer, cliniko_invoice_patient."""
    sides = ("firstRecordId", "secondRecordId")
    if association["key"].startswith("contact_"):
        return association["key"].removeprefix("contact_"), *sides
    object = association["secondObjectKey"].removeprefix("custom_objects.")
    return association["key"].removeprefix(f"{object}_"), *sides[::-1]


def _visit(row: Row, calendars: dict[str, str]) -> Row:
    """What has no field stands in the description, and the clinic's id at its end."""
    key = KEY_LINE.search(row["description"])
    assert key, "an appointment without the clinic's id"
    lines = row["description"][: key.start()].split("\n")
    told = _told(lines)
    return {
        **row,
        **told,
        f"cliniko_{key[1]}_id": key[2],
        "type": calendars[row["calendarId"]],
        "owner": row["assignedUserId"],
        "day": told["Start"][:10],
        "words": "\n".join(lines),
        "contradictory": CONTRADICTORY in lines,
        "attendee_count": None,
    }


def _class(row: Row) -> Row:
    """A class has a record of its own; it concerns no contact."""
    type, separator, _ = row["name"].rpartition(SEPARATOR)
    assert separator
    return {
        **row,
        "cliniko_appointment_id": row["cliniko_class_id"],
        "title": type,
        "type": type,
        "Status": row["status"],
        "Practitioner": row.get("practitioner"),
        "Practitioner id": row.get("practitioner_id"),
        "Location": row.get("location"),
        "contactId": "",
        "startTime": row["start"],
        "endTime": row["end"],
        "words": row["details"],
        "contradictory": False,
    }


def _told(lines: Iterable[str]) -> dict[str, str]:
    """Lines that begin with what they tell; of two that tell the same the first, for what people wrote comes last."""
    told: dict[str, str] = {}
    for label, separator, value in (line.partition(": ") for line in lines):
        if separator:
            told.setdefault(label, value)
    return told
