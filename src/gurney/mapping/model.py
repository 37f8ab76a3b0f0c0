"""The mapping document: what the YAML that a clinic signs may say, as typed models.

It has no expression language. Conditions compare a field with values, transforms are named, references name
another object map. Unknown keys are errors. `document` reads and writes the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_serializer, field_validator

from gurney.schema import FieldType

Class = Literal["ordinary", "contact", "clinical", "government_id", "financial", "consent"]
Priority = Literal["essential", "useful", "extra"]
TooLong = Literal["shorten_and_note", "split", "error", "overflow_note"]
Cardinality = Literal["1:1", "1:many", "many:1"]
Support = Literal["full", "substitute", "none"]


class _Part(BaseModel):
    """A part of the document that knows its line."""

    model_config = ConfigDict(extra="forbid", validate_default=False)
    _line: int = PrivateAttr(default=0)

    @property
    def line(self) -> int:
        """Line in the file it was read from, from 1; 0 when it was made by the program."""
        return self._line

    def at_line(self, line: int) -> None:
        self._line = line


def _texts(value: object) -> object:
    """A single name where a list may stand."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _single(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


class Call(BaseModel):
    """One named transform with its settings: `trim`, or `{prefix: {text: "Invoice "}}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    settings: dict[str, str | int | bool] = Field(default_factory=dict)


class Otherwise(_Part):
    """Where another record's id stands, which object maps may have made it, and where else to look."""

    map: tuple[str, ...]
    """Object maps that may have made it; the first that did is taken."""
    by: str
    """Source path that holds the other record's source id."""
    otherwise: Otherwise | None = None
    """Tried when this one finds nothing."""

    _list = field_validator("map", mode="before")(_texts)
    _scalar = field_serializer("map")(_single)

    def places(self) -> Iterator[Otherwise]:
        """This one and what stands behind it, in the order in which they are tried."""
        yield self
        if self.otherwise is not None:
            yield from self.otherwise.places()


class Lookup(Otherwise):
    """A reference to a record that another object map makes."""

    required: bool = False
    """Without it, the last place tried, this record is left out, with the reason."""
    deferred: bool = False
    """Set in a second pass, when all records are there (patient refers patient)."""
    assigned: bool = False
    """The plan decides for each record, and what it decided is kept: later changes at the clinic move nothing."""


class Create(_Part):
    """The destination field to make when it is missing."""

    type: FieldType
    label: str
    length: int | None = None
    unique: bool = False
    options: list[str] = Field(default_factory=list)
    options_from: Literal["values"] | None = None
    """'values': the options are the results of the value map."""
    lookup_to: str | None = None
    help: str = ""
    standard: bool = False
    """Most accounts have it; it is made only where it is missing."""

    @field_validator("options", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return [str(item) for item in value] if isinstance(value, list) else value


class ValuesFrom(_Part):
    """The source's own records from which the words of a value map are taken when the mapping is proposed."""

    object: str
    key: str = ""
    """Their field that holds what the line reads; '': the word itself."""
    word: str


class Condition(BaseModel):
    """What a source value must be: one of `any_of`, none of `none_of`, filled or not (`filled`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    any_of: tuple[str | int | bool, ...] = ()
    none_of: tuple[str | int | bool, ...] = ()
    filled: bool | None = None

    @classmethod
    def read(cls, given: object) -> Condition:
        """From the short forms of the document: a value, a list of values, {not: ...}, {set: true}."""
        if isinstance(given, Condition):
            return given
        if isinstance(given, dict):
            if len(given) != 1 or not set(given) <= {"not", "set"}:
                raise ValueError("a condition is a value, a list of values, {not: value} or {set: true}")
            if "set" in given:
                return cls(filled=bool(given["set"]))
            return cls(none_of=_values(given["not"]))
        return cls(any_of=_values(given))

    def short(self) -> Any:
        """The form that the document uses."""
        if self.filled is not None:
            return {"set": self.filled}
        if self.none_of:
            return {"not": _scalar_or_list(self.none_of)}
        return _scalar_or_list(self.any_of)


def _values(given: object) -> tuple[str | int | bool, ...]:
    values = given if isinstance(given, list | tuple) else [given]
    for value in values:
        if not isinstance(value, str | int | bool):
            raise ValueError("a condition compares with text, whole numbers, true or false")
    return tuple(values)


def _scalar_or_list(values: tuple[str | int | bool, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


class _Conditional(_Part):
    when: dict[str, Condition] = Field(default_factory=dict)

    @field_validator("when", mode="before")
    @classmethod
    def _read_when(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("conditions are written {field: value}")
        return {path: Condition.read(given) for path, given in value.items()}

    @field_serializer("when")
    def _write_when(self, value: dict[str, Condition]) -> dict[str, Any]:
        return {path: condition.short() for path, condition in value.items()}


class LeaveOut(_Conditional):
    """Records that are not migrated by this object map, counted and reported with a reason."""

    code: str
    words: str


class Owner(_Part):
    """Who owns the record: the user who stands for this practitioner."""

    practitioner: str


class _Read(_Part):
    """What is read of a source record, and how it is converted."""

    source: tuple[str, ...] = Field(default=(), alias="from")
    transform: tuple[Call, ...] = ()
    sensitivity: Class = Field(default="ordinary", alias="class")
    note: str = ""
    """A sentence for the person who signs."""

    _list = field_validator("source", mode="before")(_texts)
    _scalar = field_serializer("source")(_single)

    @field_validator("transform", mode="before")
    @classmethod
    def _read_calls(cls, value: object) -> object:
        given = value if isinstance(value, list | tuple) else [value]
        return [_call(item) for item in given]

    @field_serializer("transform")
    def _write_calls(self, value: tuple[Call, ...]) -> list[Any]:
        return [{call.name: call.settings} if call.settings else call.name for call in value]


class FieldMap(_Read):
    """One line of an object map: a destination field and where its value comes from."""

    to: str
    value: str | bool | int | None = None
    """The same value for every record."""
    lookup: Lookup | None = None
    values: dict[str, str] = Field(default_factory=dict)
    values_from: ValuesFrom | None = None
    """Where the value map comes from: the clinic's own types, practitioners and so on."""
    unmapped: Literal["keep", "report"] = "report"
    """Values outside the value map are written as they are; 'report' also lists them."""
    default: str | None = None
    """Written, and reported, when the source holds nothing."""
    create: Create | None = None
    initial: bool = False
    """Written when the record is created and never again, and only where the account lets it be written at all."""
    if_writable: bool = False
    """Left out where the account has no such field, or does not let it be written."""
    too_long: TooLong = "shorten_and_note"
    reject_to: str | None = None
    """Field that keeps the raw text when this one cannot hold it."""
    priority: Priority = "useful"
    enabled: bool = True

    @field_validator("values", mode="before")
    @classmethod
    def _values_as_text(cls, value: object) -> object:
        return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value

    @property
    def may_go(self) -> bool:
        """Whether the account decides if the line is there at all."""
        return self.initial or self.if_writable

    @property
    def label(self) -> str:
        """What a person sees at the destination."""
        return self.create.label if self.create else self.to.replace("_", " ")

    @property
    def is_slot(self) -> bool:
        """Made, but filled from nowhere yet: it waits for what does not fit elsewhere, or for a field of the clinic."""
        return self.create is not None and not (self.source or self.transform or self.lookup) and self.value is None


def _call(item: object) -> object:
    if isinstance(item, dict) and len(item) == 1 and "name" not in item:
        name, settings = next(iter(item.items()))
        return {"name": name, "settings": settings or {}}
    return {"name": item} if isinstance(item, str) else item


class Column(_Read):
    """One column of a table: its heading, and what stands in its cells."""

    name: str

    def as_line(self, file: str) -> FieldMap:
        """The column as a line of the object map: it is read, judged and shown like one."""
        line = FieldMap.model_construct(
            to=f"{file}: {self.name}",
            source=self.source,
            transform=self.transform,
            sensitivity=self.sensitivity,
            note=self.note,
        )
        line.at_line(self.line)
        return line


class Table(_Part):
    """A CSV file with a line for each record: one file for each record that the map's `parent` leads to."""

    oldest_first: str
    """Source path of the date or moment by which the lines are sorted."""
    columns: list[Column] = Field(min_length=1)


class ObjectMap(_Conditional):
    """One entry: which records of a source object become which records of a destination object."""

    map: str
    row: str
    title: str = ""
    source: str = Field(alias="from")
    to: str
    cardinality: Cardinality = "1:1"
    support: Support = "full"
    enabled: bool = True
    optional: bool = False
    """A choice of the clinic: may be switched off or on while the mapping is not signed."""
    alternative_to: list[str] = Field(default_factory=list)
    """Object maps that move the same records; both at once would count them twice."""
    yields_to: list[str] = Field(default_factory=list)
    """Records that these object maps take, when they are on, are left to them."""
    clinic_fields: bool = True
    """Whether the clinic's own patient fields are added to a map of patients."""
    archived: Literal["include", "skip"] = "skip"
    leave_out: list[LeaveOut] = Field(default_factory=list)
    key: str = ""
    """Destination field that holds the source id; '' where the object has none."""
    marker: str = ""
    """Text field that ends with our mark instead of a key (notes)."""
    notes_on: str = ""
    """Lookup field whose record takes the notes with what does not fit, where the record itself can have none."""
    owner: Owner | None = None
    parent: Lookup | None = None
    """What a note or a file hangs on."""
    table: Table | None = None
    """The map writes no record for each record, but one file for each parent that has some."""
    after: list[str] = Field(default_factory=list)
    module: Literal["create", "standard"] = "standard"
    label: str = ""
    plural: str = ""
    describes: str = ""
    deviation: str = ""
    fields: list[FieldMap] = Field(default_factory=list)

    def active_fields(self) -> Iterator[FieldMap]:
        return (field for field in self.fields if field.enabled)

    @property
    def file_name(self) -> str:
        """What the file of a table is called; '' where its line does not say."""
        return next((line.value for line in self.active_fields() if isinstance(line.value, str)), "")

    def told_fields(self) -> Iterator[FieldMap]:
        """Every line that a person who signs must see: the fields, and the columns of a table."""
        yield from self.active_fields()
        if self.table is not None:
            yield from (column.as_line(self.file_name) for column in self.table.columns)


class NotMigrated(_Part):
    """Something of the source that does not go over, why, and what the clinic gets instead."""

    source: str = Field(alias="from")
    why: str
    instead: str = ""
    row: str = ""


class Overflow(_Part):
    """Where the whole text goes when a field is too short for it."""

    to: str
    title: str
    content: str


class Names(_Part):
    """How the destination names fields and objects that it does not have from the start."""

    by_label: bool = False
    """It names a new field itself: one is known again by its label."""
    suffix: str = ""
    """What the API puts behind each such name."""
    most: int | None = None
    """Characters of a name before its suffix."""
    not_in_options: str = ""
    """Signs that a pick-list value must not hold; a comma stands in for them."""


class Tree:
    """A parsed file. Nobody changes it, so copies of the mapping share it."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def __deepcopy__(self, memo: dict[int, Any]) -> Tree:
        return self


class Mapping(_Part):
    """The whole document."""

    version: Literal[1] = 1
    destination: str
    names: Names = Field(default_factory=Names)
    closed_lists: bool = False
    """The destination's pick-lists take none but their own values: another one is kept as a refused value is."""
    overflow: Overflow | None = None
    not_migrated: list[NotMigrated] = Field(default_factory=list)
    maps: list[ObjectMap]
    _tree: Tree = PrivateAttr(default_factory=lambda: Tree(None))

    @property
    def tree(self) -> Any:
        """The parsed file with its comments, where there was one; not to be changed."""
        return self._tree.root

    def keep_tree(self, tree: object) -> None:
        self._tree = Tree(tree)

    def active(self) -> Iterator[ObjectMap]:
        return (entry for entry in self.maps if entry.enabled)

    def by_id(self, map_id: str) -> ObjectMap | None:
        return next((entry for entry in self.maps if entry.map == map_id), None)

    def as_written(self) -> dict[str, Any]:
        """The document as plain data, with just what its file or maker stated."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def digest(mapping: Mapping) -> str:
    """SHA-256 of what the document says, whatever its comments and layout: what an approval is bound to."""
    said = _without_empty(mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _without_empty(said: Any) -> Any:
    """Stating nothing and not stating are the same."""
    if isinstance(said, dict):
        return {key: _without_empty(value) for key, value in said.items() if value or value in (0, False)}
    return [_without_empty(value) for value in said] if isinstance(said, list) else said
