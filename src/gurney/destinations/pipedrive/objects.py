"""The objects that we write, with the fields that they have without anybody making them (FACTS 3).

Field names are the vendor's where a field is one of the vendor's; `email`, `phone_mobile`, `start`, `duration_minutes`,
`price`, a note's `title` and the keys of activities stand for places inside something else (see `places`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gurney.destinations import plain
from gurney.destinations.pipedrive import places, values
from gurney.destinations.pipedrive.limits import data, limit, per_call
from gurney.destinations.pipedrive.markup import KeyLines
from gurney.destinations.pipedrive.places import Place
from gurney.schema import FieldSchema, FieldType

PERSONS, ORGANIZATIONS, PRODUCTS = "persons", "organizations", "products"
ACTIVITIES, DEALS, NOTES, FILES, USERS = "activities", "deals", "notes", "files", "users"
OWNER = "owner_id"
TYPE = "type"
VISIBLE_TO = "visible_to"
ADD_TIME = "add_time"
STATUSES = ("open", "won", "lost")
HANGING = frozenset({NOTES, FILES})
KEY_LINES = KeyLines(data()["activity_keys"])


@dataclass(frozen=True, slots=True)
class Resource:
    """How one object is reached."""

    name: str
    label: str
    path: str
    """'/api/v2/persons'; one record stands below it."""
    fields_path: str = ""
    """Where its custom fields are; '' where it can have none."""
    as_parent: str = ""
    """What a note or file calls it: 'person_id'."""
    owner: str = OWNER
    """What the vendor calls the owner; '' where there is none."""
    page: int = field(default_factory=lambda: per_call("page"))
    has_files_list: bool = False
    narrows_one: bool = True
    """Whether reading one record takes the parameters that narrow a list (spec)."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """What hangs on a record, by the field that counts it (FACTS 3.2): object -> `include_fields` name."""
    linked_by: str = ""
    """The parameter by which lists of other objects are narrowed to one record of this: 'person_id'."""

    @property
    def is_v2(self) -> bool:
        return "/v2/" in self.path

    @property
    def one(self) -> str:
        return self.path + "/{id}"

    @property
    def change(self) -> str:
        """The method that changes a record."""
        return "PATCH" if self.is_v2 else "PUT"

    @property
    def is_seen_by_choice(self) -> bool:
        """Whether a record says who sees it."""
        return bool(self.fields_path)


RESOURCES = {
    resource.name: resource
    for resource in (
        Resource(
            PERSONS,
            "People",
            "/api/v2/persons",
            "/api/v2/personFields",
            as_parent="person_id",
            has_files_list=True,
            counts={
                ACTIVITIES: "activities_count",
                NOTES: "notes_count",
                FILES: "files_count",
                DEALS: "open_deals_count,closed_deals_count",
            },
            linked_by="person_id",
        ),
        Resource(
            ORGANIZATIONS,
            "Organizations",
            "/api/v2/organizations",
            "/api/v2/organizationFields",
            as_parent="org_id",
            has_files_list=True,
            counts={
                PERSONS: "people_count",
                ACTIVITIES: "activities_count",
                NOTES: "notes_count",
                FILES: "files_count",
                DEALS: "open_deals_count,closed_deals_count",
            },
            linked_by="org_id",
        ),
        Resource(
            PRODUCTS,
            "Products",
            "/api/v2/products",
            "/api/v2/productFields",
            as_parent="product_id",
            has_files_list=True,
            narrows_one=False,
        ),
        Resource(ACTIVITIES, "Activities", "/api/v2/activities", as_parent="activity_id"),
        Resource(
            DEALS,
            "Deals",
            "/api/v2/deals",
            "/api/v2/dealFields",
            as_parent="deal_id",
            has_files_list=True,
            counts={ACTIVITIES: "activities_count", NOTES: "notes_count", FILES: "files_count"},
            linked_by="deal_id",
        ),
        Resource(NOTES, "Notes", "/api/v1/notes", owner="user_id"),
        Resource(FILES, "Files", "/api/v1/files", owner="", page=per_call("files_page")),
    )
}
TOLD = {
    "participants": ("person_id",),
    "due_date": ("start",),
    "due_time": ("start",),
    "duration": ("duration_minutes",),
    "user_id": (OWNER,),
    "prices": ("price", "cost"),
    **{
        wire: tuple(name for name, one in data()["contacts"].items() if one[0] == wire) for wire in ("emails", "phones")
    },
}
"""Our fields behind a name in the vendor's words, where it is another."""
ZERO_FOR_NOTHING = frozenset({(PRODUCTS, "price"), (PRODUCTS, "cost"), (PRODUCTS, "tax")})
"""Numbers of which the vendor tells no difference between 0 and none (FACTS 3.8)."""
NOTE_PARENTS = frozenset({PERSONS, ORGANIZATIONS, DEALS})
FILE_PARENTS = frozenset({PERSONS, ORGANIZATIONS, DEALS, PRODUCTS})
USER_FIELDS = {
    "email": FieldSchema("email", "E-mail", FieldType.EMAIL, limit("email_chars"), required=True),
    "name": FieldSchema("name", "Name", FieldType.TEXT, limit("text_chars")),
}
FILE_FIELDS = {
    "name": FieldSchema("name", "File name", FieldType.TEXT, limit("file_name_chars")),
    "size_bytes": FieldSchema("size_bytes", "Bytes", FieldType.INTEGER, writable=False),
    "sha256": FieldSchema("sha256", "Checksum", FieldType.TEXT, writable=False),
}
Standard = tuple[FieldSchema, Place]


def standard(name: str, *, currency: str, visibility: Mapping[str, int], types: values.Options) -> list[Standard]:
    """The fields that an object has by itself. `types` are the activity types of the account."""
    found = _OWN[name](currency)
    if name == ACTIVITIES:
        found.append(_activity_type(types))
    if RESOURCES[name].is_seen_by_choice:
        schema = FieldSchema(VISIBLE_TO, "Visible to", FieldType.PICKLIST, options=tuple(visibility))
        found.append((schema, places.visible_to(visibility)))
    if RESOURCES[name].owner:
        decode = values.read_link(USERS)
        owner = places.as_is(RESOURCES[name].owner, values.link_id, decode)
        found.append((FieldSchema(OWNER, "Owner", FieldType.OWNER, lookup_to=USERS), owner))
    return found


def _activity_type(types: values.Options) -> Standard:
    schema = FieldSchema(TYPE, "Type", FieldType.PICKLIST, options=tuple(types.ids))
    return schema, places.as_is(TYPE, values.to_enum(TYPE, types), lambda value: value and types.label(value))


def _text(name: str, label: str, *, required: bool = False) -> Standard:
    schema = FieldSchema(name, label, FieldType.TEXT, limit("text_chars"), required=required)
    return schema, places.as_is(name, plain.text, plain.read_text)


def _long_text(name: str, label: str) -> Standard:
    schema = FieldSchema(name, label, FieldType.LONG_TEXT, limit("long_text_chars"))
    return schema, places.as_is(name, plain.text, plain.read_text)


def _link(name: str, label: str, target: str) -> Standard:
    schema = FieldSchema(name, label, FieldType.LOOKUP, lookup_to=target)
    return schema, places.as_is(name, values.link_id, values.read_link(target))


def _flag(name: str, label: str) -> Standard:
    return FieldSchema(name, label, FieldType.BOOLEAN), places.as_is(name, bool, values.read_flag)


def _added(*, old: bool = False) -> Standard:
    return FieldSchema(ADD_TIME, "Created", FieldType.DATETIME), places.added_at(old=old)


def _contacts() -> list[Standard]:
    kinds = {"emails": FieldType.EMAIL, "phones": FieldType.PHONE}
    return [
        (FieldSchema(name, label, kinds[wire], limit("text_chars")), places.contact(wire, item))
        for name, (wire, item, label) in data()["contacts"].items()
    ]


def _persons(currency: str) -> list[Standard]:
    return [
        _text("name", "Name", required=True),
        *_contacts(),
        _link("org_id", "Organization", ORGANIZATIONS),
        _added(),
    ]


def _organizations(currency: str) -> list[Standard]:
    address = FieldSchema("address", "Address", FieldType.LONG_TEXT, limit("long_text_chars"))
    encode, decode = values.PLAIN["address"]
    return [_text("name", "Name", required=True), (address, places.as_is("address", encode, decode)), _added()]


def _products(currency: str) -> list[Standard]:
    return [
        _text("name", "Name", required=True),
        _text("code", "Code"),
        _text("unit", "Unit"),
        _long_text("description", "Description"),
        (FieldSchema("tax", "Tax", FieldType.PERCENT), places.zero_for_nothing("tax")),
        (FieldSchema("price", "Price", FieldType.MONEY), places.price("price", currency)),
        (FieldSchema("cost", "Cost", FieldType.MONEY), places.price("cost", currency)),
    ]


def _activities(currency: str) -> list[Standard]:
    keys = [
        (FieldSchema(name, label, FieldType.TEXT, limit("text_chars")), places.activity_note(KEY_LINES, name))
        for name, label in data()["activity_keys"].items()
    ]
    note = FieldSchema("note", "Note", FieldType.RICH_TEXT, limit("activity_note_chars"))
    length = FieldSchema("duration_minutes", "Duration in minutes", FieldType.INTEGER)
    person = FieldSchema("person_id", "Person", FieldType.LOOKUP, lookup_to=PERSONS)
    place = FieldSchema("location", "Location", FieldType.TEXT, limit("text_chars"))
    return [
        _text("subject", "Subject", required=True),
        (FieldSchema("start", "Start", FieldType.DATETIME), places.start()),
        (length, places.as_is("duration", values.minutes, values.read_minutes)),
        _flag("done", "Done"),
        _flag("busy", "Busy"),
        (person, places.participant()),
        _link("org_id", "Organization", ORGANIZATIONS),
        _link("deal_id", "Deal", DEALS),
        (place, places.location()),
        _long_text("public_description", "Description for attendees"),
        (note, places.activity_note(KEY_LINES)),
        *keys,
    ]


def _deals(currency: str) -> list[Standard]:
    status = FieldSchema("status", "Status", FieldType.PICKLIST, options=STATUSES)
    closes = FieldSchema("expected_close_date", "Expected close date", FieldType.DATE)
    stage = FieldSchema("stage_id", "Stage", FieldType.INTEGER)
    return [
        _text("title", "Title", required=True),
        (FieldSchema("value", "Value", FieldType.MONEY), places.amount("value", currency)),
        _link("person_id", "Person", PERSONS),
        _link("org_id", "Organization", ORGANIZATIONS),
        (status, places.as_is("status", plain.text, plain.read_text)),
        (closes, places.as_is("expected_close_date", plain.day, plain.read_day)),
        (stage, places.as_is("stage_id", plain.number, values.read_whole)),
    ]


def _notes(currency: str) -> list[Standard]:
    title = FieldSchema("title", "Title", FieldType.TEXT, limit("note_title_chars"))
    content = FieldSchema("content", "Content", FieldType.RICH_TEXT, limit("note_chars"), required=True)
    return [
        (title, places.note_part("content", is_title=True)),
        (content, places.note_part("content", is_title=False)),
        _added(old=True),
    ]


_OWN = {
    PERSONS: _persons,
    ORGANIZATIONS: _organizations,
    PRODUCTS: _products,
    ACTIVITIES: _activities,
    DEALS: _deals,
    NOTES: _notes,
}
