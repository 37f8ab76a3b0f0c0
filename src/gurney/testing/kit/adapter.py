"""What a vendor tells the kit: how its twin is built, which objects stand for what, and how to look behind the API.

An adapter is data plus a `Witness`. The witness reads the twin's stored rows and turns their raw values into neutral
ones by itself, never with the client's decoder: a misreading in the client must not be repeated by its judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from gurney.destinations.protocol import Destination
from gurney.records import Kind, Link, Value
from gurney.schema import FieldType, NewField, Provisioned, SchemaChange
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

Row = dict[str, Any]
"""One stored record in the vendor's wire shape, whole."""
Match = Mapping[str, Any]
"""Which requests a fault meets: `method`, `path` (the beginning, as a regular expression), `nth` (else the first)."""

KEY_LABEL = "Kit Key"
KEY_CHARS = 50
OPTIONS = ("GP", "O'Brien's clinic", "50 % off", "Ünïcode ☃", "a, b", "NA", "true", "0")
"""Pick-list values that a careless route changes. None holds a semicolon, which some vendors join values by."""
LABELS = {
    FieldType.TEXT: "Kit Text",
    FieldType.LONG_TEXT: "Kit Long Text",
    FieldType.RICH_TEXT: "Kit Rich Text",
    FieldType.EMAIL: "Kit Email",
    FieldType.PHONE: "Kit Phone",
    FieldType.URL: "Kit Url",
    FieldType.INTEGER: "Kit Integer",
    FieldType.DECIMAL: "Kit Decimal",
    FieldType.MONEY: "Kit Money",
    FieldType.PERCENT: "Kit Percent",
    FieldType.BOOLEAN: "Kit Flag",
    FieldType.DATE: "Kit Date",
    FieldType.DATETIME: "Kit Moment",
    FieldType.PICKLIST: "Kit Choice",
    FieldType.MULTI_PICKLIST: "Kit Choices",
}
LENGTHS = {FieldType.TEXT: 100, FieldType.LONG_TEXT: 32_000}


@dataclass(frozen=True, slots=True)
class Role:
    """One object of the vendor and what the kit fills in it. Field names are the plan's until it is provisioned."""

    object: str
    title: str
    """The text that every record has: a person's last name, a note's title, a file's name."""
    key_field: str = ""
    """Holds our key; '' for notes and files."""
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    """Fields beside key, title and lookups, by name."""
    always: Mapping[str, Value] = field(default_factory=dict)
    """What the vendor wants in every creation beside the title."""
    never_empty: frozenset[str] = frozenset()
    """Fields among `fields` that the vendor fills in by itself where nothing is said, and does not empty."""
    lookups: Mapping[str, str] = field(default_factory=dict)
    """Lookup fields by the role that they point to: 'person', 'company'."""
    body: str = ""
    """A note's content."""
    owned: bool = True
    """Whether its records belong to somebody."""
    may_be_unowned: bool = False
    """Whether a record for which nobody is named belongs to nobody."""
    routes: tuple[str, ...] = ("batch",)
    """The routes that the destination offers for it; the kit checks that it does."""

    def renamed(self, names: Mapping[str, str]) -> Role:
        """The role with the names that the vendor really gave."""

        def by(planned: str) -> str:
            return names.get(planned, planned)

        return replace(
            self,
            key_field=by(self.key_field),
            fields={by(name): type for name, type in self.fields.items()},
            lookups={role: by(name) for role, name in self.lookups.items()},
        )


@dataclass(frozen=True, slots=True)
class Hanging:
    """A note or a file as the vendor stores it."""

    id: str
    parents: frozenset[str]
    """Ids of the records that it hangs on."""
    values: Mapping[str, Value]
    """Title and body by field name, a file's name; files also `size_bytes`."""
    sha256: str = ""


class Witness(Protocol):
    """The vendor's side as somebody with the keys to its database sees it."""

    def rows(self, object: str) -> list[Row]:
        """The object's live records."""

    def id(self, row: Row) -> str:
        """A row's id as the API gives it."""

    def neutral(self, type: FieldType, wire: Any) -> Value:
        """A stored value as a neutral one; links as Link('', id)."""

    def hanging(self, role: Role) -> list[Hanging]:
        """All notes, or all files."""

    def schema(self) -> set[str]:
        """Every custom object, and every custom field as 'Object.Name type options': what provisioning may change."""

    def write_calls(self, role: Role, kind: Kind, route: str) -> Sequence[Match]:
        """The calls that such a write makes and whose answer can get lost, in order."""

    def is_counted(self, entry: Entry) -> bool:
        """Whether a request counts against the account's quota, and so must be in `Destination.spent`."""

    def is_token_call(self, entry: Entry) -> bool:
        """Whether a request asked for an access token."""

    def spend_everything(self) -> None:
        """Somebody else uses up the account's quota."""

    def deactivate(self, email: str) -> None:
        """A user leaves."""

    def add_by_others(self, parent: Link) -> str:
        """Somebody else hangs something on a record; what it is, as `children_of_others` names it."""

    async def make_by_hand(self, change: NewField) -> None:
        """The vendor's admin makes a field without us."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One vendor for the kit."""

    vendor: str
    """The destination's folder, and the word in its environment variables."""
    build: Callable[[TwinOptions], Twin]
    witness: Callable[[Twin], Witness]
    person: Role
    company: Role
    child: Role
    """An object of our own that looks up a person and a company."""
    note: Role
    file: Role
    more: tuple[Role, ...] = ()
    """Objects that are written in another way than those."""
    changes: tuple[SchemaChange, ...] = ()
    """What is provisioned: our objects, key fields, fields of each type, lookups."""
    edition: str | None = None
    switches: Mapping[str, str] = field(default_factory=dict)
    misses: Mapping[str, str] = field(default_factory=dict)
    """Behaviour, or case of one as pytest names it -> 'FACTS 0.9: why the vendor cannot'. A miss must really fail."""
    wrap: Callable[[Destination], Destination] = lambda destination: destination
    """Stands between the kit and the destination; the kit's own tests put a faulty one there."""

    @property
    def keyed(self) -> tuple[Role, ...]:
        """Every role whose records hold our key."""
        return (self.person, self.company, self.child, *self.more)

    @property
    def roles(self) -> tuple[Role, ...]:
        return (*self.keyed, self.note, self.file)


def key_field(object: str, name: str, *, unique: bool = True) -> NewField:
    """The field that holds our key; not `unique` where the vendor knows no such field."""
    return NewField(object, name, KEY_LABEL, FieldType.TEXT, length=KEY_CHARS, unique=unique)


def fields_of_types(object: str, types: Sequence[FieldType], named: Callable[[str], str]) -> list[NewField]:
    """One field of each type. `named` makes the vendor's API name out of a label."""
    return [
        NewField(
            object,
            named(LABELS[type]),
            LABELS[type],
            type,
            length=LENGTHS.get(type),
            options=OPTIONS if type in (FieldType.PICKLIST, FieldType.MULTI_PICKLIST) else (),
        )
        for type in types
    ]


def filled(changes: Sequence[SchemaChange], object: str) -> dict[str, FieldType]:
    """The planned fields of an object that hold plain values: all but the key and the lookups."""
    return {
        change.name: change.type
        for change in _fields(changes)
        if change.object == object and change.label != KEY_LABEL and change.type is not FieldType.LOOKUP
    }


def given_names(made: Sequence[Provisioned], object: str) -> dict[str, str]:
    """Planned name -> the name that the vendor gave, for an object's fields."""
    return {
        one.change.name: one.actual_name or one.change.name
        for one in made
        if isinstance(one.change, NewField) and one.change.object == object
    }


def _fields(changes: Sequence[SchemaChange]) -> Iterator[NewField]:
    return (change for change in changes if isinstance(change, NewField))
