"""The objects that we write, with the fields that they have without anybody making them (FACTS 3).

Field names are the vendor's where a field is one of the vendor's; `email`, `account`, `stage`, `contact`, `done`,
`price`, a note's `title` and the keys of tasks and appointments stand for places inside something else (see `places`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gurney.destinations import plain
from gurney.destinations.freshsales import places, values
from gurney.destinations.freshsales.keylines import KeyLines
from gurney.destinations.freshsales.limits import data, limit
from gurney.destinations.freshsales.places import Place
from gurney.schema import FieldSchema, FieldType

CONTACTS, ACCOUNTS, DEALS, PRODUCTS = "contacts", "sales_accounts", "deals", "products"
TASKS, APPOINTMENTS, NOTES, FILES, USERS = "tasks", "appointments", "notes", "files", "users"
OWNER = "owner_id"
EXTERNAL_ID = "external_id"
LIFECYCLE = "lifecycle_stage"
STAGE = "stage"
EMAIL = "email"
PRICE = "price"
HANGING = frozenset({NOTES, FILES})
VIEWED = (CONTACTS, ACCOUNTS, DEALS)
"""Listed by saved views, written and deleted in bulk, put into the recycle bin."""
VISITS = frozenset({TASKS, APPOINTMENTS})
KEY_LINES = KeyLines(data()["keys"])
KINDS = {"Contact": CONTACTS, "SalesAccount": ACCOUNTS, "Deal": DEALS}
"""Our objects by the vendor's word for what something hangs on."""
WORDS = {object: word for word, object in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Resource:
    """How one object is reached."""

    name: str
    label: str
    path: str
    """'/contacts'; one record stands below it."""
    root: str
    """What a single record is wrapped in."""
    include: str = ""
    """What is asked for beside a record, because its own answer lacks it (recorded samples)."""
    filters: tuple[str, ...] = ()
    """The lists that together are all, where filters name them."""
    has_fields: bool = False
    children: tuple[str, ...] = field(default=())
    """What hangs on a record and can be asked for beside it."""

    @property
    def one(self) -> str:
        return self.path + "/{id}"

    @property
    def is_viewed(self) -> bool:
        return self.name in VIEWED


RESOURCES = {
    resource.name: resource
    for resource in (
        Resource(
            CONTACTS, "Contacts", "/contacts", "contact", include="owner,sales_accounts", has_fields=True,
            children=(NOTES, TASKS, APPOINTMENTS, DEALS),
        ),
        Resource(
            ACCOUNTS, "Accounts", "/sales_accounts", "sales_account", include="owner", has_fields=True,
            children=(NOTES, TASKS, APPOINTMENTS, DEALS, CONTACTS),
        ),
        Resource(
            DEALS, "Deals", "/deals", "deal", include="owner,contacts,sales_account", has_fields=True,
            children=(NOTES, TASKS, APPOINTMENTS),
        ),
        Resource(PRODUCTS, "Products", "/cpq/products", "product", include="product_pricings"),
        Resource(TASKS, "Tasks", "/tasks", "task", include="owner,targetable", filters=("open", "completed")),
        Resource(
            APPOINTMENTS, "Appointments", "/appointments", "appointment",
            include="targetable,appointment_attendees", filters=("past", "upcoming"),
        ),
        Resource(NOTES, "Notes", "/notes", "note"),
        Resource(FILES, "Files", "/documents", "document"),
    )
}  # fmt: skip
PARENTS = frozenset({CONTACTS, ACCOUNTS, DEALS})
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


@dataclass(frozen=True, slots=True)
class Choices:
    """What an account has chosen that our fields need: stages by name, and the currency."""

    lifecycle: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)
    currency: str = ""
    aside: str = ""
    """The field of contacts that takes an address which somebody else has; '' where there is none."""


def standard(name: str, choices: Choices) -> list[Standard]:
    """The fields that an object has by itself."""
    found = _OWN[name](choices)
    if name == APPOINTMENTS:
        found.append((FieldSchema(OWNER, "Attendee", FieldType.OWNER, lookup_to=USERS), places.attendee()))
    elif name != NOTES:
        place = places.as_is(OWNER, values.link_id, values.read_link(USERS))
        found.append((FieldSchema(OWNER, "Owner", FieldType.OWNER, lookup_to=USERS), place))
    return found


def _text(
    name: str,
    label: str,
    most: str = "text_chars",
    type: FieldType = FieldType.TEXT,
    *,
    required: bool = False,
    unique: bool = False,
) -> Standard:
    schema = FieldSchema(name, label, type, limit(most), required=required, unique=unique)
    return schema, places.as_is(name, plain.text, plain.read_text)


def _address() -> list[Standard]:
    return [
        _text("address", "Address"),
        _text("city", "City"),
        _text("state", "State"),
        _text("zipcode", "Zip code"),
        _text("country", "Country"),
    ]


def _moment(name: str, label: str, *, required: bool = False) -> Standard:
    schema = FieldSchema(name, label, FieldType.DATETIME, required=required)
    return schema, places.as_is(name, plain.stamp, values.read_moment)


def _picked(name: str, label: str, wire: str, ids: Mapping[str, int]) -> Standard:
    return FieldSchema(name, label, FieldType.PICKLIST, options=tuple(ids)), places.choice(wire, name, ids)


def _contacts(choices: Choices) -> list[Standard]:
    account = FieldSchema("account", "Account", FieldType.LOOKUP, lookup_to=ACCOUNTS)
    second = FieldSchema("second_account", "Second account", FieldType.LOOKUP, lookup_to=ACCOUNTS)
    address = FieldSchema(EMAIL, "E-mail", FieldType.EMAIL, limit("email_chars"))
    return [
        _text("first_name", "First name"),
        _text("last_name", "Last name"),
        _text(EXTERNAL_ID, "External ID", unique=True),
        (address, places.email(choices.aside)),
        _text("mobile_number", "Mobile", "mobile_chars", FieldType.PHONE),
        _text("work_number", "Work", "phone_chars", FieldType.PHONE),
        _text("job_title", "Job title"),
        *_address(),
        (account, places.primary_account()),
        (second, places.second_account()),
        _picked(LIFECYCLE, "Lifecycle stage", "lifecycle_stage_id", choices.lifecycle),
    ]


def _named(*, unique: bool) -> Standard:
    most = limit("text_chars") - limit("name_mark_chars")
    return FieldSchema("name", "Name", FieldType.TEXT, most, required=True, unique=unique), places.name("name")


def _accounts(choices: Choices) -> list[Standard]:
    return [
        _named(unique=True),
        _text("phone", "Phone", "phone_chars", FieldType.PHONE),
        _text("website", "Website", "url_chars", FieldType.URL),
        *_address(),
    ]


def _deals(choices: Choices) -> list[Standard]:
    account = FieldSchema("account", "Account", FieldType.LOOKUP, lookup_to=ACCOUNTS)
    closed = FieldSchema("closed_date", "Closed date", FieldType.DATE)
    expected = FieldSchema("expected_close", "Expected close date", FieldType.DATE)
    amount = FieldSchema("amount", "Amount", FieldType.MONEY, required=True)
    link = places.as_is("sales_account_id", values.link_id, values.read_link(ACCOUNTS))
    return [
        _named(unique=False),
        (amount, places.as_is("amount", values.number("amount"), values.read_decimal)),
        (FieldSchema("contact", "Contact", FieldType.LOOKUP, lookup_to=CONTACTS), places.deal_contact()),
        (account, link),
        _picked(STAGE, "Stage", "deal_stage_id", choices.stages),
        (closed, places.as_is("closed_date", plain.day, plain.read_day)),
        (expected, places.as_is("expected_close", plain.day, plain.read_day)),
    ]


def _products(choices: Choices) -> list[Standard]:
    price = FieldSchema(PRICE, "Price", FieldType.MONEY)
    active = FieldSchema("is_active", "Active", FieldType.BOOLEAN)
    return [
        _text("name", "Name", required=True),
        _text("product_code", "Product code"),
        _text("sku_number", "SKU number"),
        _text("category", "Category"),
        _text("description", "Description", "long_text_chars", FieldType.LONG_TEXT),
        (active, places.as_is("is_active", bool, values.read_flag)),
        (price, places.price(choices.currency)),
    ]


def _visit(kind: str, fields: list[Standard]) -> list[Standard]:
    """What tasks and appointments share: a title, a description with our key in its last line, what it is about."""
    most = limit("description_chars") - KEY_LINES.room()
    about = FieldSchema("description", "Description", FieldType.LONG_TEXT, most)
    contact = FieldSchema("contact", "Contact", FieldType.LOOKUP, lookup_to=CONTACTS)
    account = FieldSchema("account", "Account", FieldType.LOOKUP, lookup_to=ACCOUNTS)
    keys = [
        (
            FieldSchema(name, label, FieldType.TEXT, limit("text_chars")),
            places.keyed_text("description", KEY_LINES, name),
        )
        for name, label in data()["keys"].items()
    ]
    return [
        _text("title", "Title", required=True),
        (about, places.keyed_text("description", KEY_LINES)),
        (contact, places.target(KINDS, CONTACTS)),
        (account, places.target(KINDS, ACCOUNTS)),
        *fields,
        *keys,
    ]


def _tasks(choices: Choices) -> list[Standard]:
    done = FieldSchema("done", "Completed", FieldType.BOOLEAN), places.done()
    return _visit(TASKS, [_moment("due_date", "Due date", required=True), done])


def _appointments(choices: Choices) -> list[Standard]:
    times = [_moment("from_date", "Start", required=True), _moment("end_date", "End", required=True)]
    return _visit(APPOINTMENTS, [*times, _text("location", "Location")])


def _notes(choices: Choices) -> list[Standard]:
    title = FieldSchema("title", "Title", FieldType.TEXT, limit("note_title_chars"))
    content = FieldSchema("content", "Content", FieldType.LONG_TEXT, limit("note_chars"), required=True)
    return [(title, places.note_part(is_title=True)), (content, places.note_part(is_title=False))]


_OWN: Mapping[str, Callable[[Choices], list[Standard]]] = {
    CONTACTS: _contacts,
    ACCOUNTS: _accounts,
    DEALS: _deals,
    PRODUCTS: _products,
    TASKS: _tasks,
    APPOINTMENTS: _appointments,
    NOTES: _notes,
}
